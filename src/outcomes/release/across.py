"""What only all released tables together give away: declared counts as one system, whatever table shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from outcomes.release.bins import merge_bins, merge_changes
from outcomes.release.consequences import withhold_groups
from outcomes.release.groups import COUNTS, NO_COUNTS, Tables, register_groups
from outcomes.release.relations import relate_groups
from outcomes.release.suppression import suppress


def check_declared(tables: Tables) -> None:
    """Refuse a table whose counts are not declared in :mod:`outcomes.release.groups`.

    Raises
    ------
    ValueError
        Names each table, or its columns of whole numbers, that are declared neither as counts nor as none.
    """
    wrong = [name for name in tables if name not in COUNTS]
    for name in set(tables) & set(COUNTS):
        table, said = tables[name], {*COUNTS[name], *NO_COUNTS.get(name, ())}
        whole = [column for column in table if pd.api.types.is_integer_dtype(table[column]) and column not in said]
        wrong += [f"{name}.{column}" for column in whole]
    if wrong:
        raise ValueError(
            f"counts not declared: {', '.join(sorted(wrong))}; say in outcomes.release.groups what each counts "
            "(COUNTS and NAMERS), or that it counts nobody (NO_COUNTS)."
        )


def withhold_across(
    tables: Tables,
    released: dict[str, pd.DataFrame],
    minimum_cell: int,
    instruments: Sequence[str],
    derived: Mapping[str, str],
) -> dict[str, pd.DataFrame]:
    """Return the tables without what follows from several of them together."""
    register = register_groups(tables)
    cells = relate_groups(register, tables, minimum_cell, instruments, derived)
    missing = {
        (name, at, column)
        for name, table in released.items()
        for column in COUNTS[name]
        if column in table
        for at in table.index[table[column].isna()]
    }
    gone = {group for group, places in register.places.items() if not missing.isdisjoint(places)}
    hidden = suppress(cells, minimum_cell, gone)
    return withhold_groups(released, register, hidden, minimum_cell)


def merge_lines(tables: Tables, minimum_cell: int) -> dict[str, pd.DataFrame]:
    """Return the distributions with their bins merged, so that all that follows sees the bins that are released."""
    merged = {}
    if "change_distribution" in tables:
        merged["change_distribution"] = merge_changes(
            tables["change_distribution"], tables.get("response"), minimum_cell
        )
    if "score_overlap" in tables:
        merged["score_overlap"] = merge_bins(tables["score_overlap"], ["arm"], minimum_cell)
    return merged
