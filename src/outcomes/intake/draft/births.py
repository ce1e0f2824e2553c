"""The patients' dates of birth, from which intake derives the age at the first session."""

from __future__ import annotations

import re

from outcomes.intake.dates import count_swapped
from outcomes.intake.draft.dateforms import DateForms
from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.vocabulary import read_vocabulary, words_of
from outcomes.intake.privacy import BIRTH

CHECK = "the age at the first session is derived from it, and it is stored nowhere; it goes before a column of ages"
YEAR = re.compile(r"(?:19|20)\d{2}(?:\.0)?")
MOSTLY = 0.7  # of the rows that must hold a date


def find_birth(found: Found, mapped: set[str]) -> dict[str, Guess]:
    """Return the column of the dates of birth, where there is one and its days and months can be told apart.

    ``mapped`` are the columns whose dates place the rows: a sheet is read in one order of day and month.
    """
    words = set(read_vocabulary()["births"])
    named = [name for name in found.dates if set(words_of(name)) & words and found.dates[name].share >= MOSTLY]
    if not named and (year := _find_year(found)):
        found.dates[year] = DateForms(1.0)  # in no form that a day has
        return {BIRTH: Guess(year, check=CHECK)}
    if len(named) != 1 or named[0] in found.used:
        return {}
    forms = found.dates[named[0]]
    orders = {found.dates[name].order for name in mapped if name in found.dates and found.dates[name].open} - {None}
    unlike = forms.open and (forms.order in (None, "both") or bool(orders - {forms.order}))
    if forms.serials or unlike or count_swapped(found.sheet.fields[named[0]].words.values)[0]:
        found.notes.append(f"{named[0]!r}: its days and months cannot be told apart; no age is derived from it")
        return {}
    return {BIRTH: Guess(named[0], check=CHECK)}


def _find_year(found: Found) -> str | None:
    """Return the one column that is named as the year of birth and holds years, as a table of OMOP has it."""
    words = set(read_vocabulary()["births"])
    named = [
        name
        for name, column in found.sheet.fields.items()
        if "year" in words_of(name) and set(words_of(name)) & words and column.share_written(YEAR) >= MOSTLY
    ]
    return named[0] if len(named) == 1 and named[0] not in found.used else None
