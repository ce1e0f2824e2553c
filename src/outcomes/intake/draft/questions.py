"""What only people can say of files that were read: until it is answered, no study runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from outcomes.intake.draft.elsewhere import doubt_sessions
from outcomes.intake.draft.found import Found
from outcomes.intake.draft.gates import ask_gates
from outcomes.intake.draft.lost import (
    ask_days_of_months,
    ask_odd_totals,
    ask_one_date,
    ask_unattended,
    ask_unread_totals,
)
from outcomes.intake.draft.occasions import name_occasion
from outcomes.intake.draft.spellings import find_spellings, state_rows
from outcomes.intake.draft.stamps import ask_written
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.draft.tables import find_patient, row_dates
from outcomes.intake.draft.vocabulary import names_drug, words_of
from outcomes.intake.readers import Unread
from outcomes.intake.values import to_numbers

LISTED = 1.5  # rows a patient, of a list of patients
MOST_SPELLINGS = 30
TREATED = 0.8  # of the filled rows of a column that says what patients got
SHARED = 0.5  # of the patients of a list, whom the sessions must know
REPEATED, ONCE = 1.5, 1.1  # rows, and rows with what was given, a patient
LOST = 0.05  # of a file's questionnaires
DATED = 20  # dates of a sheet, of which some fall on another day of the month
FIRST = frozenset({"first", "start", "started", "begin", "begun", "initial", "1st"})  # in the name of a date
ARMS = frozenset(
    {
        "arm",
        "group",
        "grp",
        "allocation",
        "allocated",
        "randomised",
        "randomized",
        "randomisation",
        "randomization",
        "condition",
        "cohort",
    }
)  # in the name of a column
FEWEST = 3  # patients who got something that no session is of; rows that last for days
ENDS = frozenset(
    {"end", "ends", "ended", "ending", "stop", "stopped", "until", "through", "thru", "discontinued"}
)  # words of the name of a last day
ENDING = re.compile(r"(?:EX|EC|CM)EN(?:DTC|DAT|DT)|AENDT", re.IGNORECASE)  # that day in SDTM and ADaM
OVERNIGHT, FEW = 2, 0.2  # days from which a row is no session; share of the rows


def ask_people(found: Sequence[Found], idle: Sequence[Unread], sheets: Sequence[Sheet]) -> list[str]:
    """Return why what was taken for the sessions may be none, or of another treatment, and which rows may be no records."""
    unread = {one.name for one in idle}
    owned = [(sheet, who) for sheet in sheets if (who := find_patient(sheet, sheets)) is not None]
    records = [one for one in found if {"sessions", "assessments"} & set(one.tables)]
    asked = [question for one in records for question in one.sheet.proposal.questions]
    asked += [doubt_sessions(sheet, who, found) for sheet, who in owned if sheet.name in unread]
    asked += [question for one in found for question in _doubt_treatment(one, owned)]
    asked += [question for one in found for question in _ask_zero_doses(one)]
    asked += [question for one in found for question in ask_unattended(one)]
    asked += [question for one in found for question in ask_days_of_months(one)]
    asked += [question for one in found for question in ask_one_date(one)]
    asked += [question for one in found for question in ask_odd_totals(one)]
    asked += ask_unread_totals(sheets, found)
    asked += [question for one in records for question in _ask_months(one)]
    asked += [question for one in found for question in _ask_courses(one)]
    asked += [question for one in found for question in _ask_first(one, found)]
    asked += [question for one in found for question in _ask_arms(one)]
    asked += [question for one in records for question in ask_gates(one)]
    asked += [question for one in found for question in ask_written(one, row_dates(one))]
    asked += [question for sheet in sheets for question in _ask_alike(sheet, idle, found)]
    return list(dict.fromkeys(filter(None, asked)))


def _ask_months(one: Found) -> Iterator[str]:
    """Yield that all days of a sheet are the first of their month, as where an office has cut dates to months."""
    for column in dict.fromkeys(of["date"].column for of in one.tables.values() if "date" in of):
        whole = [int(day // 1) for _, day in one.read_days(column)] if column in one.dates else []
        days = np.array(whole, dtype=np.int64).astype("datetime64[D]")
        if len(days) >= DATED and len(np.unique(days)) > 1 and (days == days.astype("datetime64[M]")).all():
            yield (
                f"dates: every date in {column!r} of {one.sheet.name} is the first of a month, so that the sessions and the questionnaires of one month would be of one day: were the days "
                "taken out? Ask for an export with the days, or with days counted from each patient's first session (`study_day`); where all were on these days, delete this line"
            )


def _ask_arms(one: Found) -> Iterator[str]:
    """Yield that rows of questionnaires are taken for sessions by the arm of each patient alone: a score has an arm too, and is no session."""
    sessions, date = one.tables.get("sessions", {}), one.tables.get("sessions", {}).get("date")
    treatment = sessions.get("treatment")
    if treatment is None or date is None or not one.instruments or one.sheet.source.stack is not None:
        return
    column = one.sheet.fields[treatment.column]
    if one.rows_per_patient >= REPEATED and column.filled <= ONCE * len(np.unique(one.patients.codes)):
        yield (
            f"treatment sessions: {treatment.column!r} of {one.sheet.name} is filled in one row of each patient ({state_rows(column.filled)}), and rows without it would be no sessions. Where it holds for all "
            f"rows of a patient, which stand below one another, and each is a session, write `fill_down: [{treatment.column}]` for this file and delete this line; else say in each row what was given, and draft again"
        )
        return
    telling = {"dose_mg", "duration_min", "charge_usd"} & set(sessions) or "vitals" in one.tables
    if telling or not set(words_of(treatment.column)) & ARMS or name_occasion(date.column) == "sessions":
        return
    said = column.words
    if len(np.unique(np.column_stack([one.patients.codes, said.codes]), axis=0)) == len(np.unique(one.patients.codes)):
        yield (
            f"treatment sessions: {treatment.column!r} of {one.sheet.name} says what each patient got, and nothing there says that the days in {date.column!r} are of sessions and not of "
            "questionnaires alone. Where each row is a session, delete this line; else take `sessions` out of this source, and export the days of the sessions too"
        )


def _ask_courses(one: Found) -> Iterator[str]:
    """Yield that rows of sessions begin and end days apart: such a row is a course of treatment, or an order of one."""
    date = one.tables.get("sessions", {}).get("date")
    if date is None or date.column not in one.dates:
        return
    begins = one.days_of_rows(date.column)
    for name in one.dates:
        if name == date.column or not (ENDS & set(words_of(name)) or ENDING.fullmatch(name)):
            continue
        lasts = one.days_of_rows(name) // 1 - begins // 1
        courses = int((lasts >= OVERNIGHT).sum())
        if courses >= FEWEST and courses >= FEW * (~np.isnan(lasts)).sum():
            yield (
                f"treatment sessions: {state_rows(courses)} of {one.sheet.name} begin on the day in {date.column!r} and end another day, in {name!r}: a row then is a course of treatment or "
                "an order, and no session, and intake would count one session for each. Export what was given on each day (infusions, administrations), and draft again; where "
                "each row is one session whose end was closed later, delete this line"
            )
            return


def _ask_first(one: Found, found: Sequence[Found]) -> Iterator[str]:
    """Yield that a file of scores dates the first session of each patient alone."""
    date = one.tables.get("sessions", {}).get("date")
    if date is None or not one.instruments or not set(words_of(date.column)) & FIRST or one.rows_per_patient > 1:
        return
    if not any("sessions" in other.tables for other in found if other is not one):
        yield (
            f"treatment sessions: {one.sheet.name} has one row a patient, and dates it by {date.column!r}: each patient would have one session, and later scores would stand after no other. "
            "Export a row for each session, with its date; where each patient had one session, delete this line"
        )


def _ask_zero_doses(one: Found) -> Iterator[str]:
    """Yield in how many rows of sessions a dose of nothing was given."""
    dose = one.tables.get("sessions", {}).get("dose_mg")
    if dose is None:
        return
    column = one.sheet.fields[dose.column]
    zero = sorted(value for value in column.values if to_numbers(np.array([value], dtype=object))[0] == 0)
    if zero:
        rows = state_rows(int(column.rows[np.isin(column.words.values, zero)].sum()))
        yield (
            f"treatment sessions: {rows} of {one.sheet.name} have a dose of 0 in {dose.column!r}, and intake takes every row for a session. Where nothing was given "
            f"then, write `leave_out: {{{dose.column}: {zero!r}}}` for this file; where the dose was not noted, delete this line"
        )


def _ask_alike(sheet: Sheet, idle: Sequence[Unread], found: Sequence[Found]) -> Iterator[str]:
    """Yield why a sheet feeds no table, though another of the same columns does: that of a short month."""
    reason = next((one.reason for one in idle if one.name == sheet.name), None)
    alike = [
        one.sheet.name for one in found if one.instruments and set(one.sheet.raw.columns) == set(sheet.raw.columns)
    ]
    if reason is not None and alike and sheet.raw.size and not sheet.proposal.only:
        yield (
            f"{sheet.name} has the columns of {alike[0]}, and is left out: {reason}. Copy the entry of {alike[0]} for it, mend the export, or delete this line "
            "where it holds nothing"
        )


def _doubt_treatment(one: Found, owned: Sequence[tuple[Sheet, str]]) -> Iterator[str]:
    """Yield which list of patients says that some got a treatment that no session is of: `Infusion` is the kind of a visit, or a drug's way."""
    treatment = one.tables.get("sessions", {}).get("treatment")
    if treatment is None or treatment.spellings is None:
        return
    given = set(treatment.spellings.values.values()) - {None}
    mine = set(one.sheet.fields[one.patient].values)
    for sheet, who in owned:
        people = sheet.fields[who]
        if sheet is one.sheet or not people.filled or people.filled > LISTED * len(people.values):
            continue
        if len(mine & set(people.values)) < SHARED * len(people.values):
            continue
        for name, column in sheet.fields.items():
            if name == who or not 1 <= len(column.values) <= MOST_SPELLINGS:
                continue
            spelt = find_spellings(column, people.words, "treatment")
            other = {spelling for spelling, value in spelt.values.items() if value and value not in given}
            told = np.isin([value.casefold() for value in column.words.values], sorted(other)) & ~column.missing
            rows = int(column.rows[told].sum())
            if spelt.share >= TREATED and any(map(names_drug, spelt.values)) and rows >= FEWEST:
                yield (
                    f"treatment sessions: {treatment.column!r} of {one.sheet.name} calls every session {' or '.join(sorted(map(str, given)))}, and {name!r} of "
                    f"{sheet.name} says of {state_rows(rows).replace('rows', 'patients')} that they got something else "
                    f"({', '.join(sorted({str(spelt.values[spelling]) for spelling in other}))}). Where the list is right, put its column beside the sessions "
                    f"(`join`), map it as `treatment`, and leave out by {treatment.column!r} what is no session; where the sessions are right, delete this line"
                )


