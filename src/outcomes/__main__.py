"""The command line: one subcommand a step, in the order of the pipeline. Each reads, makes one call, and writes."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from outcomes import __version__, commands, steps
from outcomes.errors import OutcomesError

if TYPE_CHECKING:
    from outcomes.commands.command import Command
    from outcomes.steps.step import Step

# Steps run side by side, and a sum that is split over threads depends in its last bits on how many there are.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

EPILOG = """\
`outcomes draft FOLDER` writes a study file to start with. The steps run in this order, and `outcomes run` (or `make`) runs all that are needed:
  intake → score → series → endpoints → rates, fit, compare, durability → tables → figures → report
Patient-level tables stay under data/; everything under results/ and figures/ has passed the disclosure gate.
"""


SUBCOMMANDS = {name: f"outcomes.commands.{name}" for name in commands.NAMES}
SUBCOMMANDS |= {name: f"outcomes.steps.{name}" for name in steps.NAMES}
FIRST = ("draft", "run", *steps.NAMES)  # in the list of subcommands


def load(name: str) -> Command | Step:
    """Return a subcommand by its name."""
    module = importlib.import_module(SUBCOMMANDS[name])
    found: Command | Step = module.STEP if name in steps.NAMES else module.COMMAND
    return found


def build_parser(names: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of the named subcommands."""
    parser = argparse.ArgumentParser(
        prog="outcomes",
        description="From a clinic's raw export to the report attached to the paper.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"outcomes {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="STEP")
    for name in names:
        entry = load(name)
        subparser = subparsers.add_parser(
            name,
            help=entry.summary,
            description=entry.description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if entry.takes_study:
            subparser.add_argument(
                "study", nargs="?", default="config/example.yaml", help="study file (default: %(default)s)"
            )
        for flags, options in entry.options:
            subparser.add_argument(*flags, **options)
        subparser.set_defaults(run=entry.run)
    return parser


def list_subcommands(arguments: Sequence[str]) -> list[str]:
    """Return the subcommands that a command line needs: the one that it names, else all."""
    named = [name for name in arguments[:1] if name in SUBCOMMANDS]
    return named or [*FIRST, *(name for name in commands.NAMES if name not in FIRST)]


def main(arguments: list[str] | None = None) -> int:
    """Run one step; return 0, or 2 after an error that the user can mend (its message goes to standard error)."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    logging.getLogger("outcomes").setLevel(logging.INFO)
    arguments = sys.argv[1:] if arguments is None else arguments
    parsed = build_parser(list_subcommands(arguments)).parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except OutcomesError as error:
        study = getattr(parsed, "study", "")
        named = "" if study in str(error) else f" {study}"
        print(f"outcomes {parsed.command}{named}: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        print("outcomes: interrupted; run the same command again to go on.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
