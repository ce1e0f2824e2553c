"""Which sections of the page on exports (docs/your-export.md) show what the files of a draft look like."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from outcomes.intake.draft.export import Survey
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.draft.zones import list_stamps
from outcomes.intake.privacy import BIRTH

PAGE = "docs/your-export.md"
STATISTICS = frozenset({"spss", "stata", "sas"})
SDTM = frozenset({"usubjid", "subjid", "qstestcd", "paramcd"})
OMOP = ("drug_exposure_", "measurement_", "observation_", "drug_concept_")
SECTIONS: dict[str, Callable[[Sheet], bool]] = {
    "REDCap, as downloaded": lambda one: one.source.format == "redcap",
    "Qualtrics, SurveyMonkey, Google Forms": lambda one: any("of Qualtrics" in note or "of SurveyMonkey" in note for note in one.proposal.notes),
    "FHIR": lambda one: one.source.format == "fhir",
    "ODM: OpenClinica, Medidata, Castor": lambda one: one.source.format == "odm",
    "JSON of another program": lambda one: one.source.format in ("json", "xml"),
    "OMOP, and tables in a database": lambda one: one.source.format == "database" or _is_omop(one),
    "SDTM and ADaM": lambda one: one.source.format in STATISTICS or bool(_names(one) & SDTM),
    "A question whose wording was changed": lambda one: bool(one.source.combine),
    "A score within a text": lambda one: bool(one.source.in_text),
    "Two numbers in one cell": lambda one: bool(one.source.parts),
    "A column for each answer": lambda one: bool(one.source.ticks),
    "Two tables beside one another": lambda one: one.source.beside is not None,
    "Headings between the rows: printed reports": lambda one: bool(one.source.headings),
    "A sheet on its side": lambda one: one.source.sideways,
    "Several patients in one cell": lambda one: bool(one.source.each),
    "What another file says: an encounter's patient and day, a treatment said once": lambda one: one.source.join is not None,
    "A file for each patient": lambda one: bool(set("*?[") & set(one.source.file)) or one.source.sheet == "*",
    "Titles above the names, names in two rows": lambda one: one.source.header != (1,) or bool(one.source.fill_down),
    "One row a patient: a column for each visit": lambda one: one.source.stack is not None,
    "One answer or one score a row": lambda one: one.source.pivot is not None,
}  # fmt: skip
WEEKS = "Weeks in place of dates"
AGES = "Ages, and dates of birth"
PLAIN, WHEN, WHO = "A table, one row a questionnaire", "When: dates, times, zones", "Who: identifiers"


def find_examples(survey: Survey, missing: Sequence[str]) -> list[str]:
    """Return the titles of the sections that show such files, and what is asked of them; that of a plain table where there is none."""
    shown = [title for title, fits in SECTIONS.items() if any(map(fits, survey.sheets))]
    if survey.counted or any({"study_day", "visit"} & set(one.tables.get("assessments", {})) for one in survey.found):
        shown.append(WEEKS)
    stamps = any(any(list_stamps(one)) for one in survey.found)
    if (
        stamps
        or any(one.source.swapped_dates == "exchange" for one in survey.sheets)
        or any("dates" in one[:6] for one in missing)
    ):
        shown.append(WHEN)
    written = any(
        one.sheet.source.patient_strip or one.sheet.source.patient_digits or one.sheet.source.patient_case
        for one in survey.found
    )
    if written or any("identifiers" in one for one in missing):
        shown.append(WHO)
    births = any(BIRTH in columns for one in survey.found for columns in one.tables.values())
    return [*(shown or [PLAIN]), *([AGES] if births else [])]


def _names(one: Sheet) -> frozenset[str]:
    return frozenset(name.casefold() for name in one.raw.columns)


def _is_omop(one: Sheet) -> bool:
    return "person_id" in _names(one) and any(name.startswith(OMOP) for name in _names(one))
