"""The sheets of an export seen together: whose rows they are, what they give, and in what order day and month stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from outcomes.intake.draft.baselines import LISTED
from outcomes.intake.draft.candidates import Candidates, find_candidates
from outcomes.intake.draft.codes import propose_missing
from outcomes.intake.draft.copies import ask_about_copies, ask_about_pairs
from outcomes.intake.draft.dateforms import DateForms, find_dates
from outcomes.intake.draft.elsewhere import (
    explain_sheet,
    point_elsewhere,
    point_to_arms,
    point_to_orders,
    point_to_texts,
)
from outcomes.intake.draft.found import Found
from outcomes.intake.draft.gather import gather_files
from outcomes.intake.draft.groups import split_groups
from outcomes.intake.draft.identities import unite_identifiers
from outcomes.intake.draft.joins import complete_sheets
from outcomes.intake.draft.links import link_identifiers
from outcomes.intake.draft.long import SEVERAL
from outcomes.intake.draft.owners import find_owners
from outcomes.intake.draft.placing import place_questionnaires
from outcomes.intake.draft.questions import ask_people
from outcomes.intake.draft.shapes import reread_sheets
from outcomes.intake.draft.sites import compare_identifiers, name_sites
from outcomes.intake.draft.survey import Sheet, read_folder
from outcomes.intake.draft.swapped import exchange_dates
from outcomes.intake.draft.tables import describe_sheet, find_patient
from outcomes.intake.draft.titles import name_treatment, take_titles
from outcomes.intake.draft.undated import ask_undated, ask_unread
from outcomes.intake.draft.vocabulary import (
    NEAR,
    match_name,
    read_vocabulary,
    words_of,
)
from outcomes.intake.privacy import BIRTH, plain_name
from outcomes.intake.readers import Unread

ANSWER_NAMES = frozenset({"answer", "response", "score", "value", "result", "points"})
NO_COLUMN = "no column that any table needs"
NOBODY = "no column named like patients' identifiers (patient_id, client_id …)"
PIVOT_TABLE = (
    "a pivot table whose first column ('Row Labels') mixes patients, days and arms. Export the list that it is made from; or show it with a column for each: Design, Report Layout, "
    "Show in Tabular Form, Repeat All Item Labels, no subtotals"
)
ITEM_NAMES = frozenset(
    {"item", "question", "instrument", "questionnaire", "scale", "measure", "test", "code", "description"}
)


@dataclass
class Survey:
    """Everything that was found in an export."""

    found: list[Found]  # sheets that feed a table
    idle: list[Unread] = field(default_factory=list)  # sheets and files that feed none, and why
    orders: dict[str, str] = field(default_factory=dict)  # sheet → day | month | both | unknown, where it matters
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)  # what only people can say
    sheets: list[Sheet] = field(default_factory=list)  # all that could be read
    scheduled: bool = False  # labels of visits place the questionnaires, beside dated sessions
    counted: bool = False  # study days that count from the first session place questionnaires, beside dated sessions
    hints: list[str] = field(default_factory=list)  # what a file lacks to hold sessions, and which other one has
    candidates: dict[str, Candidates] = field(default_factory=dict)  # sheet that feeds no table → columns that could

    @property
    def tables(self) -> set[str]:
        """The canonical tables that some sheet feeds."""
        return {table for one in self.found for table in one.tables}

    @property
    def instruments(self) -> list[str]:
        """The instruments found, depression first, as the package lists them."""
        found = {name for one in self.found for name in one.instruments}
        return [name for name in read_vocabulary()["instruments"] if name in found]

    @property
    def treatments(self) -> set[str]:
        """The treatments found."""
        guesses = [one.tables.get("sessions", {}).get("treatment") for one in self.found]
        spelt = {name for guess in guesses if guess and guess.spellings for name in guess.spellings.values.values()}
        return {name for name in spelt | {one.constants.get("treatment") for one in self.found} if name}


def survey_export(folder: Path) -> Survey:
    """Read every file below a folder and find what it holds.

    Raises
    ------
    InputError
        No such folder, or one without a file.
    """
    read, unread = read_folder(folder)
    gathered, failed = gather_files(read, folder)
    named = find_owners(link_identifiers(split_groups(gathered, folder), folder))
    shaped, more = reread_sheets(complete_sheets(named, folder), folder)
    sheets = complete_sheets(shaped, folder)
    unread = [*unread, *failed, *more]
    survey = Survey([], list(unread), sheets=list(sheets))
    for sheet in sheets:
        patient = find_patient(sheet, sheets)
        if patient is None:
            survey.idle.append(Unread(sheet.name, PIVOT_TABLE if "Row Labels" in sheet.fields else NOBODY))
            continue
        one = describe_sheet(sheet, patient)
        one.notes += [*sheet.proposal.notes, *_tell_owner(sheet)]
        name_treatment(one)
        trouble = _rows_of_items(one) if not one.instruments else None
        if trouble is not None:
            one.tables, one.instruments = {}, {}
            one.troubles.insert(0, trouble)
        if one.tables:
            survey.found.append(one)
        else:
            survey.idle.append(Unread(sheet.name, "; ".join(one.troubles) or NO_COLUMN))
    survey.idle = [_point(one, survey, sheets) for one in survey.idle]
    idle = {one.name for one in survey.idle}
    survey.candidates = {
        sheet.name: find_candidates(sheet, [other for other in sheets if other is not sheet])
        for sheet in sheets
        if sheet.name in idle
    }
    _leave_untreated(survey)
    _leave_allocations(survey)
    _keep_attributes_once(survey.found)
    survey.scheduled, survey.counted = place_questionnaires(survey.found)
    survey.idle += [
        Unread(one.sheet.name, "; ".join(one.troubles) or NO_COLUMN) for one in survey.found if not one.tables
    ]
    survey.found = [one for one in survey.found if one.tables]
    survey.hints += [] if any("sessions" in one.tables for one in survey.found) else point_to_orders(sheets)
    survey.hints += take_titles(survey.found) or point_to_texts(survey.found)
    unite_identifiers(survey.found)
    exchange_dates(survey.found)
    propose_missing(survey.found)
    survey.notes += name_sites(survey.found)
    _note_births(survey)
    _note_own_numbers(survey, sheets)
    compared, survey.questions = compare_identifiers(survey.found)
    survey.questions += [*ask_about_copies(survey.found), *ask_about_pairs(sheets, survey.found)]
    survey.questions += ask_undated(survey.found, survey.idle)
    survey.questions += filter(None, map(ask_unread, survey.found))
    survey.notes += compared
    survey.questions += ask_people(survey.found, survey.idle, sheets)
    survey.orders = {one.sheet.name: order for one in survey.found if (order := _order(one, survey.found)) is not None}
    return survey


def _point(one: Unread, survey: Survey, sheets: Sequence[Sheet]) -> Unread:
    """Return a file that feeds no table with what it lacks and another file has."""
    sheet = next((sheet for sheet in sheets if sheet.name == one.name), None)
    if sheet is None:
        return one
    patient = find_patient(sheet, sheets)
    known = explain_sheet(sheet)
    if known:
        return replace(one, reason=known)
    if patient is None:
        hint = point_elsewhere(
            sheet, None, any(find_dates(column).share >= 0.7 for column in sheet.fields.values()), survey.found
        )
    else:
        hint = point_to_arms(sheet, survey.found)
        survey.hints += [hint] if hint else []
    return replace(one, reason=f"{one.reason}. {hint}") if hint else one


def _tell_owner(sheet: Sheet) -> list[str]:
    """Return what says that content alone shows who the patients are."""
    if sheet.owner is None or not sheet.twin:
        return []
    return [
        f"{sheet.owner!r} is taken for the patients' identifiers, as its values are those of {sheet.twin!r} in another file"
    ]


def _rows_of_items(one: Found) -> str | None:
    """Return what is wrong with a sheet of one row per item or per score."""
    filled = {name: column for name, column in one.sheet.fields.items() if column.filled}
    free = {name: column for name, column in filled.items() if name not in one.used and name != one.patient}
    answers = [name for name in free if set(words_of(name)) & ANSWER_NAMES]
    items = [name for name in free if set(words_of(name)) & ITEM_NAMES and name not in answers]
    spelt = [name for name in items if len(free[name].values) <= 200 and one.rows_per_patient > 1.5]
    if not answers or not spelt:
        return None
    return (
        f"one row per answer or score ({', '.join(map(repr, [*spelt, *answers]))}); intake reads one row per questionnaire. "
        "Pivot it: a row per patient and date, a column per item or total"
    )


def _keep_attributes_once(found: Sequence[Found]) -> None:
    """Leave out attributes of patients on sheets with many rows a patient, where a sheet of patients has them."""
    lists = [one for one in found if "patients" in one.tables and one.rows_per_patient < 1.5]
    known = {name for one in lists for name in one.tables["patients"]}
    for one in found:
        if "patients" in one.tables and one not in lists and lists:
            own = {
                name: guess for name, guess in one.tables["patients"].items() if name == "patient" or name not in known
            }
            one.tables["patients"] = own
            if len(own) == 1:
                del one.tables["patients"]
    for one in found:  # an allocation is of studies without sessions; elsewhere the sessions say the arm
        if any("sessions" in other.tables for other in found) and "patients" in one.tables:
            one.tables["patients"].pop("arm", None)
            if len(one.tables["patients"]) == 1:
                del one.tables["patients"]


def _leave_untreated(survey: Survey) -> None:
    """Leave out sessions of sheets of patients or of questionnaires that have a duration or the like and name no treatment."""
    for one in survey.found:
        treated = "treatment" in one.tables.get("sessions", {}) or "treatment" in one.constants
        if "sessions" in one.tables and not treated and (one.rows_per_patient < 1.5 or one.instruments):
            del one.tables["sessions"]
            one.tables.pop("vitals", None)


def _leave_allocations(survey: Survey) -> None:
    """Leave out sessions of a list of patients that says their arm and one date, where another file has the sessions."""
    names = read_vocabulary()["patients"]["arm"]["names"]
    logs = [one for one in survey.found if "sessions" in one.tables and one.rows_per_patient >= SEVERAL]
    for one in survey.found:
        treatment = one.tables.get("sessions", {}).get("treatment")
        if not logs or treatment is None or one.rows_per_patient >= LISTED or one.instruments:
            continue
        if match_name(treatment.column, names)[0] >= NEAR:
            del one.tables["sessions"]
            one.tables.pop("vitals", None)


def _note_births(survey: Survey) -> None:
    """Say why there is no age where there are dates of birth."""
    words = {word for one in survey.found for name in one.sheet.fields for word in words_of(name)}
    known = {name for one in survey.found for name in one.tables.get("patients", {})}
    if not known & {"age", BIRTH} and words & set(read_vocabulary()["births"]):
        survey.notes.append(
            "no age: the dates of birth could not be read; a column of dates as 1961-03-14, or of ages in years, would be"
        )


def _note_own_numbers(survey: Survey, sheets: Sequence[Sheet]) -> None:
    """Say that OMOP's numbers name the people, where a table has the clinic's own identifiers too."""
    own = [sheet.name for sheet in sheets if "person_source_value" in map(plain_name, sheet.fields)]
    if own and any(plain_name(one.patient) == "person_id" for one in survey.found):
        survey.notes.append(
            f"people are named by person_id; 'person_source_value' of {own[0]}, the clinic's own identifier, is not used, as the other tables "
            "have it not"
        )


def _order(one: Found, found: Sequence[Found]) -> str | None:
    """Return in what order a sheet writes day and month; None where its dates need no decision.

    Its own columns of dates decide; where these fit either order, the other date columns of the sheet, then of the export.
    """
    dated = [one.dates[name] for name in dated_columns(one) if one.dates[name].open]
    own = dated or [one.dates[name] for name in written_columns(one) if one.dates[name].open]
    if not own:
        return None
    sheet = [forms for forms in one.dates.values() if forms.open]
    every = [forms for other in found for forms in other.dates.values() if forms.open]
    for place, columns in enumerate((own, sheet, every)):
        orders = {forms.order for forms in columns} - {None}
        if len(orders) > 1 and place == 2:
            return "unknown"
        if orders:
            order = "both" if len(orders) > 1 else orders.pop()
            if place:
                where = "another column of this sheet" if place == 1 else "other files"
                one.notes.append(f"its dates fit day first and month first; {order} first after {where}")
            return order
    return "unknown"


def dated_columns(one: Found) -> list[str]:
    """Return the columns that are mapped as dates."""
    columns = [
        guesses[name].column for guesses in one.tables.values() for name in ("date", "submitted") if name in guesses
    ]
    return [name for name in dict.fromkeys(columns) if name in one.dates]


def written_columns(one: Found) -> list[str]:
    """Return the columns that are mapped as dates, and that of the dates of birth."""
    births = [guesses[BIRTH].column for guesses in one.tables.values() if BIRTH in guesses]
    return [*dated_columns(one), *births]


def date_formats(one: Found, order: str) -> list[str]:
    """Return the formats of a sheet's mapped dates."""
    forms: list[DateForms] = [one.dates[name] for name in written_columns(one)]
    return list(dict.fromkeys(form for each in forms for form in each.formats(order)))
