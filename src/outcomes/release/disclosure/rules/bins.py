"""Histogram bins with enough in each, also between a bin's edge and a cut-off whose count another table shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

PLACE = ["arm", "instrument", "axis", "timepoint"]


def merge_bins(
    table: pd.DataFrame,
    within: Sequence[str],
    minimum_cell: int,
    marks: Mapping[tuple[object, ...], Sequence[int]] | None = None,
) -> pd.DataFrame:
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
    marks : mapping, optional
        Group → numbers at or below some point of the line that are shown elsewhere; no edge lies so near to one that fewer
        than ``minimum_cell`` are between, unless no one is.

    Returns
    -------
    DataFrame
        Same columns and order, fewer rows.
    """
    if table.empty:
        return table
    keys = list(within)
    group = table.groupby(keys, sort=False).ngroup()
    parts = []
    for name, rows in table.groupby(keys, sort=False):
        at = (marks or {}).get(name if isinstance(name, tuple) else (name,), ())
        parts.append(pd.Series(_close_bins(rows["n"].tolist(), minimum_cell, at), rows.index))
    place = pd.concat(parts).reindex(table.index)
    merged = table.groupby([group, place], sort=False)
    first = merged.first().reset_index(drop=True)
    last = merged.nth(-1).reset_index(drop=True)
    return first.assign(
        bin_upper=last["bin_upper"], cumulative=last["cumulative"], n=merged["n"].sum().reset_index(drop=True)
    )[table.columns]


def merge_changes(table: pd.DataFrame, response: pd.DataFrame | None, minimum_cell: int) -> pd.DataFrame:
    """Return the distribution of change merged with an eye on response and worsening, which count parts of the same line."""
    marks: dict[tuple[object, ...], list[int]] = {}
    if response is not None:
        binned = table.groupby(PLACE, sort=False, observed=True)["n"].sum().to_dict()
        known = response[response["population"] == "observed"]
        for row in known.to_dict("records"):
            if row["endpoint"] in ("response", "worsening"):
                place = tuple(row[name] for name in PLACE)
                people = binned.get(place, 0)  # without those whose baseline is 0, who may have got worse
                below = row["events"] if row["endpoint"] == "response" else people - row["events"]
                marks.setdefault(place, []).append(int(below))
    return merge_bins(table, PLACE, minimum_cell, marks)


def _close_bins(counts: Sequence[int], minimum_cell: int, marks: Sequence[int] = ()) -> list[int]:
    """Return the number of the merged bin of each bin."""
    places, current, held, below = [], 0, 0, 0
    left = sum(counts)
    for count in counts:
        apart = all(below == mark or abs(below - mark) >= minimum_cell for mark in marks)
        if held >= minimum_cell and left >= minimum_cell and apart:
            current, held = current + 1, 0
        places.append(current)
        held, left, below = held + count, left - count, below + count
    return places
