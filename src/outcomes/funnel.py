"""Limits of a funnel plot: between which counts a site's events lie by chance, were it like all others.

Exact limits as in Spiegelhalter 2005 (10.1002/sim.1970, appendix A.1): with r the smallest count whose cumulative probability
F(r) reaches p, the lower limit is r − (F(r) − p) / P(r), so that limits move smoothly with the number of patients. The upper limit is
the lower one of those without an event, r + 1 − (F(r) − 1 + p) / P(r) with the smallest r whose F(r) reaches 1 − p. A count lies outside
exactly where it and those further off together have a probability below p. Where patients' risks differ the counts are Poisson-binomial (Hong 2013, 10.1016/j.csda.2012.10.006), where not, binomial.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def limit_count(cumulative: ArrayLike, level: float) -> tuple[float, float]:
    """Return the interpolated exact limits of a count.

    Parameters
    ----------
    cumulative : array_like, shape (n + 1,)
        Probability of at most 0, 1, … n events; the last is 1.
    level : float
        Probability between the limits, half of the rest on either side.

    Returns
    -------
    lower, upper : float
        Events, between 0 and n.

    Examples
    --------
    Ten tosses of a coin: P(at most 1) = 11/1024, P(at most 2) = 56/1024, so that the lower limit is 2 − (56 − 25.6) / 45, and the
    upper one as far from 10.

    >>> from scipy.stats import binom
    >>> lower, upper = limit_count(binom.cdf(np.arange(11), 10, 0.5), 0.95)
    >>> round(lower, 4), round(2 - (56 - 25.6) / 45, 4), round(upper, 4)
    (1.3244, 1.3244, 8.6756)
    """
    mass, p = np.diff(np.asarray(cumulative, dtype=float), prepend=0.0), (1 - level) / 2
    return _limit_below(mass, p), len(mass) - 1 - _limit_below(mass[::-1], p)


def _limit_below(mass: Floats, p: float) -> float:
    cumulative = np.cumsum(mass)
    r = int(np.searchsorted(cumulative, p))
    return max(float(r - (cumulative[r] - p) / mass[r]), 0.0)


def limit_binomial(share: float, n: int, level: float) -> tuple[float, float]:
    """Return the exact limits of a share of ``n`` patients whose risk is ``share``, as shares.

    Examples
    --------
    >>> [round(limit, 3) for limit in limit_binomial(0.5, 10, 0.95)]
    [0.132, 0.868]
    """
    from scipy.stats import binom

    lower, upper = limit_count(binom.cdf(np.arange(n + 1), n, share), level)
    return lower / n, upper / n


def cumulate_events(risks: ArrayLike) -> Floats:
    """Return the probability of at most 0, 1, … n events among patients of the given risks.

    Examples
    --------
    Risks of 0.2 and 0.5: no event 0.4, at most one 0.9.

    >>> cumulate_events([0.2, 0.5]).round(6).tolist()
    [0.4, 0.9, 1.0]
    """
    from scipy.stats import poisson_binom

    risks = np.asarray(risks, dtype=float)
    cumulative: Floats = np.clip(np.asarray(poisson_binom.cdf(np.arange(len(risks) + 1), risks)), 0.0, 1.0)
    return cumulative


def find_chance_outside(cumulative: Floats, lower: float, upper: float) -> float:
    """Return the probability that a count lies below the lower limit or above the upper one.

    Examples
    --------
    >>> find_chance_outside(np.array([0.4, 0.9, 1.0]), 0.5, 1.5)
    0.5
    """
    mass = np.diff(cumulative, prepend=0.0)
    counts = np.arange(len(mass))
    return float(mass[(counts < lower) | (counts > upper)].sum())
