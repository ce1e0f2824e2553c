"""When a form was sent and which day was written into it: a form that staff enter from paper is sent weeks after its day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.vocabulary import read_vocabulary, words_of

OFTEN = 0.2  # share of the rows that differ by more than a day, from which the two are different days
NEVER = 0.05  # share of the rows that may be sent before their day
TODAY = frozenset({"today", "todays", "heute", "hoy", "hoje", "oggi"})
NEAREST, FARTHEST = 1, 1500  # days between the two


def choose_written(found: Found, chosen: Guess, names: set[str]) -> Guess:
    """Return the day of a questionnaire that was written into the form, where the chosen date is a later moment; else the chosen one."""
    told = read_vocabulary()["occasions"]["assessments"]
    for name, lag in _written_days(found, chosen.column, names):
        if set(words_of(name)) & {*told, *TODAY} and (lag < -NEAREST).mean() < NEVER:
            check = f"the day that was written into the form; {chosen.column!r} is when it was sent, more than a day later in {_tell(lag)}"
            return replace(chosen, column=name, check=check)
    return chosen


def ask_written(one: Found, names: set[str]) -> Iterator[str]:
    """Yield that a form has a day beside the moment that dates its questionnaires, and that they differ."""
    date = one.tables.get("assessments", {}).get("date")
    if date is None:
        return
    known = {guess.column for of in one.tables.values() for guess in of.values()}
    for name, lag in _written_days(one, date.column, names - known):
        forms = one.dates[name]
        yield (
            f"dates: {one.sheet.name} dates its questionnaires by {date.column!r}, a moment, and has a day in {name!r}, which is another by more than a day in "
            f"{_tell(lag)}. Which one is the day of the answers? Where it is {name!r}, write `date: {name}` in place of it, with {forms.formats(forms.order or 'day')[0]!r} among its formats "
            f"(`dates.formats`, or `date_formats` of this file); where {name!r} is the day of something else, delete this line"
        )


def _tell(lag: np.ndarray) -> str:
    return state_rows(int((np.abs(lag) > NEAREST).sum()))


def _written_days(found: Found, stamp: str, names: set[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield columns of days without a time that change from visit to visit, and often are not the day of the stamp; with by how many days."""
    if stamp not in found.dates or not _has_clock(found, stamp):
        return
    sent = found.days_of_rows(stamp) // 1
    for name in sorted(names & set(found.dates) - {stamp}):
        forms = found.dates[name]
        if _has_clock(found, name) or (forms.open and forms.order is None) or forms.serials:
            continue
        days = found.days_of_rows(name)
        lag = sent - days
        both = ~np.isnan(lag) & (np.abs(lag) < FARTHEST)
        if both.sum() < OFTEN * len(lag) or (np.abs(lag[both]) > NEAREST).mean() < OFTEN:
            continue
        people = found.patients.codes[both]
        several = len(np.unique(np.column_stack([people, days[both]]), axis=0)) / max(len(np.unique(people)), 1)
        if several > 1 + OFTEN:  # else a day of the patient: of the first session, of a referral
            yield name, lag[both]


def _has_clock(found: Found, name: str) -> bool:
    forms = found.dates[name]
    return any("%H" in form or "%I" in form or "epoch" in form for form in (*forms.fixed, *forms.open)) or (
        not forms.fixed and not forms.open
    )
