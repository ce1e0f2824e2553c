"""Data quality before a report is used: read off the released tables, for the page and for the last lines of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from outcomes.contracts.released.quality import ROWS, Flow
from outcomes.records import list_records
from outcomes.release.figures.plans.plan import read_rows
from outcomes.release.left_out import find_reason
from outcomes.release.report.content.blocks import Bullets
from outcomes.release.report.content.grids import add_up, say, tell_count

MOST = 3  # tables named that have most rows with numbers not reported
Tables = Mapping[str, pd.DataFrame]


def show_attention(tables: Tables) -> tuple[Bullets, ...]:
    """Return what deserves a look before the report is used, besides the rows of the export."""
    found = [text for text in (_left_out(tables), _unconverged(tables), _hidden(tables)) if text]
    return (Bullets(tuple(found)),) if found else ()


def list_attention(tables: Tables) -> list[str]:
    """Return one sentence for each thing that deserves a look: quarantined rows, models, withheld cells, doubtful totals."""
    told = (_left_out(tables), _quarantined(tables), _unconverged(tables), say_withheld(tables), _flagged(tables))
    return [text for text in told if text]


def write_closing(tables: Tables, path: Path) -> str:
    """Return the last lines of a run: where the report is, and what deserves a look."""
    return "\n".join([f"Report: {path}", *list_attention(tables)]) + "\n"


def list_ended(tables: Tables, state: str) -> dict[str, str]:
    """Return how many rows of the export ended in a state, by reason, of all files together: those of the flow, so that a release tells one number."""
    flow = read_rows(tables, Flow.name)
    if flow.empty:
        return {}
    ended = flow[(flow[Flow.unit] == ROWS) & flow[Flow.label].astype(str).str.startswith(f"{state}: ")]
    return {str(row[Flow.reason]): tell_count(row, Flow.n) for row in list_records(ended)}


def _left_out(tables: Tables) -> str:
    reason = find_reason(tables)
    return f"The declared comparison was not made, because {reason}." if reason else ""


def _quarantined(tables: Tables) -> str:
    reasons = [f"{say(reason)} {rows}" for reason, rows in list_ended(tables, "quarantined").items()]
    return f"Quarantined rows of the export: {', '.join(reasons)}." if reasons else ""


def _flagged(tables: Tables) -> str:
    """Return how many rows are kept with a doubt, by reason; a row can have several."""
    ledger = read_rows(tables, "ledger")
    ledger = ledger[ledger["state"] == "flagged"] if len(ledger) else ledger
    groups = ledger.groupby("reason")["rows"] if len(ledger) else ()
    reasons = ", ".join(f"{say(str(reason))} {add_up(part)}" for reason, part in groups)
    return f"Rows kept but flagged: {reasons}." if reasons else ""


def has_converged(value: object) -> bool:
    """Whether a released value of ``converged`` says so: it is a boolean, or text or a number where cells are empty."""
    return value if isinstance(value, bool) else str(value).lower() == str(True).lower()


def unconverged(tables: Tables) -> list[str]:
    """Return the names of the models that did not converge."""
    models = read_rows(tables, "models")
    if models.empty or "converged" not in models:
        return []
    failed = models[~models["converged"].map(has_converged)]
    return [str(name) for name in failed["model" if "model" in failed else failed.columns[0]]]


def name_unconverged(tables: Tables) -> list[str]:
    """Return the labels of the models that did not converge."""
    names = unconverged(tables)
    models = read_rows(tables, "models")
    return [str(label) for label in models.loc[models["model"].isin(names), "label"]] if names else []


def _unconverged(tables: Tables) -> str:
    labels = name_unconverged(tables)
    return f"Models that did not converge: {'; '.join(labels)}." if labels else ""


def withheld_rows(tables: Tables) -> dict[str, int]:
    """Return the number of withheld rows of each released table that has any."""
    totals = {name: int(read_rows(tables, name)["withheld"].sum()) for name in tables if len(read_rows(tables, name))}
    return {name: total for name, total in totals.items() if total}


def _hidden(tables: Tables) -> str:
    if not withheld_rows(tables):
        return ""
    return "Some numbers are not reported, because a count is small or would reveal one; the limitations in detail say in which tables most are not."


def say_withheld(tables: Tables) -> str:
    """Return in which tables most rows have a number that is not reported; empty where all are."""
    totals = withheld_rows(tables)
    if not totals:
        return ""
    most = sorted(totals, key=lambda name: -totals[name])[:MOST]
    each = ", ".join(f"{say(name)} {totals[name]}" for name in most)
    further = ", and fewer in each of the others" if len(totals) > MOST else ""
    return f"Rows of released tables with numbers not reported: {each}{further}."
