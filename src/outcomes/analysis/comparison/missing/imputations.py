"""The differences by multiple imputation under every declared strategy, and the grid of tipping points of the change from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.confounder_pooling import say_imputed
from outcomes.analysis.comparison.effects.primary import Specification
from outcomes.analysis.comparison.missing.ancova import Ancova, build_ancova
from outcomes.analysis.comparison.missing.imputing import impute_at_random
from outcomes.analysis.comparison.missing.model import draw_model
from outcomes.analysis.comparison.missing.responders import SCALES, Judge, list_responders
from outcomes.analysis.comparison.missing.strategies import (
    AT_RANDOM,
    compute_delta,
    compute_shifts,
    name_delta,
    shift_treated,
)
from outcomes.analysis.comparison.missing.wide import Wide, spread_changes
from outcomes.analysis.comparison.population.people import ENDPOINTS, Compared
from outcomes.analysis.comparison.rubin import pool_nested
from outcomes.analysis.comparison.sensitivity.delta import TIPPING
from outcomes.analysis.comparison.setting import POINTS, RATIO
from outcomes.analysis.comparison.weighting.weights import compute_effective_n
from outcomes.contracts.released.comparison import Imputations
from outcomes.errors import ModelError
from outcomes.settings.imputation import Imputation

IMPUTATIONS = Imputations.columns


CHANGE = ("change", POINTS)
NOBODY = "no one, or everyone, in an arm in some imputed data set"
Place = tuple[str, str]  # endpoint and scale


@dataclass(frozen=True)
class Analysed:
    """The imputed data sets of one axis, analysed.

    Attributes
    ----------
    wide : Wide
    ancova : Ancova
        Of every time point: no score is missing any more.
    found : mapping of endpoint and scale to mapping of str to ndarray, each shape (2, draws, T)
        By analysis: the difference (of ratios the logarithm) in each imputed data set, and its variance.
    residuals : ndarray, shape (T, draws, 2)
        Sums over patients that the variance with delta takes: see :func:`tabulate_imputed_tipping`.
    note : str
        What of the declared imputation model had to give.
    """

    wide: Wide
    ancova: Ancova
    found: Mapping[Place, Mapping[str, Floats]]
    residuals: Floats
    note: str


def impute_axis(
    compared: Compared,
    specification: Specification,
    weight: Floats,
    covariates: Floats,
    imputation: Imputation,
    generator: np.random.Generator,
    judge: Judge | None = None,
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
    judge : Judge, optional
        What makes response and remission of imputed scores; without it only the change is analysed.

    Raises
    ------
    ModelError
        No imputation model could be fitted.
    """
    wide = spread_changes(compared, specification.axis, weight, covariates)
    model = draw_model(compared, wide, covariates, weight, specification, imputation.draws, generator)
    ancova = build_ancova(wide.treated, wide.baseline, wide.weight)
    responders = [] if judge is None else list_responders(compared, wide, judge)
    places = [CHANGE, *((one.endpoint, scale) for one in responders for scale in SCALES)]
    shifts = {name: compute_shifts(name, model.arm, model.covariance) for name in (AT_RANDOM, *imputation.methods)}
    deltas = {name_delta(one): compute_delta(wide, one) for one in imputation.deltas}
    shape = model.arm.shape
    found = {place: {name: np.empty((2, *shape)) for name in (*shifts, *deltas)} for place in places}
    residuals = np.empty((shape[1], shape[0], 2))
    for chosen, scores in impute_at_random(wide, model, generator):
        for name in found[CHANGE]:
            filled = scores + (deltas[name] if name in deltas else shift_treated(wide, shifts[name][chosen]))
            found[CHANGE][name][:, chosen] = _analyse(ancova, filled)
            for one in responders:
                for scale, contrasts in one.compare(filled).items():
                    found[one.endpoint, scale][name][:, chosen] = contrasts
        residuals[:, chosen] = _cross(ancova, wide, scores)
    return Analysed(wide, ancova, found, residuals, model.note)


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


def tabulate_imputations(several: Sequence[Analysed]) -> pd.DataFrame:
    """Return the pooled differences of one axis.

    Parameters
    ----------
    several : sequence of Analysed
        One; or one for each data set filled with imputed confounders, with as many draws.

    Returns
    -------
    DataFrame
        One row per endpoint, scale, time point, and analysis, the key: the difference treated − reference in points or risks, or the ratio of
        risks (``std_error``, ``within``, ``between``, and the Monte-Carlo error are then those of its logarithm), by Rubin's rules with Barnard and Rubin's
        degrees of freedom (Rubin's for risks), variance within and between imputations, the share of missing information, the Monte-Carlo error of
        the estimate, patients, and their effective number. Without numbers where no patient, or every patient, of an arm has the endpoint in
        some imputed data set.
    """
    rows = []
    analysed = several[0]
    size = [len(analysed.wide.weight), float(np.mean([compute_effective_n(one.wide.weight) for one in several]))]
    note = _say(several)
    for (endpoint, scale), by_name in analysed.found.items():
        df = float(np.mean([one.ancova.df for one in several])) if scale == POINTS else np.inf
        for place, timepoint in enumerate(analysed.wide.timepoints):
            for name in by_name:
                estimates, variances = np.stack(
                    [one.found[endpoint, scale][name][:, :, place] for one in several], axis=1
                )
                key = [endpoint, scale, analysed.wide.axis, timepoint, name, estimates.size]
                rows.append([*key, *_pool(estimates, variances, df, scale), *size, True, note])
    table = pd.DataFrame(rows, columns=IMPUTATIONS)
    lacking = table["estimate"].isna()
    return table.assign(converged=~lacking, note=table["note"].mask(lacking, NOBODY))


