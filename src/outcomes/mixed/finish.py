"""From an optimum to a Fit: inference, covariance tables, warnings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.mixed.inference import FixedDf, Inference, infer_model
from outcomes.mixed.model import Model
from outcomes.mixed.moments import Moments
from outcomes.mixed.optimise import Optimum
from outcomes.mixed.result import Attempt, Engine, Fit
from outcomes.mixed.rows import Floats
from outcomes.mixed.settings import Settings
from outcomes.mixed.tables import empty_estimates, tabulate_contrasts


def finish(
    model: Model, optimum: Optimum | None, data: Moments, wide: Any, settings: Settings, tried: tuple[Attempt, ...]
) -> Fit:
    """Infer from the optimum and lay out the results; a failed fit has tables of missing values."""
    converged = optimum is not None and optimum.converged
    reason = "the likelihood cannot be evaluated at the start" if optimum is None else optimum.reason
    inference = infer(model, optimum, wide, settings, data) if optimum is not None and converged else None
    names = data.design.names
    warnings = (*settings.notes, *_warn(converged, reason, settings, tried))
    return Fit(
        coefficients=_coefficients(model, optimum, inference, names, settings.level),
        vcov=_vcov(model, inference, names),
        covariance=_covariance(model, optimum, data),
        random_covariance=None,
        residual_variance=None,
        loglik=float("nan") if optimum is None else optimum.state.loglik,
        converged=converged,
        reason=reason,
        warnings=warnings,
        n_subjects=data.n_subjects,
        n_observations=data.n_observations,
        dropped=dict(data.dropped),
        n_covariance_parameters=model.likelihood.n_parameters,
        formula=data.design.formula.text,
        method=settings.method,
        structure=settings.structure,
        df_method=settings.df,
        information=settings.information,
        vcov_type=settings.vcov,
        subject=data.subject,
        visit=data.visit,
        random=settings.random,
        group=data.group,
        visits=data.visits,
        level=settings.level,
        iterations=0 if optimum is None else optimum.iterations,
        condition=float("nan") if optimum is None else optimum.condition,
        tried=(*tried, Attempt(settings.structure, converged, reason)),
        design=data.design,
        means=data.means,
        engine=Engine(model, optimum, inference, wide),
    )


def infer(model: Model, optimum: Optimum, wide: Any, settings: Settings, data: Moments) -> Inference:
    """Choose and compute the covariance of the coefficients and their df."""
    likelihood, state = model.likelihood, optimum.state
    if settings.df in ("kenward_roger", "satterthwaite"):
        return infer_model(likelihood, state, df=settings.df, information=settings.information)
    free = likelihood.n_observations - likelihood.n_columns
    return FixedDf(state.phi, lambda rows: float("inf") if settings.df == "normal" else float(free))


def _coefficients(
    model: Model, optimum: Optimum | None, inference: Inference | None, names: tuple[str, ...], level: float
) -> pd.DataFrame:
    if optimum is None or inference is None:
        table = empty_estimates(len(names))
    else:
        basis = model.basis
        beta = basis.inverse @ (optimum.state.beta + basis.offset)
        table = tabulate_contrasts(inference, basis.inverse, beta, level)
    table.insert(0, "term", list(names))
    return table


def _vcov(model: Model, inference: Inference | None, names: tuple[str, ...]) -> pd.DataFrame:
    back = model.basis.inverse
    values = np.full((len(names),) * 2, np.nan) if inference is None else back @ inference.vcov @ back.T
    return pd.DataFrame(values, index=list(names), columns=list(names))


def _covariance(model: Model, optimum: Optimum | None, data: Moments) -> Any:
    tables = {}
    for label, part, family in zip(data.groups, model.likelihood.parts, model.families, strict=True):
        theta = model.start[part.where] if optimum is None else optimum.state.theta[part.where]
        sigma: Floats = family.evaluate(theta)[0]
        if optimum is None or not optimum.converged:
            sigma = np.full_like(sigma, np.nan)
        tables[label] = pd.DataFrame(sigma, index=list(data.visits), columns=list(data.visits))
    return tables[None] if data.group is None else tables


def _warn(converged: bool, reason: str, settings: Settings, tried: tuple[Attempt, ...]) -> tuple[str, ...]:
    notes = []
    if not converged:
        notes.append(f"not converged: {reason}")
    if tried:
        notes.append(f"fell back to {settings.structure} after {', '.join(a.covariance for a in tried)}")
    return tuple(notes)
