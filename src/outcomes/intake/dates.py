"""Dates → days, while reading. A day is a whole number since 1970 here, and a study day everywhere else."""

from __future__ import annotations

import datetime as dt

import numpy as np

from outcomes.errors import SettingsError
from outcomes.intake.values import to_numbers
from outcomes.intake.words import Array
from outcomes.settings import DateRules

EXCEL_EPOCH = (dt.date(1970, 1, 1) - dt.date(1899, 12, 30)).days
CELL_FORMAT = "%Y-%m-%dT%H:%M:%S"  # what the workbook reader makes of a date cell
SECONDS = 86_400


def parse_dates(values: Array, missing: Array, rules: DateRules, epoch: int | None = None) -> tuple[Array, Array]:
    """Return days since 1970 with the time of day as fraction, and a reason per value (0 where there is none).

    Reasons index ``DATE_REASONS``. The calendar day is the one written, whatever time zone follows it.
    """
    days = np.full(len(values), np.nan)
    for form in (*rules.formats, CELL_FORMAT):
        left = np.nonzero(np.isnan(days) & ~missing)[0]
        if len(left) == 0:
            break
        days[left] = _parse_format(values[left], form)
    written = ~np.isnan(days)
    if rules.excel_serials:
        serials = to_numbers(values) - (EXCEL_EPOCH if epoch is None else epoch)
        inside = (serials >= first_day(rules.first_year)) & (serials < first_day(rules.last_year + 1))
        days = np.where(~written & ~missing & inside, serials, days)
    outside = written & ((days < first_day(rules.first_year)) | (days >= first_day(rules.last_year + 1)))
    reasons = np.select([missing, outside, np.isnan(days)], [1, 3, 2], 0).astype(np.int8)
    return np.where(reasons == 0, days, np.nan), reasons


DATE_REASONS = (None, None, "unreadable_date", "date_out_of_range")


def first_day(year: int) -> int:
    """Return 1 January of a year in days since 1970."""
    return (dt.date(year, 1, 1) - dt.date(1970, 1, 1)).days


def _parse_format(values: Array, form: str) -> Array:
    import pandas as pd

    if "%z" in form.lower():
        return _parse_zoned(values, form)
    try:
        stamps = pd.to_datetime(pd.Series(values, dtype="str"), format=form, errors="coerce")
    except ValueError:
        raise _bad_format(form) from None
    moments = stamps.to_numpy().astype("datetime64[us]")  # nanoseconds would not reach a mistyped year 0024
    return np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / (SECONDS * 1e6))


def _bad_format(form: str) -> SettingsError:
    return SettingsError(f"dates.formats: {form!r} is not a format of strptime codes, such as '%m/%d/%Y'.")


def _parse_zoned(values: Array, form: str) -> Array:
    """Return the wall-clock time as written; the zone that follows it may differ from value to value."""
    return np.fromiter((_parse_one(value, form) for value in values), dtype=np.float64, count=len(values))


def _parse_one(value: str, form: str) -> float:
    try:
        stamp = dt.datetime.strptime(value, form)
    except ValueError as error:
        if "directive" in str(error) or "stray" in str(error):
            raise _bad_format(form) from None
        return np.nan
    return (stamp.replace(tzinfo=None) - dt.datetime(1970, 1, 1)).total_seconds() / SECONDS
