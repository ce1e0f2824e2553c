"""Dates that a spreadsheet half swapped: whether the other dates of the same people show that exchanging them back is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from outcomes.intake.dates import count_swapped, exchange_swapped, read_dates
from outcomes.intake.draft.found import Found
from outcomes.intake.words import Array, Words, text_array
from outcomes.settings import DateRules

TELLING, FEWEST, MOST_AGAINST = 5, 11, 0.05  # days nearer; rows that tell; share of them that may say the opposite


def exchange_dates(found: Sequence[Found]) -> None:
    """Propose ``swapped_dates: exchange`` for sheets whose swapped dates lie beside the same people's other dates once exchanged."""
    for one in found:
        for name in (guesses["date"].column for guesses in one.tables.values() if "date" in guesses):
            words = one.sheet.fields[name].words
            if not count_swapped(words.values)[0]:
                continue
            nearer, farther = _compare(one, name, words)
            if nearer + farther >= FEWEST and farther <= MOST_AGAINST * (nearer + farther):
                source = one.sheet.source.model_copy(update={"swapped_dates": "exchange"})
                one.sheet = replace(one.sheet, source=source)
                one.notes.append(
                    f"a spreadsheet has swapped day and month in half of {name!r}: its true dates all have a day up to 12, and its text "
                    f"dates one above. They are exchanged back (swapped_dates), which brings {nearer:,} of {nearer + farther:,} nearer to the "
                    "same person's other dates. Is the original file at hand? Then export that instead"
                )
                break


def _compare(one: Found, name: str, words: Words) -> tuple[int, int]:
    """Return how many rows with a true date come nearer to a text date of the same person by the exchange, and how many do not."""
    order = one.dates[name].order or "day"
    rules = DateRules(formats=one.dates[name].formats(order) or ("%Y-%m-%d",), excel_serials=False)
    values, changed = exchange_swapped(words.values)
    before, after = (words.spread(_read(each, rules)) for each in (words.values, values))
    moved = words.spread(changed, False)
    who = one.patients.codes.astype(np.int64)
    distance = [_nearest(who, days, moved, before) for days in (before, after)]
    tells = moved & np.isfinite(distance[0]) & (np.abs(distance[0] - distance[1]) > TELLING)
    nearer = int((tells & (distance[1] < distance[0])).sum())
    return nearer, int(tells.sum()) - nearer


def _read(values: Array, rules: DateRules) -> Array:
    return np.floor(
        read_dates(text_array(list(values)), np.array([not value for value in values], dtype=bool), rules).days
    )


def _nearest(who: Array, days: Array, moved: Array, sure: Array) -> Array:
    """Return by how many days each moved row is away from the nearest sure date of its person; infinity without one."""
    span = 1 << 20
    keys = np.unique((who * span + np.nan_to_num(sure))[~moved & ~np.isnan(sure)])
    own = who * span + np.nan_to_num(days)
    apart = np.full(len(who), np.inf)
    for side in (np.searchsorted(keys, own) - 1, np.searchsorted(keys, own)):
        fine = (side >= 0) & (side < len(keys))
        other = keys[np.clip(side, 0, max(len(keys) - 1, 0))] if len(keys) else own
        same = fine & (other // span == who)
        apart = np.where(same, np.minimum(apart, np.abs(other - own)), apart)
    return np.where(np.isnan(days), np.inf, apart)
