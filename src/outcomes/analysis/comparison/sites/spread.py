"""How far apart sites are beyond chance: over-dispersion, and the standard deviation of their log odds with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Floats
from outcomes.random_effects import estimate_heterogeneity


@dataclass(frozen=True)
class Spread:
    """What tells sites apart.

    Attributes
    ----------
    overdispersion : float
        Sum of the squared standardised differences over sites − 1 (Spiegelhalter 2005, 10.1002/sim.1970); 1 by chance alone.
    p_value : float
        Of the test that sites differ by chance alone: the sum against chi-squared with sites − 1 degrees of freedom.
    sd, lower, upper : float
        Standard deviation between sites of the log odds of the event, with its 95% interval.
    """

    overdispersion: float
    p_value: float
    sd: float
    lower: float
    upper: float


def estimate_spread(observed: Floats, expected: Floats, variance: Floats) -> Spread:
    """Return how far apart sites are beyond chance.

    A site's log odds ratio is taken as (O − E)/V, with variance 1/V, V the variance of its events by chance (Peto's one step,
    Yusuf et al. 1985, 10.1016/S0033-0620(85)80003-7). Their variance is estimated by restricted maximum likelihood; the interval
    is that of the Q-profile (Viechtbauer 2007, 10.1002/sim.2514): the variances under which the weighted sum of squares is neither
    too large nor too small for chi-squared.

    Parameters
    ----------
    observed, expected, variance : ndarray, shape (sites,)
        Events, expected events, and the variance of the events, above 0; at least two sites.

    Examples
    --------
    Three sites of variance 10 whose events are 12, 8 and 10 where 10 are expected: 4/10 + 4/10 over 2.

    >>> found = estimate_spread(np.array([12.0, 8, 10]), np.full(3, 10.0), np.full(3, 10.0))
    >>> round(found.overdispersion, 6), found.sd, found.lower
    (0.4, 0.0, 0.0)
    """
    from scipy.stats import chi2

    effects, known = (observed - expected) / variance, 1 / variance
    df = len(observed) - 1
    q = float(((observed - expected) ** 2 / variance).sum())
    low, high = (float(chi2.ppf(p, df)) for p in (0.975, 0.025))
    return Spread(
        overdispersion=q / df,
        p_value=float(chi2.sf(q, df)),
        sd=float(np.sqrt(estimate_heterogeneity(effects, known))),
        lower=float(np.sqrt(find_between(effects, known, low))),
        upper=float(np.sqrt(find_between(effects, known, high))),
    )


def find_between(effects: Floats, known: Floats, target: float) -> float:
    """Return the variance between sites at which the weighted sum of squares is the target; 0 where it is below it already."""
    from scipy.optimize import brentq

    def beyond(between: float) -> float:
        inverse = 1 / (known + between)
        mean = inverse @ effects / inverse.sum()
        return float(inverse @ (effects - mean) ** 2 - target)

    if beyond(0.0) <= 0:
        return 0.0
    most = float(np.var(effects)) + float(known.max())
    while beyond(most) > 0:
        most *= 2
    return float(brentq(beyond, 0.0, most, xtol=1e-12, rtol=1e-12))
