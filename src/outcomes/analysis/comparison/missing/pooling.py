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
        Mean variance within the imputed data sets, and variance of their estimates.
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