def _say(several: Sequence[Analysed]) -> str:
    """Return the notes on the imputation models, and on how many fills of the confounders they rest."""
    notes = list(dict.fromkeys(one.note for one in several if one.note))
    if len(several) > 1:
        draws = len(several[0].residuals[0])
        notes.append(f"{draws} imputations of scores in each of {say_imputed(len(several))}")
    return "; ".join(notes)


def _pool(estimates: Floats, variances: Floats, df: float, scale: str) -> list[float]:
    """Return the numbers of a row, from its estimate to its Monte-Carlo error."""
    if not (np.isfinite(estimates).all() and (variances > 0).all()):
        return [np.nan] * 10
    pooled = pool_nested(estimates, variances, df)
    lower, upper, p_value = pooled.find_interval()
    bounds = [pooled.estimate, lower, upper]
    estimate, lower, upper = np.exp(bounds).tolist() if scale == RATIO else bounds
    df = pooled.df if np.isfinite(pooled.df) else np.nan
    numbers = [estimate, np.sqrt(pooled.variance), df, lower, upper, p_value]
    return [*numbers, pooled.within, pooled.between, pooled.missing_information, pooled.monte_carlo_error]


def tabulate_failure(compared: Compared, axis: str, imputation: Imputation, n: int, error: ModelError) -> pd.DataFrame:
    """Return the same rows without numbers, and why as ``note``."""
    names = [AT_RANDOM, *imputation.methods, *map(name_delta, imputation.deltas)]
    scores = compared.scores[compared.scores["axis"] == axis]
    ends = [one for one in ENDPOINTS if scores[one].notna().any()]
    rows = [
        {"endpoint": endpoint, "scale": scale, "timepoint": point, "analysis": name}
        for endpoint, scale in [CHANGE, *((one, scale) for one in ends for scale in SCALES)]
        for point in compared.timepoints[axis]
        for name in names
    ]
    table = pd.DataFrame(rows).assign(axis=axis, draws=imputation.draws, n=n, converged=False, note=str(error))
    return table.reindex(columns=IMPUTATIONS)


def tabulate_imputed_tipping(several: Sequence[Analysed], timepoint: str, deltas: Sequence[float]) -> pd.DataFrame:
    """Return the difference for every pair of deltas, each imputed data set analysed anew with them.

    Delta enters the scores as a straight line, and so the residuals: no data set has to be kept for it.

    Parameters
    ----------
    several : sequence of Analysed
        As :func:`tabulate_imputations` takes them.
    timepoint : str
    deltas : sequence of float

    Returns
    -------
    DataFrame
        One row per ``delta_treated`` and ``delta_reference``: the pooled difference with its 95 % interval.
    """
    df = float(np.mean([one.ancova.df for one in several]))
    rows = []
    for treated in deltas:
        for reference in deltas:
            moved = [_move(one, timepoint, np.array([treated, reference])) for one in several]
            estimates, variances = np.stack(moved, axis=1)
            pooled = pool_nested(estimates, variances, df)
            lower, upper, _ = pooled.find_interval()
            rows.append([several[0].wide.axis, timepoint, "imputed", treated, reference, pooled.estimate, lower, upper])
    return pd.DataFrame(rows, columns=TIPPING)


def _move(analysed: Analysed, timepoint: str, pair: Floats) -> Floats:
    """Return differences and variances, shape (2, draws), with delta added in the treated and in the reference arm."""
    wide, ancova = analysed.wide, analysed.ancova
    place = wide.timepoints.index(timepoint)
    dropped = wide.dropped[:, place]
    sides = np.column_stack([dropped & wide.treated, dropped & ~wide.treated]).astype(float)
    slope, moved = ancova.solve[0] @ sides, ancova.residuals(sides)
    square = (moved * ancova.share[:, None]).T @ moved
    estimates, variances = analysed.found[CHANGE][AT_RANDOM][:, :, place]
    return np.stack([estimates + pair @ slope, variances + analysed.residuals[place] @ pair + pair @ square @ pair])
