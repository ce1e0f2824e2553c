"""What must not change when names, order, units or origins change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_trials import FORMULA, dense_design, simulate_trial

from outcomes import mixed

COLUMNS = {"subject": "person", "visit": "visit"}
ALL = ["estimate", "std_error", "df", "statistic", "p_value", "lower", "upper"]


@pytest.fixture(scope="module")
def trial():
    return simulate_trial()


@pytest.fixture(scope="module")
def fit(trial):
    return mixed.fit(trial, FORMULA, **COLUMNS)


def assert_same(a, b, rel=1e-8):
    assert a.loglik == pytest.approx(b.loglik, abs=1e-7)
    assert list(a.coefficients["term"]) == list(b.coefficients["term"])
    for column in ALL:
        assert a.coefficients[column].to_numpy() == pytest.approx(b.coefficients[column].to_numpy(), rel=rel, abs=1e-12)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_order_of_rows_is_irrelevant(seed):
    trial = simulate_trial(n=40)
    assert_same(
        mixed.fit(trial, FORMULA, **COLUMNS), mixed.fit(trial.sample(frac=1, random_state=seed), FORMULA, **COLUMNS)
    )


@pytest.mark.parametrize("kind", ["integers", "floats", "categories", "reversed text"])
def test_names_of_subjects_are_irrelevant(trial, fit, kind):
    number = trial["person"].str[1:].astype(int)
    people = {
        "integers": number * 7 - 100,
        "floats": number + 0.5,
        "categories": trial["person"].astype("category"),
        "reversed text": trial["person"].str[::-1],
    }[kind]
    assert_same(fit, mixed.fit(trial.assign(person=people), FORMULA, **COLUMNS))


def test_a_change_of_reference_level_turns_the_sign(trial, fit):
    turned = trial.assign(arm=pd.Categorical(trial["arm"], ["iv", "esk"]))
    again = mixed.fit(turned, FORMULA, **COLUMNS)
    assert again.loglik == pytest.approx(fit.loglik, abs=1e-8)
    there, back = mixed.differences(fit, "arm", by="visit"), mixed.differences(again, "arm", by="visit")
    assert back["contrast"].unique().tolist() == ["esk - iv"]
    assert there["estimate"].to_numpy() == pytest.approx(-back["estimate"].to_numpy(), rel=1e-8)
    assert there["std_error"].to_numpy() == pytest.approx(back["std_error"].to_numpy(), rel=1e-8)
    assert there["df"].to_numpy() == pytest.approx(back["df"].to_numpy(), rel=1e-7)
    assert fit.anova()["statistic"].to_numpy() == pytest.approx(again.anova()["statistic"].to_numpy(), rel=1e-7)


@pytest.mark.parametrize("factor", [1e6, 1e-6, -3.0])
@pytest.mark.parametrize("options", [{}, {"covariance": None, "random": "1 + day"}, {"vcov": "cr2"}], ids=str)
def test_the_unit_of_the_response_scales_estimates_only(trial, factor, options):
    one = mixed.fit(trial, FORMULA, **COLUMNS, **options).coefficients
    other = mixed.fit(trial.assign(change=trial["change"] * factor), FORMULA, **COLUMNS, **options).coefficients
    assert other["estimate"].to_numpy() == pytest.approx(one["estimate"].to_numpy() * factor, rel=1e-6)
    assert other["std_error"].to_numpy() == pytest.approx(one["std_error"].to_numpy() * abs(factor), rel=1e-6)
    for column in ("df", "p_value"):
        assert other[column].to_numpy() == pytest.approx(one[column].to_numpy(), rel=1e-5)


@pytest.mark.parametrize("scale", [1e6, 1e-6])
def test_the_unit_of_a_covariate_scales_its_coefficient_only(trial, fit, scale):
    other = mixed.fit(trial.assign(age=trial["age"] * scale), FORMULA, **COLUMNS).coefficients.set_index("term")
    one = fit.coefficients.set_index("term")
    assert other.loc["age", "estimate"] * scale == pytest.approx(one.loc["age", "estimate"], rel=1e-7)
    rest = one.index.drop("age")
    for column in ALL:
        assert other.loc[rest, column].to_numpy() == pytest.approx(one.loc[rest, column].to_numpy(), rel=1e-6)


@pytest.mark.parametrize("origin", [1e3, 1e6])
def test_the_origin_of_a_covariate_moves_the_intercept_only(trial, fit, origin):
    other = mixed.fit(trial.assign(age=trial["age"] + origin), FORMULA, **COLUMNS).coefficients.set_index("term")
    one = fit.coefficients.set_index("term")
    rest = one.index.drop("Intercept")
    for column in ALL:
        assert other.loc[rest, column].to_numpy() == pytest.approx(one.loc[rest, column].to_numpy(), rel=1e-6)


@pytest.mark.parametrize("origin", [100.0, 1e5])
def test_shifting_time_leaves_the_likelihood_and_the_slope(trial, origin):
    options = {"subject": "person", "covariance": None, "random": "1 + day"}
    one = mixed.fit(trial, "change ~ day*arm", **options)
    other = mixed.fit(trial.assign(day=trial["day"] + origin), "change ~ day*arm", **options)
    assert other.loglik == pytest.approx(one.loglik, abs=1e-6)
    for term in ("day", "day:arm[iv]"):
        a, b = (fit.coefficients.set_index("term").loc[term] for fit in (one, other))
        assert b[ALL].to_numpy(float) == pytest.approx(a[ALL].to_numpy(float), rel=1e-5)
    assert other.random_covariance.loc["day", "day"] == pytest.approx(one.random_covariance.loc["day", "day"], rel=1e-5)


def test_a_subject_without_data_changes_counts_of_dropped_rows_only(trial, fit):
    empty = trial.iloc[:2].assign(person="nobody", change=np.nan)
    again = mixed.fit(pd.concat([trial, empty]), FORMULA, **COLUMNS)
    assert_same(fit, again, rel=1e-12)
    assert (again.n_subjects, again.n_observations) == (fit.n_subjects, fit.n_observations)
    assert (fit.dropped, again.dropped) == ({}, {"change": 2})


def test_rows_missing_a_covariate_are_dropped_and_counted(trial):
    holes = trial.copy()
    holes.loc[holes.index[[3, 5, 9]], "age"] = np.nan
    holes.loc[holes.index[[5, 20]], "arm"] = None
    fit = mixed.fit(holes, FORMULA, **COLUMNS)
    assert fit.dropped == {"arm": 2, "age": 2} or fit.dropped == {"age": 3, "arm": 1}
    assert fit.n_observations == len(trial) - 4


@pytest.mark.parametrize("kind", ["category", "category with text that sorts otherwise", "C(integer)"])
def test_visits_may_be_text_categories_or_numbers(trial, fit, kind):
    data, formula = trial.copy(), FORMULA
    if kind == "category":
        data["visit"] = pd.Categorical(trial["visit"], list("1234"))
    elif kind == "C(integer)":
        data["visit"], formula = trial["visit"].astype(int), FORMULA.replace("visit", "C(visit)")
    else:
        words = ["zero", "one", "two", "three"]
        data["visit"] = pd.Categorical(trial["visit"].map(dict(zip("1234", words, strict=True))), words)
    again = mixed.fit(data, formula, **COLUMNS)
    assert again.covariance.to_numpy() == pytest.approx(fit.covariance.to_numpy(), rel=1e-8)
    assert again.coefficients[ALL].to_numpy() == pytest.approx(fit.coefficients[ALL].to_numpy(), rel=1e-7)


def test_text_visits_are_in_natural_order():
    trial = simulate_trial(n=150, visits=11, missing=0.05)
    trial["visit"] = "week " + trial["visit"]
    fit = mixed.fit(trial, "change ~ visit", covariance="ar1", **COLUMNS)
    assert fit.visits == tuple(f"week {v}" for v in range(1, 12))
    assert fit.names[1:3] == ("visit[week 2]", "visit[week 3]")


def test_a_numeric_visit_is_a_line_and_the_fit_says_so(trial):
    fit = mixed.fit(trial.assign(visit=trial["visit"].astype(int)), "change ~ visit*arm", **COLUMNS)
    assert fit.names == ("Intercept", "visit", "arm[iv]", "visit:arm[iv]")
    assert any("C(visit)" in note for note in fit.warnings)
    assert list(mixed.margins(fit, "arm", by="visit")["visit"]) == [1, 2, 3, 4] * 2


def test_equal_weights_scale_the_covariance_only(trial, fit):
    doubled = mixed.fit(trial.assign(weight=2.0), FORMULA, weights="weight", **COLUMNS)
    assert_same(fit, doubled)
    assert doubled.covariance.to_numpy() == pytest.approx(2 * fit.covariance.to_numpy(), rel=1e-7)


def test_the_data_are_left_alone(trial):
    before = trial.copy(deep=True)
    mixed.fit(trial, FORMULA, **COLUMNS)
    pd.testing.assert_frame_equal(trial, before)


def test_any_kind_of_column_will_do(trial, fit):
    other = trial.assign(
        visit=trial["visit"].astype("string"),
        arm=trial["arm"].astype(object),
        age=trial["age"].astype("Int64"),
        change=trial["change"].astype("Float64"),
        baseline=trial["baseline"].astype("Float64"),
    )
    assert_same(fit, mixed.fit(other, FORMULA, **COLUMNS))
    holes = other.copy()
    holes.loc[holes.index[[0, 1]], "age"] = pd.NA
    holes.loc[holes.index[4], "change"] = pd.NA
    assert sum(mixed.fit(holes, FORMULA, **COLUMNS).dropped.values()) == 3


def test_one_visit_is_least_squares(trial):
    once = trial[trial["visit"] == "2"]
    table = mixed.fit(once, "change ~ arm + baseline", **COLUMNS).coefficients
    x, y = dense_design(once, "change ~ arm + baseline")
    beta, rest, *_ = np.linalg.lstsq(x, y, rcond=None)
    free = len(y) - 3
    assert table["estimate"].to_numpy() == pytest.approx(beta, rel=1e-9)
    error = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * rest / free)
    assert table["std_error"].to_numpy() == pytest.approx(error, rel=1e-9)
    assert table["df"].tolist() == pytest.approx([free] * 3)


def test_random_effects_need_no_second_subject_at_a_time(trial):
    lonely = pd.concat([trial, trial.iloc[:1].assign(day=99.0)])
    for visit in (None, "moment"):
        data = lonely.assign(moment=lonely["day"].astype(int))
        assert mixed.fit(data, "change ~ day", subject="person", visit=visit, covariance=None, random="1").converged
