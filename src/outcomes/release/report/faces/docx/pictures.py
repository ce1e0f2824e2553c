"""Figures as Word holds them: the PNG of each with a palette of its own, which halves the file and shows the same."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image

from outcomes.errors import InputError
from outcomes.release.report.content.blocks import Picture

COLOURS = 64  # a figure has a dozen, and what lies between them at the edges of letters


def read_png(picture: Picture) -> io.BytesIO:
    """Return the PNG beside a figure's SVG, with a palette.

    Raises
    ------
    InputError
        The figure was not drawn.
    """
    file = picture.file.with_suffix(".png")
    if not file.is_file():
        raise InputError(f"{file}: no such figure. Run the step 'figures' first, or `make`, which runs all.")
    return io.BytesIO(_reduce(file, file.stat().st_mtime_ns))


@lru_cache(maxsize=128)
def _reduce(file: Path, _: int) -> bytes:
    written = io.BytesIO()
    with Image.open(file) as image:
        flat = image.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        dpi = image.info.get("dpi", (300, 300))
        flat.save(
            written, "png", compress_level=6, dpi=dpi
        )  # a tenth larger than the smallest, in a seventh of the time
    return written.getvalue()
