"""What to look at after a fit: fitted values, residuals, random effects, and comparison of covariance structures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from outcomes.mixed.errors import MomentsError, SettingError
from outcomes.mixed.rows import Floats
from outcomes.mixed.source import Batch, Source

if TYPE_CHECKING:
    import pandas as pd

    from outcomes.mixed.result import Fit

RESIDUALS = ("response", "pearson", "normalized")


def fitted(fit: Fit) -> pd.Series[float]:
    """Give the mean of each complete row by the fixed effects, on the index of the data."""
    source = _require_rows(fit)
    response = _by_row(fit, source, lambda batch: _response(fit, batch, source))
    return response - residuals(fit)


def residuals(fit: Fit, kind: str = "response") -> pd.Series[float]:
    """Give the residuals of the complete rows.

    Parameters
    ----------
    fit : Fit
    kind : {"response", "pearson", "normalized"}
        Response minus mean; divided by its standard deviation; or made independent by the root of the subject's covariance.

    Returns
    -------
    Series
        On the index of the data.
    """
    if kind not in RESIDUALS:
        raise SettingError(f"kind {kind!r} is not one of {', '.join(RESIDUALS)}")
    source = _require_rows(fit)
    return _by_row(fit, source, lambda batch: _residual(fit, batch, source, kind))


def random_effects(fit: Fit) -> pd.DataFrame:
    """Predict each subject's random effects (BLUP): ``G Z' V^-1 (y - X beta)``, a row per subject.

    References
    ----------
    Henderson (1975), doi:10.2307/2529430.
    """
    import pandas as pd

    source, effects = _require_rows(fit), fit.engine.effects
    if effects is None:
        raise SettingError("the model has no random effects")
    model, theta = fit.engine.model, _theta(fit)
    per_group = model.likelihood.n_parameters // len(model.families)
    out = np.zeros((fit.n_subjects, len(effects.names)))
    for batch in source.batches(model, theta):
        assert batch.effects is not None
        root = model.families[batch.group].root(theta[batch.group * per_group :])
        e = (batch.columns @ _contrast(fit))[:, :, None] / np.sqrt(source.weights)[batch.subjects][:, None, None]
        weighed = np.swapaxes(batch.effects, 1, 2) @ np.linalg.solve(batch.sigma, e)
        out[batch.subjects] = weighed[:, :, 0] @ (root @ root.T).T
    return pd.DataFrame(out @ np.linalg.inv(effects.turn).T, index=source.labels, columns=list(effects.names))


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


def _require_rows(fit: Fit) -> Source:
    fit.require_converged()
    if fit.engine.source is None:
        raise MomentsError("this needs the rows of the subjects: fit to the table, not to moments")
    return fit.engine.source


def _theta(fit: Fit) -> Floats:
    assert fit.engine.optimum is not None
    return np.asarray(fit.engine.optimum.state.theta)


def _contrast(fit: Fit) -> Floats:
    assert fit.engine.optimum is not None
    return np.append(-fit.engine.optimum.state.beta, 1.0)


def _by_row(fit: Fit, source: Source, compute: Callable[[Batch], Floats]) -> pd.Series[float]:
    import pandas as pd

    out = np.empty(fit.n_observations)
    for batch in source.batches(fit.engine.model, _theta(fit)):
        out[batch.rows] = compute(batch)
    return pd.Series(out, index=source.index)


def _residual(fit: Fit, batch: Batch, source: Source, kind: str) -> Floats:
    scaled = batch.columns @ _contrast(fit)
    if kind == "normalized":
        return np.asarray(np.linalg.solve(np.linalg.cholesky(batch.sigma), scaled[:, :, None])[:, :, 0])
    if kind == "pearson":
        return np.asarray(scaled / np.sqrt(np.diagonal(batch.sigma, axis1=1, axis2=2)))
    return np.asarray(scaled / np.sqrt(source.weights)[batch.subjects][:, None])


def _response(fit: Fit, batch: Batch, source: Source) -> Floats:
    """Rebuild the response from the least-squares residual and fit."""
    whole = np.r_[fit.engine.model.basis.offset, 1.0]
    return np.asarray(batch.columns @ whole / np.sqrt(source.weights)[batch.subjects][:, None])
