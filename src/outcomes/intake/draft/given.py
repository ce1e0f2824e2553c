"""What the reader of a format says of a table, laid over what names and content say."""

from __future__ import annotations

from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.questionnaire import Questionnaire
from outcomes.intake.draft.spellings import Spellings
from outcomes.intake.draft.survey import Sheet
from outcomes.settings import Column

PLACING = ("date", "study_day", "visit")


def given_patient(sheet: Sheet) -> str | None:
    """Return the column of the patients' identifiers that the format names."""
    columns = (of_table.get("patient") for of_table in sheet.proposal.columns.values())
    return next((column.column for column in columns if column is not None and column.column in sheet.fields), None)


def given_place(sheet: Sheet) -> tuple[str, Guess] | None:
    """Return what places the rows in time by the format, and its column."""
    for of_table in sheet.proposal.columns.values():
        for name in PLACING:
            column = of_table.get(name)
            if column is not None and column.column in sheet.fields:
                return name, _guess(column)
    return None


def given_columns(sheet: Sheet) -> set[str]:
    """Return every column that the format says something of."""
    columns = {one.column for of_table in sheet.proposal.columns.values() for one in of_table.values() if one.column}
    items = {item for one in sheet.proposal.instruments.values() for item in one.items}
    return columns | items | {one.total for one in sheet.proposal.instruments.values() if one.total}


def lay_over(found: Found) -> None:
    """Add what the format says of the sheet; it goes before what names and content say."""
    proposal = found.sheet.proposal
    for name, columns in proposal.instruments.items():
        found.instruments[name] = Questionnaire(name, columns.items, columns.total, dict(columns.answers))
    for table, of_table in proposal.columns.items():
        mine = found.tables.setdefault(table, {"patient": Guess(found.patient)})
        mine |= {name: _guess(column) for name, column in of_table.items() if column.column is not None}
        constants = {name: column.constant for name, column in of_table.items() if column.constant is not None}
        found.constants |= {name: str(value) for name, value in constants.items()}
    if found.instruments and "assessments" not in found.tables:
        place = given_place(found.sheet)
        found.tables["assessments"] = {"patient": Guess(found.patient)} | (dict([place]) if place else {})
    found.notes += list(proposal.checks)


def _guess(column: Column) -> Guess:
    assert column.column is not None
    values = {spelling: None if value is None else str(value) for spelling, value in column.values.items()}
    spellings = Spellings(values, share=1.0, split=column.split) if values or column.split else None
    return Guess(column.column, spellings, None if column.unit == "auto" else column.unit, missing=column.missing)
