"""The figure of power by patients an arm, and what it says. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.numbers import fixed, general
from outcomes.settings import Study


def plan_power(table: pd.DataFrame, study: Study) -> Plan:
    """Return the figure of a table of power: one curve for each difference asked, and for the margin where one is declared."""
    assert study.comparison is not None
    estimand = study.comparison.estimand
    rows = table[(table["spread"] == 1) & ~((table["question"] == "difference") & (table["difference"] == 0))]
    rows = rows.assign(curve=[_name(row, study) for row in list_records(rows)])
    name = study.instrument(estimand.instrument).name
    last = rows[rows["per_arm"] == rows["per_arm"].max()]
    said = "; ".join(f"{row['curve']}: {fixed(100 * row['power'], 0)}%" for row in list_records(last))
    return Plan(
        "power",
        "power",
        f"{name}: power by patients an arm",
        f"Share of simulated trials that show a difference at {estimand.timepoint} ({COVERED} interval that excludes zero), or lie within the margin, by patients an arm; "
        "bands: two Monte Carlo errors to either side. Covariance, dropout, and weights are those of this study.",
        f"Rising curves. With {fixed(last['per_arm'].max(), 0)} patients an arm, {said}.",
        rows,
        estimand.instrument,
    )


def _name(row: Mapping[Any, Any], study: Study) -> str:
    if row["question"] == "difference":
        return f"{general(row['difference'])} point{'' if row['difference'] == 1 else 's'}"
    assert study.comparison is not None
    margin = study.comparison.estimand.margin
    return f"{str(row['question']).replace('_', '-')}, margin {general(margin.points if margin else 0)}"
