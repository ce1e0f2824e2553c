"""Sessions after the induction, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.contracts.released.exposure import Maintenance
from outcomes.proportions import compute_clopper_pearson

MONTH_DAYS = 28
MONTHS = 6
REPLICATES = 2000


def tabulate_maintenance(
    sessions: pd.DataFrame, series: pd.DataFrame, last_day: pd.Series, arms: Sequence[str], seed: Sequence[int]
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
    seed : sequence of int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        One row per arm and ``month`` of 28 days after the induction, the key: ``patients`` followed through the whole
        month, ``returned`` with at least one session (any arm) in it, ``proportion`` with its exact 95% interval;
        ``rate`` of sessions per patient and month with the 95% percentile interval over bootstrap samples of patients.
    """
    first = series.sort_values(["patient", "series"], kind="stable").drop_duplicates("patient")
    first = first[first["induction_end_day"].notna()]
    end = first.set_index("patient")["induction_end_day"].astype(float)
    after = sessions["study_day"].astype(float) - sessions["patient"].map(end)
    month = np.ceil(after / MONTH_DAYS)
    followed = first["patient"].map(last_day).astype(float) - first["induction_end_day"].astype(float)
    records: list[dict[str, Any]] = []
    for place, arm in enumerate(arms):
        rng = np.random.default_rng([*seed, place])
        for k in range(1, MONTHS + 1):
            people = first.loc[(first["arm"].astype(str) == arm) & (followed >= k * MONTH_DAYS), "patient"]
            held = sessions.loc[(month == k) & sessions["patient"].isin(people), "patient"].value_counts()
            counts = held.reindex(people, fill_value=0).to_numpy(float)
            rate, rate_lower, rate_upper = _rate(counts, rng)
            records.append(
                {
                    "arm": arm,
                    "month": k,
                    "patients": len(people),
                    "returned": int((counts > 0).sum()),
                    "rate": rate,
                    "rate_lower": rate_lower,
                    "rate_upper": rate_upper,
                }
            )
    table = pd.DataFrame(records)
    lower, upper = compute_clopper_pearson(table["returned"], table["patients"])
    share = table["returned"] / table["patients"].where(table["patients"] > 0)
    return table.assign(proportion=share, lower=lower, upper=upper, fewest=table["returned"])[Maintenance.columns]


def _rate(counts: np.ndarray, rng: np.random.Generator) -> tuple[float, float, float]:
    """Return sessions per patient with its interval: over patients drawn again, or exact for none at all."""
    if not len(counts):
        return np.nan, np.nan, np.nan
    if not counts.any():
        return 0.0, 0.0, 3.6889 / len(counts)  # the exact Poisson bound of no event, -ln 0.025
    if (counts == counts[0]).all():
        half = 1.96 * np.sqrt(counts[0] / len(counts))
        return float(counts[0]), max(float(counts[0] - half), 0.0), float(counts[0] + half)
    draws = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), REPLICATES)
    lower, upper = np.quantile(draws @ counts / len(counts), [0.025, 0.975])
    return float(counts.mean()), float(lower), float(upper)
