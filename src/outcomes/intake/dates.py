"""Dates → days, while reading. A day is a whole number since 1970 here, and a study day everywhere else."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from outcomes.errors import SettingsError
from outcomes.intake.months import plain_date, write_month
from outcomes.intake.values import show_all, to_numbers
from outcomes.intake.words import Array, text_array
from outcomes.settings import DateRules

EXCEL_EPOCH = (dt.date(1970, 1, 1) - dt.date(1899, 12, 30)).days
CELL_FORMAT = "%Y-%m-%dT%H:%M:%S"  # what the workbook reader makes of a date cell
SECONDS = 86_400
EPOCHS = {"epoch s": 1.0, "epoch ms": 1e-3}  # seconds and milliseconds since 1970 in UTC, as a form of dates
AS_WRITTEN = "as written"
NAMED_MONTH = re.compile("%[bB]")  # of any language, in full or not
PLAIN = re.compile(
    r"[0-9/.: -]+|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z?"
)  # nothing but digits and the signs between them
WEEKDAY = re.compile(r"%[aA][.,]* *(?=%)|,? *\(?%[aA][.)]*$")
# Clocks by the letters behind a stamp, in hours ahead of UTC; letters that mean several clocks (IST) are not among them.
CLOCKS = {
    "HST": -10, "AKST": -9, "AKDT": -8, "PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4,
    "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "AWST": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip
ZONE = re.compile(rf"\s*(?:(Z|UTC|GMT)|(?<= )({'|'.join(CLOCKS)})|(?:UTC|GMT)?([+-])(\d{{1,2}}):?(\d{{2}})?)$")
MIDNIGHT = re.compile(
    r"(?<=[T ])24:00(?!:0*[1-9])(?!\d)"
)  # the end of a day, which ISO 8601 writes so, is the start of the next
NAMES_UTC = re.compile(r"(?<![^\W_])(?:utc|gmt|zulu)(?![^\W_]|[+-]\d)", re.IGNORECASE)  # in the name of a column
LITERAL = re.compile(r"(?<!%)Z$| (?:UTC|GMT)$")  # a format that ends in a zone written out


@dataclass(frozen=True)
class Days:
    """Days since 1970 with the time of day as fraction, a reason per value (an index of ``DATE_REASONS``), and which are UTC."""

    days: Array
    reasons: Array
    utc: Array  # stamps whose zone is UTC, taken as written: their day need not be the patient's


def parse_dates(
    values: Array, missing: Array, rules: DateRules, epoch: int | None = None, name: str = ""
) -> tuple[Array, Array]:
    """Return the days of ``read_dates`` and their reasons."""
    read = read_dates(values, missing, rules, epoch, name)
    return read.days, read.reasons


def read_dates(values: Array, missing: Array, rules: DateRules, epoch: int | None = None, name: str = "") -> Days:
    """Read dates in any of the rules' formats.

    A stamp that names its zone, or whose column's ``name`` names UTC (``Submit Date (UTC)``), is turned into the time of the rules'
    ``zone``; without one, the calendar day is the one written. ``epoch`` are the days from the day 0 of bare day numbers to 1970,
    where that is not Excel's usual one.
    """
    if not all(value is None or PLAIN.fullmatch(value) for value in values):
        values = text_array([value if value is None else plain_date(show_all(value).strip()) for value in values])
    days = np.full(len(values), np.nan)
    utc = np.zeros(len(values), dtype=bool)
    for form in (*rules.formats, CELL_FORMAT):
        left = np.nonzero(np.isnan(days) & ~missing)[0]
        if len(left) == 0:
            break
        days[left], utc[left] = _parse_format(values[left], form, rules.zone, is_utc(form, name))
    written = ~np.isnan(days)
    if rules.excel_serials:
        serials = to_numbers(values) - (EXCEL_EPOCH if epoch is None else epoch)
        inside = (serials >= first_day(rules.first_year)) & (serials < first_day(rules.last_year + 1))
        days = np.where(~written & ~missing & inside, serials, days)
    outside = written & ((days < first_day(rules.first_year)) | (days >= first_day(rules.last_year + 1)))
    reasons = np.select([missing, outside, np.isnan(days)], [1, 3, 2], 0).astype(np.int8)
    fine = reasons == 0
    return Days(np.where(fine, days, np.nan), reasons, utc & fine)


DATE_REASONS = (None, None, "unreadable_date", "date_out_of_range")


def first_day(year: int) -> int:
    """Return 1 January of a year in days since 1970."""
    return (dt.date(year, 1, 1) - dt.date(1970, 1, 1)).days


def is_utc(form: str, name: str = "") -> bool:
    """Tell whether a format's stamps are in UTC, or the name of their column says so.

    >>> is_utc("%Y-%m-%d %H:%M"), is_utc("%Y-%m-%d %H:%M", "Submit Date (UTC)"), is_utc("%Y-%m-%d", "day_utc"), is_utc("epoch s")
    (False, True, False, True)
    """
    timed = "%H" in form or "%I" in form
    return (
        form in EPOCHS
        or LITERAL.search(form) is not None
        or (timed and "%z" not in form and NAMES_UTC.search(name) is not None)
    )


CELL = re.compile(r"\d{4}-\d{2}-(\d{2})(?:[T ]00:00:00)?")
TEXT = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](?:\d{4}|\d{2})")


def count_swapped(values: Array) -> tuple[int, int]:
    """Return how many distinct values are true dates and how many text, where a spreadsheet has swapped days and months.

    A program that reads 13/01/2024 month first leaves it as text, and makes 07/01/2024 the 1st of July: then all true dates
    have a day up to 12 and all texts one above. Zeros where that is not so.
    """
    cells = [int(match[1]) for value in values if (match := CELL.fullmatch(value or ""))]
    texts = [(int(match[1]), int(match[2])) for value in values if (match := TEXT.fullmatch(value or ""))]
    if len(cells) < 3 or len(texts) < 3 or max(cells) > 12 or min(max(pair) for pair in texts) <= 12:
        return 0, 0
    return len(cells), len(texts)


def exchange_swapped(values: Array) -> tuple[Array, Array]:
    """Return the values with day and month of the true dates exchanged, and which were; as they are where the column is not swapped."""
    changed = np.zeros(len(values), dtype=bool)
    if not count_swapped(values)[0]:
        return values, changed
    new = values.copy()
    for place, value in enumerate(values):
        if CELL.fullmatch(value or ""):
            new[place] = f"{value[:5]}{value[8:10]}-{value[5:7]}{value[10:]}"
            changed[place] = True
    return new, changed


def _parse_format(values: Array, form: str, zone: str | None, utc: bool) -> tuple[Array, Array]:
    """Return days since 1970, and which were stamps in UTC taken as written."""
    form = WEEKDAY.sub("", form)
    if NAMED_MONTH.search(form):
        values, form = (
            text_array([write_month(value or "") for value in values]),
            NAMED_MONTH.sub("%b", form),
        )
    if form in EPOCHS:
        stamps = to_numbers(values) * EPOCHS[form] / SECONDS
        return _in_zone(stamps, zone), ~np.isnan(stamps) & (zone is None)
    if "%z" in form:
        return _parse_zoned(values, form, zone)
    days = _parse_plain(values, form)
    if not utc or (
        not LITERAL.search(form) and not (days[~np.isnan(days)] % 1).any()
    ):  # cells of a workbook: days alone
        return days, np.zeros(len(days), dtype=bool)
    return _in_zone(days, zone), ~np.isnan(days) & (zone is None)


def _parse_plain(values: Array, form: str) -> Array:
    import pandas as pd

    ended = np.array([value is not None and MIDNIGHT.search(value) is not None for value in values], dtype=bool)
    if "%H" in form and ended.any():
        values = text_array([value if value is None else MIDNIGHT.sub("00:00", value) for value in values])
    else:
        ended = np.zeros(len(values), dtype=bool)
    try:
        stamps = pd.to_datetime(pd.Series(values, dtype="str"), format=form, errors="coerce")
    except ValueError:
        raise _bad_format(form) from None
    moments = stamps.to_numpy().astype("datetime64[us]")  # nanoseconds would not reach a mistyped year 0024
    days: Array = np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / (SECONDS * 1e6)) + ended
    return days


def _bad_format(form: str) -> SettingsError:
    return SettingsError(
        f"dates.formats: {form!r} is not a format of strptime codes, such as '%m/%d/%Y', nor 'epoch s' or 'epoch ms'."
    )


def _parse_zoned(values: Array, form: str, zone: str | None) -> tuple[Array, Array]:
    """Return the wall-clock time, as written or in a zone; the zone that follows a stamp may differ from value to value."""
    stamps = [_parse_one(value, form) for value in values]
    shifts = np.array([np.nan if one is None else _shift(one) for one in stamps])
    days = np.array([np.nan if one is None else _days(one) for one in stamps])
    if zone is None or zone == AS_WRITTEN:
        return days, (shifts == 0) & (zone is None) & bool((np.nan_to_num(shifts) == 0).all())
    return _in_zone(days - shifts, zone), np.zeros(len(days), dtype=bool)


def _shift(stamp: dt.datetime) -> float:
    """Return how far a stamp's zone is ahead of UTC, in days; NaN without a zone."""
    offset = stamp.utcoffset()
    return np.nan if offset is None else offset.total_seconds() / SECONDS


