"""Does response after the first sessions foretell response later, and how many respond late."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.population.people import Compared
from outcomes.contracts.released import subgroups as released
from outcomes.proportions import compute_wilson
from outcomes.settings.comparison import EarlySignals

EARLY_SIGNALS = released.EarlySignals.columns
EVERYONE = "all"


def tabulate_early_signals(compared: Compared, signals: EarlySignals, arms: tuple[str, str]) -> pd.DataFrame:
    """Return how well an early response foretells the target, and how many respond after the target.

    Patients count at a landmark when they reached it and their response there is known, whatever came later: nothing conditions on the
    future. (The composite strategy knows a response after sessions that were never held, from an event that came later.)
    In population ``started`` an unknown response at the target is none; ``observed`` leaves those patients out.

    Returns
    -------
    DataFrame
        One row per arm ('all': both), signal, target, population, and measure, the key: sensitivity, specificity, ppv, npv as
        ``events`` of ``n`` with Wilson's interval; and, with the declared target as signal, ``late_response``: of those without
        response at it, how many have it at a later time point whose score is later.
    """
    groups = {
        EVERYONE: np.ones(len(compared.people), dtype=bool),
        arms[0]: compared.treated,
        arms[1]: ~compared.treated,
    }
    rows = [row for arm, inside in groups.items() for row in _describe(compared, signals, arm, inside)]
    table = pd.DataFrame(rows, columns=[*EARLY_SIGNALS[:9]]).astype({"events": "int64", "n": "int64"})
    lower, upper = compute_wilson(table["events"], table["n"])
    proportion = table["events"] / table["n"].where(table["n"] > 0)
    return table.assign(proportion=proportion, lower=lower, upper=upper)


def _describe(compared: Compared, signals: EarlySignals, arm: str, inside: Bools) -> Iterator[list[object]]:
    target = compared.at(signals.axis, signals.target, "response")
    for name in signals.signals:
        reached = compared.at(signals.axis, name, "reached") == 1
        signal = np.where(reached, compared.at(signals.axis, name, "response"), np.nan)
        for population, later in (("started", np.nan_to_num(target)), ("observed", target)):
            for measure, events, n in _cross(signal[inside], later[inside]):
                yield [arm, signals.axis, name, signals.axis, signals.target, population, measure, events, n]
    without = inside & (target == 0)
    day = compared.at(signals.axis, signals.target, "score_day")
    for name, axis in signals.later.items():
        found = compared.at(axis, name, "response")
        after = ~np.isnan(found) & ~(compared.at(axis, name, "score_day") <= day)
        for population, used in (("started", without), ("observed", without & after)):
            events = int((used & after & (found == 1)).sum())
            yield [arm, signals.axis, signals.target, axis, name, population, "late_response", events, int(used.sum())]


def _cross(signal: Floats, target: Floats) -> Iterator[tuple[str, int, int]]:
    """Return the four measures of a fourfold table as events of n."""
    known = ~np.isnan(signal) & ~np.isnan(target)
    early, late = signal[known] == 1, target[known] == 1
    yield "sensitivity", int((early & late).sum()), int(late.sum())
    yield "specificity", int((~early & ~late).sum()), int((~late).sum())
    yield "ppv", int((early & late).sum()), int(early.sum())
    yield "npv", int((~early & ~late).sum()), int((~early).sum())
