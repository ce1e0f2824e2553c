"""Which figure shows what treatment is charged, and what it says. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.cost import CHARGE, EVERYONE, INDUCTION, RESPONSE, Charges, CostDifference
from outcomes.records import list_records
from outcomes.release.arms import list_compared
from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.numbers import money
from outcomes.settings import Study

LEVELS = (0.5, 0.8, 0.95)  # of the samples, within the ellipses of the plane


def plan_cost(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figure of mean charges, with the plane of the two differences at the last horizon; none where no mean was released."""
    rows, cost = read_rows(tables, Charges.name), study.cost
    if rows.empty or cost is None:
        return []
    rows = rows[rows[Charges.variable] == EVERYONE]
    rows = rows[rows[Charges.arm].isin(rows.loc[rows[Charges.mean].notna(), Charges.arm])]
    if rows.empty:
        return []
    rows = rows.sort_values(Charges.horizon, key=lambda names: names.map(place_horizon), kind="stable")
    plane = choose_plane(read_rows(tables, CostDifference.name))
    both = ""
    if len(plane):
        treated, reference = (study.in_text(arm) for arm in list_compared(study))
        shares = ", ".join(f"{100 * level:.0f}" for level in LEVELS)
        both = (
            f" Right: adjusted differences to {plane[CostDifference.horizon].iloc[0]}, {treated} minus {reference}. Shaded: {shares}% of bootstrap "
            "samples, by their spread and correlation."
        )
    return [
        Plan(
            "cost",
            "cost",
            "Charges",
            f"Mean charge per treated patient ({cost.currency} of {cost.price_year}); bars: {COVERED} intervals over samples of patients.{both}",
            _say(rows, study, cost.currency),
            pd.concat([rows, plane], ignore_index=True),
        )
    ]


def place_horizon(horizon: str) -> float:
    """Return where a horizon lies among the others: the induction first, then by day."""
    return 0.0 if horizon == INDUCTION else float(horizon.split()[-1])


def choose_plane(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the two differences of the last horizon at which both have an interval; else no rows."""
    if rows.empty:
        return rows
    known = rows[rows[CostDifference.lower].notna() & rows[CostDifference.correlation].notna()]
    for horizon in sorted(set(known[CostDifference.horizon]), key=place_horizon, reverse=True):
        own: pd.DataFrame = known[known[CostDifference.horizon] == horizon]
        if {CHARGE, RESPONSE} <= set(own[CostDifference.measure]):
            return own
    none: pd.DataFrame = known.iloc[:0]
    return none


def _say(rows: pd.DataFrame, study: Study, currency: str) -> str:
    known = list_records(rows[rows[Charges.mean].notna()])
    parts = [
        f"{row[Charges.horizon]}, {name_arm(study, row[Charges.arm])}: {money(row[Charges.mean], currency)}"
        for row in known
    ]
    return f"Mean charge per patient by arm and horizon. {'; '.join(parts)}."
