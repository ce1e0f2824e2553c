"""The commands around the steps: run them all, lock the plan, invent a network, describe study files and tables."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.files import write_text
from outcomes.settings import read_study


def run(options: Namespace) -> int:
    """Run every step that is needed, with progress, and end with the path of the report."""
    from outcomes.runner import run_pipeline

    return run_pipeline(Path(options.study), options.data, options.cores)


def lock(options: Namespace) -> None:
    """Lock the analysis plan: write the analysis part of the study file, its hash, and the date beside the study file.

    The report then lists every later deviation in words. A lock is never overwritten; --amend adds a version with its reason.
    """
    from datetime import date

    from outcomes.settings.plan import lock_plan, place_of

    path = place_of(Path(options.study))
    write_text(lock_plan(read_study(options.study), Path(options.study), date.today(), options.amend), path)
    print(f"Locked: {path}. Keep it under version control with the study file.")


def simulate(options: Namespace) -> None:
    """Write the raw export of an invented network of clinics, and truth.json with the true value of every estimand."""
    from outcomes.simulate import Mess, simulate_network, write_network

    mess = Mess.none() if options.clean else Mess().without(*options.without)
    write_network(simulate_network(options.patients, options.seed, mess), Path(options.out))


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
