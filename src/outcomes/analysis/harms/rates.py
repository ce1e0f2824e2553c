"""First adverse events by time under treatment, with the end of treatment as a competing end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.analysis.harms.attribution import CARRY_DAYS
from outcomes.analysis.harms.risks import ANY
from outcomes.proportions import compute_garwood

WEEK = 7.0
HORIZON = 28
Floats = NDArray[np.float64]


def tabulate_harm_rates(sessions: pd.DataFrame, attached: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return first events per time under treatment, and their cumulative incidence by day 28.

    Returns
    -------
    DataFrame
        One row per event (``any`` first) and arm, the key: ``patients`` asked, ``affected``; ``weeks`` under observation,
        from the first session in the arm to the first event, else to seven days after the last; ``rate`` of first events
        per 100 patient-weeks with the Poisson interval of :func:`bound_rate`; ``incidence`` by day 28
        (Aalen & Johansen 1978), the end of treatment competing. A rate assumes that the hazard stays the same, but harms
        come mostly early; the incidence does not.
    """
    asked = (
        sessions[sessions["asked"]]
        .groupby(["arm", "patient"], sort=False)
        .agg(start=("study_day", "min"), last=("study_day", "max"))
    )
    records: list[dict[str, Any]] = []
    for event in [ANY, *sorted(set(attached["event"].astype(str)))]:
        named = attached if event == ANY else attached[attached["event"].astype(str) == event]
        first = named.groupby(["arm", "patient"])["study_day"].min()
        records += [{"event": event, "arm": arm, **_follow(asked, first, arm)} for arm in arms]
    return pd.DataFrame(records)


def _follow(asked: pd.DataFrame, first: pd.Series, arm: str) -> dict[str, Any]:
    if arm not in asked.index.get_level_values("arm"):
        missing = dict.fromkeys(("rate", "lower", "upper", "incidence"), np.nan)
        return {"patients": 0, "affected": 0, "weeks": 0.0, **missing}
    people = asked.loc[arm]
    own = first.loc[arm] if arm in first.index.get_level_values("arm") else first.droplevel("arm").iloc[:0]
    begin = own.reindex(people.index).to_numpy(float)
    affected = ~np.isnan(begin)
    end = np.where(affected, begin, people["last"].to_numpy(float) + CARRY_DAYS)
    days = np.maximum(end - people["start"].to_numpy(float), 0.0) + 1
    count, weeks = int(affected.sum()), float(days.sum()) / WEEK
    lower, upper = (100 * bound for bound in bound_rate(affected, days / WEEK))
    return {
        "patients": len(people),
        "affected": count,
        "weeks": weeks,
        "rate": 100 * count / weeks,
        "lower": lower,
        "upper": upper,
        "incidence": compute_incidence(days, affected, HORIZON),
    }


def bound_rate(event: NDArray[np.bool_], time: Floats) -> tuple[float, float]:
    """Return the 95% interval of first events per time, of people who differ in how prone they are.

    The exact Poisson interval (Garwood 1936, 10.1093/biomet/28.3-4.437) of as many events as the estimate is sure of: their number over its
    dispersion, the sum over people of (event − rate × time)² over the events, with n / (n − 1). That is the variance of a rate by person (Glynn &
    Buring 1996, 10.1136/bmj.312.7027.364), as a multiple of Poisson's; below 1 it counts as 1.

    >>> import numpy as np
    >>> [round(bound, 3) for bound in bound_rate(np.array([True, True, True, False]), np.array([1.0, 1.0, 1.0, 9.0]))]  # one event in 4 weeks
    [0.006, 1.393]
    """
    count, total = float(event.sum()), float(time.sum())
    squares = float(np.square(event - count / total * time).sum())
    dispersion = max(squares / count * len(time) / (len(time) - 1), 1.0) if count and len(time) > 1 else 1.0
    lower, upper = compute_garwood(count / dispersion, total / dispersion)
    return float(lower), float(upper)


def compute_incidence(days: Floats, event: NDArray[np.bool_], horizon: float) -> float:
    """Return the share with the event by a day; those without it leave by a competing end (10.1214/aos/1176344247).

    >>> import numpy as np
    >>> compute_incidence(np.array([1.0, 2.0, 2.0, 5.0]), np.array([True, False, True, False]), 3)
    0.5
    """
    surviving, found = 1.0, 0.0
    at_risk = len(days)
    for day in np.unique(days[days <= horizon]):
        here = days == day
        found += surviving * (here & event).sum() / at_risk
        surviving *= 1 - here.sum() / at_risk
        at_risk -= int(here.sum())
    return float(found)
