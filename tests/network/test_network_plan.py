"""The plan of a network study: what it must hold, its lock, and how a site's study file deviates from it."""

from __future__ import annotations

import pytest
from eight_sites import SITES, declare_network, run, write_yaml
from whole_run import declare_clinic

from outcomes.errors import SettingsError
from outcomes.settings import check_study
from outcomes.settings.network import list_deviations, read_locked, read_network_plan


def read(tmp_path, content):
    return read_network_plan(write_yaml(content, tmp_path / "plan.yaml"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sites": ["site-1"]}, "sites: .* at least 2"),
        ({"sites": ["site-1", "site-1"]}, "twice"),
        ({"sites": ["Site 1", "b"]}, "a code has small letters"),
        ({"minimum_cell": 3}, "minimum_cell: .*greater than or equal to 5"),
        ({"fewest_sites": 1}, "fewest_sites"),
        ({"analysis": {"sources": []}}, "analysis: sources: not a section that sites have in common"),
        ({"analysis": {}}, "instruments: required"),
        ({"exposure": True}, "exposure: unknown key; a plan has network"),
        ({"one_stage": True}, "one_stage: "),
        ({"title": ""}, "title"),
        (
            {"one_stage": {"timepoints": ["day 28"], "because": "as for MRN 0041234"}},
            "one_stage.because: holds what look like record",
        ),
    ],
)
def test_a_wrong_plan_is_refused_with_its_key(tmp_path, change, words):
    with pytest.raises(SettingsError, match=words):
        read(tmp_path, declare_network() | change)


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    with pytest.raises(SettingsError, match="2 problem"):
        read(tmp_path, declare_network() | {"minimum_cell": 1, "fewest_sites": 0})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"comparison": None}, "analysis.comparison: required"),
        ({"series": {"use": "all"}}, "counts a patient more than once"),
    ],
)
def test_a_plan_without_what_is_compared_is_refused(tmp_path, change, words):
    content = declare_network()
    with pytest.raises(SettingsError, match=words):
        read(tmp_path, content | {"analysis": content["analysis"] | change})


def test_the_site_is_no_confounder_within_a_site(tmp_path):
    content = declare_network()
    comparison = content["analysis"]["comparison"]
    comparison |= {"site": "site", "confounders": [*comparison["confounders"], "site"]}
    with pytest.raises(SettingsError, match="'site' is the same for all patients of a site"):
        read(tmp_path, content)


def test_a_plan_is_used_only_as_it_was_locked(tmp_path):
    path = write_yaml(declare_network(), tmp_path / "plan.yaml")
    with pytest.raises(SettingsError, match="not locked"):
        read_locked(path)
    assert run("lock", path) == 0
    plan, digest = read_locked(path)
    assert plan.sites == SITES
    assert run("lock", path) == 2  # never overwritten
    write_yaml(declare_network(minimum_cell=20), path)
    with pytest.raises(SettingsError, match="minimum_cell: planned 11, now 21"):
        read_locked(path)
    assert run("lock", path, "--amend", "the ethics board asks for 20") == 0
    assert read_locked(path)[1] != digest


def test_a_site_s_study_file_is_held_against_the_plan_in_words(tmp_path):
    plan = read(tmp_path, declare_network())
    content = declare_clinic("site-3")
    assert list(list_deviations(plan, check_study(content))) == []
    content["comparison"]["weights"] = "att"
    content["baseline"]["within_days"] = 30
    content["privacy"] = {"minimum_cell": 5}
    assert list(list_deviations(plan, check_study(content))) == [
        "baseline.within_days: planned 14, now 30",
        "comparison.weights: planned overlap, now att",
        "privacy.minimum_cell: planned at least 11, now 6",
    ]


def test_what_the_plan_leaves_out_is_at_its_default_at_every_site(tmp_path):
    content = declare_network()
    del content["analysis"]["endpoints"]
    found = list(list_deviations(read(tmp_path, content), check_study(declare_clinic("site-3"))))
    assert found
    assert all(one.startswith("endpoints.") for one in found)


def test_a_site_may_show_less_and_may_not_release_exactly(tmp_path):
    plan, content = read(tmp_path, declare_network()), declare_clinic("site-1")
    assert list(list_deviations(plan, check_study(content | {"privacy": {"minimum_cell": 20}}))) == []
    exact = {"release": "exact", "because": "made up"}
    assert "privacy.release: planned rounded, now exact" in list_deviations(
        plan, check_study(content | {"privacy": exact})
    )
