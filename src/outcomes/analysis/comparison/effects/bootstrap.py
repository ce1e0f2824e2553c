"""The variance of the weighted differences by resampling patients, with the weights estimated anew in each sample."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.effects.primary import EFFECTS, Specification, build_frame, fit_change
from outcomes.analysis.comparison.population.confounders import find_independent
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.precision import NO_VARIANCE, bound_estimate
from outcomes.analysis.comparison.weighting.weights import compute_weights

Progress = Callable[[Iterable[int]], Iterable[int]]
NUMBERS = ("estimate", "std_error", "lower", "upper", "df", "p_value", "treated_mean", "reference_mean")
FEWEST = 0.9  # share of the samples that must converge for an interval


def resample_differences(
    compared: Compared,
    design: Floats,
    specifications: Sequence[Specification],
    kind: str,
    truncation: float | None,
    replicates: int,
    generator: np.random.Generator,
    progress: Progress = lambda numbers: numbers,
) -> dict[str, pd.DataFrame]:
    """Return the differences treated − reference in samples of patients drawn with replacement.

    The covariance of each axis is the one at which the model of all patients converged. An axis of which so many samples have failed that
    an interval is out of reach is given up.

    Parameters
    ----------
    compared : Compared
    design : ndarray, shape (people, k)
        Coded confounders.
    specifications : sequence of Specification
        One model an axis.
    kind, truncation
        Weights, as in :func:`compute_weights`.
    replicates : int
    generator : Generator
    progress : callable
        Wraps the numbers of the samples, as ``tqdm`` does.

    Returns
    -------
    dict of str to DataFrame
        By axis: one row per sample, one column per time point; missing where the sample's model did not converge, or was given up.
    """
    n, treated = len(compared.people), compared.treated
    weight = compute_weights(treated, design, kind, truncation).weight
    settled = [_settle(compared, weight, one) for one in specifications]
    changes = {one.axis: compared.keep_changes(one.axis) for one in specifications}
    drawn: dict[str, list[dict[str, float]]] = {one.axis: [] for one in specifications}
    allowed = replicates - FEWEST * replicates
    for _ in progress(range(replicates)):
        rows = generator.integers(0, n, n)
        columns = design[rows]
        weight = compute_weights(treated[rows], columns[:, find_independent(columns)], kind, truncation).weight
        for one in settled:
            given_up = sum(not found for found in drawn[one.axis]) > allowed
            drawn[one.axis].append({} if given_up else _differ(changes[one.axis].take(rows), weight, one))
    return {
        one.axis: pd.DataFrame(drawn[one.axis]).reindex(columns=compared.timepoints[one.axis]) for one in specifications
    }


def _settle(compared: Compared, weight: Floats, specification: Specification) -> Specification:
    """Return the specification of a sample's model: with the covariance at which that of all patients converged, and no other."""
    fit = fit_change(build_frame(compared, specification.axis, weight), specification, df="normal")
    covariance = fit.structure if fit.converged else specification.covariance
    return replace(specification, covariance=covariance, vcov="model", fallback=())


def _differ(sample: Compared, weight: Floats, specification: Specification) -> dict[str, float]:
    from outcomes import mixed

    frame = build_frame(sample, specification.axis, weight)
    try:
        fit = fit_change(frame, specification, df="normal")
    except mixed.MixedError:
        return {}
    if not fit.converged:
        return {}
    estimates = dict(zip(fit.coefficients["term"], fit.coefficients["estimate"], strict=True))
    first = estimates["arm[treated]"]
    return {
        str(point): first + estimates.get(f"arm[treated]:timepoint[{point}]", 0.0)
        for point in frame["timepoint"].cat.categories
    }


def tabulate_bootstrap(effects: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the primary analysis with the bootstrap's standard error and normal interval.

    A normal interval needs a few hundred samples, a percentile interval thousands for the same coverage; the mean difference of hundreds of
    patients is close to normal.

    Parameters
    ----------
    effects : DataFrame
        As :func:`tabulate_effects` returns them, one axis.
    samples : DataFrame
        As :func:`resample_differences` returns them, the same axis.

    Returns
    -------
    DataFrame
        As ``effects``. Time points that fewer than nine in ten samples could estimate, or that are the same in all, have no numbers, did not
        converge, and say why as ``note``.
    """
    rows = [row | _bound(row, samples[row["timepoint"]]) for row in effects.to_dict("records")]
    return pd.DataFrame(rows, columns=EFFECTS).assign(variance="bootstrap")


def _bound(row: dict[Hashable, Any], drawn: pd.Series) -> dict[Hashable, Any]:
    """Return what the samples change in a row of the primary analysis."""
    good = drawn.dropna()
    variance = float(good.var()) if len(good) > 1 else 0.0
    lower, upper, _ = bound_estimate(
        float(row["estimate"]), variance, scale=float(good.abs().max()) if len(good) else 0.0
    )
    note = ""
    if not row["converged"]:
        note = str(row["note"])
    elif len(good) < FEWEST * len(drawn):
        note = (
            f"{FEWEST:.0%} of the {len(drawn)} samples of patients have to converge and fewer did; a simpler "
            "comparison.covariance or fewer confounders may help"
        )
    elif np.isnan(lower):
        note = NO_VARIANCE
    if note:
        return dict.fromkeys(NUMBERS, np.nan) | {"converged": False, "note": note}
    said = f"{len(good)} of {len(drawn)} samples of patients, weights estimated in each; normal interval"
    bounds: dict[Hashable, Any] = {"std_error": variance**0.5, "lower": lower, "upper": upper}
    return bounds | {"df": np.nan, "p_value": np.nan, "note": said}
