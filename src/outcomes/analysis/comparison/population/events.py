"""Intercurrent events: on which day each befell a patient, and what the declared strategy does to the scores after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

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
ENDS = (
    "stopping",
    "maintenance",
)  # a session not reached lies after each: the one is that it was not, the other followed the last
SESSIONS = ("switching", "reinduction", "maintenance")  # they are sessions themselves
NEVER = np.inf
SameDay = Literal["before", "after"]
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
            found = _find_built_in(event, first, tables, estimand.grace_days)
        else:
            found = _find_recorded(event, first, tables["events"])
        days[event] = found.to_numpy(dtype=float)
    return pd.DataFrame(days, index=range(len(patients)))


def _find_built_in(event: str, first: pd.DataFrame, tables: Mapping[str, pd.DataFrame], grace_days: int) -> pd.Series:
    start = first["start_day"].astype(float)
    if event == "stopping":
        short = first["reason"].astype(object).eq("too_few_sessions")
        return (first["end_day"].astype(float) - start + grace_days).where(short, NEVER)
    if event in ("switching", "reinduction"):
        switched = first["switched"].eq(True)
        following = first["next_start_day"].astype(float) - start
        return following.where(switched if event == "switching" else ~switched, NEVER).fillna(NEVER)
    sessions = tables["series_sessions"]
    later = sessions[(sessions["series"] == 1) & (sessions["phase"] == "maintenance")]
    return later.groupby("patient")["series_day"].min().reindex(first.index).astype(float).fillna(NEVER)


def _find_recorded(event: str, first: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    own = events[events["event"].astype(str) == event]
    day = own["study_day"].astype(float) - own["patient"].map(first["start_day"]).astype(float)
    return day[day >= 0].groupby(own["patient"]).min().reindex(first.index).fillna(NEVER)


def apply_strategies(
    scores: pd.DataFrame, days: pd.DataFrame, estimand: Estimand, same_day: SameDay = "before"
) -> pd.DataFrame:
    """Return the scores with what each event's strategy makes of those after it.

    Parameters
    ----------
    scores : DataFrame
        One row per ``person``, ``axis``, and ``timepoint``, in order of time.
    days : DataFrame
        One row per person: the day of each event, as :func:`derive_event_days` returns it.
    estimand : Estimand
        Strategies. Where events differ, hypothetical and composite come after while on treatment.
    same_day : {"before", "after"}
        Whether a score of a session's own day was given before or after that session, where the event is one.

    Returns
    -------
    DataFrame
        The same rows; ``change``, ``response``, and ``remission`` after an event are kept (treatment policy), missing (hypothetical),
        the last ones before it (while on treatment), or 0 (composite). ``binary_change`` is the change from which a missing response is
        imputed: under the strategies for binary endpoints, and under those for the change where an event decides the response by itself.
    """
    after = {}
    for event in estimand.events:
        shift = (
            0.5 if same_day == "after" and event in SESSIONS else 0.0
        )  # such a score lies after a session of its day
        after[event] = _find_after(scores, days[event].to_numpy() - shift, event in ENDS)
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


def _find_after(scores: pd.DataFrame, event_day: Floats, ends: bool) -> Bools:
    """Return which scores lie after the event; a missing score goes by its time.

    A session that was not reached lies after stopping and maintenance. After any other event it lies only where that came by the day on
    which others had their score after this session, by the median.
    """
    session = (scores["axis"] == "session").to_numpy()
    nominal = np.where(scores["axis"] == "day", scores["time"].to_numpy(dtype=float), np.nan)
    day = scores["score_day"].fillna(pd.Series(nominal, scores.index)).to_numpy(dtype=float)
    own = event_day[scores["person"].to_numpy()]
    unreached = session & ~scores["reached"].to_numpy(dtype=bool)
    if ends:
        return np.asarray((day > own) | (unreached & np.isfinite(own)))
    seen = scores["score_day"].where(session & ~unreached)
    usual = seen.groupby([scores["axis"], scores["timepoint"]]).transform("median").to_numpy(dtype=float)
    return np.asarray(np.where(unreached, usual, day) > own)


def _replace(scores: pd.DataFrame, name: str, after: Bools, strategy: str) -> pd.Series:
    if strategy == "composite":
        return scores[name].mask(after, 0.0)
    before = scores[name].mask(after)
    if strategy == "hypothetical":
        return before
    return before.where(~after, before.groupby([scores["person"], scores["axis"]]).ffill())
