"""Intervals for a proportion and for a difference of two, vectorised.

The formulas are short enough to write out, and doing so spares the steps that need no model the import of a
statistics library. The tests compare them with statsmodels and with the published worked examples.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def compute_wilson(events: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the score interval of a proportion (Wilson 1927, 10.1080/01621459.1927.10502953).

    Parameters
    ----------
    events, n : array_like
        Counts of the same shape; ``n`` 0 gives missing bounds.
    level : float
        Coverage.

    Returns
    -------
    lower, upper : ndarray
        Bounds between 0 and 1.

    Examples
    --------
    >>> lower, upper = compute_wilson(81, 263)  # Newcombe 1998, 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E
    >>> round(float(lower), 4), round(float(upper), 4)
    (0.2553, 0.3662)
    """
    n = _positive(n)
    return bound_proportion(np.asarray(events, float) / n, n, NormalDist().inv_cdf((1 + level) / 2))


def bound_proportion(proportion: ArrayLike, size: ArrayLike, quantile: ArrayLike) -> tuple[Floats, Floats]:
    """Return Wilson's score interval of an estimated proportion that is as sure as one of ``size`` patients.

    A weighted, standardised, or imputed proportion has no count behind it: its effective number is p (1 − p) over its variance
    (Korn & Graubard 1998, Survey Methodology 24:193; of imputations Lott & Reiter 2020, 10.1080/00031305.2018.1473796).

    Parameters
    ----------
    proportion : array_like
        Between 0 and 1.
    size : array_like
        Above 0, not always whole; a missing one gives missing bounds.
    quantile : array_like
        Of the normal distribution or of t.

    Returns
    -------
    lower, upper : ndarray
        Bounds between 0 and 1 that hold the proportion.
    """
    p = np.clip(np.asarray(proportion, float), 0.0, 1.0)  # a mean of imputations may pass them by rounding
    n, square = np.asarray(size, float), np.square(np.asarray(quantile, float))
    centre = (p + square / (2 * n)) / (1 + square / n)
    half = np.sqrt(square) * np.sqrt(p * (1 - p) / n + square / (4 * n**2)) / (1 + square / n)
    lower = np.where(p == 0, 0.0, centre - half)
    upper = np.where(p == 1, 1.0, centre + half)
    return np.where(np.isnan(n), np.nan, lower), np.where(np.isnan(n), np.nan, upper)


def compute_newcombe(
    events: ArrayLike,
    n: ArrayLike,
    reference_events: ArrayLike,
    reference_n: ArrayLike,
    correlation: ArrayLike = 0.0,
    level: float = 0.95,
) -> tuple[Floats, Floats, Floats]:
    """Return a difference of two proportions with its score interval by squaring and adding.

    Independent samples: Newcombe 1998, method 10 (10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
    Samples that share patients, as in a crossover, need the correlation of the two proportions: method 8 of the paired
    case (10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C).

    Parameters
    ----------
    events, n, reference_events, reference_n : array_like
        Counts of the same shape; an ``n`` of 0 gives missing values.
    correlation : array_like
        Correlation of the two estimated proportions, 0 for independent samples.
    level : float
        Coverage.

    Returns
    -------
    difference, lower, upper : ndarray
        The proportion minus the reference's, and its bounds.

    Examples
    --------
    >>> difference, lower, upper = compute_newcombe(56, 70, 48, 80)
    >>> round(float(difference), 4), round(float(lower), 4), round(float(upper), 4)
    (0.2, 0.0524, 0.3339)
    """
    p, q = np.asarray(events, float) / _positive(n), np.asarray(reference_events, float) / _positive(reference_n)
    p_lower, p_upper = compute_wilson(events, n, level)
    q_lower, q_upper = compute_wilson(reference_events, reference_n, level)
    return p - q, *combine_bounds((p, p_lower, p_upper), (q, q_lower, q_upper), correlation)


def combine_bounds(
    first: tuple[ArrayLike, ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike, ArrayLike],
    correlation: ArrayLike = 0.0,
) -> tuple[Floats, Floats]:
    """Return the bounds of a difference from the intervals of its two terms, by squaring and adding.

    Zou & Donner 2008 (10.1002/sim.3095), of which Newcombe's interval is the case of Wilson's; on logarithms it bounds a ratio.

    Parameters
    ----------
    first, second : tuple of array_like
        Estimate, lower, and upper bound of either term.
    correlation : array_like
        Of the two estimates, 0 for independent ones.

    Returns
    -------
    lower, upper : ndarray
    """
    (p, p_lower, p_upper), (q, q_lower, q_upper) = (
        tuple(np.asarray(one, float) for one in term) for term in (first, second)
    )
    rho = np.asarray(correlation, float)
    down, up = p - p_lower, p_upper - p
    below, above = q - q_lower, q_upper - q
    lower = p - q - np.sqrt(np.maximum(down**2 - 2 * rho * down * above + above**2, 0))
    upper = p - q + np.sqrt(np.maximum(up**2 - 2 * rho * up * below + below**2, 0))
    return np.asarray(lower), np.asarray(upper)


