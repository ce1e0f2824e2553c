"""Why questionnaires have no date beside dated sessions, in words: labels of visits in its place, or dates in no form that is known."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from outcomes.intake.draft.dateforms import find_dates, find_epoch, read_form
from outcomes.intake.draft.found import Found
from outcomes.intake.draft.survey import Field
from outcomes.intake.draft.vocabulary import NEAR, match_name, read_vocabulary, words_of
from outcomes.intake.readers import Unread

LABEL = re.compile(
    r"baseline|base|bl|screening|intake|pre[- ]?treatment|follow[- ]?up|end of treatment|(?:day|week|wk|month|mo|visit|session|infusion|treatment|[dwmvt])[ _.#-]*\d{1,3}",
    re.IGNORECASE,
)
YEARLESS = re.compile(
    r"\d{1,2}[-/. ]*[^\W\d_]{3,9}\.?|[^\W\d_]{3,9}\.?[-/. ]*\d{1,2}(?:st|nd|rd|th)?|\d{1,2}[-/.]\d{1,2}\.?"
)  # 12 Mar, March 12th, 3/12
COUNTED = frozenset(
    {"since", "from", "after", "post", "study", "number", "relative"}
)  # beside "day", in the name of a column that counts
ONCE = 1.5  # rows a patient, below which a file has one each
BEFORE = "or, where all were answered before the first session (a baseline), map them with `study_day: {constant: 0}` and write `dates: {study_days: first_session}`"
WEEK = re.compile(r"\d{4}-?W\d{2}", re.IGNORECASE)
MOSTLY = 0.8  # of the filled rows that hold such a label
CODE = re.compile("`-?9{1,4}`")  # the shape of a number that stands for a missing date
COMMON = 0.02  # of the rows with a shape of a date, to be shown


def explain_undated(one: Found, there: str = "") -> str:
    """Return what a sheet has in the place of dates, or which file has them (``there``), and what to write."""
    what = f"{', '.join(one.instruments)} without a date: left out, as nothing places it among the sessions"
    free = {name: column for name, column in one.sheet.fields.items() if name != one.patient and column.filled}
    if there:
        return f"{what}. {there}"
    counted = [name for name in free if set(words_of(name)) & {"day", "days"} and set(words_of(name)) & COUNTED]
    placed = one.tables["assessments"].get("study_day")
    days = placed.column if placed is not None else next(iter(counted), None)
    if days is not None:
        return (
            f"{what}. {days!r} counts days, while the sessions are dated, and its day 0 need not be the first session: export the date on which each "
            "questionnaire was answered too; or the days of the sessions, counted from the same day, in place of their dates"
        )
    for name, column in free.items():
        labelled = np.array([LABEL.fullmatch(value.strip()) is not None for value in column.words.values], dtype=bool)
        if column.share(labelled) >= MOSTLY and len(column.values) > 1:
            return (
                f"{what}. {name!r} has labels of visits, which say no day, while the sessions are dated: export the date on which each questionnaire "
                "was answered too, and draft again"
            )
    moments = _tell_moments(one)
    if moments:
        return f"{what}. {moments}"
    weeks = next((name for name, column in free.items() if column.share_written(WEEK) >= MOSTLY), None)
    if weeks is not None:
        return f"{what}. {weeks!r} has weeks of the year (2024-W03), which say no day: export the date of each questionnaire too, and draft again"
    names = read_vocabulary()["date"]
    dated = [name for name in free if match_name(name, names)[0] >= NEAR]
    for name in sorted(dated, key=lambda name: match_name(name, names), reverse=True):
        share, shapes = find_dates(free[name]).share, _shapes(free[name])
        if shapes:
            return (
                f"{what}. {name!r} is named like its date, and only {share:.0%} of its cells read as one; cells look like {' or '.join(shapes)} (9 for a digit, "
                "a for a letter). Name that form under `date_formats` (codes of strptime), or write the dates in one form in the export"
            )
    once = f"; {BEFORE}" if one.rows_per_patient < ONCE else ""
    return f"{what}. Export the date of each questionnaire too, and draft again{once}"


def ask_undated(found: Sequence[Found], idle: Sequence[Unread]) -> list[str]:
    """Return what to ask of scores that stand once a person without a date, as a baseline does, beside others that are dated."""
    if not any("assessments" in one.tables for one in found):
        return []  # asked for already
    said = [(one.sheet.name, why) for one in found for why in one.troubles] + [(one.name, one.reason) for one in idle]
    return [f"questionnaires: {name}: {why}" for name, why in said if BEFORE in why]


def find_yearless(one: Found) -> str | None:
    """Return which column of a sheet is named like a date and has days and months without a year."""
    for name, column in one.sheet.fields.items():
        without = np.array([YEARLESS.fullmatch(value.strip()) is not None for value in column.words.values], dtype=bool)
        if match_name(name, read_vocabulary()["date"])[0] >= NEAR and column.filled and column.share(without) >= MOSTLY:
            return (
                f"time: {name!r} of {one.sheet.name} has days and months without a year. Write the year into every date (a spreadsheet knows it where the cell is a true date: "
                "show it whole), and draft again"
            )
    return None


def find_unreadable(one: Found) -> str | None:
    """Return which column of a sheet may hold moments under another name, or is named like a date and reads as none, and how its cells look."""
    moments = _tell_moments(one)
    if moments:
        return f"time: {one.sheet.name}: {moments}"
    for name, column in one.sheet.fields.items():
        shapes = _shapes(column) if match_name(name, read_vocabulary()["date"])[0] >= NEAR and column.filled else []
        if shapes and name not in one.used:
            return (
                f"time: {name!r} of {one.sheet.name} is named like a date, and its cells look like {' or '.join(shapes)} (9 for a digit, a for a letter), which is no way of writing dates "
                "that is known. Map it as `date`, and write how they are written as `date_formats` of the source (codes of strptime)"
            )
    return None


def _tell_moments(one: Found) -> str | None:
    """Return which column of numbers would be moments as computers count them, and what to write where it is; its name says no time."""
    for name, column in one.sheet.fields.items():
        form = find_epoch(column) if name not in one.used and name != one.patient and column.filled else None
        if form:
            return (
                f"{name!r} holds numbers that would be moments as `{form}` counts them (since 1970), and its name does not say that it is a time. Where it is, map it as `date` and "
                f"write `date_formats: [{form}]` for the source; else export the date of each questionnaire too"
            )
    return None


def ask_unread(one: Found) -> str | None:
    """Return how many cells of the date of questionnaires or sessions read as none, and how these look; None where nearly all do."""
    names = {guesses["date"].column for guesses in one.tables.values() if "date" in guesses}
    for name in sorted(names & set(one.dates)):
        unread = 1 - one.dates[name].share
        shapes = [shape for shape in _shapes(one.sheet.fields[name]) if not CODE.fullmatch(shape)]
        if unread > COMMON and shapes:
            return (
                f"time: {unread:.0%} of the cells of {name!r} of {one.sheet.name} read as no date, and their rows would be left out: they look like {' or '.join(shapes)} (9 for a digit, a for a letter). "
                "Write one day into each, as the others are written, and draft again; or delete this line, and the rows are left out, each with its entry in the ledger"
            )
    return None


def show_shape(value: str) -> str:
    """Return how a cell looks without what it says: 9 for a digit, a for a letter.

    >>> show_shape("3-4 March 2024")
    '9-9 aaa 9999'
    """
    return re.sub(r"[^\W\d_]+", lambda word: "a" * min(len(word[0]), 3), re.sub(r"\d", "9", value))[:30]


def _shapes(column: Field) -> list[str]:
    """Return how most cells of a column look that read as no date: a shape, never a value."""
    rows: dict[str, int] = {}
    for place in np.nonzero(~column.missing & (column.rows > 0))[0].tolist():
        value = column.words.values[place]
        if read_form(value)[0] is None:
            shape = show_shape(value)
            rows[shape] = rows.get(shape, 0) + int(column.rows[place])
    ranked = sorted(rows.items(), key=lambda one: (-one[1], one[0]))
    return [f"`{shape}`" for shape, count in ranked[:2] if count >= max(3, COMMON * column.filled)]
