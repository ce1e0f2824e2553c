"""Which figure shows scores by dose, and what it says. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.exposure import DoseResponse
from outcomes.records import list_records
from outcomes.release.arms import order_arms
from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.numbers import fixed, general, interval
from outcomes.settings import Study

CAVEAT = "An association only: the dose follows response and side effects, so that it does not say what another dose would do."


def plan_exposure(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figure of scores by dose, the arms of which a difference was released; none where there is no such arm."""
    rows = read_rows(tables, DoseResponse.name)
    if rows.empty:
        return []
    known = rows[rows[DoseResponse.estimate].notna() & _is_told(rows)]
    apart = known[known[DoseResponse.lower].notna()]
    arms = order_arms(study, set(apart[DoseResponse.arm]))
    if not arms:
        return []
    name = study.instrument(study.instruments[0]).name
    return [
        Plan(
            "dose_response",
            "exposure",
            f"{name} by dose of the sessions before",
            f"Difference in {name} after sessions, at each mean dose of the sessions before, from that at the dose with the open mark, with {COVERED} intervals. "
            f"{CAVEAT} Natural spline in a mixed model of each arm, with baseline and session.",
            _say(apart, arms, study),
            known[known[DoseResponse.arm].isin(arms)].sort_values([DoseResponse.arm, DoseResponse.dose], kind="stable"),
            study.instruments[0],
        )
    ]


def _is_told(rows: pd.DataFrame) -> pd.Series:
    """Whether a row has its interval, or is the reference, which needs none."""
    return rows[DoseResponse.lower].notna() | (rows[DoseResponse.dose] == rows[DoseResponse.reference])


def _say(apart: pd.DataFrame, arms: list[str], study: Study) -> str:
    parts = []
    for arm in arms:
        own = apart[apart[DoseResponse.arm] == arm].sort_values(DoseResponse.dose, kind="stable")
        told = [
            f"{general(row[DoseResponse.dose])} {row[DoseResponse.unit]} {fixed(row[DoseResponse.estimate])} "
            f"({interval(row[DoseResponse.lower], row[DoseResponse.upper])})"
            for row in list_records(own)
        ]
        parts.append(f"{name_arm(study, arm)}, from {general(own[DoseResponse.reference].iloc[0])}: {', '.join(told)}")
    return f"Score by dose, one panel an arm, an association only. {'; '.join(parts)}."