def compute_clopper_pearson(events: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the exact interval of a proportion (Clopper & Pearson 1934, 10.1093/biomet/26.4.404).

    Its coverage is never below the level, which is why harms use it: with no event among n the upper bound is
    1 − 0.025^(1/n), about 3.69/n.

    Parameters
    ----------
    events, n : array_like
        Counts of the same shape; ``n`` 0 gives missing bounds.
    level : float
        Coverage.

    Returns
    -------
    lower, upper : ndarray
        Bounds between 0 and 1.

    Examples
    --------
    >>> [round(float(bound), 3) for bound in compute_clopper_pearson(0, 100)]
    [0.0, 0.036]
    """
    from scipy.special import betaincinv

    events, n = np.asarray(events, float), _positive(n)
    tail = (1 - level) / 2
    lower = np.where(events > 0, betaincinv(np.maximum(events, 1), n - events + 1, tail), 0.0)
    upper = np.where(events < n, betaincinv(events + 1, np.maximum(n - events, 1), 1 - tail), 1.0)
    return np.where(np.isnan(n), np.nan, lower), np.where(np.isnan(n), np.nan, upper)


def compute_miettinen_nurminen(
    events: ArrayLike, n: ArrayLike, reference_events: ArrayLike, reference_n: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Return a difference of two independent proportions with its score interval (10.1002/sim.4780040211).

    The bounds are the differences at which the score test, with the variance at the restricted maximum of the likelihood
    and the factor N / (N − 1), just rejects; they are found by bisection, and are valid with no event and with all.

    Parameters
    ----------
    events, n, reference_events, reference_n : array_like
        Counts of the same shape; an ``n`` of 0 gives missing values.
    level : float
        Coverage.

    Returns
    -------
    difference, lower, upper : ndarray
        The proportion minus the reference's, and its bounds.

    Examples
    --------
    >>> [round(float(value), 4) for value in compute_miettinen_nurminen(56, 70, 48, 80)]
    [0.2, 0.0528, 0.3382]
    """
    x, m = np.asarray(events, float), _positive(n)
    y, k = np.asarray(reference_events, float), _positive(reference_n)
    x, m, y, k = np.broadcast_arrays(x, m, y, k)
    z = NormalDist().inv_cdf((1 + level) / 2)
    difference = x / m - y / k

    def rejects(delta: Floats) -> Floats:
        return np.asarray(_score(delta, x, m, y, k) > z**2)

    bounds = []
    for end in (-1.0, 1.0):
        inside, outside = difference.copy(), np.full(difference.shape, end)
        for _ in range(60):
            middle = (inside + outside) / 2
            out = rejects(middle)
            inside, outside = np.where(out, inside, middle), np.where(out, middle, outside)
        bounds.append(np.where(np.isnan(difference), np.nan, inside))
    return difference, bounds[0], bounds[1]


def _score(delta: Floats, x: Floats, m: Floats, y: Floats, k: Floats) -> Floats:
    """Return the squared score statistic of a difference, from the restricted proportions in closed form."""
    with np.errstate(invalid="ignore", divide="ignore"):
        p_seen, q_seen, theta = x / m, y / k, k / m
        # the cubic of the restricted proportion p (q = p − delta): a p³ + b p² + c p + d = 0, its middle root
        a = 1 + theta
        b = -(1 + theta + p_seen + theta * q_seen + delta * (theta + 2)) / a
        c = (delta**2 + delta * (2 * p_seen + theta + 1) + p_seen + theta * q_seen) / a
        d = -p_seen * delta * (1 + delta) / a
        v = b**3 / 27 - b * c / 6 + d / 2
        u = np.where(v >= 0, 1.0, -1.0) * np.sqrt(np.maximum(b**2 / 9 - c / 3, 0))
        ratio = np.where(u == 0, 0.0, v / np.where(u == 0, 1.0, u) ** 3)
        p = np.clip(2 * u * np.cos((np.pi + np.arccos(np.clip(ratio, -1, 1))) / 3) - b / 3, 0, 1)
        q = np.clip(p - delta, 0, 1)
        variance = (p * (1 - p) / m + q * (1 - q) / k) * (m + k) / (m + k - 1)
        distance = (p_seen - q_seen - delta) ** 2
        certain = np.where(distance > 1e-24, np.inf, 0.0)
        return np.where(variance > 1e-15, distance / np.where(variance > 1e-15, variance, 1.0), certain)


def compute_correlation(
    products: ArrayLike, events: ArrayLike, n: ArrayLike, reference_events: ArrayLike, reference_n: ArrayLike
) -> Floats:
    """Return the correlation of two proportions whose samples share patients.

    Parameters
    ----------
    products : array_like
        Sum, over the pairs of observations of one patient in either sample, of the product of the two deviations from
        their samples' proportions. With every patient in both samples the result is the phi coefficient.
    events, n, reference_events, reference_n : array_like
        Counts of the two samples.

    Returns
    -------
    ndarray
        Between −1 and 1; 0 where a proportion is 0 or 1.

    Examples
    --------
    >>> from math import sqrt
    >>> products = 20 - 30 * 25 / 50  # fifty patients in both samples; 30 and 25 respond, 20 of them in both
    >>> round(float(compute_correlation(products, 30, 50, 25, 50)), 4), round(5 / sqrt(30 * 0.4 * 25 * 0.5), 4)
    (0.4082, 0.4082)
    """
    events, reference_events = np.asarray(events, float), np.asarray(reference_events, float)
    n, reference_n = _positive(n), _positive(reference_n)
    variance = events * (1 - events / n) * reference_events * (1 - reference_events / reference_n)
    safe = np.where(variance > 0, variance, 1.0)
    return np.where(variance > 0, np.clip(np.asarray(products, float) / np.sqrt(safe), -1, 1), 0.0)


def _positive(n: ArrayLike) -> Floats:
    n = np.asarray(n, float)
    return np.where(n > 0, n, np.nan)
