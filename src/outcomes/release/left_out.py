"""A declared comparison that the data could not carry: everything released is that of a study without one, and says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.contracts.released.comparison import LEFT_OUT, ComparisonStatement
from outcomes.contracts.released.cost import CostDifference, NetBenefit
from outcomes.settings import Study


@dataclass(frozen=True)
class LeftOut:
    """A comparison that was declared and not made: why, as it follows "because", and its treated and reference arm."""

    reason: str
    pair: tuple[str, str]


def find_reason(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return why a declared comparison was not made, as it follows "because"; empty where it was, or none is declared."""
    said = tables.get(ComparisonStatement.name)
    if said is None or said.empty:
        return ""
    why = said.loc[said[ComparisonStatement.subject].astype(str) == LEFT_OUT, ComparisonStatement.text]
    return str(why.iloc[0]) if len(why) else ""


def find_left_out(tables: Mapping[str, pd.DataFrame], study: Study) -> LeftOut | None:
    """Return the declared comparison that could not be made; none where it was made, or none is declared."""
    reason, comparison = find_reason(tables), study.comparison
    if comparison is None or not reason:
        return None
    return LeftOut(reason, (comparison.estimand.treated, comparison.estimand.reference))


def keep_made(tables: Mapping[str, pd.DataFrame], study: Study) -> Study:
    """Return a study without a comparison that could not be made."""
    return study if find_left_out(tables, study) is None else study.model_copy(update={"comparison": None})


def drop_uncompared(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables without differences in charge where the declared comparison was not made: who is not compared is so in nothing."""
    left_out = (CostDifference.name, NetBenefit.name) if find_reason(tables) else ()
    return {name: table.iloc[:0] if name in left_out else table for name, table in tables.items()}
