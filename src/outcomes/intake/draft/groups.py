"""Group sessions: several patients in one cell, told by the identifiers that other files have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from outcomes.intake.draft.dateforms import find_dates
from outcomes.intake.draft.given import given_patient
from outcomes.intake.draft.long import patient_columns
from outcomes.intake.draft.survey import Field, Sheet, read_proposal
from outcomes.intake.health.identifiers import near_form

BETWEEN = (";", ",", "|", "/", "&", "+")
NUMERIC = (",", "/", "+")  # what stands between the parts of a number, a date, or a blood pressure too
KNOWN, SEVERAL = 0.8, 0.2  # share of the parts that another file knows; of the filled rows with several parts


def split_groups(sheets: Sequence[Sheet], folder: Path) -> list[Sheet]:
    """Return the sheets, those whose cells name several patients of another file read again with a row for each."""
    named = [_identifiers(sheet) for sheet in sheets]
    return [
        _split(sheet, set().union(*(known for at, known in enumerate(named) if at != place)), folder)
        for place, sheet in enumerate(sheets)
    ]


def _identifiers(sheet: Sheet) -> set[str]:
    columns = [given] if (given := given_patient(sheet)) else patient_columns(sheet)[:1]
    return {near_form(value) for name in columns for value in sheet.fields[name].values}


def _split(sheet: Sheet, known: set[str], folder: Path) -> Sheet:
    if not known or sheet.source.format in ("fhir", "redcap"):
        return sheet
    for name, column in sheet.fields.items():
        between = None if find_dates(column).share else _between(column, known)
        if between is not None:
            note = f"several patients in one cell of {name!r}: a row for each (each)"
            source = sheet.source.model_copy(update={"each": {name: between}})
            again = read_proposal(folder, replace(sheet.proposal, source=source, checks=(*sheet.proposal.checks, note)))
            return replace(again, owner=name) if isinstance(again, Sheet) else sheet
    return sheet


def _between(column: Field, known: set[str]) -> str | None:
    """Return what stands between the identifiers of one cell; None where the cells hold no several ones."""
    for between in BETWEEN:
        if not any(between in value for value in column.values):
            continue
        cells = [_part(value, between) for value in column.words.values]
        parts = {part for value in column.values for part in _part(value, between)}
        spaced = any(f"{between} " in value for value in column.values)
        if between in NUMERIC and not spaced and all(part.isdecimal() for part in parts):
            continue  # 128/84 and 3,5 are no patients 128 and 84
        # `Patient/12` has a separator and one patient
        several = [sum(part in known for part in cell) > 1 for cell in cells]
        many = sum(int(rows) for one, rows in zip(several, column.rows, strict=True) if one)
        if many and many >= SEVERAL * column.filled and len(parts & known) >= KNOWN * len(parts):
            return between
    return None


def _part(value: str, between: str) -> list[str]:
    return [near_form(part.strip()) for part in value.split(between) if part.strip()]
