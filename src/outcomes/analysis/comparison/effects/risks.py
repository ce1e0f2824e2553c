"""Differences and ratios of response and remission, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.effects.standardisation import FIRTH, METHODS, Mean, estimate_means
from outcomes.analysis.comparison.population.confounders import Confounders
from outcomes.analysis.comparison.population.people import ENDPOINTS, Compared
from outcomes.analysis.comparison.weighting.weights import Weights, compute_effective_n, compute_weights
from outcomes.contracts.released.comparison import Risks

POPULATIONS = ("started", "observed")
RISKS = Risks.columns
Z = NormalDist().inv_cdf(0.975)


def contrast_means(treated: Mean, reference: Mean) -> dict[str, float]:
    """Return both risks, their difference, and their ratio (on the log scale) with 95 % intervals by the delta method.

    The number needed to treat is the reciprocal of the difference, given only where its interval excludes no difference
    (Altman 1998, 10.1136/bmj.317.7168.1309); negative where the reference does better.
    """
    p, q = treated.value, reference.value
    difference, half = p - q, Z * compute_error(treated.influence - reference.influence)
    facts = {
        "risk_treated": p,
        "risk_reference": q,
        "difference": difference,
        "difference_lower": difference - half,
        "difference_upper": difference + half,
    }
    ratio = {"ratio": np.nan, "ratio_lower": np.nan, "ratio_upper": np.nan}
    if min(p, q) > 0:
        spread = Z * compute_error(treated.influence / p - reference.influence / q)
        ratio = {"ratio": p / q, "ratio_lower": p / q * np.exp(-spread), "ratio_upper": p / q * np.exp(spread)}
    clear = abs(difference) > half
    return facts | ratio | {"nnt": 1 / difference if clear else np.nan}


def name_model(*means: Mean) -> str:
    """Return how the outcome models behind some means were fitted: as Firth's where any was, '' where there is none."""
    ways = {mean.outcome_model for mean in means}
    return FIRTH if FIRTH in ways else min(ways)


def compute_error(influence: Floats) -> float:
    """Return the standard error of an estimate from the patients' influences on it."""
    return float(np.sqrt(np.square(influence - influence.mean()).sum()) / len(influence))


def tabulate_risks(compared: Compared, confounders: Confounders, weights: Weights, axes: Sequence[str]) -> pd.DataFrame:
    """Return response and remission at every time point, unadjusted and standardised in three ways.

    Returns
    -------
    DataFrame
        One row per axis, time point, endpoint, population (``started``: a missing score is not responded; ``observed``), and method
        (``unadjusted``, ``weighted``, ``g_computation``, ``augmented``), the key. Risks in the declared population, difference treated − reference, ratio, number needed to
        treat, all missing where a model did not converge, or no one or everyone in an arm has an outcome that is modelled; patients and events as
        counted by arm, and the effective number of patients under the method's weights. ``outcome_model``: '' without one, else
        ``maximum_likelihood``, or ``firth`` where that had no finite answer in an arm.
    """
    rows = [
        row
        for axis in axes
        for point in compared.timepoints[axis]
        for row in _compare(compared, confounders, weights, axis, point)
    ]
    return pd.DataFrame(rows, columns=RISKS)


def _compare(
    compared: Compared, confounders: Confounders, weights: Weights, axis: str, timepoint: str
) -> Iterator[dict[str, Any]]:
    treated = compared.treated
    plain = compute_weights(treated, confounders.design, "none")
    for endpoint in ENDPOINTS:
        seen = compared.at(axis, timepoint, endpoint)
        if np.isnan(seen).all():
            continue
        for population, y in zip(POPULATIONS, (np.nan_to_num(seen), seen), strict=True):
            key = {"axis": axis, "timepoint": timepoint, "endpoint": endpoint, "population": population}
            known = ~np.isnan(y)
            counts: dict[str, int] = {}
            for name, side in (("treated", treated), ("reference", ~treated)):
                counts |= {f"n_{name}": int((known & side).sum()), f"events_{name}": int(np.nansum(y[side]))}
            for method in ("unadjusted", *METHODS):
                used = plain if method == "unadjusted" else weights
                way = "weighted" if method == "unadjusted" else method
                means = estimate_means(y, treated, confounders.design, used, way)
                converged = all(mean.converged for mean in means)
                size = {"effective_n": compute_effective_n(used.weight[known]), "converged": converged}
                model = {"outcome_model": name_model(*means) if converged else ""}
                yield key | {"method": method} | counts | size | model | (contrast_means(*means) if converged else {})
