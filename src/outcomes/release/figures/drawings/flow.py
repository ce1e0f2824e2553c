"""Participant flow in the shape of STROBE and CONSORT: boxes sized to their text, side boxes for what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.patches import FancyArrowPatch, Rectangle

from outcomes.contracts.released.quality import Flow
from outcomes.records import list_records
from outcomes.release.figures.canvas.lettering import measure_mm, printable, wrap
from outcomes.release.figures.canvas.panels import EDGE, Sheet
from outcomes.release.figures.canvas.style import COLUMN_MM, INK, LINE_MM, PAGE_MM, TEXT_PT, style_arms
from outcomes.release.figures.plans.plan import Plan, say_label
from outcomes.release.numbers import WITHHELD, count, fixed, sample
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PADDING = 1.6  # between a box and its text, mm
DOWN = 4.5  # height of an arrow, mm
ASIDE = 4.0  # length of an arrow to a side box, mm
BETWEEN = 3.0  # between two columns, mm
BELOW = 1.0  # between an arm's name and its first box, mm
SPACE = 1.6  # between a heading and the count behind it, mm


@dataclass(frozen=True)
class Box:
    """One box: its first line stands in bold, the rest below; ``left_out`` boxes stand aside or are dashed."""

    heading: str
    lines: tuple[str, ...] = ()
    left_out: bool = False


def draw_flow(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the stages over all arms from top to bottom, and below them one column for each arm."""
    rows = plan.data.sort_values("order", kind="stable")
    arms = [arm for arm in style_arms(study, rows["arm"]) if arm != "all"]
    first = rows.loc[rows["arm"] != "all", "order"].min()  # totals after the arms repeat what the columns say
    trunk = build_boxes(rows[(rows["arm"] == "all") & ~(rows["order"] > first)], study)
    branches = [build_boxes(rows[rows["arm"] == arm], study) for arm in arms]
    names = style_arms(study, arms)
    width = COLUMN_MM if len(arms) <= 2 else PAGE_MM
    inner = width - 2 * EDGE
    column = (
        _trunk_widths(inner)[0] if len(arms) == 1 else (inner - BETWEEN * max(len(arms) - 1, 0)) / max(len(arms), 1)
    )
    heads = [wrap(names[arm].label, column - 2 * PADDING, TEXT_PT, True) for arm in arms]
    start = EDGE
    split = (DOWN * 2 if trunk and arms else 0) + max((len(head) * LINE_MM + BELOW for head in heads), default=0)
    height = start + _trunk_height(trunk, inner) + split
    height += max((_column_height(boxes, column) for boxes in branches), default=0) + EDGE
    sheet = Sheet(figure, width, height)
    end = _draw_trunk(sheet, trunk, start, inner)
    if arms:
        _draw_branches(sheet, branches, heads, end, column, joined=bool(trunk))


def build_boxes(rows: pd.DataFrame, study: Study) -> list[Box]:
    """Return the boxes of one column.

    Consecutive rows with a reason share one box of what was left out (nobody left out, no line); consecutive stages that count the same thing at
    several time points ("…, session 6", "…, day 28") share one box as well, since none follows from the other. A share that a row has stands
    behind its number.
    """
    boxes: list[Box] = []
    for row in list_records(rows):
        label = printable(say_label(str(row["label"]), study), str(row["order"]))
        size = _size(row["n"], str(row.get("unit", "")), row.get(Flow.n.bound))
        if pd.notna(row.get("share")):
            size += f" ({fixed(100 * row['share'], 0)}%)"
        left_out = bool(pd.notna(row["reason"]) and row["reason"])
        if left_out and row["n"] == 0:
            continue
        heading, _, place = ("Left out", "", label) if left_out else label.partition(", ")
        lines: tuple[str, ...] = (f"{place}: {size}" if place else size,)
        if boxes and place and boxes[-1].heading == heading and boxes[-1].left_out == left_out:
            lines = boxes.pop().lines + lines
        boxes.append(Box(heading, lines, left_out))
    return boxes


def _size(n: float, unit: str, bound: object = None) -> str:
    """Return how many a box holds, or the bound that is released of them; rows of a file are called so, as they are not people."""
    if pd.isna(n) and isinstance(bound, str) and bound:
        return f"n\u00a0{bound}"
    if unit == "rows":
        return f"rows {WITHHELD}" if pd.isna(n) else f"{count(n)} row{'s' * (n != 1)}"
    return sample(WITHHELD if pd.isna(n) else count(n))


def _lines(box: Box, width: float) -> list[tuple[str, str]]:
    """Return the lines of a box, each in two parts, bold and plain; a single count stands behind its heading if it fits."""
    inner = width - 2 * PADDING
    if (
        not box.left_out
        and len(box.lines) == 1
        and measure_mm(box.heading, TEXT_PT, True) + SPACE + measure_mm(*box.lines, TEXT_PT) <= inner
    ):
        return [(box.heading, *box.lines)]
    heading = [(line, "") for line in wrap(box.heading, inner, TEXT_PT, True)]
    return heading + [("", line) for text in box.lines for line in wrap(text, inner, TEXT_PT)]


