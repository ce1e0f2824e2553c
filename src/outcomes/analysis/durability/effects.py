"""One arm beside the other: differences of the share in response and of weeks in response, by three estimates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.weighting.weights import compute_effective_n, compute_weights
from outcomes.analysis.durability import estimate
from outcomes.analysis.durability.landmark import Followed, list_ends
from outcomes.analysis.durability.occupancy import Occupancy
from outcomes.analysis.durability.pairs import Pair, pair_arms, weigh_people
from outcomes.analysis.durability.visiting import People
from outcomes.contracts.released.durability import DurabilityEffect, DurabilityTilt
from outcomes.settings import Study
from outcomes.settings.durability import Durability

TOO_FEW = "too few patients of an arm have a later score"
TOO_FEW_TARGETED = "too few patients of an arm have a later score for a model of the response"
TOO_LATE = "too few patients of an arm are seen within two weeks of then"
TWICE = 2.0
MOST_TIMES = 10.0  # a tipping point beyond this is not looked for
BATCH = 50  # bootstrap samples at once
Row = dict[str, Any]


@dataclass(frozen=True)
class Span:
    """A declared week, or the time from the landmark to the last of them: which days, and in what it is told."""

    time: str
    mask: Bools
    unit: str
    factor: float
    last: float


def list_spans(durability: Durability) -> list[Span]:
    """Return the time up to the last declared week, then the declared weeks."""
    start, weeks = durability.landmark.to_day, durability.weeks
    days = np.arange(start + 1, 7 * durability.horizon_weeks + 1, dtype=float)
    length = (7 * weeks[-1] - start) / 7
    name = f"weeks {start / 7:g} to {weeks[-1]}"
    spans = [Span(name, days <= 7 * weeks[-1], "weeks in response", length, 7.0 * weeks[-1])]
    return spans + [Span(f"week {week}", days == 7 * week, "share", 1.0, 7.0 * week) for week in weeks]


def compare_arms(
    followed: Followed, arms: tuple[str, str], patients: pd.DataFrame, durability: Durability, study: Study
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the differences of two arms, treated minus reference, and what becomes of the primary one under tilts.

    Parameters
    ----------
    followed : Followed
    arms : tuple of str
        Treated and reference.
    patients : DataFrame
        With the confounders of the study's comparison.
    durability : Durability
    study : Study

    Returns
    -------
    effects, tilts : DataFrame
        As :class:`DurabilityEffect` and :class:`DurabilityTilt` declare them. The primary difference is that of weeks in response, with
        the weights of the comparison where the study declares one (none is where these cannot be had), by the targeted estimate where enough
        are seen for it. It may be put into words only where both weighted estimates exclude zero in the same direction (``stated``).
    """
    kinds, problem = weigh_people(followed, arms, patients, study)
    effects: list[Row] = []
    tilts: list[Row] = []
    names = {"treated": arms[0], "reference": arms[1]}
    for end in list_ends(durability):
        for place, (kind, weight, design) in enumerate(kinds):
            pair = pair_arms(followed, end, arms, (kind, weight, design), durability, study)
            last = not problem and place == len(kinds) - 1 and end == "loss"
            rows = _list_effects(pair, end, durability, study, last)
            effects += [{**names, **row} for row in rows]
            if last and not rows[0]["note"]:
                tilts = [{**names, "weights": kind, **row} for row in _tilt(pair, durability)]
    if problem:
        first = list_spans(durability)[0]
        row = {"end": "loss", "weights": problem[0], "method": "weighted", "time": first.time, "unit": first.unit}
        effects += [{**names, **row, "primary": False, "stated": False, "note": problem[1]}]
    return (
        pd.DataFrame(effects).reindex(columns=list(DurabilityEffect.fields)),
        pd.DataFrame(tilts).reindex(columns=list(DurabilityTilt.fields)),
    )


def _find_problem(pair: Pair) -> str:
    if min(pair.seen) < estimate.FEWEST_SEEN:
        return TOO_FEW
    return ""


def _estimate_all(pair: Pair) -> Iterator[tuple[str, Sequence[Occupancy] | str]]:
    yield "weighted", [estimate.estimate_weighted(one, pair.people) for one in pair.prepared]
    if min(pair.seen) < estimate.FEWEST_TARGETED:
        yield "targeted", TOO_FEW_TARGETED
    else:
        yield "targeted", estimate.estimate_targeted(pair.prepared, pair.people)
    found = estimate.estimate_likelihood(pair.prepared, pair.people)
    yield "likelihood", f"the mixed model could not be fitted: {found}" if isinstance(found, str) else found


