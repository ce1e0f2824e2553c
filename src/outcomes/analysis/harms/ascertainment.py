"""Who was asked about harms, and in which way: the table to read before any other of harms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from outcomes.analysis.harms.attribution import MODES
from outcomes.contracts.released.harms import UNASKED

ALIKE = 0.10


def tabulate_ascertainment(
    sessions: pd.DataFrame,
    attached: pd.DataFrame,
    vitals: pd.DataFrame,
    scored: pd.Series,
    arms: Sequence[str],
) -> pd.DataFrame:
    """Return, by arm and measure, how many sessions have an answer.

    Parameters
    ----------
    sessions, attached : DataFrame
        Results of :func:`~outcomes.analysis.harms.attribution.number_sessions` and ``attach_events``.
    vitals : DataFrame
        Table ``vitals``.
    scored : Series of bool
        Whether dissociation was scored, by session.
    arms : sequence of str
        Arm ids in the study's order.

    Returns
    -------
    DataFrame
        One row per measure and arm, the key: ``adverse events`` and its ways of asking, ``severity`` (of the sessions with
        an event), ``adverse events, not asked`` (of sessions that did not ask, those with an event all the same, where there are
        any), ``dissociation score``, ``blood pressure before``, ``at the peak``, ``after``; ``sessions``,
        ``answered``, ``proportion``.
    """
    place = ["patient", "study_day"]
    held = sessions[[*place, "arm"]]
    measures: dict[str, pd.Series] = {"adverse events": sessions["asked"]}
    for mode in MODES:
        measures[f"adverse events, {mode}"] = sessions["asked"] & (sessions["mode"] == mode)
    unasked = pd.Series(sessions.index.isin(attached["session_row"]), sessions.index) & ~sessions["asked"]
    measures |= {UNASKED: unasked} if unasked.any() else {}
    measures["dissociation score"] = scored
    pressure = vitals[vitals["measure"].astype(str) == "systolic"]
    for moment, words in (("before", "before"), ("peak", "at the peak"), ("after", "after")):
        days = pd.MultiIndex.from_frame(pressure.loc[pressure["moment"].astype(str) == moment, place].astype("int64"))
        known = pd.MultiIndex.from_frame(held[place].astype("int64")).isin(days)
        measures[f"blood pressure {words}"] = pd.Series(known, held.index)
    records: list[dict[str, Any]] = []
    for measure, answered in measures.items():
        for arm in arms:
            own = (held["arm"] == arm) & (~sessions["asked"] if measure == UNASKED else True)
            records.append({"measure": measure, "arm": arm, "sessions": own.sum(), "answered": (own & answered).sum()})
        if measure == f"adverse events, {MODES[-1]}":
            records += [_graded(attached, arm) for arm in arms]
    table = pd.DataFrame(records)
    return table.assign(proportion=table["answered"] / table["sessions"].where(table["sessions"] > 0))


def _graded(attached: pd.DataFrame, arm: str) -> dict[str, Any]:
    own = attached[attached["arm"] == arm]
    graded = own["severity"].notna() if "severity" in own else pd.Series(False, own.index)
    answered = own.loc[graded, "session_row"].nunique()
    return {"measure": "severity", "arm": arm, "sessions": own["session_row"].nunique(), "answered": answered}


def find_unlike(ascertainment: pd.DataFrame, arm: str, reference: str) -> str:
    """Return why two arms cannot be compared in harms; empty where both were asked in the same way.

    The shares of sessions that asked, and that asked in each way, may differ by at most ten percentage points: a checklist
    finds many times what a spontaneous report does.
    """
    shares = ascertainment.set_index(["measure", "arm"])["proportion"]
    if not all(shares.get(("adverse events", one), 0) > 0 for one in (arm, reference)):
        return "not asked in both arms"
    for measure in ("adverse events", *(f"adverse events, {mode}" for mode in MODES)):
        if abs(shares[(measure, arm)] - shares[(measure, reference)]) > ALIKE:
            return "not asked in the same way in both arms"
    return ""
