"""The whole pipeline on the shipped example, as a user runs it, in a folder of its own with a package of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
STUDY = "config/example.yaml"
UNCOMPILED = (
    "PYTHONDONTWRITEBYTECODE"  # set where tests run, it would have each step's process compile the package anew
)
RECORDED = "opened"  # folder with a file a step: the package's files that its process opened


def workspace(folder: Path) -> Path:
    """Lay out what a fresh clone holds, with the environment that runs this test."""
    for name in ("Snakefile", "benchmarks", "config", "profiles", "notebooks", "tests"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "src", folder / "src")
    shutil.copytree(ROOT / "data" / "example", folder / "data" / "example", ignore=shutil.ignore_patterns("derived"))
    return folder


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "outcomes", "run", STUDY, *options]


def environment(folder: Path, record: bool = False) -> dict[str, str]:
    """Return the environment in which the folder's package runs, and notes what it opens when that is asked for."""
    path = [str(folder / "src")]
    inherited = {name: value for name, value in os.environ.items() if name != UNCOMPILED}
    if not record:
        return {**inherited, "PYTHONPATH": os.pathsep.join(path)}
    (folder / RECORDED).mkdir()
    paths = os.pathsep.join([str(ROOT / "tests" / "recording"), *path])
    return {
        **inherited,
        "PYTHONPATH": paths,
        "RECORD_TO": str(folder / RECORDED),
        "RECORD_PACKAGE": str(folder / "src" / "outcomes"),
    }


def run(folder: Path, *options: str, record: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*options), cwd=folder, env=environment(folder, record), capture_output=True, text=True, check=False
    )


def released(folder: Path) -> dict[str, str]:
    """Return the hash of every released file."""
    files = [path for top in ("results", "figures") for path in sorted((folder / top).rglob("[!.]*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
