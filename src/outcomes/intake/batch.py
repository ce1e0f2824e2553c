"""Batches: the rows of one file that belong to one table, with patient and time; rows that have none are left out here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.dates import DATE_REASONS, count_swapped, exchange_swapped, parse_dates, read_dates
from outcomes.intake.ledger import Ledger
from outcomes.intake.values import (
    MISSING,
    REPAIRED,
    UNKNOWN,
    Mapped,
    is_missing,
    map_values,
    one_spelling,
    plain_text,
    repair,
    to_numbers,
)
from outcomes.intake.words import Array, RawTable, Words, constant, text_array
from outcomes.settings import Column, DateRules, Source, Study, Table, TableMap

PRIMARY_ORDER: tuple[Table, ...] = ("sessions", "assessments", "patients", "adverse_events", "vitals", "events")
TIME = frozenset({"date", "study_day", "visit"})
LARGEST_DAY = 120 * 366  # a lifetime


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


def make_batches(
    file: int, raw: RawTable, source: Source, study: Study, number: dict[str, int], ledger: Ledger
) -> list[Batch]:
    """Return one batch per table of a source, the primary one first; then those of rows that are declared no session."""
    tables = study.tables_of(source)
    rows = np.arange(raw.size, dtype=np.int64)
    rows = _leave_out_blank(file, raw, wanted_columns(study, source), rows, study, ledger)
    groups: list[tuple[dict[Table, TableMap], Array]] = [(tables, rows)]
    none = _no_sessions(raw, tables)
    if none.any():
        others: dict[Table, TableMap] = {name: mapping for name, mapping in tables.items() if name != "sessions"}
        groups = [(tables, rows[~none[rows]]), (others, rows[none[rows]])]
    batches: list[Batch] = []
    for mine, of_group in groups:
        first: Batch | None = None
        for table in (name for name in PRIMARY_ORDER if name in mine):
            start = of_group if first is None else first.rows
            batch = _make_batch(file, raw, source, table, mine[table], study, number, ledger, start, first)
            first = first or batch
            batches.append(batch)
    return batches


def _no_sessions(raw: RawTable, tables: dict[Table, TableMap]) -> Array:
    """Return which rows are declared to be no session (a treatment mapped to null), where they may be questionnaires."""
    column = tables["sessions"].columns.get("treatment") if {"sessions", "assessments"} <= set(tables) else None
    none = {one_spelling(spelling) for spelling, value in column.values.items() if value is None} if column else set()
    if not none or column is None or column.column is None:
        return np.zeros(raw.size, dtype=bool)
    words = raw.columns[column.column]
    return words.spread(np.array([one_spelling(repair(value)) in none for value in words.values], dtype=bool))


def _leave_out_blank(file: int, raw: RawTable, names: set[str], rows: Array, study: Study, ledger: Ledger) -> Array:
    blank = rows
    for name in sorted(names):
        words = raw.columns[name]
        missing = is_missing(words.values, study.cleaning)
        blank = blank[missing[words.codes[blank]]] if missing.any() else blank[:0]
        if not len(blank):
            return rows
    ledger.note(file, blank, "blank_row")
    return np.delete(rows, blank)


def _make_batch(
    file: int,
    raw: RawTable,
    source: Source,
    table: Table,
    mapping: TableMap,
    study: Study,
    number: dict[str, int],
    ledger: Ledger,
    rows: Array,
    first: Batch | None,
) -> Batch:
    nothing = np.full(len(rows), np.nan)
    batch = Batch(
        file, table, first.table if first else table, raw, mapping, rows, np.zeros(len(rows), np.int32), nothing, nothing,
        np.full(len(rows), -1, np.int16), _date_rules(source, study), {name: v for name, v in source.constants.items() if name != "patient"},
        exchange=source.swapped_dates == "exchange",
        harms=_harms_column(study.tables_of(source)) if table == "sessions" else None,
    )  # fmt: skip
    batch = _with_patients(batch, study, number, ledger)
    if table == "patients":
        return batch
    batch = _with_submission(_with_times(batch, study, ledger, first), study, ledger, first)
    return _with_treatment(batch, study, ledger) if table == "sessions" else batch


def _harms_column(tables: Mapping[Table, TableMap]) -> str | None:
    """Return the column in which the rows of a source list adverse events, if they do."""
    mapping = tables.get("adverse_events")
    return mapping.columns["event"].column if mapping is not None and "event" in mapping.columns else None


def _date_rules(source: Source, study: Study) -> DateRules:
    own = {"formats": source.date_formats or None, "zone": source.zone}
    return study.dates.model_copy(update={name: value for name, value in own.items() if value is not None})


def _with_patients(batch: Batch, study: Study, number: dict[str, int], ledger: Ledger) -> Batch:
    mapped = batch.mapped("patient", study)
    numbers = np.array([number.get(value, 0) if value else 0 for value in mapped.words.values], dtype=np.int32)
    patient = mapped.words.spread(numbers)
    known = patient > 0
    if batch.primary and (mapped.states == REPAIRED).any():
        ledger.note(batch.file, batch.rows[mapped.row_states == REPAIRED], "mojibake_repaired", "patient")
    if batch.primary and not known.all():
        ledger.note(batch.file, batch.rows[~known], "unknown_patient")
    return replace(batch, patient=patient).select(known)


def _with_times(batch: Batch, study: Study, ledger: Ledger, first: Batch | None) -> Batch:
    """Return the batch with date, study day and visit; rows without any are left out."""
    if not any(batch.has(name) for name in TIME):
        return batch
    placed = np.zeros(len(batch.rows), dtype=bool)
    unknown, undated = placed, placed
    if batch.has("visit") and batch.table == "assessments":  # no other table has visits: a day places its rows
        batch, unknown = _read_visits(batch, study, ledger)
        placed = batch.visit >= 0
    if batch.has("study_day"):
        batch = _read_study_days(batch, study, ledger)
        placed = placed | ~np.isnan(batch.study_day)
    if batch.has("date"):
        same = first is not None and first.mapping.columns.get("date") == batch.mapping.columns.get("date")
        batch, undated = _read_dates(batch, study, None if same else ledger, placed)
        placed = placed | ~np.isnan(batch.date)
    if batch.primary:
        placed = placed & ~unknown
        ledger.note(batch.file, batch.rows[~placed & ~unknown & ~undated], "no_time")
    return batch.select(placed)


def _with_submission(batch: Batch, study: Study, ledger: Ledger, first: Batch | None) -> Batch:
    """Return the batch with the time of submission; one that cannot be read is missing, and in the ledger."""
    if not batch.has("submitted"):
        return batch
    words = _exchange(batch, batch.words("submitted"), None) if batch.exchange else batch.words("submitted")
    times, reasons = parse_dates(words.values, is_missing(words.values, study.cleaning), batch.dates, batch.raw.epoch)
    if first is None or first.mapping.columns.get("submitted") != batch.mapping.columns.get("submitted"):
        ledger.note(batch.file, batch.rows[words.spread(reasons) > 1], "unreadable_submission", "submitted")
    return replace(batch, submitted=words.spread(times))


def _read_visits(batch: Batch, study: Study, ledger: Ledger) -> tuple[Batch, Array]:
    mapped = batch.mapped("visit", study)
    names = visit_names(study)
    labels = {one_spelling(name): code for code, name in enumerate(names)}
    codes = np.array([labels.get(one_spelling(value or ""), -1) for value in mapped.words.values], dtype=np.int16)
    visit = mapped.words.spread(codes)
    wrong = (visit < 0) & (mapped.row_states != MISSING)
    if batch.primary:
        ledger.note(batch.file, batch.rows[wrong], "unknown_visit", "visit")
    return replace(batch, visit=visit), wrong


def _read_study_days(batch: Batch, study: Study, ledger: Ledger) -> Batch:
    words = batch.words("study_day")
    days = to_numbers(words.values)
    missing = is_missing(words.values, study.cleaning)
    days = np.where((days == np.floor(days)) & (np.abs(days) <= LARGEST_DAY), days, np.nan)
    wrong = words.spread(np.isnan(days) & ~missing)
    ledger.note(batch.file, batch.rows[wrong], "not_a_number", "study_day")
    return replace(batch, study_day=words.spread(days))


def _read_dates(batch: Batch, study: Study, ledger: Ledger | None, placed: Array) -> tuple[Batch, Array]:
    words = batch.words("date")
    if batch.exchange:
        words = _exchange(batch, words, ledger)
    else:
        _refuse_swapped(batch, words)
    read = read_dates(words.values, is_missing(words.values, study.cleaning), batch.dates, batch.raw.epoch)
    days, reasons = read.days, read.reasons
    of_row = words.spread(reasons)
    wrong = of_row > 1
    for code in (2, 3) if ledger is not None and wrong.any() else ():
        assert ledger is not None
        reason = str(DATE_REASONS[code])
        out = (of_row == code) & ~placed & batch.primary
        ledger.note(batch.file, batch.rows[out], reason, "date")
        ledger.note(batch.file, batch.rows[(of_row == code) & ~out], reason, "date", state="corrected")
    plain = bool((~np.isnan(days) & ~read.utc).any())
    return replace(batch, date=words.spread(days), utc=bool(read.utc.any()), plain=plain), wrong


def _exchange(batch: Batch, words: Words, ledger: Ledger | None) -> Words:
    """Return the dates with day and month exchanged where a spreadsheet swapped them, each with an entry."""
    values, changed = exchange_swapped(words.values)
    if ledger is not None and changed.any():
        ledger.note(batch.file, batch.rows[words.spread(changed, False)], "date_exchanged", "date", state="corrected")
    return Words(words.codes, values)


def _refuse_swapped(batch: Batch, words: Words) -> None:
    cells, texts = count_swapped(words.values)
    if cells:
        raise InputError(
            f"{batch.raw.name}: the dates of column {batch.column('date').column!r} are half swapped: all {cells} true dates have "
            f"a day up to 12, and all {texts} dates that are text one above. A spreadsheet took 07/01 for the 1st of July and left "
            "13/01 as text, or the other way round. Export the file again as .csv, and do not open it in a spreadsheet "
            "program before naming it here; or write `swapped_dates: exchange` for this source, which exchanges day and month of the true dates."
        )


def refuse_unknown_zones(batches: Sequence[Batch]) -> None:
    """Refuse stamps in UTC beside plain dates: near midnight, the day that is written is not the patient's.

    Raises
    ------
    InputError
        Which files have the one and the other, and what to declare.
    """
    stamped = sorted({batch.raw.name for batch in batches if batch.utc})
    plain = sorted({batch.raw.name for batch in batches if batch.plain})
    if stamped and plain:
        raise InputError(
            f"{', '.join(stamped)}: there are stamps in UTC (…Z), and in {', '.join(plain)} plain dates, so that "
            "evening and morning may be another day than the clinic's. Declare the clinic's time zone as 'zone' of the "
            "source, or of 'dates' (zone: America/New_York); 'zone: as written' takes the day that is written."
        )


def _with_treatment(batch: Batch, study: Study, ledger: Ledger) -> Batch:
    """Leave out sessions without a known treatment."""
    mapped = batch.mapped("treatment", study)
    states = mapped.row_states
    ledger.note(batch.file, batch.rows[states == MISSING], "no_treatment", "treatment")
    ledger.note(batch.file, batch.rows[states == UNKNOWN], "unknown_value", "treatment", state="quarantined")
    ledger.note(batch.file, batch.rows[states == REPAIRED], "mojibake_repaired", "treatment")
    return batch.select((states != MISSING) & (states != UNKNOWN))
