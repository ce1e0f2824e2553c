"""Questionnaires placed by days that are counted, beside dated sessions: whether day 0 is each patient's first session."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.intake.draft.found import Found
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.vocabulary import read_vocabulary, words_of
from outcomes.intake.values import to_numbers

MOST_SHIFT = 10  # days by which another day 0 is tried
NEARLY = 0.9  # of the days after 0 that must be of a session where no name tells
MOST_OTHERS = 0.8  # of these that may be of a session by another day 0
FEWEST = 20  # such days that show anything


def counts_from_first(one: Found, found: Sequence[Found]) -> str:
    """Return why the study days of a sheet count from the first session of each patient; empty where that is not known.

    The column's name says so (days since first infusion) and the days do not speak against it; or the days say it: most of those after 0
    are of a session then, and by no other day 0 nearly as many.
    """
    name = one.tables["assessments"]["study_day"].column
    words = set(words_of(name))
    named = "first" in words and bool(words & set(read_vocabulary()["occasions"]["sessions"]))
    column = one.sheet.fields[name]
    sessions = _session_days(found)
    people = one.patients.spread(one.patients.values)
    days = column.words.spread(to_numbers(column.words.values))
    after = [(person, day) for person, day in zip(people, days, strict=True) if day > 0 and person in sessions]
    hits = {
        shift: sum(day - shift in sessions[person] for person, day in after)
        for shift in range(-MOST_SHIFT, MOST_SHIFT + 1)
    }
    own, others = hits.pop(0), max(hits.values())
    shown = len(after) >= FEWEST and own >= NEARLY * len(after) and others <= MOST_OTHERS * own
    if not shown and not (named and own >= others):
        return ""
    return (
        f"{name!r} is taken to count from each patient's first session (dates: study_days)"
        f"{f', as {state_rows(own)} are of a day with a session then' if shown else ''}: is its day 0 that day?"
    )


def _session_days(found: Sequence[Found]) -> dict[str, set[float]]:
    """Return the days since the first session on which each patient had one."""
    days: dict[str, set[float]] = {}
    for one in found:
        date = one.tables.get("sessions", {}).get("date")
        for person, day in one.read_days(date.column) if date is not None and date.column in one.dates else []:
            days.setdefault(person, set()).add(float(int(day)))
    return {person: {day - min(of) for day in of} for person, of in days.items()}
