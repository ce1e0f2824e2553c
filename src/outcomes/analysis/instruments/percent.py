"""How far scores fall in percent of the baseline, on average and in the middle: the two can differ by a third."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import quantile_test

from outcomes.analysis.scores import compute_t_interval
from outcomes.analysis.selection import PLACE, order_rows, select_included
from outcomes.contracts.released.instruments import PercentChange
from outcomes.instruments import Instrument


def tabulate_percent_change(
    endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str], instruments: Mapping[str, Instrument]
) -> pd.DataFrame:
    """Return mean and median of the percent change from baseline by arm and time point.

    Parameters
    ----------
    endpoints, cohort : DataFrame
        Tables of those contracts; only series that enter the analysis count.
    arms : sequence of str
        Arm ids in the study's order.
    instruments : mapping of str to Instrument
        By id; ratings in categories, whose points are no distances, are left out.

    Returns
    -------
    DataFrame
        One row per arm, instrument, axis, and time point after baseline, the key. ``changed`` series have a baseline and a
        score; ``n`` of them a percent change, and ``undefined`` a baseline of 0, from which there is none. ``mean`` with its t
        interval, ``sd``, and ``median`` with the interval between two order statistics in whole percent (Conover 1999, Practical Nonparametric
        Statistics, section 3.2, as scipy has it: at least 95%): a finer one would be a patient's own. ``of_means`` is the change of the mean total in percent of the mean
        baseline, as many papers have it: of all ``changed``, and another number than the mean of the percents.
    """
    rows = select_included(endpoints, cohort)
    scales = [name for name, instrument in instruments.items() if not instrument.ordinal]
    rows = rows[(rows["axis"] != "baseline") & rows["change"].notna() & rows["instrument"].isin(scales)]
    if rows.empty:
        return pd.DataFrame(columns=PercentChange.columns)
    groups = rows.groupby(PLACE, observed=True)
    percent = groups["percent_change"]
    table = pd.DataFrame(
        {
            "time": groups["time"].first(),
            "changed": groups.size(),
            "n": percent.count(),
            "mean": percent.mean(),
            "sd": percent.std(),
            "median": percent.median().round(),
            "of_means": _divide(groups["change"].mean(), groups["baseline"].mean()),
        }
    )
    bounds = [_bound_median(own.dropna().to_numpy(dtype=float)) for _, own in percent]
    table[["median_lower", "median_upper"]] = np.array(bounds, dtype=float).reshape(-1, 2)
    lower, upper = compute_t_interval(table["mean"], table["sd"], table["n"])
    table = table.assign(lower=lower, upper=upper, undefined=table["changed"] - table["n"]).reset_index()
    return order_rows(table[PercentChange.columns], arms)


def _divide(change: pd.Series, baseline: pd.Series) -> pd.Series:
    return 100 * change / baseline.abs().where(baseline != 0)


def _bound_median(values: np.ndarray) -> tuple[float, float]:
    """Return the interval of a median; missing for fewer than six values, and where its ends are the same."""
    if len(values) < 2:
        return np.nan, np.nan
    interval = quantile_test(values, p=0.5).confidence_interval(0.95)
    lower, upper = (float(np.round(end)) for end in (interval.low, interval.high))
    return (lower, upper) if upper > lower else (np.nan, np.nan)
