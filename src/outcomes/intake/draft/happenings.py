"""Lists of all that happened, one row each, whatever it is: the rows that are treatments, beside those of questionnaires."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from outcomes.intake.draft.labelled import SESSIONS
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.draft.treatments import MOST_SPELLINGS
from outcomes.intake.draft.vocabulary import recognise_treatment, words_of
from outcomes.intake.readers import Proposal
from outcomes.intake.words import Array
from outcomes.settings import Column

MOSTLY, FEWEST = 0.8, 5  # share of the rows of a kind that must name a treatment, and rows
NUMBER = r"\d{1,3}(?:[.,]\d+)?"
DOSED, BARE = re.compile(rf"{NUMBER} ?mg", re.IGNORECASE), re.compile(NUMBER)
UNITS = frozenset({"unit", "units", "uom"})


def find_given(sheet: Sheet, proposal: Proposal, names: Sequence[str]) -> Proposal | None:
    """Return how the rows of a list are read that are treatments; None where none is.

    ``names`` are the columns that say what a row is. One of them names the drug; else it has a word for treatments, and another column the drug.
    """
    ranked = [(int(rows.sum()), name, spelt, rows) for name in names for spelt, rows in [_treated(sheet, name)]]
    count, name, spelt, rows = max(ranked, key=lambda one: one[0])
    if count < FEWEST:
        return None
    source = proposal.source.model_copy(update={"rows": {**proposal.source.rows, name: spelt}})
    dose = next(_doses(sheet, rows), None)
    columns = {} if dose is None else {"sessions": {"dose_mg": Column(column=dose, constant=None, unit="mg")}}
    check = f"rows that {name!r} calls {', '.join(map(repr, spelt))} are read for themselves, as treatments"
    return replace(
        proposal,
        source=source,
        only=SESSIONS,
        checks=(*proposal.checks, check),
        columns={**proposal.columns, **columns},  # type: ignore[dict-item]
    )


def _treated(sheet: Sheet, name: str) -> tuple[tuple[str, ...], Array]:
    """Return the values of a column whose rows are treatments, and which rows these are."""
    column = sheet.fields[name]
    spelt = [value for value in column.values if _is_treatment(value)]
    if not spelt and len(column.values) <= MOST_SPELLINGS:
        spelt = [value for value in column.values if _holds_treatments(sheet, name, value)]
    return tuple(sorted(spelt)), column.words.spread(np.isin(column.words.values, spelt))


def _is_treatment(value: str) -> bool:
    return recognise_treatment(value)[0] is not None


def _holds_treatments(sheet: Sheet, name: str, value: str) -> bool:
    """Tell whether another column names a treatment in most rows that have a value."""
    mine = sheet.fields[name].words.spread(sheet.fields[name].words.values == value)
    for other, column in sheet.fields.items():
        counts = np.bincount(column.words.codes[mine], minlength=len(column.words.values))
        here = np.nonzero(counts)[0]
        if other != name and mine.sum() >= FEWEST and len(here) <= MOST_SPELLINGS:
            named = [place for place in here if _is_treatment(column.words.values[place])]
            if counts[named].sum() >= MOSTLY * mine.sum():
                return True
    return False


def _doses(sheet: Sheet, rows: Array) -> Iterator[str]:
    """Yield the columns of numbers with mg behind them, or beside a column that says so."""
    units = [column for name, column in sheet.fields.items() if set(words_of(name)) & UNITS]
    weighed = any({cell.casefold() for cell in _cells(column, rows)} == {"mg"} for column in units)
    for name, column in sheet.fields.items():
        cells = _cells(column, rows)
        if cells and all(DOSED.fullmatch(cell) or (weighed and BARE.fullmatch(cell)) for cell in cells):
            yield name


def _cells(column: Field, rows: Array) -> set[str]:
    """Return the distinct values in some rows that are not missing."""
    codes = np.unique(column.words.codes[rows])
    return {str(column.words.values[code]) for code in codes if not column.missing[code]}
