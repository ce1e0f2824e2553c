"""Which session an adverse event belongs to, whether a session asked about any, and in which way."""

from __future__ import annotations

import numpy as np
import pandas as pd

CARRY_DAYS = 7
MODES = ("solicited", "spontaneous", "unknown")


def number_sessions(sessions: pd.DataFrame, patients: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return every session of every patient, all series, with its number and whether harms were asked about.

    Parameters
    ----------
    sessions : DataFrame
        Table ``series_sessions``; ``harms_asked`` and ``harms_mode`` where the export has them.
    patients : DataFrame
        Table ``patients``; ``site`` where the export has it.
    events : DataFrame
        Table ``adverse_events``.

    Returns
    -------
    DataFrame
        One row per session, ordered by patient and time. Added: ``number`` of the session among the patient's sessions of
        this arm, from 1; ``asked``: whether side effects were asked about at it; ``mode``: one of ``MODES``. Where the
        export does not say whether a session asked, all sessions of a site that records any event count as asked, in an
        unknown way, and those of a site that records none as not asked: not recorded is not "none".
    """
    rows = sessions[["patient", "study_day", "ordinal", "arm", "series", "session", "phase"]].copy()
    rows["arm"] = rows["arm"].astype(str)
    for name in ("harms_asked", "harms_mode"):
        rows[name] = sessions.get(name, pd.NA)
    rows = rows.sort_values(["patient", "study_day", "ordinal"], kind="stable", ignore_index=True)
    rows["number"] = rows.groupby(["patient", "arm"], sort=False).cumcount() + 1
    recording = _sites_with_events(rows["patient"], patients, events)
    said = rows["harms_asked"].astype("boolean")
    rows["asked"] = said.fillna(False).astype(bool) | (said.isna() & recording)
    mode = rows["harms_mode"].astype(object).where(rows["harms_mode"].notna(), "unknown").astype(str)
    rows["mode"] = np.where(mode.isin(MODES), mode, "unknown")
    return rows.drop(columns=["harms_asked", "harms_mode"])


def _sites_with_events(who: pd.Series, patients: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    """Tell for each session whether its site records any adverse event."""
    if "site" not in patients:
        return pd.Series(len(events) > 0, who.index)
    site = patients.set_index("patient")["site"].astype(str)
    recording = set(site.reindex(events["patient"].unique()).dropna())
    return who.map(site).isin(recording)


def attach_events(events: pd.DataFrame, sessions: pd.DataFrame, carry_days: int = CARRY_DAYS) -> pd.DataFrame:
    """Return the events with the session that each belongs to: the last on or before it, at most ``carry_days`` before.

    Parameters
    ----------
    events : DataFrame
        Table ``adverse_events``.
    sessions : DataFrame
        Result of :func:`number_sessions`.
    carry_days : int
        An event later after the last session belongs to none.

    Returns
    -------
    DataFrame
        One row per event that belongs to a session: the columns of ``events`` with ``arm``, ``number``, ``session_row``
        (the row of ``sessions``), and ``after_days``.
    """
    left = events.sort_values(["study_day", "patient"], kind="stable").astype(
        {"study_day": "int64", "patient": "int64"}
    )
    right = sessions[["patient", "study_day", "arm", "number"]].assign(session_row=np.arange(len(sessions)))
    right = right.assign(session_day=right["study_day"]).sort_values(["study_day", "session_row"], kind="stable")
    joined = pd.merge_asof(
        left,
        right.astype({"study_day": "int64", "patient": "int64"}),
        on="study_day",
        by="patient",
        direction="backward",
        tolerance=carry_days,
    )
    joined = joined[joined["session_row"].notna()]
    joined = joined.assign(after_days=joined["study_day"] - joined["session_day"])
    whole = {"session_row": "int64", "number": "int64", "after_days": "int64"}
    return joined.drop(columns="session_day").astype(whole).sort_values(["session_row", "event"], ignore_index=True)


def mark_asked(sessions: pd.DataFrame, attached: pd.DataFrame) -> pd.DataFrame:
    """Return the sessions with those that recorded an event counted as asked."""
    asked = sessions["asked"].to_numpy(copy=True)
    asked[attached["session_row"].to_numpy()] = True
    return sessions.assign(asked=asked)
