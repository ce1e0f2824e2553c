"""The attack on released tables: it finds what leaky releases give away, and nothing in what the gate lets through."""

import io

import numpy as np
import pandas as pd
import pytest
from attack import System, solve
from attack_meaning import COUNTS, NO_COUNTS, describe
from example_tables import make_tables
from random_studies import Drawn, attack_study, draw_study, make_endpoints
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.text import format_table
from outcomes.release.disclosure import groups
from outcomes.release.disclosure.gate import withhold
from outcomes.settings import check_study
from outcomes.settings.analysis import Privacy

K = 11
STUDY = check_study(
    {
        "study": "made-up",
        "data": "nowhere",
        "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
        "instruments": ["phq9"],
        "arms": [{"id": "iv", "label": "IV"}, {"id": "im", "label": "IM"}],
        "report": {"title": "made up"},
    }
)
PLACE = {"arm": "iv", "instrument": "phq9", "axis": "day", "timepoint": "day 28", "time": 28}
MISSINGNESS = PLACE | {"started": 60, "reached": 60, "observed": np.nan, "missing_proportion": np.nan}
SCORES = PLACE | {"n": np.nan, "mean": 9.3, "sd": 5.1, "median": 9.0, "q1": 5.0, "q3": 13.0, "lower": np.nan}
SCORES |= {"upper": np.nan}
RATE = PLACE | {"endpoint": "response", "population": "observed", "n": 60, "events": np.nan, "proportion": np.nan}
RATE |= {"lower": np.nan, "upper": np.nan}


def find(**tables):
    """Return the names of the groups that can be proven small, from rows by table."""
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return {one.name for one in solve(describe(frames, STUDY), K)}


class TestLeaks:
    """Each of these releases lacks one thing that a gate must do."""

    def test_nothing_follows_from_what_is_withheld_well(self):
        assert find(missingness=[MISSINGNESS], scores=[SCORES], response=[RATE]) == set()

    def test_a_small_count_that_is_shown(self):
        assert find(missingness=[MISSINGNESS | {"observed": 7}])

    def test_a_difference_between_two_tables(self):
        found = find(missingness=[MISSINGNESS], scores=[SCORES | {"n": 56}])
        assert ("rest", ("started", "iv"), ("observed", *list(PLACE.values())[:4])) in found

    def test_a_percentage_beside_its_total(self):
        lower, upper = proportion_confint(6, 60, method="wilson")
        found = find(response=[RATE | {"proportion": 0.1, "lower": round(lower, 6), "upper": round(upper, 6)}])
        assert ("event", *list(PLACE.values())[:4], "response") in found

    def test_an_interval_and_a_mean_that_give_the_number_away(self):
        scores = pd.Series(np.random.default_rng(1).integers(0, 27, 56))
        lower, upper = stats.t.interval(0.95, 55, scores.mean(), scores.sem())
        told = {"mean": scores.mean(), "sd": scores.std(), "lower": lower, "upper": upper}
        leaky = SCORES | {name: round(value, 6) for name, value in told.items()}
        assert find(missingness=[MISSINGNESS], scores=[leaky])

    def test_no_complement_among_the_levels(self):
        row = {"variable": "sex", "level": "", "arm": "iv", "n": 60.0, "percent": np.nan, "missing": 0}
        rows = [row | {"variable": "patients", "missing": np.nan}]
        rows += [row | {"level": level, "n": n} for level, n in (("female", 55), ("male", np.nan))]
        assert ("level", "sex", "male", "iv") in find(baseline=rows)
        assert find(baseline=[rows[0], rows[1] | {"n": np.nan}, rows[2]]) == set()

    def test_arms_that_add_up_to_all(self):
        flow = {"order": 1, "unit": "series", "label": "Series analysed", "reason": np.nan}
        rows = [flow | {"arm": arm, "n": n} for arm, n in (("all", 68), ("iv", 60), ("im", np.nan))]
        assert ("started", "im") in find(flow=rows)

    def test_the_bins_of_a_distribution_beside_the_responders(self):
        line = {name: PLACE[name] for name in ("arm", "instrument", "axis", "timepoint")}
        bins = [
            line | {"bin_lower": low, "bin_upper": high, "n": n, "cumulative": np.nan}
            for low, high, n in ((-100, -60, 20), (-60, -30, 20), (-30, np.nan, 20))
        ]
        assert find(change_distribution=bins, response=[RATE | {"events": 25}])
        assert find(change_distribution=bins, response=[RATE]) == set()

    def test_numbers_at_risk_of_sessions_in_a_row(self):
        rows = [
            MISSINGNESS | {"axis": "session", "timepoint": f"session {k}", "reached": n}
            for k, n in ((1, 60), (2, 45), (3, 41))
        ]
        assert any("reached" in str(name) for name in find(missingness=rows))

    def test_the_steps_of_durability(self):
        rows = [{"arm": "iv", "step": step, "n": n} for step, n in (("treated", 60), ("scored", 52), ("followed", 30))]
        assert find(durability_cohort=rows)


