"""From a drawing to files: laid out once, as SVG; the PDF and the PNG are made of the SVG, and the CSV of the released rows.

Text stays text in SVG and PDF. The two are set in the typeface that matplotlib brings along, never in a font of the machine.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from outcomes.contracts.released.text import format_table
from outcomes.release.figures.canvas.style import MM_PER_INCH, house_style
from outcomes.release.figures.captions import write_files
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.figures.printing import print_svg

FORMATS = ("svg", "pdf", "png")
FAMILY = "'DejaVu Sans', Verdana, sans-serif"  # Verdana is as wide, where a reader's machine has no DejaVu


@dataclass(frozen=True)
class Sheet:
    """A figure laid out: its SVG, and what the other formats say of it."""

    svg: str
    title: str
    alt: str
    data: pd.DataFrame | None


def write_figure(
    figure: Figure, folder: Path, name: str, formats: Iterable[str] = FORMATS, dpi: int = 300
) -> list[Path]:
    """Write a figure in the formats, each in one move; with title, text alternative and data where it knows them."""
    return write_files(print_sheet(lay_out(figure, name), dpi, tuple(formats)), folder, name)


def lay_out(figure: Figure, name: str) -> Sheet:
    """Return the figure as SVG, with text as text and coordinates to a hundredth of a point."""
    own = getattr(figure, "plan", None)
    plan = own if isinstance(own, Plan) else None
    title, alt = (plan.title, plan.alt) if plan else (name, "")
    written = io.StringIO()
    with house_style():
        figure.savefig(
            written, format="svg", metadata={"Date": None, "Creator": "outcomes", "Title": title, "Description": alt}
        )
    svg = written.getvalue().replace("font-family: 'DejaVu Sans'", f"font-family: {FAMILY}")
    return Sheet(re.sub(r"<[^>!?]+>", _shorten, svg), title, alt, plan.data if plan else None)


def _shorten(tag: re.Match[str]) -> str:
    text = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", tag[0])
    return re.sub(r"(?<![\w.])(-?\d+\.\d\d)\d+", r"\1", text)


def print_sheet(sheet: Sheet, dpi: int, formats: tuple[str, ...] = FORMATS) -> dict[str, bytes]:
    """Return the bytes of each format, by its ending, and of the released rows as ``csv``."""
    written = {"svg": sheet.svg.encode()} if "svg" in formats else {}
    said = (sheet.svg, sheet.title, sheet.alt)
    if "pdf" in formats:
        written["pdf"] = print_svg(*said, format="pdf")
    if "png" in formats:
        written["png"] = _describe_png(print_svg(*said, format="png", ppi=float(dpi)), sheet.title, sheet.alt, dpi)
    if sheet.data is not None:
        written["csv"] = format_table(sheet.data).encode()
    return written


def _describe_png(png: bytes, title: str, alt: str, dpi: int) -> bytes:
    """Return a PNG with its resolution, title, and text alternative, in the chunks that the format has for them (ISO/IEC 15948)."""
    per_metre = round(dpi / MM_PER_INCH * 1000)
    chunks = [(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))]
    for key, text in (("Title", title), ("Description", alt), ("Software", "outcomes")):
        chunks.append((b"iTXt", key.encode() + b"\0\0\0\0\0" + text.encode()))
    head = 8 + 12 + struct.unpack(">I", png[8:12])[0]  # the signature and the chunk IHDR, which must come first
    added = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return png[:head] + added + png[head:]
