"""How the raw rows ended: by file and by reason."""

from __future__ import annotations

import pandas as pd

from outcomes.release.numbers import count
from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import add_up, heading, index_rows, number, say, tell_count
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


def tabulate_health(material: Material) -> Grid | None:
    """Return what in the export does not hang together, equal checks of several inputs one below the other."""
    found = material.rows("data_health")
    if found.empty:
        return None
    rows = [
        (
            heading(say(str(row["check"]))),
            Cell(str(row["meaning"])),
            Cell(", ".join(str(row[name]) for name in ("file", "column") if pd.notna(row[name]) and row[name])),
            number(f"{tell_count(row, 'n')} of {tell_count(row, 'total')} {row['unit']}"),
            Cell(str(row["accepted"]) if pd.notna(row["accepted"]) else ""),
        )
        for row in found.to_dict("records")
    ]
    return Grid(
        "data-health",
        "What in the export does not hang together.",
        (tuple(heading(text) for text in ("Check", "What it finds", "Where", "How many", "Accepted, as")),),
        tuple(rows),
        ("Inputs are numbered as in the table of rows; counts of people are rounded as everywhere.",),
        sortable=True,
    )
