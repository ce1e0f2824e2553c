"""Declared confounders as columns of numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.settings.comparison import Comparison

MISSING, TIMES = "missing", " × "
NO_VALUE = "a declared confounder is missing in all patients"
KNOTS = ((1000, (0.05, 0.275, 0.5, 0.725, 0.95)), (100, (0.05, 0.35, 0.65, 0.95)), (30, (0.1, 0.5, 0.9)))
FAR = 1e-3  # of a column's length; what sums of products round is below its square
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


def code_declared(people: pd.DataFrame, comparison: Comparison, names: Sequence[str] | None = None) -> Confounders:
    """Code the confounders of a comparison, or those of them that are named, as it declares: bent or straight, with its products."""
    own = comparison.confounders if names is None else names
    products = [pair for pair in comparison.products if set(pair) <= set(own)]
    return code_confounders(people, own, comparison.confounder_shape, products)


def code_confounders(
    people: pd.DataFrame, names: Sequence[str], shape: str = "linear", products: Sequence[tuple[str, str]] = ()
) -> Confounders:
    """Code the named columns of a table of patients.

    Parameters
    ----------
    people : DataFrame
        One row per patient.
    names : sequence of str
        Columns: text, categories and booleans one column a level. A missing value is a level of its own.
    shape : {"linear", "spline"}
        Numbers as straight lines, or with the columns of :func:`bend_number` beside them.
    products : sequence of pairs of str
        Names whose columns (a number's line, a category's levels) are multiplied with each other.
    """
    levels: dict[tuple[str, str], Floats] = {}
    columns: dict[tuple[str, str], Floats] = {}
    for name in names:
        own = _code_levels(people[name], name)
        levels |= own
        first = next(iter(own))
        if first[1] == "":
            columns |= {first: _standardise(own[first])} | {key: own[key] for key in own if key != first}
            if shape == "spline":
                bends = bend_number(own[first]).T
                columns |= {(name, f"bend {place}"): _standardise(bend) for place, bend in enumerate(bends, 1)}
        else:
            columns |= {key: own[key] for key in list(own)[1:]}
    for one, other in products:
        sides = [[key for key in columns if key[0] == name and not key[1].startswith("bend ")] for name in (one, other)]
        for left, right in itertools.product(*sides):
            key = f"{one}{TIMES}{other}", TIMES.join(filter(None, (left[1], right[1])))
            columns[key] = _standardise(columns[left] * columns[right])
    design = np.column_stack(list(columns.values())) if columns else np.empty((len(people), 0))
    kept = find_independent(design)
    table = pd.DataFrame(levels, index=people.index)
    table.columns = pd.MultiIndex.from_tuples(list(levels), names=["variable", "level"])
    return Confounders(design[:, kept], tuple(list(columns)[place] for place in kept), table)


def bend_number(values: Floats) -> Floats:
    """Return the columns by which a natural cubic spline departs from a straight line.

    Restricted to lines outside the outer knots (Harrell 2015, 10.1007/978-3-319-19425-7, section 2.4.5). Knots stand at his quantiles: 3 (10, 50, 90%)
    for 30 known values or more, 4 (5, 35, 65, 95%) for 100, 5 (5, 27.5, 50, 72.5, 95%) for 1,000; those that coincide count once, and fewer
    than three leave the line.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Missing ones stay missing.

    Returns
    -------
    ndarray, shape (n, knots − 2)

    Examples
    --------
    >>> import numpy as np
    >>> bend_number(np.arange(101.0)).shape, bend_number(np.arange(20.0)).shape
    ((101, 2), (20, 0))
    """
    known = values[~np.isnan(values)]
    places = next((own for fewest, own in KNOTS if len(known) >= fewest), ())
    return bend_at(values, np.unique(np.quantile(known, places)) if places else np.empty(0))


def bend_at(values: Floats, knots: Floats) -> Floats:
    """Return those columns for given knots, in rising order; none for fewer than three."""
    if len(knots) < 3:
        return np.empty((len(values), 0))
    span, (before, last) = knots[-1] - knots[0], knots[-2:]

    def lift(knot: float) -> Floats:
        return np.asarray(np.maximum(values - knot, 0.0) ** 3 / span**2)

    bends = [
        lift(knot) - lift(before) * (last - knot) / (last - before) + lift(last) * (before - knot) / (last - before)
        for knot in knots[:-2]
    ]
    return np.column_stack(bends)


def find_independent(design: Floats) -> list[int]:
    """Return the columns that are not linear combinations of a constant and the columns before them."""
    if _are_far_apart(design):
        return list(range(design.shape[1]))
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


def _are_far_apart(design: Floats) -> bool:
    """Tell from sums of products, which are quickly had, whether no column comes near a combination of those before it."""
    columns = np.column_stack([np.ones(len(design)), design])
    sizes = np.sqrt(np.einsum("ij,ij->j", columns, columns))
    if not (sizes > 0).all():
        return False
    try:
        root = np.linalg.cholesky(columns.T @ columns / np.outer(sizes, sizes))
    except np.linalg.LinAlgError:
        return False
    return bool(np.diag(root).min() > FAR)


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
