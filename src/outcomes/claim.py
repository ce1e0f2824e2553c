"""Whose the folders of a study are: one study file's."""

from __future__ import annotations

import os
from pathlib import Path

from outcomes.errors import SettingsError
from outcomes.files import Places, write_text
from outcomes.settings import Study, read_study


def claim_places(study: Study, study_file: Path) -> Places:
    """Return the folders of a study, after noting which study file they belong to; private ones are closed to others.

    Raises
    ------
    SettingsError
        They belong to another study file, which is still there and has the same name in ``study``.
    """
    places, own = Places(study.study), os.path.relpath(study_file)
    note = places.derived / "study-file.txt"
    noted = note.read_text(encoding="utf-8").strip() if note.is_file() else ""
    if noted not in ("", own) and _is_another(Path(noted), study_file, study.study):
        raise SettingsError(
            f"{own} and {noted} both say `study: {study.study}`, and the results of one would replace the other's. Give one of "
            "them another name in `study`."
        )
    if noted != own:
        write_text(f"{own}\n", note)
    for folder in (places.derived, places.logs):
        if folder.is_dir():
            folder.chmod(0o700)
    return places


def _is_another(path: Path, study_file: Path, name: str) -> bool:
    """Return whether a path is of another study file with the same name; a file that was renamed is none."""
    if not path.is_file() or path.samefile(study_file):
        return False
    try:
        return read_study(path).study == name
    except SettingsError:
        return False
