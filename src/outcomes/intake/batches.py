"""The rows of a file given to the tables that it feeds; rows without a patient, a time or a treatment are left out here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from outcomes.intake.batch import Batch, wanted_columns
from outcomes.intake.ledger import Ledger
from outcomes.intake.times import place_rows, read_submissions
from outcomes.intake.values import MISSING, REPAIRED, UNKNOWN, is_missing, one_spelling, repair
from outcomes.intake.words import Array, RawTable
from outcomes.settings import DateRules, Source, Study, Table, TableMap

PRIMARY_ORDER: tuple[Table, ...] = ("sessions", "assessments", "patients", "adverse_events", "vitals", "events")


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
    batch = read_submissions(place_rows(batch, study, ledger, first), study, ledger, first)
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


def _with_treatment(batch: Batch, study: Study, ledger: Ledger) -> Batch:
    """Leave out sessions without a known treatment."""
    mapped = batch.mapped("treatment", study)
    states = mapped.row_states
    ledger.note(batch.file, batch.rows[states == MISSING], "no_treatment", "treatment")
    ledger.note(batch.file, batch.rows[states == UNKNOWN], "unknown_value", "treatment", state="quarantined")
    ledger.note(batch.file, batch.rows[states == REPAIRED], "mojibake_repaired", "treatment")
    return batch.select((states != MISSING) & (states != UNKNOWN))
