"""Which date is of the session and which of the questionnaires, where the rows of a sheet have both."""

from __future__ import annotations

import re

import numpy as np

from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.vocabulary import read_vocabulary, squeeze
from outcomes.intake.words import Array

DATED = re.compile(
    r"(?:^(?:date|dt|datum|fecha|data|day)(?:of|de|del|da)?)|(?:(?:date|dt|datum|day|timestamp|time|when|on|at)$)"
)
LOST = 0.02  # of the rows with answers that may lack the date of the sheet
NEARLY = 0.98  # of them that another date must know


def name_occasion(name: str) -> str | None:
    """Return what the name of a date says that it is of: ``sessions``, ``assessments``, or neither.

    >>> name_occasion("Infusion date"), name_occasion("phq9_date"), name_occasion("SCOREDATE"), name_occasion("Date of birth")
    ('sessions', 'assessments', 'assessments', None)
    """
    known = read_vocabulary()
    rest = DATED.sub("", squeeze(name))
    scales = {
        alias for entry in known["instruments"].values() for alias in map(squeeze, entry["names"]) if len(alias) > 2
    }
    if rest in scales or rest in known["occasions"]["assessments"]:
        return "assessments"
    return "sessions" if rest in known["occasions"]["sessions"] else None


def split_occasions(found: Found, dates: set[str]) -> None:
    """Give sessions and questionnaires of one sheet each its own date, where names or blank cells tell which is whose."""
    place = found.tables.get("assessments", {}).get("date")
    if place is None or not found.instruments:
        return
    kinds = {name: name_occasion(name) for name in sorted(dates)}
    scores = [name for name, kind in kinds.items() if kind == "assessments"]
    sessions = [name for name, kind in kinds.items() if kind == "sessions"]
    if scores and not sessions:  # the other date of a row, where one is the questionnaires'
        sessions = [name for name, kind in kinds.items() if kind is None]
    if "sessions" in found.tables and len(sessions) == 1 and scores:
        first = max(scores, key=lambda name: found.sheet.fields[name].filled)
        for table in set(found.tables) & {"sessions", "vitals", "adverse_events"}:
            found.tables[table]["date"] = Guess(sessions[0])
        found.tables["assessments"]["date"] = Guess(first, check=_tell_others(found, first, scores))
        return
    if "sessions" in found.tables and found.sheet.source.stack is not None:
        apart = _other_days(found, place.column, sorted(dates))
        if apart:
            found.notes.append(
                f"{place.column!r} dates sessions and questionnaires alike, and {', '.join(map(repr, apart))} has other days in the same rows: "
                "which is of which? Name the file twice, once for each"
            )
    answered = _answered(found)
    lost = answered & ~_filled(found, place.column)
    if lost.sum() <= LOST * answered.sum():
        return
    others = [
        name
        for name in sorted(dates - {place.column})
        if (_filled(found, name) & answered).sum() >= NEARLY * answered.sum()
    ]
    rows = state_rows(int(lost.sum()))
    if len(others) == 1:
        check = f"the date of the questionnaires, as {place.column!r} is blank in {rows} of them"
        found.tables["assessments"]["date"] = Guess(others[0], check=check)
    else:
        found.notes.append(
            f"{place.column!r} is blank in {rows} with answers, which are left out: nothing else dates them"
        )


def _tell_others(found: Found, first: str, scores: list[str]) -> str:
    """Return which questionnaires of a row another column dates, on another day."""
    apart = _other_days(found, first, scores)
    if not apart:
        return ""
    return f"all questionnaires of a row are dated by it, and {', '.join(map(repr, apart))} has other days in some: name the file twice, once for each"


def _other_days(found: Found, first: str, names: list[str]) -> list[str]:
    """Return which columns hold another day than the first one in some row."""
    apart = []
    for name in names:
        both = _filled(found, name) & _filled(found, first)
        mine, other = (found.sheet.fields[one].words for one in (first, name))
        if name != first and (mine.values[mine.codes[both]] != other.values[other.codes[both]]).any():
            apart.append(name)
    return apart


def _answered(found: Found) -> Array:
    columns = [name for one in found.instruments.values() for name in one.columns]
    answered: Array = np.logical_or.reduce([_filled(found, name) for name in columns])
    return answered


def _filled(found: Found, name: str) -> Array:
    field = found.sheet.fields[name]
    return field.words.spread(~field.missing)
