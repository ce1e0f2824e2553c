"""Invent a network of clinics."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.commands.command import Command, number


def simulate(options: Namespace) -> None:
    """Write the raw export of an invented network of clinics, and truth.json with the true value of every estimand."""
    from outcomes.simulate import Mess, simulate_network, write_network

    mess = Mess.none() if options.clean else Mess().without(*options.without)
    write_network(simulate_network(options.patients, options.seed, mess), Path(options.out))


COMMAND = Command(
    simulate,
    "write the raw export of an invented network whose truth is known",
    (
        number("--patients", "patients", 1200),
        number("--seed", "seed", 2026),
        (("--out",), {"required": True, "metavar": "FOLDER", "help": "folder to write to"}),
        (("--clean",), {"action": "store_true", "help": "without any of the mess of a real export"}),
        (("--without",), {"nargs": "+", "default": [], "metavar": "KIND", "help": "leave out these kinds of mess"}),
    ),
    takes_study=False,
)
