"""Which rows are analysed, and the order in which tables list them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pandas as pd

from outcomes.errors import ModelError

log = logging.getLogger(__name__)

AXES = ("enrolment", "baseline", "session", "day", "visit", "clean")
ENDPOINTS = ("response", "remission", "worsening")
POPULATIONS = ("started", "observed")
EVERYONE = "all"  # the column beside the arms: each patient once
PLACE = ["arm", "instrument", "axis", "timepoint"]


def select_included(endpoints: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    """Return the endpoint rows of the series that enter the analysis."""
    included = cohort.loc[cohort["included"], ["patient", "series"]]
    return endpoints.merge(included, on=["patient", "series"], how="inner")


def select_timed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of time points with a place on their axis: the name of a visit tells no model its order.

    Raises
    ------
    ModelError
        There are rows, and none has one.
    """
    timed = rows[rows["time"].notna()]
    lost = sorted(set(rows["timepoint"].astype(str)) - set(timed["timepoint"].astype(str)))
    if lost and timed.empty:
        raise ModelError(
            f"visits: {', '.join(lost)} have no 'time', so that no model can put them in order; give it under visits."
        )
    if lost:
        log.info("left out of the models, for they have no time: %s", ", ".join(lost))
    return timed


def select_first(rows: pd.DataFrame, *within: str) -> pd.DataFrame:
    """Return one row a patient (within the named columns): that of the lowest series number."""
    return rows.sort_values(["patient", "series"], kind="stable").drop_duplicates(["patient", *within])


def order_rows(table: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return the table in its released order: by instrument, axis, time, and endpoint, with the arms side by side.

    Arms, axes, endpoints, and populations keep their declared order ('all' before the arms); names become plain text.
    """
    ranks = {
        "axis": AXES,
        "endpoint": ENDPOINTS,
        "population": POPULATIONS,
        "arm": (EVERYONE, *arms),
        "contrast": [f"{arm} - {arms[0]}" for arm in arms],
    }
    names = [name for name in ("instrument", "axis", "timepoint") if name in table]
    table = table.assign(**{name: table[name].astype(str) for name in [*names, *ranks] if name in table})
    keys = ["instrument", "axis", "time", "timepoint", "endpoint", "population", "arm", "contrast", "bin_lower"]
    keys = [key for key in [*keys, "baseline_answer", "answer", "transition"] if key in table]

    def _rank(column: pd.Series) -> pd.Series:
        order = ranks.get(str(column.name))
        return column if order is None else column.map({value: i for i, value in enumerate(order)})

    return table.sort_values(keys, key=_rank, kind="stable", na_position="last", ignore_index=True)
