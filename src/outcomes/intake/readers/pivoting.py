"""A long table, one answer or one score a row, with what belongs together side by side."""

from __future__ import annotations

import numpy as np

from outcomes.intake.values import one_spelling
from outcomes.intake.words import Array, Origin, RawTable, Words, text_array
from outcomes.settings import Pivot


def pivot_rows(raw: RawTable, pivot: Pivot) -> RawTable:
    """Return a long table with one row for each combination of what its rows share, and a column for each name.

    Several values of one name in one row become rows of their own, ordered by the value: what becomes of such duplicates
    is decided where all duplicates are.
    """
    spelt = {one_spelling(one): place for place, names in enumerate(pivot.columns.values()) for one in names}
    names, values = raw.columns[pivot.name], raw.columns[pivot.value]
    known = np.array([spelt.get(one_spelling(one), -1) for one in names.values], dtype=np.int32)
    kind = names.spread(known)
    mine = np.nonzero(kind >= 0)[0]
    key = np.zeros(len(mine), dtype=np.int64)
    for column in pivot.rows:
        part = raw.columns[column].codes[mine].astype(np.int64)
        _, key = np.unique(key * (int(part.max(initial=0)) + 1) + part, return_inverse=True)
    rank = np.argsort(np.argsort(values.values.astype(str), kind="stable")) if len(values.values) else np.empty(0, int)
    kinds = kind[mine]
    order = np.lexsort((rank[values.codes[mine]], kinds, key))
    again = np.zeros(len(mine), dtype=np.int64)
    new = np.ones(len(mine), dtype=bool)
    new[1:] = (key[order][1:] != key[order][:-1]) | (kinds[order][1:] != kinds[order][:-1])
    start = np.maximum.accumulate(np.where(new, np.arange(len(mine)), 0))
    again[order] = np.arange(len(mine)) - start
    _, first, group = np.unique(key * (again.max(initial=0) + 1) + again, return_index=True, return_inverse=True)
    size = len(first)
    rest = raw.at(mine[first])
    origin = raw.origin or Origin.whole(np.arange(2, raw.size + 2, dtype=np.int64))
    pairs = origin.at(mine, raw.size)
    owner = group[pairs.table]
    sort = np.lexsort((pairs.file, owner))
    columns = {name: words for name, words in rest.columns.items() if name not in (pivot.name, pivot.value)}
    cells: dict[str, Array] = {}
    for place, column in enumerate(pivot.columns):
        hit = np.nonzero(kinds == place)[0]
        codes = np.zeros(size, dtype=np.int32)
        codes[group[hit]] = values.codes[mine[hit]] + 1
        columns[column] = Words(codes, text_array(["", *values.values]))
        cell = np.full(size, -1, dtype=np.int64)
        one = np.isin(pairs.table, hit)
        cell[owner[one]] = pairs.file[one]
        cells[column] = cell
    made = Origin(origin.numbers, owner[sort], pairs.file[sort], origin.left_out, cells)
    return RawTable(raw.name, size, columns, made, raw.epoch)
