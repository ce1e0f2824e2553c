"""Rows of one person that stand under another one's identifier too, as after a copy and paste."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from outcomes.intake.health.finding import Finding
from outcomes.intake.words import Array

if TYPE_CHECKING:
    import pandas as pd

FEWEST, FEWEST_TOGETHER = (
    6,
    4,
)  # days that two people share with the same total; where two questionnaires or more are the same
DIFFERENT = 4  # totals among them
MOST_SHARING = 4  # people with the same totals of one day, beyond whom it is chance
NEARLY = 0.8  # of the days that both have
FEWEST_ALIKE = 4  # questionnaires of two people with the same answers
LEAST = 3  # answers of one that are not its commonest, below which it may be chance


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


def find_copied_answers(assessments: pd.DataFrame) -> Iterator[Finding]:
    """Yield how many people have the same answers to every item as another one, in several questionnaires, whatever their days.

    A questionnaire with the same answer to nearly all items (none, or all, of those who are hardly or very ill) says nothing of whose it is.
    """
    names = [name for name in assessments.columns.astype(str) if name.startswith("item_")]
    answers = assessments[names].to_numpy(dtype="float64", na_value=np.nan)
    given = ~np.isnan(answers)
    commonest = np.max([(answers == one).sum(axis=1) for one in np.unique(answers[given])], axis=0, initial=0)
    telling = given.sum(axis=1) - commonest >= LEAST
    kinds = assessments["instrument"].astype("category").cat.codes.to_numpy()
    asked = np.column_stack([kinds, np.where(given, answers, -1)])[telling].astype(np.int16)
    _, same = np.unique(np.ascontiguousarray(asked).view(f"V{2 * asked.shape[1]}"), return_inverse=True)
    rows = np.unique(np.column_stack([same.ravel(), assessments["patient"].to_numpy(np.int64)[telling]]), axis=0)
    own = Counter(rows[:, 1].tolist())
    groups = np.split(rows[:, 1], np.flatnonzero(np.diff(rows[:, 0])) + 1)
    shared = Counter(
        pair for group in groups if 1 < len(group) <= MOST_SHARING for pair in combinations(group.tolist(), 2)
    )
    pairs = [
        pair for pair, count in shared.items() if count >= max(FEWEST_ALIKE, NEARLY * min(map(own.__getitem__, pair)))
    ]
    people = {who for pair in pairs for who in pair}
    if people:
        yield Finding(
            "copied_rows", True, len(people), len(own), "people",
            f"{len(people):,} people have the same answers to every item as another one, in {max(shared[pair] for pair in pairs):,} questionnaires or fewer: are these answers of one "
            "person, copied under another identifier?",
            "look in the export for rows that were copied and kept an identifier that is not theirs, and correct it there; accept it where people truly answered alike",
        )  # fmt: skip