def ask_lost_scores(found: Sequence[Found]) -> list[str]:
    """Return in which files questionnaires are lost, because their row is of no treatment that is known; fewer are noted with the file."""
    asked = []
    for one in found:
        treatment = one.tables.get("sessions", {}).get("treatment")
        known = treatment is not None and treatment.spellings is not None and any(treatment.spellings.values.values())
        if not known or "assessments" not in one.tables:
            continue  # codes alone are asked for
        assert treatment is not None
        assert treatment.spellings is not None
        column = one.sheet.fields[treatment.column]
        unknown = ~np.isin([value.casefold() for value in column.words.values], list(treatment.spellings.values))
        answered = np.zeros(len(column.words), dtype=bool)
        for name in (name for each in one.instruments.values() for name in each.columns):
            answered |= one.sheet.fields[name].words.spread(~one.sheet.fields[name].missing)
        lost = int((column.words.spread(unknown) & answered).sum())
        if not lost:
            continue
        what = f"{state_rows(lost)} have a questionnaire and are no treatment by {treatment.column!r}, and both are left out"
        if lost < LOST * answered.sum():
            one.notes.append(
                f"{what}: list what they say under its `values` (null: no treatment; the questionnaire is kept)"
            )
            continue
        shown = (
            " ".join(f'--treatment "{spelling}=none"' for spelling in treatment.spellings.open[:4])
            or '--treatment "SPELLING=none"'
        )
        asked.append(
            f"treatment sessions: in {one.sheet.name} {what}. Run `outcomes draft` again with {shown} where such a visit is no treatment (its questionnaire is "
            "then kept), or with the arm in place of none; or list the spellings under `values` of the treatment"
        )
    return asked
