"""The course of an instrument's mean by arm, with 95% bands and the number of scores below the axis."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.release.figures.canvas.panels import Panel, Scale, choose_width, compose
from outcomes.release.figures.canvas.scales import build_scale, count_rows, say_withheld
from outcomes.release.figures.canvas.style import GREY, ArmStyle, style_arms
from outcomes.release.figures.plans.plan import Plan, note_withheld
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
