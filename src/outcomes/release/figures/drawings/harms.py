"""Adverse effects: the risk in each arm on the left, the difference between two arms on the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.contracts.released.harms import HarmDifferences, Harms
from outcomes.release.figures.canvas.lettering import wrap
from outcomes.release.figures.canvas.lines import Chart, Line, arrange_lines, build_ruler, draw_chart
from outcomes.release.figures.canvas.panels import EDGE, KEY, RIGHT, Scale, Sheet
from outcomes.release.figures.canvas.scales import build_scale
from outcomes.release.figures.canvas.style import (
    FAINT,
    GREY,
    INK,
    LINE_MM,
    PAGE_MM,
    TEXT_PT,
    TITLE_PT,
    ArmStyle,
    style_arms,
)
from outcomes.release.figures.plans.plan import Plan
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT_MM = 112.0
NAMES = 46.0
RIGHT_FROM = 4.0  # between the two panels, mm
APART = 1.1  # between the marks of two arms, mm


def draw_harms(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the share of patients with each adverse effect by arm, and the differences where the arms were asked alike."""
    risks = plan.data[plan.data[Harms.arm].notna()]
    differences = plan.data[plan.data[HarmDifferences.contrast].notna()]
    arms = list(style_arms(study, risks[Harms.arm]).values())
    events = list(dict.fromkeys(risks[Harms.event]))
    both = bool(differences[HarmDifferences.difference].notna().any())
    width = LEFT_MM if both else PAGE_MM
    chart = arrange_lines([Line(_say(event)) for event in events], (), width, NAMES)
    inner = PAGE_MM - 2 * EDGE
    head = wrap(plan.title, inner, TITLE_PT, bold=True)
    keys = [wrap(arm.label, inner - KEY - 1.5, TEXT_PT) for arm in arms]
    start = EDGE + len(head) * LINE_MM * TITLE_PT / TEXT_PT + 1.0
    top = start + LINE_MM * sum(map(len, keys)) + 0.5
    below = _label(differences, study) if both else []
    sheet = Sheet(figure, PAGE_MM, top + chart.height + LINE_MM * (3 + max(1, len(below))))
    sheet.paragraph(EDGE, EDGE, head, TITLE_PT, bold=True)
    for arm, text in zip(arms, keys, strict=True):
        sheet.key(EDGE, start, arm)
        start = sheet.paragraph(EDGE + KEY + 1.5, start, text)
    most = 100 * max(float(risks[name].max()) for name in (Harms.proportion, Harms.upper))
    axes, end = draw_chart(sheet, chart, (), build_scale(0, most, "Patients with the effect (%)"), top - LINE_MM)
    _draw_risks(axes, risks, arms, events, chart)
    if both:
        _draw_differences(sheet, differences, events, chart, top)
        for place, line in enumerate(below):
            sheet.write(
                (LEFT_MM + RIGHT_FROM + PAGE_MM - RIGHT - EDGE) / 2, end + LINE_MM * (place - 1), line, ha="center"
            )


def _say(event: str) -> str:
    return event[:1].upper() + event[1:]


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


def _label(rows: pd.DataFrame, study: Study) -> list[str]:
    contrast = str(_choose(rows)[HarmDifferences.contrast].iloc[0])
    arm, reference = (style.label for style in style_arms(study, contrast.split(" - ")).values())
    if contrast.split(" - ")[0] != next(iter(style_arms(study, contrast.split(" - ")))):
        arm, reference = reference, arm
    return wrap(f"Difference, {arm} minus {reference} (points)", PAGE_MM - LEFT_MM - RIGHT_FROM - EDGE, TEXT_PT)


def _draw_differences(sheet: Sheet, rows: pd.DataFrame, events: Sequence[str], chart: Chart, top: float) -> None:
    known = _choose(rows)
    ends = (100 * float(known[HarmDifferences.lower].min()), 100 * float(known[HarmDifferences.upper].max()))
    left = LEFT_MM + RIGHT_FROM
    axes = sheet.axes(left, top, PAGE_MM - left - RIGHT - EDGE, chart.height)
    _frame(axes, build_ruler(*ends, ""), chart)
    middle = {event: one.middle for event, one in zip(events, chart.placed, strict=True)}
    y = known[HarmDifferences.event].map(middle)
    lower, upper = (100 * known[name] for name in (HarmDifferences.lower, HarmDifferences.upper))
    axes.hlines(y, lower, upper, color=INK, linewidth=0.9, zorder=2)
    axes.plot(100 * known[HarmDifferences.difference], y, "s", color=INK, markersize=3.4, clip_on=False, zorder=3)


def _frame(axes: Axes, x: Scale, chart: Chart) -> None:
    axes.set_xlim(x.limits)
    axes.set_ylim(chart.height, 0)
    axes.set_xticks(list(x.ticks), list(x.ticks.values()))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for at in x.ticks:
        axes.axvline(at, color=FAINT, linewidth=0.4, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.9, linestyle=":", zorder=1)
