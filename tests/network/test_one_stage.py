"""One model over all sites from sums in their packages: equal to that of all rows in one place, and no patient's number follows from what leaves."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import chdir
from itertools import combinations_with_replacement, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from eight_sites import SITES, declare_network, run, write_yaml
from test_packages import resign

from outcomes import mixed
from outcomes.analysis.comparison.one_stage.groups import Group
from outcomes.analysis.comparison.one_stage.guard import Limits, find_told
from outcomes.analysis.comparison.one_stage.sums import release_sums
from outcomes.analysis.comparison.population.people import Compared, select_compared
from outcomes.errors import ModelError
from outcomes.files import Places
from outcomes.network.one_stage import invent, keep_shown, pool_one_stage
from outcomes.release.numbers import fixed
from outcomes.settings import read_study
from outcomes.settings.estimand import Estimand
from outcomes.settings.network import plan_study, read_network_plan
from outcomes.steps.step import COURSES, Tables

sys.path.insert(0, str(Path(__file__).parent.parent / "release"))
from attack_reader import read_files
from attack_system import solve

K = 11
POINTS = ("day 14", "day 28")
BECAUSE = "the sites trust the centre with means and correlations of eleven patients and more"
LIMITS = Limits((10, 27), (0, 27))
ESTIMAND = Estimand(treated="iv", reference="esketamine", instrument="phq9", axis="day", timepoint="day 28")


def compare(numbers, treated):
    """Return compared patients from baselines and changes, a column a time point, missing where there is no score."""
    n = len(numbers)
    people = pd.DataFrame({"patient": np.arange(n), "treated": treated, "baseline": numbers[:, 0]})
    scores = [
        pd.DataFrame({"person": np.arange(n), "axis": "day", "timepoint": name, "change": numbers[:, place]})
        for place, name in enumerate(POINTS, 1)
    ]
    return Compared(people, pd.concat(scores, ignore_index=True), {"day": POINTS}, {})


def draw(seed, n, missing=(0.2, 0.3), effect=-2.0):
    generator = np.random.default_rng(seed)
    baseline = np.clip(np.rint(generator.normal(17, 4, n)), 10, 27)
    treated = generator.random(n) < 0.5
    later = np.clip(np.rint(baseline[:, None] - 5 + effect * treated[:, None] + generator.normal(0, 4, (n, 2))), 0, 27)
    change = later - baseline[:, None]
    change[generator.random((n, 2)) < missing] = np.nan
    return np.column_stack([baseline, change]), treated


def release(numbers, treated, points=POINTS, minimum=K):
    return release_sums(compare(numbers, treated), ESTIMAND, points, LIMITS, minimum)


def stack(sites, used):
    """Return the rows of all sites in one place, those of the time points that each site uses."""
    parts = []
    for site, (numbers, treated) in sites.items():
        for place, name in enumerate(POINTS, 1):
            if name in used[site]:
                arm = np.where(treated, "treated", "reference")
                columns = {"patient": [f"{site} {one}" for one in range(len(arm))], "site": site, "arm": arm}
                parts.append(
                    pd.DataFrame(columns | {"timepoint": name, "baseline": numbers[:, 0], "change": numbers[:, place]})
                )
    return pd.concat(parts).dropna()


def fit_rows(rows):
    points = [name for name in ("day 28", "day 14") if (rows["timepoint"] == name).any()]
    several = " * timepoint" if len(points) > 1 else ""
    coded = {
        "arm": pd.Categorical(rows["arm"], ["reference", "treated"]),
        "timepoint": pd.Categorical(rows["timepoint"], points),
    }
    formula = f"change ~ site + baseline{several} + arm{several}"
    return mixed.fit(rows.assign(**coded), formula, subject="patient", visit="timepoint", covariance="unstructured")


def find_effect(fit):
    return fit.coefficients.set_index("term").loc["arm[treated]"]


def declare_plan(tmp_path, sites=SITES, points=POINTS, **changes):
    content = declare_network(sites, one_stage={"timepoints": list(points), "because": BECAUSE}, **changes)
    return write_yaml(content, tmp_path / "plan.yaml")


@pytest.fixture
def planned(tmp_path):
    plan = read_network_plan(declare_plan(tmp_path))
    return plan, plan_study(plan)


def test_the_model_of_the_sums_is_that_of_all_rows_in_one_place(planned):
    """Four sites, of which one has no score at day 14 and one too few patterns of many to use it."""
    sites = {"site-1": draw(1, 300), "site-2": draw(2, 200), "site-3": draw(3, 150, (1.0, 0.1)), "site-4": draw(4, 60)}
    sums = {site: release(*rows) for site, rows in sites.items()}
    used = {site: content["timepoints"] for site, content in sums.items()}
    assert used == {"site-1": [*POINTS], "site-2": [*POINTS], "site-3": ["day 28"], "site-4": ["day 28"]}
    assert sums["site-3"]["not_used"] == {"day 14": "nobody has a score"}
    rows = stack(sites, used)
    direct = find_effect(fit_rows(rows))
    found = pool_one_stage(sums, *planned)
    assert found["sites"] == 4
    assert found["timepoints"] == "day 14, day 28"
    assert abs(found["patients"] - rows["patient"].nunique()) <= 2
    for name in ("estimate", "lower", "upper"):
        assert fixed(found[name], 2) == fixed(direct[name], 2), name
        assert found[name] == pytest.approx(direct[name], abs=0.00501)
    assert found["std_error"] == pytest.approx(direct["std_error"], rel=0.05)
    assert found["p_value"] == pytest.approx(direct["p_value"], rel=0.05)
    assert pool_one_stage(dict(reversed(sums.items())), *planned) == found


def test_one_time_point_is_a_regression(planned):
    """Ordinary least squares of the primary time point's changes, by another package."""
    import statsmodels.formula.api as smf

    sites = {f"site-{seed}": draw(seed, 80) for seed in (1, 2, 3)}
    sums = {site: release(*rows, points=("day 28",)) for site, rows in sites.items()}
    rows = stack(sites, dict.fromkeys(sites, ("day 28",)))
    direct = smf.ols("change ~ C(site) + baseline + C(arm)", rows).fit()
    found = pool_one_stage(sums, *planned)
    name = "C(arm)[T.treated]"
    assert found["estimate"] == pytest.approx(direct.params[name], abs=0.00501)
    assert [found["lower"], found["upper"]] == pytest.approx(direct.conf_int().loc[name].tolist(), abs=0.00501)


