"""What becomes of the scores after a patient's last one: reference-based imputation and delta as shifts of missing at random.

With one covariance for both arms, each strategy of Carpenter, Roger & Kenward 2013 (10.1080/10543406.2013.834911) adds to the
imputation at random of the treated a shift that depends on the draw of the parameters and the time of dropout alone. With a
the difference of the arms' means, p the time points before dropout and f those after, and C the slopes of f on p:

jump to reference: −a_f; copy increments in reference: −a_f + the last of a_p; copy reference: −a_f + C a_p.

Patients without any score after the baseline have no p: all three are the reference arm. Gaps before a later score are missing at
random whatever the strategy, and so are all missing scores of the reference arm.
"""

from __future__ import annotations

import numpy as np

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.missing.imputing import regress
from outcomes.analysis.comparison.missing.wide import Wide
from outcomes.settings.imputation import Delta

AT_RANDOM = "imputed_mar"


def compute_shifts(method: str, arm: Floats, covariance: Floats) -> Floats:
    """Return what a strategy adds to the treated by the time of their dropout.

    Parameters
    ----------
    method : {"imputed_mar", "jump_to_reference", "copy_reference", "copy_increments"}
    arm : ndarray, shape (draws, T)
        Difference of the arms' means, treated − reference.
    covariance : ndarray, shape (draws, T, T)

    Returns
    -------
    ndarray, shape (draws, T + 1, T)
        By draw, place of the first time point after the last score, and time point; zero before it.
    """
    draws, points = arm.shape
    shifts = np.zeros((draws, points + 1, points))
    if method == AT_RANDOM:
        return shifts
    for place in range(points):
        past, future = np.arange(place), np.arange(place, points)
        shifts[:, place, future] = -arm[:, future]
        if place and method == "copy_increments":
            shifts[:, place, future] += arm[:, [place - 1]]
        if place and method == "copy_reference":
            slope = regress(covariance, future, past)
            shifts[:, place, future] += (slope @ arm[:, past, None])[:, :, 0]
    return shifts


def shift_treated(wide: Wide, shifts: Floats) -> Floats:
    """Return the shift of every patient and time point, shape (draws, n, T); zero in the reference arm."""
    return np.asarray(shifts[:, wide.dropout] * wide.treated[:, None])


def compute_delta(wide: Wide, delta: Delta) -> Floats:
    """Return the points added to each score after the last, shape (n, T)."""
    points = np.where(wide.treated, delta.treated, delta.reference)[:, None] * wide.dropped
    since = np.arange(wide.change.shape[1]) - wide.dropout[:, None] + 1
    return np.asarray(points * since if delta.accrues else points, dtype=float)


def name_delta(delta: Delta) -> str:
    """Return the name of a row.

    Examples
    --------
    >>> name_delta(Delta(treated=2.0)), name_delta(Delta(treated=1.5, reference=1, accrues=True))
    ('delta_treated_2', 'delta_treated_1.5_reference_1_accruing')
    """
    arms = [
        f"{arm}_{points:g}" for arm, points in (("treated", delta.treated), ("reference", delta.reference)) if points
    ]
    return "_".join(["delta", *(arms or ["none"]), *(["accruing"] if delta.accrues else [])])
