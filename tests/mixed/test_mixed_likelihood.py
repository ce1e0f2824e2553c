"""The likelihood against the same thing written out subject by subject, and its derivatives against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from mixed_trials import FORMULA, by_visit, naive_loglik, simulate_trial

from outcomes import mixed
from outcomes.mixed.inference.degrees_of_freedom import infer_model

COLUMNS = {"subject": "person", "visit": "visit"}


@pytest.fixture(scope="module")
def trial():
    return simulate_trial()


@pytest.mark.parametrize("covariance", mixed.STRUCTURES)
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_loglik_equals_the_naive_one(trial, covariance, method):
    fit = mixed.fit(trial, FORMULA, covariance=covariance, method=method, df="satterthwaite", **COLUMNS)
    value, beta, phi = naive_loglik(trial, FORMULA, by_visit(fit.covariance), reml=method == "reml")
    assert fit.converged
    assert fit.loglik == pytest.approx(value, abs=1e-10 * abs(value))
    assert fit.coefficients["estimate"].to_numpy() == pytest.approx(beta, rel=1e-8)
    assert fit.vcov.to_numpy() == pytest.approx(phi, rel=1e-8)


@pytest.mark.parametrize(
    "formula",
    [
        "change ~ 0 + visit + baseline:visit + pain",
        "change ~ baseline*arm*visit",
        "change ~ log(age) + poly(baseline, 2) + C(site)*visit + pain*arm",
        "exp(change / 10) ~ visit:arm + site",
        "change ~ day*arm + bs(age, df=4)",
        "change ~ C(site)*visit + cr(age, df=3, constraints='center') - 1",
    ],
)
def test_any_formula_is_read_as_formulaic_reads_it(trial, formula):
    fit = mixed.fit(trial, formula, df="satterthwaite", covariance="toeplitz", **COLUMNS)
    value, beta, _ = naive_loglik(trial, formula, by_visit(fit.covariance), reml=True)
    assert fit.loglik == pytest.approx(value, abs=1e-9 * abs(value))
    assert fit.coefficients["estimate"].to_numpy() == pytest.approx(beta, rel=1e-6, abs=1e-8)


def test_weights_divide_the_covariance(trial):
    fit = mixed.fit(trial, FORMULA, weights="weight", **COLUMNS)
    value, beta, _ = naive_loglik(trial, FORMULA, by_visit(fit.covariance), reml=True, weight="weight")
    assert fit.loglik == pytest.approx(value, abs=1e-10 * abs(value))
    assert fit.coefficients["estimate"].to_numpy() == pytest.approx(beta, rel=1e-8)


def test_each_group_has_its_own_covariance(trial):
    fit = mixed.fit(trial, FORMULA, covariance="heterogeneous_ar1", group="arm", **COLUMNS)
    value, _, _ = naive_loglik(trial, FORMULA, lambda own: by_visit(fit.covariance[own["arm"].iloc[0]])(own), reml=True)
    assert set(fit.covariance) == {"esk", "iv"}
    assert fit.n_covariance_parameters == 10
    assert fit.loglik == pytest.approx(value, abs=1e-10 * abs(value))


@pytest.mark.parametrize(
    ("random", "columns"), [("1", ["one"]), ("1 + day", ["one", "day"]), ("0 + day", ["day"]), ("day", ["one", "day"])]
)
@pytest.mark.parametrize("weights", [None, "weight"])
def test_random_effects_at_subject_specific_times(trial, random, columns, weights):
    formula = "change ~ day*arm + baseline"
    fit = mixed.fit(trial, formula, subject="person", covariance=None, random=random, weights=weights)
    g = fit.random_covariance.to_numpy()

    def covariance(own):
        z = own.assign(one=1.0)[columns].to_numpy()
        return z @ g @ z.T + fit.residual_variance * np.eye(len(own))

    value, beta, _ = naive_loglik(trial, formula, covariance, reml=True, weight=weights)
    assert fit.converged
    assert fit.loglik == pytest.approx(value, abs=1e-9 * abs(value))
    assert fit.coefficients["estimate"].to_numpy() == pytest.approx(beta, rel=1e-6)


@pytest.mark.parametrize("structure", ["ar1", "heterogeneous_toeplitz"])
@pytest.mark.parametrize("random", ["1", "0 + day"])
def test_random_effects_beside_a_structure(random, structure):
    trial = simulate_trial(n=150, seed=3)
    rng = np.random.default_rng(5)
    slope = {person: rng.normal() * 0.2 for person in trial["person"].unique()}
    trial["change"] += trial["person"].map(slope) * trial["day"]
    formula = "change ~ visit*arm"
    fit = mixed.fit(trial, formula, covariance=structure, random=random, df="satterthwaite", **COLUMNS)
    g = fit.random_covariance.to_numpy()

    def covariance(own):
        z = own.assign(one=1.0)[["one" if random == "1" else "day"]].to_numpy()
        return z @ g @ z.T + by_visit(fit.covariance)(own)

    value, _, _ = naive_loglik(trial, formula, covariance, reml=True)
    assert fit.loglik == pytest.approx(value, abs=1e-9 * abs(value))


def test_visit_path_and_row_path_agree(trial):
    formula = "change ~ visit*arm"
    a = mixed.fit(trial, formula, covariance=None, random="1", **COLUMNS)
    b = mixed.fit(trial, formula, covariance=None, random="1", subject="person")
    assert a.loglik == pytest.approx(b.loglik, abs=1e-8)
    for column in ("estimate", "std_error", "df"):
        assert a.coefficients[column].to_numpy() == pytest.approx(b.coefficients[column].to_numpy(), rel=1e-6)


def _likelihood(trial, **options):
    columns = {"subject": "person", "visit": "visit", **options.pop("columns", {})}
    fit = mixed.fit(trial, FORMULA, **columns, **options)
    optimum = fit.engine.optimum
    return fit.engine.model.likelihood, optimum.state.theta * 1.03 + 0.01


@pytest.mark.parametrize(
    "options",
    [
        *({"covariance": covariance} for covariance in mixed.STRUCTURES),
        {"covariance": "unstructured", "method": "ml", "df": "satterthwaite"},
        {"covariance": None, "random": "1 + day"},
        {"covariance": "ar1", "random": "1"},
        {"covariance": "heterogeneous_ante_dependence", "group": "arm", "weights": "weight"},
    ],
    ids=str,
)
def test_gradient_and_hessian_equal_finite_differences(trial, options):
    likelihood, theta = _likelihood(trial, **options)
    state = likelihood.solve(theta)
    gradient, hessian = likelihood.gradient(state), likelihood.curvature(state)
    steps = 1e-5 * np.maximum(np.abs(theta), 0.1)
    up = [likelihood.solve(theta + step * unit) for step, unit in zip(steps, np.eye(len(theta)), strict=True)]
    down = [likelihood.solve(theta - step * unit) for step, unit in zip(steps, np.eye(len(theta)), strict=True)]
    slope = [(u.loglik - d.loglik) / (2 * s) for u, d, s in zip(up, down, steps, strict=True)]
    bend = [
        (likelihood.gradient(u) - likelihood.gradient(d)) / (2 * s) for u, d, s in zip(up, down, steps, strict=True)
    ]
    assert gradient == pytest.approx(np.array(slope), abs=1e-5 * max(1.0, np.abs(slope).max()))
    assert hessian == pytest.approx(np.array(bend), abs=1e-6 * np.abs(hessian).max())


def test_expected_information_is_the_mean_of_the_observed():
    """Over simulated responses at the same parameters the observed information averages to the expected."""
    trial = simulate_trial(n=40)
    fit = mixed.fit(trial, "change ~ visit", covariance="compound_symmetry", **COLUMNS)
    rng = np.random.default_rng(11)
    root = np.linalg.cholesky(fit.covariance.to_numpy())
    theta = fit.engine.optimum.state.theta
    observed = []
    for _ in range(400):
        noise = rng.normal(size=(trial["person"].nunique(), 4)) @ root.T
        people = trial["person"].factorize()[0]
        again = trial.assign(change=noise[people, trial["visit"].astype(int) - 1])
        likelihood = mixed.fit(
            again, "change ~ visit", covariance="compound_symmetry", **COLUMNS
        ).engine.model.likelihood
        state = likelihood.solve(theta)
        observed.append(likelihood.information(state, "observed"))
        expected = likelihood.information(state, "expected")
    error = np.std(observed, axis=0) / np.sqrt(len(observed))
    assert (np.abs(np.mean(observed, axis=0) - expected) < 4 * error).all()


def test_satterthwaite_gradient_equals_finite_differences(trial):
    likelihood, _ = _likelihood(trial, covariance="heterogeneous_toeplitz")
    fit = mixed.fit(trial, FORMULA, covariance="heterogeneous_toeplitz", df="satterthwaite", **COLUMNS)
    state = fit.engine.optimum.state
    inference = infer_model(likelihood, state, df="satterthwaite", information="observed")
    for r, unit in enumerate(np.eye(len(state.theta))):
        up, down = likelihood.solve(state.theta + 1e-5 * unit), likelihood.solve(state.theta - 1e-5 * unit)
        assert inference.slopes[r] == pytest.approx((up.phi - down.phi) / 2e-5, abs=1e-6 * np.abs(state.phi).max())
