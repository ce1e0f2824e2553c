"""Scores by the dose of the sessions before: beside statsmodels, a known slope, whose dose counts, and when nothing is said."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.interpolate import CubicSpline

from outcomes.analysis.exposure.dose import derive_dose
from outcomes.analysis.exposure.dose_response import choose_doses, fit_dose_response, tabulate_dose_response

BENCHMARKS = Path(__file__).parents[3] / "benchmarks" / "exposure"


def draw_scores(n, slope, seed, spread=0.12):
    rng = np.random.default_rng(seed)
    dose = np.repeat(rng.normal(0.6, spread, n), 4)
    baseline = np.repeat(rng.normal(17, 4, n), 4)
    session = np.tile(np.arange(1.0, 5.0), n)
    score = (
        0.6 * baseline - session + slope * (dose - 0.6) + np.repeat(rng.normal(0, 2, n), 4) + rng.normal(0, 2, 4 * n)
    )
    person = np.repeat(np.arange(n), 4)
    return pd.DataFrame({"person": person, "session": session, "dose": dose, "baseline": baseline, "score": score})


def bend_by_scipy(dose, low, high, knots):
    """The natural cubic splines through 1 at one knot and 0 at the others, the first left out; beyond the ends straight."""
    places = np.linspace(low, high, knots)
    inside = np.clip(dose, low, high)
    columns = []
    for one in np.eye(knots)[1:]:
        curve = CubicSpline(places, one, bc_type="natural")
        columns.append(curve(inside) + curve(inside, 1) * (dose - inside))
    return np.column_stack(columns)


@pytest.mark.parametrize(("n", "knots"), [(149, 4), (150, 6)])
def test_differences_are_those_of_statsmodels_on_the_same_curve(n, knots):
    rows = draw_scores(n, -10, 1)
    table = fit_dose_response(rows)
    low, high = np.quantile(rows["dose"], [0.05, 0.95])
    names = [f"c{place}" for place in range(1, knots)]
    data = rows.assign(**dict(zip(names, bend_by_scipy(rows["dose"].to_numpy(), low, high, knots).T, strict=True)))
    formula = f"score ~ {' + '.join(names)} + baseline + C(session)"
    theirs = smf.mixedlm(formula, data, groups="person").fit(reml=True)
    at, reference = (bend_by_scipy(table[name].to_numpy(), low, high, knots) for name in ("dose", "reference"))
    expected = (at - reference) @ theirs.params[names].to_numpy()
    assert table["estimate"].to_numpy() == pytest.approx(expected, abs=1e-3)  # two searches for one variance


def test_a_known_slope_is_found_and_the_reference_is_nothing():
    table = fit_dose_response(draw_scores(400, -10, 2))
    true = -10 * (table["dose"] - table["reference"])
    others = table["dose"] != table["reference"]
    assert (table["lower"] <= true)[others].all()
    assert (true <= table["upper"])[others].all()
    assert table["p_value"].iloc[0] < 0.001
    assert table.loc[~others, "estimate"].tolist() == [0.0]
    assert table.loc[~others, ["lower", "upper"]].isna().all(axis=None)


@pytest.mark.parametrize(
    "rows",
    [draw_scores(59, -10, 3), draw_scores(100, -10, 3, spread=0.0), draw_scores(100, -10, 3, spread=0.005)],
    ids=["few patients", "one dose", "next to one dose"],
)
def test_few_patients_or_one_dose_say_nothing(rows):
    assert fit_dose_response(rows) is None


def test_scores_without_any_variation_say_nothing_or_no_difference():
    table = fit_dose_response(draw_scores(80, -10, 3).assign(score=12.0))
    assert table is None or np.allclose(table["estimate"], 0, atol=1e-6)


def make_tables(doses):
    """Return sessions with these doses by patient, and a score after each."""
    patient, place = np.nonzero(np.ones_like(doses))
    series = {"patient": patient, "series": 1, "arm": "iv"}
    sessions = pd.DataFrame(
        {
            **series,
            "study_day": 3 * place,
            "ordinal": 1,
            "session": place + 1,
            "dose_mg": doses.reshape(-1),
            "weight_kg": 100.0,
        }
    )
    rng = np.random.default_rng(1)
    own = np.repeat(rng.normal(10, 3, len(doses)), doses.shape[1])
    endpoints = pd.DataFrame(
        {
            **series,
            "instrument": "phq9",
            "axis": "session",
            "time": place + 1.0,
            "score": own + rng.normal(0, 1, len(own)),
            "baseline": 18.0,
        }
    )
    cohort = pd.DataFrame({"patient": np.arange(len(doses)), "series": 1, "included": True})
    return sessions, {"endpoints": endpoints, "cohort": cohort}


def test_scores_after_a_session_without_a_dose_are_left_out_and_those_before_are_not():
    doses = np.random.default_rng(4).normal(60, 10, (70, 3))
    doses[:5, 0], doses[5:9, 2] = np.nan, np.nan  # five have no dose from the first session on, four none at the third
    sessions, tables = make_tables(doses)
    table = tabulate_dose_response(derive_dose(sessions), tables, ["iv", "oral"], {"iv": True}, "phq9")
    assert set(table["arm"]) == {"iv"}
    assert set(table["patients"]) == {65}
    assert set(table["unit"]) == {"mg/kg"}
    assert table["dose"].between(0.4, 0.8).all()
    milligrams = tabulate_dose_response(derive_dose(sessions), tables, ["iv"], {"iv": False}, "phq9")
    assert set(milligrams["unit"]) == {"mg"}
    assert milligrams["estimate"].to_numpy() == pytest.approx(table["estimate"].to_numpy(), abs=1e-6)


def test_round_doses_lie_between_and_are_few():
    for low, high in ((0.41, 0.98), (28.0, 84.0), (0.5, 0.52), (3.0, 300.0)):
        doses = choose_doses(low, high)
        assert 2 <= len(doses) <= 8
        assert low <= doses[0] <= doses[-1] <= high
    assert len(choose_doses(1.0, 1.0)) == 0


def test_intervals_hold_the_truth_as_often_as_the_benchmark_says():
    found = pd.read_csv(BENCHMARKS / "known_slope.csv").set_index(["truth", "patients"])
    for truth in ("none", "straight"):
        assert found.loc[truth, "covered"].between(0.93, 1).all()
    assert found.loc["none", "found"].max() <= 0.1
