"""Recovery of known truth: estimates, covariances, coverage. Seeds are fixed; bounds are Monte-Carlo errors.

The larger study, with type I error at several sizes, is benchmarks/mixed/simulation_study.py.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes import mixed

SIGMA = np.array([[9.0, 6.0, 4.5, 4.0], [6.0, 12.0, 8.0, 7.0], [4.5, 8.0, 16.0, 11.0], [4.0, 7.0, 11.0, 20.0]])
EFFECT = np.array([0.0, -0.5, -1.0, -2.0])
BASELINE_SLOPE = -0.3


def simulate_trial(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Two arms, four visits; whoever scores high is likelier not to come again (missing at random)."""
    treated, baseline = np.arange(n) % 2, rng.normal(0, 4, n)
    change = -np.arange(1, 5) + BASELINE_SLOPE * baseline[:, None] + treated[:, None] * EFFECT
    change = change + rng.multivariate_normal(np.zeros(4), SIGMA, n)
    gone = rng.random((n, 3)) < 1 / (1 + np.exp(2.0 - 0.3 * (change[:, :-1] + np.arange(1, 4))))
    kept = np.column_stack([np.ones(n, bool), np.cumsum(gone, axis=1) == 0])
    row, column = np.nonzero(kept)
    return pd.DataFrame(
        {
            "patient": row,
            "visit": pd.Categorical(column + 1, ordered=True),
            "arm": pd.Categorical.from_codes(treated[row], ["control", "treated"]),
            "baseline": baseline[row],
            "change": change[row, column],
        }
    )


def fit_trial(trial: pd.DataFrame, **settings: object) -> mixed.Fit:
    return mixed.fit(trial, "change ~ baseline + arm*visit", subject="patient", visit="visit", **settings)


def test_large_trial_recovers_means_and_covariance():
    n = 8_000
    fit = fit_trial(simulate_trial(np.random.default_rng(1), n))
    table = fit.coefficients.set_index("term")
    truth = pd.Series({"baseline": BASELINE_SLOPE, "arm[treated]": EFFECT[0]})
    for visit in (2, 3, 4):
        truth[f"visit[{visit}]"] = 1 - visit
        truth[f"arm[treated]:visit[{visit}]"] = EFFECT[visit - 1] - EFFECT[0]
    z = (table["estimate"].loc[truth.index] - truth) / table["std_error"].loc[truth.index]
    assert z.abs().max() < 3.5
    # Error of a sample covariance, as if only the half who stay to the end were seen: sqrt((s_ii s_jj + s_ij^2) / m).
    error = np.sqrt((np.outer(np.diag(SIGMA), np.diag(SIGMA)) + SIGMA**2) / (n / 2))
    assert (np.abs(np.asarray(fit.covariance) - SIGMA) < 4 * error).all()


def test_complete_cases_are_biased_where_the_model_is_not():
    # The data are missing at random: the check above could not tell a likelihood from complete cases otherwise.
    trial = simulate_trial(np.random.default_rng(2), 8_000)
    last = trial[(trial["visit"] == 4) & (trial["arm"] == "control")]
    naive = (last["change"] - BASELINE_SLOPE * last["baseline"]).mean()
    fit = fit_trial(trial)
    modelled = fit.contrast({"Intercept": 1.0, "visit[4]": 1.0}).iloc[0]
    assert naive < -4 - 0.5
    assert modelled["estimate"] == pytest.approx(-4, abs=3.5 * modelled["std_error"])


@pytest.mark.parametrize("settings", [{"df": "kenward_roger"}, {"df": "satterthwaite", "vcov": "cr2"}])
def test_intervals_cover_the_truth_in_small_trials(settings: dict):
    replicates, covered = 300, 0
    for number in range(replicates):
        fit = fit_trial(simulate_trial(np.random.default_rng([3, number]), 40), **settings)
        row = fit.contrast({"arm[treated]": 1.0, "arm[treated]:visit[4]": 1.0}).iloc[0]
        covered += row["lower"] <= EFFECT[3] <= row["upper"]
    # Three Monte-Carlo errors: 3 sqrt(0.95 * 0.05 / 300) = 0.038.
    assert covered / replicates == pytest.approx(0.95, abs=0.038)


def test_random_slopes_recover_their_covariance():
    rng = np.random.default_rng(4)
    n, G, residual = 3_000, np.array([[9.0, -0.8], [-0.8, 0.45]]), 4.0
    day = np.sort(rng.uniform(0, 10, (n, 5)), axis=1)
    effects = rng.multivariate_normal([0, 0], G, n)
    score = 20 + effects[:, :1] + (effects[:, 1:] - 0.9) * day + rng.normal(0, np.sqrt(residual), day.shape)
    data = pd.DataFrame({"patient": np.repeat(np.arange(n), 5), "day": day.ravel(), "score": score.ravel()})
    fit = mixed.fit(data, "score ~ day", subject="patient", covariance=None, random="1 + day", df="satterthwaite")
    slope = fit.coefficients.set_index("term").loc["day"]
    assert slope["estimate"] == pytest.approx(-0.9, abs=3.5 * slope["std_error"])
    assert slope["std_error"] == pytest.approx(np.sqrt((0.45 + residual / 5 / day.var(axis=1).mean()) / n), rel=0.1)
