"""Text visits are put in the order that their names tell; what depends on an order that they do not tell is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mixed_trials import simulate_trial

from outcomes import mixed

COLUMNS = {"subject": "person", "visit": "visit"}
FORMULA = "change ~ arm*visit"


@pytest.fixture(scope="module")
def trial():
    return simulate_trial(n=80)


@pytest.mark.parametrize(
    "names",
    [
        ["V1", "V2", "V10", "V11"],
        ["week 2", "week 4", "month 6", "year 1"],
        ["2 weeks", "6 weeks", "3 months", "12 months"],
        ["day 1", "wk 1", "W2", "m1"],
        ["Baseline", "day 7", "week 2", "month 1"],
        ["screening", "V1", "V2", "V3"],
        ["day -7", "day 0", "day 7", "day 14"],
        ["cycle 1 day 8", "cycle 1 day 15", "cycle 2 day 1", "cycle 10 day 1"],
        ["-7", "0", "7", "14"],
        ["1.5 h", "2 h", "10 h", "1 day"],
    ],
    ids=lambda names: names[0],
)
def test_the_names_tell_the_order(trial, names):
    named = trial.assign(visit=trial["visit"].map(dict(zip("1234", names, strict=True))))
    for covariance in ("ar1", "toeplitz", "heterogeneous_ante_dependence", "unstructured"):
        fit = mixed.fit(named.sample(frac=1, random_state=1), FORMULA, covariance=covariance, **COLUMNS)
        assert list(fit.visits) == names
        assert fit.loglik == pytest.approx(
            mixed.fit(trial, FORMULA, covariance=covariance, **COLUMNS).loglik, rel=1e-10
        )


@pytest.mark.parametrize(
    "names",
    [
        ["entry", "middle", "end", "follow-up"],
        ["week 2", "month 6", "session 3", "year 1"],
        ["week 4", "day 28", "week 6", "week 8"],
        ["V1", "V01", "V2", "V3"],
        ["baseline", "screening", "V1", "V2"],
        ["week 2", "week 4", "late", "follow-up"],
    ],
    ids=lambda names: names[-1],
)
def test_names_that_do_not_tell_it(trial, names):
    named = trial.assign(visit=trial["visit"].map(dict(zip("1234", names, strict=True))))
    ordered = named.assign(visit=pd.Categorical(named["visit"], names))
    moments = mixed.moments(named, FORMULA, **COLUMNS)
    for covariance in ("ar1", "heterogeneous_toeplitz", "ante_dependence"):
        for data in (named, moments):
            with pytest.raises(
                mixed.SettingError, match=r"depends on the order of the visits.*a category with its levels in order"
            ):
                mixed.fit(
                    data,
                    *((FORMULA,) if data is named else ()),
                    covariance=covariance,
                    **(COLUMNS if data is named else {}),
                )
        right = mixed.fit(trial, FORMULA, covariance=covariance, **COLUMNS).loglik
        assert mixed.fit(ordered, FORMULA, covariance=covariance, **COLUMNS).loglik == pytest.approx(right, rel=1e-10)
    for covariance in ("unstructured", "compound_symmetry", "heterogeneous_compound_symmetry"):
        assert mixed.fit(named, FORMULA, covariance=covariance, **COLUMNS).converged
    with pytest.raises(mixed.SettingError, match="'ar1'"):
        mixed.fit(named, "change ~ arm + day", covariance="ar1", random="1 + day", **COLUMNS)
    binary = named.assign(change=(named["change"] < named["change"].median()).astype(float))
    with pytest.raises(mixed.SettingError, match="working correlation 'ar1'"):
        mixed.fit_gee(binary, "change ~ arm", working="ar1", **COLUMNS)


def test_the_ladder_passes_over_what_needs_an_order(trial):
    names = dict(zip("1234", ["entry", "middle", "end", "follow-up"], strict=True))
    apart = trial[(trial["person"].str[1:].astype(int) % 2 == 0) | (trial["visit"] != "3")]
    apart = apart[(apart["person"].str[1:].astype(int) % 2 == 1) | (apart["visit"] != "4")]
    fit = mixed.fit(apart.assign(visit=apart["visit"].map(names)), "change ~ visit", fallback=True, **COLUMNS)
    assert fit.structure == "compound_symmetry"
    assert fit.tried[0].covariance == "unstructured"
    assert all("order of the visits" in one.reason for one in fit.tried[1:-1])


@pytest.mark.parametrize("column", ["change", "baseline", "weight"])
@pytest.mark.parametrize("size", [1e300, 1e-300])
def test_numbers_that_cannot_be_squared(trial, column, size):
    options = COLUMNS | {"weights": "weight"}
    with pytest.raises(mixed.DataError, match=rf"column '{column}' has .*change the unit"):
        mixed.fit(trial.assign(**{column: trial[column] * size}), "change ~ arm*visit + baseline", **options)
    once = trial[column].where(np.arange(len(trial)) != 3, size * 1e-3)
    if size > 1 and column != "weight":
        with pytest.raises(mixed.DataError, match=rf"column '{column}' has 1 numbers beyond"):
            mixed.fit(trial.assign(**{column: once}), "change ~ arm*visit + baseline", **COLUMNS)


@pytest.mark.parametrize("size", [1e25, 1e12, 1e-12, 1e-25])
def test_any_other_unit_gives_the_same_tests(trial, size):
    scaled = trial.assign(
        change=trial["change"] * size, baseline=trial["baseline"] / size, weight=trial["weight"] * size
    )
    for options in ({}, {"covariance": "heterogeneous_ar1"}, {"vcov": "cr2", "weights": "weight"}):
        one, two = (
            mixed.fit(data, "change ~ arm*visit + baseline", **COLUMNS, **options).coefficients
            for data in (trial, scaled)
        )
        assert two["statistic"].to_numpy() == pytest.approx(one["statistic"].to_numpy(), rel=1e-6)
        assert two["df"].to_numpy() == pytest.approx(one["df"].to_numpy(), rel=1e-5)
