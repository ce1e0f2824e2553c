"""``outcomes run``: Snakemake with a line a step, one clear error, and a last line that says where the report is."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile

from outcomes.claim import RUN, find_places, only_run
from outcomes.errors import InputError, SettingsError
from outcomes.files import Places, is_address
from outcomes.forked import ADDRESS
from outcomes.preloaded import Preloaded, preloaded
from outcomes.provenance import PACKAGE
from outcomes.release.earlier import note_release
from outcomes.release.publish import find_strays
from outcomes.scheduler import is_slurm, watched_queue
from outcomes.settings import Study, read_study
from outcomes.workflow import NOTES, inputs

_FINISHED = re.compile(r"Finished jobid: \d+ \(Rule: (\w+)\)")
_COUNT = re.compile(r"(\d+) of (\d+) steps \(\d+%\) done")
_LOG = re.compile(r"^\s+log: (\S+)")
_STRAYS = {
    "changed": "Changed since it was released; the released content is put back",
    "missing": "Missing since it was released; it is put back",
    "unknown": "Not of this release, and left alone; do not publish it with the release",
}
_FAILED = re.compile(r"^Error in rule (\w+)")


def run_pipeline(
    study_file: Path, data: str | None, cores: int, internal: bool = False, profile: str | None = None
) -> int:
    """Run every step that a study still needs.

    Parameters
    ----------
    study_file
        The study's YAML.
    data
        Folder of the raw exports, in place of the one that the study file names.
    cores
        Jobs at the same time; the result does not depend on it.
    internal
        Make the exact report for the clinic's own eyes, and release nothing.
    profile
        A profile of Snakemake: a folder, or the name of one beside the Snakefile's ``profiles``. It says where jobs run.

    Returns
    -------
    int
        0 when the report is up to date, 2 after an error that the user can mend, 1 after any other.

    Raises
    ------
    OutcomesError
        The study file or a raw file is missing or wrong, there is no Snakefile or profile, or another study file has the name.
    """
    start = time.monotonic()
    study = read_study(study_file)
    folder = data or study.data
    _find_inputs(study, folder, study_file)
    snakefile = _find_snakefile()
    where = None if profile is None else _find_profile(profile, snakefile)
    options = ["--cores", str(cores)] if where is None else ["--workflow-profile", str(where)]
    public = find_places(study, study_file).published(internal)
    for place in (public.derived, public.logs, public.results, public.figures, NOTES):
        _try_folder(place)
    with only_run(study.study) as lock:
        _clear_partial(public)
        options += _say_strays(public)
        _say_databases(study, public)
        given = [
            f"study_file={study_file}",
            *([f"data={data}"] if data else []),
            *(["internal=true"] if internal else []),
        ]
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile), "--nolock", "--rerun-incomplete"]
        queue = watched_queue(_say) if where is not None and is_slurm(where) else nullcontext()
        with queue, preloaded(NOTES / f"{study.study}.steps" if where is None else None) as process:
            status = _follow([*command, *options, "--config", *given], study.study, lock, start, process)
    if status == 0:
        _say_earlier(study, public, internal)
        print((public.results / "summary.txt").read_text(encoding="utf-8"), end="")
    return status


def _find_snakefile() -> Path:
    """Return the Snakefile of this folder, else the one that the package was installed from."""
    places = (Path("Snakefile"), PACKAGE.parent.parent / "Snakefile")
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise InputError("no Snakefile here. Run in the folder of the project, where it lies beside `config`.")
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _find_profile(name: str, snakefile: Path) -> Path:
    places = (Path(name), snakefile.parent / "profiles" / name)
    found = next((place for place in places if (place / "config.yaml").is_file()), None)
    if found is None:
        known = sorted(path.parent.name for path in (snakefile.parent / "profiles").glob("*/config.yaml"))
        raise SettingsError(f"--profile {name}: no such profile; there are: {', '.join(known) or 'none'}.")
    return found


def _say_strays(public: Places) -> list[str]:
    """Name the files that are not as they were released; return what makes Snakemake put them back."""
    strays = find_strays(public)
    for kind, paths in strays.items():
        named = ", ".join(path.as_posix() for path in paths[:10]) + (f" and {len(paths) - 10} more" * (len(paths) > 10))
        print(f"{_STRAYS[kind]}: {named}", flush=True)
    return ["--forcerun", "manifest"] if {"changed", "missing"} & set(strays) else []


def _say_earlier(study: Study, places: Places, internal: bool) -> None:
    """Say that the release differs by a few patients from an earlier one; nothing of an internal report, or where counts are exact."""
    if internal or study.privacy.release == "exact":
        return
    said = note_release(places, study.privacy.minimum_cell, date.today())
    if said:
        print(said, flush=True)


def _say_databases(study: Study, places: Places) -> None:
    """Say that a database is not watched as a file is: its rows are those of the run that read them."""
    read = places.derived / "inputs.json"
    if read.is_file() and any(is_address(source.file) for source in study.sources):
        print(
            f"Rows of databases are those that were read before. To read them again, delete {read} first.", flush=True
        )


def _find_inputs(study: Study, folder: str, study_file: Path) -> None:
    if not Path(folder).is_dir():
        raise InputError(
            f"{folder}: no such folder. {study_file} looks for its raw export there (key `data`); put the files there, "
            "or name another folder with `make DATA=…` or `--data`."
        )
    named = [Path(path) for path in inputs(study, folder)]
    odd = [os.path.relpath(path, folder) for path in named if path.exists() and not path.is_file()]
    if odd:
        raise InputError(
            f"{folder}: {', '.join(odd)}: a folder, a pipe, or a device, not a file. Name a file, or all of a kind (`name/*.csv`)."
        )
    missing = [os.path.relpath(path, folder) for path in named if not path.is_file()]
    if missing:
        raise InputError(
            f"{folder}: {len(missing)} file(s) that {study_file} names are not there: {', '.join(missing)}. "
            "Put them there, or correct the names in the study file (key `sources`)."
        )


def _try_folder(folder: Path) -> None:
    """Fail before any step runs where a folder of the run can be neither made nor written to; nothing is left in it."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        with TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(there)) from None


