"""Exports of one field a row, also of the date (REDCap's EAV, listings of Rave): which fields of a form stand side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.dateforms import find_dates
from outcomes.intake.draft.long import patient_columns
from outcomes.intake.draft.spellings import SHOWN, state_rows
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.draft.vocabulary import words_of
from outcomes.intake.readers import Proposal
from outcomes.intake.words import Array, Words
from outcomes.settings import Pivot

NAMES = (
    "field",
    "field name",
    "fieldname",
    "fieldoid",
    "field oid",
    "variable",
    "variable name",
    "item",
    "item oid",
    "itemoid",
    "item name",
)
VALUES = ("value", "data", "answer", "item value", "data value", "raw value", "field value")
FORMS = (
    "form",
    "form name",
    "formoid",
    "form oid",
    "data page",
    "data page name",
    "crf",
    "dataset",
    "instrument",
    "redcap repeat instrument",
    "datapagename",
)
MOST_FIELDS, MOST_FORMS = 500, 60
AGAIN = 0.02  # of the rows, which may hold a field that another row of the form holds
DATED = 0.7  # of the values of a field of dates


@dataclass(frozen=True)
class _Layout:
    """Which column of a sheet of one field a row says what; ``shared`` are those of the patient, the visit and the like."""

    name: str
    value: str
    form: str | None
    shared: list[str]
    labels: set[str]


def find_fields(sheet: Sheet, proposal: Proposal) -> list[Proposal]:
    """Return how a sheet of one field a row is read, once for each form; nothing where it is none, or a column dates its rows."""
    layout = _find_layout(sheet)
    if layout is None or _count_again(sheet, layout) > AGAIN * sheet.raw.size:
        return []
    made = list(_by_form(sheet, proposal, layout))
    dated = any(_dated(sheet, one, layout.value) for one in made)
    return [_labelled(sheet, one, layout) for one in made] if dated else []


def explain_fields(sheet: Sheet) -> str:
    """Return why a sheet of one field a row is not read: its fields come again within a form; empty where they do not, or it is none."""
    layout = _find_layout(sheet)
    again = _count_again(sheet, layout) if layout else 0
    if layout is None or again <= AGAIN * sheet.raw.size:
        return ""
    return (
        f"a row a field ({layout.name!r}, {layout.value!r}), and {state_rows(again)} hold a field that another row of the same {', '.join(map(repr, layout.shared))} holds: what was "
        "changed beside what it was changed to, or forms that no column tells apart. Export the values as they are now, with a column that numbers the forms of a visit; or a row a form"
    )


def _find_layout(sheet: Sheet) -> _Layout | None:
    patient = next(iter(patient_columns(sheet)), None)
    name, value, form = (_named(sheet, known) for known in (NAMES, VALUES, FORMS))
    form = form if form and len(sheet.fields[form].values) <= MOST_FORMS else None
    if patient is None or name is None or value is None or not 1 < len(sheet.fields[name].values) <= MOST_FIELDS:
        return None
    others = [one for one in sheet.fields if one not in (patient, name, value, form)]
    if any(find_dates(sheet.fields[one]).share >= DATED for one in others):
        return None
    labels = {one for one in others if _follows(sheet, one, name)}
    return _Layout(name, value, form, [patient, *(one for one in others if one not in labels)], labels)


def _named(sheet: Sheet, known: tuple[str, ...]) -> str | None:
    return next((name for name in sheet.fields if " ".join(words_of(name)) in known), None)


def _by_form(sheet: Sheet, proposal: Proposal, layout: _Layout) -> Iterator[Proposal]:
    """Yield how the rows of each form are put side by side; of all rows where no column names a form."""
    name, value, form, shared = layout.name, layout.value, layout.form, layout.shared
    for one in _shown(sheet, form, shared[0], np.ones(sheet.raw.size, dtype=bool)) if form else [None]:
        mine = np.ones(sheet.raw.size, dtype=bool) if form is None or one is None else _rows(sheet.fields[form], one)
        fields = [field for field in _shown(sheet, name, shared[0], mine) if field]
        if not fields:
            continue
        pivot = Pivot(rows=tuple(shared), name=name, value=value, columns={field: (field,) for field in fields})
        note = f"a row a field: what {name!r} names of one form is put side by side"
        rows = proposal.source.rows | ({} if form is None or one is None else {form: (one,)})
        source = proposal.source.model_copy(update={"pivot": pivot, "rows": rows})
        yield replace(proposal, source=source, checks=(*proposal.checks, note))


def _shown(sheet: Sheet, name: str, patient: str, mine: Array) -> list[str]:
    """Return what some rows hold in a column, in their order: items and totals that are known, and what as many patients share as a study file may show."""
    words, people = sheet.fields[name].words, sheet.fields[patient].words.codes
    found = []
    for code in _in_order(words.codes[mine]):
        value = str(words.values[code])
        if len(np.unique(people[mine & (words.codes == code)])) >= SHOWN or claims_of(value):
            found.append(value)
    return found


def _in_order(codes: Array) -> list[int]:
    found, first = np.unique(codes, return_index=True)
    return [int(code) for code in found[np.argsort(first)]]


def _rows(column: Field, value: str) -> Array:
    return column.words.spread(column.words.values == value)


def _follows(sheet: Sheet, one: str, name: str) -> bool:
    """Tell whether a column only says again which field a row holds (its label), or tells every row from every other (a number of the row)."""
    pairs = np.column_stack([sheet.fields[name].words.codes, sheet.fields[one].words.codes])
    distinct = len(np.unique(pairs, axis=0))
    return (distinct <= 1.1 * len(sheet.fields[name].values) and len(sheet.fields[one].values) > 1) or len(
        sheet.fields[one].values
    ) >= sheet.raw.size


def _count_again(sheet: Sheet, layout: _Layout) -> int:
    """Return how many rows hold a field that another row of the same form holds."""
    told = [*layout.shared, layout.name, *([layout.form] if layout.form else [])]
    keys = np.column_stack([sheet.fields[one].words.codes for one in told])
    return sheet.raw.size - len(np.unique(keys, axis=0))


def _dated(sheet: Sheet, made: Proposal, value: str) -> bool:
    """Tell whether some field of a form holds dates."""
    assert made.source.pivot is not None
    names, values = sheet.fields[made.source.pivot.name], sheet.fields[value]
    for field in made.source.pivot.columns:
        rows = _rows(names, field)
        if find_dates(Field.of(field, Words(values.words.codes[rows], values.words.values))).share >= DATED:
            return True
    return False


def _labelled(sheet: Sheet, made: Proposal, layout: _Layout) -> Proposal:
    """Return a form with what its fields ask, where a column says so."""
    assert made.source.pivot is not None
    length = {one: np.mean([len(value) for value in sheet.fields[one].values]) for one in sorted(layout.labels)}
    if not length:
        return made
    label, name = max(length, key=lambda one: length[one]), layout.name
    names, asked = sheet.fields[name].words, sheet.fields[label].words
    said = {
        str(names.values[a]): str(asked.values[b])
        for a, b in {*zip(names.codes.tolist(), asked.codes.tolist(), strict=True)}
    }
    return replace(made, labels={field: said[field] for field in made.source.pivot.columns if said.get(field)})
