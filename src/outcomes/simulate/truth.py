"""The true value of every estimand, from both potential outcomes of every patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.simulate.arrays import Bools, Floats, Ints
from outcomes.simulate.cohort import Cohort
from outcomes.simulate.parameters import ARMS
from outcomes.simulate.populations import POPULATIONS, build_design, compute_weights, fit_log_odds_ratio
from outcomes.simulate.potential import COMPARED, TIME_POINTS

REMISSION_BELOW = {"phq9": 5, "gad7": 5}  # none is stated for PHQ-8, so it has no remission
MAIN_POINTS = ("after_session_6", "day_28", "follow_up")
ENDPOINTS = {
    "mean_change": "mean change from baseline, points (negative is better)",
    "response": "probability of a drop of at least 50% from baseline",
    "remission": "probability of a total below 5",
    "worsening": "probability of a total above baseline",
}
ESTIMANDS = {
    "estimands": (
        "",
        "PRIMARY. The instrument's own total (items as answered, two-week recall included) when no one stops, misses a "
        "questionnaire, or leaves out an item.",
    ),
    "estimands_without_recall": (
        "_no_recall",
        "The same when an answer reflects the day alone, not the two weeks before it.",
    ),
    "estimands_as_attended": (
        "_as_attended",
        "Treatment policy: patients stop, switch, and go on as they do under the arm, but every score is observed.",
    ),
}


@dataclass(frozen=True)
class Comparison:
    """What every estimand needs: baselines, weights, confounders, and who is compared."""

    baseline: dict[str, Ints]
    weights: dict[str, Floats]
    design: Floats
    compared: Bools


def build_comparison(cohort: Cohort, arm: Ints, propensity: Floats) -> Comparison:
    """Gather what the estimands need."""
    weights = compute_weights(cohort, arm, propensity)
    baseline = {"phq9": cohort.baseline_phq9, "gad7": cohort.baseline_gad7, "phq8": cohort.baseline_phq8}
    return Comparison(baseline, weights, build_design(cohort), weights["ate"] > 0)


def compute_estimands(potential: pd.DataFrame, comparison: Comparison) -> dict[str, Any]:
    """Return every estimand in every version: version, instrument, time point, endpoint, population, arm."""
    result: dict[str, Any] = {}
    for name, (suffix, description) in ESTIMANDS.items():
        points = list(TIME_POINTS) if not suffix else list(MAIN_POINTS)
        result[name] = {"description": description}
        for instrument in ("phq9", "gad7") if suffix else comparison.baseline:
            scores = spread_scores(potential, f"{instrument}{suffix}")
            result[name][instrument] = {
                point: describe_point(instrument, point, scores[point], comparison) for point in points
            }
    return result


def spread_scores(potential: pd.DataFrame, column: str) -> dict[str, dict[str, Ints]]:
    """Return scores by time point and arm, each in the order of patients."""
    scores: dict[str, dict[str, Ints]] = {}
    for (point, arm), rows in potential.groupby(["time_point", "arm"], sort=False):
        scores.setdefault(str(point), {})[str(arm)] = rows.sort_values("patient")[column].to_numpy()
    return scores


def describe_point(instrument: str, point: str, scores: dict[str, Ints], comparison: Comparison) -> dict[str, Any]:
    """Return all endpoints at one time point."""
    described: dict[str, Any] = {"description": TIME_POINTS[point]}
    remission_below = REMISSION_BELOW.get(instrument)
    for endpoint, meaning in ENDPOINTS.items():
        if endpoint == "remission" and remission_below is None:
            continue
        values = {
            arm: compute_endpoint(endpoint, scores[arm], comparison.baseline[instrument], remission_below or 0)
            for arm in COMPARED
        }
        described[endpoint] = {"description": meaning, **summarise(values, comparison)}
        if endpoint != "mean_change" and point in MAIN_POINTS:
            described[endpoint]["conditional_log_odds_ratio"] = compute_log_odds_ratio(values, comparison)
    return described


def compute_endpoint(endpoint: str, score: Ints, baseline: Ints, remission_below: int) -> Floats:
    """Return the endpoint of every patient: change in points, or 0 and 1."""
    if endpoint == "mean_change":
        return (score - baseline).astype(np.float64)
    reached = {
        "response": (2 * score <= baseline) & (baseline > 0),
        "remission": score < remission_below,
        "worsening": score > baseline,
    }
    return reached[endpoint].astype(np.float64)


def summarise(values: dict[str, Floats], comparison: Comparison) -> dict[str, dict[str, float]]:
    """Return the mean under each arm and the difference IV - esketamine in every population."""
    summary = {}
    for population, weight in comparison.weights.items():
        means = {arm: float(np.average(values[arm], weights=weight)) for arm in COMPARED}
        means["difference"] = means["iv"] - means["esketamine"]
        summary[population] = {"difference": means["difference"]} if population == "conditional" else means
    return summary


def compute_log_odds_ratio(values: dict[str, Floats], comparison: Comparison) -> float | None:
    """Return the conditional log odds ratio of IV among the patients who are compared."""
    rows = comparison.compared
    return fit_log_odds_ratio(comparison.design[rows], values["iv"][rows] > 0, values["esketamine"][rows] > 0)


def describe_populations() -> dict[str, str]:
    """Return what each population key means."""
    return dict(POPULATIONS)


def compute_unadjusted(potential: pd.DataFrame, comparison: Comparison, arm: Ints) -> dict[str, Any]:
    """Return the difference in mean PHQ-9 change between the patients of either arm: what confounding makes of it."""
    scores = spread_scores(potential, "phq9")
    groups = {name: arm == ARMS.index(name) for name in COMPARED}
    result: dict[str, Any] = {
        "description": "difference in mean PHQ-9 change between the patients who were given IV and those given "
        "esketamine, every score observed and nothing adjusted for: biased by confounding"
    }
    for point, by_arm in scores.items():
        means = {name: (by_arm[name] - comparison.baseline["phq9"])[rows].mean() for name, rows in groups.items()}
        result[point] = float(means["iv"] - means["esketamine"])
    return result
