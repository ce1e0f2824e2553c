"""Figures as Word holds them: printed from the SVG at a resolution for paper, with a palette of their own, which shows the same.

The files of 300 dpi that journals ask for lie beside the report; a Word document of them would be a quarter larger.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from PIL import Image

from outcomes.errors import InputError
from outcomes.files import write_bytes
from outcomes.release.figures.printing import print_svg
from outcomes.release.report.content.blocks import Answers, Picture, Report, Section

COLOURS = 64  # a figure has a dozen, and what lies between them at the edges of letters
DPI = 240  # above the 220 to which Word itself reduces pictures for print
WHITE = (
    250  # a palette averages its colours: what is so light in red, green, and blue is the paper, and no gray box on it
)
PRINTERS = 2  # typst lets others compute while it prints


@dataclass(frozen=True)
class Prints:
    """Figures as PNG with a palette, each printed once, and kept for the next run where there is a folder for it.

    What is kept bears the digest of all that it follows from in its name, and that of itself in its first line.
    """

    folder: Path | None = None
    made: dict[Path, bytes] = field(default_factory=dict)

    def make(self, report: Report) -> None:
        """Print all figures of a report, several at a time, and forget those kept of others."""
        files = list(dict.fromkeys(picture.file for picture in list_pictures(report.sections)))
        with ThreadPoolExecutor(PRINTERS) as printers:
            self.made.update(zip(files, printers.map(self._find, files), strict=True))
        if self.folder is not None:
            for path in set(self.folder.glob("*")) - {self.folder / _identify(file.read_bytes()) for file in files}:
                path.unlink()

    def show(self, picture: Picture) -> io.BytesIO:
        """Return a figure as PNG.

        Raises
        ------
        InputError
            The figure was not drawn.
        """
        if picture.file not in self.made:
            self.made[picture.file] = self._find(picture.file)
        return io.BytesIO(self.made[picture.file])

    def _find(self, file: Path) -> bytes:
        if not file.is_file():
            raise InputError(f"{file}: no such figure. Run the step 'figures' first, or `make`, which runs all.")
        drawn = file.read_bytes()
        if self.folder is None:
            return _print(drawn, file.stem)
        kept = self.folder / _identify(drawn)
        said, _, printed = kept.read_bytes().partition(b"\n") if kept.is_file() else (b"", b"", b"")
        if said.decode(errors="replace") != hashlib.sha256(printed).hexdigest():
            printed = _print(drawn, file.stem)
            write_bytes(hashlib.sha256(printed).hexdigest().encode() + b"\n" + printed, kept)
        return printed


def list_pictures(sections: Iterable[Section]) -> Iterable[Picture]:
    """Yield the figures of sections and of those below them, those of the first page among them."""
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Picture):
                yield block
            elif isinstance(block, Answers):
                yield from (answer.picture for answer in block.entries if answer.picture is not None)
        yield from list_pictures(section.sections)


def _identify(drawn: bytes) -> str:
    made_with = f"{DPI} {COLOURS} {WHITE} {version('typst')} {version('pillow')}\n"
    return hashlib.sha256(made_with.encode() + drawn).hexdigest()


def _print(drawn: bytes, title: str) -> bytes:
    printed = io.BytesIO(print_svg(drawn.decode(), title, "", format="png", ppi=float(DPI)))
    written = io.BytesIO()
    with Image.open(printed) as image:
        flat = image.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        flat.putpalette(_whiten(flat.getpalette() or []))
        # a tenth larger than the smallest, in a seventh of the time
        flat.save(written, "png", compress_level=6, dpi=(DPI, DPI))
    return written.getvalue()


def _whiten(palette: list[int]) -> list[int]:
    """Return red, green, and blue of a palette's colours, in which those that are all but white are white."""
    colours = [palette[start : start + 3] for start in range(0, len(palette), 3)]
    return [part for colour in colours for part in ([255] * 3 if min(colour) >= WHITE else colour)]
