"""Results of imputed data sets put together by Rubin's rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Floats


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

    def find_interval(self) -> tuple[float, float, float]:
        """Return the 95 % interval and the p value against no difference."""
        from scipy import stats

        error = float(np.sqrt(self.variance))
        half = float(stats.t.ppf(0.975, self.df)) * error
        return self.estimate - half, self.estimate + half, 2 * float(stats.t.sf(abs(self.estimate) / error, self.df))


def pool_estimates(estimates: Floats, variances: Floats, complete_df: float) -> Pooled:
    """Pool the estimates of imputed data sets.

    Rubin 1987 (10.1002/9780470316696) with the degrees of freedom of Barnard & Rubin 1999 (10.1093/biomet/86.4.948): never more than
    complete data would have.

    Parameters
    ----------
    estimates, variances : ndarray, shape (imputations,)
        At least two.
    complete_df : float
        Degrees of freedom had nothing been missing; infinite for a normal interval, which leaves Rubin's own.

    Examples
    --------
    >>> import numpy as np
    >>> pooled = pool_estimates(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0]), 100.0)
    >>> pooled.estimate, pooled.within, pooled.between, round(pooled.variance, 4)
    (2.0, 1.0, 1.0, 2.3333)
    """
    m = len(estimates)
    within, between = float(np.mean(variances)), float(np.var(estimates, ddof=1))
    variance = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / variance
    observed = complete_df * (1 - share) * (1 if np.isinf(complete_df) else (complete_df + 1) / (complete_df + 3))
    df = observed if share <= 0 else 1 / (share**2 / (m - 1) + 1 / observed)
    rise = share / (1 - share) if share < 1 else np.inf
    information = (rise + 2 / (df + 3)) / (rise + 1) if share > 0 else 0.0
    return Pooled(
        float(np.mean(estimates)), variance, df, within, between, float(information), float(np.sqrt(between / m))
    )


def pool_nested(estimates: Floats, variances: Floats, complete_df: float) -> Pooled:
    """Pool the estimates of data sets imputed in two steps: confounders first, scores several times in each.

    Rubin 2003 (10.1111/1467-9574.00217): the estimates of one first step share what it drew, and count together for less than as many drawn
    anew. With one first step these are Rubin's rules.

    Parameters
    ----------
    estimates, variances : ndarray, shape (first, second)
        At least two second imputations in each first one.
    complete_df : float
        As in :func:`pool_estimates`.

    Examples
    --------
    >>> import numpy as np
    >>> pooled = pool_nested(np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2)), np.inf)
    >>> pooled.estimate, pooled.within, pooled.variance  # 1 + 3/2 · 2 + 1/2 · 1/2
    (2.5, 1.0, 4.25)
    """
    first, second = estimates.shape
    if first == 1:
        return pool_estimates(estimates[0], variances[0], complete_df)
    within = float(variances.mean())
    outer = (1 + 1 / first) * float(np.var(estimates.mean(axis=1), ddof=1))
    inner = (1 - 1 / second) * float(np.var(estimates, axis=1, ddof=1).mean())
    variance = within + outer + inner
    share = (outer + inner) / variance
    observed = complete_df * (1 - share) * (1 if np.isinf(complete_df) else (complete_df + 1) / (complete_df + 3))
    lost = (outer / variance) ** 2 / (first - 1) + (inner / variance) ** 2 / (first * (second - 1))
    df = observed if lost <= 0 else 1 / (lost + 1 / observed)
    rise = share / (1 - share)
    information = (rise + 2 / (df + 3)) / (rise + 1) if share > 0 else 0.0
    error = float(np.sqrt(outer / (first + 1)))
    return Pooled(float(estimates.mean()), variance, df, within, outer + inner, float(information), error)
