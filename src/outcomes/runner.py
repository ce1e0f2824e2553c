"""``outcomes run``: Snakemake with a line a step, one clear error, and a last line that says where the report is."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outcomes.errors import InputError
from outcomes.files import Places
from outcomes.settings import Study, read_study
from outcomes.workflow import inputs

_FINISHED = re.compile(r"Finished jobid: \d+ \(Rule: (\w+)\)")
_COUNT = re.compile(r"(\d+) of (\d+) steps \(\d+%\) done")
_LOG = re.compile(r"^\s+log: (\S+)")
_FAILED = re.compile(r"^Error in rule (\w+)")


def run_pipeline(study_file: Path, data: str | None, cores: int) -> int:
    """Run every step that a study still needs.

    Parameters
    ----------
    study_file
        The study's YAML.
    data
        Folder of the raw exports, in place of the one that the study file names.
    cores
        Jobs at the same time; the result does not depend on it.

    Returns
    -------
    int
        0 when the report is up to date, 2 after an error that the user can mend, 1 after any other.

    Raises
    ------
    OutcomesError
        The study file or a raw file is missing or wrong.
    """
    study = read_study(study_file)
    folder = data or study.data
    _find_inputs(study, folder, study_file)
    places = Places(study.study)
    with _only_run(study.study) as lock:
        _clear_partial(places)
        status = _follow(_command(study_file, folder, cores), lock, time.monotonic())
    if status == 0:
        print((places.results / "summary.txt").read_text(encoding="utf-8"), end="")
    return status


def _find_inputs(study: Study, folder: str, study_file: Path) -> None:
    if not Path(folder).is_dir():
        raise InputError(
            f"{folder}: no such folder. {study_file} looks for its raw export there (key `data`); put the files there, "
            "or name another folder with `make DATA=…` or `--data`."
        )
    missing = [os.path.relpath(path, folder) for path in inputs(study, folder) if not Path(path).is_file()]
    if missing:
        raise InputError(
            f"{folder}: {len(missing)} file(s) that {study_file} names are not there: {', '.join(missing)}. "
            "Put them there, or correct the names in the study file (key `sources`)."
        )


@contextmanager
def _only_run(study: str) -> Iterator[int]:
    """Hold a lock that the operating system gives back however the run ends; Snakemake's own would outlive a kill.

    The lock is handed on to Snakemake, so that it lasts as long as any of the run does.
    """
    place = Path(".snakemake") / f"{study}.run"
    place.parent.mkdir(exist_ok=True)
    with place.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another run of study '{study}' is under way; waiting for it (Ctrl-C to give up) ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _clear_partial(places: Places) -> None:
    """Remove what a killed run had begun to write."""
    for folder in (places.derived, places.results, places.figures):
        for path in folder.rglob(".*.partial"):
            path.unlink()


def _command(study_file: Path, folder: str, cores: int) -> list[str]:
    return [
        *(sys.executable, "-m", "snakemake", "--cores", str(cores), "--nolock", "--rerun-incomplete"),
        *("--config", f"study_file={study_file}", f"data={folder}"),
    ]


def _follow(command: list[str], lock: int, start: float) -> int:
    """Run Snakemake, print a line for each finished step, and the log of a step that failed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": path},
        pass_fds=[lock],
    )
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
                print(f"[{time.monotonic() - start:6.1f} s] {match[1]:>2} of {match[2]}  {finished}", flush=True)
    finally:
        status = process.wait()
    return status if status == 0 else _explain(failed, kept)


def _explain(failed: dict[str, str], kept: list[str]) -> int:
    """Print why the run stopped: the failed steps' own messages, else the last lines of Snakemake."""
    clear = 0
    for rule, log in failed.items():
        text = Path(log).read_text(encoding="utf-8") if Path(log).is_file() else ""
        error = re.search(rf"^outcomes {rule}\b.*: error:", text, re.MULTILINE)
        clear += error is not None
        own = text[error.start() :].strip() if error else f"step {rule} failed; {log} ends:\n{text[-2000:]}"
        print(own, file=sys.stderr)
    if not failed:
        print("".join(kept), file=sys.stderr)
    return 2 if failed and clear == len(failed) else 1
