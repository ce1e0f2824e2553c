"""The schedule of a study that labels its visits: their order, baseline, and arms."""

from __future__ import annotations

from collections.abc import Sequence
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

    Ranked so, the baseline of a series and its follow-up are stretches of ranks.
    """

    visits: tuple[Visit, ...]
    unused: tuple[Visit, ...] = ()

    @classmethod
    def from_visits(cls, visits: Sequence[Visit]) -> Schedule:
        """Rank the visits that are used."""
        arms = list(dict.fromkeys(visit.arm for visit in visits))
        ranked = sorted((visit for visit in visits if visit.used), key=lambda v: (not v.baseline, arms.index(v.arm)))
        return cls(tuple(ranked), tuple(visit for visit in visits if not visit.used))

    @property
    def is_crossover(self) -> bool:
        """Visits belong to arms, so that a patient can have a series in each."""
        return any(visit.arm is not None for visit in self.visits)

    @property
    def baseline(self) -> Bools:
        """Whether each visit, by rank, is a baseline visit."""
        return np.array([visit.baseline for visit in self.visits], dtype=np.bool_)

    def rank(self, visit: pd.Series[Any]) -> Array:
        """Return the rank of each row's visit, -1 where it has none that is used.

        A value is a visit's label, or its name where no other visit has that name.
        """
        lookup = np.array([*(self._find(str(value)) for value in visit.cat.categories), -1], dtype=np.int16)
        return lookup[visit.cat.codes.to_numpy()]

    def is_unused(self, visit: pd.Series[Any]) -> Bools:
        """Return which rows are at a visit that is declared not used."""
        unused = {visit.label for visit in self.unused} | {name_of(visit) for visit in self.unused}
        unused -= {name_of(visit) for visit in self.visits}
        lookup = np.array([*(str(value) in unused for value in visit.cat.categories), False], dtype=np.bool_)
        return lookup[visit.cat.codes.to_numpy()]

    def arms(self, ids: Sequence[str]) -> Array:
        """Return the place of each visit's arm among the arms, -1 where it belongs to none or is a baseline visit.

        Raises
        ------
        SettingsError
            A visit names an arm that there is not.
        """
        places = {arm: place for place, arm in enumerate(ids)}
        unknown = sorted({visit.arm for visit in self.visits if visit.arm is not None} - set(places))
        if unknown:
            raise SettingsError(f"visits: arm {', '.join(unknown)} is not among the arms ({', '.join(ids)}).")
        return np.array(
            [-1 if visit.arm is None or visit.baseline else places[visit.arm] for visit in self.visits], dtype=np.int16
        )

    def _find(self, value: str) -> int:
        by_label = [rank for rank, visit in enumerate(self.visits) if visit.label == value]
        by_name = [rank for rank, visit in enumerate(self.visits) if name_of(visit) == value]
        if by_label:
            return by_label[0]
        return by_name[0] if len(by_name) == 1 else -1
