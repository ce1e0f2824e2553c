"""What one sheet holds: its patients, its dates, and the tables that its columns feed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from outcomes.intake.draft.baselines import find_baselines, note_unread_scores
from outcomes.intake.draft.births import find_birth
from outcomes.intake.draft.columns import MOST_LABELS, find_columns, is_number, passes_gate
from outcomes.intake.draft.dateforms import find_dates
from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.given import given_columns, given_patient, given_place, lay_over
from outcomes.intake.draft.long import SEVERAL, row_numbers
from outcomes.intake.draft.occasions import split_occasions
from outcomes.intake.draft.questionnaire import Questionnaire
from outcomes.intake.draft.questionnaires import find_questionnaires
from outcomes.intake.draft.stamps import choose_written
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.draft.treatments import find_given_arm, find_sessions
from outcomes.intake.draft.twins import bare_name, find_twins, split_twins
from outcomes.intake.draft.unread import note_unread
from outcomes.intake.draft.visits import says_time
from outcomes.intake.draft.vocabulary import NEAR, NONE, PART, match_name, read_vocabulary, words_of
from outcomes.intake.privacy import FREE_TEXT, IDENTIFYING, TELLING, plain_name

ELSEWHERE = frozenset({"birth", "birthday", "birthdate", "dob", "born", "death", "deceased", "consent", "referral", "referred", "next", "last",
    "ordered", "prescribed", "prescription", "enrolled", "enrollment", "enrolment", "resolved", "resolution", "expiry", "exported", "created", "modified", "updated", "scheduled"})  # fmt: skip

SENT = frozenset(
    {"submission", "submitted", "submit", "upload", "uploaded"}
)  # of a form, which may be days after what it says
LABELLED = 0.75  # of the rows of a column of labels that no name tells


def find_patient(sheet: Sheet, sheets: Iterable[Sheet]) -> str | None:
    """Return the column of the patients' identifiers: as people say, by its content, or the one that is chosen beside all other sheets."""
    return given_patient(sheet) or sheet.owner or choose_patient(sheet, [one for one in sheets if one is not sheet])


def choose_patient(sheet: Sheet, others: Iterable[Sheet]) -> str | None:
    """Return the column of the patients' identifiers: the best name, and of those the one whose values other sheets know."""
    elsewhere: set[str] = set()
    others = list(others)
    for other in others:
        names = [
            name
            for name in other.fields
            if (level := match_name(name, read_vocabulary()["patient"])[0]) >= NEAR
            or (level == PART and name in sheet.fields)  # visit-client_code, as a form with groups writes it everywhere
        ]
        elsewhere |= {value for name in names for value in other.fields[name].values}
    ranked = []
    same = _always_alike([sheet, *others])
    counting = row_numbers(sheet)
    for name, column in sheet.fields.items():
        level, rank = match_name(name, read_vocabulary()["patient"])
        distinct = 0 if name in same else len(column.values)
        if not distinct or (find_dates(column).share > 0.7 and not is_number(column, 0, 1e12)):
            continue
        shared = len(elsewhere.intersection(column.values))
        if level == NONE and not (shared >= max(0.6 * distinct, 5) and distinct > 0.2 * len(elsewhere)):
            continue  # a column of any name, where nearly all of its values are other files' patients
        known = shared >= 0.2 * distinct
        if level >= NEAR or (known and distinct > 1):  # "What is your client ID?", where other files have the same ones
            ranked.append((name not in counting, known, level >= NEAR, rank, level, name))
    return max(ranked)[-1] if ranked else None


def _always_alike(sheets: Sequence[Sheet]) -> set[str]:
    """Return columns with one value in every row of several files that have them: they name a study, and no patient in it."""
    values: dict[str, set[str]] = defaultdict(set)
    files: Counter[str] = Counter()
    for sheet in sheets:
        for name, column in sheet.fields.items():
            if len(values[name]) < 2:
                values[name].update(column.values[:2])
            files[name] += column.filled > 1 and not column.rounded
    return {name for name, found in values.items() if len(found) == 1 and files[name] > 1}


