"""Raw export → clean tables and the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.commands.command import DATA
from outcomes.files import write_text
from outcomes.steps.step import Step, Work

if TYPE_CHECKING:
    import pandas as pd


def intake(work: Work) -> dict[str, pd.DataFrame]:
    """Read the raw export into clean tables; every raw row ends in the ledger."""
    from outcomes.contracts import empty_table
    from outcomes.intake import describe_findings, read_export, refuse, tabulate_findings

    export = read_export(work.study, Path(work.options.data or work.whole.data))
    describe_findings(export.findings)
    refuse(export.findings, work.study.accept)
    health = tabulate_findings(export.findings, work.study.accept, list(export.ledger["file"].cat.categories))
    tables = {**export.tables, "ledger": export.ledger, "balance": export.balance, "health": health}
    write_text(json.dumps(export.inputs, indent=1, sort_keys=True) + "\n", work.places.derived / "inputs.json")
    return {name: tables.get(name, empty_table(name)) for name in STEP.writes}


STEP = Step(
    intake,
    "raw export → clean tables and the ledger",
    reads=(),
    writes=(
        *("patients", "sessions", "assessments", "adverse_events", "vitals", "events"),
        *("key", "ledger", "balance", "health"),
    ),
    sections=(
        *("layouts", "sources", "dates", "cleaning", "visits", "instruments", "own_instruments", "arms"),
        *("own_protocols", "endpoints", "series", "unused", "accept", "cost"),
    ),
    options=(DATA,),
)