def _list_effects(pair: Pair, end: str, durability: Durability, study: Study, last: bool) -> list[Row]:
    facts: Row = {"end": end, "weights": pair.kind, "effective_n": compute_effective_n(pair.people.weight[0])}
    for place, side in enumerate(("treated", "reference")):
        facts |= {f"n_{side}": pair.sizes[place], f"seen_{side}": pair.seen[place]}
    facts["fewest"] = pair.fewest
    problem, spans = _find_problem(pair), list_spans(durability)
    if problem:
        return [{**facts, "method": "weighted", "time": spans[0].time, "unit": spans[0].unit, "note": problem}]
    errors = _resample(pair, durability, study) if last and durability.replicates else {}
    until = min(estimate.find_last_day(arm.histories) for arm in pair.arms)
    rows, sides = [], {}
    for method, found in _estimate_all(pair):
        for span in spans:
            row = {**facts, "method": method, "time": span.time, "unit": span.unit, "note": ""}
            if isinstance(found, str) or span.last > until:
                rows.append({**row, "note": found if isinstance(found, str) else TOO_LATE})
                continue
            one = estimate.compare(found[0], found[1], span.mask, pair.seen)
            row |= {"difference": span.factor * one.value, "p_value": one.p_value}
            row |= {"lower": span.factor * one.lower, "upper": span.factor * one.upper}
            row["bootstrap_error"] = errors.get((method, span.time), np.nan)
            sides[method, span.time] = one.direction
            rows.append(row)
    first = spans[0].time
    agree = {sides.get((method, first), 0) for method in ("weighted", "targeted")}
    leading = "targeted" if ("targeted", first) in sides else "weighted"
    for row in rows:
        row["primary"] = bool(last and row["method"] == leading and row["time"] == first)
        row["stated"] = bool(row["primary"] and len(agree) == 1 and agree != {0})
    return rows


def _resample(pair: Pair, durability: Durability, study: Study) -> dict[tuple[str, str], float]:
    """Return the standard error of each weighted difference over samples of patients from each arm, every step anew.

    None is returned where, in a sample, nobody of an arm who was seen has a weight: that over the other samples would be too small.
    """
    generator = np.random.default_rng([study.seed, *b"durability/difference"])
    groups = [np.flatnonzero(pair.treated), np.flatnonzero(~pair.treated)]
    found: dict[tuple[str, str], list[Floats]] = {}
    for start in range(0, durability.replicates, BATCH):
        samples = min(BATCH, durability.replicates - start)
        counts = np.zeros((samples, len(pair.treated)))
        for group in groups:
            counts[:, group] = generator.multinomial(len(group), np.full(len(group), 1 / len(group)), samples)
        weights = _reweigh(pair, counts, study)
        if _lacks_weight(pair, weights):
            return {}
        people = People(weights, *(np.zeros((len(pair.treated), 0)),) * 2)
        prepared = [estimate.prepare(arm, people, durability.maintenance) for arm in pair.arms]
        pairs = {"weighted": [estimate.estimate_weighted(one, people) for one in prepared]}
        if min(pair.seen) >= estimate.FEWEST_TARGETED:
            pairs["targeted"] = estimate.estimate_targeted(prepared, people)
        for method, (first, second) in pairs.items():
            for span in list_spans(durability):
                moved = (first.share - second.share)[:, span.mask].mean(axis=1)
                found.setdefault((method, span.time), []).append(span.factor * moved)
    return {key: float(np.std(np.concatenate(values), ddof=1)) for key, values in found.items()}


def _lacks_weight(pair: Pair, weights: Floats) -> bool:
    """Whether a sample leaves an arm without any score that has a weight."""
    return any(not (weights[:, arm.own][:, arm.histories.person] > 0).any(axis=1).all() for arm in pair.arms)


def _reweigh(pair: Pair, counts: Floats, study: Study) -> Floats:
    """Return the weights of samples: how often each patient was drawn times the weight estimated among those drawn."""
    if pair.kind == "none":
        return counts
    assert study.comparison is not None
    weights = np.zeros_like(counts)
    for place, drawn in enumerate(counts.astype(int)):
        who = np.repeat(np.arange(len(drawn)), drawn)
        found = compute_weights(pair.treated[who], pair.design[who], pair.kind, study.comparison.truncation)
        weights[place, who] = found.weight
    return counts * weights


def _tilt(pair: Pair, durability: Durability) -> Iterator[Row]:
    """Yield the primary difference where the ill of either arm come twice as often as its well, and where it turns."""
    span = list_spans(durability)[0]
    sizes = {f"n_{side}": size for side, size in zip(("treated", "reference"), pair.sizes, strict=True)}
    sizes["fewest"] = pair.fewest
    directions = {"none": (0.0, 0.0), "both": (1.0, 1.0), "treated": (1.0, 0.0), "reference": (0.0, 1.0)}

    def _shift(alphas: tuple[float, float]) -> list[Occupancy]:
        return [
            estimate.estimate_weighted(one, pair.people, alpha)
            for one, alpha in zip(pair.prepared, alphas, strict=True)
        ]

    for name, (first, second) in directions.items():
        log = float(np.log(TWICE))
        high, low = _shift((first * log, second * log))
        one = estimate.compare(high, low, span.mask, pair.seen)
        row = {"case": "tilted", "arms": name, "times": TWICE if name != "none" else 1.0, **sizes}
        yield row | {
            "difference": span.factor * one.value, "lower": span.factor * one.lower, "upper": span.factor * one.upper
        }  # fmt: skip
    for name in ("both", "treated", "reference"):
        first, second = directions[name]

        def _miss(alpha: float, first: float = first, second: float = second) -> float:
            high, low = _shift((first * alpha, second * alpha))
            return float((high.share[0] - low.share[0])[span.mask].mean())

        yield {"case": "tipping", "arms": name, "times": _find_tipping(_miss), **sizes}


def _find_tipping(miss: Callable[[float], float]) -> float:
    """Return how many times as often the ill must be seen for the difference to vanish; missing where ten times do not suffice."""
    start, most = miss(0.0), float(np.log(MOST_TIMES))
    for end in (most, -most):
        if start * miss(end) < 0:
            return float(np.exp(brentq(miss, *sorted((0.0, end)), xtol=1e-4)))
    return np.nan
