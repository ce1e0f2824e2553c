"""All released tables by name, for the rooms that see every one: the gate, the files, the report, the dictionary."""

from __future__ import annotations

from outcomes.contracts.released import (
    comparison,
    cost,
    courses,
    describe,
    durability,
    eligibility,
    exposure,
    harms,
    instruments,
    models,
    onset,
    quality,
    sites,
    subgroups,
)
from outcomes.contracts.released.table import ReleasedTable, list_declared

RELEASED: dict[str, type[ReleasedTable]] = {
    table.name: table
    for table in list_declared(
        quality,
        describe,
        eligibility,
        instruments,
        comparison,
        subgroups,
        sites,
        durability,
        harms,
        exposure,
        onset,
        courses,
        cost,
        models,
    )
}
