"""The change from baseline to the last treatment, as cohorts that score at every treatment publish it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.analysis.regression import compute_half_width

FEWEST = 3  # series below which no mean is formed
LAST_CHANGE = ["arm", "instrument", "n", "mean", "lower", "upper"]


def tabulate_last_change(
    endpoints: pd.DataFrame, cohort: pd.DataFrame, series: pd.DataFrame, scores: pd.DataFrame, arms: Sequence[str]
) -> pd.DataFrame:
    """Return the mean change from baseline to the last score after the first session and not after the day of the last one.

    Returns
    -------
    DataFrame
        One row per arm and instrument, the key: ``n`` included series with a baseline and such a score, and their mean change in points with its 95% t
        interval. Empty where sessions have no days.
    """
    included = cohort.loc[cohort["included"].astype(bool), ["patient", "series"]]
    span = series[["patient", "series", "arm", "start_day", "end_day"]].merge(included, on=["patient", "series"])
    span = span.dropna(subset=["start_day", "end_day"]).astype({"start_day": float, "end_day": float, "arm": str})
    known = endpoints[(endpoints["axis"] == "baseline") & endpoints["baseline"].notna()]
    known = known[["patient", "series", "instrument", "baseline"]].astype({"instrument": str})
    rows = scores.loc[scores["total"].notna(), ["patient", "instrument", "study_day", "total"]]
    rows = rows.astype({"instrument": str}).merge(span, on="patient")
    day = rows["study_day"].astype(float)
    rows = rows[(day > rows["start_day"]) & (day <= rows["end_day"])]
    rows = rows.merge(known, on=["patient", "series", "instrument"]).sort_values("study_day", kind="stable")
    last = rows.drop_duplicates(["patient", "series", "instrument"], keep="last")
    found = []
    for arm in arms:
        for instrument, own in last[last["arm"] == arm].groupby("instrument", sort=True):
            change = (own["total"].astype(float) - own["baseline"].astype(float)).to_numpy()
            if len(change) >= FEWEST:
                mean, error = float(change.mean()), float(change.std(ddof=1) / np.sqrt(len(change)))
                half = compute_half_width(error, len(change))
                found.append([arm, instrument, len(change), mean, mean - half, mean + half])
    return pd.DataFrame(found, columns=LAST_CHANGE)
