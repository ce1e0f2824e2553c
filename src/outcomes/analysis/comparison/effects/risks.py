"""Differences and ratios of response and remission, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.effects.contrast import Proportions, contrast_proportions
from outcomes.analysis.comparison.effects.standardisation import FIRTH, METHODS, Mean, estimate_means
from outcomes.analysis.comparison.population.confounders import Confounders
from outcomes.analysis.comparison.population.people import ENDPOINTS, Compared
from outcomes.analysis.comparison.precision import bound_estimate
from outcomes.analysis.comparison.weighting.weights import Weights, compute_effective_n, compute_weights
from outcomes.contracts.released.comparison import Risks

EVERYONE, OBSERVED = "everyone", "observed"
COUNTS = ("n_treated", "n_reference", "events_treated", "events_reference")
RISKS = Risks.columns


def contrast_means(treated: Mean, reference: Mean) -> dict[str, float]:
    """Return both risks, their difference, ratio, and number needed to treat, with the interval of every release (:mod:`.contrast`)."""
    one, other = treated.influence, reference.influence
    variances = [treated.stretch * compute_error(influence) ** 2 for influence in (one, other, one - other)]
    covariance = (variances[0] + variances[1] - variances[2]) / 2
    numbers = [
        *np.clip([treated.value, reference.value], 0.0, 1.0),
        *variances[:2],
        covariance,
        treated.size,
        reference.size,
        np.inf,
    ]
    found = contrast_proportions(Proportions(*map(np.asarray, numbers)))
    return {name: float(found[name]) for name in found if name in RISKS}


def compare_means(treated: Mean, reference: Mean, scale: float) -> tuple[float, float, float]:
    """Return the difference of two means of numbers with its normal interval; ``scale`` is the size of those numbers."""
    difference = treated.value - reference.value
    variance = treated.stretch * compute_error(treated.influence - reference.influence) ** 2
    return difference, *bound_estimate(difference, variance, scale=scale)[:2]


def name_model(*means: Mean) -> str:
    """Return how the outcome models behind some means were fitted: as Firth's where any was, '' where there is none."""
    ways = {mean.outcome_model for mean in means}
    return FIRTH if FIRTH in ways else min(ways)


def compute_error(influence: Floats) -> float:
    """Return the standard error of an estimate from the patients' influences on it."""
    return float(np.sqrt(np.square(influence - influence.mean()).sum()) / len(influence))


def tabulate_risks(compared: Compared, confounders: Confounders, weights: Weights, axes: Sequence[str]) -> pd.DataFrame:
    """Return response and remission of those observed at every time point, unadjusted and standardised in three ways.

    Those of everyone, missing scores imputed, are :func:`outcomes.analysis.comparison.missing.imputations.tabulate_everyone`'s.

    Returns
    -------
    DataFrame
        One row per axis, time point, endpoint, population (``observed``), and method
        (``unadjusted``, ``weighted``, ``g_computation``, ``augmented``), the key. Risks in the declared population, difference treated − reference, ratio, number needed to
        treat, all missing where a model did not converge, or no one or everyone in an arm has an outcome that is modelled; patients who carry weight and events among them as
        counted by arm, and the effective number of patients under the method's weights. ``outcome_model``: '' without one, else
        ``maximum_likelihood``, or ``firth`` where that had no finite answer in an arm.
    """
    rows = [
        row
        for axis in axes
        for point in compared.timepoints[axis]
        for row in _compare(compared, confounders, weights, axis, point)
    ]
    return pd.DataFrame(rows, columns=RISKS).astype(dict.fromkeys(COUNTS, "Int64") | {"converged": bool})


def _compare(
    compared: Compared, confounders: Confounders, weights: Weights, axis: str, timepoint: str
) -> Iterator[dict[str, Any]]:
    treated = compared.treated
    plain = compute_weights(treated, confounders.design, "none")
    for endpoint in ENDPOINTS:
        seen = compared.at(axis, timepoint, endpoint)
        if np.isnan(seen).all():
            continue
        key = {"axis": axis, "timepoint": timepoint, "endpoint": endpoint, "population": OBSERVED}
        for method in ("unadjusted", *METHODS):
            used = plain if method == "unadjusted" else weights
            way = "weighted" if method == "unadjusted" else method
            known = ~np.isnan(seen) & (used.present if way != "g_computation" else True)
            means = estimate_means(seen, treated, confounders.design, used, way)
            converged = all(mean.converged for mean in means)
            size = {"effective_n": compute_effective_n(used.weight[known]), "converged": converged}
            size |= _count(seen, known, treated)
            model = {"outcome_model": name_model(*means) if converged else ""}
            yield key | {"method": method} | size | model | (contrast_means(*means) if converged else {})


def _count(outcome: Floats, known: Bools, treated: Bools) -> dict[str, int]:
    """Return patients and events by arm of those who take part."""
    counts: dict[str, int] = {}
    for name, side in (("treated", treated), ("reference", ~treated)):
        counts |= {f"n_{name}": int((known & side).sum()), f"events_{name}": int(outcome[known & side].sum())}
    return counts