def test_an_attack_on_beliefs_that_cannot_be_is_refused():
    system = System()
    system.show(("whole",), 5)
    with pytest.raises(Exception, match="whole"):
        system.show(("whole",), 6)


@pytest.mark.parametrize("without", ["across", "rules"])
def test_a_gate_without_one_of_its_parts_is_caught(without, monkeypatch):
    drawn = Drawn(7, {"esketamine": 70, "iv": 34}, K)
    tables, study = make_tables(drawn.sizes, 7, make_endpoints(drawn)), drawn.study
    if without == "across":
        monkeypatch.setattr("outcomes.release.disclosure.gate.withhold_across", lambda tables, released, *_: released)
    released = withhold(tables, Privacy(minimum_cell=K)) if without == "across" else tables
    read = {name: pd.read_csv(io.StringIO(format_table(table))) for name, table in released.items()}
    assert solve(describe(read, study), K)


@pytest.mark.parametrize("seed", [0, 1, 2, 38, 45, 91])  # the last three once leaked, each in its own way
def test_no_small_group_can_be_proven_in_a_random_study(seed):
    result = attack_study(draw_study(seed))
    assert result["findings"] == []
    assert result["tables"] > 10


def test_every_count_of_every_released_table_has_a_meaning():
    assert set(COUNTS) == set(RELEASED) == set(groups.COUNTS)
    for name, counts in COUNTS.items():
        assert set(counts) == set(groups.COUNTS[name]), name
        assert groups.NO_COUNTS.get(name, set()) <= NO_COUNTS.get(name, set()), name


def test_a_whole_number_that_is_not_declared_does_not_leave():
    table = pd.DataFrame({"axis": ["day"], "timepoint": ["day 28"], "survivors": [40]})
    with pytest.raises(ValueError, match=r"counts not declared: tipping\.survivors"):
        withhold({"tipping": table}, Privacy())


def make_baseline(**changes):
    """Return two arms of 60, of whom 56 have a score."""
    statistics = ("mean", "sd", "median", "q1", "q3", "percent")
    rows = [
        {"variable": variable, "level": "", "arm": arm, "n": n, "missing": missing} | dict.fromkeys(statistics, np.nan)
        for arm in ("iv", "im")
        for variable, n, missing in (("patients", 60, np.nan), ("phq9", 56, 4))
    ]
    return {"baseline": pd.DataFrame(rows).assign(**changes)}


@pytest.mark.parametrize("empty", ["", None, np.nan, pd.NA])
def test_a_name_that_is_missing_in_place_of_empty_protects_as_well(empty):
    released = withhold(make_baseline(level=empty), Privacy(minimum_cell=K))["baseline"]
    assert released.loc[released["variable"] == "phq9", ["n", "missing"]].isna().all(axis=None)
    assert released.loc[released["variable"] == "patients", "n"].notna().all()


def test_a_count_without_a_name_does_not_leave():
    with pytest.raises(ValueError, match="missing name in baseline"):
        withhold(make_baseline(arm=["iv", np.nan, "im", "im"]), Privacy(minimum_cell=K))
