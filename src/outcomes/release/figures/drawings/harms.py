"""Adverse effects: the risk in each arm on the left, the difference between two arms on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.contracts.released.harms import HarmDifferences, Harms
from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.figures.canvas.lettering import measure_mm, wrap
from outcomes.release.figures.canvas.lines import AFTER, Chart, Line, arrange_lines, build_ruler, draw_chart
from outcomes.release.figures.canvas.panels import EDGE, KEY, RIGHT, Scale, Sheet, thin
from outcomes.release.figures.canvas.scales import build_scale
from outcomes.release.figures.canvas.style import (
    FAINT,
    GREY,
    INK,
    LINE_MM,
    PAGE_MM,
    TEXT_PT,
    ArmStyle,
    style_arms,
)
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.numbers import count, fixed, interval
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT_MM = 105.0  # names, risks, and their counts
NAMES = 30.0
RIGHT_FROM = 3.0  # between the two panels, mm
APART = 1.1  # between the marks of two arms, mm
MOST_COLUMNS = 3  # arms whose counts stand in columns
COLUMN = 19.0  # of counts, mm


def draw_harms(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the share of patients with each adverse effect by arm, and the differences where the arms were asked alike."""
    risks = plan.data[plan.data[Harms.arm].notna()]
    differences = plan.data[plan.data[HarmDifferences.contrast].notna()]
    arms = list(style_arms(study, risks[Harms.arm]).values())
    events = list(dict.fromkeys(risks[Harms.event]))
    both = bool(differences[HarmDifferences.difference].notna().any())
    chart = _arrange(risks, arms, events, LEFT_MM if both else PAGE_MM)
    keys = [wrap(arm.label, PAGE_MM - 2 * EDGE - KEY - 1.5, TEXT_PT) for arm in arms]
    sides = _name_sides(differences, study) if both else ([], [])
    heads = [
        [*wrap(arm.label, column, TEXT_PT), *_count_asked(risks, arm)]
        for arm, column in zip(arms, chart.columns, strict=False)
    ]
    start = EDGE
    top = start + LINE_MM * sum(map(len, keys)) + LINE_MM * max([1, *map(len, heads), *map(len, sides)]) + 1.5
    sheet = Sheet(figure, PAGE_MM, top + chart.height + LINE_MM * 4)
    for arm, text in zip(arms, keys, strict=True):
        sheet.key(EDGE, start, arm)
        start = sheet.paragraph(EDGE + KEY + 1.5, start, text)
    most = 100 * max(float(risks[name].max()) for name in (Harms.proportion, Harms.upper))
    ruler = build_scale(0, most, "Patients (%)")
    kept = thin(ruler.ticks, chart.room, ruler.limits)
    ruler = replace(ruler, ticks={at: text if at in kept else "" for at, text in ruler.ticks.items()})
    axes, _ = draw_chart(sheet, chart, [""] * len(chart.columns), ruler, top - LINE_MM)
    _draw_risks(axes, risks, arms, events, chart)
    right = chart.left + chart.room
    for column, lines in zip(chart.columns, heads, strict=False):
        right += AFTER + column
        for index, line in enumerate(lines):
            sheet.write(right, top - LINE_MM * (len(lines) - index) - 0.5, line, ha="right")
    if both:
        _draw_differences(sheet, differences, events, chart, top, sides)


def _arrange(risks: pd.DataFrame, arms: Sequence[ArmStyle], events: Sequence[str], width: float) -> Chart:
    """Return the rows, with the patients of each arm in columns where there are few arms."""
    known = {(row[Harms.event], row[Harms.arm]): row for row in list_records(risks)}
    columns = arms if len(arms) <= MOST_COLUMNS else ()
    lines = [Line(_say(event), cells=tuple(_count(known.get((event, arm.id))) for arm in columns)) for event in events]
    chart = arrange_lines(lines, [""] * len(columns), width, NAMES)
    widths = tuple(max(COLUMN, one) for one in chart.columns)
    return replace(chart, columns=widths, room=chart.room - sum(widths) + sum(chart.columns))


def _count_asked(risks: pd.DataFrame, arm: ArmStyle) -> list[str]:
    """Return what stands in a column of counts, and of how many patients."""
    rows = risks[(risks[Harms.arm] == arm.id) & (risks[Harms.event] == "any") & risks[Harms.patients].notna()]
    return ["n (%)", *(f"of {count(n)}" for n in rows[Harms.patients])]


def _count(row: dict[Any, Any] | None) -> str:
    """Return "patients (percent)", or the bound that is released of them."""
    if row is None:
        return ""
    if pd.isna(row[Harms.affected]):
        bound = row.get(Harms.affected.bound)
        return bound if isinstance(bound, str) and bound else "–"
    share = "" if pd.isna(row[Harms.proportion]) else f" ({fixed(100 * row[Harms.proportion], 0)})"
    return f"{count(row[Harms.affected])}{share}"


