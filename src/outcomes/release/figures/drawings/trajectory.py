"""The course of an instrument's mean by arm, with 95 % bands and the number of scores below the axis."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.release.figures.canvas.panels import Panel, Row, Scale, choose_width, compose
from outcomes.release.figures.canvas.style import GREY, ArmStyle, style_arms
from outcomes.release.figures.plans.plan import Plan, note_withheld, write_size
from outcomes.release.figures.plans.timeline import build_timeline
from outcomes.release.numbers import general
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_trajectory(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the mean of each arm at each time point; a withheld one is a gap in line and band."""
    assert plan.instrument is not None
    assert plan.axis is not None
    rows, instrument = plan.data, study.instrument(plan.instrument)
    timeline = build_timeline(rows, study, plan.axis)
    rows = rows.assign(x=rows["timepoint"].map(timeline.positions)).sort_values("x", kind="stable")
    arms = list(style_arms(study, rows["arm"]).values())
    x = Scale(timeline.limits, timeline.ticks, timeline.label)
    top = max([value for value in rows["upper"] if pd.notna(value)] or [instrument.maximum])
    y = build_scale(instrument.minimum, min(top, instrument.maximum), f"{instrument.name} total (points), mean")
    line = instrument.remission_maximum if instrument.higher_is_worse else None
    block = tuple(row for arm in arms for row in count_rows(rows, arm, "n"))
    panel = Panel("", partial(_draw_means, rows=rows, arms=arms, remission=line), x, y, block)
    notes = [] if line is None else [f"Dotted line: remission, total of at most {general(line)}."]
    compose(figure, [panel], [*notes, *note_withheld(rows, study)], choose_width(panel), 1)


def count_rows(rows: pd.DataFrame, arm: ArmStyle, column: str, prefix: str = "n") -> list[Row]:
    """Return an arm's key and, under each time point, its number; a withheld one is an asterisk."""
    part = rows[rows["arm"] == arm.id]
    return [Row(arm.label, arm), Row(prefix=prefix, cells=write_counts(part, column))]


def write_counts(rows: pd.DataFrame, column: str) -> dict[float, str]:
    """Return position → printed count of the rows of one arm."""
    return {float(row["x"]): write_size(row, column) for row in rows.to_dict("records")}


def build_scale(low: float, high: float, label: str) -> Scale:
    """Return a vertical scale from ``low`` to just above ``high`` with four to seven round ticks."""
    span = max(high - low, 1e-9)
    raw = span / 5
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    count = math.ceil(span / step - 1e-9)
    ticks = {low + index * step: general(low + index * step) for index in range(count + 1)}
    return Scale((low, low + count * step), ticks, label)


def _draw_means(axes: Axes, rows: pd.DataFrame, arms: list[ArmStyle], remission: float | None) -> None:
    if remission is not None:
        axes.axhline(remission, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    for arm in arms:
        part = rows[rows["arm"] == arm.id]
        columns: list[Any] = [part[name].to_numpy(float) for name in ("x", "mean", "lower", "upper")]
        x, mean, lower, upper = columns
        axes.fill_between(x, lower, upper, color=arm.color, alpha=0.16, linewidth=0, label=f"band {arm.id}")
        for edge in (lower, upper):
            axes.plot(x, edge, color=arm.color, linestyle=arm.line, linewidth=0.4, alpha=0.7)
        axes.plot(x, mean, color=arm.color, linestyle=arm.line, marker=arm.marker, label=arm.id, clip_on=False)
    if rows["mean"].isna().all():
        say_withheld(axes)


def say_withheld(axes: Axes) -> None:
    """Say in the empty axes that everything is withheld."""
    axes.text(0.5, 0.5, "Too few to report", transform=axes.transAxes, ha="center", va="center", color=GREY)