def _height(box: Box, width: float) -> float:
    return len(_lines(box, width)) * LINE_MM + 2 * PADDING


def _draw_box(sheet: Sheet, box: Box, left: float, top: float, width: float) -> float:
    """Draw a box and return where it ends."""
    height = _height(box, width)
    frame = Rectangle(
        (left / sheet.width, 1 - (top + height) / sheet.height),
        width / sheet.width,
        height / sheet.height,
        transform=sheet.figure.transFigure,
        facecolor="#f3f3f3" if box.left_out else "white",
        edgecolor=INK,
        linewidth=0.7,
        linestyle="--" if box.left_out else "-",
    )
    sheet.figure.add_artist(frame)
    for index, (bold, plain) in enumerate(_lines(box, width)):
        line = top + PADDING + index * LINE_MM
        sheet.write(left + PADDING, line, bold, bold=True)
        sheet.write(left + PADDING + (measure_mm(bold, TEXT_PT, True) + SPACE if bold else 0), line, plain)
    return top + height


def _arrow(sheet: Sheet, start: tuple[float, float], end: tuple[float, float], head: bool = True) -> None:
    points = [(x / sheet.width, 1 - y / sheet.height) for x, y in (start, end)]
    style = "-|>,head_length=2.4,head_width=1.2" if head else "-"
    arrow = FancyArrowPatch(
        *points, arrowstyle=style, transform=sheet.figure.transFigure, color=INK, linewidth=0.7, shrinkA=0, shrinkB=0
    )
    sheet.figure.add_artist(arrow)


def _trunk_height(boxes: Sequence[Box], inner: float) -> float:
    main, side = _trunk_widths(inner)
    total = 0.0
    for index, box in enumerate(boxes):
        total += _height(box, side) + 2 if box.left_out else _height(box, main) + (DOWN if index else 0)
    return total


def _trunk_widths(inner: float) -> tuple[float, float]:
    main = (inner - BETWEEN) / 2
    return main, inner - main / 2 - ASIDE


def _draw_trunk(sheet: Sheet, boxes: Sequence[Box], top: float, inner: float) -> float:
    """Draw the stages over all arms; what was left out stands to the right of the arrow down. Return where it ends."""
    main, side = _trunk_widths(inner)
    axis = EDGE + main / 2
    for index, box in enumerate(boxes):
        if box.left_out:
            height = _height(box, side)
            _arrow(sheet, (axis, top), (axis, top + height + 2), head=False)
            _arrow(sheet, (axis, top + 1 + height / 2), (axis + ASIDE, top + 1 + height / 2))
            _draw_box(sheet, box, axis + ASIDE, top + 1, side)
            top += height + 2
        else:
            if index:
                _arrow(sheet, (axis, top), (axis, top + DOWN))
                top += DOWN
            top = _draw_box(sheet, box, EDGE, top, main)
    return top


def _column_height(boxes: Sequence[Box], width: float) -> float:
    return sum(_height(box, width) for box in boxes) + DOWN * max(len(boxes) - 1, 0)


def _draw_branches(
    sheet: Sheet, branches: Sequence[list[Box]], heads: Sequence[list[str]], top: float, column: float, joined: bool
) -> None:
    """Draw one column for each arm under its name, joined to the stage above."""
    lefts = [EDGE + index * (column + BETWEEN) for index in range(len(branches))]
    depth = max(len(head) for head in heads) * LINE_MM
    if joined:
        _join(sheet, [left + column / 2 for left in lefts], [depth - len(head) * LINE_MM for head in heads], top)
        top += 2 * DOWN
    for left, head, boxes in zip(lefts, heads, branches, strict=True):
        sheet.paragraph(left + PADDING, top + depth - len(head) * LINE_MM, head, bold=True)
        place = top + depth + BELOW
        for index, box in enumerate(boxes):
            if index:
                _arrow(sheet, (left + column / 2, place), (left + column / 2, place + DOWN))
                place += DOWN
            place = _draw_box(sheet, box, left, place, column)


def _join(sheet: Sheet, middles: Sequence[float], drops: Sequence[float], top: float) -> None:
    """Draw the fork from the trunk to the columns; each arrow drops to where its column's name begins."""
    main, _ = _trunk_widths(sheet.width - 2 * EDGE)
    axis = EDGE + main / 2
    _arrow(sheet, (axis, top), (axis, top + DOWN), head=False)
    _arrow(sheet, (min([axis, *middles]), top + DOWN), (max([axis, *middles]), top + DOWN), head=False)
    for middle, drop in zip(middles, drops, strict=True):
        _arrow(sheet, (middle, top + DOWN), (middle, top + 2 * DOWN + drop))
