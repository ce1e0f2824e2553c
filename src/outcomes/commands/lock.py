"""Lock the analysis plan."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.commands.command import Command
from outcomes.files import write_text
from outcomes.settings import read_study


def lock(options: Namespace) -> None:
    """Lock the analysis plan: write the analysis part of the study file, its hash, and the date beside the study file.

    The report then lists every later deviation in words. The plan of a network study (docs/network-study.md) is locked in the same way. A lock is never overwritten; --amend adds a version with its reason.
    """
    from datetime import date

    from outcomes.settings.network import is_network_plan, read_network_plan, select_network
    from outcomes.settings.plan import lock_content, lock_plan, place_of

    file, today = Path(options.study), date.today()
    if is_network_plan(file):
        plan = read_network_plan(file)
        content = lock_content(plan.network, select_network(plan), file, today, options.amend)
    else:
        content = lock_plan(read_study(file), file, today, options.amend)
    write_text(content, place_of(file))
    print(f"Locked: {place_of(file)}. Keep it under version control with {file.name}.")


_AMEND = {"metavar": "REASON", "help": "add a version to a plan that is locked, and say why"}

COMMAND = Command(lock, "lock the analysis plan; the report lists every later deviation", ((("--amend",), _AMEND),))
