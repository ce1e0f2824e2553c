"""Missing confounders: imputation finds what leaving patients out does not, and Rubin's rules are applied."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from two_arms import generate_tables, make_comparison, make_study

from outcomes.analysis.comparison.compare import compare_arms
from outcomes.analysis.comparison.confounder_imputation import (
    find_nearest,
    impute_confounders,
    pool_effects,
    vary_missing,
)
from outcomes.analysis.comparison.effects.primary import tabulate_effects
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.rubin import pool_estimates
from outcomes.analysis.comparison.setting import build_setting
from outcomes.errors import ModelError


def lose(tables, share=0.35, seed=4):
    """Lose payer and failures more often where failures are many: missing at random given what is left."""
    patients, generator = tables["patients"], np.random.default_rng(seed)
    many = patients["failures"] > 2
    gone = generator.random(len(patients)) < np.where(many, share, share / 3)
    payer = patients["payer"].astype(object).mask(gone)
    failures = patients["failures"].mask(generator.random(len(patients)) < 0.15)
    return tables | {"patients": patients.assign(payer=pd.Categorical(payer), failures=failures)}


FULL = generate_tables(n=1500, seed=8)
TABLES = lose(FULL)
COMPARISON = make_comparison(imputations=8)
COMPARED = select_compared(TABLES, COMPARISON)


@pytest.fixture(scope="module")
def completed():
    return impute_confounders(COMPARED, COMPARISON, 5)


def test_only_the_missing_are_filled_and_with_values_that_there_are(completed):
    for one in completed:
        for name in ("payer", "failures"):
            known = COMPARED.people[name].notna()
            assert one.people[name].notna().all()
            assert (one.people.loc[known, name] == COMPARED.people.loc[known, name]).all()
            assert set(one.people[name]) == set(COMPARED.people.loc[known, name])
    gone = COMPARED.people["payer"].isna()
    draws = np.array([one.people.loc[gone, "payer"].astype(str) for one in completed])
    assert (draws != draws[0]).any()


def test_the_seed_decides(completed):
    again = impute_confounders(COMPARED, COMPARISON, 5)
    pd.testing.assert_frame_equal(again[3].people, completed[3].people)
    other = impute_confounders(COMPARED, COMPARISON, 6)
    assert not other[3].people.equals(completed[3].people)


def test_the_nearest_are_those_of_a_full_sort():
    generator = np.random.default_rng(1)
    for _ in range(300):
        digits = generator.integers(0, 9)
        values = np.round(generator.normal(size=generator.integers(1, 60)), digits)
        targets = np.round(generator.normal(size=generator.integers(0, 12)), digits)
        apart = np.abs(values[None, :] - targets[:, None])
        assert np.array_equal(find_nearest(values, targets, 5), apart.argsort(axis=1, kind="stable")[:, :5])


def test_the_levels_lost_are_recovered(completed):
    truth = select_compared(FULL, COMPARISON).people
    for level in ("self-pay", "public"):
        shares = [float((one.people["payer"] == level).mean()) for one in completed]
        assert np.mean(shares) == pytest.approx((truth["payer"] == level).mean(), abs=0.02)
    means = [one.people["failures"].mean() for one in completed]
    assert np.mean(means) == pytest.approx(truth["failures"].mean(), abs=0.08)


def test_the_pooled_difference_is_rubin_s_and_near_that_of_all_confounders(completed):
    settings = [build_setting(one, COMPARISON) for one in completed]
    row = pool_effects(settings, "day").set_index("timepoint").loc["day 28"]
    each = [
        tabulate_effects(one.compared, one.primary.weight, one.specify("day")).set_index("timepoint").loc["day 28"]
        for one in settings
    ]
    values = np.array([one["estimate"] for one in each], dtype=float)
    variances = np.array([one["std_error"] for one in each], dtype=float) ** 2
    pooled = pool_estimates(values, variances, float(np.mean([one["df"] for one in each])))
    assert row["estimate"] == pytest.approx(values.mean())
    assert row["std_error"] ** 2 == pytest.approx(variances.mean() + (1 + 1 / 8) * values.var(ddof=1))
    assert (row["lower"], row["upper"]) == pytest.approx(pooled.find_interval()[:2])
    full = build_setting(select_compared(FULL, COMPARISON), COMPARISON)
    best = (
        tabulate_effects(full.compared, full.primary.weight, full.specify("day")).set_index("timepoint").loc["day 28"]
    )
    assert abs(row["estimate"] - best["estimate"]) < 0.5 * best["std_error"]
    assert abs(row["estimate"] + 2) < 3 * row["std_error"]


def test_the_other_ways_are_rows_of_the_grid():
    setting = build_setting(COMPARED, COMPARISON)
    rows = [row for row in vary_missing(TABLES, setting, 5) if row["timepoint"] == "day 28"]
    assert [row["analysis"] for row in rows] == ["missing_exclude", "missing_impute"]
    assert rows[0]["n"] < rows[1]["n"]
    assert all(row["lower"] < -2 < row["upper"] for row in rows)
    whole = build_setting(select_compared(FULL, COMPARISON), COMPARISON)
    assert list(vary_missing(FULL, whole, 5)) == []


def test_a_way_that_leaves_too_few_is_a_row_without_numbers():
    patients = TABLES["patients"]
    rare = pd.Series(np.where(np.arange(len(patients)) < 9, 1.0, np.nan), patients.index)
    tables = TABLES | {"patients": patients.assign(rare=rare)}
    comparison = make_comparison(confounders=("baseline", "payer", "rare"), imputations=2)
    setting = build_setting(select_compared(tables, comparison), comparison)
    rows = [row for row in vary_missing(tables, setting, 5) if row["analysis"] == "missing_exclude"]
    assert rows
    assert not any(row["converged"] or "estimate" in row for row in rows)
    assert all("too few are left in an arm" in row["note"] for row in rows)


def test_imputation_can_be_declared():
    comparison = make_comparison(
        missing="impute", imputations=4, imputation={"draws": 8}, replicates=10, early_signals=None
    )
    result = compare_arms(TABLES, comparison, make_study())
    effects = result["effects"].set_index(["axis", "timepoint"])
    assert set(effects["variance"]) == {"cr2"}
    note = "4 imputations of missing confounders, Rubin's rules; no bootstrap: not available with missing: impute"
    assert effects.loc[("day", "day 28"), "note"] == note
    grid = result["sensitivity"]
    pooled = grid[(grid["analysis"] == "missing_impute") & (grid["timepoint"] == "day 28")].iloc[0]
    assert pooled["estimate"] == effects.loc[("day", "day 28"), "estimate"]
    assert {"missing_indicator", "missing_exclude"} <= set(grid["analysis"])
    assert "missing" not in set(result["covariate_balance"]["level"])


def test_a_confounder_that_no_one_has_is_refused():
    patients = TABLES["patients"].assign(failures=np.nan)
    compared = select_compared(TABLES | {"patients": patients}, COMPARISON)
    with pytest.raises(ModelError, match="failures is missing in every compared patient"):
        impute_confounders(compared, COMPARISON, 1)
