"""Dates: three formats, Excel day numbers, years out of range; the day written is the day that counts."""

import datetime as dt
from datetime import date

import numpy as np
import pytest

from outcomes.errors import SettingsError
from outcomes.intake.dates import DATE_REASONS, parse_dates
from outcomes.intake.months import MONTHS
from outcomes.intake.words import text_array
from outcomes.settings.sources import DateRules

PI_DAY = (date(2024, 3, 14) - date(1970, 1, 1)).days  # 54 years of 365 days, 13 leap days, 31 + 29 + 13 days
assert PI_DAY == 54 * 365 + 13 + 73


def parse(*texts, missing=(), **rules):
    values = text_array(list(texts))
    absent = np.array([text in missing for text in texts])
    days, reasons = parse_dates(values, absent, DateRules(**rules))
    return days.tolist(), [DATE_REASONS[code] for code in reasons]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-03-14", 0.0),
        ("03/14/2024", 0.0),
        ("3/14/2024", 0.0),
        ("03/14/2024 18:00:00", 0.75),
        ("2024-03-14T06:00:00Z", 0.25),
        ("2024-03-14T23:59:59Z", 86399 / 86400),
        ("2024-03-14T12:00:00", 0.5),  # what the workbook reader makes of a date cell
        ("45365", 0.0),  # 1899-12-30 + 45365 days
        ("45365.5", 0.5),
    ],
)
def test_formats(text, time):
    days, reasons = parse(text)
    assert days == [pytest.approx(PI_DAY + time, abs=1e-9)]
    assert int(days[0]) == PI_DAY
    assert reasons == [None]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("14-mar-2024", "%d-%b-%Y"), ("14 mars 2024", "%d %b %Y"), ("14. März 2024", "%d %b %Y"), ("14 de marzo de 2024", "%d %B %Y"),
        ("14 de março de 2024", "%d %B %Y"), ("14MAR2024", "%d%b%Y"), ("Thu, 14 Mar 2024", "%d %b %Y"), ("Thu, 14 Mar 2024", "%a, %d %b %Y"),
        ("jeudi 14 mars 2024", "%d %b %Y"), ("Donnerstag, 14. März 2024", "%d %B %Y"), ("March 14th, 2024", "%B %d, %Y"),
        ("Mar 14 2024 00:00:00 GMT-0400 (Eastern Daylight Time)", "%b %d %Y %H:%M:%S %z"), ("2024-03-14 00:00 EDT", "%Y-%m-%d %H:%M %z"),
    ],
)  # fmt: skip
def test_months_are_read_in_any_of_the_languages_known(text, form):
    assert parse(text, formats=(form,)) == ([PI_DAY], [None])


@pytest.mark.parametrize(
    ("text", "form", "time"),
    [
        ("Thu 3/14/24", "%m/%d/%y", 0), ("Thu 3/14/24", "%a %m/%d/%y", 0), ("Do, 14.03.2024", "%d.%m.%Y", 0), ("14/03/2024 (jeu)", "%d/%m/%Y", 0),
        ("Thursday, 2024-03-14", "%Y-%m-%d", 0), ("3/14/2024 Thu", "%m/%d/%Y %a", 0), ("03/14/2024 06:00 → 06:45", "%m/%d/%Y %H:%M", 0.25),
        ("3/14/24 6:00 AM - 6:45 AM", "%m/%d/%y %I:%M %p", 0.25), ("14.03.2024 06:00 – 14.03.2024 06:45", "%d.%m.%Y %H:%M", 0.25),
    ],
)  # fmt: skip
def test_days_of_the_week_and_the_ends_of_sessions_are_no_part_of_a_date_in_digits(text, form, time):
    assert parse(text, formats=(form,)) == ([PI_DAY + time], [None])


@pytest.mark.parametrize("text", ["3/14/24 - 4/2/24", "Inf 3/14/24", "3/14/24 4/2/24"])
def test_a_range_of_days_and_other_words_are_no_date(text):
    assert parse(text, formats=("%m/%d/%y",)) == (
        [pytest.approx(float("nan"), nan_ok=True)],
        ["unreadable_date"],
    )


def test_a_word_that_is_no_month_is_none():
    assert parse("14 marsh 2024", "14 quinto 2024", formats=("%d %b %Y",))[1] == ["unreadable_date"] * 2


def test_every_name_of_a_month_is_of_one_month():
    words = [word for month in MONTHS for word in month.split()]
    assert len(words) == len(set(words))
    english = [dt.date(2024, n, 1).strftime(form).lower() for n in range(1, 13) for form in ("%b", "%B")]
    assert [parse(f"1 {word} 2024", formats=("%d %b %Y",))[1] for word in english] == [[None]] * 24


def test_formats_are_tried_in_the_order_given():
    assert parse("03/04/2024", formats=("%d/%m/%Y", "%m/%d/%Y"))[0] == [PI_DAY + 20]  # 3 April
    assert parse("03/04/2024", formats=("%m/%d/%Y", "%d/%m/%Y"))[0] == [PI_DAY - 10]  # 4 March


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("14/03/2024", "unreadable_date"),
        ("02/30/2024", "unreadable_date"),
        ("soon", "unreadable_date"),
        ("2024", "unreadable_date"),
        ("20240314", "unreadable_date"),
        ("-45365", "unreadable_date"),
        ("36525", "unreadable_date"),  # 1999-12-31, a day before the first year allowed
        ("12/31/1999", "date_out_of_range"),
        ("2036-01-01", "date_out_of_range"),
        ("0024-03-14", "date_out_of_range"),
    ],
)
def test_refused(text, reason):
    days, reasons = parse(text)
    assert np.isnan(days[0])
    assert reasons == [reason]


def test_limits_of_the_years_are_inside():
    days, _ = parse("01/01/2000", "12/31/2035", "36526", "2035-12-31T23:59:59Z")
    assert not np.isnan(days).any()


def test_serials_can_be_refused():
    assert parse("45365", excel_serials=False)[1] == ["unreadable_date"]


def test_missing_has_no_reason():
    assert parse("", "45365", missing=("",)) == ([pytest.approx(float("nan"), nan_ok=True), PI_DAY], [None, None])


def test_wall_clock_counts_whatever_the_zone():
    form = ("%Y-%m-%dT%H:%M:%S%z",)
    days, _ = parse("2024-03-14T00:30:00+0200", "2024-03-14T23:30:00-0800", formats=form)
    assert [int(day) for day in days] == [PI_DAY, PI_DAY]


@pytest.mark.parametrize("form", ["%Q", "%z %Q"])
def test_a_wrong_format_is_the_study_files_fault(form):
    with pytest.raises(SettingsError, match=r"dates\.formats"):
        parse("x", formats=(form,))
