"""Results of imputed data sets put together by Rubin's rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.precision import bound_estimate, drop_dust


@dataclass(frozen=True)
class Pooled:
    """A pooled estimate.

    Attributes
    ----------
    estimate, variance : float
    df : float
        Barnard and Rubin's.
    within, between : float
        Mean variance within the imputed data sets, and variance of their estimates (of nested imputations what is added for both levels).
    missing_information : float
        Share of the information that is missing, in the long run of imputations' degrees of freedom.
    monte_carlo_error : float
        Standard deviation of the estimate over other runs of as many imputations.
    """

    estimate: float
    variance: float
    df: float
    within: float
    between: float
    missing_information: float
    monte_carlo_error: float

    @property
    def std_error(self) -> float:
        """Return the standard error; missing where nothing varies."""
        return float(np.sqrt(self.variance)) if self.variance > 0 else np.nan

    def find_interval(self) -> tuple[float, float, float]:
        """Return the 95% interval and the p value against no difference; missing where nothing varies."""
        return bound_estimate(self.estimate, self.variance, self.df)


def pool_estimates(estimates: Floats, variances: Floats, complete_df: float, scale: float = 0.0) -> Pooled:
    """Pool the estimates of imputed data sets.

    Rubin 1987 (10.1002/9780470316696) with the degrees of freedom of Barnard & Rubin 1999 (10.1093/biomet/86.4.948): never more than
    complete data would have.

    Parameters
    ----------
    estimates, variances : ndarray, shape (imputations,)
        Of one alone nothing varies between.
    complete_df : float
        Degrees of freedom had nothing been missing; infinite for a normal interval, which leaves Rubin's own.
    scale : float
        Size of the numbers behind the estimates: a variance that rounding of them explains is zero (:mod:`.precision`).

    Examples
    --------
    >>> import numpy as np
    >>> pooled = pool_estimates(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0]), 100.0)
    >>> pooled.estimate, pooled.within, pooled.between, round(pooled.variance, 4)
    (2.0, 1.0, 1.0, 2.3333)
    """
    m = len(estimates)
    within, between = float(np.mean(variances)), float(np.var(estimates, ddof=1)) if m > 1 else 0.0
    within, between = drop_dust([within, between], max(scale, float(np.abs(estimates).max()))).tolist()
    variance = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / variance if variance > 0 else 0.0
    df, information = _find_df(share, share**2 / max(m - 1, 1), complete_df)
    return Pooled(float(np.mean(estimates)), variance, df, within, between, information, float(np.sqrt(between / m)))


def _find_df(share: float, lost: float, complete_df: float) -> tuple[float, float]:
    """Return degrees of freedom and the share of missing information, from the variance between as a share of all."""
    if share <= 0:
        return complete_df, 0.0
    if share >= 1:  # nothing varies within the data sets: only the imputations have degrees of freedom
        return 1 / lost, 1.0
    observed = complete_df * (1 - share) * (1 if np.isinf(complete_df) else (complete_df + 1) / (complete_df + 3))
    df = 1 / (lost + 1 / observed)
    rise = share / (1 - share)
    return df, (rise + 2 / (df + 3)) / (rise + 1)


def pool_nested(estimates: Floats, variances: Floats, complete_df: float, scale: float = 0.0) -> Pooled:
    """Pool the estimates of data sets imputed in two steps: confounders first, scores several times in each.

    Rubin 2003 (10.1111/1467-9574.00217): the estimates of one first step share what it drew, and count together for less than as many drawn
    anew. With one first step these are Rubin's rules.

    Parameters
    ----------
    estimates, variances : ndarray, shape (first, second)
        As many second imputations in each first one.
    complete_df, scale : float
        As in :func:`pool_estimates`.

    Examples
    --------
    >>> import numpy as np
    >>> pooled = pool_nested(np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2)), np.inf)
    >>> pooled.estimate, pooled.within, pooled.variance  # 1 + 3/2 · 2 + 1/2 · 1/2
    (2.5, 1.0, 4.25)
    """
    first, second = estimates.shape
    if min(first, second) == 1:
        return pool_estimates(estimates.ravel(), variances.ravel(), complete_df, scale)
    within = float(variances.mean())
    outer = (1 + 1 / first) * float(np.var(estimates.mean(axis=1), ddof=1))
    inner = (1 - 1 / second) * float(np.var(estimates, axis=1, ddof=1).mean())
    within, outer, inner = drop_dust([within, outer, inner], max(scale, float(np.abs(estimates).max()))).tolist()
    variance = within + outer + inner
    parts = (outer / variance, inner / variance) if variance > 0 else (0.0, 0.0)
    share = sum(parts)
    lost = parts[0] ** 2 / (first - 1) + parts[1] ** 2 / (first * (second - 1))
    df, information = _find_df(share, lost, complete_df)
    error = float(np.sqrt(outer / (first + 1)))
    return Pooled(float(estimates.mean()), variance, df, within, outer + inner, information, error)
