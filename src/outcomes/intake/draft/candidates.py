"""Columns that could be what is not found, so that a person can choose: named, with counts, without a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from outcomes.intake.draft.dateforms import find_dates
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.readers.header import is_name
from outcomes.intake.values import to_numbers

MOST = 4


@dataclass(frozen=True)
class Candidates:
    """Columns of one sheet that could name the patients, say when, what was given, or hold scores, likeliest first."""

    patient: tuple[str, ...]
    date: tuple[str, ...]
    treatment: tuple[str, ...]

    def describe(self) -> str:
        """Return the candidates in words."""
        parts = [
            (what, columns)
            for what, columns in (("patient", self.patient), ("date", self.date), ("treatment", self.treatment))
            if columns
        ]
        return "; ".join(f"{what}: {' or '.join(map(repr, columns))}" for what, columns in parts)


def find_candidates(sheet: Sheet, others: Iterable[Sheet]) -> Candidates:
    """Return the columns of a sheet that could be what no name told."""
    elsewhere = {
        value for other in others for column in other.fields.values() if names_people(column) for value in column.values
    }
    dated = {name for name, column in sheet.fields.items() if find_dates(column).share >= 0.7}
    free = {name: column for name, column in sheet.fields.items() if name not in dated and is_name(name)}
    people = [
        (_known(column, elsewhere), len(column.values), name) for name, column in free.items() if names_people(column)
    ]
    given = [(len(column.values), name) for name, column in free.items() if _is_few(column)]
    return Candidates(
        tuple(name for *_, name in sorted(people, reverse=True)[:MOST]),
        tuple(sorted(name for name in dated if is_name(name))[:MOST]),
        tuple(name for _, name in sorted(given)[:MOST]),
    )


def names_people(column: Field) -> bool:
    """Tell whether a column could name people: filled, many different short values, no small numbers, no decimals."""
    values = column.values
    if len(values) < 10 or column.filled < 0.9 * len(column.words) or len(values) * 200 < column.filled:
        return False
    numbers = to_numbers(values)
    counted = ~np.isnan(numbers)
    decimal = counted & (numbers != np.floor(numbers))
    small = counted.all() and float(numbers.max()) < 2 * len(values) and float(numbers.max()) < 100
    return not decimal.any() and not small and max(map(len, values)) <= 40 and find_dates(column).share < 0.5


def _known(column: Field, elsewhere: set[str]) -> float:
    return round(len(elsewhere.intersection(column.values)) / max(len(column.values), 1), 1)


def _is_few(column: Field) -> bool:
    """Tell whether a column holds a few words that come again and again."""
    values = column.values
    words = np.isnan(to_numbers(values))
    return 2 <= len(values) <= 15 and bool(words.all()) and len(values) * 5 <= column.filled
