"""The commands around the steps: draft a study file, run all, lock the plan, invent a network, describe files and tables."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.errors import SettingsError
from outcomes.files import write_text
from outcomes.settings import read_study


def draft(options: Namespace) -> int:
    """Draft a study file from a raw export, to be read through before the first run.

    Every file that intake can read is read. Names and content say which table a file feeds, what its columns mean, which items
    are whose, how dates are written, and which spelling of a treatment means which arm. What is unsure is marked `CHECK:`; what
    is missing is listed. The draft holds names of columns and spellings of closed vocabularies, and no other value of the data.
    """
    from outcomes.intake.draft import draft_study, name_study

    out = Path(options.out)
    if out.exists() and not options.force:
        raise SettingsError(
            f"{out}: there is such a file already. Name another with --out, or replace it with --force."
        )
    drafted = draft_study(Path(options.folder), name_study(out), options.first, options.zone)
    write_text(drafted.text, out)
    print(drafted.describe(out))
    return 2 if drafted.missing else 0


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
