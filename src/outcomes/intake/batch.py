"""A batch: the rows of one file that belong to one table, with patient and time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from outcomes.intake.ledger import Ledger
from outcomes.intake.values import (
    REPAIRED,
    UNKNOWN,
    Mapped,
    map_values,
    plain_text,
    to_numbers,
)
from outcomes.intake.words import Array, RawTable, Words, constant, text_array
from outcomes.settings import Column, DateRules, Source, Study, Table, TableMap


@dataclass(frozen=True)
class Batch:
    """Rows of one file for one table. ``rows`` are positions in the file; the other arrays are aligned with them."""

    file: int
    table: Table
    leading: Table  # the table that decides what becomes of the file's rows
    raw: RawTable
    mapping: TableMap
    rows: Array
    patient: Array
    date: Array  # days since 1970 with the time of day; NaN without a date
    study_day: Array  # as given by the export; NaN where it gives none
    visit: Array  # code of the study's visit; -1 without one
    dates: DateRules  # how this file's dates are written
    constants: dict[str, str | float] = field(default_factory=dict)
    utc: bool = False  # some of its dates are stamps in UTC, and no zone of the clinic is known
    plain: bool = False  # some are plain dates, or stamps with a zone of their own
    submitted: Array | None = None  # time of submission, as ``date``; None where the export has no such column
    exchange: bool = False  # day and month of its true dates are to be exchanged
    harms: str | None = None  # column of the same rows that lists adverse events: filled in, harms were asked about

    @property
    def primary(self) -> bool:
        """Whether this table decides what becomes of the file's rows."""
        return self.table == self.leading

    def select(self, which: Array) -> Batch:
        """Return the batch with some of its rows (a mask)."""
        if bool(which.all()):
            return self
        names = ("rows", "patient", "date", "study_day", "visit")
        submitted = None if self.submitted is None else self.submitted[which]
        return replace(self, submitted=submitted, **{name: getattr(self, name)[which] for name in names})

    def has(self, name: str) -> bool:
        """Tell whether a canonical column is mapped."""
        return name in self.constants or name in self.mapping.columns

    def column(self, name: str) -> Column:
        """Return the settings of a canonical column; a constant of the source goes first."""
        if name in self.constants:
            return Column.model_validate({"constant": self.constants[name]})
        return self.mapping.columns[name]

    @cached_property
    def whole(self) -> bool:
        """Whether the batch is all rows of the file in the file's order, so that nothing needs to be picked."""
        return len(self.rows) == self.raw.size and bool((self.rows == np.arange(self.raw.size)).all())

    def text(self, column: str) -> Words:
        """Return a column of the export as text, aligned with ``rows``."""
        words = self.raw.columns[column]
        return words if self.whole else words.at(self.rows)

    def words(self, name: str) -> Words:
        """Return a canonical column as text, aligned with ``rows``."""
        words = raw_words(self.raw, self.column(name))
        return words if self.whole else words.at(self.rows)

    def mapped(self, name: str, study: Study) -> Mapped:
        """Return a canonical column in the study's spelling, aligned with ``rows``."""
        column = self.column(name)
        mapped = map_values(raw_words(self.raw, column), column, study.cleaning)
        mapped = mapped if self.whole else mapped.at(self.rows)
        return mapped if column.constant is None else replace(mapped, declared=True)

    def noted(self, name: str, study: Study, ledger: Ledger) -> Mapped:
        """Return a canonical column in the study's spelling; unknown and repaired values go into the ledger."""
        mapped = self.mapped(name, study)
        for state, reason in ((UNKNOWN, "unknown_value"), (REPAIRED, "mojibake_repaired")):
            if (mapped.states == state).any():
                ledger.note(self.file, self.rows[mapped.row_states == state], reason, name, state="corrected")
        return mapped


def raw_words(raw: RawTable, column: Column) -> Words:
    """Return the text of a column or of a constant."""
    if column.column is not None:
        words = raw.columns[column.column]
        if not column.missing:
            return words
        missing = {
            *column.missing,
            *(f"{number:g}" for number in to_numbers(text_array(column.missing)) if number == number),
        }
        numbers = [f"{number:g}" for number in to_numbers(words.values)]
        pairs = zip(words.values, numbers, strict=True)
        return Words(words.codes, text_array(["" if {value, number} & missing else value for value, number in pairs]))
    assert column.constant is not None
    return constant(plain_text(column.constant), raw.size)


def wanted_columns(study: Study, source: Source) -> set[str]:
    """Return the names of the columns that the tables of a source map."""
    wanted: set[str] = set()
    for mapping in study.tables_of(source).values():
        wanted |= {column.column for column in mapping.columns.values() if column.column is not None}
        for columns in mapping.instruments.values():
            wanted |= {*columns.items, *([columns.total] if columns.total else [])}
    return wanted


def item_columns(study: Study, source: Source) -> frozenset[str]:
    """Return the names of the columns that hold nothing but answers to items."""
    maps = study.tables_of(source).values()
    items = {item for mapping in maps for columns in mapping.instruments.values() for item in columns.items}
    others = {column.column for mapping in maps for column in mapping.columns.values()}
    totals = {columns.total for mapping in maps for columns in mapping.instruments.values()}
    return frozenset(items - others - totals)


def visit_names(study: Study) -> list[str]:
    """Return the labels of the study's visits, in order; in a crossover, visits of several arms may share a name."""
    return list(dict.fromkeys(visit.label for visit in study.visits))
