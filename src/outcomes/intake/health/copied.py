"""Rows of one person that stand under another one's identifier too, as after a copy and paste."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from outcomes.intake.health.finding import Finding
from outcomes.intake.words import Array

FEWEST, FEWEST_TOGETHER = (
    6,
    4,
)  # days that two people share with the same total; where two questionnaires or more are the same
DIFFERENT = 4  # totals among them
MOST_SHARING = 4  # people with the same totals of one day, beyond whom it is chance
NEARLY = 0.8  # of the days that both have


def find_copied(file: str, patient: Array, day: Array, totals: dict[str, Array]) -> Iterator[Finding]:
    """Yield how many people have the same totals as another one on nearly all days that both have, and on several."""
    scores = np.column_stack(list(totals.values()))
    whole = ~np.isnan(scores).any(axis=1) & ~np.isnan(day)
    rows = np.unique(np.column_stack([patient[whole], np.floor(day[whole]), scores[whole]]), axis=0)
    days: dict[int, set[float]] = {}
    alike: dict[tuple[float, ...], list[int]] = {}
    for who, when, *said in rows.tolist():
        days.setdefault(int(who), set()).add(when)
        alike.setdefault((when, *said), []).append(int(who))
    shared: Counter[tuple[int, int]] = Counter()
    different: dict[tuple[int, int], set[tuple[float, ...]]] = {}
    for (_, *said), sharing in alike.items():
        for pair in combinations(sorted(sharing), 2) if len(sharing) <= MOST_SHARING else ():
            shared[pair] += 1
            different.setdefault(pair, set()).add(tuple(said))
    least = FEWEST_TOGETHER if len(totals) > 1 else FEWEST
    pairs = [
        pair
        for pair, count in shared.items()
        if count >= max(least, NEARLY * len(days[pair[0]] & days[pair[1]])) and len(different[pair]) >= DIFFERENT
    ]
    people = {who for pair in pairs for who in pair}
    if people:
        yield Finding(
            "copied_rows", True, len(people), len(days), "people",
            f"{len(people):,} people of {file} have the same totals as another one on the same days, on {max(shared[pair] for pair in pairs):,} days or fewer: are these rows of one person, copied "
            "under another identifier?",
            "look in the export for rows that were copied and kept an identifier that is not theirs, and correct it there; accept it where people truly answered alike",
            file,
        )  # fmt: skip
