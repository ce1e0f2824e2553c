"""Draws of a fit's parameters: exact where the posterior is known, and in step with the fit where it is not."""

import numpy as np
import pandas as pd
import pytest

from outcomes import mixed

GENERATOR = np.random.default_rng(11)
SIGMA = np.array([[4.0, 2.0, 1.0], [2.0, 5.0, 3.0], [1.0, 3.0, 6.0]])


def simulate(n=40, gone=0.0):
    arm = np.arange(n) % 2
    scores = GENERATOR.multivariate_normal(np.zeros(3), SIGMA, n) + arm[:, None] * np.array([1.0, 2.0, 3.0])
    data = pd.DataFrame(
        {"person": np.repeat(range(n), 3), "visit": ["1", "2", "3"] * n, "arm": np.repeat(arm, 3).astype(float), "score": scores.ravel()}
    )  # fmt: skip
    return data[(data["visit"] == "1") | (GENERATOR.random(3 * n) >= gone)]


def fit(data, **options):
    return mixed.fit(data, "score ~ arm*visit", subject="person", visit="visit", **options)


def test_with_every_score_the_covariance_is_inverse_wishart():
    data = simulate()
    scores = data["score"].to_numpy().reshape(-1, 3)
    design = np.column_stack([np.ones(len(scores)), data["arm"].to_numpy()[::3]])
    left = scores - design @ np.linalg.lstsq(design, scores, rcond=None)[0]
    # Jeffreys' prior: n - 2 degrees of freedom and scale S, whose mean is S / (n - 2 - 3 - 1)
    degrees = len(scores) - 2
    expected = left.T @ left / (degrees - 4)
    draws = mixed.draw_parameters(fit(data), 3000, np.random.default_rng(1), thin=3)
    size = np.diag(expected)
    # of an inverse Wishart matrix: Var = 2 E[s]² / (degrees - 3 - 3) on the diagonal
    error = size * np.sqrt(2 / (degrees - 6) / 3000)
    np.testing.assert_array_less(np.abs(np.diag(draws.covariance.mean(axis=0)) - size), 5 * error)
    spread = np.diag(draws.covariance.var(axis=0))
    np.testing.assert_allclose(spread, 2 * size**2 / (degrees - 6), rtol=0.2)
    # the coefficients' posterior covariance is (X'X)^-1 times the mean of the covariance
    last = draws.coefficients[:, [0]].var()
    assert last == pytest.approx(np.linalg.inv(design.T @ design)[0, 0] * expected[0, 0], rel=0.1)


@pytest.mark.parametrize("covariance", ["unstructured", "heterogeneous_toeplitz", "ar1"])
def test_with_gaps_the_draws_lie_about_the_fit(covariance):
    fitted = fit(simulate(400, gone=0.3), covariance=covariance, df="normal")
    draws = mixed.draw_parameters(fitted, 800, np.random.default_rng(2))
    error = np.sqrt(np.diag(fitted.vcov))
    assert 0.3 < draws.accepted < 1
    np.testing.assert_array_less(
        np.abs(draws.coefficients.mean(axis=0) - fitted.coefficients["estimate"]), 0.25 * error
    )
    np.testing.assert_allclose(draws.coefficients.std(axis=0), error, rtol=0.15)
    np.testing.assert_allclose(draws.covariance.mean(axis=0), fitted.covariance, rtol=0.1, atol=0.1)


def test_the_seed_decides():
    fitted = fit(simulate(60))
    one, same, other = (mixed.draw_parameters(fitted, 5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.coefficients, same.coefficients)
    np.testing.assert_array_equal(one.covariance, same.covariance)
    assert not np.allclose(one.covariance, other.covariance)


@pytest.mark.parametrize("options", [{"method": "ml"}, {"covariance": None, "random": "1"}, {"group": "arm"}])
def test_other_fits_are_refused(options):
    fitted = fit(simulate(80), **options)
    with pytest.raises(mixed.SettingError, match="REML fit of one covariance by visit"):
        mixed.draw_parameters(fitted, 2, np.random.default_rng(1))
