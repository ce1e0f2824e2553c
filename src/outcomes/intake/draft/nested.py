"""Lists within a person's object: what stands beside them is of each of their entries, and says of none that it was a session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.draft.treatments import names_treatments
from outcomes.settings import Table

SCORES: frozenset[Table] = frozenset({"assessments", "patients"})
NESTED = frozenset({"json", "xml"})


def part_scores(sheets: Sequence[Sheet]) -> Iterator[Sheet]:
    """Yield the sheets; a list of scores feeds no sessions where another list of the same objects has these.

    The treatment that a person's object says once stands beside the entries of all its lists, also beside scores of other days.
    """
    for sheet in sheets:
        others = [one for one in sheets if one is not sheet and _is_list(one) and one.raw.name == sheet.raw.name]
        given = any(not has_scores(one) and names_treatments(one) for one in others)
        above = {name for one in others for name in one.fields}
        own = replace(sheet, fields={name: field for name, field in sheet.fields.items() if name not in above})
        if _is_list(sheet) and given and has_scores(sheet) and not (own.fields and names_treatments(own)):
            yield replace(sheet, proposal=replace(sheet.proposal, only=SCORES))
        else:
            yield sheet


def has_scores(sheet: Sheet) -> bool:
    """Tell whether columns are named after questionnaires, or the values of one are."""
    few = (column.values for column in sheet.fields.values() if len(column.values) <= 30)
    return any(map(claims_of, sheet.fields)) or any(claims_of(value) for values in few for value in values)


def _is_list(sheet: Sheet) -> bool:
    return sheet.source.format in NESTED and sheet.source.part is not None
