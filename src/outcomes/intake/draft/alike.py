"""Columns that give the same answers to one question: its words, and their codes beside them."""

from __future__ import annotations

import numpy as np

from outcomes.instruments import Instrument
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.points import read_points
from outcomes.intake.values import to_numbers


def without_alike(sheet: Sheet, definition: Instrument, names: list[str]) -> list[str]:
    """Return columns of one item without those that give the same answers in every row, also counted from one: the codes of its words."""
    if len(names) < 2:
        return names
    names = sorted(names, key=lambda name: _is_numeric(sheet.fields[name]))
    read = [read_points(sheet.fields[name].words.values, definition, {})[0] for name in names]
    points = [sheet.fields[name].words.spread(one) for name, one in zip(names, read, strict=True)]
    apart = [0, 1] if not _is_numeric(sheet.fields[names[0]]) else [0]
    alike = [
        any(np.array_equal(one, points[0] + more, equal_nan=True) for more in apart) and not np.isnan(one).all()
        for one in points
    ]
    return [names[0], *(name for name, same in zip(names, alike, strict=True) if not same)]


def _is_numeric(column: Field) -> bool:
    """Tell whether all values of a column are numbers."""
    return bool(len(column.values)) and not np.isnan(to_numbers(column.values)).any()
