"""Response on two instruments: of each arm a bar of those who respond on both, on one alone, and on neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.patches import Rectangle

from outcomes.contracts.released.instruments import JointResponse
from outcomes.records import list_records
from outcomes.release.figures.canvas.lettering import measure_mm
from outcomes.release.figures.canvas.lines import Line, arrange_lines, draw_chart
from outcomes.release.figures.canvas.panels import EDGE, Scale, Sheet
from outcomes.release.figures.canvas.style import LINE_MM, PAGE_MM, TEXT_PT, style_arms
from outcomes.release.figures.plans.instruments import list_shares
from outcomes.release.figures.plans.plan import Plan, write_size
from outcomes.release.numbers import fixed, interval
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = 48.0
HEADS = ("n", "First only", "Second only", "Difference")
PARTS = ("both", "first only", "second only", "neither")
SHADES = ("#1a1a1a", "#6b6b6b", "#ababab", "#e6e6e6")  # dark to light, so that they differ in gray
SWATCH = 5.0  # of the key, mm
SCALE = Scale((-1, 101), {float(at): str(at) for at in range(0, 101, 20)}, "Patients with both scores (%)")


def draw_instruments(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw a bar for each arm below its pair of instruments, with the counts and the difference beside."""
    arms = style_arms(study, plan.data[JointResponse.arm])
    lines, bars = [], []
    for pair, rows in plan.data.groupby([JointResponse.instrument, JointResponse.other], sort=False):
        first, second = (study.instrument(str(name)).name for name in pair)
        lines.append(Line(f"{first} (first), {second} (second)", heading=True))
        for row in list_records(rows):
            bars.append((len(lines), row))
            lines.append(Line(arms[row[JointResponse.arm]].label, cells=_write(row)))
    chart = arrange_lines(lines, HEADS, PAGE_MM, NAMES)
    top = EDGE + LINE_MM + 1.0
    sheet = Sheet(figure, PAGE_MM, top + chart.height + LINE_MM * 4 + EDGE)
    _draw_key(sheet)
    axes, _ = draw_chart(sheet, chart, HEADS, SCALE, top)
    for at, row in bars:
        _draw_bar(axes, row, chart.placed[at].middle)


def _write(row: dict[Any, Any]) -> tuple[str, ...]:
    apart = "–"
    if pd.notna(row[JointResponse.difference]):
        limits = interval(row[JointResponse.difference_lower], row[JointResponse.difference_upper], 0, 100)
        apart = f"{fixed(100 * row[JointResponse.difference], 0)} ({limits})"
    counts = (JointResponse.n, JointResponse.first_only, JointResponse.second_only)
    return (*(write_size(row, name) for name in counts), apart)


def _draw_key(sheet: Sheet) -> None:
    x = EDGE
    for part, shade in zip(PARTS, SHADES, strict=True):
        word = f"Response on {part}" if part == PARTS[0] else part
        low = 1 - (EDGE + LINE_MM * 0.9) / sheet.height
        size = (SWATCH / sheet.width, LINE_MM * 0.7 / sheet.height)
        sheet.figure.add_artist(Rectangle((x / sheet.width, low), *size, facecolor=shade, edgecolor="none"))
        sheet.write(x + SWATCH + 1.5, EDGE, word)
        x += SWATCH + 1.5 + measure_mm(word, TEXT_PT) + 5.0


def _draw_bar(axes: Axes, row: dict[Any, Any], middle: float) -> None:
    """Draw the parts from the left, the last one from the right: rounded shares need not add up to all."""
    shares = list_shares(row)
    starts = [0.0, shares[0], shares[0] + shares[1], 100 - shares[3]]
    for part, start, share, shade in zip(PARTS, starts, shares, SHADES, strict=True):
        axes.barh(middle, share, left=start, height=0.7 * LINE_MM, color=shade, label=part, zorder=2)
