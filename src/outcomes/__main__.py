"""The command line: one subcommand a step, in the order of the pipeline. Each reads, makes one call, and writes."""

from __future__ import annotations

import argparse
import errno
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes import __version__, commands, steps
from outcomes.errors import OutcomesError
from outcomes.forked import call
from outcomes.terminal import print_anywhere

if TYPE_CHECKING:
    from outcomes.commands.command import Command
    from outcomes.steps.step import Step

# Steps run side by side, and a sum that is split over threads depends in its last bits on how many there are.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

# What the machine refuses: one sentence each, in place of a traceback.
_AGAIN = "Then run the same command again: it goes on where it stopped."
HINDRANCES = {
    errno.ENOSPC: f"the disk is full. Free some space. {_AGAIN}",
    errno.EDQUOT: f"your quota of the disk is used up. Free some space. {_AGAIN}",
    errno.EFBIG: f"the file would be larger than this system allows here. {_AGAIN}",
    errno.EROFS: f"this folder is read-only. Run in a folder that you may write to. {_AGAIN}",
    errno.EACCES: f"you may not read or write this. Ask for the right to, or run in a folder of your own. {_AGAIN}",
    errno.ENOTDIR: f"this is a file where a folder is needed. Move it away. {_AGAIN}",
    errno.EEXIST: f"this is a file where a folder is needed. Move it away. {_AGAIN}",
    errno.EPERM: f"you may not change this. Ask for the right to, or run in a folder of your own. {_AGAIN}",
}

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
    print_anywhere()
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    logging.getLogger("outcomes").setLevel(logging.INFO)
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] and arguments[0] in steps.NAMES:
        status = call(arguments)
        if status is not None:
            return status
    parsed = build_parser(list_subcommands(arguments)).parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except OutcomesError as error:
        return _explain(parsed, _leave_unsaid(parsed, str(error)))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            return 0
        if error.errno not in HINDRANCES:
            raise
        place = f"{error.filename}: " if error.filename else ""
        return _explain(parsed, f"{place}{HINDRANCES[error.errno]}")
    except KeyboardInterrupt:
        print("outcomes: interrupted; run the same command again to go on.", file=sys.stderr)
        return 130


def _leave_unsaid(parsed: argparse.Namespace, message: str) -> str:
    """Return a message without what was pasted into the study file or plan and looks like somebody's."""
    from outcomes.settings.labels import leave_unsaid
    from outcomes.settings.reading import read_yaml

    for path in {Path(getattr(parsed, key, None) or "") for key in ("study", "plan")}:
        try:
            message = leave_unsaid(message, read_yaml(path)) if path.is_file() else message
        except OutcomesError:  # the message is of that, then
            continue
    return message


def _explain(parsed: argparse.Namespace, message: str) -> int:
    study = getattr(parsed, "study", "")
    named = "" if study in message else f" {study}"
    print(f"outcomes {parsed.command}{named}: error: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
