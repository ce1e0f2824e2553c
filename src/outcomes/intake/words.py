"""Columns of text as codes into their distinct values, so that every rule costs once per value and not once per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Words:
    """A column of text; ``values[codes]`` spells it out. A code of -1 is a missing value."""

    codes: Array
    values: Array

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, rows: Array) -> Words:
        """Return the named rows."""
        return Words(self.codes[rows], self.values)

    def compact(self) -> Words:
        """Return the column with no more distinct values than occur."""
        used, codes = np.unique(self.codes, return_inverse=True)
        if len(used) == len(self.values) or (len(used) and used[0] < 0):
            return self
        return Words(codes.astype(np.int32), self.values[used])

    def spread(self, by_value: Array, absent: Any = None) -> Array:
        """Return something known per distinct value for every row; ``absent`` where the code is -1."""
        if not len(self.codes):
            return by_value[:0]
        if absent is None:
            return by_value[self.codes]
        return np.append(by_value, np.array([absent], dtype=by_value.dtype))[self.codes]


@dataclass(frozen=True)
class Origin:
    """Which rows of a file stand behind a table, where that is not row i + 2 behind row i.

    A wide file gives several rows for one of its own (stacked); a long one gives one row for several (pivoted).
    """

    numbers: Array  # the row number of every row of the file below its header, ascending
    table: Array  # pairs, sorted by the table's row: a row of the table …
    file: Array  # … and a place in ``numbers`` that it came from
    left_out: tuple[
        tuple[str, Array], ...
    ] = ()  # reason of the ledger, and places in ``numbers`` that no table may take
    cells: dict[str, Array] = field(
        default_factory=dict
    )  # pivoted column → place in ``numbers`` of each row's cell, or -1

    @classmethod
    def whole(cls, numbers: Array) -> Origin:
        """Return the origin of a table that has the file's rows as they are."""
        places = np.arange(len(numbers), dtype=np.int64)
        return cls(numbers, places, places)

    def at(self, rows: Array, size: int) -> Origin:
        """Return the origin of a table of some rows (places) of a table with ``size`` rows; a row may occur repeatedly."""
        starts = np.searchsorted(self.table, np.arange(size + 1))
        counts = np.diff(starts)[rows]
        table = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
        within = np.arange(len(table)) - np.repeat(np.cumsum(counts) - counts, counts)
        file = self.file[np.repeat(starts[:-1][rows], counts) + within]
        return replace(self, table=table, file=file, cells={name: cell[rows] for name, cell in self.cells.items()})


@dataclass(frozen=True)
class RawTable:
    """One table of a file: every cell text. Without an ``origin``, row i is the file's row i + 2."""

    name: str  # of the file, with the sheet of a workbook: tables of one name share their rows in the ledger
    size: int
    columns: dict[str, Words]
    origin: Origin | None = None
    epoch: int | None = None  # days from the day 0 of its bare day numbers to 1970, where that is not 1899-12-30

    def at(self, rows: Array) -> RawTable:
        """Return the table with some of its rows (places), in that order."""
        origin = self.origin or Origin.whole(np.arange(2, self.size + 2, dtype=np.int64))
        columns = {name: words.at(rows).compact() for name, words in self.columns.items()}
        return RawTable(self.name, len(rows), columns, origin.at(rows, self.size), self.epoch)


def text_array(values: Sequence[str | None] | Array) -> Array:
    """Return strings as an array of objects."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def constant(value: str, size: int) -> Words:
    """Return a column that holds one value."""
    return Words(np.zeros(size, dtype=np.int32), text_array([value]))


def join_words(parts: Sequence[Words]) -> Words:
    """Return columns below one another, with codes into the sorted distinct values of all.

    The codes depend on the values only, not on the order of rows or columns.
    """
    values = sorted({value for part in parts for value in part.values[_used_codes(part)]})
    place = {value: code for code, value in enumerate(values)}
    codes = [
        part.spread(np.array([place.get(value, -1) for value in part.values], dtype=np.int32), -1) for part in parts
    ]
    return Words(np.concatenate(codes).astype(np.int32) if codes else np.empty(0, np.int32), text_array(values))


def _used_codes(words: Words) -> Array:
    used = np.zeros(len(words.values) + 1, dtype=bool)
    used[words.codes] = True
    return np.nonzero(used[:-1])[0]
