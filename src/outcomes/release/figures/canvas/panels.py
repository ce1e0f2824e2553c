"""Panels with a block of numbers below the axis, laid out in millimetres from measured text.

Nothing is left to automatic layout: every margin is computed from the text that stands in it, so that no label is cut
off and no two numbers touch, whatever the arms are called and however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from outcomes.release.figures.canvas.lettering import legible, measure_mm, wrap
from outcomes.release.figures.canvas.style import (
    COLUMN_MM,
    INK,
    LINE_MM,
    MM_PER_INCH,
    PAGE_MM,
    TEXT_PT,
    ArmStyle,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EDGE = 2.0  # margin around everything, mm
LEFT = 14.0  # least room for the vertical axis and the names of rows, mm
RIGHT = 3.5
PLOT = 46.0  # height of the axes, mm
GAP = 1.2  # least distance between two numbers, mm
KEY = 9.0  # length of an arm's key, mm


@dataclass(frozen=True)
class Scale:
    """Limits, ticks, and label of one axis."""

    limits: tuple[float, float]
    ticks: dict[float, str]
    label: str


@dataclass(frozen=True)
class Row:
    """A line below the axis: an arm's key and name, or numbers under their time points with a word for what they are."""

    label: str = ""
    arm: ArmStyle | None = None
    prefix: str = ""
    cells: dict[float, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """One set of axes, how it is drawn, and the rows below it."""

    title: str
    draw: Callable[[Axes], None]
    x: Scale
    y: Scale
    rows: tuple[Row, ...]


class Sheet:
    """A figure addressed in millimetres from its top left corner."""

    def __init__(self, figure: Figure, width: float, height: float) -> None:
        self.figure = figure
        self.width, self.height = width, height
        figure.set_size_inches(width / MM_PER_INCH, height / MM_PER_INCH)

    def write(
        self, x: float, top: float, text: str, size: float = TEXT_PT, bold: bool = False, ha: str = "left"
    ) -> None:
        """Write one line of text whose line box begins at ``top``."""
        if text:
            weight = "bold" if bold else "normal"
            y = 1 - (top + LINE_MM * 0.78 * size / TEXT_PT) / self.height
            self.figure.text(x / self.width, y, legible(text), size=size, weight=weight, ha=ha, va="baseline")

    def paragraph(self, x: float, top: float, lines: Sequence[str], size: float = TEXT_PT, bold: bool = False) -> float:
        """Write lines and return where they end."""
        step = LINE_MM * size / TEXT_PT
        for index, line in enumerate(lines):
            self.write(x, top + index * step, line, size, bold)
        return top + len(lines) * step

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add axes."""
        bottom = 1 - (top + height) / self.height
        return self.figure.add_axes((left / self.width, bottom, width / self.width, height / self.height))

    def key(self, x: float, top: float, arm: ArmStyle) -> None:
        """Draw the line and marker by which an arm is known."""
        y = 1 - (top + LINE_MM * 0.52) / self.height
        xs = [x / self.width, (x + KEY / 2) / self.width, (x + KEY) / self.width]
        line = Line2D(
            xs, [y] * 3, color=arm.color, linestyle=arm.line, marker=arm.marker, markevery=[1], transform=None
        )
        line.set_transform(self.figure.transFigure)
        self.figure.add_artist(line)


def compose(figure: Figure, panels: Sequence[Panel], notes: Sequence[str], width: float, columns: int) -> None:
    """Lay out panels in ``columns``, and notes on the figure; its height follows from what it holds."""
    inner = width - 2 * EDGE
    foot = [line for note in notes for line in wrap(note, inner, TEXT_PT)]
    each = width / columns
    heights = [
        max(_panel_height(panel, each) for panel in panels[i : i + columns]) for i in range(0, len(panels), columns)
    ]
    top = EDGE
    total = top + sum(heights) + (1.5 + len(foot) * LINE_MM if foot else 0) + EDGE
    sheet = Sheet(figure, width, total)
    for index, panel in enumerate(panels):
        _draw_panel(sheet, panel, index % columns * each, top + sum(heights[: index // columns]), each)
    sheet.paragraph(EDGE, top + sum(heights) + 1.5, foot)


def thin(cells: dict[float, str], millimetres: float, limits: tuple[float, float]) -> set[float]:
    """Return the positions whose text fits beside its neighbours.

    Of evenly spaced ones every second, third … is kept, so that no gap stands among them, and a last one that lies apart; of others
    the first and the last, and what fits between from left to right.
    """
    scale = millimetres / (limits[1] - limits[0])
    places = sorted(cells)
    if not places:
        return set()
    steps = [round(after - before, 9) for before, after in pairwise(places)]
    if len(set(steps[:-1])) == 1:
        apart = [] if steps[-1] == steps[0] else places[-1:]
        strides = ([*places[: len(places) - len(apart) : step], *apart] for step in range(1, len(places)))
        return set(next((kept for kept in strides if _all_apart(cells, kept, scale)), places[:1]))
    kept = [places[0]]
    for place in places[1:-1]:
        if _apart(cells, kept[-1], place, scale) and _apart(cells, place, places[-1], scale):
            kept.append(place)
    return {*kept, *places[-1:]}


def choose_width(panel: Panel) -> float:
    """Return one column's width, or the page's when the numbers below the axis need it."""
    words, _, upright = _tick_words(panel, COLUMN_MM)
    widest = widest_cells(panel.rows, words)
    fits = upright and thin(widest, _room(panel, COLUMN_MM), panel.x.limits) == set(widest)
    return COLUMN_MM if fits else PAGE_MM


def widest_cells(rows: Sequence[Row], ticks: dict[float, str]) -> dict[float, str]:
    """Return, for each position, the widest text that stands there."""
    columns: dict[float, list[str]] = {x: [text] for x, text in ticks.items()}
    for row in rows:
        for x, text in row.cells.items():
            columns.setdefault(x, []).append(text)
    lines = {x: [line for text in texts for line in text.split("\n")] for x, texts in columns.items()}
    return {x: max(parts, key=lambda line: measure_mm(line, TEXT_PT)) for x, parts in lines.items()}


def _all_apart(cells: dict[float, str], places: Sequence[float], scale: float) -> bool:
    return all(_apart(cells, before, after, scale) for before, after in pairwise(places))


def _apart(cells: dict[float, str], left: float, right: float, scale: float) -> bool:
    half = (measure_mm(cells[left], TEXT_PT) + measure_mm(cells[right], TEXT_PT)) / 2
    return (right - left) * scale >= half + GAP


def _left(panel: Panel) -> float:
    """Return the room left of the axes: for the vertical axis, or for the words before the numbers."""
    return max([LEFT, *(measure_mm(row.prefix, TEXT_PT) + GAP for row in panel.rows)])


def _room(panel: Panel, width: float) -> float:
    return width - _left(panel) - RIGHT - EDGE


def _kept(panel: Panel, width: float) -> set[float]:
    words, _, upright = _tick_words(panel, width)
    return thin(widest_cells(panel.rows, words if upright else {}), _room(panel, width), panel.x.limits)


def _tick_words(panel: Panel, width: float) -> tuple[dict[float, str], float, bool]:
    """Return the tick labels, broken into lines that fit between their neighbours, their depth, and whether upright.

    Where a column is too narrow for the longest word, all labels are turned by a right angle.
    """
    places = sorted(panel.x.ticks)
    start, end = panel.x.limits
    gaps = [b - a for a, b in zip(places, places[1:], strict=False)] + [2 * (places[0] - start), 2 * (end - places[-1])]
    column = min(gaps) * _room(panel, width) / (end - start) - GAP
    if all(len(text) <= 4 for text in panel.x.ticks.values()):
        return panel.x.ticks, LINE_MM, True
    if column < max(measure_mm(word, TEXT_PT) for text in panel.x.ticks.values() for word in text.split(" ")):
        return panel.x.ticks, max(measure_mm(text, TEXT_PT) for text in panel.x.ticks.values()), False
    lines = {x: wrap(text, column, TEXT_PT) for x, text in panel.x.ticks.items()}
    return {x: "\n".join(parts) for x, parts in lines.items()}, LINE_MM * max(map(len, lines.values())), True


def _panel_height(panel: Panel, width: float) -> float:
    labels = len(wrap(panel.x.label, _room(panel, width), TEXT_PT))
    title = len(wrap(panel.title, width - 2 * EDGE, TEXT_PT, bold=True)) if panel.title else 0
    rows = sum(_row_height(row, width) for row in panel.rows)
    return title * LINE_MM + 2 + PLOT + 2 + _tick_words(panel, width)[1] + labels * LINE_MM + 1.5 + rows + 2


def _row_height(row: Row, width: float) -> float:
    if not row.label:
        return LINE_MM
    return LINE_MM * len(_row_label(row, width)) + (0.6 if row.arm else 0)


def _row_label(row: Row, width: float) -> list[str]:
    indent = KEY + 1.5 if row.arm else 0
    return wrap(row.label, width - 2 * EDGE - indent, TEXT_PT)


def _draw_panel(sheet: Sheet, panel: Panel, left: float, top: float, width: float) -> None:
    if panel.title:
        top = sheet.paragraph(left + EDGE, top, wrap(panel.title, width - 2 * EDGE, TEXT_PT, True), bold=True)
    kept = _kept(panel, width)
    axes = sheet.axes(left + EDGE + _left(panel), top + 2, _room(panel, width), PLOT)
    panel.draw(axes)
    words, depth, upright = _tick_words(panel, width)
    axes.set_xlim(panel.x.limits)
    axes.set_ylim(panel.y.limits)
    axes.set_xticks(
        list(panel.x.ticks),
        [legible(text) if x in kept else "" for x, text in words.items()],
        rotation=0 if upright else 90,
    )
    axes.set_yticks(list(panel.y.ticks), list(panel.y.ticks.values()))
    middle = top + 2 + PLOT / 2
    _write_upright(sheet, left + EDGE, middle, panel.y.label)
    top += 2 + PLOT + 2 + depth
    for line in wrap(panel.x.label, _room(panel, width), TEXT_PT):
        sheet.write(left + EDGE + _left(panel) + _room(panel, width) / 2, top, line, ha="center")
        top += LINE_MM
    top += 1.5
    for row in panel.rows:
        _draw_row(sheet, panel, row, left, top, width, kept)
        top += _row_height(row, width)


def _write_upright(sheet: Sheet, left: float, middle: float, text: str) -> None:
    lines = wrap(text, PLOT + 2, TEXT_PT)
    x = (left + LINE_MM * 0.5 * len(lines)) / sheet.width
    sheet.figure.text(
        x,
        1 - middle / sheet.height,
        legible("\n".join(lines)),
        rotation=90,
        ha="center",
        va="center",
        linespacing=1.1,
        color=INK,
    )


def _draw_row(sheet: Sheet, panel: Panel, row: Row, left: float, top: float, width: float, kept: set[float]) -> None:
    if row.label:
        indent = 0.0
        if row.arm:
            sheet.key(left + EDGE, top + 0.6, row.arm)
            indent, top = KEY + 1.5, top + 0.6
        sheet.paragraph(left + EDGE + indent, top, _row_label(row, width))
        return
    sheet.write(left + EDGE, top, row.prefix)
    start, end = panel.x.limits
    for x, text in row.cells.items():
        if x in kept:
            place = left + EDGE + _left(panel) + (x - start) / (end - start) * _room(panel, width)
            sheet.write(place, top, text, ha="center")