def test_invented_patients_have_the_same_sums_to_the_last_digits():
    numbers, _ = draw(5, 40, (0, 0))
    sums, products = numbers.sum(axis=0), numbers.T @ numbers
    rows = invent(len(numbers), sums, products)
    np.testing.assert_allclose(rows.sum(axis=0), sums, rtol=1e-12)
    np.testing.assert_allclose(rows.T @ rows, products, rtol=1e-12)
    assert np.abs(rows - np.rint(rows)).max() > 0.1  # nobody's


def test_patterns_of_few_never_leave_and_nobody_is_left_out_for_one():
    left, coarse, kept = 0, 0, 0
    for seed in range(120):
        generator = np.random.default_rng(seed)
        numbers, treated = draw(seed, int(generator.integers(15, 250)), tuple(generator.random(2) / 2))
        try:
            content = release(numbers, treated)
        except ModelError:
            kept += 1
            continue
        left += 1
        coarse += content["timepoints"] == ["day 28"]
        places = [1 + POINTS.index(name) for name in content["timepoints"]]
        taking_part = (~np.isnan(numbers[:, places])).any(axis=1)
        assert sum(group["patients"] for group in content["groups"]) == taking_part.sum()
        assert min(group["patients"] for group in content["groups"]) >= K
        assert all(isinstance(one, int) for group in content["groups"] for one in group["sums"])
    assert left > 50
    assert 10 < coarse < left
    assert kept > 5


