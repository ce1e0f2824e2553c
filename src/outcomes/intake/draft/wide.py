"""Wide sheets, one row a patient: which columns are one thing at several times, and how they are put below one another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from outcomes.instruments import read_instruments
from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.dateforms import find_dates
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.points import read_points, read_totals
from outcomes.settings import Stack

LABEL = re.compile(
    r"e\d{1,2}(?:_\d{1,3})?(?=_c\d{1,2}$)|(?<=_)e\d{1,2}(?:_\d{1,3})?$|"  # an event of OpenClinica, before the version of its form
    r"(?:(?:week|wk|month|mo|day|visit|session|infusion|treatment|time|t|w|m|d|v|s|fu|follow[ _-]?up|tx|inf|dose)[ _.#-]*)?\d{1,3}(?:[ _-]+(?:post|fu|follow[ _-]?up))?"
    r"|\d{1,3}[ _-]?(?:weeks?|wks?|months?|mos?|days?)(?:[ _-]+(?:post|fu|follow[ _-]?up))?"
    r"|baseline|base|bl|screening|screen|pre|post|before|after|start|end|final|intake|discharge|follow[ _-]?up|fu|initial|last|eot",
    re.I,
)
FORM_VERSION = re.compile(r"\{\}_C\d{1,2}$", re.I)  # of OpenClinica
SESSION = re.compile(r"(?:session|infusion|treatment|tx|inf|dose|s)?[ _.#-]*\d+$", re.I)  # labels that number sessions
FEWEST_ITEMS = 5  # numbered columns of answers that are no totals at so many times
MOMENTS = frozenset({"pre", "post", "before", "after", "start", "end"})


@dataclass(frozen=True)
class Family:
    """Columns whose names differ in one place: what it is that they hold, and what differs → column."""

    pattern: str
    members: dict[str, str]
    kind: str  # item | total | date | other

    @property
    def name(self) -> str:
        """The name without what differs; of nested lists (visits.{}.scores.phq9) the last piece, where that is a score's."""
        last = self.pattern.rpartition("{}.")[2].rpartition(".")[2]
        if "{}." in self.pattern and claims_of(last):
            return last
        plain = FORM_VERSION.sub("{}", self.pattern)
        bare = re.sub(r"[\s_.\-–]*\{\}[\s_.\-–]*", " ", plain).strip()
        return bare or "value"


def find_stack(sheet: Sheet) -> tuple[Stack, str] | None:
    """Return how the columns of a wide sheet are put below one another."""
    families = _families(sheet)
    scores = [one for one in families if one.kind in ("item", "total")]
    dates = [one for one in families if one.kind == "date"]
    lead = max(scores or dates, key=lambda one: (len(one.members), one.kind == "total"), default=None)
    if lead is None or {label.casefold() for label in lead.members} <= MOMENTS:
        return None
    labels = set(lead.members)
    families = [_as_numbered(one, lead) for one in families]
    mine = [one for one in families if one.kind != "other" and len(labels & set(one.members)) >= 0.5 * len(one.members)]
    if not scores and len(labels) < 3:
        return None
    taken = {column for one in mine for column in one.members.values()}
    known = labels.union(*(one.members for one in mine if one.kind == "date"))  # also days without a score
    others = [one for one in families if one.kind == "other" and set(one.members) <= known and len(one.members) > 1]
    for one in sorted(others, key=lambda one: -len(one.members)):
        if not taken & set(one.members.values()) and len(one.members) >= 0.5 * len(labels):
            mine.append(one)
            taken |= set(one.members.values())
    columns: dict[str, str | dict[str, str]] = {}
    for one in mine:
        columns[_free(one.name, {*columns, *sheet.fields})] = one.members if not _exact(one, sheet) else one.pattern
    label = _free("visit", {*columns, *sheet.fields})
    shown = ", ".join(dict.fromkeys(one.pattern for one in mine[:4]))
    note = f"a wide file: {shown} … become a row for each ({', '.join(list(lead.members)[:8])})"
    dated = {label for one in mine if one.kind == "date" for label in one.members}
    undated = [one for one in lead.members if one not in dated]
    if dated and undated:
        note += f"; no column dates {', '.join(undated[:4])}, so that their scores are left out"
    return Stack(columns=columns, label=label), note


def _as_numbered(family: Family, lead: Family) -> Family:
    """Return a family with the labels of another one, where both number sessions and spell them otherwise (Inf #1 date, PHQ (1))."""
    spelt = {label: _session_number(label) for label in (*family.members, *lead.members)}
    by_number = {spelt[label]: label for label in lead.members}
    numbers = {spelt[label] for label in family.members}
    alike = len(by_number) == len(lead.members) and len(numbers) == len(family.members) and numbers <= set(by_number)
    if None in spelt.values() or set(family.members) & set(lead.members) or not alike:
        return family
    return replace(family, members={by_number[spelt[label]]: column for label, column in family.members.items()})


def _session_number(label: str) -> int | None:
    """Return the number of the session that a label names; None for a label of anything else, such as a week."""
    return int(re.sub(r"\D", "", label)) if SESSION.fullmatch(label) else None


