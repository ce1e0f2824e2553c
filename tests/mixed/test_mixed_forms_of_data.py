"""The same data as a pandas frame, an Arrow table, a stream of Arrow, or plain arrays give the same fit."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from mixed_trials import FORMULA, simulate_trial

from outcomes import mixed

COLUMNS = {"subject": "person", "visit": "visit"}


class Stream:
    """Anything that offers Arrow's stream, as polars and DuckDB do, and nothing else."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def as_arrow(frame):
    return pa.Table.from_pandas(frame, preserve_index=False)


def in_pieces(frame):
    return pa.concat_tables([as_arrow(frame.iloc[:50]), as_arrow(frame.iloc[50:])])


FORMS = {
    "arrow": as_arrow,
    "arrow in pieces": in_pieces,
    "stream": lambda frame: Stream(as_arrow(frame)),
    "arrays": lambda frame: {name: frame[name].to_numpy() for name in frame},
    "lists": lambda frame: {name: frame[name].tolist() for name in frame},
}


@pytest.fixture(scope="module")
def trial():
    frame = simulate_trial()
    frame.loc[[3, 17], "age"] = np.nan
    frame["arm"] = frame["arm"].astype(object)
    frame.loc[[30, 31], "arm"] = None
    return frame


def assert_same(ours, theirs):
    pd.testing.assert_frame_equal(ours.coefficients, theirs.coefficients, rtol=1e-9)
    pd.testing.assert_frame_equal(ours.vcov, theirs.vcov, rtol=1e-9)
    assert (ours.n_subjects, ours.n_observations, ours.dropped, ours.visits) == (
        theirs.n_subjects,
        theirs.n_observations,
        theirs.dropped,
        theirs.visits,
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "options",
    [
        {"formula": FORMULA},
        {"formula": "change ~ baseline + log(age) + arm*visit", "group": "arm", "covariance": "ar1"},
        {"formula": "change ~ C(site) + arm", "weights": "weight", "vcov": "cr2", "df": "satterthwaite"},
        {"formula": "change ~ arm*day", "covariance": None, "random": "1 + day"},
    ],
    ids=["plain", "expression and groups", "contrasts and weights", "random effects"],
)
def test_same_fit(trial, form, options):
    frame = trial.dropna(subset=["arm"]) if options.get("group") else trial
    options = options | COLUMNS
    assert_same(mixed.fit(FORMS[form](frame), **options), mixed.fit(frame, **options))


def test_categories_keep_their_order_in_arrow(trial):
    frame = trial.assign(arm=pd.Categorical(trial["arm"], categories=["iv", "esk"]))
    for form in ("arrow", "arrow in pieces"):
        fit = mixed.fit(FORMS[form](frame), FORMULA, **COLUMNS)
        assert "arm[esk]" in fit.names
        assert_same(fit, mixed.fit(frame, FORMULA, **COLUMNS))


def test_numbers_with_nulls_are_missing(trial):
    frame = trial.assign(age=trial["age"].round().astype("Int64"), late=(trial["day"] > 7).astype("boolean"))
    frame.loc[frame.index[5], "late"] = pd.NA
    formula = "change ~ age + late + visit"
    fit = mixed.fit(frame, formula, **COLUMNS)
    assert fit.dropped == {"age": 2, "late": 1}
    assert_same(mixed.fit(as_arrow(frame), formula, **COLUMNS), fit)


def test_residuals_and_effects_carry_positions_and_labels(trial):
    options = {"formula": "change ~ arm*day", "covariance": None, "random": "1", **COLUMNS}
    ours, theirs = mixed.fit(as_arrow(trial), **options), mixed.fit(trial, **options)
    pd.testing.assert_series_equal(ours.residuals(), theirs.residuals(), check_index_type=False)
    pd.testing.assert_frame_equal(ours.random_effects(), theirs.random_effects())
    pd.testing.assert_frame_equal(
        mixed.margins(ours, "arm", at={"day": 7}), mixed.margins(theirs, "arm", at={"day": 7})
    )


def test_moments_of_both_forms_add_up(trial):
    known = trial.dropna(subset=["arm"])
    half = known["person"] < "p0030"
    parts = mixed.moments(as_arrow(known[half]), FORMULA, **COLUMNS) + mixed.moments(known[~half], FORMULA, **COLUMNS)
    whole = mixed.fit(known, FORMULA, **COLUMNS)
    np.testing.assert_allclose(mixed.fit(parts).estimates["estimate"], whole.estimates["estimate"], rtol=1e-9)


def test_refusals_are_the_same(trial):
    for form in FORMS.values():
        with pytest.raises(mixed.FormulaError, match="have no column 'dose'; they have: person, visit, day"):
            mixed.fit(form(trial), "change ~ dose", **COLUMNS)
        with pytest.raises(mixed.DataError, match="'change' has 1 infinite values"):
            mixed.fit(form(trial.assign(change=[np.inf, *trial["change"][1:]])), FORMULA, **COLUMNS)
        with pytest.raises(mixed.DataError, match="'person' is missing on 1 of"):
            mixed.fit(form(trial.assign(person=[None, *trial["person"][1:]])), FORMULA, **COLUMNS)
        with pytest.raises(mixed.DataError, match="holds dates or durations"):
            mixed.fit(form(trial.assign(day=pd.Timestamp("2020-01-01"))), "change ~ day", **COLUMNS)
    with pytest.raises(mixed.DataError, match="not of one length: 'a' 2, 'b' 3"):
        mixed.fit({"a": [1, 2], "b": [1, 2, 3]}, "a ~ b", subject="a", covariance=None, random="1")
    with pytest.raises(mixed.DataError, match="column 'change' holds values of different kinds"):
        mixed.fit({"person": [1, 2], "visit": [1, 2], "change": [1.0, "x"]}, "change ~ 1", **COLUMNS)
    twice = pa.table([pa.array([1.0]), pa.array([2.0])], names=["change", "change"])
    with pytest.raises(mixed.FormulaError, match="more than one column 'change'"):
        mixed.fit(twice, "change ~ 1", **COLUMNS)


def test_arrow_and_arrays_need_no_pandas(trial, tmp_path):
    path = tmp_path / "trial.csv"
    trial.dropna(subset=["arm"]).to_csv(path, index=False)
    code = f"""
import sys
from pyarrow import csv
from outcomes import mixed
table = csv.read_csv({str(path)!r})
fit = mixed.fit(table, "change ~ age + arm*visit", subject="person", visit="visit")
assert fit.dropped == {{"age": 2}}, fit.dropped
assert (fit.estimates["p_value"] < 1).all()
assert "pandas" not in sys.modules, "pandas was imported"
"""
    subprocess.run([sys.executable, "-c", code], check=True)
