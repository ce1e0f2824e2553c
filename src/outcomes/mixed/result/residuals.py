"""What to look at after a fit: fitted values, residuals and random effects of the rows that were fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.data.rows import number_levels
from outcomes.mixed.errors import MomentsError, SettingError
from outcomes.mixed.likelihood.subject_rows import Batch, Subjects
from outcomes.mixed.result.fitted import FittedModel

if TYPE_CHECKING:
    import pandas as pd


RESIDUALS = ("response", "pearson", "normalized")


def fitted(fit: FittedModel) -> pd.Series[float]:
    """Give the mean of each complete row by the fixed effects, on the index of the data."""
    subjects = _require_rows(fit)
    response = _by_row(fit, subjects, lambda batch: _response(fit, batch, subjects))
    return response - residuals(fit)


def residuals(fit: FittedModel, kind: str = "response") -> pd.Series[float]:
    """Give the residuals of the complete rows.

    Parameters
    ----------
    fit : FittedModel
    kind : {"response", "pearson", "normalized"}
        Response minus mean; divided by its standard deviation; or made independent by the root of the subject's covariance.

    Returns
    -------
    Series
        On the index of the data.
    """
    if kind not in RESIDUALS:
        raise SettingError(f"kind {kind!r} is not one of {', '.join(RESIDUALS)}")
    subjects = _require_rows(fit)
    return _by_row(fit, subjects, lambda batch: _residual(fit, batch, subjects, kind))


def residual_sds(fit: FittedModel, factor: str) -> pd.DataFrame:
    """Compare how far the levels of a column scatter about the model, in units of the model's standard deviation.

    A model with one covariance for all takes them to scatter alike; where a small level scatters more, its standard errors are too small.

    Returns
    -------
    DataFrame
        A row per level seen: ``level``, ``sd`` (root mean square of the Pearson residuals, about 1), ``n_subjects``, ``n_rows``.
    """
    import pandas as pd

    subjects, values = _require_rows(fit), residuals(fit, "pearson").to_numpy()
    codes, levels = number_levels(subjects.rows.table[factor], factor)
    people = pd.Series(subjects.rows.subject).groupby(codes).nunique()
    rows = np.bincount(codes, minlength=len(levels))
    squares = np.bincount(codes, values**2, minlength=len(levels))
    sd = np.sqrt(squares / rows)
    return pd.DataFrame({"level": list(levels), "sd": sd, "n_subjects": people.to_numpy(), "n_rows": rows})


def random_effects(fit: FittedModel) -> pd.DataFrame:
    """Predict each subject's random effects (BLUP): ``G Z' V^-1 (y - X beta)``, a row per subject.

    References
    ----------
    Henderson (1975), doi:10.2307/2529430.
    """
    import pandas as pd

    subjects, effects = _require_rows(fit), fit.engine.effects
    if effects is None:
        raise SettingError("the model has no random effects")
    model, theta = fit.engine.model, _theta(fit)
    per_group = model.likelihood.n_parameters // len(model.families)
    out = np.zeros((fit.n_subjects, len(effects.names)))
    for batch in subjects.batches(model, theta):
        assert batch.effects is not None
        root = model.families[batch.group].root(theta[batch.group * per_group :])
        e = (batch.columns @ _contrast(fit))[:, :, None] / np.sqrt(subjects.weights)[batch.subjects][:, None, None]
        weighed = np.swapaxes(batch.effects, 1, 2) @ np.linalg.solve(batch.sigma, e)
        out[batch.subjects] = weighed[:, :, 0] @ (root @ root.T).T
    return pd.DataFrame(out @ np.linalg.inv(effects.turn).T, index=subjects.labels, columns=list(effects.names))


def _require_rows(fit: FittedModel) -> Subjects:
    fit.require_converged()
    if fit.engine.subjects is None:
        raise MomentsError("this needs the rows of the subjects: fit to the table, not to moments")
    return fit.engine.subjects


def _theta(fit: FittedModel) -> Floats:
    assert fit.engine.optimum is not None
    return np.asarray(fit.engine.optimum.state.theta)


def _contrast(fit: FittedModel) -> Floats:
    assert fit.engine.optimum is not None
    return np.append(-fit.engine.optimum.state.beta, 1.0)


def _by_row(fit: FittedModel, subjects: Subjects, compute: Callable[[Batch], Floats]) -> pd.Series[float]:
    import pandas as pd

    out = np.empty(fit.n_observations)
    for batch in subjects.batches(fit.engine.model, _theta(fit)):
        out[batch.rows] = compute(batch)
    return pd.Series(out, index=subjects.index)


def _residual(fit: FittedModel, batch: Batch, subjects: Subjects, kind: str) -> Floats:
    scaled = batch.columns @ _contrast(fit)
    if kind == "normalized":
        return np.asarray(np.linalg.solve(np.linalg.cholesky(batch.sigma), scaled[:, :, None])[:, :, 0])
    if kind == "pearson":
        return np.asarray(scaled / np.sqrt(np.diagonal(batch.sigma, axis1=1, axis2=2)))
    return np.asarray(scaled / np.sqrt(subjects.weights)[batch.subjects][:, None])


def _response(fit: FittedModel, batch: Batch, subjects: Subjects) -> Floats:
    """Rebuild the response from the least-squares residual and fit."""
    whole = np.r_[fit.engine.model.basis.offset, 1.0]
    return np.asarray(batch.columns @ whole / np.sqrt(subjects.weights)[batch.subjects][:, None])
