"""How many respond, remit, and worsen, in each arm and between arms, with both denominators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.analysis.selection import ENDPOINTS, PLACE, POPULATIONS, order_rows, select_included
from outcomes.contracts.released.describe import Differences, Missingness, Response
from outcomes.proportions import Floats, compute_correlation, compute_newcombe, compute_wilson

CELL = ["instrument", "axis", "timepoint", "endpoint", "population"]
RESPONSE = Response.columns
DIFFERENCES = Differences.columns
MISSINGNESS = Missingness.columns


def tabulate_response(
    endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str], measured_share: float = 0.0
) -> pd.DataFrame:
    """Return response, remission, and worsening by arm and time point, with Wilson intervals.

    Parameters
    ----------
    endpoints, cohort : DataFrame
        Tables of those contracts; only series that enter the analysis count.
    arms : sequence of str
        Arm ids in the study's order.
    measured_share : float
        Share of the series that reached a time point, below which it was not measured: of all who started there are then no events, since no score is not
        no response where next to no one was asked.

    Returns
    -------
    DataFrame
        One row per arm, instrument, axis, time point, endpoint, and population, the key; ``n``, ``events``,
        ``proportion`` with ``lower`` and ``upper`` (95%; Wilson 1927, 10.1080/01621459.1927.10502953).
        Population ``started`` is every series of the arm: a missing endpoint counts as not responded, not remitted, and,
        for worsening, as **not worsened**, so that ``started`` is the cautious figure for benefit only. Population
        ``observed`` is the series whose endpoint is known. An endpoint that an instrument does not define is left out.
    """
    rows = _after_baseline(endpoints, cohort)
    parts = [_count(rows, endpoint) for endpoint in ENDPOINTS]
    table = pd.concat(parts, ignore_index=True)
    asked = table["observed"] >= measured_share * table["reached"]
    table["events"] = table["events"].astype("Int64").where(asked | (table["population"] != "started"))
    events = table["events"].astype("float64")
    lower, upper = compute_wilson(events, table["n"])
    proportion = events / table["n"].where(table["n"] > 0)
    table = table.assign(proportion=proportion, lower=lower, upper=upper)
    return order_rows(table[RESPONSE], arms)


def tabulate_differences(endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return each arm's rate of those observed minus the reference arm's, with Newcombe's interval.

    Those of all who started, a missing score counting as none, are described within an arm and never set against each other: where more of
    one arm are missing their difference is that of who was seen (decision 22).

    Parameters
    ----------
    endpoints, cohort : DataFrame
        Tables of those contracts.
    arms : sequence of str
        Arm ids; the first is the reference.

    Returns
    -------
    DataFrame
        One row per instrument, axis, time point, endpoint, population, and contrast ("iv - esketamine": the reference
        stands second), the key; ``difference``, ``lower``, ``upper`` as proportions (95%). Where patients occur in both
        arms, as in a crossover, the interval takes the correlation of the two rates into account
        (:func:`outcomes.proportions.compute_newcombe`). Several series of one patient in one arm count as
        independent.
    """
    rows = _after_baseline(endpoints, cohort)
    response = tabulate_response(endpoints, cohort, arms)
    response = response[response["population"] == "observed"]
    parts = [_contrast(response, rows, arm, arms[0]) for arm in arms[1:]]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=DIFFERENCES)
    return order_rows(table[DIFFERENCES], arms)


def tabulate_missingness(endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return how many series started, reached each time point, and have a score there.

    Returns
    -------
    DataFrame
        One row per arm, instrument, axis, and time point, the key; counts ``started`` ≥ ``reached`` (had that session;
        every series for days and visits), ``observed`` (with a score), and ``missing_proportion`` = 1 − observed / started.
    """
    rows = select_included(endpoints, cohort)
    rows = rows.assign(observed=rows["score"].notna())
    table = (
        rows.groupby(PLACE, observed=True)
        .agg(
            time=("time", "first"),
            started=("patient", "size"),
            reached=("reached", "sum"),
            observed=("observed", "sum"),
        )
        .reset_index()
    )
    table["missing_proportion"] = 1 - table["observed"] / table["started"]
    return order_rows(table[MISSINGNESS], arms)


def _after_baseline(endpoints: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    rows = select_included(endpoints, cohort)
    return rows[rows["axis"] != "baseline"]


def _count(rows: pd.DataFrame, endpoint: str) -> pd.DataFrame:
    """Count one endpoint in both populations; instruments that never have it are left out."""
    known = rows[endpoint].notna()
    rows = rows[rows["instrument"].isin(rows.loc[known, "instrument"].unique())]
    groups = rows.assign(event=rows[endpoint].fillna(False).astype(bool), known=known).groupby(PLACE, observed=True)
    counts = groups.agg(
        time=("time", "first"),
        started=("patient", "size"),
        reached=("reached", "sum"),
        observed=("known", "sum"),
        events=("event", "sum"),
    ).reset_index()
    parts = [counts.assign(endpoint=endpoint, population=name, n=counts[name]) for name in POPULATIONS]
    return pd.concat(parts, ignore_index=True)


def _contrast(response: pd.DataFrame, rows: pd.DataFrame, arm: str, reference: str) -> pd.DataFrame:
    """Set one arm's counts beside the reference's and take the difference."""
    table = response[response["arm"] == arm].merge(
        response[response["arm"] == reference], on=CELL, suffixes=("", "_reference")
    )
    events, n, reference_events, reference_n = (
        table[name].to_numpy(float) for name in ("events", "n", "events_reference", "n_reference")
    )
    products = _sum_products(table, rows, arm, reference)
    correlation = compute_correlation(products, events, n, reference_events, reference_n)
    difference, lower, upper = compute_newcombe(events, n, reference_events, reference_n, correlation)
    return table.assign(contrast=f"{arm} - {reference}", difference=difference, lower=lower, upper=upper)


def _sum_products(table: pd.DataFrame, rows: pd.DataFrame, arm: str, reference: str) -> Floats:
    """Sum, per row of ``table``, the products of deviations over the pairs of series that share a patient."""
    place = ["instrument", "axis", "timepoint"]
    sides = [rows.loc[rows["arm"] == name, ["patient", *place, *ENDPOINTS]] for name in (arm, reference)]
    if not set(sides[0]["patient"]) & set(sides[1]["patient"]):
        return np.zeros(len(table))
    pairs = sides[0].merge(sides[1], on=["patient", *place], suffixes=("", "_reference"))
    pairs = pairs.astype(dict.fromkeys(place, str))
    parts = [_pair(pairs, endpoint, population) for endpoint in ENDPOINTS for population in POPULATIONS]
    pairs = table.reset_index().merge(pd.concat(parts), on=CELL)
    deviations = pairs["left"] - pairs["proportion"]
    products = deviations * (pairs["right"] - pairs["proportion_reference"])
    return products.groupby(pairs["index"]).sum().reindex(range(len(table)), fill_value=0.0).to_numpy()


def _pair(pairs: pd.DataFrame, endpoint: str, population: str) -> pd.DataFrame:
    """Return the pairs' two answers to one endpoint as 0 and 1; observed pairs need both."""
    both = pairs.rename(columns={endpoint: "left", f"{endpoint}_reference": "right"})
    both = both[["instrument", "axis", "timepoint", "left", "right"]].assign(endpoint=endpoint, population=population)
    both = both.dropna(subset=["left", "right"]) if population == "observed" else both
    return both.assign(**{side: both[side].fillna(False).astype(float) for side in ("left", "right")})
