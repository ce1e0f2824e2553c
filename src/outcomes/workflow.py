"""The graph of the steps: which tables each writes, which raw files and sections of the study file it may read."""

from __future__ import annotations

from pathlib import Path
from types import MethodType
from typing import Any, cast

from outcomes.contracts.released import list_tables
from outcomes.settings import Study
from outcomes.settings.plan import place_of

# Which tables a step writes.
TABLES: dict[str, tuple[str, ...]] = {
    "intake": (
        *("patients", "sessions", "assessments", "adverse_events", "vitals", "events"),
        *("key", "ledger", "balance"),
    ),
    "endpoints": ("endpoints", "cohort", "times"),
    "variants": ("variants", "pretreatment"),
    **{step: list_tables(step) for step in ("rates", "compare", "durability")},
}
TABLES["tables"] = (*TABLES["rates"], *TABLES["compare"], *TABLES["durability"], *list_tables("tables"))

# Which sections of the study file a step may read: a change elsewhere does not rerun it.
_CLINICAL = ("instruments", "own_instruments", "endpoints")
_DERIVED = (*_CLINICAL, "baseline", "timepoints", "population", "series", "visits", "arms")
SECTIONS: dict[str, tuple[str, ...]] = {
    "intake": (
        *("layouts", "sources", "dates", "cleaning", "visits", "instruments", "own_instruments", "arms"),
        *("own_protocols", "endpoints", "series"),
    ),
    "score": (*_CLINICAL, "scoring"),
    "series": ("arms", "own_protocols", "series", "visits"),
    "endpoints": _DERIVED,
    "variants": ("comparison", *_DERIVED),
    "rates": (*_DERIVED, "own_protocols", "regression_to_mean", "report", "privacy"),
    "fit": ("arms", "seed"),
    "compare": (
        "comparison",
        *_CLINICAL,
        "arms",
        "own_protocols",
        "series",
        "baseline",
        "timepoints",
        "report",
        "seed",
    ),
    "durability": ("durability", "comparison", *_CLINICAL, "arms", "series", "baseline", "seed"),
    "tables": ("models", "privacy", "arms", *_CLINICAL),
    "figures": (
        *("arms", "own_protocols", "comparison", "durability", *_CLINICAL, "timepoints", "visits", "report", "privacy"),
        *("series", "regression_to_mean"),
    ),
    "report": tuple(Study.model_fields),
    "manifest": ("privacy",),
}


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
