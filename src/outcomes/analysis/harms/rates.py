"""First adverse events by days on which one would count, and by day 28 with the end of treatment as a competing end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.analysis.harms.attribution import CARRY_DAYS
from outcomes.analysis.harms.risks import ANY
from outcomes.poisson import bound_rate

WEEK = 7.0
HORIZON = 28
Floats = NDArray[np.float64]


def tabulate_harm_rates(sessions: pd.DataFrame, attached: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return first events per time under treatment, and their cumulative incidence by day 28.

    Returns
    -------
    DataFrame
        One row per event (``any`` first) and arm, the key: ``patients`` asked, ``affected``; ``weeks`` at risk
        (:func:`count_days_at_risk`); ``rate`` of first events per 100 of these patient-weeks with the Poisson interval of
        :func:`~outcomes.poisson.bound_rate`; ``incidence`` by day 28 since the first session in the arm (Aalen & Johansen 1978), the end of
        treatment competing. A rate assumes that the hazard stays the same, but harms come mostly early; the incidence does not.
    """
    held = measure_sessions(sessions)
    held = held[held.groupby(["arm", "patient"])["asked"].transform("any")].set_index("patient")
    records: list[dict[str, Any]] = []
    for event in [ANY, *sorted(set(attached["event"].astype(str)))]:
        named = attached if event == ANY else attached[attached["event"].astype(str) == event]
        first = named.groupby(["arm", "patient"])["study_day"].min()
        records += [{"event": event, "arm": arm, **_follow(held[held["arm"] == arm], first, arm)} for arm in arms]
    return pd.DataFrame(records)


def measure_sessions(sessions: pd.DataFrame, carry_days: int = CARRY_DAYS) -> pd.DataFrame:
    """Return the sessions with ``days``: on how many an event would belong to the session.

    That is its own day and the ``carry_days`` after it, as :func:`~outcomes.analysis.harms.attribution.attach_events` has it, up to the
    patient's next session in whatever arm.
    """
    rows = sessions.sort_values(["patient", "study_day", "ordinal"], kind="stable", ignore_index=True)
    following = rows.groupby("patient", sort=False)["study_day"].shift(-1)
    gap = (following - rows["study_day"]).astype(float)
    return rows.assign(days=np.fmin(gap, carry_days + 1))


def count_days_at_risk(held: pd.DataFrame, first: pd.Series) -> pd.Series:
    """Return each patient's days in an arm on which an event would count, up to and with the first event.

    Days of a pause are none of them: an event more than a week after a session belongs to no session, so that those days could not have
    held one.

    Parameters
    ----------
    held : DataFrame
        Sessions in one arm of :func:`measure_sessions`, by ``patient``.
    first : Series
        Study day of the first event, by patient; without one, missing or absent.
    """
    until = first.reindex(held.index).to_numpy(float) - held["study_day"].to_numpy(float) + 1
    days = np.clip(np.fmin(held["days"].to_numpy(float), until), 0, None)
    return pd.Series(days, held.index).groupby(level=0).sum()


def _follow(held: pd.DataFrame, first: pd.Series, arm: str) -> dict[str, Any]:
    if held.empty:
        missing = dict.fromkeys(("rate", "lower", "upper", "incidence"), np.nan)
        return {"patients": 0, "affected": 0, "weeks": 0.0, **missing}
    begun = first.loc[arm] if arm in first.index.get_level_values("arm") else first.droplevel("arm").iloc[:0]
    weeks = count_days_at_risk(held, begun) / WEEK
    span = held.groupby(level=0)["study_day"].agg(["min", "max"])
    begin = begun.reindex(weeks.index).to_numpy(float)
    affected = ~np.isnan(begin)
    left = np.where(affected, begin, span["max"] + CARRY_DAYS) - span["min"] + 1
    count, total = int(affected.sum()), float(weeks.sum())
    lower, upper = (100 * bound for bound in bound_rate(affected, weeks.to_numpy()))
    return {
        "patients": len(weeks),
        "affected": count,
        "weeks": total,
        "rate": 100 * count / total if total else np.nan,
        "lower": lower,
        "upper": upper,
        "incidence": compute_incidence(left.to_numpy(float), affected, HORIZON),
    }


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
