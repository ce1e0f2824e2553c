"""Long tables: vitals, adverse events, and events in a patient's course. One raw row may give several records or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.intake.batch import Batch
from outcomes.intake.columns import category, read_numbers, stack_words
from outcomes.intake.duplicates import STAYS, compose_key, fill, settle
from outcomes.intake.ledger import Ledger
from outcomes.intake.mapping import MEASURES, MOMENTS, PLACING
from outcomes.intake.privacy import check_categories
from outcomes.intake.stack import Stack
from outcomes.intake.values import MISSING, UNKNOWN, map_values
from outcomes.intake.words import Array, Words, text_array
from outcomes.settings import Column, Study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Records:
    """Records of one table: the row of the stack that each came from, what it is, and its content as ranked numbers."""

    source: Array
    kinds: tuple[Words, ...]
    content: Array


def build_vitals(batches: Sequence[Batch], zero: Array, study: Study, ledger: Ledger) -> pd.DataFrame:
    """Return one row per patient, day, measure and moment (see the contract), sorted by these."""
    import pandas as pd

    stack = Stack.of(batches, zero)
    sources, kinds, values = [], [], []
    for batch, start in zip(batches, _starts(stack), strict=True):
        found = np.zeros(len(batch.rows), dtype=bool)
        for name in sorted(set(batch.mapping.columns) - PLACING):
            numbers = read_numbers(batch, name, study, ledger, MEASURES[name.rpartition("_")[0]])
            at = np.nonzero(~np.isnan(numbers))[0]
            found[at] = True
            sources.append(at + start)
            kinds.append(Words(np.zeros(len(at), np.int32), text_array([name])))
            values.append(numbers[at])
        _leave_out_empty(batch, found, "no_value", ledger)
    names = stack_words(kinds, [len(part) for part in sources])
    measure = _renamed(names, [name.rpartition("_")[0] for name in names.values])
    moment = _renamed(names, [name.rpartition("_")[2] for name in names.values])
    records = Records(_concatenate(sources).astype(np.int64), (measure, moment), _concatenate(values))
    order = _settle(records, stack, study, ledger, "vitals")
    return pd.DataFrame(
        {
            **_placed(records, stack, order),
            "measure": category(measure.at(order)).cat.set_categories(list(MEASURES)),
            "moment": category(moment.at(order)).cat.set_categories(list(MOMENTS)),
            "value": records.content[order],
        }
    )


def build_adverse_events(batches: Sequence[Batch], zero: Array, study: Study, ledger: Ledger) -> pd.DataFrame:
    """Return one row per patient, day and adverse event (see the contract), sorted by these."""
    details = ("severity", "serious", "related", "action", "outcome")
    return _build_events(batches, zero, study, ledger, "adverse_events", details)


def build_events(batches: Sequence[Batch], zero: Array, study: Study, ledger: Ledger) -> pd.DataFrame:
    """Return one row per patient, day and event (see the contract), sorted by these."""
    return _build_events(batches, zero, study, ledger, "events", ("stop_reason",))


def _build_events(
    batches: Sequence[Batch], zero: Array, study: Study, ledger: Ledger, table: str, details: Sequence[str]
) -> pd.DataFrame:
    """Return one row per patient, day and event, with the details of the event that the export has."""
    import pandas as pd

    stack = Stack.of(batches, zero)
    parts = [_split_events(batch, study, ledger) for batch in batches]
    kinds = stack_words([words for _, words in parts], [len(words) for _, words in parts])
    if not all(batch.column("event").values or batch.column("event").constant for batch in batches):
        owners = [batch.patient[at] for batch, (at, _) in zip(batches, parts, strict=True)]
        check_categories(kinds, _concatenate(owners), "event", table, study)
    sources = _concatenate([at + start for (at, _), start in zip(parts, _starts(stack), strict=True)]).astype(np.int64)
    records = Records(sources, (kinds,), _severities(batches, study)[sources])
    order = _settle(records, stack, study, ledger, "event")
    columns: dict[str, Any] = {**_placed(records, stack, order), "event": category(kinds.at(order))}
    for name in details:
        if any(batch.has(name) for batch in batches):
            words = _detail(name, batches, study, ledger, table)
            columns[name] = category(Words(words.codes[sources[order]], words.values))
    return pd.DataFrame(columns)


def _detail(name: str, batches: Sequence[Batch], study: Study, ledger: Ledger, table: str) -> Words:
    """Return a detail of the events in the study's spelling, one value a row of the batches."""
    parts = [batch.noted(name, study, ledger) if batch.has(name) else None for batch in batches]
    words = stack_words(parts, [len(batch.rows) for batch in batches])
    if not all(part.declared for part in parts if part is not None):
        check_categories(words, _owners(batches), name, table, study)
    return words


