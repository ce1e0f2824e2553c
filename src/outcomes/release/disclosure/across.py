"""What only all released tables together give away: declared counts as one system, whatever table shows them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import pandas as pd

from outcomes.release.disclosure.consequences import restore_groups, withhold_groups
from outcomes.release.disclosure.groups import COUNTS, NO_COUNTS, Tables, register_groups
from outcomes.release.disclosure.relations import relate_groups
from outcomes.release.disclosure.rules.bins import merge_bins, merge_changes
from outcomes.release.disclosure.rules.durability import DURABILITY_RULES
from outcomes.release.disclosure.rules.unweighted import withhold_unweighted
from outcomes.release.disclosure.suppression import suppress

MAY_BE_EMPTY = ("level", "reason", "population")  # columns of names in which empty says: none


def check_declared(tables: Tables) -> None:
    """Refuse a table whose counts are not declared in :mod:`outcomes.release.disclosure.groups`.

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
            f"counts not declared: {', '.join(sorted(wrong))}; say in outcomes.release.disclosure.groups what each counts "
            "(COUNTS and NAMERS), or that it counts nobody (NO_COUNTS)."
        )


def fill_names(tables: Tables) -> dict[str, pd.DataFrame]:
    """Return the tables with empty text for names that are missing, as they are after reading a table from CSV.

    A missing name equals no other, not even itself, so a count under it would be tied to nothing and withheld too rarely.
    """
    filled = dict(tables)
    for name, table in tables.items():
        for column in [column for column in MAY_BE_EMPTY if column in table and table[column].isna().any()]:
            texts = table[column].astype(object)
            filled[name] = filled[name].assign(**{column: texts.where(texts.notna(), "")})
    return filled


def check_names(tables: Tables) -> None:
    """Refuse a table with a count of which a part of the name is missing.

    Raises
    ------
    ValueError
        Names the tables, never the counts.
    """
    places = register_groups(tables).places
    wrong = sorted({place[0] for group, shown in places.items() if _is_nameless(group) for place in shown})
    if wrong:
        raise ValueError(
            f"counts with a missing name in {', '.join(wrong)}; every arm, instrument, time point, and level of a table with "
            "counts needs one ('' where there is none)."
        )


def _is_nameless(part: Hashable) -> bool:
    if isinstance(part, tuple):
        return any(_is_nameless(one) for one in part)
    return part is pd.NA or part is pd.NaT or part != part


def withhold_across(
    tables: Tables,
    released: dict[str, pd.DataFrame],
    minimum_cell: int,
    instruments: Sequence[str],
    derived: Mapping[str, str],
) -> dict[str, pd.DataFrame]:
    """Return the tables without what follows from several of them together."""
    tables = {
        **tables,
        **{name: released[name] for name in DURABILITY_RULES if name in released},
    }  # rows chosen by their rules
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
    released = restore_groups(tables, released, register, gone - hidden)
    return withhold_unweighted(tables, withhold_groups(released, register, hidden, minimum_cell))


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
