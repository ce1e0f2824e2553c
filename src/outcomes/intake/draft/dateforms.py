"""How the dates of a column are written; day and month are never told apart by guessing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from outcomes.intake.dates import CELL_FORMAT, CLOCKS, EPOCHS, EXCEL_EPOCH, first_day, parse_dates
from outcomes.intake.draft.survey import REMEMBERED, Field
from outcomes.intake.draft.vocabulary import words_of
from outcomes.intake.months import plain_date, write_month
from outcomes.intake.values import show_all, to_numbers
from outcomes.intake.words import text_array
from outcomes.settings import DateRules

DATE = re.compile(
    r"(?P<year>\d{4})(?P<s1>[-/.])\d{1,2}(?P=s1)\d{1,2}"
    r"|(?P<first>\d{1,2})(?P<s2>[-/.])(?P<second>\d{1,2})(?P=s2)(?P<y2>\d{4}|\d{2})"
    r"|\d{1,2}(?P<s3>[-/ ]?)(?P<month>[A-Z][a-z]{2})(?P<s5>,?(?P=s3))(?P<y3>\d{4}|\d{2})"
    r"|(?P<name>[A-Z][a-z]{2}) \d{1,2}(?P<comma>,?) (?P<y4>\d{4})"
    r"|(?P<y6>\d{4})(?P<s6>[-/ ])(?P<middle>[A-Z][a-z]{2})(?P=s6)\d{1,2}"
    r"|(?P<compact>(?:19|20)\d{6})"
    r"|(?P<ordinal>(?:19|20)\d{2}[0-3]\d{2}(?!\d))"
)
TIME = re.compile(
    r"(?P<sep>T|,? at |,? |:)(?P<hour>\d{1,2}:\d{2}|(?<= )(?:[01]\d|2[0-3])[0-5]\d$|(?<=T)(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?(?!\d|:))(?P<sec>:\d{2})?(?P<frac>\.\d{1,6})?(?P<half> ?[AaPp][Mm])?"
    r"(?P<zone>Z| ?(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?| UTC| GMT| (?:" + "|".join(CLOCKS) + "))?"
)
# words of a column's name without which a number of ten digits is no time
STAMPED = frozenset({"date", "time", "timestamp", "stamp", "epoch", "ts", "datetime", "submitted", "completed", "recorded", "created", "at",
    "start", "started", "begin", "began", "end", "ended", "finished", "taken", "when"})  # fmt: skip
FIRST_YEAR, LAST_YEAR = 2000, 2035  # the defaults of DateRules
ORDERS = {"day": ("%d", "%m"), "month": ("%m", "%d")}


@dataclass(frozen=True)
class DateForms:
    """How a column's dates are written.

    ``fixed`` are formats that can be read in one way; ``open`` are those with ``{}`` in the place of day and month, and
    ``evidence`` counts the rows of each that only one order fits (``day`` or ``month`` first) or that either fits.
    """

    share: float = 0.0  # of the filled rows that are dates or day numbers
    fixed: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    evidence: Counter[str] = field(default_factory=Counter)
    serials: float = 0.0  # share of the filled rows that could be Excel day numbers
    fractions: bool = False  # some day numbers carry a time of day

    @property
    def order(self) -> str | None:
        """``day`` or ``month`` first, ``both`` where the rows contradict each other, None where they do not tell."""
        day, month = self.evidence["day"], self.evidence["month"]
        if not day and not month:
            return None
        few = min(day, month)
        if few and (few > 2 or few > 0.01 * max(day, month)):
            return "both"
        return "day" if day > month else "month"

    def formats(self, order: str) -> tuple[str, ...]:
        """Return the strptime formats with day or month first."""
        return (*(form.format(*ORDERS[order]) for form in self.open), *self.fixed)


@lru_cache(maxsize=REMEMBERED)
def find_dates(column: Field) -> DateForms:
    """Return how the dates of a column are written; a share of 0 where it holds none."""
    found: dict[str, list[int]] = {}
    orders: dict[int, str] = {}
    for place in np.nonzero(~column.missing & (column.rows > 0))[0].tolist():
        form, order = read_form(column.words.values[place])
        if form is not None:
            found.setdefault(form, []).append(place)
            orders[place] = order
    evidence: Counter[str] = Counter()
    dated = np.zeros(len(column.rows), dtype=bool)
    kept = []
    if not set(words_of(column.name)) & STAMPED:
        found.pop("%Y%j", None)  # a number of seven digits is a date by its name alone
    for form, places in found.items():
        fine = _parsed(column, places, form)
        dated[fine] = True
        for place in fine.tolist() if "{}" in form else ():
            evidence[orders[place]] += int(column.rows[place])
        if len(fine):
            kept.append((form, int(column.rows[fine].sum())))
    for form, of_second in EPOCHS.items() if set(words_of(column.name)) & STAMPED else ():
        days = to_numbers(column.words.values) * of_second / 86_400
        stamps = (days >= first_day(FIRST_YEAR)) & (days < first_day(LAST_YEAR + 1)) & ~dated
        if stamps.any():
            dated |= stamps
            kept.append((form, int(column.rows[stamps].sum())))
    numbers = to_numbers(column.words.values) - EXCEL_EPOCH
    serial = (numbers >= first_day(FIRST_YEAR)) & (numbers < first_day(LAST_YEAR + 1)) & ~dated
    forms = [form for form, _ in sorted(kept, key=lambda one: (-one[1], one[0]))]
    return DateForms(
        column.share(dated | serial),
        tuple(form for form in forms if "{}" not in form and form != CELL_FORMAT),
        tuple(form for form in forms if "{}" in form),
        evidence,
        column.share(serial),
        bool((serial & (numbers != np.floor(numbers))).any()),
    )


def find_epoch(column: Field) -> str | None:
    """Return as which form of seconds since 1970 nearly all numbers of a column would be moments of the years that are read, whatever its name."""
    numbers = to_numbers(column.words.values)
    for form, of_second in EPOCHS.items():
        days = numbers * of_second / 86_400
        if column.share((days >= first_day(FIRST_YEAR)) & (days < first_day(LAST_YEAR + 1))) > 0.95:
            return form
    return None


def _parsed(column: Field, places: list[int], form: str) -> np.ndarray:
    """Return the places whose text the format reads, in either order of day and month."""
    values = column.words.values[places]
    fine = np.zeros(len(places), dtype=bool)
    for order in ORDERS.values() if "{}" in form else [()]:
        rules = DateRules(formats=(form.format(*order),), excel_serials=False, first_year=1900, last_year=2100)
        days, _ = parse_dates(text_array(list(values)), np.zeros(len(values), dtype=bool), rules)
        fine |= ~np.isnan(days)
    return np.array(places)[fine]


def read_form(value: str) -> tuple[str | None, str]:
    """Return the format of a text (None if it is no date), and which order of day and month it allows.

    >>> read_form("31/12/2023"), read_form("2023-12-31T08:00:00Z"), read_form("44 mg")
    (('{}/{}/%Y', 'day'), ('%Y-%m-%dT%H:%M:%SZ', ''), (None, ''))
    >>> read_form("20231231T0815"), read_form("2023365")
    (('%Y%m%dT%H%M', ''), ('%Y%j', ''))
    >>> read_form("Mon 12/31/23"), read_form("12/31/2023 09:05 - 09:50")
    (('{}/{}/%y', 'month'), ('{}/{}/%Y %H:%M', 'month'))
    """
    date = DATE.match(value := write_month(plain_date(show_all(value).strip())))
    if date is None:
        return None, ""
    time = _time_form(value[date.end() :])
    if time is None:
        return None, ""
    if date["year"]:
        return "%Y{0}%m{0}%d".format(date["s1"]) + time, ""
    if date["first"]:
        first, second = int(date["first"]), int(date["second"])
        order = "day" if first > 12 else "month" if second > 12 else "either"
        return "{{}}{0}{{}}{0}{1}".format(date["s2"], _year(date["y2"])) + time, order
    if date["month"]:
        return f"%d{date['s3']}%b{date['s5']}{_year(date['y3'])}" + time, ""
    if date["name"]:
        return f"%b %d{date['comma']} %Y" + time, ""
    if date["middle"]:
        return "%Y{0}%b{0}%d".format(date["s6"]) + time, ""
    return ("%Y%j" if date["ordinal"] else "%Y%m%d") + time, ""


def _time_form(rest: str) -> str | None:
    if not rest:
        return ""
    time = TIME.fullmatch(rest)
    if time is None:
        return None
    zone = time["zone"] or ""
    zone = zone if zone in ("Z", " UTC", " GMT") else (" %z" if zone.startswith(" ") else "%z") if zone else ""
    half = (" %p" if (time["half"] or "").startswith(" ") else "%p") if time["half"] else ""
    hour = "%I:%M" if half else "%H:%M" if ":" in time["hour"] else "%H%M%S"[: len(time["hour"])]
    return f"{time['sep']}{hour}{':%S' if time['sec'] else ''}{'.%f' if time['frac'] else ''}{half}{zone}"


def _year(digits: str) -> str:
    return "%Y" if len(digits) == 4 else "%y"
