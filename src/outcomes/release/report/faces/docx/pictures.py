"""Figures as Word holds them: printed from the SVG at a resolution for paper, with a palette of their own, which shows the same.

The files of 300 dpi that journals ask for lie beside the report; a Word document of them would be a quarter larger.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image

from outcomes.errors import InputError
from outcomes.release.figures.printing import print_svg
from outcomes.release.report.content.blocks import Picture

COLOURS = 64  # a figure has a dozen, and what lies between them at the edges of letters
DPI = 240  # above the 220 to which Word itself reduces pictures for print


def print_picture(picture: Picture) -> io.BytesIO:
    """Return a figure as PNG with a palette.

    Raises
    ------
    InputError
        The figure was not drawn.
    """
    if not picture.file.is_file():
        raise InputError(f"{picture.file}: no such figure. Run the step 'figures' first, or `make`, which runs all.")
    return io.BytesIO(_print(picture.file, picture.file.stat().st_mtime_ns))


@lru_cache(maxsize=128)
def _print(file: Path, _: int) -> bytes:
    printed = io.BytesIO(print_svg(file.read_text(encoding="utf-8"), file.stem, "", format="png", ppi=float(DPI)))
    written = io.BytesIO()
    with Image.open(printed) as image:
        flat = image.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        # a tenth larger than the smallest, in a seventh of the time
        flat.save(written, "png", compress_level=6, dpi=(DPI, DPI))
    return written.getvalue()
