"""Items of a questionnaire whose wording no list knows, told by their place among the others."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence

from outcomes.instruments import Instrument
from outcomes.intake.draft.questionnaire import find_coding
from outcomes.intake.draft.survey import Sheet

MOST = 3  # items of one instrument that may be told by their place


def complete_by_place(
    sheet: Sheet, definition: Instrument, items: Mapping[int, Sequence[str]], free: Collection[str]
) -> dict[int, str]:
    """Return item → column of the items that are not known by name: the columns just between two known ones, with such answers.

    Nothing where the known items do not stand in order, or more or fewer columns stand in a gap than items are missing. Before the
    first and behind the last known one nothing is taken: what follows eight items of the PHQ-9 may ask how difficult things were.
    """
    absent = set(range(1, definition.n_items + 1)) - set(items)
    if (
        not absent
        or len(absent) > MOST
        or 2 * len(absent) >= len(items)
        or any(len(names) > 1 for names in items.values())
    ):
        return {}
    order = list(sheet.fields)
    at = {number: order.index(items[number][0]) for number in sorted(items)}
    placed: dict[int, str] = {}
    for before, after in itertools.pairwise(at):
        if after - before > 1 and at[after] - at[before] == after - before:
            placed |= {number: order[at[before] + number - before] for number in range(before + 1, after)}
    names = set(placed.values())
    fitting = all(sheet.fields[name].filled and find_coding(sheet, definition, (name,)) is not None for name in names)
    return placed if set(placed) == absent and names <= set(free) and fitting else {}
