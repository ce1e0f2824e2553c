"""What a file lacks and another one of the export has: whose a row is, when it was, what was given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.dateforms import find_dates
from outcomes.intake.draft.fields import explain_fields
from outcomes.intake.draft.found import Found
from outcomes.intake.draft.occasions import name_occasion
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.draft.vocabulary import (
    NEAR,
    match_name,
    names_drug,
    read_vocabulary,
    squeeze,
    words_of,
)
from outcomes.intake.money import read_amount
from outcomes.intake.months import find_month
from outcomes.intake.values import to_numbers

SHARED = 0.8  # of the values of a key that another file must know
FEWEST = 2  # values of a key
IN_TEXTS = 0.3  # of the texts of a column that name a drug
MOST_NAMES = 200  # rows of a sheet that stands on its side
OFTENER = 1.5  # rows with days of sessions, by the rows taken for sessions

REQUESTS = frozenset({"MedicationRequest", "MedicationStatement", "MedicationDispense", "ServiceRequest"})  # of FHIR
ORDERED = frozenset({"order", "ordered", "prescribed", "prescription"})  # in the name of a column


def point_elsewhere(sheet: Sheet, patient: str | None, dated: bool, found: Iterable[Found]) -> str:
    """Return which other file has what a sheet lacks, and by which column the two belong together; empty where none is known.

    ``patient`` is the sheet's column of identifiers, None where it has none; ``dated`` whether something dates its rows.
    """
    lacks = [*([] if patient else ["patients"]), *([] if dated else ["dates"])]
    for other in found:
        if (
            (other.sheet.raw.name, other.sheet.source.part) == (sheet.raw.name, sheet.source.part)
            or not lacks
            or "date" not in {name for table in other.tables.values() for name in table}
        ):
            continue
        for name, column in sheet.fields.items():
            twin = _twin(name, column, other)
            if name != patient and twin is not None and not claims_of(name):  # a score is no key
                return (
                    f"{name!r} is in {other.sheet.name} too, which has the {' and the '.join(lacks)}: put these beside it in the export (joined by "
                    f"{name!r}{f' and {patient!r}' if patient else ''}), and draft again"
                )
    return ""


def point_to_arms(sheet: Sheet, found: Sequence[Found]) -> str:
    """Return which file says once a patient what the sessions of a sheet were; empty where the sheet dates no sessions, or none says it."""
    dates = [
        name
        for name, column in sheet.fields.items()
        if name_occasion(name) == "sessions" and find_dates(column).share >= 0.7
    ]
    arms = [(one, one.tables["patients"]["arm"].column) for one in found if "arm" in one.tables.get("patients", {})]
    if len(dates) != 1 or len(arms) != 1:
        return ""
    one, column = arms[0]
    return (
        f"{sheet.name} has the days of sessions ({dates[0]!r}) and not what was given, and {one.sheet.name} says it once a patient ({column!r}): put that column "
        f"into the file of the sessions (joined by {one.patient!r}), and draft again; where all got one treatment, write `constants: {{treatment: iv}}` for it"
    )


def explain_sheet(sheet: Sheet) -> str:
    """Return why a sheet feeds no table by what it is like; empty where nothing tells."""
    return (
        explain_concepts(sheet)
        or explain_fields(sheet)
        or _tell_months(sheet)
        or _tell_sideways(sheet)
        or _tell_charges(sheet)
    )


def _tell_months(sheet: Sheet) -> str:
    """Return what says that columns are days, below the names of their months; empty where they are not."""
    months = {name: column for name, column in sheet.fields.items() if len(words_of(name)) <= 2 and find_month(name)}
    first = [to_numbers(column.words.values[column.words.codes[:1]]) for column in months.values() if column.filled]
    if not first or not all(((day >= 1) & (day <= 31)).all() for day in first):
        return ""
    return (
        f"its columns are days, numbered below the names of months ({', '.join(map(repr, months))}), so that a score stands where its patient's row meets a day. Write a row for each score "
        "(patient, whole date with the year, score; in a spreadsheet: Data, From Table, Unpivot Columns), and draft again"
    )


def _tell_charges(sheet: Sheet) -> str:
    """Return where the charges of a sheet without treatments belong; empty where it has none."""
    names = read_vocabulary()["sessions"]["charge_usd"]["names"]
    for name, column in sheet.fields.items():
        read = [value for value in column.values if read_amount(value)]
        if (match_name(name, names)[0] >= NEAR or set(words_of(name)) & {"charge", "amount"}) and 2 * len(read) > len(
            column.values
        ) > 0:
            return (
                f"it has charges ({name!r}) and not what was given. Put them beside the sessions: in the source of the sessions `join: {{file: {sheet.source.file}, by: {{…: …}}, columns: {{charge: {name}}}}}`, "
                "and `charge_usd: charge` among its columns; a session has one charge, so add up several of one day in the export"
            )
    return ""


def _tell_sideways(sheet: Sheet) -> str:
    """Return what says that a sheet stands on its side, the scores and the dates in rows of their own; empty where it does not."""
    for name, column in sheet.fields.items():
        if len(column.values) > MOST_NAMES:
            continue
        scores = [value for value in column.values if claims_of(value)]
        dates = [value for value in column.values if match_name(value, read_vocabulary()["date"])[0] >= NEAR]
        if scores and dates:
            return (
                f"it stands on its side: dates ({dates[0]!r}) and scores ({scores[0]!r}) are rows of column {name!r}, and each visit is a column. Turn it (copy, then paste special: "
                "transpose), so that a visit is a row, and draft again"
            )
    return ""


def point_to_texts(found: Sequence[Found]) -> list[str]:
    """Return in which texts treatments are named, of dated questionnaires without a column of treatments."""
    hints: list[str] = []
    for one in () if any("sessions" in one.tables for one in found) else found:
        for name in one.dropped if "assessments" in one.tables else ():
            column = one.sheet.fields[name]
            told = np.array([names_drug(value) for value in column.words.values], dtype=bool)
            rows = int(column.rows[told & ~column.missing].sum())
            if rows >= IN_TEXTS * max(column.filled, 1):
                hints.append(
                    f"no file has a column of treatments, and the texts of {name!r} in {one.sheet.name} name one in {state_rows(rows)}: write what was given into a column of "
                    "its own (IV ketamine, Spravato; empty where nothing was), and draft again"
                )
    return hints


def point_to_orders(sheets: Sequence[Sheet]) -> list[str]:
    """Return which sheets list orders of treatments, where none lists sessions: they say what was to be given, and not when it was."""
    return [
        f"{sheet.name} lists orders of treatments, which say what was to be given and not on which days it was: export what was given too (the administrations of a clinic's record; "
        "of FHIR MedicationAdministration, Procedure or Encounter), and draft again"
        for sheet in sheets
        if (sheet.source.part in REQUESTS or any(set(words_of(name)) & ORDERED for name in sheet.fields))
        and any(names_drug(value) for column in sheet.fields.values() for value in column.values[:MOST_NAMES])
    ]


def doubt_sessions(sheet: Sheet, patient: str, found: Sequence[Found]) -> str:
    """Return why the sessions that another file gives may be none: a sheet that feeds no table dates several times as many; empty else."""
    dates = [
        name
        for name, column in sheet.fields.items()
        if name_occasion(name) == "sessions" and find_dates(column).share >= 0.7
    ]
    if not dates and set(words_of(sheet.name)) & set(read_vocabulary()["occasions"]["sessions"]):  # infusions.csv
        dates = [name for name, column in sheet.fields.items() if name != patient and find_dates(column).share >= 0.7]
    given = [one for one in found if "sessions" in one.tables]
    own, people = sheet.fields[patient].filled, set(sheet.fields[patient].values)
    if len(dates) != 1 or len(given) != 1 or own < OFTENER * given[0].sheet.fields[given[0].patient].filled:
        return ""
    if len(people & set(given[0].sheet.fields[given[0].patient].values)) < SHARED * len(people):
        return ""
    return (
        f"treatment sessions: {sheet.name} has days of sessions ({dates[0]!r}, {own:,} rows) and not what was given, while {given[0].sheet.name} says that in "
        f"{given[0].sheet.fields[given[0].patient].filled:,} rows: does it list courses? Then write what was given beside each day in {sheet.name}, and draft again; where "
        f"{given[0].sheet.name} lists the sessions, delete this line"
    )


def _twin(name: str, column: Field, other: Found) -> str | None:
    """Return the column of another file with the same name and the same values, which is not its patients'."""
    same = [one for one in other.sheet.fields if one != other.patient and squeeze(one) == squeeze(name)]
    if not same or len(column.values) < FEWEST:
        return None
    values = set(column.values)
    return next(
        (one for one in same if len(values & set(other.sheet.fields[one].values)) >= SHARED * len(values)), None
    )


def explain_concepts(sheet: Sheet) -> str:
    """Return why a table of OMOP says nothing as it stands: it has the numbers of concepts and no name; empty for any other sheet."""
    names = {squeeze(name) for name in sheet.fields}
    filled = {squeeze(name): column.filled for name, column in sheet.fields.items()}
    if filled.get("valueasconceptid") and not filled.get("valueasnumber") and not filled.get("valueasstring"):
        return (
            "its answers are numbers of concepts alone (value_as_concept_id). Export the points as value_as_number, or the wording as value_as_string, beside them, "
            "and draft again"
        )
    numbers = sorted(names & {"measurementconceptid", "observationconceptid", "drugconceptid", "procedureconceptid"})
    if not numbers or any(filled[name] for name in names if "sourcevalue" in name or "conceptname" in name):
        return ""
    return (
        "its rows say what they are by numbers of concepts alone. Put the vocabulary's table CONCEPT beside them "
        "(concept.csv, with concept_id, concept_name and concept_code), and draft again"
    )
