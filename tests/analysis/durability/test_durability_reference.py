"""The estimators of durability beside R's survival, on the committed table; and beside properties that need no other program."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.analysis.durability.curves import Grid, tabulate_curve
from outcomes.analysis.durability.ends import OUTCOMES
from outcomes.analysis.durability.hazards import tabulate_effect
from outcomes.analysis.durability.turnbull import Seen, fit_turnbull, resample_turnbull
from outcomes.analysis.durability.weibull import fit_weibull
from outcomes.settings.comparison import Comparison
from outcomes.settings.durability import Durability

FOLDER = Path(__file__).parents[2] / "reference"
R = json.loads((FOLDER / "output" / "durability.json").read_text())
WEEKS = (4, 6, 8, 10, 12, 15)


@pytest.fixture(scope="module")
def rows():
    table = pd.read_csv(FOLDER / "data" / "seen_at_visits.csv")
    upper = table["upper"].fillna(np.inf)
    last = upper.where(table["outcome"] > 0, table["lower"])
    return table.assign(
        upper=upper, last_day=last, patient=table["subject"], end="loss", outcome=np.array(OUTCOMES)[table["outcome"]]
    )


def interval_censored(rows):
    """Further treatment ends follow-up at the last score before it, as under the strategy `censor`."""
    ended = (rows["outcome"] == "ended").to_numpy()
    upper = np.where(ended, rows["upper"], np.inf)
    return Seen(rows["lower"].to_numpy(float), upper, ended.astype(int))


@pytest.mark.parametrize("arm", ["a", "b"])
def test_turnbull_is_that_of_r(rows, arm):
    fit = fit_turnbull(interval_censored(rows[rows["arm"] == arm]))
    held = (fit.mass > 1e-9) & (fit.outcome == 1)
    middle = (fit.left[held] + fit.right[held]) / 2
    np.testing.assert_allclose(middle, R["turnbull"][arm]["time"])
    np.testing.assert_allclose(fit.mass[held], R["turnbull"][arm]["mass"], atol=1e-6)


@pytest.mark.parametrize("arm", ["a", "b"])
def test_kaplan_meier_is_that_of_r(rows, arm):
    ours = rows[rows["arm"] == arm].replace({"outcome": {"further_treatment": "none"}})
    curve = tabulate_curve(ours, Grid(WEEKS, 0, competing=False), np.random.default_rng(1))
    ours = curve[curve["method"] == "kaplan_meier"].reset_index(drop=True)
    theirs = pd.DataFrame(R["kaplan_meier"][arm])
    np.testing.assert_allclose(ours[["share", "lower", "upper"]], theirs[["share", "lower", "upper"]], rtol=1e-6)


@pytest.mark.parametrize("arm", ["a", "b"])
def test_competing_outcomes_are_those_of_r(rows, arm):
    curve = tabulate_curve(rows[rows["arm"] == arm], Grid(WEEKS, 0, competing=True), np.random.default_rng(1))
    ours = curve[curve["method"] == "kaplan_meier"]
    theirs = R["competing"][arm]
    for place, state in enumerate(("held", "ended", "further_treatment")):
        own = ours[ours["state"] == state]
        share, error = (np.array(theirs[name])[:, place] for name in ("share", "std_error"))
        np.testing.assert_allclose(own["share"], share, rtol=1e-6)
        scale = 1.959963984540054 * error / np.abs(share * np.log(share))
        np.testing.assert_allclose(own["lower"], share ** np.exp(scale), rtol=1e-6)
        np.testing.assert_allclose(own["upper"], share ** np.exp(-scale), rtol=1e-6)


def test_hazard_ratios_are_those_of_r(rows):
    durability = Durability(instrument="phq9", landmark={"to_day": 14})
    table = tabulate_effect(rows, ("b", "a"), durability, rows[["patient"]], None).set_index("method")
    for method in ("cox", "weibull_interval"):
        theirs = R[method]["none"]
        assert np.log(table.loc[method, "hazard_ratio"]) == pytest.approx(theirs["log_ratio"], rel=1e-6)
        width = np.log(table.loc[method, "upper"] / table.loc[method, "lower"]) / 2 / 1.959963984540054
        assert width == pytest.approx(theirs["std_error"], rel=1e-6)
    # lifelines correlates residuals with time (Grambsch & Therneau's first form), R 3 and later test by the score
    assert table.loc["cox", "proportional_p"] == pytest.approx(R["cox"]["none"]["proportional_p"], abs=0.05)


def test_patients_without_a_counterpart_have_no_weight(rows):
    durability = Durability(instrument="phq9", landmark={"to_day": 14})
    estimand = {"treated": "b", "reference": "a", "instrument": "phq9", "timepoint": "day 28"}
    alone = (rows["arm"] == "b") & (rows.groupby("arm").cumcount() < 25)
    people = rows[["patient"]].assign(site=np.where(alone, "far", np.where(rows["patient"] % 3 == 0, "north", "south")))

    def effect(used, kind):
        comparison = Comparison(estimand=estimand, confounders=("site",), weights=kind)
        table = tabulate_effect(rows[used], ("b", "a"), durability, people[used], comparison)
        return table[table["weights"] == kind].set_index("method")

    whole, part = effect(np.ones(len(rows), dtype=bool), "overlap"), effect(~alone.to_numpy(), "overlap")
    columns = ["hazard_ratio", "lower", "upper"]
    np.testing.assert_allclose(whole[columns], part[columns], rtol=1e-6)
    refused = effect(np.ones(len(rows), dtype=bool), "att")
    assert not refused["converged"].any()
    assert refused["note"].str.contains("no counterpart").all()


def test_weighted_weibull_is_that_of_r(rows):
    seen, treated = interval_censored(rows), (rows["arm"] == "b").to_numpy(float)
    ratio, error = fit_weibull(seen.lower - 14, seen.upper - 14, treated, rows["weight"].to_numpy())
    assert ratio == pytest.approx(R["weibull_interval"]["weighted"]["log_ratio"], rel=1e-6)
    assert error == pytest.approx(R["weibull_interval"]["weighted"]["std_error"], rel=1e-6)


def test_weighted_cox_is_that_of_r(rows):
    from outcomes.analysis.durability.hazards import fit_cox

    found = fit_cox(rows, (rows["arm"] == "b").to_numpy(), rows["weight"].to_numpy(), 14.0)
    assert np.log(found["hazard_ratio"]) == pytest.approx(R["cox"]["weighted"]["log_ratio"], rel=1e-6)
    width = np.log(found["upper"] / found["lower"]) / 2 / 1.959963984540054
    assert width == pytest.approx(R["cox"]["weighted"]["std_error"], rel=1e-6)


PATIENT = st.tuples(st.integers(1, 20), st.integers(1, 10), st.sampled_from([0, 1, 2]))


def observe(patients):
    lower = np.array([float(first) for first, _, _ in patients])
    outcome = np.array([kind for _, _, kind in patients])
    upper = np.where(outcome == 0, np.inf, lower + [width for _, width, _ in patients])
    return Seen(lower, upper, outcome)


@settings(max_examples=60, deadline=None)
@given(st.lists(PATIENT, min_size=2, max_size=25), st.randoms())
def test_no_interval_could_gain_likelihood_and_order_does_not_matter(patients, random):
    seen = observe(patients)
    fit = fit_turnbull(seen)
    lower, upper, outcome = (getattr(seen, name)[:, None] for name in ("lower", "upper", "outcome"))
    later = (fit.left >= lower) & ((fit.outcome != 2) | (fit.left > lower))
    possible = np.where(outcome == 0, later, (fit.outcome == outcome) & (fit.left >= lower) & (fit.right <= upper))
    gain = (possible / (possible @ fit.mass)[:, None]).sum(axis=0)
    assert fit.mass.sum() == pytest.approx(1)
    assert gain.max() <= len(patients) * (1 + 1e-6)
    assert gain[fit.mass > 1e-6] == pytest.approx(len(patients), rel=1e-3)
    shuffled = random.sample(patients, len(patients))
    again = fit_turnbull(observe(shuffled))
    assert np.log(possible @ again.mass).sum() == pytest.approx(np.log(possible @ fit.mass).sum(), abs=1e-6)


def test_daily_visits_give_the_share_that_ended():
    day = np.array([3.0, 3, 5, 8, 8, 8, 9, 12])
    fit = fit_turnbull(Seen(day - 1, day, np.ones(8, int)))
    assert fit.cumulative(np.array([2.0, 3, 5, 8, 12]), 1) == pytest.approx([0, 2 / 8, 3 / 8, 6 / 8, 1])


def test_resampling_agrees_with_refitting(rows):
    seen = interval_censored(rows[rows["arm"] == "b"])
    fit = fit_turnbull(seen)
    days = np.array([28.0, 56.0, 84.0])
    samples = resample_turnbull(seen, fit, 300, np.random.default_rng(3)).cumulative(days, 1)
    generator = np.random.default_rng(4)
    refitted = []
    for _ in range(100):
        taken = generator.integers(0, len(seen.lower), len(seen.lower))
        refitted.append(
            fit_turnbull(Seen(seen.lower[taken], seen.upper[taken], seen.outcome[taken])).cumulative(days, 1)
        )
    assert samples.mean(axis=0) == pytest.approx(np.nanmean(refitted, axis=0), abs=0.03)
    assert samples.std(axis=0) == pytest.approx(np.nanstd(refitted, axis=0), rel=0.3)


def test_turnbull_recovers_what_kaplan_meier_sees_late():
    generator = np.random.default_rng(11)
    n = 3000
    loss = 14 + generator.exponential(60, n)
    visits = np.sort(
        np.stack([generator.integers(low, high, n) for low, high in ((18, 40), (50, 63), (78, 91))]), axis=0
    )
    held = visits < loss
    lower = np.where(held, visits, 14).max(axis=0).astype(float)
    upper = np.where(held, np.inf, visits).min(axis=0)
    rows = pd.DataFrame({"lower": lower, "upper": upper, "outcome": np.where(np.isfinite(upper), "ended", "none")})
    rows = rows.assign(arm="iv", end="loss", last_day=np.where(np.isfinite(upper), upper, lower))
    curve = tabulate_curve(rows, Grid((4, 8, 12), 0, competing=False), generator).set_index(["method", "week"])["share"]
    truth = np.exp(-(np.array([28.0, 56, 84]) - 14) / 60)
    assert curve.loc["turnbull"].to_numpy() == pytest.approx(truth, abs=0.05)
    assert (curve.loc["kaplan_meier"].to_numpy() > truth + 0.05).all()
