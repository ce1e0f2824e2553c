"""What deserves a look before a report is used: read off the released tables, for the page and for the last lines of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from outcomes.release.figures.plan import read_rows
from outcomes.release.report.content import Bullets, Section
from outcomes.release.report.grids import add_up, say
from outcomes.release.report.numbers import count

Tables = Mapping[str, pd.DataFrame]


def show_attention(tables: Tables) -> Section:
    """Return what deserves a look before the report is used."""
    found = list_attention(tables)
    return Section("attention", "What deserves a look", (Bullets(tuple(found or ["Nothing stood out."])),))


def list_attention(tables: Tables) -> list[str]:
    """Return one sentence for each thing that deserves a look: quarantined rows, models, withheld cells, doubtful totals."""
    return [text for text in (_quarantined(tables), _unconverged(tables), _withheld(tables), _flagged(tables)) if text]


def write_closing(tables: Tables, path: Path) -> str:
    """Return the last lines of a run: where the report is, and what deserves a look."""
    return "\n".join([f"Report: {path}", *list_attention(tables)]) + "\n"


def _total(tables: Tables, state: str) -> str:
    """Return the number of raw rows in a state with its reasons; empty when there are none."""
    balance = read_rows(tables, "balance")
    if balance.empty or state not in balance or (balance[state] == 0).all():
        return ""
    ledger = read_rows(tables, "ledger")
    ledger = ledger[ledger["state"] == state] if len(ledger) else ledger
    groups = {say(str(reason)): part for reason, part in ledger.groupby("reason")["rows"]} if len(ledger) else {}
    reasons = ", ".join(f"{reason} {add_up(part)}" for reason, part in groups.items())
    least = max([balance[state].sum(), *(part.sum() for part in groups.values())])  # a reason's rows are distinct
    hidden = balance[state].isna().any() and least
    return (f"at least {count(least)}" if hidden else add_up(balance[state])) + (f" ({reasons})" if reasons else "")


def _quarantined(tables: Tables) -> str:
    text = _total(tables, "quarantined")
    return f"Quarantined rows of the export: {text}." if text else ""


def _flagged(tables: Tables) -> str:
    text = _total(tables, "flagged")
    return f"Flagged rows (kept, with a doubt noted): {text}." if text else ""


def unconverged(tables: Tables) -> list[str]:
    """Return the names of the models that did not converge."""
    models = read_rows(tables, "models")
    if models.empty or "converged" not in models:
        return []
    failed = models[models["converged"].astype(str).str.lower().isin(["false", "0", "0.0"])]
    return [str(name) for name in failed["model" if "model" in failed else failed.columns[0]]]


def _unconverged(tables: Tables) -> str:
    names = unconverged(tables)
    return f"Models that did not converge: {', '.join(names)}." if names else ""


def withheld_rows(tables: Tables) -> dict[str, int]:
    """Return the number of withheld rows of each released table that has any."""
    totals = {name: int(read_rows(tables, name)["withheld"].sum()) for name in tables if len(read_rows(tables, name))}
    return {name: total for name, total in totals.items() if total}


def _withheld(tables: Tables) -> str:
    totals = withheld_rows(tables)
    if not totals:
        return ""
    each = ", ".join(f"{say(name)} {total}" for name, total in totals.items())
    return f"Rows of released tables with withheld numbers: {each}."
