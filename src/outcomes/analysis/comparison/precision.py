"""When a variance is zero, and what a 95% interval is then: the one rule of every analysis here.

Arithmetic on doubles leaves dust of about 1e-16 of the numbers that went in. An error of 1e-8 of their size or less, a variance of 1e-16 of its
square, is that dust: nothing varied. Where nothing varies no interval of this kind exists, and none is given.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from outcomes.analysis.comparison.arrays import Floats

NEGLIGIBLE = 1e-8  # an error, as a share of the size of the numbers, that rounding explains
NO_VARIANCE = "nothing varies, so there is no interval"


def drop_dust(variance: ArrayLike, scale: ArrayLike) -> Floats:
    """Return variances with those that rounding explains put to zero.

    Parameters
    ----------
    variance : array_like
    scale : array_like
        Size of the numbers behind them: 1 for proportions, points for changes.

    Examples
    --------
    >>> drop_dust([2e-34, 0.25], 1.0).tolist()
    [0.0, 0.25]
    """
    values = np.asarray(variance, dtype=float)
    return np.where(values <= np.square(NEGLIGIBLE * np.asarray(scale, dtype=float)), 0.0, values)


def find_quantile(df: ArrayLike) -> Floats:
    """Return the quantile behind a 95% interval: that of t, of the normal distribution where ``df`` is infinite or missing."""
    from scipy.special import ndtri, stdtrit

    values = np.asarray(df, dtype=float)
    known = np.isfinite(values)
    return np.asarray(np.where(known, stdtrit(np.where(known, values, 1.0), 0.975), ndtri(0.975)), dtype=float)


def find_tail(statistic: ArrayLike, df: ArrayLike) -> Floats:
    """Return the two-sided p value of a statistic of t, or of the normal distribution where ``df`` is infinite or missing."""
    from scipy.special import ndtr, stdtr

    values, size = np.asarray(df, dtype=float), -np.abs(np.asarray(statistic, dtype=float))
    known = np.isfinite(values)
    return np.asarray(2 * np.where(known, stdtr(np.where(known, values, 1.0), size), ndtr(size)))


def bound_estimate(
    estimate: float, variance: float, df: float = np.inf, scale: float = 0.0
) -> tuple[float, float, float]:
    """Return the 95% interval of an estimate and its p value against 0; missing where nothing varies.

    Parameters
    ----------
    estimate, variance : float
    df : float
        Infinite for a normal interval.
    scale : float
        Size of the numbers behind the estimate, where it is more than that of the estimate itself.

    Examples
    --------
    >>> [round(bound, 2) for bound in bound_estimate(1.0, 0.25)]
    [0.02, 1.98, 0.05]
    >>> bound_estimate(1.0, 1e-20)
    (nan, nan, nan)
    """
    spread = float(drop_dust(variance, max(scale, abs(estimate))))
    if not spread > 0:
        return np.nan, np.nan, np.nan
    error = float(np.sqrt(spread))
    half = float(find_quantile(df)) * error
    return estimate - half, estimate + half, float(find_tail(estimate / error, df))
