"""Ages at the first session from dates of birth, which never leave intake."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from outcomes.intake.batch import Batch
from outcomes.intake.dates import AS_WRITTEN, parse_dates
from outcomes.intake.ledger import Ledger, show_numbers
from outcomes.intake.privacy import BIRTH, TOP_AGE
from outcomes.intake.values import is_missing
from outcomes.intake.words import Array, text_array
from outcomes.settings import Study

YEAR = re.compile(r"(?:19|20)\d{2}(?:\.0)?")
CENTURY = 36525  # days; the 29th of February of 1900, which there was not, lies before all births


def derive_ages(batches: Sequence[Batch], zero: Array, study: Study, ledger: Ledger) -> Array | None:
    """Return the whole years that each patient had lived on the day of the first session; None where no file has births.

    Element p belongs to patient p and is NaN where the birth or the first session is not known, or the age is implausible. Ages above
    89 are 90. A bare year stands for its middle, and a year of two digits for the last such year before the first session.
    """
    if not any(batch.has(BIRTH) for batch in batches):
        return None
    born = np.full(len(zero), np.nan)
    for batch in (one for one in batches if one.has(BIRTH)):
        _add_births(batch, born, study, ledger)
    day = np.where(np.isinf(zero), np.nan, zero)
    if any("%y" in form for batch in batches if batch.has(BIRTH) for form in batch.dates.formats):
        born = np.where(born > day, born - CENTURY, born)
    ages = count_years(born, day)
    low, high = study.cleaning.age_years
    outside = (ages < low) | (ages > high)
    old = ages >= TOP_AGE
    for batch in (one for one in batches if one.has(BIRTH)):
        ledger.note(batch.file, batch.rows[outside[batch.patient]], "age_implausible", BIRTH, state="corrected")
        ledger.note(batch.file, batch.rows[(old & ~outside)[batch.patient]], "age_top_coded", BIRTH, state="corrected")
    return np.minimum(np.where(outside, np.nan, ages), TOP_AGE)


def _add_births(batch: Batch, born: Array, study: Study, ledger: Ledger) -> None:
    """Enter each patient's birth, the first by date where rows differ; one that cannot be read is in the ledger."""
    words = batch.words(BIRTH)
    missing = is_missing(words.values, study.cleaning)
    years = np.array([value is not None and YEAR.fullmatch(value) is not None for value in words.values], dtype=bool)
    rules = batch.dates.model_copy(update={"first_year": 1900, "last_year": 2100, "zone": AS_WRITTEN})
    values = [f"{value[:4]}-07-01T00:00:00" if year else value for value, year in zip(words.values, years, strict=True)]
    days, reasons = parse_dates(text_array(values), missing, rules, batch.raw.epoch, batch.column(BIRTH).column or "")
    ledger.note(batch.file, batch.rows[words.spread(reasons, 0) > 1], "unreadable_birth", BIRTH)
    of_row = words.spread(np.floor(days), np.nan)
    known = ~np.isnan(of_row)
    first = born.copy()
    np.fmin.at(first, batch.patient[known], of_row[known])
    ledger.note(batch.file, batch.rows[known & (of_row != first[batch.patient])], "inconsistent_attribute", BIRTH)
    born[:] = first


def count_years(born: Array, day: Array) -> Array:
    """Return the completed years between two days since 1970; NaN where one is missing.

    >>> count_years(np.array([0.0, 0.0, np.nan]), np.array([365.0 * 30 + 7, 365.0 * 30 + 6, 0.0]))  # born on 1 January 1970
    array([30., 29., nan])
    """
    known = ~np.isnan(born) & ~np.isnan(day)
    first, last = (np.where(known, days, 0).astype("datetime64[D]") for days in (born, day))
    year = [days.astype("datetime64[Y]") for days in (first, last)]
    month = [days.astype("datetime64[M]").astype(np.int64) % 12 for days in (first, last)]
    date = [(days - days.astype("datetime64[M]")).astype(np.int64) for days in (first, last)]
    before = (month[1] < month[0]) | ((month[1] == month[0]) & (date[1] < date[0]))
    return np.where(known, (year[1] - year[0]).astype(np.int64) - before, np.nan)


def note_replaced(batch: Batch, stated: Array, ages: Array, ledger: Ledger) -> None:
    """Enter the rows whose age is another than that at the first session, by the date of birth; the latter is taken."""
    own = ages[batch.patient]
    hit = np.nonzero(~np.isnan(own) & ~np.isnan(stated) & (np.floor(stated) != own))[0]
    old, new = (show_numbers(values[hit]) for values in (stated, own))
    ledger.note(batch.file, batch.rows[hit], "age_from_birth", "age", old=old, new=new)
