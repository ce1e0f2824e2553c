"""How answers to an instrument's ideation item move; endorsement of an item, not a measure of suicide risk."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.analysis.selection import PLACE, order_rows, select_included
from outcomes.contracts.released.describe import Ideation, IdeationChange
from outcomes.proportions import compute_wilson

IDEATION = Ideation.columns
IDEATION_CHANGE = IdeationChange.columns


def tabulate_ideation(
    endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str], maximum_answer: int = 3
) -> pd.DataFrame:
    """Return the answers to the ideation item at baseline against those at each time point.

    Returns
    -------
    DataFrame
        One row per arm, instrument, axis, time point, ``baseline_answer``, and ``answer`` (each 0 … ``maximum_answer``),
        the key; ``n`` series with both answers. Every pair of answers has a row.
    """
    rows = _answered(endpoints, cohort)
    answers = range(maximum_answer + 1)
    pairs = pd.MultiIndex.from_product([answers, answers], names=["baseline_answer", "answer"]).to_frame(index=False)
    rows = rows.rename(columns={"baseline_ideation": "baseline_answer", "ideation": "answer"})
    counts = rows.groupby([*PLACE, *pairs.columns], observed=True).size().rename("n").reset_index()
    table = rows.groupby(PLACE, observed=True)["time"].first().reset_index().merge(pairs, how="cross")
    table = table.merge(counts, on=[*PLACE, *pairs.columns], how="left").fillna({"n": 0}).astype({"n": "int64"})
    return order_rows(table[IDEATION], arms)


def tabulate_ideation_change(endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return how many answers went from any to none, and from none to any.

    Returns
    -------
    DataFrame
        One row per arm, instrument, axis, time point, and ``transition`` (any_to_none | none_to_any), the key; ``n`` series
        that had any (or none) at baseline and answered, ``events`` that had none (or any), ``proportion`` with its 95%
        Wilson interval (10.1080/01621459.1927.10502953).
    """
    rows = _answered(endpoints, cohort)
    before, after = rows["baseline_ideation"] > 0, rows["ideation"] > 0
    parts = [
        _count(rows[before], ~after[before], "any_to_none"),
        _count(rows[~before], after[~before], "none_to_any"),
    ]
    table = pd.concat(parts, ignore_index=True)
    lower, upper = compute_wilson(table["events"], table["n"])
    table = table.assign(proportion=table["events"] / table["n"], lower=lower, upper=upper)
    return order_rows(table[IDEATION_CHANGE], arms)


def _answered(endpoints: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    rows = select_included(endpoints, cohort)
    rows = rows[(rows["axis"] != "baseline") & rows["ideation"].notna() & rows["baseline_ideation"].notna()]
    return rows.astype({"ideation": int, "baseline_ideation": int})


def _count(rows: pd.DataFrame, event: pd.Series, transition: str) -> pd.DataFrame:
    groups = rows.assign(event=event.astype(bool)).groupby(PLACE, observed=True)
    counts = groups.agg(time=("time", "first"), n=("event", "size"), events=("event", "sum"))
    return counts.reset_index().assign(transition=transition)
