"""On how few people a row of the comparison rests, which the release has to know where the row itself does not count them.

A risk difference of few events, or an estimate that moves with a delta given to few missing scores, would tell how many they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools
from outcomes.analysis.comparison.population.people import ENDPOINTS, Compared
from outcomes.contracts.released.comparison import Imputations, Risks, Sensitivity, Tipping
from outcomes.records import list_records

SIDES = ("treated", "reference")
TABLES = {
    "risks": Risks.fewest,
    "sensitivity": Sensitivity.fewest,
    "imputations": Imputations.fewest,
    "tipping": Tipping.fewest,
}


def count_fewest(tables: Mapping[str, pd.DataFrame], compared: Compared) -> dict[str, pd.DataFrame]:
    """Return the tables of other ways to the answer with the smallest number of people, not none, that a row gives away.

    For response and remission that of the events and of their absence in either arm, for the change that of the scores; where missing
    scores are moved, or put at an end of the scale, also that of the patients without a score in the arms concerned.
    """
    return {
        name: table.assign(**{column: _count(table, compared)}) if len(table) else table
        for name, column in TABLES.items()
        for table in [tables[name]]
    }


def _count(table: pd.DataFrame, compared: Compared) -> pd.Series:
    counts = [_count_row(row, compared) for row in list_records(table)]
    return pd.Series(counts, table.index, dtype="Int64")


def _count_row(row: Mapping[str, Any], compared: Compared) -> int | None:
    axis, timepoint = row["axis"], row["timepoint"]
    if axis not in compared.timepoints or timepoint not in compared.timepoints[axis]:
        return None
    numbers: list[int] = []
    if row.get("endpoint") in ENDPOINTS:
        values = compared.at(axis, timepoint, row["endpoint"])
        numbers += [int((side & (values == one)).sum()) for side in _split(compared) for one in (0, 1)]
    else:
        seen = ~np.isnan(compared.at(axis, timepoint, "change"))
        numbers += [int((side & seen).sum()) for side in _split(compared)]
    moved = _find_moved(row)
    if moved:
        missing = np.isnan(compared.at(axis, timepoint, "change"))
        numbers += [
            int((side & missing).sum()) for name, side in zip(SIDES, _split(compared), strict=True) if name in moved
        ]
    return min((number for number in numbers if number > 0), default=None)


def _split(compared: Compared) -> tuple[Bools, Bools]:
    return compared.treated, ~compared.treated


def _find_moved(row: Mapping[str, Any]) -> set[str]:
    """Return the arms whose missing scores the row moves or fills."""
    deltas = {side for side in SIDES if row.get(f"delta_{side}")}
    analysis = str(row.get("analysis", ""))
    if analysis.startswith("worst_case"):
        return {*SIDES}
    return deltas | {side for side in SIDES if analysis.startswith((f"delta_{side}", f"tipping_point_{side}"))}
