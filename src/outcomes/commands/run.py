"""Run every step that is needed."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.commands.command import DATA, INTERNAL, Command, number


def run(options: Namespace) -> int:
    """Run every step that is needed, with progress, and end with the path of the report."""
    from outcomes.runner import run_pipeline

    return run_pipeline(Path(options.study), options.data, options.cores, options.internal, options.profile)


_PROFILE = {"metavar": "NAME", "help": "profile of Snakemake, for example slurm: where jobs run (profiles/NAME)"}

COMMAND = Command(
    run,
    "all steps that are needed, ending with the path of the report",
    (DATA, number("--cores", "jobs at once", 2), INTERNAL, (("--profile",), _PROFILE)),
)
