"""Codes for missing in columns of numbers: proposed where they stand far from every number, and asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.survey import Field
from outcomes.intake.health.numbers import WORDS, find_spikes
from outcomes.intake.values import to_numbers

TABLES = ("patients", "sessions")
PLACING = frozenset({"patient", "date", "study_day", "visit", "submitted"})


def propose_missing(found: Sequence[Found]) -> None:
    """Add ``missing`` to the columns of numbers that hold codes or words for missing."""
    for one in found:
        for table in (table for table in TABLES if table in one.tables):
            for name, guess in one.tables[table].items():
                if name not in PLACING and guess.spellings is None:
                    one.tables[table][name] = _with_missing(guess, one.sheet.fields[guess.column])


def _with_missing(guess: Guess, column: Field) -> Guess:
    values, rows = column.words.values, np.where(column.missing, 0, column.rows)
    numbers = to_numbers(values)
    if rows[~np.isnan(numbers)].sum() < 0.5 * rows.sum():
        return guess
    codes = [f"{code:g}" for code in find_spikes(np.where(rows > 0, numbers, np.nan), rows)]
    words = sorted({value for value, count in zip(values, rows, strict=True) if count and value.casefold() in WORDS})
    if not codes and not words:
        return guess
    check = f"{', '.join([*codes, *words])} taken for missing; take out what is a true value" if codes else ""
    return replace(guess, missing=(*codes, *words), check="; ".join(filter(None, [guess.check, check])))
