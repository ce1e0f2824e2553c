"""Which arm a treatment, or a patient's allocation, means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import SettingsError
from outcomes.measures.order import Array
from outcomes.settings.clinical import Arm


def treatments_of(arms: Sequence[Arm]) -> dict[str, int]:
    """Return the place of the arm that each treatment means.

    Raises
    ------
    SettingsError
        One treatment means two arms.
    """
    places: dict[str, int] = {}
    for place, arm in enumerate(arms):
        for treatment in arm.meant_by:
            if places.setdefault(treatment, place) != place:
                raise SettingsError(
                    f"arms: treatment {treatment!r} is named by both {arms[places[treatment]].id!r} and {arm.id!r}; "
                    "a treatment means one arm."
                )
    return places


def compute_arm(treatment: pd.Series[Any], places: Mapping[str, int]) -> Array:
    """Return the place of the arm that each value of a category column means, -1 where it means none."""
    lookup = np.array([*(places.get(str(name), -1) for name in treatment.cat.categories), -1], dtype=np.int16)
    return lookup[treatment.cat.codes.to_numpy()]
