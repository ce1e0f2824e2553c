"""Compare covariance structures by the likelihood ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from outcomes.mixed.errors import SettingError
from outcomes.mixed.result.result import Fit

if TYPE_CHECKING:
    import pandas as pd


def compare(small: Fit, large: Fit) -> pd.DataFrame:
    """Test a covariance structure against a larger one that contains it, by the likelihood ratio.

    Both fits must be of the same rows and method, and of the same formula for REML. The p-value takes the parameters of ``small``
    to lie inside the larger space; where a variance is at its boundary it is too large (Self & Liang 1987,
    doi:10.1080/01621459.1987.10478472).

    Returns
    -------
    DataFrame
        A row per fit: ``covariance``, ``parameters``, ``loglik``, ``aic``, ``bic``, ``statistic``, ``df``, ``p_value`` (in the second).

    Examples
    --------
    >>> import numpy as np
    >>> from outcomes import mixed
    >>> trial = {"person": np.repeat(np.arange(8), 2), "visit": ["1", "2"] * 8, "arm": ["a"] * 8 + ["b"] * 8}
    >>> trial["score"] = [9.0, 7, 8, 7, 10, 6, 9, 8, 7, 6, 9, 5, 8, 4, 10, 7]
    >>> fits = [
    ...     mixed.fit(trial, "score ~ arm*visit", subject="person", visit="visit", covariance=name)
    ...     for name in ("compound_symmetry", "unstructured")
    ... ]
    >>> mixed.compare(*fits)[["covariance", "parameters", "p_value"]].round(3).fillna("").values.tolist()  # the visits vary alike
    [['compound_symmetry', 2, ''], ['unstructured', 3, 1.0]]
    """
    import pandas as pd
    from scipy.special import gammaincc

    small.require_converged()
    large.require_converged()
    _refuse_incomparable(small, large)
    more = large.n_parameters_counted - small.n_parameters_counted
    statistic = 2 * (large.loglik - small.loglik)
    if more <= 0 or statistic < -1e-6:
        raise SettingError(f"{small.structure} is not nested in {large.structure}: give the smaller model first")
    table = pd.DataFrame(
        {
            "covariance": [fit.structure for fit in (small, large)],
            "parameters": [fit.n_parameters_counted for fit in (small, large)],
            "loglik": [fit.loglik for fit in (small, large)],
            "aic": [fit.aic for fit in (small, large)],
            "bic": [fit.bic for fit in (small, large)],
        }
    )
    p = float(gammaincc(more / 2, max(statistic, 0.0) / 2))
    return table.assign(statistic=[np.nan, statistic], df=[np.nan, more], p_value=[np.nan, p])


def _refuse_incomparable(small: Fit, large: Fit) -> None:
    for what in ("method", "n_observations", "n_subjects"):
        if getattr(small, what) != getattr(large, what):
            raise SettingError(f"the fits differ in {what}: {getattr(small, what)} and {getattr(large, what)}")
    if small.method == "reml" and small.names != large.names:
        raise SettingError("restricted likelihoods of different formulas cannot be compared; fit both with method='ml'")
