"""Every table that may be released, declared once: what a row is, its key, and what each column holds.

The disclosure gate, the files under ``results/``, their dictionary, the list of the steps' outputs, the report's titles, and
the tests read these declarations; an analysis names columns by their attributes. A table or column without a declaration is
refused. A new table is a class in the module of its subject, and a new subject a module that is named here.
"""

from __future__ import annotations

from outcomes.contracts.released import comparison, describe, durability, models, quality
from outcomes.contracts.released.table import ReleasedTable

RELEASED: dict[str, type[ReleasedTable]] = {
    table.name: table
    for subject in (quality, describe, comparison, durability, models)
    for table in vars(subject).values()
    if isinstance(table, type)
    and issubclass(table, ReleasedTable)
    and table.row
    and table.__module__ == subject.__name__
}


def list_tables(step: str) -> tuple[str, ...]:
    """Return the names of the released tables that a step estimates, in order."""
    return tuple(name for name, table in RELEASED.items() if table.written_by == step)


__all__ = ["RELEASED", "ReleasedTable", "list_tables"]
