"""Whose the folders of a study are: one study file's, and one run's at a time."""

from __future__ import annotations

import fcntl
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outcomes.errors import SettingsError
from outcomes.files import Places, write_text
from outcomes.settings import Study, read_study

RUN = "OUTCOMES_RUN"  # environment variable: the study whose run has called the step


def find_places(study: Study, study_file: Path) -> Places:
    """Return the folders of a study.

    Raises
    ------
    SettingsError
        They belong to another study file, which is still there and has the same name in ``study``.
    """
    places = Places(study.study)
    note = _note(places)
    noted = note.read_text(encoding="utf-8").strip() if note.is_file() else ""
    if noted and _is_another(Path(noted), study_file, study.study):
        raise SettingsError(
            f"{os.path.relpath(study_file)} and {noted} both say `study: {study.study}`, and the results of one would replace "
            "the other's. Give one of them another name in `study`."
        )
    return places


def close_private(places: Places) -> None:
    """Close the private folders of a study and Snakemake's own, which it makes as open as others, and this process's own log.

    Snakemake notes how each job ended, with the paths of the study file and of a data folder that `--data` named.
    """
    notes = places.root / ".snakemake"
    if notes.is_dir():
        notes.chmod(0o700)
    for top in (places.derived, places.root / places.published(internal=True).release, places.logs):
        for folder in (top, *top.rglob("*/")):
            if folder.is_dir():
                folder.chmod(0o700)
    if stat.S_ISREG(os.fstat(2).st_mode):
        os.fchmod(2, 0o600)


def claim_places(places: Places, study_file: Path) -> None:
    """Note to which study file the folders of a study belong."""
    note, own = _note(places), f"{os.path.relpath(study_file)}\n"
    if not note.is_file() or note.read_text(encoding="utf-8") != own:
        write_text(own, note)


@contextmanager
def only_run(study: str) -> Iterator[int]:
    """Hold a study's folders for one run, while the block lasts; wait for who has them.

    The lock is one that the operating system gives back however the run ends; Snakemake's own would outlive a kill. It is to be
    handed on to Snakemake, so that it lasts as long as any of the run does.
    """
    place = _lock(Places(study))
    place.parent.mkdir(exist_ok=True)
    with _held(place, fcntl.LOCK_EX, study) as lock:
        yield lock


@contextmanager
def beside_no_run(study: str) -> Iterator[None]:
    """Wait for a run of a study, unless it has called for what is in the block, and have the next one wait; steps called by hand wait for none of their own."""
    place = _lock(Places(study))
    if os.environ.get(RUN) == study or not place.parent.is_dir():
        yield
    else:
        with _held(place, fcntl.LOCK_SH, study):
            yield


@contextmanager
def _held(place: Path, kind: int, study: str) -> Iterator[int]:
    with place.open("w") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            print(
                f"Another run of study '{study}' is under way; waiting for it (Ctrl-C to give up) ...",
                file=sys.stderr,
                flush=True,
            )
            fcntl.flock(file, kind)
        yield file.fileno()


def _lock(places: Places) -> Path:
    return places.root / ".snakemake" / f"{places.study}.run"


def _note(places: Places) -> Path:
    return places.derived / "study-file.txt"


def _is_another(path: Path, study_file: Path, name: str) -> bool:
    """Return whether a path is of another study file with the same name; a file that was renamed is none."""
    if not path.is_file() or path.samefile(study_file):
        return False
    try:
        return read_study(path).study == name
    except SettingsError:
        return False
