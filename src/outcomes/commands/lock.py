"""Lock the analysis plan."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.commands.command import Command
from outcomes.files import write_text
from outcomes.settings import read_study


def lock(options: Namespace) -> None:
    """Lock the analysis plan: write the analysis part of the study file, its hash, and the date beside the study file.

    The report then lists every later deviation in words. A lock is never overwritten; --amend adds a version with its reason.
    """
    from datetime import date

    from outcomes.settings.plan import lock_plan, place_of

    path = place_of(Path(options.study))
    write_text(lock_plan(read_study(options.study), Path(options.study), date.today(), options.amend), path)
    print(f"Locked: {path}. Keep it under version control with the study file.")


_AMEND = {"metavar": "REASON", "help": "add a version to a plan that is locked, and say why"}

COMMAND = Command(lock, "lock the analysis plan; the report lists every later deviation", ((("--amend",), _AMEND),))
