"""What a result rests on: the code that a step imports, and the hashes and versions that identify a whole run."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outcomes.files import Places
from outcomes.settings import Study

PACKAGE = Path(__file__).parent
SOURCES = (".py", ".yaml", ".csv", ".html", ".css", ".js", ".typ")  # endings of the files that decide a result


def provenance(study: Study, places: Places) -> dict[str, Any]:
    """Return what identifies a result: hashes of input, settings and code, versions, and the seed; no date, no path."""
    from importlib.metadata import version

    inputs = json.loads((places.derived / "inputs.json").read_text(encoding="utf-8"))  # with names, which stay there
    code = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in SOURCES:
            code.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    packages = (
        "formulaic",
        "lifelines",
        "matplotlib",
        "numpy",
        "outcomes",
        "pandas",
        "pyarrow",
        "python-docx",
        "scipy",
        "snakemake",
        "statsmodels",
        "typst",
    )
    return {
        "study": study.study,
        "inputs": {number: entry["sha256"] for number, entry in inputs.items()},
        "settings": study.digest(),
        "code": code.hexdigest(),
        "seed": study.seed,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
    }


def sources(*modules: str) -> list[str]:
    """Return the files of the named modules and of all package modules they import, however deep.

    Snakemake reruns a step when one of its inputs changes; with these among the inputs, a changed formula reruns
    exactly the steps that use it. Paths are relative to the working directory.
    """
    found: set[Path] = set()
    waiting = [_locate(module) for module in modules]
    while waiting:
        for path in waiting.pop():
            if path not in found:
                found.add(path)
                if path.suffix == ".py":
                    waiting.extend(_locate(name) for name in _imports(path))
    return sorted(os.path.relpath(path) for path in found)


def _locate(module: str) -> list[Path]:
    """Return the files of a module (with the data file of the same name); none when it is not in this package."""
    path = PACKAGE.parent.joinpath(*module.split("."))
    inits = [path / "__init__.py"] if path.is_dir() else [path.with_suffix(s) for s in SOURCES]
    return [file for file in inits if file.is_file()]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("outcomes"))
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("outcomes"):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