def _say(event: str) -> str:
    name = {"any": "any effect", "any severe": "any severe effect"}.get(event, event)
    return name[:1].upper() + name[1:]


def _draw_risks(axes: Axes, risks: pd.DataFrame, arms: Sequence[ArmStyle], events: Sequence[str], chart: Chart) -> None:
    middle = {event: one.middle for event, one in zip(events, chart.placed, strict=True)}
    for place, arm in enumerate(arms):
        rows = risks[(risks[Harms.arm] == arm.id) & risks[Harms.proportion].notna()]
        y = rows[Harms.event].map(middle) + APART * (place - (len(arms) - 1) / 2)
        axes.hlines(y, 100 * rows[Harms.lower], 100 * rows[Harms.upper], color=arm.color, linewidth=0.8, zorder=2)
        axes.plot(100 * rows[Harms.proportion], y, arm.marker, color=arm.color, label=arm.id, clip_on=False, zorder=3)


def _choose(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the differences that are known, of the first pair of arms."""
    known = rows[rows[HarmDifferences.difference].notna()]
    chosen: pd.DataFrame = known[known[HarmDifferences.contrast] == known[HarmDifferences.contrast].iloc[0]]
    return chosen


def _name_sides(rows: pd.DataFrame, study: Study) -> tuple[list[str], list[str]]:
    """Return the words above either side of no difference: less and more often with the first arm."""
    contrast = str(_choose(rows)[HarmDifferences.contrast].iloc[0]).split(" - ")
    names = [style_arms(study, contrast)[arm].within for arm in contrast]
    half = (PAGE_MM - LEFT_MM - RIGHT_FROM - RIGHT - EDGE) / 2 - 1
    return wrap(f"← more with {names[1]}", half, TEXT_PT), wrap(f"more with {names[0]} →", half, TEXT_PT)


def _draw_differences(
    sheet: Sheet,
    rows: pd.DataFrame,
    events: Sequence[str],
    chart: Chart,
    top: float,
    sides: tuple[list[str], list[str]],
) -> None:
    known = _choose(rows)
    known = known.sort_values(HarmDifferences.event, key=lambda names: names.map(list(events).index), kind="stable")
    ends = (100 * float(known[HarmDifferences.lower].min()), 100 * float(known[HarmDifferences.upper].max()))
    cells = {
        row[HarmDifferences.event]: f"{fixed(100 * row[HarmDifferences.difference], 0)} "
        f"({interval(row[HarmDifferences.lower], row[HarmDifferences.upper], 0, 100)})"
        for row in list_records(known)
    }
    left = LEFT_MM + RIGHT_FROM
    words = max(measure_mm(cell, TEXT_PT) for cell in cells.values())
    width = PAGE_MM - left - words - 2 * EDGE - 2
    axes = sheet.axes(left, top, width, chart.height)
    _frame(axes, build_ruler(*ends, ""), chart)
    middle = {event: one.middle for event, one in zip(events, chart.placed, strict=True)}
    y = known[HarmDifferences.event].map(middle)
    lower, upper = (100 * known[name] for name in (HarmDifferences.lower, HarmDifferences.upper))
    axes.hlines(y, lower, upper, color=INK, linewidth=0.9, zorder=2)
    axes.plot(100 * known[HarmDifferences.difference], y, "s", color=INK, markersize=3.4, clip_on=False, zorder=3)
    for event, cell in cells.items():
        place = 1 - (top + middle[event]) / sheet.height
        sheet.figure.text((PAGE_MM - EDGE) / sheet.width, place, cell, size=TEXT_PT, ha="right", va="center_baseline")
    sheet.paragraph(left, top - LINE_MM * len(sides[0]) - 0.5, sides[0])
    for index, line in enumerate(sides[1]):
        sheet.write(PAGE_MM - EDGE, top - LINE_MM * (len(sides[1]) - index) - 0.5, line, ha="right")
    label = f"Difference in percentage points ({COVERED} CI)"
    for index, line in enumerate(wrap(label, PAGE_MM - left - EDGE, TEXT_PT)):
        sheet.write((left + PAGE_MM - EDGE) / 2, top + chart.height + (2 + index) * LINE_MM - 1.0, line, ha="center")


def _frame(axes: Axes, x: Scale, chart: Chart) -> None:
    axes.set_xlim(x.limits)
    axes.set_ylim(chart.height, 0)
    axes.set_xticks(list(x.ticks), list(x.ticks.values()))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for at in x.ticks:
        axes.axvline(at, color=FAINT, linewidth=0.4, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.9, linestyle=":", zorder=1)
