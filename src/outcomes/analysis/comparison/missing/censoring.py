"""Patients who stayed weighted up for those who left and were like them: inverse-probability-of-censoring weights.

For one time point a patient stays at each time point up to it as long as some score at that time point or between it and the one asked for
is to come; at the last step staying is being seen. Each step's probability is a logistic regression on what was known before it
(Robins & Rotnitzky 1995, 10.1080/01621459.1995.10476494), and the weight is the product over the steps of the same probability
given arm, time point, and baseline alone over that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.comparison.missing.ancova import build_ancova
from outcomes.analysis.comparison.missing.wide import Wide
from outcomes.analysis.comparison.population.confounders import find_independent
from outcomes.analysis.comparison.population.people import find_dropout
from outcomes.analysis.comparison.precision import NO_VARIANCE, bound_estimate
from outcomes.analysis.comparison.weighting.propensity import fit_logistic
from outcomes.analysis.comparison.weighting.weights import compute_effective_n


@dataclass(frozen=True)
class Steps:
    """One row per patient and time point up to the one asked for, while the patient stays.

    Attributes
    ----------
    person, place : ndarray of int, shape (rows,)
        Patient and time point.
    stays : ndarray of bool, shape (rows,)
    last : ndarray, shape (rows,)
        Change at the last score before; 0 where there is none after the baseline.
    """

    person: Ints
    place: Ints
    stays: Bools
    last: Floats


@dataclass(frozen=True)
class Staying:
    """Weights for staying until a time point.

    Attributes
    ----------
    weight : ndarray, shape (n,)
        Stabilised; 0 for those not seen at the time point.
    truncated : bool
        Whether some were cut.
    converged : bool
        False where a level of a covariate had only stayers, or none.
    """

    weight: Floats
    truncated: bool
    converged: bool


def list_steps(change: Floats) -> Steps:
    """Return who was still there at each time point of changes (n, T), and who stayed for it; the last one is asked for."""
    n, points = change.shape
    seen_until = find_dropout(change)
    last, parts = np.zeros(n), []
    for place in range(points):
        there = seen_until >= place
        if there.any():
            who = np.flatnonzero(there)
            parts.append((who, np.full(len(who), place), seen_until[who] > place, last[who]))
        last = np.where(np.isnan(change[:, place]), last, change[:, place])
    person, place_, stays, before = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Steps(person, place_, stays, before)


def weigh_stayers(wide: Wide, place: int, truncation: float | None) -> Staying:
    """Return the weights of those seen at a time point.

    Both models are pooled over the steps with a level for each arm and time point; that of the denominator adds the last change, by arm, and
    the covariates. Arms and time points at which everyone stayed have probability 1 and take no part.

    Parameters
    ----------
    wide : Wide
    place : int
        Of the time point asked for.
    truncation : float, optional
        Quantile of the weights at which larger ones are cut.
    """
    steps = list_steps(wide.change[:, : place + 1])
    treated = wide.treated[steps.person]
    cell = 2 * steps.place + treated
    left = np.isin(cell, np.unique(cell[~steps.stays]))
    dummies = (cell[:, None] == np.unique(cell[left])[1:]).astype(float)
    plain = np.column_stack([dummies, wide.baseline[steps.person]])
    full = np.column_stack([plain, steps.last, steps.last * treated, wide.covariates[steps.person]])
    over, converged_over = _predict(plain, steps.stays, left)
    under, converged_under = _predict(full, steps.stays, left)
    log_weight = np.bincount(steps.person, np.log(over) - np.log(under), len(wide.treated))
    seen = ~wide.missing[:, place]
    weight = np.where(seen, np.exp(log_weight), 0.0)
    truncated = False
    if truncation is not None and seen.any():
        limit = float(np.quantile(weight[seen], truncation))
        truncated = bool((weight > limit).any())
        weight = np.minimum(weight, limit)
    return Staying(weight, truncated, converged_over and converged_under)


def _predict(columns: Floats, stays: Bools, used: Bools) -> tuple[Floats, bool]:
    """Return the probability of staying at every step, 1 where the step takes no part in the regression."""
    if not used.any():
        return np.ones(len(stays)), True
    own = columns[used]
    spread = own.std(axis=0)
    own = (own - own.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    fit = fit_logistic(own[:, find_independent(own)], stays[used])
    probability = np.ones(len(stays))
    probability[used] = fit.probability
    return probability, fit.converged


def estimate_weighted(wide: Wide, timepoint: str, truncation: float | None) -> dict[str, Any]:
    """Return the row of the difference at a time point among those seen, weighted for arm and for staying.

    The analysis is that of imputed data sets: weighted least squares on arm and baseline, CR2, weights taken as known.
    """
    place = wide.timepoints.index(timepoint)
    staying = weigh_stayers(wide, place, truncation)
    used = staying.weight > 0
    weight = (wide.weight * staying.weight)[used]
    row: dict[str, Any] = {"analysis": "censoring_weighted", "n": int(used.sum()), "converged": staying.converged}
    row["effective_n"] = compute_effective_n(weight)
    if len(set(wide.treated[used].tolist())) < 2:
        return row | {"converged": False, "note": "no score in one arm"}
    if not staying.converged:
        return row | {"note": "a level of a covariate with only patients who stayed, or none"}
    ancova = build_ancova(wide.treated[used], wide.baseline[used], weight)
    estimates, variances = ancova.estimate(wide.change[used, place][:, None])
    estimate = float(estimates[0])
    lower, upper, _ = bound_estimate(
        estimate, float(variances[0]), ancova.df, float(np.abs(wide.change[used, place]).max())
    )
    if np.isnan(lower):
        return row | {"estimate": estimate, "converged": False, "note": NO_VARIANCE}
    cut = f"; weights for staying cut at their {truncation:.0%} quantile" if staying.truncated and truncation else ""
    return row | {
        "note": f"those seen, weighted for having stayed{cut}",
        "estimate": estimate,
        "lower": lower,
        "upper": upper,
    }
