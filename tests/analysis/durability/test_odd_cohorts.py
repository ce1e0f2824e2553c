"""Cohorts at the edges, drawn at random: nobody seen, all or none in response, one patient, an arm told by a confounder, a short export."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.durability.describe import describe_durability
from outcomes.analysis.durability.effects import _lacks_weight
from outcomes.contracts import check_table
from outcomes.settings import check_study

END = 18  # day of the last induction session
CONTENT = {
    "study": "odd",
    "data": "nowhere",
    "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
    "instruments": ["phq9"],
    "arms": [{"id": "esketamine", "label": "Esketamine"}, {"id": "iv", "label": "IV"}],
    "report": {"title": "Odd"},
}


def draw_tables(rng):
    """Return the tables of two arms of 0 to 120 patients with 0 to 6 later scores each, none to all of them bad."""
    rows = {name: [] for name in ("series", "series_sessions", "scores", "endpoints", "cohort", "patients")}
    told = rng.random() < 0.3
    for arm in ("esketamine", "iv"):
        n, bad, visits = (
            int(rng.choice([1, 2, 12, 30, 60, 120])),
            rng.choice([0, 0.02, 0.3, 1]),
            int(rng.choice([0, 1, 2, 6])),
        )
        for _ in range(n):
            key = {"patient": len(rows["patients"]) + 1, "series": 1, "arm": arm}
            sex = ("f" if arm == "iv" else "m") if told else str(rng.choice(["f", "m"]))
            rows["patients"].append({"patient": key["patient"], "sex": sex, "last": END + int(rng.integers(0, 150))})
            rows["series"].append({**key, "induction_end_day": END})
            days = [0, END, *([END + int(rng.integers(1, 90))] if rng.random() < 0.3 else [])]
            rows["series_sessions"] += [{**key, "study_day": day} for day in days]
            rows["cohort"].append({**key, "included": True})
            rows["endpoints"].append({**key, "instrument": "phq9", "axis": "baseline", "baseline": 20.0})
            seen = {int(rng.integers(1, 15)): float(rng.integers(0, 11))}
            for day in rng.integers(15, 112, visits):
                seen[int(day)] = float(rng.integers(11, 27) if rng.random() < bad else rng.integers(0, 11))
            rows["scores"] += [
                {"patient": key["patient"], "instrument": "phq9", "study_day": END + day, "total": total}
                for day, total in sorted(seen.items())
            ]
    return {name: pd.DataFrame(entries) for name, entries in rows.items()}


def draw_study(rng):
    settings = {"instrument": "phq9", "replicates": 5, "relapse": {"improvement_below": 20}}
    settings["maintenance"] = str(rng.choice(["censor", "competing", "treatment_policy"]))
    if rng.random() < 0.3:
        settings["data_until"] = "last"
    content = {**CONTENT, "durability": settings}
    if rng.random() < 0.7:
        estimand = {"treated": "iv", "reference": "esketamine", "instrument": "phq9", "timepoint": "day 28"}
        weights = str(rng.choice(["overlap", "att", "ate"]))
        content["comparison"] = {
            "estimand": estimand,
            "confounders": ["baseline", "sex"],
            "site": None,
            "weights": weights,
        }
    return check_study(content)


@pytest.mark.parametrize("seed", range(30))
def test_every_number_is_finite_within_its_range_and_its_interval(seed):
    rng = np.random.default_rng([seed, 7])
    tables, study = draw_tables(rng), draw_study(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        ends, found = describe_durability(tables, study.durability, study)
    check_table(ends, "durability")
    for name in ("durability_curve", "durability_held", "durability_at_visit", "durability_first"):
        rows = found[name].dropna(subset=["share", "lower"])
        assert ((rows["share"] >= 0) & (rows["share"] <= 1)).all()
        percentiles = rows["method"] == "turnbull" if "method" in rows else pd.Series(False, rows.index)
        rows = rows[~percentiles]
        assert (rows["lower"] <= rows["share"] + 1e-9).all()
        assert (rows["share"] <= rows["upper"] + 1e-9).all()
        assert (rows["upper"] - rows["lower"] > 1e-6).all()
    effect = found["durability_effect"]
    known = effect["difference"].notna()
    assert effect[["end", "method", "weights", "time", "unit"]].notna().all(axis=None)
    assert (effect.loc[~known, "note"].str.len() > 0).all()
    own = effect[known]
    assert (own["lower"] < own["upper"]).all()
    assert ((own["lower"] <= own["difference"] + 1e-9) & (own["difference"] <= own["upper"] + 1e-9)).all()
    apart = (own["lower"] > 0) | (own["upper"] < 0)
    assert ((own["p_value"] < 0.05) == apart).all()
    assert not (own["stated"] & ~apart).any()


@pytest.mark.parametrize(("weights", "lacks"), [([[1, 1, 0, 1]], False), ([[1, 1, 1, 0], [0, 1, 1, 1]], True)])
def test_a_sample_without_a_weighted_score_in_an_arm_is_found(weights, lacks):
    arms = [  # of two patients each; of the first arm only the first was seen
        SimpleNamespace(own=np.array([0, 1]), histories=SimpleNamespace(person=np.array([0, 0]))),
        SimpleNamespace(own=np.array([2, 3]), histories=SimpleNamespace(person=np.array([0, 1, 1]))),
    ]
    assert _lacks_weight(SimpleNamespace(arms=arms), np.array(weights, float)) is lacks


def test_an_unadjusted_difference_never_stands_in_for_one_whose_weights_cannot_be_had():
    """Sex tells the arm of everyone: the unadjusted difference, which excludes zero, was primary and stated."""
    tables = draw_tables(np.random.default_rng(88))
    estimand = {"treated": "iv", "reference": "esketamine", "instrument": "phq9", "timepoint": "day 28"}
    comparison = {"estimand": estimand, "confounders": ["baseline", "sex"], "site": None}
    content = {**CONTENT, "durability": {"instrument": "phq9", "replicates": 0}, "comparison": comparison}
    study = check_study(content)
    _, found = describe_durability(tables, study.durability, study)
    effects = found["durability_effect"]
    assert (effects["upper"] < 0).any()
    assert effects["primary"].eq(False).all()
    assert effects["stated"].eq(False).all()
    assert effects["note"].iloc[-1] == "patients whom the weights stand for have no counterpart"
    assert found["durability_tilt"].empty