def _days(stamp: dt.datetime) -> float:
    return (stamp.replace(tzinfo=None) - dt.datetime(1970, 1, 1)).total_seconds() / SECONDS


def _parse_one(value: str, form: str) -> dt.datetime | None:
    value, plain = _plain_zone(value), re.sub(r"\s*%z$", "%z", form)
    ended = "%H" in form and MIDNIGHT.search(value) is not None
    try:
        stamp = dt.datetime.strptime(MIDNIGHT.sub("00:00", value) if ended else value, plain)
        return stamp + dt.timedelta(days=ended)
    except ValueError as error:
        if "directive" in str(error) or "stray" in str(error):
            raise _bad_format(form) from None
        return None


def _plain_zone(value: str) -> str:
    """Return a stamp with its zone as ``+hhmm`` behind the time.

    >>> _plain_zone("2024/01/07 8:05:11 AM GMT-8"), _plain_zone("2024-01-07T08:05:11Z"), _plain_zone("8:05 +05:30")
    ('2024/01/07 8:05:11 AM-0800', '2024-01-07T08:05:11+0000', '8:05+0530')
    >>> _plain_zone("2024-01-07 20:15 PST")
    '2024-01-07 20:15-0800'
    """
    match = ZONE.search(value)
    if match is None:
        return value
    if match[2]:
        zone = f"{CLOCKS[match[2]]:+03d}00"
    else:
        zone = "+0000" if match[1] else f"{match[3]}{int(match[4]):02d}{match[5] or '00'}"
    return value[: match.start()] + zone


def _in_zone(days: Array, zone: str | None) -> Array:
    """Return days in UTC as days of a zone's wall clock; unchanged without a zone."""
    if zone is None or zone == AS_WRITTEN:
        return days
    import pandas as pd

    with np.errstate(invalid="ignore"):
        inside = np.abs(days) < 100_000  # what nanoseconds reach
        moments = pd.Series(
            np.where(inside, np.round(np.where(inside, days, 0) * SECONDS * 1e3), 0).astype("datetime64[ms]")
        )
    local: Any = moments.dt.tz_localize("UTC").dt.tz_convert(ZoneInfo(zone)).dt.tz_localize(None)
    return np.where(inside, local.to_numpy().astype("datetime64[ms]").astype(np.int64) / (SECONDS * 1e3), days)
