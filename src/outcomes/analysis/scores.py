"""How scores run: their distribution at each time point, the change from baseline, and what their recall covers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.precision import drop_dust
from outcomes.analysis.selection import EVERYONE, PLACE, order_rows, select_first, select_included
from outcomes.contracts.released.describe import ChangeDistribution, Recall, Scores
from outcomes.quantiles import QUARTILES, find_quantile
from outcomes.settings import Population, Visit

SCORES = Scores.columns
CHANGE_DISTRIBUTION = ChangeDistribution.columns
RECALL = Recall.columns
BIN = 10  # percentage points


def summarise(values: Any) -> pd.DataFrame:
    """Return ``n, mean, sd, median, q1, q3`` of a grouped column.

    ``n`` counts observed values; the standard deviation (divisor n − 1) of a single value is missing; quantiles are those of
    :func:`~outcomes.quantiles.find_quantile`.
    """
    return pd.DataFrame(
        {
            "n": values.count(),
            "mean": values.mean(),
            "sd": values.std(),
            **{name: values.agg(find_quantile, q=q) for name, q in QUARTILES.items()},
        }
    )


def compute_t_interval(mean: pd.Series, sd: pd.Series, n: pd.Series, level: float = 0.95) -> tuple[Any, Any]:
    """Return the t interval of a mean; missing for fewer than two values, and where all are the same."""
    from scipy.special import stdtrit

    known = np.where((n > 1) & (drop_dust(np.square(sd), np.abs(mean)) > 0), n, np.nan)
    half = stdtrit(known - 1, (1 + level) / 2) * sd / np.sqrt(known)
    return mean - half, mean + half


def tabulate_scores(endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return the distribution of the observed scores by arm and time point.

    Parameters
    ----------
    endpoints, cohort : DataFrame
        Tables of those contracts; only series that enter the analysis count.
    arms : sequence of str
        Arm ids in the study's order.

    Returns
    -------
    DataFrame
        One row per arm, instrument, axis, and time point, the key; ``n`` observed, ``mean``, ``sd``, ``median``, ``q1``,
        ``q3``, and the 95% t interval of the mean, in points. At axis ``baseline`` also arm ``all``: each patient once,
        by the first series with a score. Mean and median are both given because they can disagree by a third.
    """
    rows = select_included(endpoints, cohort)
    baseline = rows[(rows["axis"] == "baseline") & rows["score"].notna()]
    everyone = select_first(baseline, "instrument").assign(arm=EVERYONE)
    table = pd.concat([_distribution(rows), _distribution(everyone)], ignore_index=True)
    lower, upper = compute_t_interval(table["mean"], table["sd"], table["n"])
    return order_rows(table.assign(lower=lower, upper=upper)[SCORES], arms)


def tabulate_enrolment(
    scores: pd.DataFrame, patients: pd.DataFrame, population: Population, visits: Sequence[Visit]
) -> pd.DataFrame:
    """Return the distribution of the scores at the baseline visits of everyone in the population, treated or not.

    Where some were never treated, these are more people than arm ``all`` at axis ``baseline``.

    Returns
    -------
    DataFrame
        As :func:`tabulate_scores`: one row per instrument, at arm ``all`` and axis ``enrolment``. Without rows for a study
        that has no baseline visits.
    """
    chosen = pd.Series(True, index=patients.index)
    for name, values in population.include.items():
        chosen &= patients[name].astype(str).isin(values)
    names = {visit.label: visit.name or visit.label for visit in visits if visit.baseline}
    rows = scores[scores["visit"].isin(list(names)) & scores["total"].notna()]
    rows = rows[rows["patient"].isin(patients.loc[chosen, "patient"])].rename(columns={"total": "score"})
    rows = rows.assign(
        arm=EVERYONE, axis="enrolment", time=0.0, timepoint=rows["visit"].astype(str).map(names).astype(str)
    )
    table = _distribution(rows)
    lower, upper = compute_t_interval(table["mean"], table["sd"], table["n"])
    return order_rows(table.assign(lower=lower, upper=upper)[SCORES], [])


def tabulate_change_distribution(endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return how percent change from baseline is distributed, in bins of ten points.

    Returns
    -------
    DataFrame
        One row per arm, instrument, axis, time point, and bin, the key. A bin holds changes above ``bin_lower`` up to and
        including ``bin_upper`` (so a halved score is in the bin that ends at −50); the first also holds −100 and less, and
        the last, without ``bin_upper``, everything above 100. ``n`` counts series and ``cumulative`` is the proportion of
        the observed at or below ``bin_upper``. The release gate merges neighbouring bins with small counts.
    """
    rows = select_included(endpoints, cohort)
    rows = rows[(rows["axis"] != "baseline") & rows["percent_change"].notna()]
    last = 200 // BIN
    place = np.ceil((rows["percent_change"].round(9) + 100) / BIN).sub(1).clip(0, last).astype(int)
    counts = rows.assign(bin=place).groupby([*PLACE, "bin"], observed=True).size().rename("n").reset_index()
    table = counts[PLACE].drop_duplicates().merge(pd.DataFrame({"bin": range(last + 1)}), how="cross")
    table = table.merge(counts, on=[*PLACE, "bin"], how="left").fillna({"n": 0}).astype({"n": "int64"})
    groups = table.groupby(PLACE, observed=True)["n"]
    table["cumulative"] = groups.cumsum() / groups.transform("sum")
    lower = table["bin"] * float(BIN) - 100
    table = table.assign(bin_lower=lower, bin_upper=(lower + BIN).where(table["bin"] < last))
    return order_rows(table[CHANGE_DISTRIBUTION], arms)


def tabulate_recall(endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return how many scores ask about days before treatment.

    Returns
    -------
    DataFrame
        One row per arm, instrument, axis, and time point after baseline, the key; ``n`` scores with a known overlap,
        ``overlapping`` those whose recall window reaches before the first session, their ``proportion``, and the median
        overlap in days of all ``n``.
    """
    rows = select_included(endpoints, cohort)
    rows = rows[(rows["axis"] != "baseline") & rows["recall_overlap_days"].notna() & rows["score"].notna()]
    days = rows["recall_overlap_days"].astype(float)
    groups = rows.assign(days=days, overlaps=days > 0).groupby(PLACE, observed=True)
    table = groups.agg(
        time=("time", "first"), n=("days", "size"), overlapping=("overlaps", "sum"), median_days=("days", "median")
    ).reset_index()
    return order_rows(table.assign(proportion=table["overlapping"] / table["n"])[RECALL], arms)


def _distribution(rows: pd.DataFrame) -> pd.DataFrame:
    groups = rows.groupby(PLACE, observed=True)
    table = summarise(groups["score"]).assign(time=groups["time"].first()).reset_index()
    return table.astype(dict.fromkeys(PLACE, str))