def _owners(batches: Sequence[Batch]) -> Array:
    return _concatenate([batch.patient for batch in batches])


def _severities(batches: Sequence[Batch], study: Study) -> Array:
    """Return the severity of every row as a rank; NaN where there is none."""
    parts = [batch.mapped("severity", study) if batch.has("severity") else None for batch in batches]
    codes = stack_words(parts, [len(batch.rows) for batch in batches]).codes
    return np.where(codes < 0, np.nan, codes.astype(np.float64))


def _split_events(batch: Batch, study: Study, ledger: Ledger) -> tuple[Array, Words]:
    """Return the row of every event of a batch and the event itself; a cell may list several."""
    column = batch.column("event")
    cells = batch.words("event")
    lists = [_parts(cell, column) for cell in cells.values]
    parts = text_array(sorted({part for cell in lists for part in cell}))
    mapped = map_values(Words(np.arange(len(parts)), parts), column, study.cleaning)
    place = {part: code for code, part in enumerate(parts)}
    known = {
        part: mapped.words.values[code] for part, code in place.items() if mapped.states[code] not in (MISSING, UNKNOWN)
    }
    unknown = np.array([any(mapped.states[place[part]] == UNKNOWN for part in cell) for cell in lists], dtype=bool)
    events = [sorted({known[part] for part in cell if part in known}) for cell in lists]
    row_has = cells.spread(np.array([len(cell) > 0 for cell in events], dtype=bool))
    row_unknown = cells.spread(unknown)
    state = "quarantined" if batch.primary else "corrected"
    ledger.note(batch.file, batch.rows[row_unknown & row_has], "unknown_value", "event", state="corrected")
    ledger.note(batch.file, batch.rows[row_unknown & ~row_has], "unknown_value", "event", state=state)
    _leave_out_empty(batch, row_has | row_unknown, "no_event", ledger)
    counts = cells.spread(np.array([len(cell) for cell in events], dtype=np.int64))
    rows = np.repeat(np.arange(len(batch.rows)), counts)
    names = [name for code in cells.codes[counts > 0].tolist() for name in events[code]]
    values = sorted(set(names))
    position = {name: code for code, name in enumerate(values)}
    return rows, Words(np.array([position[name] for name in names], dtype=np.int32), text_array(values))


def _parts(cell: str, column: Column) -> list[str]:
    parts = cell.split(column.split) if column.split else [cell]
    return [part.strip() for part in parts if part.strip()]


def _leave_out_empty(batch: Batch, found: Array, reason: str, ledger: Ledger) -> None:
    if batch.primary:
        ledger.note(batch.file, batch.rows[~found], reason)


def _settle(records: Records, stack: Stack, study: Study, ledger: Ledger, column: str) -> Array:
    """Return the records that stay, in order, after entering the others as duplicates."""
    at = records.source
    key = compose_key(stack.patient[at], stack.day[at], *(words.codes for words in records.kinds))
    rule = study.cleaning.conflicting_duplicates

    def describe(rows: Array) -> list[Array]:
        return [fill(records.content[rows])]

    states, _ = settle(key, describe, stack.submitted[at], lambda rows: stack.ties(at[rows]), rule)
    stack.note_duplicates(states, ledger, column, at)
    stays = np.nonzero(states == STAYS)[0]
    order = stays[np.argsort(key[stays], kind="stable")]
    stack.keep(at[order], ledger)
    return order


def _placed(records: Records, stack: Stack, order: Array) -> dict[str, Any]:
    at = records.source[order]
    return {"patient": stack.patient[at].astype(np.int32), "study_day": stack.day[at].astype(np.int32)}


def _starts(stack: Stack) -> Array:
    return np.cumsum([0, *stack.sizes])[: len(stack.sizes)]


def _concatenate(parts: Sequence[Array]) -> Array:
    return np.concatenate(parts) if parts else np.empty(0)


def _renamed(words: Words, names: list[str]) -> Words:
    return join_same(Words(words.codes, text_array(names)))


def join_same(words: Words) -> Words:
    """Return a column whose distinct values may repeat, with each value once."""
    return stack_words([words], [len(words)])
