"""Charts of one line of text a row: names on the left, marks in the middle, numbers in columns on the right, in millimetres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from outcomes.release.figures.canvas.lettering import legible, measure_mm, wrap
from outcomes.release.figures.canvas.panels import EDGE, RIGHT, Scale, Sheet
from outcomes.release.figures.canvas.style import FAINT, LINE_MM, TEXT_PT
from outcomes.release.numbers import general

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AFTER = 3.0  # between the names and the axes, and before each column, mm
HEADING_GAP = 1.4  # above a heading, mm
PAD = 1.5  # above the first and below the last row, mm


@dataclass(frozen=True)
class Line:
    """One row: its name, whether it is a heading, and its numbers in columns."""

    name: str
    heading: bool = False
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placed:
    """Where a row stands: middle and height in mm below the top of the axes, and its name broken into lines."""

    line: Line
    middle: float
    text: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """Rows with their axes: widths of names, of the axes, and of the columns, in mm."""

    placed: tuple[Placed, ...]
    height: float
    names: float
    room: float
    columns: tuple[float, ...]

    @property
    def left(self) -> float:
        """Where the axes begin."""
        return EDGE + self.names + AFTER


def arrange_lines(lines: Sequence[Line], heads: Sequence[str], width: float, names: float) -> Chart:
    """Give each row its place; names wider than ``names`` mm are broken into lines."""
    columns = tuple(
        max([measure_mm(head, TEXT_PT), *(measure_mm(line.cells[i], TEXT_PT) for line in lines if line.cells)])
        for i, head in enumerate(heads)
    )
    longest = max((measure_mm(line.name, TEXT_PT, line.heading) for line in lines), default=0.0)
    names = min(names, longest + 0.5)
    placed, top = [], PAD
    for index, line in enumerate(lines):
        text = tuple(wrap(line.name, names, TEXT_PT, line.heading))
        top += HEADING_GAP if line.heading and index else 0
        placed.append(Placed(line, top + LINE_MM * len(text) / 2, text))
        top += LINE_MM * len(text)
    taken = sum(column + AFTER for column in columns) if columns else RIGHT
    room = width - 2 * EDGE - names - AFTER - taken
    return Chart(tuple(placed), top + PAD, names, room, columns)


def even_out(charts: Sequence[Chart]) -> list[Chart]:
    """Give all panels the same columns, so that their axes stand below one another."""
    names = max(chart.names for chart in charts)
    columns = tuple(max(widths) for widths in zip(*(chart.columns for chart in charts), strict=True))
    first = charts[0]
    room = first.names + first.room + sum(first.columns) - names - sum(columns)
    return [replace(chart, names=names, room=room, columns=columns) for chart in charts]


def build_ruler(low: float, high: float, label: str) -> Scale:
    """Return a horizontal scale of round ticks that holds the values and no difference."""
    low, high = min(0.0, low), max(0.0, high)
    raw = max(high - low, 1e-6) / 5
    power = 10 ** math.floor(math.log10(raw))
    step = float(next(power * one for one in (1, 2, 5, 10) if power * one >= raw))
    start, end = math.floor(low / step), math.ceil(high / step)
    ticks = {step * at: general(round(step * at, 9)) for at in range(start, max(end, start + 1) + 1)}
    return Scale((min(ticks) - 0.02 * step, max(ticks) + 0.02 * step), ticks, label)


def draw_chart(sheet: Sheet, chart: Chart, heads: Sequence[str], x: Scale, top: float) -> tuple[Axes, float]:
    """Draw names, columns, and empty axes whose vertical unit is mm from their top; return the axes and the end."""
    axes = sheet.axes(chart.left, top + LINE_MM, chart.room, chart.height)
    axes.set_xlim(x.limits)
    axes.set_ylim(chart.height, 0)
    axes.set_xticks(list(x.ticks), list(x.ticks.values()))
    axes.spines["left"].set_visible(False)
    rows = [one for one in chart.placed if not one.line.heading]
    for at in x.ticks:
        axes.axvline(at, color=FAINT, linewidth=0.4, zorder=0)
    axes.set_yticks([one.middle for one in chart.placed], [legible("\n".join(one.text)) for one in chart.placed])
    axes.tick_params(axis="y", length=0, pad=(chart.names + AFTER) * 72 / 25.4)
    for label, one in zip(axes.get_yticklabels(), chart.placed, strict=True):
        label.set(ha="left", linespacing=1.1, weight="bold" if one.line.heading else "normal")
    right = chart.left + chart.room
    for index, (head, column) in enumerate(zip(heads, chart.columns, strict=True)):
        right += AFTER + column
        sheet.write(right, top - 0.5, head, ha="right")
        for one in rows:
            if one.line.cells:
                y = 1 - (top + LINE_MM + one.middle) / sheet.height
                place = right / sheet.width
                sheet.figure.text(place, y, one.line.cells[index], size=TEXT_PT, ha="right", va="center_baseline")
    end = top + LINE_MM + chart.height + 2 + LINE_MM
    for text in wrap(x.label, chart.room, TEXT_PT):
        sheet.write(chart.left + chart.room / 2, end, text, ha="center")
        end += LINE_MM
    return axes, end