def test_an_arm_of_few_and_one_without_scores_stay_here():
    numbers, treated = draw(1, 100, (0, 0))
    few = np.arange(100) < 10
    with pytest.raises(ModelError, match="fewer than 11 patients of an arm"):
        release(numbers, few)
    alone = numbers.copy()
    alone[~treated, 2] = np.nan
    with pytest.raises(ModelError, match="nobody of the reference arm has a score at day 28"):
        release(alone, treated)
    alone[:, 2] = np.nan
    with pytest.raises(ModelError, match="nobody has a score at day 28"):
        release(alone, treated)
    numbers[0, 1:] += 0.5
    with pytest.raises(ModelError, match="not whole numbers"):
        release(numbers, treated)


def list_every(rows, n):
    """Return how many of n patients have each row, in every way in which they could, and the sums that they give."""
    chosen = np.array(list(combinations_with_replacement(range(len(rows)), n)))
    counts = (chosen[:, :, None] == np.arange(len(rows))).sum(axis=1)
    products = [rows[:, 0] ** 2, rows[:, 1] ** 2, rows[:, 0] * rows[:, 1]]
    return counts, counts @ np.column_stack([rows, *products])


@pytest.mark.parametrize(
    ("baselines", "scores", "n", "least"),
    [(range(12, 13), range(4, 12), 11, 100), (range(12, 16), range(4, 7), 8, 2)],
    ids=["eleven of one baseline", "eight of four baselines"],
)
def test_where_the_guard_lets_sums_out_every_small_count_could_be_another(baselines, scores, n, least):
    """Against every set of rows that the sums leave possible: no number of a few patients who share a baseline or a change is told."""
    rows = np.array([(baseline, score - baseline) for baseline, score in product(baselines, scores)], float)
    counts, sums = list_every(rows, n)
    limits = Limits((min(baselines), max(baselines)), (min(scores), max(scores)))
    _, which, ways = np.unique(sums, axis=0, return_inverse=True, return_counts=True)
    many = ways[which] >= np.sort(ways[which])[-1000]
    generator = np.random.default_rng(3)
    let_out, told = 0, 0
    for kind in (many, ~many):
        for place in generator.choice(np.flatnonzero(kind), 250, replace=False):
            possible = counts[which == which[place]]
            pinned = False
            for column in rows.T:
                for value in np.unique(column):
                    shared = possible[:, column == value].sum(axis=1)
                    pinned |= 0 < counts[place, column == value].sum() < n and shared.min() == shared.max()
            numbers = np.repeat(rows, counts[place], axis=0)
            if find_told([Group("treated", ("day 28",), numbers)], limits, n) is None:
                let_out += 1
                assert not pinned, place
            told += pinned
    assert let_out >= least
    assert told >= 3


def test_one_who_differs_from_all_others_is_found_and_stays_here():
    """All others at one baseline: the sums tell that one, and the guard keeps them."""
    numbers, treated = draw(1, 60, (0, 0))
    scores = numbers[:, :1] + numbers[:, 1:]
    numbers[:, 0] = 15
    numbers[np.flatnonzero(treated)[0], 0] = 16
    numbers[:, 1:] = np.clip(scores, 0, 27) - numbers[:, :1]
    with pytest.raises(ModelError, match="hardly leave open what one of them answered"):
        release(numbers, treated, ("day 28",))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"timepoints": ["day 28", "day 99"]}, "day 99: no time point of the axis 'day'; there are: day "),
        ({"timepoints": ["day 14"]}, "the primary time point day 28 is not among them"),
        ({"timepoints": ["day 28", "day 14"]}, "not in the order"),
        ({"timepoints": ["day 28", "day 28"]}, "stands twice"),
        ({"because": ""}, "one_stage.because"),
    ],
)
def test_a_wrong_plan_is_refused_with_its_key(tmp_path, change, words):
    from outcomes.errors import SettingsError

    section = {"timepoints": ["day 28"], "because": BECAUSE} | change
    with pytest.raises(SettingsError, match=words):
        read_network_plan(write_yaml(declare_network(one_stage=section), tmp_path / "plan.yaml"))


