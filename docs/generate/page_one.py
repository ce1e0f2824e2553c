"""The two pictures of page 1 of the example's report, docs/images/page-one.png and page-one-annotated.png, from its PDF.

python docs/generate/page_one.py        # after `make`; needs pdftoppm and pdftotext (Poppler)

The numbers in circles are those that docs/reading-the-report.md explains.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image

ROOT = Path(__file__).parents[2]
PDF = ROOT / "results" / "example" / "report.pdf"
IMAGES = ROOT / "docs" / "images"
DOTS = 93  # an inch
POINT = DOTS / 72  # pixels
MARGIN, RIGHT = 57.0, 538.0  # edges of the text in points
FINDINGS = "Findings"  # the first word of the Key Points that are marked
ROW = 30.0  # points that at least lie between the headings of two questions
RADIUS = 11.0
COLOURS = 200  # of a picture, which keeps it small
WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">([^<]*)</word>')
Mark = tuple[int, float, float]


def draw_pictures() -> None:
    """Write both pictures."""
    plain = IMAGES / "page-one.png"
    given = ["-f", "1", "-l", "1", str(PDF)]
    subprocess.run(["pdftoppm", "-png", "-singlefile", "-r", str(DOTS), *given, str(plain.with_suffix(""))], check=True)
    words = subprocess.run(["pdftotext", "-bbox", *given, "-"], check=True, capture_output=True, text=True).stdout
    page = plt.imread(plain)
    figure = plt.figure(figsize=(page.shape[1] / DOTS, page.shape[0] / DOTS), dpi=DOTS)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.imshow(page)
    for number, x, y in place_marks(words):
        axes.add_patch(plt.Circle((x * POINT, y * POINT), RADIUS * POINT, color="0.1"))
        axes.text(x * POINT, y * POINT, str(number), color="white", weight="bold", ha="center", va="center_baseline")
    figure.savefig(IMAGES / "page-one-annotated.png", metadata={"Software": None})
    plt.close(figure)
    for path in (plain, IMAGES / "page-one-annotated.png"):
        Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def place_marks(words: str) -> list[Mark]:
    """Return each number with the place of its circle, in points from the upper left."""
    found = [(float(left), float(top), float(bottom), word) for left, top, bottom, word in WORD.findall(words)]
    middles = {word: (top + bottom) / 2 for _, top, bottom, word in found}
    tops: list[float] = []
    for left, top, bottom, _ in found:
        middle = (top + bottom) / 2
        if abs(left - MARGIN) < 1 and middle > middles[FINDINGS] and (not tops or middle - tops[-1] > ROW):
            tops.append(middle)
    *rows, notes = tops
    left, beside = MARGIN - 2.5 * RADIUS, RIGHT + 2.5 * RADIUS
    marks = [(1, left, middles[FINDINGS]), *((place, left, top) for place, top in enumerate(rows, start=2))]
    return [*marks, (8, beside, rows[1]), (9, beside, rows[3]), (10, left, notes)]


if __name__ == "__main__":
    draw_pictures()
