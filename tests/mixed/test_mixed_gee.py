"""Estimating equations: the same numbers as statsmodels, in the mixed model's table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from mixed_trials import dense_design, simulate_trial

from outcomes import mixed
from outcomes.mixed import exchangeable

COLUMNS = {"subject": "person", "visit": "visit"}
FORMULA = "responded ~ arm*visit + baseline"


@pytest.fixture(scope="module")
def trial():
    trial = simulate_trial(n=120)
    return trial.assign(responded=(trial["change"] < -4.5).astype(int))


@pytest.mark.parametrize("working", ["independence", "exchangeable", "ar1", "unstructured"])
@pytest.mark.parametrize(("vcov", "name"), [("mancl_derouen", "bias_reduced"), ("cr0", "robust")])
def test_agrees_with_statsmodels(trial, working, vcov, name):
    fit = mixed.fit_gee(trial.sample(frac=1, random_state=2), FORMULA, working=working, vcov=vcov, **COLUMNS)
    x, y = dense_design(trial, FORMULA)
    structure = {
        "independence": sm.cov_struct.Independence(),
        "exchangeable": sm.cov_struct.Exchangeable(),
        "ar1": sm.cov_struct.Autoregressive(grid=True),
        "unstructured": sm.cov_struct.Unstructured(),
    }[working]
    visit = trial["visit"].astype(int).to_numpy() - 1
    model = sm.GEE(y, x, trial["person"], time=visit, family=sm.families.Binomial(), cov_struct=structure)
    found = model.fit(maxiter=200, cov_type=name)
    error = np.sqrt(np.diag(found.cov_params()))
    assert fit.converged
    assert fit.coefficients["estimate"].to_numpy() == pytest.approx(found.params, abs=1e-5)
    assert fit.coefficients["std_error"].to_numpy() == pytest.approx(error, rel=1e-4)
    assert (fit.coefficients["df"] == 120 - 9).all()
    assert np.diag(fit.correlation).tolist() == pytest.approx([1.0] * 4)


def test_margins_are_on_the_scale_of_the_link(trial):
    fit = mixed.fit_gee(trial, "responded ~ arm*visit", working="independence", **COLUMNS)
    share = trial.groupby(["arm", "visit"])["responded"].mean()
    margins = mixed.margins(fit, "arm", by="visit").set_index(["arm", "visit"])["estimate"]
    assert (1 / (1 + np.exp(-margins))).to_numpy() == pytest.approx(share.loc[margins.index].to_numpy(), abs=1e-6)
    odds = np.log(share / (1 - share))
    difference = mixed.differences(fit, "arm", by="visit")
    assert difference["contrast"].unique().tolist() == ["iv - esk"]
    assert difference["estimate"].to_numpy() == pytest.approx((odds["iv"] - odds["esk"]).to_numpy(), abs=1e-5)


def test_joint_tests_and_contrasts(trial):
    fit = mixed.fit_gee(trial, FORMULA, df="normal", **COLUMNS)
    one = fit.contrast({"arm[iv]": 1}).iloc[0]
    both = fit.contrast([{"arm[iv]": 1}, {"arm[iv]": 2}]).iloc[0]
    assert both["num_df"] == 1
    assert both["statistic"] == pytest.approx(one["statistic"] ** 2)
    assert both["p_value"] == pytest.approx(one["p_value"])


def test_a_response_that_is_not_binary(trial):
    with pytest.raises(mixed.DataError, match=r"the response 'change' has \d+ values that are not 0 or 1"):
        mixed.fit_gee(trial, "change ~ arm", **COLUMNS)


@pytest.mark.parametrize("option", ["family", "working", "vcov", "df"])
def test_arguments(trial, option):
    with pytest.raises(mixed.SettingError, match=f"{option} 'other' is not one of"):
        mixed.fit_gee(trial, FORMULA, **COLUMNS, **{option: "other"})


def test_weights(trial):
    options = {"working": "independence", "vcov": "cr0", **COLUMNS}
    plain = mixed.fit_gee(trial, FORMULA, **options)
    doubled = mixed.fit_gee(trial.assign(weight=2.0), FORMULA, weights="weight", **options)
    weighted = mixed.fit_gee(trial, FORMULA, weights="weight", **options)
    assert doubled.coefficients["std_error"].to_numpy() == pytest.approx(plain.coefficients["std_error"].to_numpy())
    assert (weighted.coefficients["estimate"] - plain.coefficients["estimate"]).abs().max() > 1e-3
    with pytest.raises(mixed.SettingError, match="use vcov='cr0' with weights="):
        mixed.fit_gee(trial, FORMULA, weights="weight", **COLUMNS)


def test_weighted_equations_by_hand(trial, monkeypatch):
    """Subject by subject with explicit matrices: the equations are 0, and correlation and sandwich are their definitions.

    statsmodels is no reference here: its working correlation takes the weight of the i-th row for that of the i-th subject.
    """
    monkeypatch.setattr(exchangeable, "ROWS", 50)  # more than one batch
    fit = mixed.fit_gee(trial, FORMULA, working="exchangeable", vcov="cr0", weights="weight", **COLUMNS)
    x, y = dense_design(trial, FORMULA)
    beta, alpha = fit.coefficients["estimate"].to_numpy(), float(fit.correlation.iloc[0, 1])
    person, k = trial["person"].to_numpy(), len(beta)
    mean = 1 / (1 + np.exp(-x @ beta))
    scale = shares = product = pairs = weighted_pairs = 0.0
    bread, score, meat = np.zeros((k, k)), np.zeros(k), np.zeros((k, k))
    for one in np.unique(person):
        own, w = person == one, trial.loc[person == one, "weight"].iloc[0]
        spread = np.sqrt(mean[own] * (1 - mean[own]))
        residual, n = (y[own] - mean[own]) / spread, own.sum()
        covariance = np.diag(spread) @ (np.full((n, n), alpha) + (1 - alpha) * np.eye(n)) @ np.diag(spread)
        d = spread[:, None] ** 2 * x[own]
        part = w * d.T @ np.linalg.solve(covariance, y[own] - mean[own])
        bread, score, meat = bread + w * d.T @ np.linalg.solve(covariance, d), score + part, meat + np.outer(part, part)
        scale, shares = scale + w * residual @ residual, shares + w * n
        product += w * (np.outer(residual, residual).sum() - residual @ residual) / 2
        pairs, weighted_pairs = pairs + n * (n - 1) / 2, weighted_pairs + w * n * (n - 1) / 2
    scale /= shares * (len(y) - k) / len(y)
    assert fit.converged
    assert 0.05 < alpha < 0.95
    assert np.abs(score).max() < 1e-7
    assert alpha == pytest.approx(product / scale / (weighted_pairs * (pairs - k) / pairs), rel=1e-8)
    assert fit.vcov.to_numpy() == pytest.approx(np.linalg.inv(bread) @ meat @ np.linalg.inv(bread), rel=1e-7)


def test_answers_that_always_go_together_have_no_working_correlation():
    trial = pd.DataFrame(
        {"person": np.repeat(np.arange(40), 2), "visit": ["1", "2"] * 40, "arm": ["a"] * 40 + ["b"] * 40}
    )
    trial["responded"] = np.repeat(np.arange(40) % 3 == 0, 2).astype(int)
    fit = mixed.fit_gee(trial, "responded ~ arm", vcov="cr0", **COLUMNS)
    assert not fit.converged
    assert any("left its bounds" in one for one in fit.warnings)


def test_separation_is_not_a_result(trial):
    perfect = trial.assign(responded=(trial["arm"] == "iv").astype(int))
    fit = mixed.fit_gee(perfect, "responded ~ arm", working="exchangeable", **COLUMNS)
    assert not fit.converged
    assert any("they tell the answer of some for certain; merge levels" in one for one in fit.warnings)
    assert fit.coefficients["estimate"].isna().all()
    with pytest.raises(mixed.ConvergenceError):
        fit.contrast({"arm[iv]": 1})


def test_a_cell_without_an_event_costs_itself_alone():
    """No one of an arm has the answer at the first visit: the other visits are those of a fit without that visit, and there is no infinity."""
    generator = np.random.default_rng(1)
    person = np.repeat(np.arange(60), 3)
    arm, visit = np.where(person < 30, "a", "b"), np.tile(["1", "2", "3"], 60)
    chance = 1 / (1 + np.exp(-(0.2 + generator.normal(size=60)[person] + 0.5 * (arm == "b"))))
    answer = (generator.random(180) < chance).astype(int)
    answer[(arm == "b") & (visit == "1")] = 0
    data = pd.DataFrame({"person": person, "arm": arm, "visit": visit, "answer": answer})
    how = {"subject": "person", "visit": "visit", "working": "independence", "vcov": "cr0", "df": "normal"}
    whole, rest = (mixed.fit_gee(own, "answer ~ arm*visit", **how) for own in (data, data[visit != "1"]))
    assert whole.converged
    assert any("no finite estimate of arm[b]" in one for one in whole.warnings)
    table = mixed.differences(whole, "arm", by="visit").set_index("visit")
    assert table.loc["1", ["estimate", "std_error", "p_value"]].isna().all()
    theirs = mixed.differences(rest, "arm", by="visit").set_index("visit")
    for name in ("estimate", "std_error"):
        np.testing.assert_allclose(table.loc[["2", "3"], name], theirs[name], rtol=1e-6)
