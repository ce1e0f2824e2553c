"""Files at the edge: where every table lives, reading and writing through the contracts, provenance, and code inputs.

Everything is written to a temporary name and moved into place, so a run that is killed leaves no half-written file.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any, cast

from outcomes.contracts import check_table
from outcomes.errors import InputError
from outcomes.settings import Study
from outcomes.settings.plan import place_of

if TYPE_CHECKING:
    import pandas as pd

PACKAGE = Path(__file__).parent
SOURCES = (".py", ".yaml", ".csv", ".html", ".css", ".js", ".typ")  # endings of the files that decide a result

# Which tables a step writes, and which sections of the study file it may read: a change elsewhere does not rerun it.
TABLES: dict[str, tuple[str, ...]] = {
    "intake": (
        "patients",
        "sessions",
        "assessments",
        "adverse_events",
        "vitals",
        "events",
        "key",
        "ledger",
        "balance",
    ),
    "endpoints": ("endpoints", "cohort", "times"),
    "rates": (
        "flow",
        "baseline",
        "baseline_smd",
        "scores",
        "response",
        "differences",
        "change_distribution",
        "missingness",
        "ideation",
        "ideation_change",
        "recall",
        "regression_to_mean",
        "two_baselines",
        "published",
        "ledger",
        "balance",
    ),
}
TABLES["variants"] = ("variants", "pretreatment")
TABLES["compare"] = (
    "target_trial",
    "eligibility",
    "comparison_statement",
    "covariate_balance",
    "score_overlap",
    "positivity",
    "weights",
    "effects",
    "risks",
    "sensitivity",
    "imputations",
    "tipping",
    "dropout",
    "early_signals",
    "subgroups",
    "interactions",
)
TABLES["durability"] = ("durability_cohort", "durability_curve", "durability_held", "durability_effect")
MODEL_TABLES = ("models", "coefficients", "tests", "margins", "model_differences")
TABLES["tables"] = (*TABLES["rates"], *TABLES["compare"], *TABLES["durability"], *MODEL_TABLES)

_CLINICAL = ("instruments", "own_instruments", "endpoints")
SECTIONS: dict[str, tuple[str, ...]] = {
    "intake": (
        "layouts",
        "sources",
        "dates",
        "cleaning",
        "visits",
        "instruments",
        "own_instruments",
        "arms",
        "own_protocols",
        "endpoints",
        "series",
    ),
    "score": (*_CLINICAL, "scoring"),
    "series": ("arms", "own_protocols", "series", "visits"),
    "endpoints": (*_CLINICAL, "baseline", "timepoints", "population", "series", "visits", "arms"),
    "variants": ("comparison", *_CLINICAL, "baseline", "timepoints", "population", "series", "visits", "arms"),
    "rates": (
        *_CLINICAL,
        "regression_to_mean",
        "arms",
        "population",
        "timepoints",
        "visits",
        "report",
        "privacy",
        "series",
        "baseline",
    ),
    "fit": ("arms", "seed"),
    "compare": ("comparison", *_CLINICAL, "arms", "series", "baseline", "timepoints", "report", "seed"),
    "durability": ("durability", "comparison", *_CLINICAL, "arms", "series", "baseline", "seed"),
    "tables": ("models", "privacy", "arms", *_CLINICAL),
    "figures": ("arms", "comparison", "durability", *_CLINICAL, "timepoints", "visits", "report", "privacy", "series"),
    "report": tuple(Study.model_fields),
    "manifest": ("privacy",),
}


@dataclass(frozen=True)
class Places:
    """The folders of one study. Patient-level tables exist only in ``derived``."""

    study: str
    root: Path = Path()

    @property
    def derived(self) -> Path:
        """Private tables."""
        return self.root / "data" / self.study / "derived"

    @property
    def results(self) -> Path:
        """Released tables and the report."""
        return self.root / "results" / self.study

    @property
    def figures(self) -> Path:
        """Released figures."""
        return self.root / "figures" / self.study

    def table(self, name: str) -> Path:
        """Return the path of a private table."""
        return self.derived / f"{name}.parquet"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and move it there when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_table(table: pd.DataFrame, path: Path, contract: str | None = None) -> None:
    """Write a private table as Parquet after checking its contract."""
    import pandas as pd

    if contract is not None:
        check_table(table, contract)
    blank = [name for name in table if table[name].dtype == "category" and not len(table[name].cat.categories)]
    text = pd.CategoricalDtype(
        pd.Index([], dtype="str")
    )  # without a type of their own, no categories read back as objects
    with replacing(path) as temporary:
        table.astype(dict.fromkeys(blank, text)).to_parquet(
            temporary, index=False, compression="zstd", compression_level=1
        )


def read_table(path: Path, contract: str | None = None, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a private table.

    Raises
    ------
    InputError
        The file is absent: the step that writes it has not run.
    """
    import pandas as pd

    if not path.is_file():
        raise InputError(f"{path}: no such table. Run the steps before this one first, or `make`, which runs all.")
    table = pd.read_parquet(path, columns=columns)
    return table if contract is None or columns is not None else check_table(table, contract)


def read_released(places: Places) -> dict[str, pd.DataFrame]:
    """Read every released table of a study by name; empty cells are missing."""
    import pandas as pd

    return {name: pd.read_csv(places.results / "tables" / f"{name}.csv") for name in TABLES["tables"]}


def write_text(text: str, path: Path) -> None:
    """Write a text file in one move."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(content: bytes, path: Path) -> None:
    """Write a file in one move."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def inputs(study: Study, folder: str) -> list[str]:
    """Return the raw files of a study; optional ones only when they are there."""
    files = {str(Path(folder) / source.file): source.optional for source in study.sources}
    return [file for file, optional in files.items() if not optional or Path(file).is_file()]


def plans(study_file: Path | str) -> list[str]:
    """Return the locked plan of a study file, if there is one."""
    path = place_of(Path(study_file))
    return [str(path)] if path.is_file() else []


def settings(study: Study, step: str) -> str:
    """Return the digest of the sections that a step may read."""
    return study.digest("study", *SECTIONS[step])


class Part:
    """A study file of which one step sees only its declared sections, so that no undeclared one can change its result."""

    def __init__(self, study: Study, step: str) -> None:
        self._study = study
        self._step = step

    def __reduce__(self) -> tuple[type[Part], tuple[Study, str]]:
        return Part, (self._study, self._step)

    def __getattr__(self, name: str) -> Any:
        if name in Study.model_fields and name not in ("study", *SECTIONS[self._step]):
            raise AttributeError(
                f"step '{self._step}' reads section '{name}', which workflow.SECTIONS does not declare"
            )
        value = getattr(self._study, name)
        return MethodType(getattr(Study, name), self) if isinstance(value, MethodType) else value


def part_of(study: Study, step: str) -> Study:
    """Return the study as one step may see it."""
    return cast(Study, Part(study, step))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def provenance(study: Study, places: Places) -> dict[str, Any]:
    """Return what identifies a result: hashes of input, settings and code, versions, and the seed; no date, no path."""
    from importlib.metadata import version

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
        "inputs": json.loads((places.derived / "inputs.json").read_text(encoding="utf-8")),
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
