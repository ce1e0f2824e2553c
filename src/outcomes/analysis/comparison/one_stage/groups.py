"""Patients of an arm with a score at the same time points, and the sums over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from outcomes.analysis.comparison.arrays import Floats

SIDES = ("treated", "reference")


@dataclass(frozen=True)
class Group:
    """Patients of an arm with a score at the same time points.

    Attributes
    ----------
    side : {"treated", "reference"}
    timepoints : tuple of str
        At which they have a score.
    numbers : ndarray, shape (n, 1 + time points)
        Baseline, and the change at each of them, in points.
    """

    side: str
    timepoints: tuple[str, ...]
    numbers: Floats

    def sum(self) -> dict[str, Any]:
        """Return what leaves of the group: how many they are, the sums of their numbers, and the sums of the numbers' products."""
        return {
            "arm": self.side,
            "timepoints": list(self.timepoints),
            "patients": len(self.numbers),
            "sums": _whole(self.numbers.sum(axis=0)),
            "products": [_whole(row) for row in self.numbers.T @ self.numbers],
        }


def _whole(values: Floats) -> list[int]:
    return [int(value) for value in np.rint(values)]
