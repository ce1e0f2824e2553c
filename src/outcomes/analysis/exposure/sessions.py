"""How many sessions patients had, whether they completed the induction, and how long they stayed in treatment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.contracts.released.exposure import COMPLETED
from outcomes.proportions import compute_clopper_pearson
from outcomes.quantiles import QUARTILES, find_quantile

MILESTONES = (9, 13)  # sessions: the induction of esketamine and one more; its first quarter year
LONGEST = 24
LONG_GAP_DAYS = 10


def tabulate_exposure(sessions: pd.DataFrame, series: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return how many sessions patients had in each arm, and how many reached each milestone.

    Parameters
    ----------
    sessions, series : DataFrame
        Tables ``series_sessions`` and ``series``; everyone with a session, all series.
    arms : sequence of str
        Arm ids in the study's order.

    Returns
    -------
    DataFrame
        One row per ``milestone`` and arm, the key: ``induction completed`` (the first series complies with its protocol's
        number of sessions and days), ``9 sessions or more``, ``13 sessions or more``; ``patients`` who started,
        ``reached``, ``proportion`` with its exact 95% interval, and the median and quartiles of the sessions a patient had.
    """
    arm_of = sessions["arm"].astype(str)
    counts = pd.Series(sessions.groupby([arm_of, "patient"], observed=True).size())
    first = series.sort_values(["patient", "series"], kind="stable").drop_duplicates(["patient", "arm"])
    records: list[dict[str, Any]] = []
    for arm in arms:
        own = counts[counts.index.get_level_values(0) == arm]
        begun = first[first["arm"].astype(str) == arm]
        spread = {f"sessions_{name}": find_quantile(own, q) for name, q in QUARTILES.items()}
        reached = {COMPLETED: (len(begun), int(begun["complies"].fillna(False).astype(bool).sum()))}
        reached |= {f"{k} sessions or more": (len(own), int((own >= k).sum())) for k in MILESTONES}
        for milestone, (patients, count) in reached.items():
            records.append({"milestone": milestone, "arm": arm, "patients": patients, "reached": count, **spread})
    table = pd.DataFrame(records)
    lower, upper = compute_clopper_pearson(table["reached"], table["patients"])
    share = table["reached"] / table["patients"].where(table["patients"] > 0)
    order = ["milestone", "arm", "patients", "reached", "proportion", "lower", "upper", *spread]
    table = table.assign(proportion=share, lower=lower, upper=upper)[order]
    rank = {name: place for place, name in enumerate(dict.fromkeys(table["milestone"]))}
    return table.sort_values("milestone", key=lambda names: names.map(rank), kind="stable", ignore_index=True)


def tabulate_attendance(sessions: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return the share of patients who had at least k sessions, for k up to 24.

    Returns
    -------
    DataFrame
        One row per arm and ``session``, the key: ``patients`` who started, ``attended`` so many, ``proportion`` with its
        exact 95% interval.
    """
    counts = pd.Series(sessions.groupby([sessions["arm"].astype(str), "patient"], observed=True).size())
    records: list[dict[str, Any]] = []
    longest = min(LONGEST, int(counts.max())) if len(counts) else 0
    for arm in arms:
        had = counts[counts.index.get_level_values(0) == arm].to_numpy()
        held = [(k, int((had >= k).sum())) for k in range(1, longest + 1)]
        records += [{"arm": arm, "session": k, "patients": len(had), "attended": count} for k, count in held]
    table = pd.DataFrame(records, columns=["arm", "session", "patients", "attended"])
    lower, upper = compute_clopper_pearson(table["attended"], table["patients"])
    share = table["attended"] / table["patients"].where(table["patients"] > 0)
    return table.assign(proportion=share, lower=lower, upper=upper)


def tabulate_session_time(sessions: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return how long sessions took and how far apart they were.

    Returns
    -------
    DataFrame
        One row per ``measure`` and arm, the key: ``minutes a session`` (an infusion's length and the monitoring after a
        spray are not comparable), ``days between sessions, induction`` and ``maintenance``; ``patients``, each by the median
        of their own values, ``median``, ``q1``, ``q3`` over patients; ``long_gaps``: patients with a gap above ten days in
        the induction, with its ``proportion`` and exact 95% interval.
    """
    rows = sessions.sort_values(["patient", "study_day", "ordinal"], kind="stable")
    rows = rows.assign(arm=rows["arm"].astype(str), gap=rows.groupby(["patient", "series"])["study_day"].diff())
    minutes = rows["duration_min"] if "duration_min" in rows else pd.Series(np.nan, rows.index)
    induction = rows["phase"].astype(str) == "induction"
    measures = {
        "minutes a session": minutes,
        "days between sessions, induction": rows["gap"].where(induction),
        "days between sessions, maintenance": rows["gap"].where(~induction),
    }
    records: list[dict[str, Any]] = []
    for measure, values in measures.items():
        for arm in arms:
            own = (rows["arm"] == arm) & values.notna()
            person = values[own].groupby(rows.loc[own, "patient"])
            typical = person.median()
            spread = {name: find_quantile(typical, q) for name, q in QUARTILES.items()}
            gaps = int((person.max() > LONG_GAP_DAYS).sum()) if measure.endswith("induction") else None
            records.append({"measure": measure, "arm": arm, "patients": len(typical), **spread, "long_gaps": gaps})
    table = pd.DataFrame(records).astype({"long_gaps": "float64"})
    lower, upper = compute_clopper_pearson(table["long_gaps"].fillna(0), table["patients"])
    known = table["long_gaps"].notna()
    share = table["long_gaps"] / table["patients"].where(table["patients"] > 0)
    table = table.assign(proportion=share, lower=np.where(known, lower, np.nan), upper=np.where(known, upper, np.nan))
    return table.astype({"long_gaps": "Int64"})
