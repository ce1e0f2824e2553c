"""Dates with words in them, in several languages → one way to write them: `12 de enero de 2024`, `Fri, 12 Jan 2024` → `12 Jan 2024`."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import cache

ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# English, German, French, Spanish, Portuguese, Italian, Dutch; without accents. A word means one month in all of them.
MONTHS = (
    "january jan januar janner jaen janvier janv enero ene janeiro gennaio gen januari",
    "february feb februar feber fevrier fevr fev febrero fevereiro febbraio februari",
    "march mar marz maerz mrz mars marzo marco maart mrt",
    "april apr avril avr abril abr aprile",
    "may mai mayo maio maggio mag mei",
    "june jun juni juin junio junho giugno giu",
    "july jul juli juillet juil julio julho luglio lug",
    "august aug aout agosto ago augustus",
    "september sep sept septembre septiembre setiembre set setembro settembre",
    "october oct oktober okt octobre octubre outubro out ottobre ott",
    "november nov novembre noviembre novembro",
    "december dec dezember dez decembre diciembre dic dezembro dicembre",
)
# The first letters of the names of days of the week in these languages, as whole words before a date.
WEEKDAYS = re.compile(
    r"(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|mie|jue|vie|sab|dom|seg|ter|qua|qui|sex|gio|ma|wo|vr|za|zo)"
    r"[a-z]{0,9}(?:[-–]feira)?\.?,? +(?=\S)",
    re.IGNORECASE,
)
DATED = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"  # in digits
BEHIND = re.compile(rf"({DATED}),? *\(?([^\W\d_]{{2,}})\.?\)?")  # a day of the week behind a date in digits
# The end of a session behind its start: 09:05 → 09:50, 9:05 AM - 9:50 AM; -08:00 without a blank behind the dash is a zone.
UNTIL = re.compile(
    rf"(\d{{1,2}}:\d\d(?::\d\d)?(?: ?[AP]M)?)(?: *(?:→|->|–|—|>) *| +(?:-|to|until|till|bis|à|a|hasta) +)(?:{DATED},? +)?\d{{1,2}}:\d\d(?::\d\d)?(?: ?[AP]M)?",
    re.IGNORECASE,
)
# A year, month and day with their signs in Chinese, Japanese and Korean, and a day of the week behind them.
SIGNED = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日号號일](?:\s*[(（].[)）])?")
WEEK = re.compile(r"(\d{4})-?W(\d{2})-?([1-7])(?!\d)")  # a day of a week, as ISO 8601 counts these
LETTERS = re.compile(r"[^\W\d_]{3,}")
ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|[ºª°]|\.(?= ))", re.IGNORECASE)
LINKING = re.compile(r"(?<=[\w.]) (?:de|del|do|of) (?=\w)", re.IGNORECASE)
NAMED_ZONE = re.compile(r" \([^()\d]*\)$")  # GMT-0500 (Eastern Standard Time)


@cache
def _numbers() -> dict[str, str]:
    return {word: ENGLISH[place] for place, words in enumerate(MONTHS) for word in words.split()}


def find_month(text: str) -> str | None:
    """Return the one month that a text names, such as the name of a sheet; None of several.

    >>> find_month("January 2024"), find_month("Infusions März"), find_month("Q1"), find_month("Jan-Mar")
    ('Jan', 'Mar', None, None)
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    words = re.findall(r"[a-z]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    found = {_numbers()[word] for word in words if word in _numbers()}
    return found.pop() if len(found) == 1 else None


def plain_date(value: str) -> str:
    """Return a date in digits without a day of the week beside it, and a start without the end behind it; else the value as it is.

    >>> plain_date("Mon 1/8/24"), plain_date("1/8/2024 (Mo)"), plain_date("Mar 8 2024"), plain_date("Inf 1/8/24")
    ('1/8/24', '1/8/2024', 'Mar 8 2024', 'Inf 1/8/24')
    >>> plain_date("01/08/2024 09:05 → 09:50"), plain_date("01/08/2024 9:05 AM - 9:50 AM"), plain_date("2024-01-08 09:05 -08:00")
    ('01/08/2024 09:05', '01/08/2024 9:05 AM', '2024-01-08 09:05 -08:00')
    >>> plain_date("2024年1月8日(月) 9:05"), plain_date("2024-W02-1"), plain_date("2024-W02")
    ('2024-01-08 9:05', '2024-01-08', '2024-W02')
    """
    value = WEEK.sub(
        _write_week, SIGNED.sub(lambda part: f"{part[1]}-{int(part[2]):02d}-{int(part[3]):02d}", value), count=1
    )
    folded = _fold(value)
    weekday = WEEKDAYS.match(folded) if len(folded) == len(value) else None
    if weekday and re.match(DATED, value[weekday.end() :]):
        value = value[weekday.end() :]
    behind = BEHIND.fullmatch(value)
    if behind and WEEKDAYS.match(f"{_fold(behind[2])} 1"):
        value = behind[1]
    until = UNTIL.search(value)
    return value[: until.end(1)] if until and until.end() == len(value) else value


def _write_week(part: re.Match[str]) -> str:
    try:
        return dt.date.fromisocalendar(int(part[1]), int(part[2]), int(part[3])).isoformat()
    except ValueError:  # a week that the year does not have
        return part[0]


def write_month(value: str) -> str:
    """Return a date with the name of its month as three English letters, and without the words around it; else the value as it is.

    >>> write_month("12. März 2024"), write_month("vendredi 1er août 2024 08:05"), write_month("7-ene-2024"), write_month("07JAN2024")
    ('12 Mar 2024', '1 Aug 2024 08:05', '7-Jan-2024', '07Jan2024')
    >>> write_month("12 de enero de 2024"), write_month("January 3rd, 2024"), write_month("Maybe later")
    ('12 Jan 2024', 'Jan 3, 2024', 'Maybe later')
    >>> write_month("3. Jan. 2024"), write_month("03.Jan.2024")
    ('3 Jan 2024', '03.Jan.2024')
    """
    named = next((match for match in LETTERS.finditer(value) if _month(match[0])), None)
    if named is None or not any(c.isdigit() for c in value):
        return value
    weekday = WEEKDAYS.match(_fold(value)) if len(_fold(value)) == len(value) else None
    if weekday and weekday.end() <= named.start():
        value = value[weekday.end() :]
        named = next(match for match in LETTERS.finditer(value) if _month(match[0]))
    after = value[named.end() :]
    after = (
        after[1:] if re.match(r"\.(?!\d)", after) else after
    )  # of an abbreviation, and not between a month and a year
    value = f"{value[: named.start()]}{_month(named[0])}{NAMED_ZONE.sub('', after)}"
    return LINKING.sub(" ", ORDINAL.sub("", value))


def is_month(word: str) -> bool:
    """Tell whether a word is the name of a month, in full or short."""
    return bool(_month(word))


def _month(word: str) -> str:
    return _numbers().get(_fold(word).casefold(), "")


def _fold(text: str) -> str:
    """Return a text without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
