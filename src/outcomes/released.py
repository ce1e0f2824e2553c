"""The released tables of a study, read by name, and a finished study opened from any folder of the project."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.text import read_table
from outcomes.errors import InputError
from outcomes.files import Places
from outcomes.settings import Study, read_study

if TYPE_CHECKING:
    import pandas as pd


def read_released(places: Places) -> dict[str, pd.DataFrame]:
    """Read every released table of a study by name, as :func:`outcomes.contracts.released.text.read_table` does."""
    folder = places.results / "tables"
    return {name: read_table((folder / f"{name}.csv").read_text(encoding="utf-8"), name) for name in RELEASED}


@dataclass(frozen=True)
class Opened:
    """A finished study: its settings, its folders, its released tables, and the true values where it was simulated (else none)."""

    study: Study
    places: Places
    released: dict[str, pd.DataFrame]
    truth: Path | None


def open_study(study_file: str | None = None) -> Opened:
    """Open a finished study from any folder of the project, as the notebooks do.

    Parameters
    ----------
    study_file : str, optional
        The study's YAML, from the project's folder. Without it that of the environment variable ``STUDY``, else the shipped example.

    Raises
    ------
    InputError
        No folder above has the study file, or the study has not been run there.
    """
    name = study_file or os.environ.get("STUDY") or "config/example.yaml"
    here = Path.cwd()
    above = [folder for folder in (here, *here.parents) if (folder / name).is_file()]
    if not above:
        raise InputError(f"no {name} in {here.name} or a folder above it. Open the notebook inside the project.")
    study = read_study(above[0] / name)
    # a path from the machine's root is found from every folder: the project's is the one with the results
    root = next((folder for folder in above if (Places(study.study, folder).results / "tables").is_dir()), None)
    if root is None:
        raise InputError(f"{name} has no results yet. Run it first: make STUDY={name}")
    places = Places(study.study, root)
    truth = root / study.data / "truth.json"
    return Opened(study, places, read_released(places), truth if truth.is_file() else None)
