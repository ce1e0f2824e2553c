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
        export never says of a site's sessions whether they asked, all of them count as asked, in an unknown way, if the site
        records any event, and as not asked if it records none. Where it says so of some, the others count as not asked, with
        an event or without: not recorded is not "none", and of such sessions those with an event alone would be counted.
    """
    rows = sessions[["patient", "study_day", "ordinal", "arm", "series", "session", "phase"]].copy()
    rows["arm"] = rows["arm"].astype(str)
    for name in ("harms_asked", "harms_mode"):
        rows[name] = sessions.get(name, pd.NA)
    rows = rows.sort_values(["patient", "study_day", "ordinal"], kind="stable", ignore_index=True)
    rows["number"] = rows.groupby(["patient", "arm"], sort=False).cumcount() + 1
    answer = rows["harms_asked"].astype("boolean")
    site = _name_sites(rows["patient"], patients)
    recording = _name_sites(events["patient"], patients).unique()
    silent = ~answer.notna().groupby(site).transform("any") & site.isin(recording)
    rows["asked"] = answer.fillna(False).astype(bool) | silent
    mode = rows["harms_mode"].astype(object).where(rows["harms_mode"].notna(), "unknown").astype(str)
    rows["mode"] = np.where(mode.isin(MODES), mode, "unknown")
    return rows.drop(columns=["harms_asked", "harms_mode"])


def _name_sites(who: pd.Series, patients: pd.DataFrame) -> pd.Series:
    """Return the site of each row's patient; one and the same, empty, where none is known."""
    if "site" not in patients:
        return pd.Series("", who.index, dtype=object)
    site = patients.set_index("patient")["site"].astype(object)
    return who.map(site).fillna("")


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


def keep_asked(attached: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the events of patients who were asked at least once in the arm of the event."""
    asked = pd.MultiIndex.from_frame(sessions.loc[sessions["asked"], ["patient", "arm"]].astype({"patient": "int64"}))
    return attached[pd.MultiIndex.from_frame(attached[["patient", "arm"]]).isin(asked)].reset_index(drop=True)