def test_exact_numbers_of_nearly_the_same_people_do_not_leave_twice(tmp_path):
    from outcomes.errors import SettingsError

    with pytest.raises(SettingsError, match="declare one of them"):
        read_network_plan(declare_plan(tmp_path, propensity={"bands": {"baseline": [17]}}))


def test_sums_stay_where_the_release_hides_how_many_have_a_score():
    """What the gate hides beside another number would be exact in the sums."""
    sums = release(*draw(1, 300))
    counts = {
        side: [
            sum(group["patients"] for group in sums["groups"] if group["arm"] == side and name in group["timepoints"])
            for name in POINTS
        ]
        for side in ("treated", "reference")
    }
    rounded = {f"observed_{side}": [5.0 * round(n / 5) for n in own] for side, own in counts.items()}
    shown = pd.DataFrame({"timepoint": POINTS} | rounded)
    assert keep_shown(sums, shown, K) == sums
    told = {"withheld": "the release does not show how many patients have a score at day 28"}
    for hidden in (np.nan, rounded["observed_treated"][1] + 5):
        changed = shown.assign(observed_treated=[rounded["observed_treated"][0], hidden])
        assert keep_shown(sums, changed, K) == told
    assert keep_shown(sums, shown.iloc[:1], K) == told
    assert keep_shown(told, shown, K) == told


def test_too_few_sites_are_no_model_and_the_row_says_why(planned):
    sums = {"site-1": release(*draw(1, 100)), "site-2": {"withheld": "fewer than 11"}, "site-3": {"withheld": "x"}}
    found = pool_one_stage(sums, *planned)
    assert found["sites"] == 1
    assert found["why"] == "1 sites have sums that may leave them; the plan asks for 3"
    assert "estimate" not in found


@pytest.fixture(scope="module")
def packages(network, tmp_path_factory):
    """The eight sites' packages under a plan that asks for one model, each made and signed of the release that is there."""
    folder = tmp_path_factory.mktemp("one-stage")
    plan = declare_plan(folder)
    assert run("lock", plan) == 0
    for site in SITES:
        with chdir(network.folder / site):
            command = ("site", plan, "study.yaml", "--site", site, "--out", folder / site)
            assert run(*command) == 0
            assert run(*command, "--sign", network.keys[site]) == 0
    return plan, {site: folder / site / f"eight-{site}" for site in SITES}


def pool_packages(network, plan, packages, out):
    return run("pool", plan, *packages, "--signers", network.signers, "--out", out)


def read_sums(package):
    return json.loads((package / "one_stage.json").read_text(encoding="utf-8"))


def test_the_row_of_the_report_is_the_model_of_all_sites_rows_in_one_place(network, packages, tmp_path):
    plan, places = packages
    assert pool_packages(network, plan, places.values(), tmp_path / "report") == 0
    sites, used = {}, {}
    for site, package in places.items():
        with chdir(network.folder / site):
            study = read_study("study.yaml")
            compared = select_compared(Tables(Places(site), COURSES), study.comparison, study.baseline.same_day)
        content = read_sums(package)
        if "withheld" not in content:
            baseline = compared.people["baseline"].to_numpy(float)
            numbers = np.column_stack([baseline, *(compared.at("day", name, "change") for name in POINTS)])
            sites[site], used[site] = (numbers, compared.treated), content["timepoints"]
    assert len(sites) >= 3
    rows = stack(sites, used)
    direct = find_effect(fit_rows(rows))
    pooled = pd.read_csv(tmp_path / "report" / "tables" / "pooled.csv").set_index("way")
    found = pooled.loc["one stage"]
    assert found["sites"] == len(sites)
    assert found["patients"] % 5 == 0
    assert abs(found["patients"] - rows["patient"].nunique()) <= 2
    shown = [fixed(direct[name], 2) for name in ("estimate", "lower", "upper")]
    assert [fixed(found[name], 2) for name in ("estimate", "lower", "upper")] == shown
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8").replace("\xa0", " ")
    assert f"{shown[0]} ({shown[1]} to {shown[2]})" in page
    assert "One model over all sites, beside the two stages" in page
    assert "adjusted for the baseline and the site alone" in page


