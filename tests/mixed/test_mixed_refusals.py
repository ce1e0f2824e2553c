"""Every refusal says what is wrong, where, and how much of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mixed_trials import FORMULA, simulate_trial

from outcomes import mixed

COLUMNS = {"subject": "person", "visit": "visit"}


@pytest.fixture
def trial():
    return simulate_trial()


def refuse(match, data, formula=FORMULA, error=mixed.MixedError, **options):
    with pytest.raises(error, match=match):
        mixed.fit(data, formula, **(COLUMNS | options))


def test_rank_deficient_designs_name_the_column(trial):
    twice = trial.assign(months=trial["age"] * 12, ones=1.0)
    refuse(
        r"rank deficient: column 'months' is a combination of 'age'", twice, FORMULA + " + months", mixed.DesignError
    )
    refuse(
        r"rank deficient: column 'ones' is a combination of 'Intercept'", twice, FORMULA + " + ones", mixed.DesignError
    )
    refuse(r"rank deficient: column 'none' is zero", trial.assign(none=0.0), FORMULA + " + none", mixed.DesignError)
    nested = trial.assign(region=trial["site"].map({"north": "a", "south": "b", "west": "b"}))
    refuse(
        r"rank deficient: column '.*' is a combination of", nested, "change ~ site + region + visit", mixed.DesignError
    )


def test_an_empty_cell_is_a_rank_deficiency(trial):
    gone = trial[~((trial["arm"] == "iv") & (trial["visit"] == "4"))]
    refuse(r"'arm\[iv\]:visit\[4\]'", gone, error=mixed.DesignError)


def test_a_visit_without_data(trial):
    planned = trial.assign(visit=pd.Categorical(trial["visit"], list("12345")))
    refuse(r"column 'visit': no complete row has the level '5'", planned, error=mixed.DataError)
    silent = trial.assign(visit=pd.Categorical(trial["visit"], list("1234")))
    silent.loc[silent["visit"] == "3", "change"] = np.nan
    refuse(r"column 'visit': no complete row has the level '3'", silent, error=mixed.DataError)


def test_a_cell_of_one_subject(trial):
    alone = trial.copy()
    keep = (alone["arm"] == "esk") | (alone["visit"] != "4")
    keep |= alone.index == alone.index[(alone["arm"] == "iv") & (alone["visit"] == "4")][0]
    refuse(r"arm 'iv' has one subject at visit '4'", alone[keep], error=mixed.DataError)


def test_a_visit_of_one_subject(trial):
    few = trial[(trial["visit"] != "4") | (trial["person"] == trial.loc[trial["visit"] == "4", "person"].iloc[0])]
    refuse(r"visit '4' has 1 subject", few, "change ~ arm", error=mixed.DataError)


def test_subjects_with_a_row_each(trial):
    refuse(
        r"0 of 60 subjects have more than one row",
        trial.groupby("person").head(1).assign(visit=lambda d: np.where(np.arange(len(d)) % 2, "1", "2")),
        "change ~ arm",
        error=mixed.DataError,
    )


def test_visits_never_seen_together(trial):
    even = trial["person"].str[1:].astype(int) % 2 == 0
    apart = trial[(even & (trial["visit"] != "4")) | (~even & (trial["visit"] != "3"))]
    refuse(r"visits '3' and '4' are seen together in 0 subject", apart, "change ~ visit", error=mixed.SettingError)
    assert mixed.fit(apart, "change ~ visit", covariance="ar1", **COLUMNS).converged


def test_a_constant_response(trial):
    refuse(r"response 'change' is the same on all complete rows", trial.assign(change=3.0), error=mixed.DataError)


def test_a_visit_without_variation(trial):
    flat = trial.copy()
    flat.loc[flat["visit"] == "1", "change"] = 0.0
    refuse(r"no variation left at visit '1'.*\(60 subjects\)", flat, "change ~ visit*arm", error=mixed.DataError)


def test_duplicate_subject_visit_rows(trial):
    refuse(
        r"2 subject-visit pairs have more than one row \(column 'visit'\)",
        pd.concat([trial, trial.iloc[[4, 9]]]),
        error=mixed.DataError,
    )


@pytest.mark.parametrize("column", ["change", "baseline"])
def test_infinite_values(trial, column):
    broken = trial.copy()
    broken.loc[broken.index[:3], column] = [np.inf, -np.inf, np.inf]
    refuse(rf"column '{column}' has 3 infinite values", broken, error=mixed.DataError)


def test_a_transformation_without_a_value(trial):
    with np.errstate(all="ignore"):
        refuse(
            r"'log\(pain\)' is missing or infinite on \d+ complete rows",
            trial,
            "change ~ log(pain)",
            error=mixed.DataError,
        )


def test_missing_subjects_and_visits(trial):
    for column in COLUMNS.values():
        holes = trial.copy()
        holes.loc[holes.index[:4], column] = None
        refuse(rf"column '{column}' is missing on 4 of {len(trial)} rows", holes, error=mixed.DataError)


def test_weights(trial):
    refuse(
        r"weights column 'weight' has 5 rows that are not positive",
        trial.assign(weight=np.where(np.arange(len(trial)) < 5, 0.0, 1.0)),
        weights="weight",
        error=mixed.DataError,
    )
    refuse("weights column 'pain' changes within a subject", trial.assign(pain=trial["pain"].abs() + 1), weights="pain")
    refuse("weights column 'site' must hold numbers", trial, weights="site")


def test_a_group_that_changes_within_a_subject(trial):
    refuse("group column 'visit' changes within a subject", trial, group="visit", error=mixed.DataError)


def test_more_coefficients_than_rows(trial):
    few = trial[trial["person"].isin(trial["person"].unique()[:3])]
    refuse(r"observations of 3 subjects cannot estimate|rank deficient", few, "change ~ visit + person + age")


def test_columns_and_formulas(trial):
    refuse(r"the data have no column 'dose'; they have: person", trial, "change ~ dose*visit", mixed.FormulaError)
    refuse("must read 'response ~ terms'", trial, "change + visit", mixed.FormulaError)
    refuse("the formula .* ends too early", trial, "change ~ (visit + arm", mixed.FormulaError)
    refuse("a bracket is not closed", trial, "change ~ log(age", mixed.FormulaError)
    refuse("cannot read", trial, "change ~ visit | arm", mixed.FormulaError)
    refuse("cannot evaluate", trial, "change ~ log(arm)", mixed.FormulaError)
    refuse("nothing on its right-hand side", trial, "change ~ ", mixed.FormulaError)
    refuse("column 'arm' must hold numbers", trial, "arm ~ visit", mixed.DataError)
    refuse("has the single level 'x'", trial.assign(arm="x"), error=mixed.DataError)


def test_dates_and_doubled_columns(trial):
    dated = trial.assign(when=pd.Timestamp("2020-01-01") + pd.to_timedelta(trial["day"], unit="D"))
    refuse(r"column 'when' holds dates or durations", dated, "change ~ when", mixed.DataError)
    refuse(r"more than one column 'age'", pd.concat([trial, trial[["age"]]], axis=1), error=mixed.FormulaError)
    refuse(r"no row has all of 'change', 'baseline'", trial.iloc[:0], error=mixed.DataError)


def test_a_response_without_residuals(trial):
    refuse("fits the response exactly", trial.assign(change=trial["age"] * 2 + 1), "change ~ age", covariance="ar1")
    refuse(
        "fits the response exactly",
        trial.assign(change=trial["age"] * 2 + 1),
        "change ~ age",
        covariance=None,
        random="1",
        visit=None,
    )


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"covariance": "banded"}, "covariance 'banded' is not one of unstructured, "),
        ({"method": "mle"}, "method 'mle' is not one of reml, ml"),
        ({"df": "kr"}, "df 'kr' is not one of kenward_roger"),
        ({"vcov": "hc3"}, "vcov 'hc3' is not one of model, cr0, cr2, cr3"),
        ({"information": "average"}, "information 'average' is not one of observed, expected"),
        ({"level": 95}, "level must lie between 0 and 1, got 95"),
        ({"covariance": None}, "covariance=None needs random="),
        ({"random": "1"}, "pass covariance=None with random="),
        ({"visit": None}, "covariance 'unstructured' is indexed by visits: give visit="),
        ({"subject": None}, "needs formula= and subject="),
        ({"covariance": None, "random": "1 + day + log(exp(day * 2))"}, "random effects: column .* combination"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_arguments(trial, options, match):
    refuse(match, trial, error=mixed.MixedError, **options)


def test_more_random_effects_than_rows(trial):
    refuse(
        "2 random effects with at most 2 rows per subject",
        trial[trial["visit"].isin(["1", "2"])],
        "change ~ arm",
        covariance=None,
        random="1 + day",
        visit=None,
    )


def test_not_a_table():
    refuse("data must be a table: .*, not list", [1, 2])


def test_questions_a_fit_cannot_answer(trial):
    fit = mixed.fit(trial, FORMULA, **COLUMNS)
    with pytest.raises(
        mixed.SettingError, match=r"'arm\[ix\]' is not a coefficient of the model; did you mean 'arm\[iv\]'"
    ):
        fit.contrast({"arm[ix]": 1})
    with pytest.raises(mixed.SettingError, match="must have 13 columns"):
        fit.contrast(np.eye(3))
    with pytest.raises(mixed.SettingError, match="no coefficient in it"):
        fit.contrast({"arm[iv]": 0})
    with pytest.raises(
        mixed.SettingError, match="'dose' is not a variable of the formula; it has: baseline, visit, arm, age"
    ):
        mixed.margins(fit, "dose")
    with pytest.raises(mixed.SettingError, match="'age' is numeric and has no levels"):
        mixed.margins(fit, "age")
    with pytest.raises(mixed.SettingError, match="adjust 'bh' is not one of"):
        mixed.differences(fit, "arm", adjust="bh")
    with pytest.raises(mixed.SettingError, match="weights 'cells' is not one of"):
        mixed.margins(fit, "arm", weights="cells")
    with pytest.raises(mixed.FormulaError, match="'x' is not a level of 'arm'"):
        mixed.margins(fit, "visit", at={"arm": "x"})
    with pytest.raises(mixed.SettingError, match="no random effects"):
        fit.random_effects()
    with pytest.raises(mixed.SettingError, match="kind 'raw' is not one of"):
        fit.residuals("raw")
