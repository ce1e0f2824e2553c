"""From a long table to the rows a model can use: missing and impossible values, subjects, visits, weights, groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats, Integers
from outcomes.mixed.data.table import Column, Data, require_columns
from outcomes.mixed.data.visit_order import sort_visits
from outcomes.mixed.errors import DataError

LARGEST = 1e30  # products of eight such numbers, and their inverses, are still numbers
RUN = 1 << 16
"""Rows handled at a time where a temporary of all rows would cost more than the arithmetic."""


@dataclass(frozen=True)
class Rows:
    """The rows kept, with subjects and visits numbered.

    Attributes
    ----------
    table : Data
        The kept rows (n_rows).
    subject : array of int, shape (n_rows,)
        Number of the subject of each row.
    heads : array of int, shape (n_subjects,)
        Row on which each subject is first seen.
    visit : array of int, shape (n_rows,), or None
        Number of the visit of each row.
    visits : tuple
        Visit labels in order; empty without visits.
    ordered : bool
        Whether the data tell that order.
    weights : array, shape (n_subjects,)
    group : array of int, shape (n_subjects,)
    groups : tuple
        Labels of the groups; ``(None,)`` without groups.
    dropped : dict of str to int
        Rows left out, by the column that was missing first.
    """

    table: Data
    subject: Integers
    heads: Integers
    visit: Integers | None
    visits: tuple[Any, ...]
    ordered: bool
    weights: Floats
    group: Integers
    groups: tuple[Any, ...]
    dropped: dict[str, int]

    @property
    def n_rows(self) -> int:
        """Rows kept."""
        return len(self.subject)

    @property
    def n_subjects(self) -> int:
        """Subjects with at least one row kept."""
        return len(self.heads)


def read_rows(
    data: Data,
    needed: Sequence[str],
    *,
    subject: str,
    visit: str | None,
    weights: str | None,
    group: str | None,
) -> Rows:
    """Keep the complete rows and number their subjects and visits.

    Raises
    ------
    FormulaError
        When a column is not in the data.
    DataError
        For infinite values, a missing subject or visit, duplicate subject-visit rows, weights or groups that
        change within a subject, and a visit that has no data.
    """
    index = [name for name in (subject, visit, weights, group) if name is not None]
    require_columns(data, [*needed, *index])
    for name in index:
        _refuse_missing(data[name], name)
    table, dropped = _complete(data, list(dict.fromkeys(needed)))
    codes, heads = number_subjects(table[subject])
    visit_codes, visits, ordered = (None, (), True) if visit is None else number_visits(table[visit], visit)
    if visit_codes is not None:
        _refuse_duplicates(codes, visit_codes, len(visits), len(heads), str(visit))
    group_codes, groups = _number_groups(table, group, codes, heads)
    return Rows(
        table=table,
        subject=codes,
        heads=heads,
        visit=visit_codes,
        visits=visits,
        ordered=ordered,
        weights=_read_weights(table, weights, codes, heads),
        group=group_codes,
        groups=groups,
        dropped=dropped,
    )


def _refuse_missing(column: Column, name: str) -> None:
    if column.absent is not None:
        missing = int(column.absent.sum())
        raise DataError(f"column {name!r} is missing on {missing} of {len(column)} rows; every row must have one")


def _complete(data: Data, needed: list[str]) -> tuple[Data, dict[str, int]]:
    """Keep the rows on which every needed column is present, and count the others once each."""
    keep: NDArray[np.bool_] | None = None
    dropped: dict[str, int] = {}
    for name in needed:
        absent = _absent(data[name], name)
        if absent is None:
            continue
        gone = absent if keep is None else absent & keep
        if gone.any():
            dropped[name] = int(gone.sum())
            keep = ~absent if keep is None else keep & ~absent
    table = data.where(keep)
    if not len(table):
        raise DataError(f"no row has all of {', '.join(map(repr, needed))}")
    return table, dropped


def refuse_extreme(values: Floats, name: str) -> None:
    """Refuse finite numbers whose squares, or whose squares' squares, a computer cannot hold.

    Raises
    ------
    DataError
        Naming the column and the number of rows.
    """
    size = max(abs(float(values.max(initial=0.0))), abs(float(values.min(initial=0.0))))
    if size > LARGEST:
        wrong = int((np.abs(values) > LARGEST).sum())
        raise DataError(f"column {name!r} has {wrong} numbers beyond {LARGEST:g}; correct them or change the unit")
    if 0 < size < 1 / LARGEST:
        raise DataError(f"column {name!r} has no number beyond {size:g}; change the unit")


def _absent(column: Column, name: str) -> NDArray[np.bool_] | None:
    """Mark missing values, or give None when there are none; an infinite or extreme value is refused."""
    if column.labels is not None or column.values.dtype.kind != "f":
        return column.absent
    values = column.values
    if np.isfinite(values.max(initial=0.0)) and np.isfinite(
        values.min(initial=0.0)
    ):  # both are missing where any value is
        refuse_extreme(values, name)
        return None
    infinite = int(np.isinf(values).sum())
    if infinite:
        raise DataError(f"column {name!r} has {infinite} infinite values; make them missing or correct them")
    gone: NDArray[np.bool_] = np.isnan(values)
    refuse_extreme(values[~gone], name)
    return gone


def number_subjects(column: Column) -> tuple[Integers, Integers]:
    """Give each row the number of its subject, by first appearance, and each subject its first row."""
    values = column.values
    if len(values):
        change = values[1:] != values[:-1]
        heads = np.concatenate([[0], np.flatnonzero(change) + 1])
        first = values[heads]
        if (first[1:] > first[:-1]).all() or len(np.unique(first)) == len(first):
            return np.repeat(np.arange(len(heads)), np.diff(heads, append=len(values))), heads
    if column.labels is None:
        values = np.unique(values, return_inverse=True)[1]
    heads = np.full(int(values.max()) + 1, -1, dtype=np.intp)
    heads[values[::-1]] = np.arange(len(values) - 1, -1, -1)
    seen = np.flatnonzero(heads >= 0)
    order = seen[np.argsort(heads[seen], kind="stable")]
    rank = np.empty(len(heads), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return rank[values], heads[order]


def number_levels(column: Column, name: str) -> tuple[Integers, tuple[Any, ...]]:
    """Give each row the number of its level; a categorical keeps its own order, others are sorted."""
    if column.labels is None:
        return _number_sorted(column.values)
    codes = column.values.astype(np.intp)
    present = np.bincount(codes, minlength=len(column.labels)) > 0
    if column.declared:
        empty = np.flatnonzero(~present)
        if len(empty) and not column.planned:
            unseen = column.labels[empty[0]]
            raise DataError(
                f"column {name!r}: no complete row has the level {unseen!r}; remove the level or find its rows"
            )
        return codes, column.labels
    order = sorted(np.flatnonzero(present).tolist(), key=lambda i: column.labels[i])  # type: ignore[index]
    rank = np.zeros(len(column.labels), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return rank[codes], tuple(_plain(column.labels[i]) for i in order)


def _number_sorted(values: NDArray[Any]) -> tuple[Integers, tuple[Any, ...]]:
    if values.dtype.kind in "iu" and np.ptp(values) < 10_000:
        low = values.min()
        present = np.bincount(values - low) > 0
        rank = np.cumsum(present) - 1
        return rank[values - low].astype(np.intp), tuple((np.flatnonzero(present) + low).tolist())
    found, codes = np.unique(values, return_inverse=True)
    return codes.astype(np.intp), tuple(found.tolist())


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label


def number_visits(column: Column, name: str) -> tuple[Integers, tuple[Any, ...], bool]:
    """Give each row its visit, the visits in order, and whether their order is known: categories in theirs, numbers by size."""
    codes, levels = number_levels(column, name)
    if column.declared or not all(isinstance(level, str) for level in levels):
        return codes, levels, True
    order, known = sort_visits(levels)
    rank = np.empty(len(levels), dtype=np.intp)
    rank[order] = np.arange(len(levels))
    return rank[codes], tuple(levels[i] for i in order), known


def number_cells(subject: Integers, visit: Integers, n_visits: int) -> Integers:
    """Give each row the number of its subject-visit pair."""
    cell = subject * n_visits
    cell += visit
    return cell


def _refuse_duplicates(subject: Integers, visit: Integers, n_visits: int, n_subjects: int, name: str) -> None:
    key = number_cells(subject, visit, n_visits)
    if (key[1:] > key[:-1]).all():
        return
    per_cell = np.bincount(key, minlength=n_subjects * n_visits)
    twice = int((per_cell > 1).sum())
    if twice:
        raise DataError(
            f"{twice} subject-visit pairs have more than one row (column {name!r}); keep one row per subject and visit"
        )


def constant_within(values: NDArray[Any], codes: Integers, heads: Integers) -> bool:
    """Whether a value is the same on every row of each subject (or visit); compared run by run, to stay in the cache."""
    table = values[heads]
    runs = range(0, len(values), RUN)
    return all(np.array_equal(values[at : at + RUN], table[codes[at : at + RUN]]) for at in runs)


def _read_weights(table: Data, name: str | None, codes: Integers, heads: Integers) -> Floats:
    if name is None:
        return np.ones(len(heads))
    column = table[name]
    if column.labels is not None or column.values.dtype.kind == "b":
        raise DataError(f"weights column {name!r} must hold numbers")
    values = column.values.astype(np.float64)
    wrong = int((~(np.isfinite(values) & (values > 0))).sum())
    if wrong:
        raise DataError(f"weights column {name!r} has {wrong} rows that are not positive and finite")
    refuse_extreme(values, name)
    if not constant_within(values, codes, heads):
        raise DataError(f"weights column {name!r} changes within a subject; give one weight per subject")
    return np.asarray(values[heads])


def _number_groups(table: Data, name: str | None, codes: Integers, heads: Integers) -> tuple[Integers, tuple[Any, ...]]:
    if name is None:
        return np.zeros(len(heads), dtype=np.intp), (None,)
    group, levels = number_levels(table[name], name)
    if not constant_within(group, codes, heads):
        raise DataError(f"group column {name!r} changes within a subject; a subject belongs to one group")
    return group[heads], levels
