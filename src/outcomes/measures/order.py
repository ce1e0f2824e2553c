"""Rows in the order of their key, and columns as arrays: what lets every derivation run on sorted arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]


def sort_table(table: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Return the table sorted by its key with a fresh index; a table already in order is not copied."""
    order = compute_order([compute_rank(table[name]) for name in key])
    if order is not None:
        table = table.iloc[order]
    return table.reset_index(drop=True)


def compute_order(columns: Sequence[Array]) -> Ints | None:
    """Return the stable order of rows by integer columns, the first the most significant; None when in order."""
    if _is_sorted(columns):
        return None
    packed = _pack(columns)
    order = np.lexsort(list(columns)[::-1]) if packed is None else np.argsort(packed, kind="stable")
    return order.astype(np.int64, copy=False)


def _is_sorted(columns: Sequence[Array]) -> bool:
    tied: Any = True
    for column in columns:
        if bool(np.any(tied & (column[:-1] > column[1:]))):
            return False
        tied = tied & (column[:-1] == column[1:])
    return True


def _pack(columns: Sequence[Array]) -> Ints | None:
    """Return one integer a row that orders as the columns do; None when they need more than 63 bits."""
    ranges = [(int(column.min()), int(column.max())) for column in columns]
    widths = [(high - low).bit_length() for low, high in ranges]
    if sum(widths) > 63:
        return None
    packed = np.zeros(len(columns[0]), dtype=np.int64)
    for column, (low, _), width in zip(columns, ranges, widths, strict=True):
        packed <<= width
        packed += column.astype(np.int64) - low
    return packed


def compute_rank(column: pd.Series[Any]) -> Array:
    """Return integers that order as the column does; missing values come last."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return compute_codes(column)[0]
    if not column.isna().any():
        return np.asarray(column.to_numpy(dtype=np.int64))
    last = int(column.max()) + 1 if column.notna().any() else 0
    return compute_integers(column, last)


def compute_codes(column: pd.Series[Any]) -> tuple[Array, list[str]]:
    """Return codes into the sorted categories, and these; a missing value has the code after the last."""
    categories = list(column.cat.categories)
    ordered = sorted(categories)
    place = {category: code for code, category in enumerate(ordered)}
    lookup = np.array(
        [*(place[category] for category in categories), len(ordered)], dtype=np.min_scalar_type(-len(ordered) - 1)
    )
    return lookup[column.cat.codes.to_numpy()], ordered


def compute_integers(column: pd.Series[Any], missing: int) -> Ints:
    """Return a column of whole numbers as an array, with a number of its own for a missing value."""
    if column.dtype.kind == "i" and isinstance(column.dtype, np.dtype):
        return column.to_numpy(dtype=np.int64)
    return np.asarray(column.to_numpy(dtype=np.int64, na_value=missing))


def make_categorical(codes: Array, categories: Sequence[str]) -> pd.Categorical[Any]:
    """Return a column of categories, sorted whatever their order given; codes outside them are missing values."""
    ordered = sorted(set(categories))
    place = {category: code for code, category in enumerate(ordered)}
    dtype = np.min_scalar_type(-max(len(ordered), 1))
    lookup = np.array([*(place[category] for category in categories), -1], dtype=dtype)
    inside = codes if codes.size == 0 else np.where((codes >= 0) & (codes < len(categories)), codes, len(categories))
    return pd.Categorical.from_codes(
        lookup[inside], dtype=pd.CategoricalDtype(pd.Index(ordered, dtype="str")), validate=False
    )


def sort_categories(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return the column with its categories in order."""
    categories = column.cat.categories
    if categories.is_monotonic_increasing:
        return column
    return column.cat.reorder_categories(sorted(categories))


def spread(column: pd.Categorical[Any], before: int, after: int) -> pd.Categorical[Any]:
    """Return the column with each value repeated ``after`` times, and the whole ``before`` times."""
    return pd.Categorical.from_codes(spread_array(column.codes, before, after), dtype=column.dtype, validate=False)


def spread_array(values: Array, before: int, after: int) -> Array:
    """Return the array with each value repeated ``after`` times, and the whole ``before`` times."""
    shape = before, len(values), after
    return np.ascontiguousarray(np.broadcast_to(values[None, :, None], shape)).reshape(-1)


def make_integers(values: Array, missing: Bools, dtype: str) -> pd.api.extensions.ExtensionArray:
    """Return a nullable column of whole numbers; ``dtype`` is the numpy name of its width."""
    filled = np.where(missing, np.zeros(1, dtype=values.dtype), values)
    return pd.arrays.IntegerArray(filled.astype(dtype, copy=False), missing)
