"""One outcome within the levels of a variable: what is compared, whether a level has enough, and its differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.effects.contrast import Proportions
from outcomes.analysis.comparison.effects.pooled import pool_log_ratio, pool_risks, weigh_risks
from outcomes.analysis.comparison.effects.primary import build_frame, estimate_differences
from outcomes.analysis.comparison.effects.risks import EVERYONE, OBSERVED
from outcomes.analysis.comparison.precision import find_quantile
from outcomes.analysis.comparison.setting import NOBODY, POINTS, RATIO, RISK, Setting
from outcomes.analysis.comparison.subgroups.interactions import (
    ESTIMATES,
    Estimates,
    compare_effects,
    estimate_changes,
    estimate_nothing,
)
from outcomes.analysis.comparison.subgroups.levels import Within
from outcomes.analysis.comparison.weighting.weights import compute_effective_n

TOO_FEW = "too few observed in an arm"
NO_SCORE = "no weights: the arms do not overlap"
APART = "the model of all levels could not be fitted: each has one of its own"


@dataclass(frozen=True)
class Outcome:
    """What is compared within the levels.

    Attributes
    ----------
    endpoint, population, scale : str
    values : tuple of ndarray, each shape (sets, patients)
        Of every data set with filled confounders: change in points, or 1 and 0; several sets where missing answers were imputed;
        missing where it takes no part.
    observed : ndarray of bool, shape (patients,)
        Whether there is a score; the same for every outcome.
    unit : float
        Standard deviation of the outcome within arms, on the scale of the estimates.
    """

    endpoint: str
    population: str
    scale: str
    values: tuple[Floats, ...]
    observed: Bools
    unit: float


def list_outcomes(settings: Sequence[Setting], answers: Sequence[Floats]) -> Iterator[Outcome]:
    """Yield the outcomes at the primary time point: the change, the declared binary endpoint of everyone, and of those observed.

    Parameters
    ----------
    settings : sequence of Setting
    answers : sequence of ndarray, each shape (draws, patients)
        The imputed endpoint of everyone, for each setting; empty where there is none.
    """
    compared, estimand = settings[0].compared, settings[0].comparison.estimand
    change = compared.at(estimand.axis, estimand.timepoint, "change")
    sides = [change[side & ~np.isnan(change)] for side in (compared.treated, ~compared.treated)]
    spread = float(np.sqrt(np.mean([own.var(ddof=1) if len(own) > 1 else np.nan for own in sides])))
    yield Outcome("change", "", POINTS, (change[None],) * len(settings), ~np.isnan(change), spread)
    name = estimand.binary.endpoint
    seen = compared.at(estimand.axis, estimand.timepoint, name)
    if np.isnan(seen).all():
        return
    groups = [(EVERYONE, tuple(answers))] if answers else []
    for population, values in (*groups, (OBSERVED, (seen[None],) * len(settings))):
        p = float(np.nanmean(values[0]))
        scale = RATIO if estimand.summary.binary == "risk_ratio" else RISK
        unit = np.sqrt(p * (1 - p)) / (p if scale == RATIO and p > 0 else 1.0)
        yield Outcome(name, population, scale, values, ~np.isnan(change), float(unit))


def find_obstacle(setting: Setting, outcome: Outcome, own: Within, number: int, fewest: int) -> str:
    """Return why a level is not estimated in a data set; '' when it can be. Who has no weight does not count."""
    treated, seen = setting.compared.treated[own.rows], outcome.observed[own.rows]
    if own.weights is not None:
        seen = seen & own.weights.present
    if min(int((seen & side).sum()) for side in (treated, ~treated)) < fewest:
        return TOO_FEW
    if not own.converged:
        return NO_SCORE
    if outcome.scale == RATIO and min(_count_events(outcome.values[number][:, own.rows], treated)) == 0:
        return NOBODY
    return ""


def _count_events(values: Floats, treated: Bools) -> tuple[float, float]:
    """Return the patients of either arm who have the endpoint in the data set in which fewest do."""
    one, other = (float(np.nansum(values[:, side], axis=1).min()) for side in (treated, ~treated))
    return one, other


def estimate_levels(settings: Sequence[Setting], outcome: Outcome, levels: Sequence[Sequence[Within]]) -> Estimates:
    """Return the risk differences within levels, ratios as logarithms, and the test that they are the same.

    Parameters
    ----------
    settings : sequence of Setting
    outcome : Outcome
    levels : sequence of sequence of Within
        By level, its weights in every setting.
    """
    rows = []
    for own in levels:
        pairs = zip(settings, own, outcome.values, strict=True)
        drawn, sizes = zip(*(_weigh(*pair) for pair in pairs), strict=True)
        rows.append(_contrast(np.stack(drawn, axis=1), np.mean(sizes, axis=0).tolist(), outcome.scale == RATIO))
    table = pd.DataFrame(rows, columns=ESTIMATES)
    return Estimates(table, compare_effects(table["estimate"].to_numpy(), table["std_error"].to_numpy()))


def _weigh(setting: Setting, own: Within, values: Floats) -> tuple[Floats, tuple[float, float]]:
    """Return the level's risks in every set of answers, and the effective numbers of patients by arm."""
    assert own.weights is not None
    treated, outcomes = setting.compared.treated[own.rows], values[:, own.rows].T
    used = ~np.isnan(outcomes[:, 0]) & own.weights.present
    one, other = (compute_effective_n(own.weights.weight[used & side]) for side in (treated, ~treated))
    return weigh_risks(outcomes, used, treated, own.weights), (one, other)


