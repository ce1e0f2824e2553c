"""Histogram bins with enough in each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def merge_bins(table: pd.DataFrame, within: Sequence[str], minimum_cell: int) -> pd.DataFrame:
    """Return the table with neighbouring bins merged until each holds at least ``minimum_cell``.

    Parameters
    ----------
    table : DataFrame
        Ordered bins: ``bin_lower``, ``bin_upper``, ``n``, and ``cumulative`` (proportion at or below ``bin_upper``), within
        the groups that the columns ``within`` name.
    within : sequence of str
        Columns that name a group.
    minimum_cell : int
        Smallest count of a bin; from the left, a bin is closed as soon as it has that many, and the rest joins the last.
        A group with fewer in all becomes one bin.

    Returns
    -------
    DataFrame
        Same columns and order, fewer rows.
    """
    if table.empty:
        return table
    group = table.groupby(list(within), sort=False).ngroup()
    parts = [pd.Series(_close_bins(rows["n"].tolist(), minimum_cell), rows.index) for _, rows in table.groupby(group)]
    place = pd.concat(parts).reindex(table.index)
    merged = table.groupby([group, place], sort=False)
    first = merged.first().reset_index(drop=True)
    last = merged.nth(-1).reset_index(drop=True)
    return first.assign(
        bin_upper=last["bin_upper"], cumulative=last["cumulative"], n=merged["n"].sum().reset_index(drop=True)
    )[table.columns]


def _close_bins(counts: Sequence[int], minimum_cell: int) -> list[int]:
    """Return the number of the merged bin of each bin."""
    places, current, held = [], 0, 0
    left = sum(counts)
    for count in counts:
        if held >= minimum_cell and left >= minimum_cell:
            current, held = current + 1, 0
        places.append(current)
        held, left = held + count, left - count
    return places
