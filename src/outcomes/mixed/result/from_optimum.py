"""From an optimum to a Fit: inference, covariance tables, warnings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.design.random_effects import Effects
from outcomes.mixed.errors import SettingError
from outcomes.mixed.inference.degrees_of_freedom import FixedDf, Inference, infer_model
from outcomes.mixed.inference.sandwich import infer_sandwich
from outcomes.mixed.likelihood.described import Described
from outcomes.mixed.likelihood.mixture import Mixture
from outcomes.mixed.likelihood.model import Model
from outcomes.mixed.likelihood.optimise import Optimum
from outcomes.mixed.likelihood.subject_rows import Subjects
from outcomes.mixed.result.engine import Engine
from outcomes.mixed.result.fitted import Attempt
from outcomes.mixed.result.result import Fit
from outcomes.mixed.settings import Settings

_SINGULAR = 1e-8


def make_fit(
    model: Model,
    optimum: Optimum | None,
    described: Described,
    subjects: Subjects | None,
    effects: Effects | None,
    settings: Settings,
    tried: tuple[Attempt, ...],
) -> Fit:
    """Infer from the optimum and lay out the results; a failed fit has tables of missing values."""
    converged = optimum is not None and optimum.converged
    reason = "the likelihood cannot be evaluated at the start" if optimum is None else optimum.reason
    inference = infer(model, optimum, subjects, settings, described) if optimum is not None and converged else None
    residual, random, variance = _covariances(model, optimum if converged else None, described, effects, settings)
    singular = converged and _is_singular(model, optimum)
    return Fit(
        residual_variance=variance,
        loglik=float("nan") if optimum is None else optimum.state.loglik,
        converged=converged,
        singular=singular,
        reason=reason,
        warnings=(*settings.notes, *_warn_line(described), *_warn(converged, reason, singular, settings, tried)),
        n_subjects=described.n_subjects,
        n_observations=described.n_observations,
        dropped=described.dropped,
        n_covariance_parameters=model.likelihood.n_parameters,
        formula=described.design.formula.text,
        method=settings.method,
        structure=settings.structure,
        df_method=settings.df,
        information=settings.information,
        vcov_type=settings.vcov,
        subject=described.subject,
        visit=described.visit,
        random=settings.random,
        group=described.group,
        visits=described.visits,
        level=settings.level,
        iterations=0 if optimum is None else optimum.iterations,
        condition=float("nan") if optimum is None else optimum.condition,
        tried=(*tried, Attempt(settings.structure, converged, reason)),
        design=described.design,
        means=described.means,
        engine=Engine(model, optimum, inference, subjects, effects, residual, random),
    )


def infer(
    model: Model, optimum: Optimum, subjects: Subjects | None, settings: Settings, described: Described
) -> Inference:
    """Choose and compute the covariance of the coefficients and their df."""
    likelihood, state = model.likelihood, optimum.state
    vcov = state.phi
    if settings.vcov != "model":
        if subjects is None:
            raise SettingError(
                f"a {settings.vcov} sandwich needs the rows of the subjects: fit to the table, not to moments"
            )
        sandwich = infer_sandwich(model, state, subjects, settings.vcov)
        if settings.df == "satterthwaite":
            return sandwich
        vcov = sandwich.vcov
    elif settings.df in ("kenward_roger", "satterthwaite"):
        return infer_model(likelihood, state, df=settings.df, information=settings.information)
    return FixedDf(vcov, _counter(settings.df, described, model))


def _counter(df: str, described: Described, model: Model) -> Callable[[Floats], float]:
    """Give a function from contrasts of the orthonormal columns to df by counting.

    Between-within (Schluchter & Elashoff 1990, doi:10.1080/00949659008811240; as nlme and mmrm count): a contrast with a coefficient
    of a column constant within subjects has n - (such columns) df, any other N - n - (other columns) df; the intercept is estimated
    within subjects but takes one from between them.
    """
    k, n_rows = len(described.between), described.n_observations
    if df == "normal":
        return lambda rows: float("inf")
    if df == "residual":
        return lambda rows: float(n_rows - k)
    intercept = np.array([name == "Intercept" for name in described.design.names])
    between = described.between & ~intercept
    n_between = float(described.n_subjects - int(intercept.any()) - int(between.sum()))
    n_within = float(n_rows - described.n_subjects - int((~described.between & ~intercept).sum()))
    back = np.linalg.inv(model.basis.inverse)

    def count(rows: Floats) -> float:
        involved = np.abs(rows @ back) > 1e-9 * np.abs(rows @ back).max()
        return min(n_between, n_within) if (involved & between).any() else n_within

    return count


def _covariances(
    model: Model, optimum: Optimum | None, described: Described, effects: Effects | None, settings: Settings
) -> tuple[dict[Any, Floats] | None, dict[Any, Floats] | None, Any]:
    """Give the residual covariance by visit and the effects' covariance, by group, and the residual variance."""
    residual: dict[Any, Floats] = {}
    random: dict[Any, Floats] = {}
    variance: dict[Any, float] = {}
    per_group = model.likelihood.n_parameters // len(model.families)
    for g, (label, family) in enumerate(zip(described.groups, model.families, strict=True)):
        theta = (
            np.full(per_group, np.nan) if optimum is None else optimum.state.theta[g * per_group : (g + 1) * per_group]
        )
        if isinstance(family, Mixture):
            assert effects is not None
            root = family.root(theta)
            random[label] = effects.restore(root @ root.T)
            variance[label] = float(np.exp(2 * theta[-1]))
            left = family.residual.evaluate(theta[family.n_roots :])[0]
        else:
            left = family.evaluate(theta)[0]
        residual[label] = left
    alone = None if effects is None or settings.covariance is not None else variance
    return (
        None if settings.covariance is None else residual,
        None if effects is None else random,
        alone.get(None) if alone is not None and described.group is None else alone,
    )


def _is_singular(model: Model, optimum: Optimum | None) -> bool:
    """Whether a random effect, or a combination of them, has no variance."""
    if optimum is None:
        return False
    per_group = model.likelihood.n_parameters // len(model.families)
    for g, family in enumerate(model.families):
        if isinstance(family, Mixture):
            theta = optimum.state.theta[g * per_group : (g + 1) * per_group]
            values = np.linalg.eigvalsh(family.root(theta) @ family.root(theta).T)
            left = family.residual.evaluate(theta[family.n_roots :])[0]
            if values[0] < _SINGULAR * (values[-1] + float(np.mean(np.diag(left)))):
                return True
    return False


def _warn_line(described: Described) -> tuple[str, ...]:
    """Say that a numeric visit in the formula is a straight line, which few mean."""
    factor = described.design.factors.get(str(described.visit))
    if factor is None or factor.is_categorical or len(described.visits) < 3:
        return ()
    return (
        f"{described.visit!r} is numeric, so the formula takes it as a straight line; write C({described.visit}) for a factor",
    )


def _warn(
    converged: bool, reason: str, singular: bool, settings: Settings, tried: tuple[Attempt, ...]
) -> tuple[str, ...]:
    notes = []
    if not converged:
        notes.append(f"not converged: {reason}")
    if singular:
        notes.append(
            "singular: the covariance of the random effects is at its boundary; an effect has no variance of its own"
        )
    if tried:
        notes.append(f"fell back to {settings.structure} after {', '.join(a.covariance for a in tried)}")
    return tuple(notes)
