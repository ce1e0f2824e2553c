"""Rows that repeat what other rows say: values that an analyst derived (ADaM), and a record that two people entered (REDCap)."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from outcomes.intake.draft.long import patient_columns
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.readers import Proposal

DERIVED = "DTYPE"  # ADaM: how a row was derived of others (LOCF, AVERAGE, MAXIMUM); blank where it was observed
MOST_DERIVED = 12  # spellings of that
ENTERED = re.compile(
    r"(.+)--([12])"
)  # REDCap's double data entry: record K-7 as the first and the second person entered it


def without_repeats(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Leave out rows that were derived of others, and entries beside the record that they were merged into; ask where none was."""
    return _without_entries(sheet, _without_derived(sheet, proposal))


def _without_derived(sheet: Sheet, proposal: Proposal) -> Proposal:
    name = next((name for name in sheet.fields if name.upper() == DERIVED), None)
    kinds = sorted(sheet.fields[name].values) if name else []
    if name is None or not kinds or len(kinds) > MOST_DERIVED:
        return proposal
    filled = sheet.fields[name].filled
    rows = f"{state_rows(filled)} were derived of others, as {name!r} says ({', '.join(map(repr, kinds))})"
    if 2 * filled > sheet.raw.size:
        question = f"{sheet.name}: {rows}, which is most of them: which are the scores that were observed? Write the others under `leave_out` for this file, or delete this line"
        return replace(proposal, questions=(*proposal.questions, question))
    return _leave(proposal, name, kinds, f"{rows}, and are left out: nobody answered on that day")


def _without_entries(sheet: Sheet, proposal: Proposal) -> Proposal:
    for name in patient_columns(sheet)[:1]:
        column = sheet.fields[name]
        ends = {value: match for value in column.values if (match := ENTERED.fullmatch(value))}
        entered = {(match[1], match[2]) for match in ends.values()}
        twice = {who for who, _ in entered if {(who, "1"), (who, "2")} <= entered}
        merged = {who for who, _ in entered} & set(column.values)
        left = ["*--1", "*--2"]
        if merged and all(match[1] in merged for match in ends.values()):
            return _leave(
                proposal,
                name,
                left,
                f"rows of {name!r} that end in --1 and --2 were entered twice; the record that they were merged into is taken",
            )
        if twice | merged:
            rows = state_rows(int(column.rows[np.isin(column.words.values, list(ends))].sum()))
            question = (
                f"{sheet.name}: {rows} are of records that two people entered ({name!r} ends in --1 and --2), and would count as two patients each. Merge them in REDCap "
                f"(Data Comparison Tool) and export again; or write `leave_out: {{{name}: ['*--2']}}` for each entry of this file, to take what the first person entered, and delete this line"
            )
            return replace(proposal, questions=(*proposal.questions, question))
    return proposal


def _leave(proposal: Proposal, name: str, spelt: list[str], check: str) -> Proposal:
    left = {**proposal.source.leave_out, name: (*proposal.source.leave_out.get(name, ()), *spelt)}
    return replace(
        proposal, source=proposal.source.model_copy(update={"leave_out": left}), checks=(*proposal.checks, check)
    )
