"""Quantiles that tell no more of a group than the values that its members have."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

FINEST = 10_000  # parts of a unit in which a scale is looked for
FEWEST = 6  # values of which a scale is told; of fewer members no rounded release shows a quantile

QUARTILES = {"median": 0.5, "q1": 0.25, "q3": 0.75}


def find_quantile(values: ArrayLike, q: float) -> float:
    """Return a quantile by linear interpolation; on a coarse scale the nearer of the two values, of a tie the lower one.

    Of doses of 56 and 84 mg a first quartile of 77 is three quarters of the way: it says that the group has 4, 8, 12 … members, and
    exactly a quarter of them the lower dose (decision 66). A scale is coarse where its step is larger than that of the printed digits.

    Parameters
    ----------
    values : array-like of float
        One value a member, in any unit; missing ones do not count.
    q : float
        Between 0 and 1.

    Returns
    -------
    float
        In the unit of the values; missing where there are none.

    >>> find_quantile([56, 56, 84, 84, 84, 84], 0.25), find_quantile([1, 2, 3, 4], 0.25)
    (56.0, 1.75)
    """
    known = np.asarray(values, dtype=float)
    known = np.sort(known[np.isfinite(known)])
    if not len(known):
        return math.nan
    place = q * (len(known) - 1)
    low = math.floor(place)
    if known[low] == known[math.ceil(place)] or not is_coarse(known):
        return float(pd.Series(known).quantile(q))
    return float(known[low + (place - low > 0.5)])


def is_coarse(known: np.ndarray) -> bool:
    """Return whether all values lie on a scale whose step is larger than that of a quantile's printed digits.

    >>> is_coarse(np.repeat([50.0, 100.0], 5)), is_coarse(np.repeat([3.0, 4.0, 9.0], 5)), is_coarse(np.repeat([0.5, 1.0], 5))
    (True, False, True)
    """
    if len(known) < FEWEST:
        return False
    parts = (known - known.min()) * FINEST
    whole = np.rint(parts)
    if not np.allclose(parts, whole, rtol=0, atol=1e-3):
        return False
    step = int(np.gcd.reduce(whole.astype(np.int64))) / FINEST
    return step > find_step_of_quantiles(bool((known == np.rint(known)).all()), float(np.std(known)))


def find_step_of_quantiles(whole: bool, sd: float) -> float:
    """Return the step of the printed digits of quantiles, of whole numbers and of others by their standard deviation."""
    if whole:
        return 1.0
    return 10.0 ** math.floor(math.log10(sd / 1.5)) if sd > 0 else 0.1
