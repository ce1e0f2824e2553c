"""The attack on random studies with everything a study file can ask for, and on estimates that say what is withheld."""

import numpy as np
import pytest
from attack import System, solve
from attack_estimates import find_pairs, read_estimates
from whole_studies import EXAMPLE, attack_study, draw_study

from outcomes.settings import read_study

K = 11
PLACE = {"axis": "day", "timepoint": "day 28", "endpoint": "response"}
TABLES = (
    "risks",
    "sensitivity",
    "subgroups",
    "tipping",
    "dropout",
    "durability_curve",
    "durability_held",
    "durability_effect",
)


# Each leaked, or stopped the gate, in its own way: series after the first; effective numbers; all series; a name of two types;
# points of tipping beside the bands of dropout; regression to the mean of all arms.
@pytest.mark.parametrize("seed", [0, 2, 12, 14, 17, 21])
def test_no_small_group_can_be_proven_in_a_whole_random_study(seed):
    result = attack_study(draw_study(seed))
    assert result["findings"] == []
    assert result["released"] > 0.1 * result["numbers"]


def test_random_studies_have_what_study_files_have():
    drawn = [draw_study(seed).study for seed in range(60)]
    compared = [study.comparison for study in drawn if study.comparison]
    assert {one.weights for one in compared} == {"none", "overlap", "att", "ate"}
    assert {one.missing for one in compared} == {"indicator", "exclude", "impute"}
    assert any(one.subgroups for one in compared)
    assert any(one.imputation.draws for one in compared)
    assert {study.series.use for study in drawn} == {"first", "all"}
    assert {study.durability is None for study in drawn} == {True, False}
    assert {len(study.arms) for study in drawn} == {2, 3}
    assert {5, 11, 20} <= {study.privacy.minimum_cell for study in drawn}


def find(known, **rows):
    """Return what is found of a comparison without weights, of 60 treated and 80 reference patients."""
    study = read_study(EXAMPLE)
    plain = study.comparison.model_copy(update={"weights": "none"})
    system = System()
    for name, count in {("compared", "iv"): 60, ("compared", "esketamine"): 80, **known}.items():
        system.show(name, count)
    read_estimates(
        system, {name: rows.get(name, []) for name in TABLES}, study.model_copy(update={"comparison": plain})
    )
    return {one.name for one in solve(system, K)}


def contrast(a, n, b, m):
    p, q = a / n, b / m
    half = 1.959964 * np.sqrt(p * (1 - p) / n + q * (1 - q) / m)
    return {"estimate": round(p - q, 6), "lower": round(p - q - half, 6), "upper": round(p - q + half, 6)}


def test_events_are_read_off_an_unweighted_difference_and_its_interval():
    assert (60, 4, 80, 22) in {
        tuple(row) for row in find_pairs((np.array([60]), np.array([80])), *_half(contrast(4, 60, 22, 80)))
    }
    row = PLACE | contrast(4, 60, 22, 80) | {"analysis": "unadjusted_started", "scale": "risk difference"}
    events = ("settled event", *PLACE.values(), "iv")
    assert events in find({events: np.nan}, sensitivity=[row])
    assert find({events: np.nan}, sensitivity=[row | dict.fromkeys(("estimate", "lower", "upper"), np.nan)]) == set()


def _half(row):
    return row["estimate"], (row["upper"] - row["lower"]) / 2


def test_a_worst_case_says_how_many_are_missing():
    settled, events = ("settled", *PLACE.values(), "esketamine"), ("settled event", *PLACE.values(), "esketamine")
    row = PLACE | contrast(30, 60, 22 + 5, 80) | {"analysis": "worst_case_treated", "scale": "risk difference"}
    found = find({settled: np.nan, events: 22}, sensitivity=[row])
    assert ("rest", ("compared", "esketamine"), settled) in found


def test_the_share_of_those_lost_is_read_off_the_points_of_tipping():
    pairs = [(0.0, 0.0, -2.0), (1.0, 0.0, -2.0 + 6.2 / 60), (0.0, 1.0, -2.0 - 30 / 80)]
    rows = [
        {
            "axis": "day",
            "timepoint": "day 28",
            "method": "closed_form",
            "delta_treated": a,
            "delta_reference": b,
            "estimate": value,
        }
        for a, b, value in pairs
    ]
    assert ("lost", "day", "day 28", "iv") in find({}, tipping=rows)


def test_a_level_of_few_events_is_read_off_its_difference():
    row = PLACE | {"variable": "sex", "level": "male", "population": "started", "scale": "risk difference"}
    row |= contrast(5, 30, 18, 40) | {"std_error": _half(contrast(5, 30, 18, 40))[1] / 1.959964}
    known = {("subgroup", "sex", "male", "iv"): 30, ("subgroup", "sex", "male", "esketamine"): 40}
    event = ("subgroup event", "response", "sex", "male", "iv")
    assert event in find(known | {event: np.nan}, subgroups=[row])


def test_a_curve_says_how_many_had_an_end():
    line = {"arm": "iv", "end": "loss", "method": "kaplan_meier", "state": "held", "at_risk": np.nan}
    few = [line | {"week": week, "share": share} for week, share in ((4, 0.70), (8, 0.64))]
    cohort = {("durable", "iv", "in_response"): 100}
    assert any("rest" in str(name) for name in find(cohort, durability_curve=few))
    enough = [line | {"week": week, "share": share} for week, share in ((4, 0.70), (8, 0.45))]
    assert find(cohort, durability_curve=enough) == set()


def test_bands_of_dropout_add_up():
    rows = [
        {
            "axis": "day",
            "timepoint": "day 28",
            "arm": "iv",
            "band": band,
            "n": n,
            "stayed": np.nan,
            "dropped_proportion": np.nan,
        }
        for band, n in (("mild", 40), ("severe", np.nan))
    ]
    name = ("there", "day", "day 28", "iv", "severe")
    assert name not in find({}, dropout=rows)
    assert name in find({}, dropout=[rows[0] | {"n": 54}, rows[1]])
