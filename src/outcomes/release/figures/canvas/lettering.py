"""Measuring and wrapping text in the one typeface of the figures, DejaVu Sans as matplotlib ships it."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

import matplotlib
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.textpath import TextToPath

BOX = "□"
MM_PER_POINT = 25.4 / 72
LEAST = 3  # letters of a broken word that stand on a line of their own


@cache
def _face(bold: bool) -> FontProperties:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FontProperties(fname=str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size=100)


@cache
def _letters() -> frozenset[int]:
    return frozenset(get_font(str(_face(False).get_file())).get_charmap())


@cache
def measure_mm(text: str, size: float, bold: bool = False) -> float:
    """Return the width of one line of text in mm."""
    if not text:
        return 0.0
    width: float = TextToPath().get_text_width_height_descent(legible(text), _face(bold), ismath=False)[0]
    return width / 100 * size * MM_PER_POINT


def name_arm_drawn(label: str, arm: str, index: int) -> str:
    """Return how figures name an arm: its label on one line, else its id, else its number.

    Examples
    --------
    >>> name_arm_drawn("Ketamine  IV", "iv", 0), name_arm_drawn("静脉注射氯胺酮", "iv", 0)
    ('Ketamine IV', 'iv')
    """
    return printable(one_line(label), arm, f"arm {index + 1}")


def one_line(text: str) -> str:
    """Return the text on one line, with single spaces and composed letters."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def printable(*choices: str) -> str:
    """Return the first text that the typeface can write in full, in order of preference; else the last one.

    Figures never borrow a font of the machine: the same study looks the same everywhere. DejaVu Sans writes Latin,
    Greek, Cyrillic, Arabic and Hebrew (in their direction). A name in a script that it lacks (Chinese, say) gives way to
    the next choice; tables and text still print it, and the caption says what stands for what.

    Examples
    --------
    >>> printable("Kétamine 静脉", "iv")
    'iv'
    """
    for text in choices:
        if all(ord(letter) in _letters() for letter in text):
            return text
    return choices[-1]


def legible(text: str) -> str:
    """Return the text with a box in place of each letter that the typeface lacks.

    Examples
    --------
    >>> legible("visit 静")
    'visit □'
    """
    return "".join(letter if ord(letter) in _letters() or letter == "\n" else BOX for letter in text)


def wrap(text: str, width_mm: float, size: float, bold: bool = False) -> list[str]:
    """Break text into lines no wider than ``width_mm``, between words, and inside a word that is too long by itself."""
    lines: list[str] = []
    line = ""
    for word in _pieces(text, width_mm, size, bold):
        longer = f"{line} {word}" if line else word
        if line and measure_mm(longer, size, bold) > width_mm:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line or not lines else lines


def _pieces(text: str, width_mm: float, size: float, bold: bool) -> list[str]:
    """Return the words of a text, each cut into pieces that fit the width."""
    pieces: list[str] = []
    for word in text.split(" "):
        if measure_mm(word, size, bold) <= width_mm:
            pieces.append(word)
            continue
        piece, cut = "", False
        for letter in word:
            if piece and measure_mm(piece + letter + "-", size, bold) > width_mm:
                own = piece.rfind("-") + 1  # a hyphen of the word's own is the better place
                cut = not own
                pieces.append(piece[:own] if own else piece + "-")
                piece = piece[own:] if own else ""
            piece += letter
        pieces.append(piece)
        if cut and len(piece) < LEAST:
            short = LEAST - len(piece)
            pieces[-2:] = [pieces[-2][: -1 - short] + "-", pieces[-2][-1 - short : -1] + piece]
    return pieces
