"""What was released: every file with its hash, its label, and how much of it is shown as a bound."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.settings.analysis import Privacy

NAME = "manifest.json"
AGGREGATE, EXACT = "released aggregate: rounded", "exact"
UNKNOWN = "unknown: not made by this pipeline; do not publish it"
BOUND = re.compile(r"[<>]-?[\d.]+")
PRINTED = "printed"  # the folder of the report's tables as CSV
RESULTS = {
    "report": "the report",
    "supplement": "its supplement",
    "tables": "the tables of the report alone, for a manuscript",
    "checklists": "reporting checklists, filled from the report",
    "summary": "the closing lines of a run",
    "provenance": "hashes of input, settings, and code; versions; seed",
}
FORMATS = {".svg": "figure", ".png": "figure", ".pdf": "figure", ".csv": "released rows behind a figure"}
CAPTIONS = "captions.md"


def list_released(study: str, privacy: Privacy, results: Path, figures: Path) -> dict[str, Any]:
    """Return the manifest of a study: every file in its folders of results and figures.

    Parameters
    ----------
    study : str
        The study's name.
    privacy : Privacy
        Smallest count that is released, and whether the data are public.
    results, figures : Path
        The study's folders; hidden files, which the workflow keeps for itself, and the manifest itself are left out.

    Returns
    -------
    dict
        ``study``, ``minimum_cell``, ``label`` of the whole, and ``files``, ordered by ``path``: path from the folder above
        results and figures, ``sha256``, ``bytes``, ``label`` (released aggregate: rounded by the disclosure gate; exact, and
        the declared reason; unknown: left in the folder by something else), ``what`` it is, and, for a table, its ``rows`` and
        how many cells are ``bounds`` instead of numbers. Without date or absolute path.
    """
    label = AGGREGATE if privacy.release == "rounded" else f"{EXACT}: {privacy.because}"
    files = [_describe(path, top, label) for top in (results, figures) for path in _walk(top)]
    return {
        "study": study,
        "minimum_cell": privacy.minimum_cell,
        "label": label,
        "files": sorted(files, key=lambda entry: str(entry["path"])),
    }


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path != folder / NAME:
            yield path


def _describe(path: Path, top: Path, label: str) -> dict[str, Any]:
    what = _explain(path, top)
    content = path.read_bytes()
    entry = {
        "path": path.relative_to(top.parent.parent).as_posix(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "label": label if what else UNKNOWN,
        "what": what,
    }
    return entry | (_count_rows(path) if path.suffix == ".csv" and path.parent.name != PRINTED else {})


def _explain(path: Path, top: Path) -> str:
    """Return what a file is, by its place; empty where no step of the pipeline writes such a file."""
    place = path.relative_to(top)
    if top.parent.name == "figures":
        if place.as_posix() == CAPTIONS:
            return "titles, legends and text alternatives of the figures"
        kind = FORMATS.get(path.suffix, "")
        return f"{kind}: {path.stem.replace('_', ' ')}" if kind and len(place.parts) == 1 else ""
    if place.parts[0] == "tables":
        return RELEASED[path.stem].title if path.suffix == ".csv" and path.stem in RELEASED else ""
    if place.parts[0] == PRINTED:
        return "a table of the report as printed" if path.suffix == ".csv" else ""
    return RESULTS.get(path.stem, "") if len(place.parts) == 1 else ""


def _count_rows(path: Path) -> dict[str, int]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {"rows": len(rows), "bounds": sum(bool(BOUND.fullmatch(cell)) for row in rows for cell in row.values())}
