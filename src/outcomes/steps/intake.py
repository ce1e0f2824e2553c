"""The first step, and a look at what it did: raw export → clean tables, and the ledger on the screen."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from outcomes.files import Places, read_table, write_table, write_text
from outcomes.settings import read_study
from outcomes.steps.step import open_study
from outcomes.workflow import TABLES


def intake(options: Namespace) -> None:
    """Read the raw export into clean tables; every raw row ends in the ledger."""
    from outcomes.contracts import empty_table
    from outcomes.intake import read_export, refuse, tabulate_findings

    study, places = open_study(options, "intake")
    export = read_export(study, Path(options.data or read_study(options.study).data))
    refuse(export.findings, study.accept)
    health = tabulate_findings(export.findings, study.accept, list(export.ledger["file"].cat.categories))
    tables = {**export.tables, "ledger": export.ledger, "balance": export.balance, "health": health}
    for name in TABLES["intake"]:
        write_table(tables.get(name, empty_table(name)), places.table(name), name)
    write_text(json.dumps(export.inputs, indent=1, sort_keys=True) + "\n", places.derived / "inputs.json")


def ledger(options: Namespace) -> None:
    """Show how every raw row ended: how many, why, and from which file."""
    from outcomes.intake import describe_ledger

    places = Places(read_study(options.study).study)
    print(describe_ledger(read_table(places.table("ledger")), read_table(places.table("balance"))))
