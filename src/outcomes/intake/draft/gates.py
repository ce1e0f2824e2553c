"""Totals of a first part (PHQ-2, GAD-2) in the column of the whole questionnaire, where a program asks no further below its cut-off."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from outcomes.intake.draft.found import Found
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.survey import Field
from outcomes.intake.draft.vocabulary import squeeze
from outcomes.intake.values import to_numbers
from outcomes.intake.words import Array

GATES = {"phq9": "phq2", "phq8": "phq2", "gad7": "gad2"}
CUT_OFF = 3  # from which such a first part asks for the rest (10.1097/01.MLR.0000093487.78664.3C; 10.7326/0003-4819-146-5-200703060-00004)
FEWEST, MOSTLY = 5, 0.95  # rows below it with points, whose total must be that of the first part


def ask_gates(one: Found) -> Iterator[str]:
    """Yield which totals are as large as the first part in nearly all rows below its cut-off, though not above it."""
    for instrument, questionnaire in one.instruments.items():
        parts = [name for name in one.sheet.fields if squeeze(name).startswith(GATES.get(instrument, "-"))]
        if questionnaire.total is None or questionnaire.items or len(parts) != 1:
            continue
        total, part = _points(one.sheet.fields[questionnaire.total]), _points(one.sheet.fields[parts[0]])
        below, above = (part > 0) & (part < CUT_OFF), part >= CUT_OFF
        if below.sum() < FEWEST or (total == part)[below].mean() < MOSTLY or (total == part)[above].mean() > 1 - MOSTLY:
            continue
        rows = state_rows(int((part < CUT_OFF).sum() - np.isnan(total[part < CUT_OFF]).sum()))
        yield (
            f"questionnaires: in {one.sheet.name} {questionnaire.total!r} is no more than {parts[0]!r} wherever that is below {CUT_OFF} ({rows}), as where the rest was not asked then: "
            f"these are totals of {parts[0]!r} and none of {instrument}, and would count as remission. Leave these cells of {questionnaire.total!r} empty in the export; where the rest was "
            "asked in each of these rows, delete this line"
        )


def _points(column: Field) -> Array:
    return column.words.spread(to_numbers(column.words.values))
