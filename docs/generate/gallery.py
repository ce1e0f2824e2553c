"""The gallery: every figure of the example study with its caption, its text alternative, and its files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

OPENING = """\
# Gallery

Every figure of the [synthetic example](synthetic-clinic.md), as the pipeline saves it: 85 or 178 mm wide, text of 8 to
9 pt, the number of patients below the axis, arms told apart by lightness, marker and line as well as colour. Each comes
as SVG, as PDF with its fonts, as PNG (300 dots per inch; `report.figures.dpi` changes it), and with the released rows
behind it as CSV. `captions.md` in the same folder holds titles, legends and text alternatives for the manuscript. The
[report of the example](example-report.html) shows them in place.

"""
ABSENT = "The example has not been run here. `make` draws these figures into `figures/example/`.\n"
FILES = ("svg", "pdf", "png", "csv")


def show_figures(folder: Path, target: Path) -> str:
    """Return the gallery of the figures in ``folder``; their files are copied to ``target``."""
    captions = folder / "captions.md"
    if not captions.is_file():
        return OPENING.replace("[report of the example](example-report.html)", "report of the example") + ABSENT
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(".*", "captions.md"))
    return OPENING + "\n".join(_show(entry, target.name) for entry in read_captions(captions.read_text("utf-8")))


def read_captions(text: str) -> list[tuple[str, str, str, str]]:
    """Return title, name, caption and text alternative of every figure in ``captions.md``."""
    pattern = r"^## (.+)\n\n(\S+)\n\n(.+)\n\n\*In words:\* (.+)$"
    return [entry.groups() for entry in re.finditer(pattern, text, re.MULTILINE)]  # type: ignore[misc]


def _show(entry: tuple[str, str, str, str], folder: str) -> str:
    title, name, caption, alt = entry
    width = "{ width=320 }" if "trajectory" in name or "distribution" in name else ""
    links = " · ".join(f"[{ending.upper()}]({folder}/{name}.{ending})" for ending in FILES)
    words = re.sub(r"[\[\]]", "", alt)
    return f"## {title}\n\n![{words}]({folder}/{name}.svg){width}\n\n{caption}\n\n{links}\n"
