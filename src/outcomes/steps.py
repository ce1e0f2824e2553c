"""The steps behind the command line: each reads its inputs, makes one call, and writes its outputs.

Libraries are imported inside the step that needs them: a process that only prints the ledger does not pay for a plot.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outcomes.settings import Study, read_study
from outcomes.workflow import TABLES, Places, part_of, read_table, write_table, write_text


@dataclass(frozen=True)
class Step:
    """One subcommand."""

    call: Callable[[Namespace], int | None]
    summary: str
    options: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = field(default=())
    takes_study: bool = True

    @property
    def description(self) -> str:
        """What ``--help`` says of the step."""
        return (self.call.__doc__ or self.summary).strip()


def _open(options: Namespace, step: str) -> tuple[Study, Places]:
    study = read_study(options.study)
    return part_of(study, step), Places(study.study)


def simulate(options: Namespace) -> None:
    """Write the raw export of an invented network of clinics, and truth.json with the true value of every estimand."""
    from outcomes.simulate import Mess, simulate_network, write_network

    mess = Mess.none() if options.clean else Mess().without(*options.without)
    write_network(simulate_network(options.patients, options.seed, mess), Path(options.out))


def run(options: Namespace) -> int:
    """Run every step that is needed, with progress, and end with the path of the report."""
    from outcomes.runner import run_pipeline

    return run_pipeline(Path(options.study), options.data, options.cores)


def intake(options: Namespace) -> None:
    """Read the raw export into clean tables; every raw row ends in the ledger."""
    from outcomes.contracts import empty_table
    from outcomes.intake import read_export

    study, places = _open(options, "intake")
    export = read_export(study, Path(options.data or read_study(options.study).data))
    tables = {**export.tables, "ledger": export.ledger, "balance": export.balance}
    for name in TABLES["intake"]:
        write_table(tables.get(name, empty_table(name)), places.table(name), name)
    write_text(json.dumps(export.inputs, indent=1, sort_keys=True) + "\n", places.derived / "inputs.json")


def score(options: Namespace) -> None:
    """Turn item answers into totals, severity bands, and the ideation item."""
    from outcomes.measures.scoring import derive_scores

    study, places = _open(options, "score")
    instruments = {name: study.instrument(name) for name in study.instruments}
    scores = derive_scores(read_table(places.table("assessments"), "assessments"), instruments, study.scoring)
    write_table(scores, places.table("scores"), "scores")


def series(options: Namespace) -> None:
    """Group sessions into series by each arm's protocol, with phase, ordinal, and why a series fails its rule."""
    from outcomes.measures.series import derive_series

    study, places = _open(options, "series")
    table, sessions = derive_series(
        read_table(places.table("sessions"), "sessions"),
        read_table(places.table("assessments"), "assessments"),
        read_table(places.table("patients"), "patients"),
        study.arms,
        {arm.id: protocol for arm in study.arms if (protocol := study.protocol(arm)) is not None},
        study.series,
        study.visits,
    )
    write_table(table, places.table("series"), "series")
    write_table(sessions, places.table("series_sessions"), "series_sessions")


def ledger(options: Namespace) -> None:
    """Show how every raw row ended: how many, why, and from which file."""
    from outcomes.intake import describe_ledger

    places = Places(read_study(options.study).study)
    print(describe_ledger(read_table(places.table("ledger")), read_table(places.table("balance"))))


def schema(options: Namespace) -> None:
    """Write the description of every key of a study file (config/schema.yaml)."""
    from outcomes.settings.schema import describe_schema

    text = describe_schema()
    print(text, end="") if options.out is None else write_text(text, Path(options.out))


def dictionary(options: Namespace) -> None:
    """Write the data dictionary: every private table with its row, key, and columns (data/README.md)."""
    from outcomes.dictionary import describe_tables

    text = describe_tables()
    print(text, end="") if options.out is None else write_text(text, Path(options.out))


_OUT = (("--out",), {"metavar": "FILE", "help": "write to this file instead of the screen"})
_STUDY_DATA = (("--data",), {"metavar": "FOLDER", "help": "folder of the raw exports, in place of the study file's"})

STEPS: dict[str, Step] = {
    "run": Step(
        run,
        "all steps that are needed, ending with the path of the report",
        (
            _STUDY_DATA,
            (("--cores",), {"type": int, "default": 2, "metavar": "N", "help": "jobs at once (default: %(default)s)"}),
        ),
    ),
    "intake": Step(intake, "raw export → clean tables and the ledger", (_STUDY_DATA,)),
    "score": Step(score, "answers → totals, bands, the ideation item"),
    "series": Step(series, "sessions → series by protocol"),
    "ledger": Step(ledger, "show how every raw row ended, and why"),
    "simulate": Step(
        simulate,
        "write the raw export of an invented network whose truth is known",
        (
            (
                ("--patients",),
                {"type": int, "default": 1200, "metavar": "N", "help": "patients (default: %(default)s)"},
            ),
            (("--seed",), {"type": int, "default": 2026, "metavar": "N", "help": "seed (default: %(default)s)"}),
            (("--out",), {"required": True, "metavar": "FOLDER", "help": "folder to write to"}),
            (("--clean",), {"action": "store_true", "help": "without any of the mess of a real export"}),
            (("--without",), {"nargs": "+", "default": [], "metavar": "KIND", "help": "leave out these kinds of mess"}),
        ),
        takes_study=False,
    ),
    "schema": Step(
        schema,
        "describe every key of a study file",
        (_OUT,),
        takes_study=False,
    ),
    "dictionary": Step(dictionary, "describe every table of the pipeline", (_OUT,), takes_study=False),
}
