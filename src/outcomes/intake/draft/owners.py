"""Identifiers by content: the column that names patients where no name tells, as its values are another file's patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from outcomes.intake.draft.candidates import names_people
from outcomes.intake.draft.given import given_patient
from outcomes.intake.draft.long import patient_columns
from outcomes.intake.draft.survey import CLEANING, Field, Sheet
from outcomes.intake.draft.vocabulary import read_vocabulary, words_of
from outcomes.intake.health.identifiers import near_form
from outcomes.intake.identifiers import write_identifiers
from outcomes.intake.readers.header import is_name

MOSTLY, REPEATED = 0.6, 1.5  # share of the smaller column's values in the other; rows a value in one of the files
NOBODY = frozenset(
    {"provider", "physician", "clinician", "doctor", "npi", "nurse", "therapist", "staff", "site", "clinic", "location", "room", "device",
     "encounter", "visit", "session", "appointment", "order", "invoice", "response", "respondent", "collector", "batch", "lot", "ndc",
     "zip", "postcode", "phone", "date", "time", "weight", "wt", "dose", "charge", "insurance", "payer", "score", "total"}
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column that may name patients, with its identifiers in the form in which they are compared."""

    sheet: int
    name: str
    known: frozenset[str]
    repeats: bool
    named: bool


def find_owners(sheets: Sequence[Sheet]) -> list[Sheet]:
    """Return the sheets, each of those whose patients no name tells with the column that its content shows, where just one can be it.

    The column's values are numbered as identifiers are, most of those of the smaller file are in the other, and in one of
    the two they come again. Of a sheet's columns the one that shares most is taken; where two share equally, none.
    """
    columns = [column for place, sheet in enumerate(sheets) for column in _columns(place, sheet)]
    return [
        sheet if _has_name(sheet) else _with_owner(sheet, [one for one in columns if one.sheet == place], columns)
        for place, sheet in enumerate(sheets)
    ]


def _has_name(sheet: Sheet) -> bool:
    return given_patient(sheet) is not None or bool(patient_columns(sheet))


def _columns(place: int, sheet: Sheet) -> Iterator[Column]:
    """Yield the columns of a sheet that may name its patients: those named so, else all that look like identifiers."""
    named = [given] if (given := given_patient(sheet)) else patient_columns(sheet)
    free = [name for name, one in sheet.fields.items() if is_name(name) and _is_code(one)]
    for name in named or free:
        column = sheet.fields[name]
        known = frozenset(near_form(value) for value in column.values)
        yield Column(place, name, known, column.filled >= REPEATED * len(column.values), bool(named))


def _is_code(column: Field) -> bool:
    """Tell whether values are codes as identifiers are: with digits, long or with letters, and no measured numbers."""
    if set(words_of(column.name)) & NOBODY.union(read_vocabulary()["keys"]) or not names_people(column):
        return False
    values = column.values.tolist()
    coded = [any(c.isdigit() for c in one) and (len(one) >= 4 or any(c.isalpha() for c in one)) for one in values]
    return sum(coded) >= 0.9 * len(values)


def _with_owner(sheet: Sheet, mine: Sequence[Column], columns: Sequence[Column]) -> Sheet:
    best: dict[str, tuple[int, Column]] = {}
    for one in mine:
        for other in columns:
            both = len(one.known & other.known)
            fits = both >= max(5, MOSTLY * min(len(one.known), len(other.known))) and (one.repeats or other.repeats)
            if other.sheet != one.sheet and fits and both > best.get(one.name, (0, one))[0]:
                best[one.name] = both, other
    ranked = sorted(best.items(), key=lambda entry: -entry[1][0])
    if not ranked or (len(ranked) > 1 and ranked[0][1][0] == ranked[1][1][0]):
        return sheet
    name, (_, other) = ranked[0]
    words = write_identifiers(sheet.fields[name].words, sheet.source, CLEANING)
    raw = replace(sheet.raw, columns=sheet.raw.columns | {name: words})
    return replace(sheet, raw=raw, fields=sheet.fields | {name: Field.of(name, words)}, owner=name, twin=other.name)
