"""When the rows of a batch were: visits, study days and dates, with what is refused of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.batch import Batch, visit_names
from outcomes.intake.dates import DATE_REASONS, count_swapped, exchange_swapped, parse_dates, read_dates
from outcomes.intake.ledger import Ledger
from outcomes.intake.values import MISSING, is_missing, one_spelling, to_numbers
from outcomes.intake.words import Array, Words
from outcomes.settings import Study

TIME = frozenset({"date", "study_day", "visit"})
LARGEST_DAY = 120 * 366  # a lifetime


def place_rows(batch: Batch, study: Study, ledger: Ledger, first: Batch | None) -> Batch:
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


def read_submissions(batch: Batch, study: Study, ledger: Ledger, first: Batch | None) -> Batch:
    """Return the batch with the time of submission; one that cannot be read is missing, and in the ledger."""
    if not batch.has("submitted"):
        return batch
    words = _exchange(batch, batch.words("submitted"), None) if batch.exchange else batch.words("submitted")
    name = batch.column("submitted").column or ""
    missing = is_missing(words.values, study.cleaning)
    times, reasons = parse_dates(words.values, missing, batch.dates, batch.raw.epoch, name)
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
    name = batch.column("date").column or ""
    read = read_dates(words.values, is_missing(words.values, study.cleaning), batch.dates, batch.raw.epoch, name)
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
            f"{', '.join(stamped)}: there are stamps in UTC (a Z behind them, or UTC in the column's name), and in {', '.join(plain)} plain dates, so that "
            "evening and morning may be another day than the clinic's. Declare the clinic's time zone as 'zone' of the "
            "source, or of 'dates' (zone: America/New_York); 'zone: as written' takes the day that is written."
        )
