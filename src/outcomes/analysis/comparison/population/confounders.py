"""Declared confounders as columns of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats

MISSING = "missing"
NEGLIGIBLE = 1e-8  # what is left of a column that the others explain, as a share of its length


@dataclass(frozen=True)
class Confounders:
    """Coded confounders.

    Attributes
    ----------
    design : ndarray, shape (patients, k)
        Linearly independent columns, none of them constant; numbers standardised, missing ones at the mean with an
        indicator of their own.
    names : tuple of tuple of str
        Variable and level of each column of the design.
    levels : DataFrame
        One row per patient, one column per variable and level, reference levels included: numbers as they are
        (level ''), 1 and 0 for levels; for tables of balance.
    """

    design: Floats
    names: tuple[tuple[str, str], ...]
    levels: pd.DataFrame


def code_confounders(people: pd.DataFrame, names: Sequence[str]) -> Confounders:
    """Code the named columns of a table of patients.

    Parameters
    ----------
    people : DataFrame
        One row per patient.
    names : sequence of str
        Columns: numbers are straight lines; text, categories and booleans one column a level. A missing value is a level of its own.
    """
    levels: dict[tuple[str, str], Floats] = {}
    columns: dict[tuple[str, str], Floats] = {}
    for name in names:
        own = _code_levels(people[name], name)
        levels |= own
        first = next(iter(own))
        if first[1] == "":
            columns |= {first: _standardise(own[first])} | {key: own[key] for key in own if key != first}
        else:
            columns |= {key: own[key] for key in list(own)[1:]}
    design = np.column_stack(list(columns.values())) if columns else np.empty((len(people), 0))
    kept = find_independent(design)
    table = pd.DataFrame(levels, index=people.index)
    table.columns = pd.MultiIndex.from_tuples(list(levels), names=["variable", "level"])
    return Confounders(design[:, kept], tuple(list(columns)[place] for place in kept), table)


def find_independent(design: Floats) -> list[int]:
    """Return the columns that are not linear combinations of a constant and the columns before them."""
    basis = np.full((len(design), 1), 1 / np.sqrt(max(len(design), 1)))
    kept = []
    for place, column in enumerate(design.T):
        rest = column / (np.linalg.norm(column) or 1.0)
        for _ in range(2):  # twice is enough: Gram-Schmidt loses digits once
            rest = rest - basis @ (basis.T @ rest)
        size = np.linalg.norm(rest)
        if size > NEGLIGIBLE:
            kept.append(place)
            basis = np.column_stack([basis, rest / size])
    return kept


def _code_levels(column: pd.Series, name: str) -> dict[tuple[str, str], Floats]:
    absent = column.isna()
    coded: dict[tuple[str, str], Floats] = {}
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        coded[name, ""] = column.to_numpy(dtype=float, na_value=np.nan)
    else:
        text = column.astype(object).map(str, na_action="ignore")
        order = (
            column.cat.categories.map(str)
            if isinstance(column.dtype, pd.CategoricalDtype)
            else sorted(text.dropna().unique())
        )
        present = set(text.dropna())
        coded |= {(name, level): (text == level).to_numpy(dtype=float) for level in order if level in present}
    if absent.any():
        coded[name, MISSING] = np.asarray(absent, dtype=float)
    return coded


def _standardise(values: Floats) -> Floats:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values))
    spread = known.std() or 1.0
    return np.asarray(np.nan_to_num((values - known.mean()) / spread))
