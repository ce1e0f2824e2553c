"""The course of the adjusted mean change by arm, and of the difference between two arms, side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from outcomes.records import list_records
from outcomes.release.arms import list_compared
from outcomes.release.figures.canvas.lines import build_ruler
from outcomes.release.figures.canvas.panels import Panel, Row, Scale, choose_width, compose
from outcomes.release.figures.canvas.style import FAINT, GREY, INK, PAGE_MM, ArmStyle, style_arms
from outcomes.release.figures.plans.plan import Plan, write_size
from outcomes.release.figures.plans.timeline import build_timeline
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DIFFERENCE = "difference"


def draw_course(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the change of each arm with the number scored below, and beside it the difference where two arms are compared."""
    assert plan.axis is not None
    assert plan.instrument is not None
    arms = plan.data[plan.data["arm"] != DIFFERENCE]
    apart = plan.data[plan.data["arm"] == DIFFERENCE]
    timeline = build_timeline(plan.data.assign(axis=plan.axis), study, plan.axis)
    styles = list(style_arms(study, arms["arm"]).values())
    low, high = timeline.limits
    x = Scale((min(0.0, low) if plan.axis != "visit" else low, high), {0.0: "0", **timeline.ticks}, timeline.label)
    name = study.instrument(plan.instrument).name
    ends = arms[["lower", "upper"]] if "lower" in arms else arms[["change"]]
    values = pd.concat([arms["change"], *(ends[one] for one in ends)]).dropna()
    ruler = build_ruler(float(values.min()), float(values.max()), f"{name} change, points")
    primary = _primary(study, timeline.positions)
    panels = [
        Panel(
            "A  Change from baseline" if len(apart) else "",
            partial(_draw_arms, rows=arms, styles=styles, primary=primary),
            x,
            ruler,
            _rows(arms, styles),
        )
    ]
    if len(apart):
        sizes = list(apart["important"].dropna().unique()) if "important" in apart else []
        reach = [
            *apart["lower"],
            *apart["upper"],
            *(sign * size for size in sizes for sign in (-1, 1) if _is_far(apart, sign)),
        ]
        scale = build_ruler(min(reach), max(reach), "Difference, points")
        panels.append(
            Panel(
                "B  Difference, " + _contrast(study),
                partial(_draw_difference, rows=apart, sizes=sizes, primary=primary),
                x,
                scale,
                (),
            )
        )
        compose(figure, panels, [], PAGE_MM, 2)
    else:
        compose(figure, panels, [], choose_width(panels[0]), 1)


def _is_far(rows: pd.DataFrame, sign: int) -> bool:
    return float(rows["change"].mean()) * sign >= 0


def _contrast(study: Study) -> str:
    first, second = style_arms(study, list_compared(study)).values()
    return f"{first.within} minus {second.within}"


def _primary(study: Study, positions: dict[str, float]) -> float | None:
    return positions.get(
        study.report.headline or "" if study.comparison is None else study.comparison.estimand.timepoint
    )


def _rows(rows: pd.DataFrame, styles: list[ArmStyle]) -> tuple[Row, ...]:
    block: list[Row] = []
    for arm in styles:
        own = rows[rows["arm"] == arm.id]
        cells = {float(row["time"]): write_size(row) for row in list_records(own)}
        block += [Row(arm.label, arm), Row(prefix="n", cells=cells)]
    return tuple(block)


def _draw_arms(axes: Axes, rows: pd.DataFrame, styles: list[ArmStyle], primary: float | None) -> None:
    _mark(axes, primary)
    axes.axhline(0, color=INK, linewidth=0.6)
    for arm in styles:
        own = rows[rows["arm"] == arm.id]
        times, changes = [0.0, *own["time"]], [0.0, *own["change"]]
        if "lower" in own and own["lower"].notna().any():
            axes.vlines(own["time"], own["lower"], own["upper"], color=arm.color, linewidth=1.0)
        axes.plot(times, changes, color=arm.color, linestyle=arm.line, marker=arm.marker, label=arm.id, clip_on=False)


def _draw_difference(axes: Axes, rows: pd.DataFrame, sizes: list[float], primary: float | None) -> None:
    _mark(axes, primary)
    axes.axhline(0, color=INK, linewidth=0.8)
    for size in sizes:
        for sign in (-1, 1):
            if _is_far(rows, sign):
                axes.axhline(sign * size, color=GREY, linewidth=0.8, linestyle=":")
    axes.vlines(rows["time"], rows["lower"], rows["upper"], color=INK, linewidth=1.2)
    marks = ["D" if time == primary else "s" for time in rows["time"]]
    for time, value, mark in zip(rows["time"], rows["change"], marks, strict=True):
        axes.plot([time], [value], mark, color=INK, markersize=5 if mark == "D" else 4)


def _mark(axes: Axes, primary: float | None) -> None:
    if primary is not None:
        axes.axvline(primary, color=FAINT, linewidth=5, zorder=0)
