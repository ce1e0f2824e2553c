"""The variance of the weighted differences by resampling patients, with the weights estimated anew in each sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.effects.primary import EFFECTS, Specification, build_frame, fit_change
from outcomes.analysis.comparison.population.confounders import find_independent
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.precision import NO_VARIANCE, bound_estimate
from outcomes.analysis.comparison.setting import Setting
from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.contracts import CONTRACTS
from outcomes.records import list_records
from outcomes.settings.shards import Shard

Progress = Callable[[Iterable[int]], Iterable[int]]
BOUNDS = (
    "treated_lower",
    "treated_upper",
    "reference_lower",
    "reference_upper",
)  # of the means, which are not resampled
NUMBERS = ("estimate", "std_error", "lower", "upper", "df", "p_value", "treated_mean", "reference_mean", *BOUNDS)
WHOLE = Shard()
FEWEST = 0.9  # share of the samples that must converge for an interval


def resample_setting(
    setting: Setting, seed: int, shard: Shard = WHOLE, progress: Progress = lambda numbers: numbers
) -> pd.DataFrame:
    """Return the samples of a comparison as it is declared, or a part of them, as :func:`resample_differences` does."""
    comparison, compared = setting.comparison, setting.compared
    specifications = [setting.specify(axis) for axis in compared.axes()]
    kind, truncation, total = comparison.weights, comparison.truncation, comparison.replicates
    design = setting.confounders.design
    return resample_differences(compared, design, specifications, kind, truncation, total, seed, shard, progress)


def resample_differences(
    compared: Compared,
    design: Floats,
    specifications: Sequence[Specification],
    kind: str,
    truncation: float | None,
    replicates: int,
    seed: int,
    shard: Shard = WHOLE,
    progress: Progress = lambda numbers: numbers,
) -> pd.DataFrame:
    """Return the differences treated − reference in samples of patients drawn with replacement.

    The covariance of each axis is the one at which the model of all patients converged; an axis where it did not has no rows. An axis of
    which so many samples have failed that an interval is out of reach is given up. A sample's draws hang on its number and the seed alone.

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
        Samples in all.
    seed : int
    shard : Shard
        The part of the samples to draw.
    progress : callable
        Wraps the numbers of the samples, as ``tqdm`` does.

    Returns
    -------
    DataFrame
        Table ``resampled``: one row per ``sample``, ``axis``, and ``timepoint`` with its ``difference``; none where the sample's model did not converge.
    """
    n, treated = len(compared.people), compared.treated
    weight = compute_weights(treated, design, kind, truncation).weight
    settled = {one.axis: found for one in specifications if (found := _settle(compared, weight, one)) is not None}
    changes = {axis: compared.keep_changes(axis) for axis in settled}
    failed, allowed = dict.fromkeys(settled, 0), replicates - FEWEST * replicates
    rows: list[tuple[int, str, str, float]] = []
    for number in progress(shard.share(replicates)):
        drawn = np.random.default_rng([seed, *b"comparison/bootstrap", number]).integers(0, n, n)
        columns = design[drawn]
        weight = compute_weights(treated[drawn], columns[:, find_independent(columns)], kind, truncation).weight
        for axis, specification in settled.items():
            given_up = failed[axis] > allowed
            differences = {} if given_up else _differ(changes[axis].take(drawn), weight, specification)
            failed[axis] += not differences
            rows += [(number, axis, point, difference) for point, difference in differences.items()]
    return pd.DataFrame(rows, columns=list(CONTRACTS["resampled"].fields)).astype(
        {"sample": "int64", "axis": "category", "timepoint": "category", "difference": "float64"}
    )


def _settle(compared: Compared, weight: Floats, specification: Specification) -> Specification | None:
    """Return the specification of a sample's model, with the covariance at which that of all patients converged; None where none did."""
    from outcomes import mixed

    try:
        fit = fit_change(build_frame(compared, specification.axis, weight), specification, df="normal")
    except mixed.MixedError:
        return None
    return replace(specification, covariance=fit.structure, vcov="model", fallback=()) if fit.converged else None


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


def tabulate_bootstrap(effects: pd.DataFrame, samples: pd.DataFrame, replicates: int) -> pd.DataFrame:
    """Return the rows of the primary analysis with the bootstrap's standard error and normal interval.

    A normal interval needs a few hundred samples, a percentile interval thousands for the same coverage; the mean difference of hundreds of
    patients is close to normal.

    Parameters
    ----------
    effects : DataFrame
        As :func:`tabulate_effects` returns them, one axis.
    samples : DataFrame
        As :func:`resample_differences` returns them, the same axis.
    replicates : int
        Samples that were drawn.

    Returns
    -------
    DataFrame
        As ``effects``. Time points that fewer than nine in ten samples could estimate, or that are the same in all, have no numbers, did not
        converge, and say why as ``note``.
    """
    by_point = {
        point: own.sort_index()
        for point, own in samples.set_index("sample").groupby("timepoint", observed=True)["difference"]
    }
    none = pd.Series(dtype=float)
    rows = [row | _bound(row, by_point.get(row["timepoint"], none), replicates) for row in list_records(effects)]
    return pd.DataFrame(rows, columns=EFFECTS).assign(variance="bootstrap")


def _bound(row: dict[str, Any], good: pd.Series, replicates: int) -> dict[str, Any]:
    """Return what the samples that converged change in a row of the primary analysis."""
    variance = float(good.var()) if len(good) > 1 else 0.0
    lower, upper, _ = bound_estimate(
        float(row["estimate"]), variance, scale=float(good.abs().max()) if len(good) else 0.0
    )
    note = ""
    if not row["converged"]:
        note = str(row["note"])
    elif len(good) < FEWEST * replicates:
        note = (
            f"{FEWEST:.0%} of the {replicates} samples of patients have to converge and fewer did; a simpler "
            "comparison.covariance or fewer confounders may help"
        )
    elif np.isnan(lower):
        note = NO_VARIANCE
    if note:
        return dict.fromkeys(NUMBERS, np.nan) | {"converged": False, "note": note}
    said = f"{len(good)} of {replicates} samples of patients, weights estimated in each; normal interval"
    bounds: dict[str, Any] = {"std_error": variance**0.5, "lower": lower, "upper": upper}
    return bounds | dict.fromkeys(BOUNDS, np.nan) | {"df": np.nan, "p_value": np.nan, "note": said}