def _clear_partial(places: Places) -> None:
    """Remove what a killed run had begun to write."""
    for folder in (places.derived, places.results, places.figures):
        for path in folder.rglob(".*.partial"):
            path.unlink()


def _follow(command: list[str], study: str, lock: int, start: float, forks: Preloaded | None) -> int:
    """Run Snakemake, print a line for each finished step, and the log of a step that failed.

    Whoever ends this process ends Snakemake, which takes back the jobs that it has given to a cluster. A script's command in the background
    (`&`) would have it ignore what it is ended by.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={
            **os.environ,
            "PYTHONIOENCODING": "utf-8",
            RUN: study,
            **({ADDRESS: str(forks.address)} if forks else {}),
        },
        pass_fds=[lock, *([forks.alive] if forks else [])],
    )

    def stop(*_: object) -> None:
        process.send_signal(signal.SIGINT)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    kept: list[str] = []
    failed: dict[str, str] = {}
    finished = rule = ""
    try:
        for line in process.stdout or ():
            kept = [*kept[-40:], line]
            if match := _FAILED.match(line):
                rule = match[1]
            elif rule and (match := _LOG.match(line)):
                failed[rule], rule = match[1], ""
            elif match := _FINISHED.search(line):
                finished = match[1]
            elif (match := _COUNT.search(line)) and finished != "all":
                steps = int(match[2]) - 1  # without `all`
                print(f"[{time.monotonic() - start:6.1f} s] {match[1]:>2} of {steps}  {finished}", flush=True)
    finally:
        process.communicate()  # who is not read may wait for ever to write
    status = process.returncode
    return status if status == 0 else _explain(failed, kept)


def _explain(failed: dict[str, str], kept: list[str]) -> int:
    """Print why the run stopped: the failed steps' own messages, else the last lines of Snakemake."""
    clear = 0
    for rule, log in failed.items():
        text = Path(log).read_text(encoding="utf-8", errors="replace") if Path(log).is_file() else ""
        error = re.search(rf"^outcomes {rule}\b.*: error:", text, re.MULTILINE)
        clear += error is not None
        own = f"step {rule} failed before it wrote anything to {log}"
        if text.strip():
            own = text[error.start() :].strip() if error else f"step {rule} failed; {log} ends:\n{text[-2000:]}"
        print(own, file=sys.stderr)
    if not failed:
        print("".join(kept), file=sys.stderr)
    return 2 if failed and clear == len(failed) else 1