def describe_sheet(sheet: Sheet, patient: str) -> Found:
    """Return the tables that a sheet's columns feed."""
    found = Found(sheet, patient)
    known = read_vocabulary()
    found.dates = {
        name: forms
        for name, column in sheet.fields.items()
        if name != patient and (forms := find_dates(column)).share >= 0.7
    }
    place = given_place(sheet)
    date = (place[1] if place[0] == "date" else None) if place else _choose_date(found, known["date"])
    free = {name for name in sheet.fields if name != patient and name not in _named_dates(found) and _may_pass(name)}
    free -= given_columns(sheet) | {column for answers in sheet.source.ticks.values() for column in answers.values()}
    placed = {"patient": Guess(patient)} | ({"date": date} if date else {})
    label = None if date else place or _choose_label(found, free, known)
    free -= {label[1].column} if label else set()
    if date:
        find_sessions(found, free, placed)
        _find_events(found, free, placed)
    found.instruments = _without_sessions_cadss(find_questionnaires(sheet, free - found.used), found)
    found.troubles += [one.trouble for one in found.instruments.values() if one.trouble]
    found.instruments = {name: one for name, one in found.instruments.items() if not one.trouble}
    if found.instruments:
        found.tables["assessments"] = placed | (dict([label]) if label else {}) | _submission(found, date, known)
    find_baselines(found, free - found.used)
    lay_over(found)
    if sheet.proposal.only:
        found.tables = {name: columns for name, columns in found.tables.items() if name in sheet.proposal.only}
        found.instruments = found.instruments if "assessments" in found.tables else {}
        found.troubles = []  # what the other half of the sheet holds
    note_unread(found)
    if not place:
        split_occasions(found, row_dates(found))
        split_twins(found)
    _keep_untreated(found)
    taken = set(found.used)
    attributes = find_columns(found, free - taken, known["patients"])
    attributes |= {} if "arm" in attributes else find_given_arm(found, free - taken)
    attributes |= find_birth(found, {guess.column for columns in found.tables.values() for guess in columns.values()})
    note_unread_scores(found)
    if attributes and (not sheet.proposal.only or "patients" in sheet.proposal.only):
        found.tables["patients"] = {"patient": Guess(patient)} | attributes
    return found


def _may_pass(name: str) -> bool:
    """Tell whether a column's name is neither an identifier's, nor a date's, nor of free text."""
    plain = plain_name(name)
    return not ({plain} & (IDENTIFYING | FREE_TEXT) or set(plain.split("_")) & TELLING)


def _named_dates(found: Found) -> set[str]:
    """Return date columns that are no numbers under another name (a charge can look like a day number)."""
    return {name for name, forms in found.dates.items() if forms.serials < 0.95 or forms.fractions}


def _choose_date(found: Found, names: list[str]) -> Guess | None:
    """Return the column that places the rows in time: a day that was written into a form goes before a later moment."""
    chosen = _choose_named(found, names)
    return choose_written(found, chosen, row_dates(found)) if chosen else None


def _choose_named(found: Found, names: list[str]) -> Guess | None:
    """Return the column of dates with the likeliest name, with a doubt where none is likely."""
    ranked = []
    for name in found.dates:
        level, rank = match_name(bare_name(name), names)
        if name in row_dates(found) and not (found.dates[name].serials > 0.95 and level == NONE):
            ranked.append((level, rank, name))
    said = [one for one in ranked if one[0] >= NEAR and not set(words_of(one[2])) & SENT]
    ranked = [one for one in ranked if not said or not set(words_of(one[2])) & SENT]
    if not ranked:
        return _choose_creation(found)
    level, _, name = max(ranked)
    others = [other for one, _, other in ranked if other != name and one == level]
    if level > PART or (
        len(ranked) == 1 and set(words_of(name)) & {"date", "day", "time", "timestamp", "datetime", "on", "at"}
    ):
        return Guess(name)
    return Guess(name, check=f"or {others[0]!r}?" if others else "the only date here that is not of birth or the like")


def row_dates(found: Found) -> set[str]:
    """Return the dates that may be of a row: neither of birth or the like, nor of one of several sessions in it, nor of several visits at once."""
    several = _of_several(found) | _of_all_visits(found)
    return {name for name in found.dates if name not in several and may_date_rows(name)}


def may_date_rows(name: str) -> bool:
    """Tell whether a column of dates may be of the rows: neither of birth or the like."""
    return not set(words_of(name)) & ELSEWHERE and passes_gate("date", name)


def _of_several(found: Found) -> set[str]:
    """Return the dates that differ from another one in their number only (Infusion 1 date, Infusion 2 date): none dates the whole row."""
    alike = Counter(re.sub(r"\d+", "#", name) for name in found.dates)
    return {name for name in found.dates if alike[re.sub(r"\d+", "#", name)] > 1} - {*find_twins(found)}


