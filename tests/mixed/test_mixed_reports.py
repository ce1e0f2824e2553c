"""Convergence, fallback, singular fits, summaries, residuals, random effects, comparisons of structures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mixed_trials import FORMULA, by_visit, dense_design, simulate_trial
from scipy import stats

from outcomes import mixed

COLUMNS = {"subject": "person", "visit": "visit"}


@pytest.fixture(scope="module")
def trial():
    return simulate_trial()


@pytest.fixture(scope="module")
def sparse():
    """Forty people, six visits, half the rows gone: an unstructured covariance has no maximum."""
    return simulate_trial(n=40, visits=6, seed=0, missing=0.5)


def test_a_failed_fit_has_no_numbers(sparse):
    fit = mixed.fit(sparse, "change ~ visit*arm", **COLUMNS)
    assert not fit.converged
    assert "singular covariance" in fit.reason
    assert fit.coefficients.drop(columns="term").isna().all().all()
    assert fit.vcov.isna().all().all()
    assert fit.covariance.isna().all().all()
    assert "NOT CONVERGED" in repr(fit)
    assert "Converged: NO" in fit.summary()
    assert any(note.startswith("not converged") for note in fit.warnings)
    for ask in (lambda: fit.contrast({"arm[iv]": 1}), lambda: mixed.margins(fit, "arm"), fit.anova, fit.residuals):
        with pytest.raises(mixed.ConvergenceError, match="did not converge"):
            ask()


def test_the_ladder_is_climbed_and_recorded(sparse):
    fit = mixed.fit(sparse, "change ~ visit*arm", fallback=True, **COLUMNS)
    assert fit.converged
    assert [attempt.covariance for attempt in fit.tried] == list(mixed.LADDER[: len(fit.tried)])
    assert [attempt.converged for attempt in fit.tried] == [False] * (len(fit.tried) - 1) + [True]
    assert fit.structure == fit.tried[-1].covariance != "unstructured"
    assert any(note.startswith(f"fell back to {fit.structure} after unstructured") for note in fit.warnings)


def test_a_ladder_of_ones_own(sparse):
    fit = mixed.fit(sparse, "change ~ visit*arm", fallback=["ar1"], **COLUMNS)
    assert [attempt.covariance for attempt in fit.tried] == ["unstructured", "ar1"]


def test_no_fallback_unless_asked_for(trial):
    fit = mixed.fit(trial, FORMULA, fallback=True, **COLUMNS)
    assert [attempt.covariance for attempt in fit.tried] == ["unstructured"]
    assert fit.warnings == ()


def test_the_ladder_passes_visits_never_seen_together(trial):
    even = trial["person"].str[1:].astype(int) % 2 == 0
    apart = trial[(even & (trial["visit"] != "4")) | (~even & (trial["visit"] != "3"))]
    fit = mixed.fit(apart, "change ~ visit", fallback=True, **COLUMNS)
    assert fit.converged
    assert "seen together in 0 subject" in fit.tried[0].reason


def test_a_variance_at_zero_is_singular_not_an_error():
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(30), 4)
    noise = rng.normal(size=(30, 4))
    data = pd.DataFrame(
        {"person": people, "x": np.tile(np.arange(4.0), 30), "y": (noise - noise.mean(axis=1)[:, None]).ravel()}
    )
    fit = mixed.fit(data, "y ~ x", subject="person", covariance=None, random="1")
    assert fit.converged
    assert fit.singular
    assert any(note.startswith("singular") for note in fit.warnings)
    assert fit.random_covariance.to_numpy().item() == pytest.approx(0.0, abs=1e-8)
    flat = np.polyfit(data["x"], data["y"], 1)
    assert fit.coefficients["estimate"].tolist() == pytest.approx([flat[1], flat[0]], abs=1e-9)


def test_convergence_is_described(trial):
    fit = mixed.fit(trial, FORMULA, **COLUMNS)
    assert fit.reason == "the Newton decrement is nil"
    assert 0 < fit.iterations < 20
    assert 1 < fit.condition < 1e6
    assert np.abs(fit.engine.optimum.gradient).max() < 1e-6


def test_summary_reads_like_a_table(trial):
    text = mixed.fit(trial, FORMULA, **COLUMNS).summary()
    for words in (
        f"Mixed model by REML: {FORMULA}",
        "Covariance: unstructured (10 parameters)",
        f"Subjects: 60   observations: {len(trial)}   rows dropped: 0",
        "df: Kenward-Roger (linear), observed information",
        "95% CI",
        "arm[iv]:visit[4]",
        "Residual covariance by visit",
    ):
        assert words in text
    random = mixed.fit(
        trial, "change ~ day", subject="person", covariance=None, random="1 + day", group="arm"
    ).summary()
    assert "Random effects, arm = iv" in random
    assert "Residual variance: esk: " in random


def test_repr_is_short(trial):
    assert len(repr(mixed.fit(trial, FORMULA, **COLUMNS))) < 200


def test_information_criteria_count_parameters(trial):
    reml = mixed.fit(trial, FORMULA, **COLUMNS)
    ml = mixed.fit(trial, FORMULA, method="ml", df="normal", **COLUMNS)
    assert reml.aic == pytest.approx(-2 * reml.loglik + 2 * 10)
    assert ml.aic == pytest.approx(-2 * ml.loglik + 2 * (10 + 13))
    assert ml.bic == pytest.approx(-2 * ml.loglik + np.log(60) * (10 + 13))


def test_likelihood_ratio_of_nested_structures(trial):
    small, large = (mixed.fit(trial, FORMULA, covariance=c, **COLUMNS) for c in ("toeplitz", "unstructured"))
    table = mixed.compare(small, large)
    statistic = 2 * (large.loglik - small.loglik)
    assert table["parameters"].tolist() == [4, 10]
    assert table.iloc[1][["statistic", "df", "p_value"]].tolist() == pytest.approx(
        [statistic, 6, stats.chi2.sf(statistic, 6)]
    )


@pytest.mark.parametrize(
    ("first", "second", "match"),
    [
        ({}, {"covariance": "ar1"}, "unstructured is not nested in ar1"),
        ({"method": "ml", "df": "normal", "covariance": "ar1"}, {}, "the fits differ in method: ml and reml"),
        ({"formula": "change ~ visit", "covariance": "ar1"}, {}, "fit both with method='ml'"),
    ],
    ids=str,
)
def test_what_cannot_be_compared(trial, first, second, match):
    fits = [mixed.fit(trial, **({"formula": FORMULA} | COLUMNS | options)) for options in (first, second)]
    with pytest.raises(mixed.SettingError, match=match):
        mixed.compare(*fits)


@pytest.mark.parametrize("options", [{}, {"covariance": None, "random": "1 + day"}], ids=str)
def test_fitted_values_and_residuals(trial, options):
    shuffled = trial.sample(frac=1, random_state=1)
    fit = mixed.fit(shuffled, FORMULA, **COLUMNS, **options)
    x, y = dense_design(shuffled, FORMULA)
    mean = x @ fit.coefficients["estimate"].to_numpy()
    assert fit.fitted().loc[shuffled.index].to_numpy() == pytest.approx(mean, abs=1e-8)
    assert fit.residuals().loc[shuffled.index].to_numpy() == pytest.approx(y - mean, abs=1e-8)
    assert fit.residuals("normalized").std() == pytest.approx(1.0, abs=0.1)


def test_standardised_residuals_by_definition(trial):
    fit = mixed.fit(trial, FORMULA, weights="weight", **COLUMNS)
    raw, person = fit.residuals(), trial["person"] == "p0007"
    v = by_visit(fit.covariance)(trial[person]) / trial.loc[person, "weight"].iloc[0]
    white = np.linalg.solve(np.linalg.cholesky(v), raw[person])
    assert fit.residuals("normalized")[person].to_numpy() == pytest.approx(white, abs=1e-8)
    assert fit.residuals("pearson")[person].to_numpy() == pytest.approx(raw[person] / np.sqrt(np.diag(v)), abs=1e-8)


@pytest.mark.parametrize("weights", [None, "weight"])
def test_predicted_random_effects_by_definition(trial, weights):
    fit = mixed.fit(trial, "change ~ day*arm", subject="person", covariance=None, random="1 + day", weights=weights)
    effects, raw = fit.random_effects(), fit.residuals()
    assert effects.index.tolist() == trial["person"].unique().tolist()
    assert effects.columns.tolist() == ["Intercept", "day"]
    own = trial[trial["person"] == "p0003"]
    z, g = np.column_stack([np.ones(len(own)), own["day"]]), fit.random_covariance.to_numpy()
    v = (z @ g @ z.T + fit.residual_variance * np.eye(len(own))) / (own[weights].iloc[0] if weights else 1.0)
    scale = 1.0 / own[weights].iloc[0] if weights else 1.0
    expected = scale * g @ z.T @ np.linalg.solve(v, raw[own.index])
    assert effects.loc["p0003"].to_numpy() == pytest.approx(expected, rel=1e-6)


def test_random_slopes_are_recovered():
    rng = np.random.default_rng(8)
    n, days = 1500, np.arange(5.0)
    b = rng.multivariate_normal([0, 0], [[4.0, 0.5], [0.5, 0.25]], n)
    y = 10 + 2 * days + b[:, :1] + b[:, 1:] * days + rng.normal(size=(n, 5))
    data = pd.DataFrame({"person": np.repeat(np.arange(n), 5), "day": np.tile(days, n), "y": y.ravel()})
    fit = mixed.fit(data, "y ~ day", subject="person", visit="day", covariance=None, random="1 + day")
    assert fit.random_covariance.to_numpy() == pytest.approx(np.array([[4.0, 0.5], [0.5, 0.25]]), abs=0.5)
    assert fit.residual_variance == pytest.approx(1.0, abs=4 * np.sqrt(2 / (3 * n)))
    correlation = np.corrcoef(fit.random_effects()["day"], b[:, 1])[0, 1]
    assert correlation > 0.75


def test_residual_sds_by_level_are_those_of_the_pearson_residuals(trial):
    fit = mixed.fit(trial, FORMULA, weights="weight", **COLUMNS)
    table = fit.residual_sds("site").set_index("level")
    pearson = fit.residuals("pearson")
    for site, own in trial.groupby("site"):
        assert table.loc[site, "sd"] == pytest.approx(np.sqrt((pearson[own.index] ** 2).mean()), rel=1e-12)
        assert table.loc[site, ["n_subjects", "n_rows"]].tolist() == [own["person"].nunique(), len(own)]
    with pytest.raises(mixed.MomentsError):
        mixed.fit(mixed.moments(trial, FORMULA, **COLUMNS)).residual_sds("arm")
