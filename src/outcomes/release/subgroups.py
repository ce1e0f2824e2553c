"""Rules of the disclosure gate for who was compared, and for kinds of patients within a comparison.

Levels of a variable add up to the arm, and within a level those observed and those not, those responded and those not. Numbers of the
whole arm stand in other tables, so they cannot be withheld here: among the levels, others go in their place.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.release.blanking import blank
from outcomes.release.suppression import Cells, suppress

Tables = Mapping[str, pd.DataFrame]
SHOWN = float("inf")  # cost of a number that other tables show as well


def withhold_eligibility(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few patients left out by a rule, and numbers from which they follow."""
    hidden = suppress(build_eligibility(table), minimum_cell)
    return blank(table, table["order"].isin(hidden), ["n"])


def build_eligibility(table: pd.DataFrame) -> Cells:
    """Return the steps by ``order``: in each arm, the first equals the last and all that were left out between."""
    cells = Cells()
    for arm, own in table.groupby("arm", sort=False):
        orders, counts = own["order"].tolist(), own["n"].tolist()
        for place, (order, n) in enumerate(zip(orders, counts, strict=True)):
            cells.add(order, n, SHOWN if place in (0, len(orders) - 1) else n)
        lost = cells.add((arm, "lost"), sum(counts[1:-1]), SHOWN)
        cells.tie(lost, orders[1:-1])
        cells.tie(orders[0], [lost, orders[-1]])
    return cells


SUBGROUP_RULES = {"eligibility": withhold_eligibility}
