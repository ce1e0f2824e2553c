"""Sessions after the induction, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.contracts.released.exposure import Maintenance
from outcomes.poisson import bound_rate
from outcomes.proportions import compute_clopper_pearson

MONTH_DAYS = 28
MONTHS = 6


def tabulate_maintenance(
    sessions: pd.DataFrame, series: pd.DataFrame, last_day: pd.Series, arms: Sequence[str]
) -> pd.DataFrame:
    """Return how often patients came back after the induction of their first series.

    Parameters
    ----------
    sessions, series : DataFrame
        Tables ``series_sessions`` and ``series``.
    last_day : Series
        Last study day on which each patient is known to be followed, by patient.
    arms : sequence of str
        Arm ids in the study's order.

    Returns
    -------
    DataFrame
        One row per arm and ``month`` of 28 days after the induction, the key: ``patients`` followed through the whole
        month, ``returned`` with at least one session (any arm) in it, ``proportion`` with its exact 95% interval;
        ``rate`` of sessions per patient and month with its interval (:func:`~outcomes.poisson.bound_rate`).
    """
    first = series.sort_values(["patient", "series"], kind="stable").drop_duplicates("patient")
    first = first[first["induction_end_day"].notna()]
    end = first.set_index("patient")["induction_end_day"].astype(float)
    after = sessions["study_day"].astype(float) - sessions["patient"].map(end)
    month = np.ceil(after / MONTH_DAYS)
    followed = first["patient"].map(last_day).astype(float) - first["induction_end_day"].astype(float)
    records: list[dict[str, Any]] = []
    for arm in arms:
        for k in range(1, MONTHS + 1):
            people = first.loc[(first["arm"].astype(str) == arm) & (followed >= k * MONTH_DAYS), "patient"]
            held = sessions.loc[(month == k) & sessions["patient"].isin(people), "patient"].value_counts()
            counts = held.reindex(people, fill_value=0).to_numpy(float)
            rate_lower, rate_upper = bound_rate(counts, np.ones(len(counts)), student=True)
            records.append(
                {
                    "arm": arm,
                    "month": k,
                    "patients": len(people),
                    "returned": int((counts > 0).sum()),
                    "rate": counts.mean() if len(counts) else np.nan,
                    "rate_lower": rate_lower,
                    "rate_upper": rate_upper,
                }
            )
    table = pd.DataFrame(records)
    lower, upper = compute_clopper_pearson(table["returned"], table["patients"])
    share = table["returned"] / table["patients"].where(table["patients"] > 0)
    return table.assign(proportion=share, lower=lower, upper=upper, fewest=table["returned"])[Maintenance.columns]
