"""Differences of several sites put together: one common difference, or differences that vary between sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from outcomes.normal import Z

Floats = NDArray[np.float64]
Way = Literal["fixed", "random"]


@dataclass(frozen=True)
class Pool:
    """A difference pooled over sites, with 95% intervals.

    Attributes
    ----------
    sites : int
    estimate, std_error, lower, upper, p_value : float
    tau : float
        Standard deviation of the true differences between sites, in the unit of the differences; 0 with a common one.
    i2 : float
        Share of the variance of the sites' estimates that is between sites (Higgins & Thompson 2002, 10.1002/sim.1186), from ``tau``.
    q, q_p_value : float
        Cochran's test that all sites have one difference.
    predicted_lower, predicted_upper : float
        Where the true difference of one more such site lies (Higgins, Thompson & Spiegelhalter 2009, 10.1111/j.1467-985X.2008.00552.x, with the standard
        error and degrees of freedom of the interval, as in Partlett & Riley 2017, 10.1002/sim.7140); missing with a common difference, and of fewer
        than three sites.
    """

    sites: int
    estimate: float
    std_error: float
    lower: float
    upper: float
    p_value: float
    tau: float
    i2: float
    q: float
    q_p_value: float
    predicted_lower: float
    predicted_upper: float


def pool_differences(differences: Floats, variances: Floats, way: Way) -> Pool:
    """Pool the differences of sites.

    Parameters
    ----------
    differences, variances : ndarray, shape (sites,)
        At least two; every variance is above 0.
    way : {"fixed", "random"}
        One common difference, weighed by the inverse variance; or differences from a normal distribution, whose variance is estimated by
        restricted maximum likelihood, with the interval of Hartung & Knapp 2001 (means: 10.1002/sim.791) by t with one degree of freedom
        fewer than sites, its standard error never smaller than the usual one (Röver, Knapp & Friede 2015, 10.1186/s12874-015-0091-1).

    Raises
    ------
    ValueError
        Fewer than two sites, or a difference or variance that is none.

    Examples
    --------
    >>> pool = pool_differences(np.array([-1.0, -2.0, -3.0]), np.array([0.1, 0.2, 0.1]), "random")
    >>> round(pool.estimate, 2), round(pool.lower, 2), round(pool.upper, 2), round(pool.tau, 2)
    (-2.0, -4.56, 0.56, 0.97)
    """
    from scipy import stats

    differences, variances = np.asarray(differences, dtype=float), np.asarray(variances, dtype=float)
    if len(differences) < 2 or not (
        np.isfinite(differences).all() and (variances > 0).all() and np.isfinite(variances).all()
    ):
        raise ValueError("pooling needs at least two sites, each with a difference and a variance above 0")
    k, random = len(differences), way == "random"
    tau2 = estimate_heterogeneity(differences, variances) if random else 0.0
    mean, error, spread = _average(differences, variances, tau2)
    error *= max(spread, 1.0) ** 0.5 if random else 1.0
    quantile = float(stats.t.ppf(0.975, k - 1)) if random else Z
    statistic = abs(mean) / error
    reach = quantile * float(np.sqrt(tau2 + error**2)) if random and k > 2 else float("nan")
    q = _average(differences, variances, 0.0)[2] * (k - 1)
    return Pool(
        sites=k,
        estimate=mean,
        std_error=error,
        lower=mean - quantile * error,
        upper=mean + quantile * error,
        p_value=float(2 * (stats.t.sf(statistic, k - 1) if random else stats.norm.sf(statistic))),
        tau=float(np.sqrt(tau2)),
        i2=tau2 / (tau2 + _typical_variance(variances)),
        q=q,
        q_p_value=float(stats.chi2.sf(q, k - 1)),
        predicted_lower=mean - reach,
        predicted_upper=mean + reach,
    )


def _average(differences: Floats, variances: Floats, tau2: float) -> tuple[float, float, float]:
    """Return the weighted mean, its standard error, and the spread of the differences about it over what they are expected to have."""
    inverse = 1 / (variances + tau2)
    mean = float(inverse @ differences / inverse.sum())
    return mean, float(inverse.sum() ** -0.5), float(inverse @ (differences - mean) ** 2) / (len(differences) - 1)


def _typical_variance(variances: Floats) -> float:
    """Return the variance within a site that stands for all in I² (10.1002/sim.1186, equation 9)."""
    inverse = 1 / variances
    return float((len(variances) - 1) * inverse.sum() / (inverse.sum() ** 2 - (inverse**2).sum()))


def estimate_heterogeneity(differences: Floats, variances: Floats) -> float:
    """Return the variance of the true differences between sites by restricted maximum likelihood, at least 0."""
    from scipy.optimize import brentq, minimize_scalar

    def minus_loglik(tau2: float) -> float:
        inverse = 1 / (variances + tau2)
        mean = inverse @ differences / inverse.sum()
        return float(-np.log(inverse).sum() + np.log(inverse.sum()) + inverse @ (differences - mean) ** 2) / 2

    def slope(tau2: float) -> float:
        inverse = 1 / (variances + tau2)
        mean = inverse @ differences / inverse.sum()
        return float(inverse.sum() - inverse @ inverse / inverse.sum() - inverse**2 @ (differences - mean) ** 2) / 2

    limit = 10 * float(np.var(differences) + variances.max())
    found = minimize_scalar(
        minus_loglik, bounds=(0.0, limit), method="bounded", options={"xatol": 1e-10 * max(limit, 1e-6)}
    )
    if minus_loglik(0.0) <= found.fun:
        return 0.0
    low, high = found.x * (1 - 1e-4), found.x * (1 + 1e-4)  # a minimum is found to half of its digits, a root to all
    return float(brentq(slope, low, high, rtol=1e-15) if slope(low) < 0 < slope(high) else found.x)
