"""Two baselines: what happened between them, the change from both, and how far they foretell each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.regression import AXES, FEWEST, Expectation, compute_half_width
from outcomes.analysis.selection import EVERYONE, PLACE, order_rows, select_included
from outcomes.contracts.released.describe import TwoBaselines

TWO_BASELINES = TwoBaselines.columns
FEWEST_PAIRS = 30  # patients with two baselines from whom a reliability is taken


def measure_reliability(
    endpoints: pd.DataFrame,
    cohort: pd.DataFrame,
    series: pd.DataFrame,
    scores: pd.DataFrame,
    expectations: Mapping[str, Expectation],
) -> dict[str, Expectation]:
    """Return the expectations with the reliability of two baselines in place of a published one, where 30 patients have both.

    It is the slope of the first baseline on the second, over patients of all arms. Patients enter by their second, which bends the correlation of the two
    but not this slope; with the same variance at both it is that correlation among all. A reliability that the study declares for this stays, as does
    one whose slope is not between 0 and 1.
    """
    pairs = pair_baselines(endpoints, series, scores, expectations)
    rows = select_included(endpoints, cohort)
    rows = rows[(rows["axis"] == "baseline") & rows["baseline"].notna()].astype({"instrument": str})
    rows = rows.merge(pairs, on=["patient", "series", "instrument"])
    found = {}
    for name, one in expectations.items():
        own = rows[rows["instrument"] == name]
        slope, error = _fit_slope(own["baseline"].to_numpy(float), own["first"].to_numpy(float))
        use = not one.settled and 0 < slope < 1 and error > 0
        found[name] = replace(one, reliability=slope, error=error) if use else one
    return found


def _fit_slope(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return the slope of y on x and its standard error; missing with too few or without spread."""
    if len(x) < FEWEST_PAIRS or np.ptp(x) == 0:
        return np.nan, np.nan
    apart = x - x.mean()
    slope = float(apart @ y / (apart @ apart))
    rest = y - y.mean() - slope * apart
    return slope, float(np.sqrt(rest @ rest / (len(x) - 2) / (apart @ apart)))


def tabulate_two_baselines(
    endpoints: pd.DataFrame,
    cohort: pd.DataFrame,
    series: pd.DataFrame,
    scores: pd.DataFrame,
    arms: Sequence[str],
    expectations: Mapping[str, Expectation],
) -> pd.DataFrame:
    """Return, of patients with a score before the baseline score, what happened between the two, and the change from both.

    Without treatment between them, a fall from the first to the second is regression to the mean (or the course of the illness); a rise
    says that patients entered when they felt worst, so that their baseline will regress. From the mean of two, less does.

    Parameters
    ----------
    endpoints, cohort, series, scores : DataFrame
        Tables of those contracts. A first baseline is the latest score before the baseline score, at most ``earliest`` days before the
        first session of a patient's first series; studies without dated sessions have none.

    Returns
    -------
    DataFrame
        One row per arm ('all': both), instrument, axis, and time point, the key. Of the ``n`` with both baselines and a change: means of the
        ``first`` and the ``second`` baseline, their difference ``between`` (second − first) and correlation, the ``change`` from the second,
        and that from the mean of both, in points with 95% t intervals.
    """
    pairs = pair_baselines(endpoints, series, scores, expectations)
    rows = select_included(endpoints, cohort).merge(pairs, on=["patient", "series", "instrument"])
    rows = rows[rows["axis"].isin(AXES) & rows["change"].notna()]
    found = [row for part in (rows.astype({"arm": str}), rows.assign(arm=EVERYONE)) for row in _describe_pairs(part)]
    return order_rows(pd.DataFrame(found, columns=TWO_BASELINES).astype({"n": "int64"}), arms)


def pair_baselines(
    endpoints: pd.DataFrame, series: pd.DataFrame, scores: pd.DataFrame, expectations: Mapping[str, Expectation]
) -> pd.DataFrame:
    """Return the first baseline of each patient's first series by instrument."""
    start = series.loc[series["series"] == 1, ["patient", "series", "start_day"]]
    known = endpoints[(endpoints["axis"] == "baseline") & (endpoints["series"] == 1) & endpoints["score_day"].notna()]
    known = known[known["instrument"].isin(list(expectations))].astype({"instrument": str})
    known = known[["patient", "instrument", "score_day"]].merge(start, on="patient")
    earlier = scores.loc[scores["total"].notna(), ["patient", "instrument", "study_day", "total"]]
    earlier = earlier.astype({"instrument": str}).merge(known, on=["patient", "instrument"])
    day = earlier["study_day"].astype(float) - earlier["start_day"].astype(float)
    earliest = -earlier["instrument"].map({name: one.earliest for name, one in expectations.items()}).astype(float)
    earlier = earlier[(day < earlier["score_day"].astype(float)) & (day >= earliest)]
    earlier = earlier.sort_values(["patient", "instrument", "study_day"], kind="stable")
    last = earlier.drop_duplicates(["patient", "instrument"], keep="last")
    return last.rename(columns={"total": "first"})[["patient", "series", "instrument", "first"]]


def _describe_pairs(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for key, own in rows.groupby(PLACE, observed=True, sort=True):
        if len(own) < FEWEST:
            continue
        first, second = own["first"].astype(float), own["baseline"].astype(float)
        row: dict[str, Any] = dict(zip(PLACE, key, strict=True)) | {"time": own["time"].iloc[0], "n": len(own)}
        row |= {"first_mean": first.mean(), "second_mean": second.mean()}
        varies = np.ptp(first) > 0 and np.ptp(second) > 0
        row["correlation"] = float(np.corrcoef(first, second)[0, 1]) if varies else np.nan
        values = {
            "between": second - first,
            "change": own["change"].astype(float),
            "change_from_mean": own["change"].astype(float) + (second - first) / 2,
        }
        for name, one in values.items():
            mean = float(one.mean())
            half = compute_half_width(float(one.std()) / np.sqrt(len(one)), len(one))
            row |= {name: mean, f"{name}_lower": mean - half, f"{name}_upper": mean + half}
        yield row
