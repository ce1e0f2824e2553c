"""Rounded counts of several sites added up: between which two numbers the sum lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.contracts.released.columns import People
from outcomes.contracts.released.comparison import Eligibility
from outcomes.contracts.released.describe import Response
from outcomes.contracts.released.harms import Harms, Stopping
from outcomes.contracts.released.table import ReleasedTable
from outcomes.network.received import Received
from outcomes.records import list_records
from outcomes.release.disclosure.narrowing import COARSER
from outcomes.release.disclosure.rounding import BASE, Rounding

COUNTS = ["table", "row", "count", "sites", "low", "high", "bounds"]
SUMMED: tuple[tuple[type[ReleasedTable], tuple[str, ...], tuple[People, ...]], ...] = (
    (Eligibility, (Eligibility.step, Eligibility.reason, Eligibility.arm), (Eligibility.n,)),
    (
        Response,
        (Response.timepoint, Response.endpoint, Response.population, Response.arm),
        (Response.n, Response.events),
    ),
    (Harms, (Harms.event, Harms.arm), (Harms.patients, Harms.affected)),
    (Stopping, (Stopping.reason, Stopping.arm), (Stopping.patients, Stopping.affected)),
)
Row = Mapping[Any, Any]


def tabulate_counts(packages: Sequence[Received]) -> pd.DataFrame:
    """Return every count added up over the sites: the smallest and largest sum that the released numbers leave possible.

    Sites without a row of that key, where nobody was asked or no such event was written down, add nothing; ``sites`` counts the others, and
    ``bounds`` those of them that show no number.
    """
    rows: list[dict[str, Any]] = []
    for table, keys, counts in SUMMED:
        found: dict[tuple[str, ...], list[tuple[Row, Rounding, bool]]] = {}
        for package in packages:
            frame, rounding = package.tables[table.name], Rounding(package.manifest["minimum_cell"])
            for row in list_records(frame):
                key = tuple("" if pd.isna(row[part]) else str(row[part]) for part in keys)
                found.setdefault(key, []).append((row, rounding, _may_be_coarse(table, frame, row)))
        rows += [_add_up(table.name, key, count, members) for key, members in found.items() for count in counts]
    return pd.DataFrame(rows, columns=COUNTS)


def _may_be_coarse(table: type[ReleasedTable], frame: pd.DataFrame, row: Row) -> bool:
    """Return whether a number may be rounded to more than five: the total of a declared sum of which a part is hidden."""
    totals = [dict(one.total) for one in table.sums if one.total]
    if not any(all(str(row[name]) == value for name, value in total.items()) for total in totals):
        return False
    same = frame[Eligibility.arm] == row[Eligibility.arm]
    return bool((frame.loc[same, Eligibility.n.bound] != "").any())


def _add_up(
    name: str, key: tuple[str, ...], count: People, members: Sequence[tuple[Row, Rounding, bool]]
) -> dict[str, Any]:
    spans = [_find_span(row, count, rounding, coarse) for row, rounding, coarse in members]
    told = [one for one in spans if one is not None]
    return {
        "table": name,
        "row": " | ".join(part for part in key if part),
        "count": str(count),
        "sites": len(told),
        "low": sum(low for low, _ in told),
        "high": sum(high for _, high in told),
        "bounds": sum(bool(row[count.bound]) for row, _, _ in members),
    }


def _find_span(row: Row, count: People, rounding: Rounding, coarse: bool) -> tuple[int, int] | None:
    """Return between which numbers a released count lies; None where there is none.

    A bound is at least 1 where the whole is shown of which the count is a part; in a group that is hidden itself it may stand for nobody.
    """
    if row[count.bound]:
        shown = count.part_of is not None and not pd.isna(row[count.part_of])
        return (1 if shown else 0), rounding.minimum - 1
    if pd.isna(row[count]):
        return None
    printed = int(row[count])
    bases = [BASE, *(base for base in COARSER if coarse and printed % base == 0)]
    spans = [rounding.span(printed, base) for base in bases]
    return min(low for low, _ in spans), max(high for _, high in spans)
