"""Show the ledger on the screen."""

from __future__ import annotations

from argparse import Namespace

from outcomes.commands.command import Command
from outcomes.files import Places, read_table
from outcomes.settings import read_study


def ledger(options: Namespace) -> None:
    """Show how every raw row ended: how many, why, and from which file."""
    from outcomes.intake import describe_ledger

    places = Places(read_study(options.study).study)
    print(describe_ledger(read_table(places.table("ledger")), read_table(places.table("balance"))))


COMMAND = Command(ledger, "show how every raw row ended, and why")
