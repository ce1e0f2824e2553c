"""How wide the columns of a printed table are, in which size of type, and on which page it fits.

Text is measured in the widths of Times Roman (Adobe Core 14 font metrics), which the typefaces of PDF and Word stay close
to; so the same table has the same columns in both, on any machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from outcomes.release.report.content.blocks import Cell, Grid

MARGIN_PT = 56.7  # 20 mm
PADDING_PT = 7.0
SPARE = 1.06  # what a typeface may be wider than Times Roman
BOLD = 1.18  # the same for its bold type
LONG_EM = 12.0  # a word wider than this may be broken
LOW_PT, MAIN_PT = 330.0, 700.0  # a table below this height, and one of the main report, stays on one page
MAIN = ("baseline-compared", "outcomes")
SIDEWAYS, UPRIGHT = True, False
# Ems that the first column of words and the others get at least, where they have so much to say.
WIDE, MIDDLE, NARROW = (18.0, 9.0), (13.0, 6.0), (8.0, 4.0)
# Size of type, whether the page lies on its side, whether "12.3 (4.5 to 6.7)" may break before its bracket, and what
# columns of words get, in order of preference.
TRIALS = (
    *((size, UPRIGHT, False, WIDE) for size in (9.0, 8.5, 8.0)),
    *((size, UPRIGHT, False, MIDDLE) for size in (8.5, 8.0, 7.5)),
    *((size, UPRIGHT, False, NARROW) for size in (9.0, 8.5, 8.0, 7.5)),
    *((size, UPRIGHT, True, NARROW) for size in (8.5, 8.0, 7.5, 7.0)),
    *((size, SIDEWAYS, False, NARROW) for size in (8.5, 8.0, 7.5, 7.0)),
    *((size, SIDEWAYS, True, NARROW) for size in (8.0, 7.5, 7.0, 6.5)),
)
_GROUPS = {
    278: "ijlt/:;", 250: " .,\u00a0", 333: "()rfI-‐", 389: "sJ", 444: "aceéèêz“”", 722: "wADGHKNOQUVXYRÄÖÜ", 611: "ELTZ",
    667: "BCR", 556: "PSF", 778: "m", 889: "MW", 564: "<>=+−~±≤≥", 833: "%", 1000: "\u2003—",
}  # fmt: skip
_WIDTHS = {letter: width / 1000 for width, letters in _GROUPS.items() for letter in letters}


@dataclass(frozen=True)
class Page:
    """A sheet of paper, in points."""

    width_pt: float
    height_pt: float

    def room(self, sideways: bool = False) -> float:
        """Return the width between the margins."""
        return (self.height_pt if sideways else self.width_pt) - 2 * MARGIN_PT


PAGES = {"a4": Page(595.28, 841.89), "letter": Page(612.0, 792.0)}


@dataclass(frozen=True)
class Fit:
    """Where a table fits: size of type, width of each column in points, page on its side, height as printed.

    ``broken`` are the columns too narrow for their widest figure with its bracket: there all figures break before it, so
    that they read as one below the other.
    """

    size_pt: float
    widths_pt: tuple[float, ...]
    sideways: bool
    height_pt: float
    broken: frozenset[int] = frozenset()


def stays_whole(grid: Grid, fit: Fit) -> bool:
    """Whether a table is not broken over pages: a low one, and one of the main report that a page holds."""
    return fit.height_pt < (MAIN_PT if grid.id in MAIN else LOW_PT)


@cache
def measure_em(text: str) -> float:
    """Return the width of a line of text in ems, 0.5 for a letter that is not listed, 1 for one of a wide script."""
    return sum(_WIDTHS.get(letter, 0.5 if ord(letter) < 0x2E80 else 1.0) for letter in text)


def fit_grid(grid: Grid, page: Page) -> list[tuple[Grid, Fit]]:
    """Return the table with its columns; where it is too wide for any page, in parts, each with the first column.

    The largest type on an upright page is preferred; then smaller type, figures broken before their bracket, and a page on
    its side.
    """
    fit = _try(grid, page)
    if fit is not None:
        return [(grid, fit)]
    return [(part, _try(part, page) or _squeeze(part, page)) for part in _split(grid, page)]


def _try(grid: Grid, page: Page) -> Fit | None:
    for size, sideways, broken, words in TRIALS:
        least, full = _columns(grid, broken, words)
        room = (page.room(sideways) - PADDING_PT * grid.columns) / size
        if sum(least) <= room:
            wanted = _measure_unbroken(grid)
            narrow = [column for column, width in enumerate(_spread(least, full, room)) if width < wanted[column]]
            for column in narrow:  # broken anyway: the room goes to others
                full[column] = least[column]
            return _fit(grid, _spread(least, full, room), size, sideways, frozenset(narrow))
    return None


def _squeeze(grid: Grid, page: Page) -> Fit:
    """Return the smallest type on a page on its side, with columns in proportion to what they need: long words break."""
    size, sideways, broken, words = TRIALS[-1]
    least, _ = _columns(grid, broken, words)
    room = (page.room(sideways) - PADDING_PT * grid.columns) / size
    widths = [width * room / sum(least) for width in least]
    wanted = _measure_unbroken(grid)
    narrow = frozenset(column for column, width in enumerate(widths) if width < wanted[column])
    return _fit(grid, widths, size, sideways, narrow)


def _measure_unbroken(grid: Grid) -> list[float]:
    """Return, for each column, the width in ems of its longest figure with a bracket, in one line; 0 where none has one."""
    wanted = [0.0] * grid.columns
    for row in grid.rows:
        at = 0
        for cell in row:
            if cell.number and cell.span == 1 and len(split_figures(cell.text)) > 1:
                wanted[at] = max(wanted[at], SPARE * measure_em(cell.text))
            at += cell.span
    return wanted


def _spread(least: Sequence[float], full: Sequence[float], room: float) -> list[float]:
    """Return widths between what a column needs at least and what it would take in one line."""
    wish, spare = sum(full) - sum(least), room - sum(least)
    share = min(1.0, spare / wish) if wish > 0 else 0.0
    return [low + share * (high - low) for low, high in zip(least, full, strict=True)]


def _fit(grid: Grid, widths: Sequence[float], size: float, sideways: bool, broken: frozenset[int]) -> Fit:
    lines = sum(_count_lines(row, widths) for row in (*grid.heads, *grid.rows))
    height = 1.25 * size * lines + 4.5 * (len(grid.heads) + len(grid.rows)) + 40 + 24 * len(grid.notes)
    return Fit(size, tuple(round(width * size + PADDING_PT, 2) for width in widths), sideways, height, broken)


def _count_lines(row: Sequence[Cell], widths: Sequence[float]) -> int:
    """Return the number of lines of the tallest cell of a row."""
    lines, at = 1, 0
    for cell in row:
        width = sum(widths[at : at + cell.span])
        lines = max(lines, int(BOLD * measure_em(cell.text) / max(width, 1.0)) + 1)
        at += cell.span
    return lines


def _columns(grid: Grid, broken: bool, words: tuple[float, float]) -> tuple[list[float], list[float]]:
    """Return, for each column, the least width and that of its longest line, in ems."""
    least, full = [1.0] * grid.columns, [1.0] * grid.columns
    wide: list[tuple[int, Cell]] = []
    for head, row in [*((True, row) for row in grid.heads), *((False, row) for row in grid.rows)]:
        at = 0
        for cell in row:
            if cell.span > 1:
                wide += [(at, cell)] if head else []
            else:
                least[at] = max(least[at], _least(cell, head, broken, words[0 if at == 0 else 1]))
                whole = BOLD * _halve(cell.text) if head else min(SPARE * measure_em(cell.text), 40.0)
                full[at] = max(full[at], least[at], whole)
            at += cell.span
    for at, cell in wide:
        own = range(at, at + cell.span)
        lacking = BOLD * min(_longest(cell.text.split(" ")), LONG_EM) - sum(least[column] for column in own)
        for column in own:
            least[column] += max(0.0, lacking) / cell.span
            full[column] = max(full[column], least[column])
    return least, full


def _least(cell: Cell, head: bool, broken: bool, words: float) -> float:
    if cell.number:
        return SPARE * _longest(split_figures(cell.text) if broken else [cell.text])
    longest = min(_longest(re.split(r"[ \u2003/]|(?<=-)", cell.text)), LONG_EM)
    if head:
        return BOLD * longest
    return SPARE * max(longest, min(measure_em(cell.text), words))


def _halve(text: str) -> float:
    """Return the width in ems that a heading takes in two lines, which it has where there is room.

    >>> _halve("IV ketamine, n") == measure_em("ketamine, n")
    True
    """
    words = text.split(" ")
    lines = [(" ".join(words[:k]), " ".join(words[k:])) for k in range(1, len(words) + 1)]
    return min(_longest(pair) for pair in lines)


def _longest(words: Iterable[str]) -> float:
    return max((measure_em(word) for word in words), default=0.0)


def split_figures(text: str) -> list[str]:
    """Return a cell of figures in the parts between which its line may break: before an opening bracket.

    Examples
    --------
    >>> split_figures("12.3 (4.5 to 6.7)")
    ['12.3', '(4.5 to 6.7)']
    """
    return re.split(r" (?=\()", text)


def _split(grid: Grid, page: Page) -> list[Grid]:
    """Return the table in parts of neighbouring columns that fit a page, what stands below one heading together."""
    size, sideways, broken, words = TRIALS[-1]
    least, _ = _columns(grid, broken, words)
    room = page.room(sideways) / size
    need = [width + PADDING_PT / size for width in least]
    parts: list[list[int]] = []
    for block in _blocks(grid):
        if parts and need[0] + sum(need[column] for column in (*parts[-1], *block)) <= room:
            parts[-1] += block
        else:
            parts.append(list(block))
    return [_take(grid, columns, index, len(parts)) for index, columns in enumerate(parts, 1)]


def _blocks(grid: Grid) -> list[range]:
    """Return the columns after the first in blocks that no heading spans across."""
    inside: set[int] = set()
    for row in grid.heads:
        at = 0
        for cell in row:
            inside |= set(range(at + 1, at + cell.span))
            at += cell.span
    starts = [column for column in range(1, grid.columns) if column not in inside]
    return [range(start, end) for start, end in zip(starts, [*starts[1:], grid.columns], strict=True)]


def _take(grid: Grid, columns: Sequence[int], index: int, total: int) -> Grid:
    """Return the first column and those given as a table of its own."""
    kept = {0, *columns}
    heads, rows = (tuple(_take_row(row, kept) for row in part) for part in (grid.heads, grid.rows))
    name = f"{grid.id}-part-{index}" if total > 1 else grid.id
    caption = f"{grid.caption} Part {index} of {total}." if total > 1 else grid.caption
    return replace(grid, id=name, caption=caption, heads=heads, rows=rows, notes=grid.notes if index == total else ())


def _take_row(row: Sequence[Cell], kept: set[int]) -> tuple[Cell, ...]:
    taken, at = [], 0
    for cell in row:
        span = len(kept & set(range(at, at + cell.span)))
        taken += [replace(cell, span=span)] if span else []
        at += cell.span
    return tuple(taken)
