"""Intercurrent events: on which day each befell a patient, and what the declared strategy does to the scores after it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.settings.estimand import Estimand, Strategies

BUILT_IN = {
    "stopping": "fewer sessions than the protocol asks for",
    "switching": "a series of another arm within the gap",
    "reinduction": "a further series",
    "maintenance": "a session after the induction",
}
NEVER = np.inf
BINARY = ("response", "remission")


def derive_event_days(tables: Mapping[str, pd.DataFrame], patients: pd.Series, estimand: Estimand) -> pd.DataFrame:
    """Return the day on which each declared event befell each patient.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``series``, ``series_sessions``, and ``events``, as in their contracts.
    patients : Series
        Patients compared, in order.
    estimand : Estimand
        Its events and grace days.

    Returns
    -------
    DataFrame
        One row per patient in the given order, one column per event: days since the first session, infinite where
        the event did not happen. Stopping happens ``grace_days`` after the last session.
    """
    series = tables["series"]
    first = series[series["series"] == 1].set_index("patient").reindex(patients)
    days = {}
    for event in estimand.events:
        if event in BUILT_IN:
            found = _find_built_in(event, first, tables["series_sessions"], estimand.grace_days)
        else:
            found = _find_recorded(event, first, tables["events"])
        days[event] = found.to_numpy(dtype=float)
    return pd.DataFrame(days, index=range(len(patients)))


def _find_built_in(event: str, first: pd.DataFrame, sessions: pd.DataFrame, grace_days: int) -> pd.Series:
    start = first["start_day"].astype(float)
    if event == "stopping":
        short = first["reason"].astype(object).eq("too_few_sessions")
        return (first["end_day"].astype(float) - start + grace_days).where(short, NEVER)
    if event in ("switching", "reinduction"):
        switched = first["switched"].eq(True)
        following = first["next_start_day"].astype(float) - start
        return following.where(switched if event == "switching" else ~switched, NEVER).fillna(NEVER)
    later = sessions[(sessions["series"] == 1) & (sessions["phase"] == "maintenance")]
    return later.groupby("patient")["series_day"].min().reindex(first.index).astype(float).fillna(NEVER)


def _find_recorded(event: str, first: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    own = events[events["event"].astype(str) == event]
    day = own["study_day"].astype(float) - own["patient"].map(first["start_day"]).astype(float)
    return day[day >= 0].groupby(own["patient"]).min().reindex(first.index).fillna(NEVER)


def apply_strategies(scores: pd.DataFrame, days: pd.DataFrame, estimand: Estimand) -> pd.DataFrame:
    """Return the scores with what each event's strategy makes of those after it.

    Parameters
    ----------
    scores : DataFrame
        One row per ``person``, ``axis``, and ``timepoint``, in order of time.
    days : DataFrame
        One row per person: the day of each event, as :func:`derive_event_days` returns it.
    estimand : Estimand
        Strategies. Where events differ, hypothetical and composite come after while on treatment.

    Returns
    -------
    DataFrame
        The same rows; ``change``, ``response``, and ``remission`` after an event are kept (treatment policy), missing (hypothetical),
        the last ones before it (while on treatment), or 0 (composite). ``binary_change`` is the change from which a missing response is
        imputed: under the strategies for binary endpoints, and under those for the change where an event decides the response by itself.
    """
    after = {event: _find_after(scores, days[event].to_numpy()) for event in estimand.events}
    scores = scores.assign(binary_change=scores["change"])
    columns = {"change": ["change"], "binary": list(BINARY), "binary_change": ["binary_change"]}
    for kind, names in columns.items():
        for strategy in ("while_on_treatment", "hypothetical", "composite"):
            chosen = [after[event] for event, one in estimand.events.items() if _choose(one, kind) == strategy]
            if chosen:
                rows = np.logical_or.reduce(chosen)
                scores = scores.assign(**{name: _replace(scores, name, rows, strategy) for name in names})
    return scores


def _choose(one: Strategies, kind: str) -> str:
    if kind == "binary_change":
        return one.change if one.binary == "composite" else one.binary
    return str(getattr(one, kind))


def _find_after(scores: pd.DataFrame, event_day: Floats) -> Bools:
    """Return which scores lie after the event; a session that was not reached does, a missing score goes by its time."""
    nominal = np.where(scores["axis"] == "day", scores["time"].to_numpy(dtype=float), np.nan)
    day = scores["score_day"].fillna(pd.Series(nominal, scores.index)).to_numpy()
    own = event_day[scores["person"].to_numpy()]
    unreached = (scores["axis"] == "session").to_numpy() & ~scores["reached"].to_numpy(dtype=bool)
    return np.asarray((day > own) | (unreached & np.isfinite(own)))


def _replace(scores: pd.DataFrame, name: str, after: Bools, strategy: str) -> pd.Series:
    if strategy == "composite":
        return scores[name].mask(after, 0.0)
    before = scores[name].mask(after)
    if strategy == "hypothetical":
        return before
    return before.where(~after, before.groupby([scores["person"], scores["axis"]]).ffill())
