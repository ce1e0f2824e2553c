"""Series before the one where a patient's treatment begins to count: treatment of years before, or a trial dose."""

from __future__ import annotations

import numpy as np

from outcomes.measures.order import Array, Bools, Floats, Ints


def find_scored(patient: Ints, start: Ints, answered: Ints, day: Floats, within_days: int) -> Bools:
    """Return which series have a questionnaire on their first day or at most ``within_days`` before it.

    ``patient`` and ``start`` have an element a series, ``answered`` (whose) and ``day`` one a questionnaire.
    """
    scale = np.int64(1) << 32  # a patient's days lie together, and far from the next patient's
    keys = np.sort(answered.astype(np.int64) * scale + np.floor(day).astype(np.int64))
    own = patient.astype(np.int64) * scale + start.astype(np.int64)
    return np.asarray(np.searchsorted(keys, own, side="right") > np.searchsorted(keys, own - within_days, side="left"))


def find_before(patient: Array, begins: Bools) -> Bools:
    """Return which series come before their patient's first one that ``begins``; none of a patient who has no such series.

    >>> find_before(np.array([1, 1, 1, 2, 2]), np.array([False, True, False, False, False])).tolist()
    [True, False, False, False, False]
    """
    owner = np.unique(patient, return_inverse=True)[1]
    place = np.arange(len(patient))
    first = np.full(len(patient) + 1, -1)
    hits = np.flatnonzero(begins)[::-1]
    first[owner[hits]] = hits  # the last write is the first series
    return np.asarray(place < first[owner])
