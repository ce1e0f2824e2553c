"""Rows of a form that is named after another and is not it, such as the PHQ-9 in the wording for adolescents (PHQ-9M)."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.readers import Proposal

WORDS = r"m|a|mod|modified|adol|adolescents?|teens?|youth|child|children|parent|caregiver"
VARIANT = re.compile(
    rf"(?:((?:phq|gad)[\W_]*[79])[\W_]*(?:for[\W_]*)?(?:{WORDS})|phq[\W_]*a)(?:[\W_]+(?:for|score|total|{WORDS}))*[\W_]*",
    re.IGNORECASE,
)
MOST_NAMED = 200  # spellings in a column that names the questionnaire of a row


def ask_variants(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Return how a sheet is read with what to ask of rows that a column names after such a form, beside those of the form itself."""
    for name, column in sheet.fields.items():
        values = [str(value) for value in column.values] if 2 <= len(column.values) <= MOST_NAMED else []
        spelt = {
            value: match for value in values if not claims_of(value) and (match := VARIANT.fullmatch(value.strip()))
        }
        of = {_whose(match) for match in spelt.values()}
        beside = {instrument for value in values for instrument, _ in claims_of(value)[:1]} & of
        if beside:
            rows = state_rows(int(column.rows[np.isin(column.words.values, list(spelt))].sum()))
            question = (
                f"{sheet.name}: {name!r} calls {rows} {', '.join(map(repr, sorted(spelt)))}, a form named after {', '.join(sorted(beside))} in another wording (for adolescents, or answered by "
                "others), and they are left out. Where its scores count as those, write its name beside theirs (in `columns` of the pivot, or `rows`); else delete this line"
            )
            return replace(proposal, questions=(*proposal.questions, question))
    return proposal


def _whose(match: re.Match[str]) -> str:
    return re.sub(r"[\W_]", "", match[1]).casefold() if match[1] else "phq9"
