"""One outcome within the levels of a variable: what is compared, whether a level has enough, and its differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.effects.primary import build_frame
from outcomes.analysis.comparison.effects.risks import POPULATIONS, Z, compute_error
from outcomes.analysis.comparison.effects.standardisation import Mean, estimate_means
from outcomes.analysis.comparison.setting import POINTS, RATIO, RISK, Setting
from outcomes.analysis.comparison.subgroups.interactions import ESTIMATES, Estimates, compare_effects, estimate_changes
from outcomes.analysis.comparison.subgroups.levels import Within

TOO_FEW = "too few observed in an arm"
NO_SCORE = "no weights: the arms do not overlap"
NO_EVENTS = "no one, or everyone, in an arm"


@dataclass(frozen=True)
class Outcome:
    """What is compared within the levels.

    Attributes
    ----------
    endpoint, population, scale : str
    values : ndarray, shape (patients,)
        Change in points, or 1 and 0; missing where it takes no part.
    observed : ndarray of bool, shape (patients,)
        Whether there is a score; the same for every outcome.
    unit : float
        Standard deviation of the outcome within arms, on the scale of the estimates.
    """

    endpoint: str
    population: str
    scale: str
    values: Floats
    observed: Bools
    unit: float


def list_outcomes(setting: Setting) -> Iterator[Outcome]:
    """Yield the outcomes at the primary time point: the change, and response with both denominators."""
    compared, estimand = setting.compared, setting.comparison.estimand
    change = compared.at(estimand.axis, estimand.timepoint, "change")
    sides = (compared.treated, ~compared.treated)
    spread = float(np.sqrt(np.mean([np.nanvar(change[side], ddof=1) for side in sides])))
    yield Outcome("change", "", POINTS, change, ~np.isnan(change), spread)
    response = compared.at(estimand.axis, estimand.timepoint, "response")
    if np.isnan(response).all():
        return
    for population, values in zip(POPULATIONS, (np.nan_to_num(response), response), strict=True):
        p = float(np.nanmean(values))
        scale = RATIO if estimand.summary.binary == "risk_ratio" else RISK
        unit = np.sqrt(p * (1 - p)) / (p if scale == RATIO and p > 0 else 1.0)
        yield Outcome("response", population, scale, values, ~np.isnan(change), float(unit))


def find_obstacle(setting: Setting, outcome: Outcome, own: Within, fewest: int) -> str:
    """Return why a level is not estimated; '' when it can be."""
    treated, seen = setting.compared.treated[own.rows], outcome.observed[own.rows]
    sides = [seen & treated, seen & ~treated]
    if min(int(side.sum()) for side in sides) < fewest:
        return TOO_FEW
    if not own.converged:
        return NO_SCORE
    values = outcome.values[own.rows]
    if outcome.endpoint != "change" and any(len(np.unique(known)) < 2 for known in _split(values, treated)):
        return NO_EVENTS
    return ""


def _split(values: Floats, treated: Bools) -> Iterator[Floats]:
    for side in (treated, ~treated):
        yield values[side & ~np.isnan(values)]


def estimate_levels(setting: Setting, outcome: Outcome, levels: Sequence[Within]) -> Estimates:
    """Return the differences of an outcome within levels, ratios as logarithms, and the test that they are the same."""
    if not levels:
        return Estimates(pd.DataFrame(columns=ESTIMATES), {}, False)
    if outcome.endpoint == "change":
        return _estimate_changes(setting, levels)
    means = [_estimate_risks(setting, outcome, own) for own in levels]
    ratio = outcome.scale == RATIO
    pairs = np.array([_contrast(*pair, ratio) for pair in means])
    estimate, error = pairs[:, 0], pairs[:, 1]
    table = pd.DataFrame({"estimate": estimate, "std_error": error, "df": np.nan})
    table = table.assign(lower=estimate - Z * error, upper=estimate + Z * error)
    return Estimates(table, compare_effects(estimate, error))


def _estimate_changes(setting: Setting, levels: Sequence[Within]) -> Estimates:
    """Weigh each level by its own weights, mean 1, and fit all at once, at time points that every arm of every level has."""
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
    frame = frame[frame["timepoint"].isin(full)]
    frame = frame.assign(timepoint=frame["timepoint"].cat.remove_unused_categories())
    return estimate_changes(frame, estimand.timepoint, setting.specify(estimand.axis))


def _estimate_risks(setting: Setting, outcome: Outcome, own: Within) -> tuple[Mean, Mean]:
    assert own.weights is not None
    assert own.confounders is not None
    treated = setting.compared.treated[own.rows]
    return estimate_means(outcome.values[own.rows], treated, own.confounders.design, own.weights, "weighted")


def _contrast(treated: Mean, reference: Mean, ratio: bool) -> tuple[float, float]:
    """Return the difference of two risks, or of their logarithms, and its standard error."""
    if ratio:
        influence = treated.influence / treated.value - reference.influence / reference.value
        return float(np.log(treated.value / reference.value)), compute_error(influence)
    return treated.value - reference.value, compute_error(treated.influence - reference.influence)
