"""The schedule of a study that labels its visits: their order, baseline, and arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import SettingsError
from outcomes.measures.order import Array, Bools
from outcomes.settings.sources import Visit


def name_of(visit: Visit) -> str:
    """Return the visit's name in tables and figures."""
    return visit.label if visit.name is None else visit.name


@dataclass(frozen=True)
class Schedule:
    """The visits that take part, ranked: the baseline visits, then the others arm by arm, each in the order declared.

    Ranked so, the baseline of a series and its follow-up are stretches of ranks. Labels that share a name and an arm are one
    visit. ``spelt`` holds the rank of every label, and of every name that belongs to one visit only.
    """

    visits: tuple[Visit, ...]
    spelt: Mapping[str, int]
    unused: frozenset[str]

    @classmethod
    def from_visits(cls, visits: Sequence[Visit]) -> Schedule:
        """Rank the visits that are used."""
        used = [visit for visit in visits if visit.used]
        arms = list(dict.fromkeys(visit.arm for visit in used))
        used.sort(key=lambda visit: (not visit.baseline, arms.index(visit.arm)))
        ranks: dict[tuple[str, str | None], int] = {}
        for visit in used:
            ranks.setdefault((name_of(visit), visit.arm), len(ranks))
        first = {ranks[name_of(visit), visit.arm]: visit for visit in reversed(used)}
        spelt = {name: rank for (name, _), rank in ranks.items() if sum(name == other for other, _ in ranks) == 1}
        spelt |= {visit.label: ranks[name_of(visit), visit.arm] for visit in used}
        unused = {spelling for visit in visits if not visit.used for spelling in (visit.label, name_of(visit))}
        return cls(tuple(first[rank] for rank in range(len(ranks))), spelt, frozenset(unused - set(spelt)))

    def __len__(self) -> int:
        return len(self.visits)

    @property
    def is_crossover(self) -> bool:
        """Visits belong to arms, so that a patient can have a series in each."""
        return any(visit.arm is not None for visit in self.visits)

    @property
    def baseline(self) -> Bools:
        """Whether each visit, by rank, is a baseline visit."""
        return np.array([visit.baseline for visit in self.visits], dtype=np.bool_)

    @property
    def baseline_names(self) -> list[str]:
        """Names of the baseline visits."""
        return list(dict.fromkeys(name_of(visit) for visit in self.visits if visit.baseline))

    def rank(self, visit: pd.Series[Any]) -> Array:
        """Return the rank of each row's visit, -1 where it has none that is used."""
        lookup = np.array([*(self.spelt.get(str(value), -1) for value in visit.cat.categories), -1], dtype=np.int16)
        return lookup[visit.cat.codes.to_numpy()]

    def is_unused(self, visit: pd.Series[Any]) -> Bools:
        """Return which rows are at a visit that is declared not used."""
        lookup = np.array([*(str(value) in self.unused for value in visit.cat.categories), False], dtype=np.bool_)
        return lookup[visit.cat.codes.to_numpy()]

    def arms(self, ids: Sequence[str]) -> Array:
        """Return the place of each visit's arm among the arms, -1 where it belongs to none.

        Raises
        ------
        SettingsError
            A visit names an arm that there is not.
        """
        places = {arm: place for place, arm in enumerate(ids)}
        unknown = sorted({visit.arm for visit in self.visits if visit.arm is not None} - set(places))
        if unknown:
            raise SettingsError(f"visits: arm {', '.join(unknown)} is not among the arms ({', '.join(ids)}).")
        return np.array([-1 if visit.arm is None else places[visit.arm] for visit in self.visits], dtype=np.int16)

    def baseline_ranks(self, arm: str) -> range:
        """Return the ranks of an arm's baseline visits: its own where it has some, else those shared by all."""
        own = [rank for rank, visit in enumerate(self.visits) if visit.baseline and visit.arm == arm]
        return _stretch(own or [rank for rank, visit in enumerate(self.visits) if visit.baseline and visit.arm is None])

    def follow_up_ranks(self, arm: str) -> range:
        """Return the ranks of an arm's visits after baseline; in a crossover those of its own period only."""
        period = arm if self.is_crossover else None
        return _stretch([rank for rank, visit in enumerate(self.visits) if not visit.baseline and visit.arm == period])

    def rank_of(self, name: str, arm: str) -> int:
        """Return the rank of an arm's visit by its name, -1 where the arm has no such visit."""
        for rank in self.follow_up_ranks(arm):
            if name_of(self.visits[rank]) == name:
                return rank
        return -1


def _stretch(ranks: Sequence[int]) -> range:
    return range(ranks[0], ranks[-1] + 1) if ranks else range(0)
