"""Levels of few patients in a model: their coefficients are about these few, and their names are not printed."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from outcomes.analysis.model_result import ModelResult
from outcomes.settings.analysis import Privacy, count_pooled


def guard_levels(result: ModelResult, frame: pd.DataFrame, attributes: set[str], privacy: Privacy) -> ModelResult:
    """Return the model with coefficients of a level counted by its patients, and levels of few without their names.

    A coefficient of a level compares its patients with those of the reference level; ``fewest`` is the smaller number. In a rounded
    release a level of fewer patients than the minimum is "level 2 of payer", so that a name that names a person is not printed. How many
    such levels there are tells how many patients they have at least: of eight or more (of a minimum of 11) seven have a row, and no degrees
    of freedom of the attribute's tests and no criterion beside the likelihood tells of them all.

    Parameters
    ----------
    result : ModelResult
    frame : DataFrame
        The scores that the model was fitted to, as :func:`~outcomes.analysis.models.model_frame` returns them.
    attributes : set of str
        Columns of the patients' attributes.
    privacy : Privacy
    """
    named = set(re.findall(r"\w+", str(result.info["formula"])))
    columns = sorted(attributes & named & set(frame.columns))
    complete = frame.dropna(subset=columns)
    table, many = result.tables["coefficients"], set()
    for column in columns if len(table) else []:
        people = complete.groupby(_text(complete[column]))["patient"].nunique()
        table = _guard(table, column, people, privacy)
        rare = int((people < privacy.minimum_cell).sum())
        if count_pooled(rare, privacy.minimum_cell) != str(rare) and privacy.release != "exact":
            many.add(column)
    tables = {**result.tables, "coefficients": table}
    info = result.info | (dict.fromkeys(("aic", "bic")) if many else {})
    if many:
        tables["tests"] = _leave_out_tests(tables["tests"], many)
    beside = result.beside and guard_levels(result.beside, frame, attributes, privacy)
    return replace(result, info=info, tables=tables, beside=beside)


def _leave_out_tests(table: pd.DataFrame, columns: set[str]) -> pd.DataFrame:
    """Return the tests without those of terms of these columns: degrees of freedom, and F beside its p value, tell how many levels one has."""
    own = [bool(columns & set(re.findall(r"\w+", str(term)))) for term in table["term"]]
    return table[~pd.Series(own, index=table.index, dtype=bool)]


def _text(column: pd.Series) -> pd.Series:
    """Return the levels as a coefficient's name has them."""
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return column.astype(float).astype(str) if number else column.astype(str)


def _guard(table: pd.DataFrame, column: str, people: pd.Series, privacy: Privacy) -> pd.DataFrame:
    """Return the coefficients with the levels of one attribute guarded."""
    start = rf"(?<!\w){re.escape(column)}(?:[^\w\[\]:]*)\[(?:T\.)?"
    terms = table["term"].astype(str)
    held = {str(level): terms.str.contains(start + re.escape(str(level)) + r"\]") for level in people.index}
    any_level = terms.str.contains(start)
    reference = people[[level for level in people.index if not held[str(level)].any()]]
    fewest, names = table["fewest"].astype(float), terms
    if any_level.any() and len(reference):
        fewest = fewest.where(~any_level, fewest.clip(upper=float(reference.min())))
    kept, rare = pd.Series(True, table.index), 0
    for level, n in people.items():
        own = held[str(level)]
        fewest = fewest.where(~own, fewest.clip(upper=float(n)))
        if n < privacy.minimum_cell and privacy.release != "exact":
            rare += 1
            name = rf"({start}){re.escape(str(level))}\]"
            names = names.where(~own, names.str.replace(name, rf"\g<1>level {rare}]", regex=True))
            kept &= ~own | (count_pooled(rare, privacy.minimum_cell) == str(rare))
    return table.assign(term=names, fewest=fewest)[kept]
