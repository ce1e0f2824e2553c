"""The patients' dates of birth, from which intake derives the age at the first session."""

from __future__ import annotations

from outcomes.intake.dates import count_swapped
from outcomes.intake.draft.found import Found, Guess
from outcomes.intake.draft.vocabulary import read_vocabulary, words_of
from outcomes.intake.privacy import BIRTH

MOSTLY = 0.7  # of the rows that must hold a date


def find_birth(found: Found, mapped: set[str]) -> dict[str, Guess]:
    """Return the column of the dates of birth, where there is one and its days and months can be told apart.

    ``mapped`` are the columns whose dates place the rows: a sheet is read in one order of day and month.
    """
    words = set(read_vocabulary()["births"])
    named = [name for name in found.dates if set(words_of(name)) & words and found.dates[name].share >= MOSTLY]
    if len(named) != 1 or named[0] in found.used:
        return {}
    forms = found.dates[named[0]]
    orders = {found.dates[name].order for name in mapped if name in found.dates and found.dates[name].open} - {None}
    unlike = forms.open and (forms.order in (None, "both") or bool(orders - {forms.order}))
    if forms.serials or unlike or count_swapped(found.sheet.fields[named[0]].words.values)[0]:
        found.notes.append(f"{named[0]!r}: its days and months cannot be told apart; no age is derived from it")
        return {}
    check = "the age at the first session is derived from it, and it is stored nowhere; it goes before a column of ages"
    return {BIRTH: Guess(named[0], check=check)}
