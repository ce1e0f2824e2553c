"""Run every step that is needed."""

from __future__ import annotations

from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from outcomes.commands.command import DATA, INTERNAL, Command, number
from outcomes.files import Places
from outcomes.settings import Study, read_study


def run(options: Namespace) -> int:
    """Run every step that is needed, with progress, and end with the path of the report.

    Says too which columns of the export are gone or new since the last run that ended well.
    """
    from outcomes.runner import run_pipeline

    study = read_study(options.study)
    place = Places(study.study).derived / "columns.json"
    with ThreadPoolExecutor(max_workers=1) as beside:  # read while Snakemake starts
        columns = beside.submit(_say_changed_columns, study, Path(options.data or study.data), place)
        code = run_pipeline(Path(options.study), options.data, options.cores, options.internal, options.profile)
    if not code:
        # Not before Snakemake has started: importing the intake takes as long as all else here.
        from outcomes.intake.health.headers import keep_headers

        keep_headers(place, columns.result())
    return code


def _say_changed_columns(study: Study, folder: Path, place: Path) -> dict[str, list[str]]:
    """Say which columns of the export are gone or new since the last run that ended well, and return those of now."""
    from outcomes.intake.health.headers import compare_headers, read_headers

    columns = read_headers(study, folder)
    for file, change in compare_headers(place, columns):
        print(f"{file}: since the last run {change}\n", end="", flush=True)  # in one piece, beside the run's own lines
    return columns


_PROFILE = {"metavar": "NAME", "help": "profile of Snakemake, for example slurm: where jobs run (profiles/NAME)"}

COMMAND = Command(
    run,
    "all steps that are needed, ending with the path of the report",
    (DATA, number("--cores", "jobs at once", 2), INTERNAL, (("--profile",), _PROFILE)),
)
