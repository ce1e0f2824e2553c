"""Cells that stand for the one above them: identifiers written once for all rows of a patient, ditto marks."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from outcomes.intake.draft.long import patient_columns
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.readers import Proposal
from outcomes.intake.values import says_same
from outcomes.intake.words import Array

FEWEST = 3  # rows without an identifier among others that have one
MOSTLY = 0.5  # of the rows, which identifiers written once leave blank


def fill_cells(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Return how a sheet is read whose cells say that they are as the one above: by being blank, or by a ditto mark."""
    own = patient_columns(sheet)[:1]
    filled = {name: note for name in own if (note := _written_once(sheet, proposal, name))}
    asked = []
    for name, column in sheet.fields.items():
        marks = [value for value in column.values if says_same(value)]
        if not marks or len(marks) == len(column.values):
            continue
        blank = int(_gaps(sheet, column).sum())
        if blank and name not in own:
            asked.append(
                f"{sheet.name}: {name!r} has ditto marks ({', '.join(map(repr, sorted(marks)))}) and {state_rows(blank)} without a word. Where a blank cell means the one above it "
                f"too, write `fill_down: [{name}]` for this file; else write out in the export what the marks stand for"
            )
        else:
            filled[name] = f"ditto marks in {name!r} stand for the cell above them" + (
                ", and so do blanks" if blank else ""
            )
    asked += [question for name in own if name not in filled and (question := _ask_blanks(sheet, name))]
    source = proposal.source.model_copy(update={"fill_down": tuple(filled)}) if filled else proposal.source
    return replace(
        proposal,
        source=source,
        checks=(*proposal.checks, *filled.values()),
        questions=(*proposal.questions, *(one for one in asked if one not in proposal.questions)),
    )


def _gaps(sheet: Sheet, column: Field) -> Array:
    """Return which rows are blank in a column and hold something in another."""
    return _blank(column) & _others(sheet, column.name)


def _blank(column: Field) -> Array:
    return column.words.spread(np.array([value == "" for value in column.words.values], dtype=bool))


def _others(sheet: Sheet, name: str) -> Array:
    full = np.zeros(sheet.raw.size, dtype=bool)
    for other, words in sheet.raw.columns.items():
        if other != name:
            full |= words.spread(np.array([value != "" for value in words.values], dtype=bool))
    return full


def _written_once(sheet: Sheet, proposal: Proposal, name: str) -> str:
    """Return that identifiers are written once for all rows of a patient; nothing where they are not."""
    column = sheet.fields[name]
    sums = {value for values in proposal.source.leave_out.values() for value in values}
    once = [value for value in column.values if not any(re.sub(r"\d+", "*", value) == one for one in sums)]
    written = sum(int(column.rows[column.words.values == value].sum()) for value in once)
    gaps, full = _gaps(sheet, column), _others(sheet, name)
    if gaps.sum() > MOSTLY * full.sum() and not _blank(column)[0] and written == len(once):
        return f"{name!r} is written once for all rows of a patient; the blank cells below it are filled"
    return ""


def _ask_blanks(sheet: Sheet, name: str) -> str:
    """Return the question whose rows without an identifier are, where the rows of each patient stand together."""
    column = sheet.fields[name]
    gaps = _gaps(sheet, column)
    codes = column.words.codes[~_blank(column)]
    together = len(codes) and 1 + int((np.diff(codes) != 0).sum()) == len(np.unique(codes))
    if gaps.sum() < FEWEST or not together or len(codes) < 2 * len(np.unique(codes)):
        return ""
    return (
        f"{sheet.name}: {state_rows(int(gaps.sum()))} have no identifier in {name!r}, and are left out. Where they are of the patient above them, write `fill_down: [{name}]` for "
        "this file; where they are nobody's, delete this line"
    )
