"""Intervals for a rate of events: exact, and of people who differ in how prone they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def compute_garwood(events: ArrayLike, time: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the exact interval of a rate, events per time (Garwood 1936, 10.1093/biomet/28.3-4.437).

    Parameters
    ----------
    events, time : array_like
        Events and the time under observation, of the same shape; no time gives missing bounds. Parts of an event stand for events that
        tell less than independent ones would.
    level : float
        Coverage.

    Returns
    -------
    lower, upper : ndarray
        Bounds per unit of time.

    Examples
    --------
    >>> [round(float(bound), 4) for bound in compute_garwood(1, 1)]
    [0.0253, 5.5716]
    """
    from scipy.special import gammainccinv, gammaincinv

    events, time = np.asarray(events, float), np.asarray(time, float)
    time = np.where(time > 0, time, np.nan)
    tail = (1 - level) / 2
    lower = np.where(events > 0, gammaincinv(np.where(events > 0, events, 1.0), tail), 0.0)
    return lower / time, gammainccinv(events + 1, tail) / time


def bound_rate(events: ArrayLike, time: ArrayLike, student: bool = False) -> tuple[float, float]:
    """Return the 95% interval of events per time, of people who differ in how prone they are.

    The exact interval of as many events as the rate is sure of: their number over its dispersion, the sum over people of
    (events − rate × time)² over the events, with n / (n − 1). That is the variance of a rate by person (Glynn & Buring 1996,
    10.1136/bmj.312.7027.364), as a multiple of Poisson's; below 1 it counts as 1.

    Parameters
    ----------
    events, time : array_like, shape (people,)
        Events and time of each person; without any time the bounds are missing.
    student : bool
        Take the level of Student's t with n − 1 degrees of freedom where the dispersion is above 1, as it is an estimate too.

    Examples
    --------
    >>> [round(bound, 3) for bound in bound_rate([1, 1, 1, 0], [1.0, 1.0, 1.0, 9.0])]  # one event in 4 weeks
    [0.006, 1.393]
    """
    from scipy.special import ndtr, stdtrit

    events, time = np.asarray(events, float), np.asarray(time, float)
    count, total, n = float(events.sum()), float(time.sum()), len(time)
    if not total:
        return np.nan, np.nan
    squares = float(np.square(events - count / total * time).sum())
    dispersion = max(squares / count * n / (n - 1), 1.0) if count and n > 1 else 1.0
    tail = ndtr(-stdtrit(n - 1, 0.975)) if student and dispersion > 1 else 0.025
    lower, upper = compute_garwood(count / dispersion, total / dispersion, 1 - 2 * tail)
    return float(lower), float(upper)
