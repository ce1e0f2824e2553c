"""How the raw rows ended: by file and by reason."""

from __future__ import annotations

from outcomes.release.numbers import count
from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import add_up, heading, index_rows, number, say
from outcomes.release.report.content.material import Material, shown


def tabulate_ledger(material: Material) -> Grid | None:
    """Return how the raw rows of each file ended."""
    balance = material.rows("balance")
    if balance.empty:
        return None
    states = [name for name in ("raw", "kept", "corrected", "flagged", "merged", "quarantined") if name in balance]
    rows = [
        (heading(str(row["file"])), *(number(shown(row, count(row[state]))) for state in states))
        for row in index_rows(balance, "file").values()
    ]
    if len(rows) > 1:
        totals = [add_up(balance[state]) for state in states]
        rows.append((heading("All files"), *(number(text) for text in totals)))
    return Grid(
        "ledger",
        "How the rows of the raw export ended.",
        ((heading("File"), *(heading(state.capitalize()) for state in states)),),
        tuple(rows),
        ("Raw = kept + merged + quarantined. Corrected and flagged rows are among the kept.",),
        sortable=True,
    )


def tabulate_reasons(material: Material) -> Grid | None:
    """Return the ledger's entries by reason, over all files."""
    ledger = material.rows("ledger")
    if ledger.empty:
        return None
    groups = ledger.groupby(["state", "reason"], sort=True)["rows"]
    rows = [(heading(str(state)), Cell(say(str(reason))), number(add_up(part))) for (state, reason), part in groups]
    return Grid(
        "reasons",
        "What was done to raw rows, and why.",
        ((heading("State"), heading("Reason"), heading("Rows")),),
        tuple(rows),
        (
            "A row can have several entries. In the table of rows by state it counts once: a row that was corrected and also flagged is "
            "among the corrected there.",
        ),
        sortable=True,
    )
