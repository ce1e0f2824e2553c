"""A complete release put in the place of the last one; until then, the last one stays."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from outcomes.files import Places, sha256
from outcomes.release.manifest import NAME

OPEN_FILE, OPEN_FOLDER = 0o644, 0o755


def publish(staged: Places, public: Places, mode: tuple[int, int] = (OPEN_FILE, OPEN_FOLDER)) -> None:
    """Put every staged file in its public place, and remove files of the last release that this one does not have.

    All are copied beside their places first and then renamed, so that a full disk or a kill leaves the last release.
    A file that no release wrote is left alone.
    """
    pairs = [
        (path, there / path.relative_to(here))
        for here, there in ((staged.results, public.results), (staged.figures, public.figures))
        for path in list_files(here)
    ]
    changed = [(path, target) for path, target in pairs if not target.is_file() or sha256(target) != sha256(path)]
    copies = [(target.with_name(f".{target.name}.{os.getpid()}.partial"), target) for _, target in changed]
    try:
        for (path, target), (copy, _) in zip(changed, copies, strict=True):
            _make_folder(target.parent, public, mode[1])
            shutil.copyfile(path, copy)
            copy.chmod(mode[0])
        for copy, target in copies:
            copy.replace(target)
    finally:
        for copy, _ in copies:
            copy.unlink(missing_ok=True)
    kept = {target for _, target in pairs}
    for target in [path for path in read_manifest(public) if path not in kept]:
        target.unlink(missing_ok=True)


def find_strays(public: Places) -> dict[str, list[Path]]:
    """Return the files of a release that are not as its manifest says: ``changed``, ``missing``, or ``unknown`` to it."""
    listed = read_manifest(public)
    if not listed:
        return {}
    there = {path for top in (public.results, public.figures) for path in list_files(top)} - {public.results / NAME}
    found = {
        "changed": [path for path in sorted(there & set(listed)) if sha256(path) != listed[path]],
        "missing": sorted(set(listed) - there),
        "unknown": sorted(there - set(listed)),
    }
    return {kind: paths for kind, paths in found.items() if paths}


def read_manifest(public: Places) -> dict[Path, str]:
    """Return the hash of every file that the manifest of a release lists; empty where there is none that can be read."""
    top = public.results.parent.parent
    try:
        files = json.loads((public.results / NAME).read_text(encoding="utf-8"))["files"]
        return {top / entry["path"]: str(entry["sha256"]) for entry in files if entry["what"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def list_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder in order; hidden ones, which the workflow keeps for itself, are left out."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _make_folder(folder: Path, public: Places, mode: int) -> None:
    """Make a folder of the release, open as a release is."""
    top = public.root / public.release
    for parent in reversed([folder, *folder.parents]):
        if parent != top and parent.is_relative_to(top) and not parent.is_dir():
            parent.mkdir()
            parent.chmod(mode)
