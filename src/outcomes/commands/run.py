"""Run every step that is needed."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.commands.command import DATA, INTERNAL, Command, number
from outcomes.files import Places
from outcomes.settings import read_study


def run(options: Namespace) -> int:
    """Run every step that is needed, with progress, and end with the path of the report.

    Says first which columns of the export are gone or new since the last run that ended well.
    """
    from outcomes.intake.health.headers import compare_headers, keep_headers, read_headers
    from outcomes.runner import run_pipeline

    study = read_study(options.study)
    place, columns = Places(study.study).derived / "columns.json", read_headers(study, Path(options.data or study.data))
    for file, change in compare_headers(place, columns):
        print(f"{file}: since the last run {change}", flush=True)
    code = run_pipeline(Path(options.study), options.data, options.cores, options.internal, options.profile)
    if not code:
        keep_headers(place, columns)
    return code


_PROFILE = {"metavar": "NAME", "help": "profile of Snakemake, for example slurm: where jobs run (profiles/NAME)"}

COMMAND = Command(
    run,
    "all steps that are needed, ending with the path of the report",
    (DATA, number("--cores", "jobs at once", 2), INTERNAL, (("--profile",), _PROFILE)),
)
