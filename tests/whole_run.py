"""The whole pipeline on the shipped example, or one clinic of it, as a user runs it, in a folder of its own with a package of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
STUDY = "config/example.yaml"
CLINIC = "clinic.yaml"  # the study file of one clinic, in the folder of `clinic_workspace`
UNCOMPILED = (
    "PYTHONDONTWRITEBYTECODE"  # set where tests run, it would have each step's process compile the package anew
)
RECORDED = "opened"  # folder with a file a step: the package's files that its process opened


def workspace(folder: Path, data: str = "") -> Path:
    """Lay out what a fresh clone holds, or with one folder of the data alone, and the environment that runs this test."""
    for name in ("Snakefile", "benchmarks", "config", "profiles", "notebooks", "tests"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "src", folder / "src")
    own = Path("data", "example", data)
    shutil.copytree(ROOT / own, folder / own, ignore=shutil.ignore_patterns("derived"))
    return folder


def declare_clinic(site: str) -> dict[str, Any]:
    """Return the study file of one clinic of the example, with its own files alone, and nothing that takes long."""
    content: dict[str, Any] = yaml.safe_load((ROOT / STUDY).read_text(encoding="utf-8"))
    start = f"{site}/"
    files = [one for one in content["sources"] if one["file"].startswith(start)]
    content |= {"study": site, "data": "export", "unused": [], "models": {}, "durability": None}
    content["sources"] = [one | {"file": one["file"].removeprefix(start)} for one in files]
    comparison = content["comparison"]
    comparison["confounders"] = [name for name in comparison["confounders"] if name != "site"]
    comparison |= {
        "site": None,
        "subgroups": None,
        "early_signals": None,
        "replicates": 0,
        "learning_splits": 0,
        "left_out": [],
        "deltas": [0],
        "variants": {},
        "negative_control": {},
    }
    comparison["imputation"] = {"draws": 5, "methods": [], "deltas": []}
    return content


def clinic_workspace(folder: Path) -> Path:
    """Lay out what a fresh clone holds, and a study of one clinic in every section, whose bootstrap samples are parts of their own."""
    workspace(folder, "site-1")
    example = yaml.safe_load((ROOT / STUDY).read_text(encoding="utf-8"))
    content = declare_clinic("site-1")
    content |= {"study": "clinic", "data": "data/example/site-1", "scatter": 2}
    content["models"] = {"phq9_by_session": example["models"]["phq9_by_session"]}
    content["durability"] = example["durability"] | {"replicates": 10}
    content["comparison"]["replicates"] = 10
    (folder / CLINIC).write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return folder


def command(*options: str, study: str = STUDY) -> list[str]:
    return [sys.executable, "-m", "outcomes", "run", study, *options]


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
        "OUTCOMES_APART": "1",
        "RECORD_TO": str(folder / RECORDED),
        "RECORD_PACKAGE": str(folder / "src" / "outcomes"),
    }


def run(folder: Path, *options: str, study: str = STUDY, record: bool = False) -> subprocess.CompletedProcess[str]:
    given = {"cwd": folder, "env": environment(folder, record), "capture_output": True, "text": True, "check": False}
    return subprocess.run(command(*options, study=study), **given)


def released(folder: Path) -> dict[str, str]:
    """Return the hash of every released file."""
    files = [path for top in ("results", "figures") for path in sorted((folder / top).rglob("[!.]*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
