"""Files in the data folder that no source names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from outcomes.files import MADE
from outcomes.intake.health.finding import Finding
from outcomes.personal import show_name


def list_files(folder: Path) -> list[str]:
    """Return the paths of the files below a folder that people see, sorted; not those of programs (hidden, locks), this one included."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if is_shown(folder, path))


def is_shown(folder: Path, path: Path) -> bool:
    """Tell whether a file of a folder, by its path in it, is one that people see, and was not made of the export by an earlier run."""
    above = [
        part for part in path.parents if part.name in MADE
    ]  # the study's own folder, or one that holds those of several
    own = any((folder / part / sign).exists() for part in above for sign in MADE[part.name])
    return not own and not any(part.startswith((".", "~$")) for part in path.parts)


def find_unnamed(folder: Path, named: frozenset[str]) -> Iterable[Finding]:
    """Return the files that are not among the named ones: those of a source, and those that the study file lists as unused."""
    files = list_files(folder)
    unnamed = [file for file in files if file not in named]
    if unnamed:
        yield Finding(
            "unnamed_files", False, len(unnamed), len(files), "files",
            f"{len(unnamed)} of {len(files)} files in the data folder are named by no source, and not read: {_listed(unnamed)}",
            "add a source for each that belongs to the study, or list it under `unused`",
        )  # fmt: skip


def _listed(names: list[str], most: int = 5) -> str:
    return ", ".join(map(show_name, names[:most])) + (f" and {len(names) - most} more" if len(names) > most else "")
