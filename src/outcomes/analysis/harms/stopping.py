"""Who stopped the induction before its protocol was complete, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from outcomes.proportions import compute_clopper_pearson

STOP_REASONS = (
    "effect reached", "no effect", "side effect", "cost or payer", "medical", "lost", "died", "other", "not recorded",
)  # fmt: skip


def tabulate_stopping(series: pd.DataFrame, events: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return how many patients stopped their first series in an arm early, by reason.

    Parameters
    ----------
    series : DataFrame
        Table ``series``; early is a series with too few sessions for its protocol.
    events : DataFrame
        Table ``events``; ``stop_reason`` where the export has it.
    arms : sequence of str
        Arm ids in the study's order.

    Returns
    -------
    DataFrame
        One row per arm and ``reason`` ("any", then those that occur), the key: ``patients`` who started, ``affected``,
        ``proportion`` with its exact 95% interval. Stopping because the effect was reached is no harm; without a
        recorded reason nothing is said about why.
    """
    first = series.sort_values(["patient", "series"], kind="stable").drop_duplicates(["patient", "arm"])
    first = first.assign(arm=first["arm"].astype(str), early=first["reason"].astype(str) == "too_few_sessions")
    first = first.merge(_reasons(first, events), on=["patient", "arm"], how="left")
    reason = first["why"].fillna("not recorded")
    first = first.assign(why=reason.where(reason.isin(STOP_REASONS), "other"))
    records: list[dict[str, Any]] = []
    for why in ("any", *STOP_REASONS):
        chosen = first["early"] & ((first["why"] == why) | (why == "any"))
        if why != "any" and not chosen.any():
            continue
        for arm in arms:
            own = first["arm"] == arm
            records.append({"reason": why, "arm": arm, "patients": own.sum(), "affected": (own & chosen).sum()})
    table = pd.DataFrame(records)
    lower, upper = compute_clopper_pearson(table["affected"], table["patients"])
    share = table["affected"] / table["patients"].where(table["patients"] > 0)
    return table.assign(proportion=share, lower=lower, upper=upper)


def _reasons(first: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return the reason recorded within a series, or up to 30 days after it, by patient and arm."""
    if "stop_reason" not in events or not len(events):
        return pd.DataFrame(
            {"patient": pd.Series(dtype="int64"), "arm": pd.Series(dtype=str), "why": pd.Series(dtype=str)}
        )
    told = events.loc[events["stop_reason"].notna(), ["patient", "study_day", "stop_reason"]]
    joined = first[["patient", "arm", "start_day", "end_day"]].merge(told, on="patient")
    inside = (joined["study_day"] >= joined["start_day"]) & (joined["study_day"] <= joined["end_day"] + 30)
    joined = joined[inside].sort_values(["patient", "arm", "study_day"], kind="stable")
    joined = joined.drop_duplicates(["patient", "arm"], keep="last")
    return joined[["patient", "arm"]].assign(why=joined["stop_reason"].astype(str))
