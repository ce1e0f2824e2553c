"""The whole pipeline on the shipped example, as a user runs it, in a folder of its own."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
STUDY = "config/example.yaml"


def workspace(folder: Path) -> Path:
    """Lay out what a fresh clone holds, with the environment that runs this test."""
    for name in ("Snakefile", "config", "src", "notebooks", "tests"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "data" / "example", folder / "data" / "example", ignore=shutil.ignore_patterns("derived"))
    return folder


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "outcomes", "run", STUDY, *options]


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*options), cwd=folder, capture_output=True, text=True, check=False)


def released(folder: Path) -> dict[str, str]:
    """Return the hash of every released file."""
    files = [path for top in ("results", "figures") for path in sorted((folder / top).rglob("[!.]*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
