"""Ups and downs that have nothing to do with treatment: an autoregression on weekly knots, linear in between."""

from __future__ import annotations

import numpy as np

from outcomes.simulate.arrays import Floats, Ints
from outcomes.simulate.parameters import CourseParameters

FIRST_DAY = -42
KNOT_DAYS = 7
KNOTS = 48


def draw_mood(count: int, parameters: CourseParameters, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return fluctuations of depression and anxiety in points, each of shape (patients, KNOTS)."""
    shared = rng.standard_normal((2, count, KNOTS))
    keep = np.exp(-KNOT_DAYS / parameters.mood_days)
    path = shared.copy()
    for knot in range(1, KNOTS):
        path[:, :, knot] = keep * path[:, :, knot - 1] + np.sqrt(1 - keep**2) * shared[:, :, knot]
    link = parameters.mood_correlation
    anxiety = link * path[0] + np.sqrt(1 - link**2) * path[1]
    return parameters.mood_sd * path[0], parameters.anxiety_mood_sd * anxiety


def compute_mood(knots: Floats, who: Ints, day: Ints) -> Floats:
    """Return the fluctuation of each patient in ``who`` on each study day in ``day``."""
    position = np.clip((day - FIRST_DAY) / KNOT_DAYS, 0, KNOTS - 1.001)
    left = np.floor(position).astype(np.int64)
    share = position - left
    value: Floats = knots[who, left] * (1 - share) + knots[who, left + 1] * share
    return value
