"""What a result rests on: the code that a step imports, and the hashes and versions that identify a whole run."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from outcomes import steps
from outcomes.files import Places
from outcomes.personal import show_name
from outcomes.settings import Study

PACKAGE = Path(__file__).parent
PACKAGES = (
    *("formulaic", "matplotlib", "numpy", "outcomes", "pandas", "pyarrow", "python-docx", "scipy", "snakemake"),
    *("statsmodels", "typst"),
)
SOURCES = (".py", ".yaml", ".csv", ".html", ".css", ".js", ".typ")  # endings of the files that decide a result

_IMPORT = re.compile(r"^( *)from (outcomes[\w.]*) import (\([^)]*\)|.*)$", re.MULTILINE)
_STEP_CODE = ("outcomes.__main__", *(f"outcomes.steps.{name}" for name in steps.NAMES))
_FOR_CHECKERS = re.compile(r"^if TYPE_CHECKING:\n(?:(?: .*)?\n)+", re.MULTILINE)


def provenance(study: Study, places: Places) -> dict[str, Any]:
    """Return what identifies a result: hashes of input, settings and code, versions, and the seed; no date, no path."""
    inputs = json.loads((places.derived / "inputs.json").read_text(encoding="utf-8"))  # with names, which stay there
    return {
        "study": study.study,
        "inputs": {number: entry["sha256"] for number, entry in inputs.items()},
        "settings": study.digest(),
        "code": hash_step_code(),
        "seed": study.seed,
        "versions": list_versions(PACKAGES),
    }


def write_command(study_file: Path) -> str:
    """Return the command that makes a study again from the folder of the study file's ``config``, or from its own.

    >>> write_command(Path("/home/user/clinic/config/mine.yaml")), write_command(Path("mine.yaml"))
    ('outcomes run config/mine.yaml', 'outcomes run mine.yaml')
    """
    parent = study_file.resolve().parent.name
    folder = "config/" if parent == "config" else ""
    return f"outcomes run {folder}{show_name(study_file.name)}"


def hash_step_code() -> str:
    """Return the SHA-256 of the code that decides a release."""
    return hash_code(sources(*_STEP_CODE))


def hash_network_code() -> str:
    """Return the SHA-256 of the code that decides a release, a site's package of it, the rounds of a common model, and what is pooled."""
    return hash_code(
        sources(*_STEP_CODE, *(f"outcomes.commands.{name}" for name in ("site", "round", "answer", "pool")))
    )


def list_versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python and of installed packages."""
    from importlib.metadata import version

    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def hash_code(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of files of this package, their places in it included."""
    code = hashlib.sha256()
    for path in paths:
        code.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return code.hexdigest()


def sources(*modules: str) -> list[Path]:
    """Return the files that a process reads of this package when it imports the named modules and calls what they hold.

    These are the modules, the packages they lie in, all that they import, however deep, and the data files that they name.
    Imports inside functions count, those for type checkers do not. A package that is only entered on the way to a module
    inside it counts with what it imports itself: nobody calls its functions.
    """
    called: set[Path] = set()
    entered: set[Path] = set()
    waiting = [*modules]
    while waiting:
        parts = waiting.pop().split(".")
        for depth in range(1, len(parts) + 1):
            path = _find_module(*parts[:depth])
            whole = depth == len(parts)
            if path is None or path in called or (path in entered and not whole):
                continue
            (called if whole else entered).add(path)
            waiting.extend(name for name, deferred in read_imports(path) if whole or not deferred)
    return sorted({file for path in called | entered for file in (path, *_data_files(path))})


@cache
def _find_module(*parts: str) -> Path | None:
    """Return the file of a module or package of ours."""
    place = PACKAGE.parent.joinpath(*parts)
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


@cache
def read_imports(path: Path) -> tuple[tuple[str, bool], ...]:
    """Return each module of this package that a file imports, and whether only a function's call does so.

    The text is searched, which takes a hundredth of the time of parsing it; the tests hold the result to the parser's.
    """
    found = []
    for indent, module, names in _IMPORT.findall(_FOR_CHECKERS.sub("", path.read_text(encoding="utf-8"))):
        for name in re.findall(r"[\w.]+(?: as \w+)?", re.sub(r"#.*", "", names)):
            inner = f"{module}.{name.split(' ')[0]}"
            found.append((inner if _find_module(*inner.split(".")) else module, bool(indent)))
    return tuple(dict.fromkeys(found))


@cache
def _data_files(path: Path) -> tuple[Path, ...]:
    """Return the data files beside a module that it reads: those of its own name, and those that it names."""
    beside = [other for other in path.parent.iterdir() if other.suffix in SOURCES and other.suffix != ".py"]
    text = path.read_text(encoding="utf-8") if beside else ""
    return tuple(other for other in beside if other.stem == path.stem or f'"{other.name}"' in text)
