"""What a study drafted so would lose, or count, without anybody having said so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from outcomes.instruments import Instrument, read_instruments
from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.found import Found
from outcomes.intake.draft.incomplete import tell_percent
from outcomes.intake.draft.questionnaire import share_within
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.draft.undated import show_shape
from outcomes.intake.draft.vocabulary import read_vocabulary, say_state
from outcomes.intake.months import find_month
from outcomes.intake.points import read_totals
from outcomes.intake.values import to_numbers

OFTEN, FEWEST_PEOPLE = 2.0, 5  # rows a patient; patients
FEWEST_ODD, ODD = 3, 0.01  # rows without a total, of a questionnaire's, and the share of them
MOSTLY = 0.8  # of the cells of one form
ANSWERS = re.compile(r"[\W_]*(?:items?|answers?|responses?)$", re.IGNORECASE)  # all of them in a cell
NUMBER = re.compile(r"\d+")


def ask_unread_totals(sheets: Sequence[Sheet], found: Sequence[Found]) -> Iterator[str]:
    """Yield which columns named after an instrument hold none of its totals, where nothing else is read as the instrument."""
    read = {name for one in found for name in one.instruments}
    for sheet in sheets:
        for name, column in sheet.fields.items():
            for instrument in (instrument for instrument, item in claims_of(ANSWERS.sub("", name)) if item is None):
                definition = read_instruments()[instrument]
                if instrument not in read and column.filled and share_within(column, definition) < MOSTLY:
                    yield f"questionnaires: {name!r} of {sheet.name} {say_content(column, definition)}; or delete this line, to go on without the {definition.name}"


def ask_odd_totals(one: Found) -> Iterator[str]:
    """Yield in how many rows a questionnaire that has totals alone has something with digits that is none (`14-15`, `14?`)."""
    for questionnaire in one.instruments.values():
        if questionnaire.total is None or questionnaire.items or "assessments" not in one.tables:
            continue
        column = one.sheet.fields[questionnaire.total]
        values = column.words.values
        odd = np.isnan(read_totals(values, read_instruments()[questionnaire.instrument])) & np.isnan(to_numbers(values))
        odd &= ~column.missing & np.array([NUMBER.search(value) is not None for value in values], dtype=bool)
        rows = int(column.rows[odd].sum())
        if rows >= FEWEST_ODD and rows >= ODD * column.filled:
            shapes = sorted({show_shape(value) for value in values[odd]})
            yield (
                f"questionnaires: {state_rows(rows)} of {one.sheet.name} have no total in {questionnaire.total!r} but something like {' or '.join(f'`{shape}`' for shape in shapes[:3])} (9 for a digit, a for "
                "a letter), and would have no score. Write one number into each, and draft again; or delete this line, and they are missing, each with its entry in the ledger"
            )


def say_content(column: Field, definition: Instrument) -> str:
    """Return what a column holds in place of an instrument's totals, and what to do."""
    percent = tell_percent(column, definition)
    if percent:
        return percent.removeprefix(f"{column.name!r} ")
    values = column.words.values
    numbers = [[int(one) for one in NUMBER.findall(value)] for value in values]
    bands = {
        word for one in read_instruments().values() for band in one.bands.values() for word in band.casefold().split()
    }
    items, top = definition.n_items, definition.items.maximum if definition.items is not None else 9
    listed = column.share(np.array([len(one) == items > 1 and max(one) <= top for one in numbers]))
    if listed >= MOSTLY:
        names = ", ".join(f"{definition.name}_{number}" for number in range(1, items + 1))
        return f"holds the {items} answers in one cell. Write `parts: {{{column.name!r}: [{names}]}}` for this file, with which each is a column, and name those as `items`"
    digits = re.compile(rf"[0-{min(top, 9)}]{{{items}}}")
    if (
        items > 1
        and column.share(np.array([digits.fullmatch(value.strip()) is not None for value in values])) >= MOSTLY
    ):
        return f"holds the {items} answers as one row of digits. Write each into a column of its own in the export (in a spreadsheet: Data, Text to Columns, Fixed width), and draft again"
    if (
        column.share(
            np.array(
                [
                    bool(value) and set(re.findall(r"[^\W\d_]+", value.casefold())) <= bands and not one
                    for value, one in zip(values, numbers, strict=True)
                ]
            )
        )
        >= MOSTLY
    ):
        return "holds severity bands and no totals, from which no change can be computed. Ask for an export with totals or answers"
    none = 1 - share_within(column, definition)
    return f"is named after an instrument, and {none:.0%} of its cells hold no total from {definition.minimum:g} to {definition.maximum:g}. Look what they hold; write totals there, or map another column as its `total`"


def ask_unattended(one: Found) -> Iterator[str]:
    """Yield that rows of sessions say in place of a score, a dose, or a note that nobody came."""
    if "sessions" not in one.tables:
        return
    known = set(read_vocabulary()["not_attended"])
    for name, column in one.sheet.fields.items():
        spelt = sorted({value for value in column.values if say_state(value) in known})
        if not spelt or name in one.sheet.source.leave_out:
            continue
        rows = int(column.rows[np.isin(column.words.values, spelt)].sum())
        yield (
            f"treatment sessions: {state_rows(rows)} of {one.sheet.name} say {' or '.join(map(repr, spelt[:3]))} in {name!r}, and intake takes every row for a session. Where nobody came, "
            f"write `leave_out: {{{name}: {spelt!r}}}` for this file; where only the questionnaire was missed, delete this line"
        )
        return


def ask_days_of_months(one: Found) -> Iterator[str]:
    """Yield that numbers of days are days of the month that a sheet or file is named after, and no days since a patient's first session."""
    counted = {guesses["study_day"].column for guesses in one.tables.values() if "study_day" in guesses}
    title = one.sheet.source.sheet or one.sheet.source.file.rsplit("/", 1)[-1]
    month = find_month(title)
    for name in sorted(counted) if month is not None else ():
        days = to_numbers(one.sheet.fields[name].values)
        if ((days >= 1) & (days <= 31)).all():
            yield (
                f"time: {name!r} of {one.sheet.name} holds numbers from 1 to 31, and the {'sheet' if one.sheet.source.sheet else 'file'} is named after a month ({month}): these would be days of that month, and were "
                "taken for days since each patient's first session. Write whole dates with the year into a column, and draft again; where they do count from the first session, delete this line"
            )


def ask_one_date(one: Found) -> Iterator[str]:
    """Yield that questionnaires are dated by a column that has one date for each patient, however many rows there are of each."""
    date = one.tables.get("assessments", {}).get("date")
    if date is None or date.column not in one.dates or one.rows_per_patient < OFTEN:
        return
    days = one.days_of_rows(date.column) // 1
    known = ~np.isnan(days)
    people = one.patients.codes[known]
    if len(np.unique(people)) >= FEWEST_PEOPLE and len(
        np.unique(np.column_stack([people, days[known]]), axis=0)
    ) == len(np.unique(people)):
        yield (
            f"time: {date.column!r} of {one.sheet.name} has the same date in all rows of a patient, so that it dates none of them. Write the date of each questionnaire into a column "
            "(where a label says the time, such as `Wk 4 (+2d)`, that date and so many days), and draft again"
        )