def _of_all_visits(found: Found) -> set[str]:
    """Return the dates that a wide file says once for scores of several times (Start date; baseline, week 2): they date none of these."""
    stack = found.sheet.source.stack
    if stack is None or stack.label not in found.sheet.fields or not _says_time(found, stack.label):
        return set()
    return set(found.dates) - set(stack.columns)


def _choose_creation(found: Found) -> Guess | None:
    """Return the one date of rows that are written several times a patient, where it is when the row was made, or planned for."""
    words = {"created", "creation", "scheduled"}
    made = [name for name in found.dates if set(words_of(name)) & words and passes_gate("date", name)]
    if len(made) != 1 or found.rows_per_patient < SEVERAL:
        return None
    asked = {
        True: "the only date here is the day that the row is scheduled for: did it take place then?",
        False: "the only date here is when the row was made: is it the day of what the row says?",
    }
    return Guess(made[0], check=asked["scheduled" in words_of(made[0])])


def _choose_label(found: Found, free: set[str], known: dict[str, Any]) -> tuple[str, Guess] | None:
    """Return the column of study days or of visit labels and which of the two, where no date places the rows."""
    for canonical in ("study_day", "visit"):
        ranked = [(match_name(name, known[canonical]), name) for name in sorted(free)]
        ranked = [
            (level, name)
            for level, name in ranked
            if level[0] >= NEAR and _is_label(found.sheet.fields[name], canonical)
        ]
        if ranked:
            return canonical, Guess(max(ranked)[1])
    timed = [name for name in sorted(free) if _is_label(found.sheet.fields[name], "visit") and _says_time(found, name)]
    return ("visit", Guess(timed[0], check="by its values only")) if len(timed) == 1 else None


def _says_time(found: Found, name: str) -> bool:
    """Tell whether a column's values are labels of times, more than one: `Baseline`, `Week 2`, `Month 6`."""
    column = found.sheet.fields[name]
    return len(column.values) > 1 and column.share(says_time(column.words.values)) >= LABELLED


def _is_label(column: Field, canonical: str) -> bool:
    if canonical == "study_day":
        return is_number(column, -3660, 36600)
    return 1 <= len(column.values) <= MOST_LABELS and len(column.values) * 3 <= column.filled


def _submission(found: Found, date: Guess | None, known: dict[str, Any]) -> dict[str, Guess]:
    """Return the time of submission, where the date is another column."""
    ranked = [(match_name(name, known["submitted"]), name) for name in found.dates if date and name != date.column]
    ranked = [one for one in ranked if one[0][0] >= NEAR]
    return {"submitted": Guess(max(ranked)[1])} if ranked and date else {}


def _find_events(found: Found, free: set[str], placed: dict[str, Guess]) -> None:
    """Add adverse events: a column of their names, one or several a cell."""
    columns = find_columns(found, free - found.used, read_vocabulary()["adverse_events"])
    if "event" in columns:
        found.tables["adverse_events"] = placed | columns


def _keep_untreated(found: Found) -> None:
    """Take rows with a blank treatment for visits without a session, where the rows are of questionnaires too."""
    treatment = found.tables.get("sessions", {}).get("treatment")
    if treatment is None or treatment.spellings is None or not found.instruments or not treatment.spellings.values:
        return
    column = found.sheet.fields[treatment.column]
    blank = column.words.spread(column.missing)
    asked = np.zeros(len(blank), dtype=bool)
    for name in (name for one in found.instruments.values() for name in one.columns):
        asked |= found.sheet.fields[name].words.spread(~found.sheet.fields[name].missing)
    if (blank & asked).any():
        note = "rows without a treatment are taken for visits without a session; their questionnaires are kept"
        none = dict.fromkeys(
            {"", *(value.casefold() for value in column.words.values[column.missing & (column.rows > 0)])}
        )
        spellings = replace(treatment.spellings, values={**treatment.spellings.values, **none})
        found.tables["sessions"]["treatment"] = replace(
            treatment, spellings=spellings, check="; ".join(filter(None, [treatment.check, note]))
        )


def _without_sessions_cadss(instruments: dict[str, Questionnaire], found: Found) -> dict[str, Questionnaire]:
    return {name: one for name, one in instruments.items() if not one.columns & found.used}
