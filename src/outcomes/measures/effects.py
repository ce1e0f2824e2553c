"""Effects of a score against its baseline, as arrays: change in percent, worsening, reliable change.

Response and remission are in :mod:`outcomes.criteria`.
"""

from __future__ import annotations

import numpy as np

from outcomes.criteria import TOLERANCE, Criteria, Truth, reaches
from outcomes.measures.order import Array, Floats


def compute_percent_change(change: Floats, baseline: Floats) -> Floats:
    """Return the change in percent of the baseline's size; NaN at a baseline of 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(baseline != 0, 100 * change / np.abs(baseline), np.nan)


def compute_worsening(change: Floats, criteria: Criteria) -> Truth:
    """Return whether the score is worse than the baseline by at least the declared points."""
    deterioration = change if criteria.higher_is_worse else -change
    return Truth(reaches(deterioration, np.float64(criteria.worsening_points)), ~np.isfinite(change))


def compute_reliable_change(change: Floats, criteria: Criteria) -> Array:
    """Return 0 improved, 1 unchanged, 2 worse, -1 unknown; a change must exceed the index to count as one."""
    if criteria.reliable_change is None:
        return np.full(change.shape, -1, dtype=np.int8)
    deterioration = change if criteria.higher_is_worse else -change
    index = criteria.reliable_change * (1 + TOLERANCE)
    place = np.where(deterioration > index, 2, np.where(deterioration < -index, 0, 1))
    return np.where(np.isfinite(change), place, -1).astype(np.int8)
