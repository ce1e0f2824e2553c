"""A figure's SVG as PDF or PNG, set in the typeface that matplotlib brings along, never in a font of the machine."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

PAGE = """
#let figure = json(bytes(sys.inputs.figure))
#set document(title: figure.title, description: figure.alt, date: none)
#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(figure.svg), format: "svg", alt: figure.alt)
"""


def print_svg(svg: str, title: str, alt: str, **options: Any) -> bytes:
    """Return an SVG in another format: ``format="pdf"``, or ``format="png"`` with ``ppi``."""
    page = json.dumps({"svg": svg, "title": title, "alt": alt}, ensure_ascii=False)
    compiler = typst.Compiler(
        PAGE.encode(), font_paths=load_fonts(), ignore_system_fonts=True, sys_inputs={"figure": page}
    )  # one a format: typst forgets the source after it has been compiled
    written = compiler.compile(**options)
    assert isinstance(written, bytes)
    return written


@cache
def load_fonts() -> typst.Fonts:
    """Return the fonts that figures are printed in, read from disk once."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(find_shipped_fonts())])


def find_shipped_fonts() -> Path:
    """Return the folder of matplotlib's fonts, found without loading it."""
    found = find_spec("matplotlib")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
