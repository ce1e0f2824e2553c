"""The command line: one subcommand a step, in the order of the pipeline. Each reads, makes one call, and writes."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from outcomes import __version__, steps
from outcomes.errors import OutcomesError

# Steps run side by side, and a sum that is split over threads depends in its last bits on how many there are.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

EPILOG = """\
`outcomes draft FOLDER` writes a study file to start with. The steps run in this order, and `outcomes run` (or `make`) runs all that are needed:
  intake → score → series → endpoints → rates, fit, compare, durability → tables → figures → report
Patient-level tables stay under data/; everything under results/ and figures/ has passed the disclosure gate.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = argparse.ArgumentParser(
        prog="outcomes",
        description="From a clinic's raw export to the report attached to the paper.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"outcomes {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="STEP")
    for name, step in steps.STEPS.items():
        command = commands.add_parser(
            name,
            help=step.summary,
            description=step.description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if step.takes_study:
            command.add_argument(
                "study", nargs="?", default="config/example.yaml", help="study file (default: %(default)s)"
            )
        for flags, options in step.options:
            command.add_argument(*flags, **options)
        command.set_defaults(call=step.call)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one step; return 0, or 2 after an error that the user can mend (its message goes to standard error)."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    logging.getLogger("outcomes").setLevel(logging.INFO)
    parsed = build_parser().parse_args(arguments)
    try:
        return int(parsed.call(parsed) or 0)
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