def test_a_page_shows_every_sum_and_why(packages):
    _, places = packages
    for package in places.values():
        page = package.with_name(f"{package.name}.txt").read_text(encoding="utf-8")
        content = read_sums(package)
        for group in content.get("groups", ()):
            assert f"{group['patients']} patients" in page
            assert all(f": {value}\n" in page for value in [*group["sums"], *np.ravel(group["products"])][:-1])
            assert BECAUSE in page
        assert content.get("withheld", "") in page


def test_no_small_count_comes_back_from_a_package_with_the_exact_numbers_of_its_sums(packages):
    """The attacker has, beside every rounded and hidden number of a package, how many of each arm have a score at each time point used."""
    _, places = packages
    known = 0
    for site, package in places.items():
        files = {path.stem: path.read_text(encoding="utf-8") for path in package.glob("*.csv")}
        system = read_files(files, K, {"treated": "iv", "reference": "esketamine"})
        content = read_sums(package)
        for name in content.get("timepoints", ()):
            for side, arm in (("treated", "iv"), ("reference", "esketamine")):
                own = [one for one in content["groups"] if one["arm"] == side and name in one["timepoints"]]
                exact = sum(one["patients"] for one in own)
                system.narrow(("counted", "day", name, arm), exact, exact)
                known += 1
        solved = solve(system)
        assert solved.found == [], site
        assert solved.undecided == 0, site
    assert known >= 6


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda one: one["groups"][0].update(patients=8), "sums of fewer than 11 patients"),
        (
            lambda one: one["groups"][0].update(patients=one["groups"][0]["patients"] + 20),
            "not those of the difference",
        ),
        (lambda one: one["groups"][0]["products"][1].__setitem__(0, 3), "products that no patients have"),
        (lambda one: one["groups"][0]["sums"].__setitem__(0, 0.5), "not those that the plan asks for"),
        (lambda one: one["groups"].append(one["groups"][0]), "not those that the plan asks for"),
        (lambda one: one.update(timepoints=["day 99"]), "not those that the plan asks for"),
        (lambda one: one.update(groups={}), "not those that the plan asks for"),
    ],
)
def test_sums_that_no_site_writes_are_refused_though_they_are_signed(network, packages, tmp_path, capsys, edit, words):
    plan, places = packages
    site = next(site for site, package in places.items() if "groups" in read_sums(package))
    changed = tmp_path / "changed"
    shutil.copytree(places[site], changed)

    def change(folder, manifest):
        content = read_sums(folder)
        edit(content)
        (folder / "one_stage.json").write_text(json.dumps(content))

    resign(network, site, change, changed)
    others = [package for name, package in places.items() if name != site]
    assert pool_packages(network, plan, [changed, *others], tmp_path / "report") == 2
    said = capsys.readouterr().err
    assert f"{changed}: one_stage.json: " in said
    assert words in said


def test_a_second_package_with_other_sums_is_refused_while_the_first_lies_there(network, packages, tmp_path, capsys):
    plan, places = packages
    shutil.copytree(places["site-1"].parent, tmp_path / "site-1")
    old = tmp_path / "site-1" / "eight-site-1"
    command = ("site", plan, "study.yaml", "--site", "site-1", "--out", tmp_path / "site-1")
    with chdir(network.folder / "site-1"):
        assert run(*command) == 0  # the same again
        shutil.copyfile(places["site-1"] / "manifest.json.sig", old / "manifest.json.sig")
        content = read_sums(old)
        (old / "one_stage.json").write_text(json.dumps(content | {"groups": []}))
        assert run(*command) == 2
    said = capsys.readouterr().err
    assert "signed before, with other numbers (one_stage.json)" in said
    assert "move the earlier one away" in said
    assert read_sums(old)["groups"] == []
