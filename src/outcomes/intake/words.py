"""Columns of text as codes into their distinct values, so that every rule costs once per value and not once per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Words:
    """A column of text; ``values[codes]`` spells it out. A code of -1 is a missing value."""

    codes: Array
    values: Array

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, rows: Array) -> Words:
        """Return the named rows."""
        return Words(self.codes[rows], self.values)

    def spread(self, by_value: Array, absent: Any = None) -> Array:
        """Return something known per distinct value for every row; ``absent`` where the code is -1."""
        if not len(self.codes):
            return by_value[:0]
        if absent is None:
            return by_value[self.codes]
        return np.append(by_value, np.array([absent], dtype=by_value.dtype))[self.codes]


@dataclass(frozen=True)
class RawTable:
    """One file or sheet: every cell text, only the columns that the study names. Row i is spreadsheet row i + 2."""

    name: str
    size: int
    columns: dict[str, Words]


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
