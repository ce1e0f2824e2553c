"""The differences by multiple imputation under every declared strategy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.confounder_pooling import say_imputed
from outcomes.analysis.comparison.effects.contrast import contrast_proportions
from outcomes.analysis.comparison.effects.pooled import pool_log_ratio, pool_risks
from outcomes.analysis.comparison.effects.primary import Specification
from outcomes.analysis.comparison.effects.risks import COUNTS, EVERYONE, RISKS
from outcomes.analysis.comparison.missing.ancova import Ancova, build_ancova
from outcomes.analysis.comparison.missing.imputing import impute_at_random
from outcomes.analysis.comparison.missing.model import draw_model
from outcomes.analysis.comparison.missing.responders import Judge, list_responders
from outcomes.analysis.comparison.missing.strategies import (
    AT_RANDOM,
    compute_delta,
    compute_shifts,
    name_delta,
    shift_treated,
)
from outcomes.analysis.comparison.missing.wide import Wide, spread_changes
from outcomes.analysis.comparison.population.people import ENDPOINTS, Compared
from outcomes.analysis.comparison.precision import NO_VARIANCE
from outcomes.analysis.comparison.rubin import Pooled, pool_nested
from outcomes.analysis.comparison.setting import NOBODY, POINTS, RATIO, RISK
from outcomes.analysis.comparison.weighting.weights import compute_effective_n
from outcomes.contracts.released.comparison import Imputations
from outcomes.errors import ModelError
from outcomes.settings.imputation import Imputation

IMPUTATIONS = Imputations.columns
SCALES = (RISK, RATIO)


class Kept(NamedTuple):
    """Whose imputed answers are wanted patient by patient."""

    analysis: str
    endpoint: str
    timepoint: str


@dataclass(frozen=True)
class Analysed:
    """The imputed data sets of one axis, analysed.

    Attributes
    ----------
    wide : Wide
    ancova : Ancova
        Of every time point: no score is missing any more.
    found : mapping of endpoint to mapping of str to ndarray, shape (2, draws, T), of response and remission (5, draws, T)
        By analysis, in each imputed data set: the difference in change and its variance; or the treated's and the reference's risk, their
        variances, and covariance.
    residuals : ndarray, shape (T, draws, 2)
        Sums over patients that the variance with delta takes: see :func:`outcomes.analysis.comparison.missing.tipping.tabulate_imputed_tipping`.
    note : str
        What of the declared imputation model had to give.
    answered : ndarray, shape (draws, people), or None
        The answer that was to be kept: 1 or 0, missing for those without a weight who have none.
    """

    wide: Wide
    ancova: Ancova
    found: Mapping[str, Mapping[str, Floats]]
    residuals: Floats
    note: str
    answered: Floats | None


def impute_axis(
    compared: Compared,
    specification: Specification,
    weight: Floats,
    covariates: Floats,
    imputation: Imputation,
    generator: np.random.Generator,
    judge: Judge | None = None,
    kept: Kept | None = None,
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
    kept : Kept, optional
        What of the imputed answers is returned.

    Raises
    ------
    ModelError
        No imputation model could be fitted, or there is no time point to impute at.
    """
    wide = spread_changes(compared, specification.axis, weight, covariates)
    if not wide.timepoints:
        raise ModelError("no time point at which the arms can be compared")
    model = draw_model(compared, wide, covariates, weight, specification, imputation.draws, generator)
    ancova = build_ancova(wide.treated, wide.baseline, wide.weight)
    responders = [] if judge is None else list_responders(compared, wide, judge)
    shifts = {name: compute_shifts(name, model.arm, model.covariance) for name in (AT_RANDOM, *imputation.methods)}
    deltas = {name_delta(one): compute_delta(wide, one) for one in imputation.deltas}
    shape = model.arm.shape
    rows = {"change": 2} | {one.endpoint: 5 for one in responders}
    found = {end: {name: np.empty((size, *shape)) for name in (*shifts, *deltas)} for end, size in rows.items()}
    wanted = kept if kept is not None and kept.timepoint in wide.timepoints and kept.endpoint in found else None
    answered = None if wanted is None else np.empty((shape[0], len(compared.people)))
    residuals = np.empty((shape[1], shape[0], 2))
    for chosen, scores in impute_at_random(wide, model, generator):
        for name in found["change"]:
            filled = scores + (deltas[name] if name in deltas else shift_treated(wide, shifts[name][chosen]))
            found["change"][name][:, chosen] = _analyse(ancova, filled)
            for one in responders:
                answers = one.fill(filled)
                found[one.endpoint][name][:, chosen] = one.compare(answers)
                if answered is not None and wanted is not None and (name, one.endpoint) == wanted[:2]:
                    answered[chosen] = answers[:, :, wide.timepoints.index(wanted.timepoint)]
        residuals[:, chosen] = _cross(ancova, wide, scores)
    return Analysed(wide, ancova, found, residuals, model.note, answered)


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
        degrees of freedom (Rubin's for risks, whose interval is that of :mod:`.effects.contrast`), variance within and between imputations, the share of missing information, the Monte-Carlo error of
        the estimate, patients, and their effective number. Without an interval where nothing varies; a ratio is there only if some of both arms have the endpoint.
    """
    rows = []
    analysed = several[0]
    size = [len(analysed.wide.weight), float(np.mean([compute_effective_n(one.wide.weight) for one in several]))]
    note = _say(several)
    for endpoint, by_name in analysed.found.items():
        for place, timepoint in enumerate(analysed.wide.timepoints):
            for name in by_name:
                drawn = np.stack([one.found[endpoint][name][:, :, place] for one in several], axis=1)
                key = [analysed.wide.axis, timepoint, name, drawn[0].size]
                for scale, numbers, why in _pool(several, endpoint, drawn):
                    texts = "; ".join(one for one in (why, note) if one)
                    rows.append([endpoint, scale, *key, *numbers, *size, not why, texts])
    return pd.DataFrame(rows, columns=IMPUTATIONS)


def tabulate_everyone(several: Sequence[Analysed], compared: Compared, axis: str, analysis: str) -> pd.DataFrame:
    """Return the weighted risks of everyone compared, missing scores imputed as the declared binary answer says.

    Returns
    -------
    DataFrame
        One row per endpoint and time point of the axis, as :func:`outcomes.analysis.comparison.effects.risks.tabulate_risks` returns them, of
        population ``everyone`` and method ``weighted``. Events are missing: of imputed answers there is no count. Not converged
        where nothing could be imputed.
    """
    rows = []
    for point in compared.timepoints[axis]:
        for endpoint in ENDPOINTS:
            if np.isnan(compared.at(axis, point, endpoint)).all():
                continue
            row: dict[str, Any] = {"axis": axis, "timepoint": point, "endpoint": endpoint, "population": EVERYONE}
            row |= {"method": "weighted", "outcome_model": "", "converged": False}
            there = [one for one in several if point in one.wide.timepoints and endpoint in one.found]
            if there:
                places = [one.found[endpoint][analysis][:, :, one.wide.timepoints.index(point)] for one in there]
                found = contrast_proportions(pool_risks(np.stack(places, axis=1), size_arms(there))[1])
                row |= {name: float(value) for name, value in found.items()} | {"converged": True}
                wide = there[0].wide
                row |= {"n_treated": int(wide.treated.sum()), "n_reference": int((~wide.treated).sum())}
                row["effective_n"] = float(np.mean([compute_effective_n(one.wide.weight) for one in there]))
            rows.append(row)
    return pd.DataFrame(rows, columns=RISKS).astype(dict.fromkeys(COUNTS, "Int64") | {"converged": bool})


def _say(several: Sequence[Analysed]) -> str:
    """Return the notes on the imputation models, and on how many fills of the confounders they rest."""
    notes = list(dict.fromkeys(one.note for one in several if one.note))
    if len(several) > 1:
        draws = len(several[0].residuals[0])
        notes.append(f"{draws} imputations of scores in each of {say_imputed(len(several))}")
    return "; ".join(notes)


def _pool(several: Sequence[Analysed], endpoint: str, drawn: Floats) -> Iterator[tuple[str, list[float], str]]:
    """Yield scale, numbers from the estimate to its Monte-Carlo error, and why there are none; drawn: shape (rows, fills, draws)."""
    if endpoint == "change":
        df = float(np.mean([one.ancova.df for one in several]))
        pooled = pool_nested(drawn[0], drawn[1], df, size_changes(several[0].wide))
        lower, upper, p_value = pooled.find_interval()
        nothing = "" if pooled.variance > 0 else NO_VARIANCE
        yield (
            POINTS,
            [pooled.estimate, pooled.std_error, pooled.df, lower, upper, p_value, *_divide(pooled)],
            nothing,
        )
        return
    pooled, arms = pool_risks(drawn, size_arms(several))
    found = contrast_proportions(arms)
    ends = float(found["difference_lower"]), float(found["difference_upper"])
    p_value = float(arms.find_p_value())
    df = pooled.df if np.isfinite(pooled.df) else np.nan
    yield RISK, [pooled.estimate, pooled.std_error, df, *ends, p_value, *_divide(pooled)], ""
    if np.isnan(found["ratio"]):
        yield RATIO, [np.nan] * 10, NOBODY
        return
    logs = pool_log_ratio(drawn, arms)
    bounds = [float(found[f"ratio{end}"]) for end in ("", "_lower", "_upper")]
    yield RATIO, [bounds[0], logs.std_error, df, *bounds[1:], p_value, *_divide(logs)], ""


def size_arms(several: Sequence[Analysed]) -> list[float]:
    """Return the effective numbers of patients of the treated and of the reference."""
    arms = [(one.wide.weight[one.wide.treated], one.wide.weight[~one.wide.treated]) for one in several]
    return [float(np.mean([compute_effective_n(pair[side]) for pair in arms])) for side in (0, 1)]


def size_changes(wide: Wide) -> float:
    """Return the size of the changes, against which a variance is told from rounding."""
    return float(np.nanmax(np.abs(wide.change), initial=0.0))


def _divide(pooled: Pooled) -> list[float]:
    return [pooled.within, pooled.between, pooled.missing_information, pooled.monte_carlo_error]


def tabulate_failure(compared: Compared, axis: str, imputation: Imputation, n: int, error: ModelError) -> pd.DataFrame:
    """Return the same rows without numbers, and why as ``note``."""
    names = [AT_RANDOM, *imputation.methods, *map(name_delta, imputation.deltas)]
    scores = compared.scores[compared.scores["axis"] == axis]
    ends = [one for one in ENDPOINTS if scores[one].notna().any()]
    rows = [
        {"endpoint": endpoint, "scale": scale, "timepoint": point, "analysis": name}
        for endpoint, scale in [("change", POINTS), *((one, scale) for one in ends for scale in SCALES)]
        for point in compared.timepoints[axis]
        for name in names
    ]
    table = pd.DataFrame(rows).assign(axis=axis, draws=imputation.draws, n=n, converged=False, note=str(error))
    return table.reindex(columns=IMPUTATIONS)
