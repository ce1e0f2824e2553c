"""Columns that grow as rows come, for formats whose columns are known at the end of the file only."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import numpy as np

from outcomes.intake.words import Words, text_array


class Rows:
    """Columns that grow as rows come; a column that a row does not have is blank there."""

    def __init__(self) -> None:
        self.size = 0
        self.codes: dict[str, array[int]] = {}
        self.values: dict[str, dict[str, int]] = {}
        self.said: dict[str, str] = {}

    def add(self, row: Mapping[str, tuple[str, str]]) -> None:
        """Add a row."""
        for key, (said, cell) in row.items():
            codes = self.codes.setdefault(key, array("i"))
            codes.extend([0] * (self.size - len(codes)))
            known = self.values.setdefault(key, {"": 0})
            codes.append(known.setdefault(cell, len(known)))
            if said:  # of several wordings of one question, the first by name
                self.said[key] = min(said, self.said.get(key, said))
        self.size += 1

    def columns(self) -> dict[str, Words]:
        """Return the columns: answers named by their question, where its key is no code."""
        found = {}
        for key, codes in self.codes.items():
            codes.extend([0] * (self.size - len(codes)))
            values = list(self.values[key])
            if len(values) > 1 or key in ("patient", "date", "status"):
                name = f"{key} - {self.said[key]}" if key in self.said else key
                found[name] = Words(np.frombuffer(codes, dtype=np.int32).copy(), text_array(values)).compact()
        return found
