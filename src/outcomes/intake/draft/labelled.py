"""Rows of sessions and of other visits in one sheet that says once for all what was given, above it or by its name: labels tell them apart."""

from __future__ import annotations

import re
from dataclasses import replace

from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.draft.treatments import names_treatments
from outcomes.intake.draft.vocabulary import (
    NEAR,
    is_no_session,
    match_name,
    read_vocabulary,
    recognise_treatment,
    say_state,
)
from outcomes.intake.readers import Proposal
from outcomes.settings import Table

SCORES: frozenset[Table] = frozenset({"assessments", "patients"})
SESSIONS: frozenset[Table] = frozenset({"sessions", "vitals", "adverse_events"})
NUMBERED = re.compile(r"(?:session|infusion|treatment|tx|inf|dose|s|visit|v)?[ _.#-]*0*[1-9]\d*", re.IGNORECASE)
NUMBER = re.compile(
    r"(?:session|infusion|treatment|tx|inf|dose)s?[ _.]*(?:#|no\.?|nr\.?|num(?:ber)?|count)?", re.IGNORECASE
)
OTHER = re.compile(
    r"baseline|base|bl|screening|intake|initial|pre[- ]?treatment|follow[- ]?up.*|fu ?\d*|discharge|end|final|0|(?:session|visit|v)[ _.#-]*0",
    re.IGNORECASE,
)
MOST_LABELS = 60


def split_labelled(sheet: Sheet, proposal: Proposal) -> list[Proposal]:
    """Return how such a sheet is read twice, for its scores and for its sessions; nothing where it is none, or nothing tells.

    What was given stands above the table or in the name of the sheet, so that each row would be a session. A column of labels numbers the sessions, and
    names what is none (intake, no show); else a dose is written in just the rows of sessions.
    """
    names = read_vocabulary()["sessions"]["treatment"]["names"]
    given = [name for name in (*proposal.source.above, *proposal.source.headings) if match_name(name, names)[0] >= NEAR]
    title = any(recognise_treatment(one)[0] for one in (proposal.source.sheet or "", *proposal.titles))
    if (
        not (given or title)
        or (names_treatments(sheet) and not given)
        or not any(claims_of(name) for name in sheet.fields)
    ):
        return []
    for name, column in sheet.fields.items():
        values = [value.strip() for value in column.values]
        others = sorted(value for value in values if _is_other(value))
        sure = all(NUMBERED.fullmatch(value) or value in others for value in values)
        if (
            sure
            and not others
            and len(values) > 1
            and column.filled == sheet.raw.size
            and NUMBER.fullmatch(name.strip())
        ):
            return _halves(proposal, name, [], f"{name!r} numbers the rows: each is taken for a session")
        if 2 <= len(values) <= MOST_LABELS and sure and 0 < len(others) < len(values) and not claims_of(name):
            blank = [""] if column.filled < sheet.raw.size else []
            return _halves(
                proposal, name, [*others, *blank], f"{name!r} tells sessions from {', '.join(map(repr, others[:6]))}"
            )
    doses = read_vocabulary()["sessions"]["dose_mg"]["names"]
    for name, column in sheet.fields.items():
        if match_name(name, doses)[0] >= NEAR and 0 < column.filled < sheet.raw.size:
            blank = sorted({"", *column.words.values[column.missing & (column.rows > 0)]})
            return _halves(proposal, name, blank, f"rows without {name!r} are taken for visits without a session")
    return []


def _is_other(value: str) -> bool:
    known = read_vocabulary()
    return OTHER.fullmatch(value) is not None or is_no_session(value) or say_state(value) in known["not_held"]


def _halves(proposal: Proposal, name: str, others: list[str], check: str) -> list[Proposal]:
    left = {**proposal.source.leave_out, **({name: tuple(dict.fromkeys(others))} if others else {})}
    sessions = proposal.source.model_copy(update={"leave_out": left})
    scores = replace(proposal, only=SCORES)
    return [scores, replace(proposal, source=sessions, only=SESSIONS, checks=(*proposal.checks, check))]
