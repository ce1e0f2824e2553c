"""A locked plan is kept, cannot be overwritten or edited unseen, and every deviation from it is listed in words."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from outcomes.errors import SettingsError
from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.locked_plan import describe_adherence, show_plan
from outcomes.settings import check_study, read_study
from outcomes.settings.plan import describe_plan, list_changes, lock_plan, place_of, read_plan
from outcomes.workflow import plans

EXAMPLE = Path(__file__).parent.parent.parent / "config" / "example.yaml"
DAY = date(2026, 3, 9)


@pytest.fixture
def locked(tmp_path):
    """A study file with a lock beside it."""
    path = tmp_path / "mine.yaml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    place_of(path).write_text(lock_plan(read_study(path), path, DAY), encoding="utf-8")
    return path


def change(path, *keys, to):
    """Write the study file again with one value changed, and return it checked."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    place = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = to
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return check_study(content)


def test_the_lock_holds_date_version_hash_and_content(locked):
    record = json.loads(place_of(locked).read_text(encoding="utf-8"))["versions"][0]
    assert record["date"] == "2026-03-09"
    assert record["version"]
    assert len(record["sha256"]) == 64
    assert record["analysis"]["baseline"]["within_days"] == 14
    assert "sources" not in record["analysis"]
    assert describe_plan(read_study(locked), locked)["deviations"] == []


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("baseline", "within_days"), 21, "baseline.within_days: planned 14, now 21"),
        (("baseline", "minimum"), {}, "baseline.minimum.phq9: planned 10, now left out"),
        (("report", "headline"), "day 28", "report.headline: planned session 6, now day 28"),
        (("comparison", "weights"), "att", "comparison.weights: planned overlap, now att"),
        (("scoring", "prorate"), True, "scoring.prorate: planned no, now yes"),
        (("timepoints", "days", 2, "after"), 9, "timepoints.days.28.after: planned 7, now 9"),
        (("instruments",), ["phq9", "gad7"], "instruments: planned phq9, gad7, phq8, now phq9, gad7"),
        (("seed",), 7, "seed: planned 2026, now 7"),
    ],
)
def test_a_deviation_is_said_by_key(locked, keys, value, said):
    assert said in describe_plan(change(locked, *keys, to=value), locked)["deviations"]


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("arms", 0, "label"), "Another name"),
        (("report", "title"), "Another title"),
        (("data",), "data/elsewhere"),
        (("dates", "last_year"), 2031),
        (("privacy", "minimum_cell"), 20),
        (("models", "phq9_by_day", "label"), "Another label"),
    ],
)
def test_what_is_not_the_analysis_may_change(locked, keys, value):
    study = change(locked, *keys, to=value)
    assert describe_plan(study, locked)["deviations"] == []


def test_a_model_that_comes_or_goes_is_a_deviation(locked):
    content = yaml.safe_load(locked.read_text(encoding="utf-8"))
    content["models"]["late"] = content["models"].pop("gad7_by_session")
    deviations = describe_plan(check_study(content), locked)["deviations"]
    assert [text.split(":")[0] for text in deviations] == ["models.gad7_by_session", "models.late"]
    assert deviations[0].endswith("now left out")
    assert "not planned, now" in deviations[1]


def test_the_order_of_arms_is_part_of_the_plan():
    arms = [{"id": "a", "label": "x"}, {"id": "b", "label": "y"}]
    assert list(list_changes({"arms": arms}, {"arms": arms[::-1]})) == ["arms: planned in the order a, b, now b, a"]


def test_a_lock_is_not_overwritten_and_amendments_keep_what_was(locked):
    study = read_study(locked)
    with pytest.raises(SettingsError, match="never overwritten"):
        lock_plan(study, locked, DAY)
    with pytest.raises(SettingsError, match="nothing to amend"):
        lock_plan(study, locked, DAY, "no reason")
    study = change(locked, "baseline", "within_days", to=20)
    with pytest.raises(SettingsError, match="--amend: holds what look like record or policy numbers") as refused:
        lock_plan(study, locked, DAY, "patient 1004123 was left out")
    assert "4123" not in str(refused.value)
    study = change(locked, "baseline", "within_days", to=21)
    place_of(locked).write_text(
        lock_plan(study, locked, date(2026, 4, 1), "clinics score less often"), encoding="utf-8"
    )
    study = change(locked, "scoring", "prorate", to=True)
    said = describe_plan(study, locked)
    assert said["locked"] == "9 March 2026"
    assert said["deviations"] == ["scoring.prorate: planned no, now yes"]
    assert said["amendments"] == [
        {
            "date": "1 April 2026",
            "reason": "clinics score less often",
            "changes": ["baseline.within_days: planned 14, now 21"],
        }
    ]


def test_without_a_lock_there_is_nothing_to_amend(tmp_path):
    with pytest.raises(SettingsError, match="no locked plan to amend"):
        lock_plan(read_study(EXAMPLE), tmp_path / "mine.yaml", DAY, "why")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"within_days": 14', '"within_days": 30', "version 1 does not match its hash"),
        ('"versions"', '"v"', "not a lock"),
    ],
)
def test_a_lock_that_was_edited_is_refused(locked, old, new, said):
    place_of(locked).write_text(place_of(locked).read_text().replace(old, new))
    with pytest.raises(SettingsError, match=said):
        read_plan(locked)


def test_the_report_reads_the_plan(locked):
    assert plans(locked) == [str(place_of(locked))]
    assert plans(EXAMPLE.with_name("nhanes.yaml")) == []
    study = change(locked, "baseline", "rule", to="mean")
    material = gather({}, study, {"plan": describe_plan(study, locked)})
    texts = " ".join(str(block) for block in show_plan(material).blocks)
    assert "locked on 9 March 2026" in texts
    assert "baseline.rule: planned last, now mean." in texts
    assert describe_adherence(material).endswith("and followed with deviations.")
    assert "No plan was locked" in show_plan(gather({}, study, {"plan": None})).blocks[0].text


def test_the_command_line_locks_once(locked):
    place_of(locked).unlink()
    command = [sys.executable, "-m", "outcomes", "lock", str(locked)]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert "mine.lock.json" in first.stdout
    assert second.returncode == 2
    assert "--amend" in second.stderr