def _contrast(drawn: Floats, sizes: Sequence[float], ratio: bool) -> list[float]:
    """Return the row of a level.

    The error of a difference without variance, of no one against no one, is the one that its interval implies.
    """
    pooled, arms = pool_risks(drawn, sizes)
    if ratio:
        found = [float(np.log(value)) for value in arms.bound_ratio()]
        if np.isnan(found[0]):
            return [np.nan] * len(ESTIMATES)
        return [found[0], pool_log_ratio(drawn, arms).std_error or np.nan, np.nan, *found[1:]]
    lower, upper = (float(bound) for bound in arms.bound_difference())
    error = pooled.std_error if not _is_certain(arms) else (upper - lower) / (2 * float(find_quantile(pooled.df)))
    return [pooled.estimate, error, np.nan, lower, upper]


def _is_certain(arms: Proportions) -> bool:
    return not min(float(arms.treated), 1 - float(arms.treated), float(arms.reference), 1 - float(arms.reference)) > 0


def estimate_level_changes(setting: Setting, levels: Sequence[Within]) -> Estimates:
    """Weigh each level by its own weights, mean 1, and fit all at once, at time points that every arm of every level has.

    Where the model of all cannot be fitted each level has one of its own, and only those that fail too are lost.
    """
    if not levels:
        return Estimates(pd.DataFrame(columns=ESTIMATES), {}, False)
    compared, estimand = setting.compared, setting.comparison.estimand
    weight, level = np.zeros(len(compared.people)), np.zeros(len(compared.people), dtype=np.int64)
    for place, own in enumerate(levels):
        assert own.weights is not None
        weight[own.rows], level[own.rows] = own.weights.weight, place
    frame = build_frame(compared, estimand.axis, weight)
    codes = [f"l{place}" for place in range(len(levels))]
    names = np.array(codes)[level[frame["person"].to_numpy()]]
    frame = frame.assign(level=pd.Categorical(names, codes))
    cells = frame.groupby(["timepoint", "arm", "level"], observed=False).size().unstack(["arm", "level"])
    full = cells.index[(cells >= 2).all(axis=1)]
    shared = frame[frame["timepoint"].isin(full)]
    shared = shared.assign(timepoint=shared["timepoint"].cat.remove_unused_categories())
    found = estimate_changes(shared, estimand.timepoint, setting.specify(estimand.axis))
    return found if found.converged else _estimate_apart(setting, levels)


def _estimate_apart(setting: Setting, levels: Sequence[Within]) -> Estimates:
    """Fit the primary model in each level."""
    from outcomes import mixed

    estimand, rows = setting.comparison.estimand, []
    for own in levels:
        assert own.weights is not None
        weight = np.zeros(len(setting.compared.people))
        weight[own.rows] = own.weights.weight
        try:
            table, _ = estimate_differences(
                build_frame(setting.compared, estimand.axis, weight), setting.specify(estimand.axis)
            )
        except mixed.MixedError:
            table = pd.DataFrame(columns=["timepoint", *ESTIMATES])
        rows.append(table.set_index("timepoint").reindex([estimand.timepoint])[ESTIMATES].astype(float))
    found = pd.concat(rows, ignore_index=True)
    there = found["estimate"].notna()
    if not there.any():
        return estimate_nothing(len(levels))
    test = compare_effects(found.loc[there, "estimate"].to_numpy(), found.loc[there, "std_error"].to_numpy())
    return Estimates(found, test, True, f"{APART}; test: Cochran's Q" if test else APART)
