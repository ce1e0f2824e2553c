"""The difference in change by multiple imputation under every declared strategy, and the grid of tipping points from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.delta import TIPPING
from outcomes.analysis.comparison.missing.ancova import Ancova, build_ancova
from outcomes.analysis.comparison.missing.imputing import impute_at_random
from outcomes.analysis.comparison.missing.model import draw_model
from outcomes.analysis.comparison.missing.pooling import pool_estimates
from outcomes.analysis.comparison.missing.strategies import (
    AT_RANDOM,
    compute_delta,
    compute_shifts,
    name_delta,
    shift_treated,
)
from outcomes.analysis.comparison.missing.wide import Wide, spread_changes
from outcomes.analysis.comparison.people import Compared
from outcomes.analysis.comparison.primary import Specification
from outcomes.analysis.comparison.weights import compute_effective_n
from outcomes.errors import ModelError
from outcomes.settings.imputation import Imputation

IMPUTATIONS = [
    "axis", "timepoint", "analysis", "draws", "estimate", "std_error", "df", "lower", "upper", "p_value", "within", "between",
    "missing_information", "monte_carlo_error", "n", "effective_n", "converged", "note",
]  # fmt: skip


@dataclass(frozen=True)
class Analysed:
    """The imputed data sets of one axis, analysed.

    Attributes
    ----------
    wide : Wide
    ancova : Ancova
        Of every time point: no score is missing any more.
    estimates, variances : dict of str to ndarray, each shape (draws, T)
        By analysis: the difference in each imputed data set and its variance.
    residuals : ndarray, shape (T, draws, 2)
        Sums over patients that the variance with delta takes: see :func:`tabulate_imputed_tipping`.
    note : str
        What of the declared imputation model had to give.
    """

    wide: Wide
    ancova: Ancova
    estimates: dict[str, Floats]
    variances: dict[str, Floats]
    residuals: Floats
    note: str


def impute_axis(
    compared: Compared,
    specification: Specification,
    weight: Floats,
    covariates: Floats,
    imputation: Imputation,
    generator: np.random.Generator,
) -> Analysed:
    """Impute the missing changes of an axis and analyse every imputed data set under every strategy.

    All strategies share their random numbers, so that they differ by what they assume and not by chance.

    Parameters
    ----------
    compared : Compared
    specification : Specification
        The imputation model's covariance and its fallbacks.
    weight : ndarray, shape (people,)
        Of the analysis.
    covariates : ndarray, shape (people, k)
        Coded confounders other than the baseline, for the imputation model.
    imputation : Imputation
    generator : Generator

    Raises
    ------
    ModelError
        No imputation model could be fitted.
    """
    wide = spread_changes(compared, specification.axis, weight, covariates)
    model = draw_model(compared, wide, covariates, weight, specification, imputation.draws, generator)
    ancova = build_ancova(wide.treated, wide.baseline, wide.weight)
    methods = (AT_RANDOM, *imputation.methods)
    shifts = {name: compute_shifts(name, model.arm, model.covariance) for name in methods}
    deltas = {name_delta(one): compute_delta(wide, one) for one in imputation.deltas}
    shape = model.arm.shape
    found = {name: np.empty((2, *shape)) for name in (*shifts, *deltas)}
    residuals = np.empty((shape[1], shape[0], 2))
    for chosen, scores in impute_at_random(wide, model, generator):
        for name, shift in shifts.items():
            found[name][:, chosen] = _analyse(ancova, scores + shift_treated(wide, shift[chosen]))
        for name, points in deltas.items():
            found[name][:, chosen] = _analyse(ancova, scores + points)
        residuals[:, chosen] = _cross(ancova, wide, scores)
    estimates, variances = ({name: pair[part] for name, pair in found.items()} for part in (0, 1))
    return Analysed(wide, ancova, estimates, variances, residuals, model.note)


def _analyse(ancova: Ancova, scores: Floats) -> Floats:
    """Return differences and variances, shape (2, draws, T), of scores of shape (draws, n, T)."""
    draws, n, points = scores.shape
    estimates, variances = ancova.estimate(scores.transpose(1, 0, 2).reshape(n, draws * points))
    return np.stack([estimates, variances]).reshape(2, draws, points)


def _cross(ancova: Ancova, wide: Wide, scores: Floats) -> Floats:
    """Return, by time point, draw, and arm, the part of the variance that is linear in delta."""
    sides = np.stack([wide.dropped & wide.treated[:, None], wide.dropped & ~wide.treated[:, None]]).astype(float)
    out = []
    for point in range(scores.shape[2]):
        own = ancova.residuals(scores[:, :, point].T)
        moved = ancova.residuals(sides[:, :, point].T)
        out.append(2 * (own * ancova.share[:, None]).T @ moved)
    return np.stack(out)


def tabulate_imputations(analysed: Analysed) -> pd.DataFrame:
    """Return the pooled differences of one axis.

    Returns
    -------
    DataFrame
        One row per time point and analysis, the key: the difference treated − reference in points by Rubin's rules with Barnard and Rubin's
        degrees of freedom, variance within and between imputations, the share of missing information, the Monte-Carlo error of the
        estimate, patients, and their effective number.
    """
    rows = []
    size = [len(analysed.wide.weight), compute_effective_n(analysed.wide.weight), True, analysed.note]
    for place, timepoint in enumerate(analysed.wide.timepoints):
        for name, estimates in analysed.estimates.items():
            pooled = pool_estimates(estimates[:, place], analysed.variances[name][:, place], analysed.ancova.df)
            facts = [pooled.estimate, np.sqrt(pooled.variance), pooled.df, *pooled.find_interval()]
            parts = [pooled.within, pooled.between, pooled.missing_information, pooled.monte_carlo_error]
            rows.append([analysed.wide.axis, timepoint, name, len(estimates), *facts, *parts, *size])
    return pd.DataFrame(rows, columns=IMPUTATIONS)


def tabulate_failure(compared: Compared, axis: str, imputation: Imputation, n: int, error: ModelError) -> pd.DataFrame:
    """Return the same rows without numbers, and why as ``note``."""
    names = [AT_RANDOM, *imputation.methods, *map(name_delta, imputation.deltas)]
    rows = [{"timepoint": point, "analysis": name} for point in compared.timepoints[axis] for name in names]
    table = pd.DataFrame(rows).assign(axis=axis, draws=imputation.draws, n=n, converged=False, note=str(error))
    return table.reindex(columns=IMPUTATIONS)


def tabulate_imputed_tipping(analysed: Analysed, timepoint: str, deltas: Sequence[float]) -> pd.DataFrame:
    """Return the difference for every pair of deltas, each imputed data set analysed anew with them.

    Delta enters the scores as a straight line, and so the residuals: no data set has to be kept for it.

    Returns
    -------
    DataFrame
        One row per ``delta_treated`` and ``delta_reference``: the pooled difference with its 95 % interval.
    """
    wide, ancova = analysed.wide, analysed.ancova
    place = wide.timepoints.index(timepoint)
    dropped = wide.dropped[:, place]
    sides = np.column_stack([dropped & wide.treated, dropped & ~wide.treated]).astype(float)
    slope, moved = ancova.solve[0] @ sides, ancova.residuals(sides)
    square = (moved * ancova.share[:, None]).T @ moved
    estimates, variances = analysed.estimates[AT_RANDOM][:, place], analysed.variances[AT_RANDOM][:, place]
    rows = []
    for treated in deltas:
        for reference in deltas:
            pair = np.array([treated, reference])
            shifted = variances + analysed.residuals[place] @ pair + pair @ square @ pair
            pooled = pool_estimates(estimates + pair @ slope, shifted, ancova.df)
            lower, upper, _ = pooled.find_interval()
            rows.append([wide.axis, timepoint, "imputed", treated, reference, pooled.estimate, lower, upper])
    return pd.DataFrame(rows, columns=TIPPING)