def find_session_stack(sheet: Sheet) -> tuple[Stack, str] | None:
    """Return how the dated sessions of a wide sheet are put below one another, where not all that it dates are sessions.

    Columns of dates are numbered as sessions are (Infusion 1 date), and others, or scores, are named otherwise (baseline).
    """
    families = _families(sheet)
    dates = [
        (one, [label for label in one.members if _is_session(sheet, one, label, families)])
        for one in families
        if one.kind == "date"
    ]
    date, labels = max(dates, key=lambda one: len(one[1]), default=(None, []))
    scored = {label for one in families if one.kind in ("item", "total") for label in one.members}
    if date is None or len(labels) < 2 or not scored or (set(labels) == set(date.members) and scored <= set(labels)):
        return None
    columns: dict[str, str | dict[str, str]] = {}
    for one in [date, *(one for one in families if one.kind == "other")]:
        mine = {label: name for label, name in one.members.items() if label in labels}
        if 2 * len(mine) >= len(labels):
            columns[_free(one.name, {*columns, *sheet.fields})] = mine
    label = _free("visit", {*columns, *sheet.fields})
    note = f"a wide file: {date.pattern} are the days of sessions, a row for each of {', '.join(labels[:8])}"
    if any(_session_number(one) == 0 for one in date.members if one not in labels):
        note += "; number 0 is taken for a visit before them, without a session"
    return Stack(columns=columns, label=label), note


def _is_session(sheet: Sheet, date: Family, label: str, families: Sequence[Family]) -> bool:
    """Tell whether a label numbers a session; number 0 does only where something was given then, as it was at the others."""
    if SESSION.match(label) is None or _session_number(label) != 0:
        return SESSION.match(label) is not None
    dated = sheet.fields[date.members[label]].filled
    others = [one.members.items() for one in families if one.kind == "other"]
    return any(2 * sheet.fields[name].filled > dated for of in others for one, name in of if _session_number(one) == 0)


def _exact(family: Family, sheet: Sheet) -> bool:
    """Tell whether the pattern finds just the family's columns, as a source's `stack` would."""
    form = re.compile("(.+)".join(map(re.escape, family.pattern.split("{}"))), re.I)
    found = {m[1].strip(): name for name in sheet.raw.columns if (m := form.fullmatch(name))}
    return family.pattern.count("{}") == 1 and found == family.members


def _free(name: str, taken: Iterable[str]) -> str:
    known, number, one = set(taken), 2, name
    while one in known:
        one, number = f"{name} {number}", number + 1
    return one


def _families(sheet: Sheet) -> list[Family]:
    """Return the families of columns, each column in one at most: questionnaires first, then dates, then others."""
    grouped: dict[str, dict[str, str]] = defaultdict(dict)
    spelt: dict[str, str] = {}  # "{} Date" and "{} date" are one
    for name in sheet.raw.columns:
        for match in re.finditer(
            rf"(?<![^\W_])(?:{LABEL.pattern})(?![^\W_])|(?<=[A-Za-z])\d{{1,2}}(?![^\W_])", name, re.I
        ):
            pattern = f"{name[: match.start()]}{{}}{name[match.end() :]}"
            pattern = spelt.setdefault(pattern.casefold(), pattern)
            grouped[pattern].setdefault(match[0].strip(), name)
    found = [
        Family(pattern, members, kind)
        for pattern, members in grouped.items()
        if len(members) > 1 and (kind := _kind(sheet, pattern, members)) is not None
    ]
    order = ("item", "total", "date", "other")
    chosen: list[Family] = []
    taken: set[str] = set()
    for one in sorted(found, key=lambda one: (order.index(one.kind), -len(one.members), one.pattern)):
        if not taken & set(one.members.values()):
            chosen.append(one)
            taken |= set(one.members.values())
    return chosen


def _kind(sheet: Sheet, pattern: str, members: dict[str, str]) -> str | None:
    """Return what a family holds: an item or a total at several times, dates, or anything else; None for a series of items."""
    bare = Family(pattern, members, "").name
    fields = [sheet.fields[name] for name in members.values()]
    claims = claims_of(bare)
    if claims:
        instrument, item = claims[0]
        numbered = sorted(int(label) for label in members if label.isdecimal()) == list(range(1, len(members) + 1))
        whole = next((one for one, place in claims if place is None and item is not None), None)
        if whole and numbered and len(members) == read_instruments()[whole].n_items and _are_items(fields, whole):
            return None  # PHQ8_1 to PHQ8_8 are the items of the PHQ-8, and not the eighth of the PHQ-9 at so many times
        names_itself = any((instrument, None) in claims_of(name) for name in members.values())
        if names_itself and all(label.isdecimal() for label in members) and not numbered:
            return None  # GAD-2 and GAD-7 are two instruments, and no two times
        if item is None and numbered and len(members) >= FEWEST_ITEMS and _are_items(fields, instrument):
            return None  # also where a question that is no item is numbered behind them (how difficult?)
        if all(_fits(one, instrument, item) for one in fields if one.filled):
            return "item" if item else "total"
        return None
    if all(find_dates(one).share >= 0.7 for one in fields if one.filled) and any(one.filled for one in fields):
        return "date"
    own = [claims_of(name) for name in members.values()]
    return None if any(own) else "other"


def _are_items(fields: Sequence[Field], instrument: str) -> bool:
    definition = read_instruments()[instrument]
    largest = definition.items.maximum + 1 if definition.items else 0
    read = [read_points(one.words.values, definition, {})[0] for one in fields]
    return all(one.share(points <= largest) > 0.8 for one, points in zip(fields, read, strict=True) if one.filled)


def _fits(column: Field, instrument: str, item: int | None) -> bool:
    definition = read_instruments()[instrument]
    if item is None:
        totals = read_totals(column.words.values, definition)
        return column.share((totals >= definition.minimum) & (totals <= definition.maximum)) >= 0.8
    points, _ = read_points(column.words.values, definition, {})
    largest = definition.items.maximum + 1 if definition.items else np.inf  # some count answers from 1
    return column.share(points <= largest) >= 0.6
