"""Turnbull and Kaplan-Meier beside R's survival on the committed table, closed forms, and properties that need no other program."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from outcomes.analysis.durability.first import estimate_survival
from outcomes.analysis.durability.turnbull import Seen, fit_turnbull, resample_turnbull

FOLDER = Path(__file__).parents[2] / "reference"
R = json.loads((FOLDER / "output" / "durability.json").read_text())
DAYS = 7.0 * np.array([4, 6, 8, 10, 12, 15])


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv(FOLDER / "data" / "seen_at_visits.csv")


def see(rows):
    """Further treatment ends follow-up at the last score before it, as under the strategy `censor`."""
    ended = (rows["outcome"] == 1).to_numpy()
    return Seen(rows["lower"].to_numpy(float), np.where(ended, rows["upper"], np.inf), ended)


@pytest.mark.parametrize("arm", ["a", "b"])
def test_turnbull_is_that_of_r(rows, arm):
    fit = fit_turnbull(see(rows[rows["arm"] == arm]))
    held = (fit.mass > 1e-9) & np.isfinite(fit.right)
    middle = (fit.left[held] + fit.right[held]) / 2
    np.testing.assert_allclose(middle, R["turnbull"][arm]["time"])
    np.testing.assert_allclose(fit.mass[held], R["turnbull"][arm]["mass"], atol=1e-6)


@pytest.mark.parametrize("arm", ["a", "b"])
def test_kaplan_meier_is_that_of_r(rows, arm):
    own = rows[rows["arm"] == arm]
    last = np.where(own["outcome"] > 0, own["upper"], own["lower"]).astype(float)
    ours = estimate_survival(last, (own["outcome"] == 1).to_numpy(), DAYS)
    theirs = pd.DataFrame(R["kaplan_meier"][arm])
    np.testing.assert_allclose(ours.share, theirs["share"], rtol=1e-6)
    assert (ours.lower < theirs["share"]).all()
    assert (ours.upper > theirs["share"]).all()
    assert np.abs(ours.lower - theirs["lower"]).max() < 0.04  # R's are on the scale of log(-log S)
    assert np.abs(ours.upper - theirs["upper"]).max() < 0.04


@pytest.mark.parametrize("lost", [0, 1, 7, 19, 20])
def test_limits_are_those_of_clopper_and_pearson_where_all_are_followed(lost):
    last = np.where(np.arange(20) < lost, 10.0, 50.0)
    found = estimate_survival(last, last == 10, np.array([30.0]))
    lower = 0.0 if lost == 20 else stats.beta.ppf(0.025, 20 - lost, lost + 1)
    upper = 1.0 if lost == 0 else stats.beta.ppf(0.975, 20 - lost + 1, lost)
    assert found.share[0] == pytest.approx(1 - lost / 20)
    assert (found.lower[0], found.upper[0]) == pytest.approx((lower, upper), abs=1e-9)


def test_an_arm_that_has_lost_all_stays_at_zero_and_one_that_is_no_longer_seen_says_nothing():
    days = np.array([20.0, 40, 80])
    gone = estimate_survival(np.array([15.0, 30, 30]), np.ones(3, bool), days)
    np.testing.assert_allclose(gone.share, [2 / 3, 0, 0], atol=1e-12)
    assert (gone.upper[1:] > 0.5).all()
    left = estimate_survival(np.array([15.0, 30, 30]), np.array([True, False, False]), days)
    np.testing.assert_allclose(left.share, [2 / 3, np.nan, np.nan])
    whole = fit_turnbull(Seen(np.array([14.0, 20]), np.array([20.0, 30]), np.ones(2, bool)))
    np.testing.assert_allclose(whole.cumulative(np.array([30.0, 90])), [1, 1])


def test_turnbull_by_hand_with_ties_and_patients_who_had_it_at_the_first_look():
    """Two who had it by the first look on day 5, one between days 3 and 8, one without it on day 5, and one on day 9, neither seen again.

    Mass can lie in (3, 5], (5, 8], and beyond 9 alone. Without the last patient the likelihood a² b, a + b = 1, is largest at a = 2/3. With the
    last it is a² (a + b) (b + c) c: largest at a = 3/5, b = 0, c = 2/5, where its slope in b, 1/a + 1/c, is below the five patients.
    """
    first = Seen(np.array([0.0, 0, 3, 5]), np.array([5.0, 5, 8, np.inf]), np.array([True, True, True, False]))
    np.testing.assert_allclose(fit_turnbull(first).cumulative(np.array([3.0, 5, 8, 90])), [0, 2 / 3, 1, 1], atol=1e-8)
    held = Seen(
        *(np.append(one, more) for one, more in ((first.lower, 9.0), (first.upper, np.inf), (first.ended, False)))
    )
    whole = fit_turnbull(held)
    np.testing.assert_allclose(whole.mass, [3 / 5, 0, 2 / 5], atol=1e-8)
    np.testing.assert_allclose(
        whole.cumulative(np.array([5.0, 8, 9, 10])), [0.6, 0.6, 0.6, np.nan]
    )  # nothing is known past day 9
    order = [4, 2, 0, 3, 1]
    again = fit_turnbull(Seen(held.lower[order], held.upper[order], held.ended[order]))
    np.testing.assert_allclose(again.mass, whole.mass, atol=1e-8)


PATIENT = st.tuples(st.integers(1, 20), st.integers(1, 10), st.booleans())


def observe(patients):
    lower = np.array([float(first) for first, _, _ in patients])
    ended = np.array([kind for _, _, kind in patients])
    return Seen(lower, np.where(ended, lower + [width for _, width, _ in patients], np.inf), ended)


@settings(max_examples=60, deadline=None)
@given(st.lists(PATIENT, min_size=2, max_size=25), st.randoms())
def test_no_interval_could_gain_likelihood_and_order_does_not_matter(patients, random):
    seen = observe(patients)
    fit = fit_turnbull(seen)
    possible = ((fit.left >= seen.lower[:, None]) & (fit.right <= seen.upper[:, None])).astype(float)
    gain = (possible / (possible @ fit.mass)[:, None]).sum(axis=0)
    assert fit.mass.sum() == pytest.approx(1)
    assert gain.max() <= len(patients) * (1 + 1e-6)
    assert gain[fit.mass > 1e-6] == pytest.approx(len(patients), rel=1e-3)
    shuffled = random.sample(patients, len(patients))
    again = fit_turnbull(observe(shuffled))
    assert np.log(possible @ again.mass).sum() == pytest.approx(np.log(possible @ fit.mass).sum(), abs=1e-6)


def test_daily_visits_give_the_share_that_ended():
    day = np.array([3.0, 3, 5, 8, 8, 8, 9, 12])
    fit = fit_turnbull(Seen(day - 1, day, np.ones(8, bool)))
    assert fit.cumulative(np.array([2.0, 3, 5, 8, 12])) == pytest.approx([0, 2 / 8, 3 / 8, 6 / 8, 1])


def test_resampling_agrees_with_refitting(rows):
    seen = see(rows[rows["arm"] == "b"])
    fit = fit_turnbull(seen)
    days = np.array([28.0, 56.0, 84.0])
    samples = resample_turnbull(seen, fit, 300, np.random.default_rng(3)).cumulative(days)
    generator = np.random.default_rng(4)
    refitted = []
    for _ in range(100):
        taken = generator.integers(0, len(seen.lower), len(seen.lower))
        refitted.append(fit_turnbull(Seen(seen.lower[taken], seen.upper[taken], seen.ended[taken])).cumulative(days))
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
    ended, days = np.isfinite(upper), np.array([28.0, 56, 84])
    truth = np.exp(-(days - 14) / 60)
    turnbull = 1 - fit_turnbull(Seen(lower, upper, ended)).cumulative(days)
    assert turnbull == pytest.approx(truth, abs=0.05)
    assert (estimate_survival(np.where(ended, upper, lower), ended, days).share > truth + 0.05).all()
