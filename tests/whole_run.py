"""The whole pipeline on the shipped example, as a user runs it, in a folder of its own."""

from __future__ import annotations

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
