"""The files of figures, each put in its place in one move, and the captions of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from outcomes.files import write_bytes, write_text
from outcomes.release.figures.plans.plan import Plan


def write_files(files: Mapping[str, bytes], folder: Path, name: str) -> list[Path]:
    """Write the files of a figure, by their ending; return them."""
    paths = [folder / f"{name}.{ending}" for ending in files]
    for path, content in zip(paths, files.values(), strict=True):
        write_bytes(content, path)
    return paths


def write_captions(plans: Iterable[Plan], folder: Path) -> Path:
    """Write ``captions.md``: of each figure the title, the legend, and the text alternative, for the manuscript."""
    entries = [f"## {plan.title}\n\n{plan.name}\n\n{plan.caption}\n\n*In words:* {plan.alt}\n" for plan in plans]
    path = folder / "captions.md"
    write_text("# Figures\n\n" + "\n".join(entries), path)
    return path
