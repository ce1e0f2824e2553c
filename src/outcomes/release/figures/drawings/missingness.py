"""The share of started series without a score at each time point, with the numbers reached and observed below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.release.figures.canvas.panels import Panel, Row, Scale, choose_width, compose
from outcomes.release.figures.canvas.scales import say_withheld, write_counts
from outcomes.release.figures.canvas.style import COLUMN_MM, PAGE_MM, ArmStyle, style_arms
from outcomes.release.figures.plans.plan import Plan, note_withheld
from outcomes.release.figures.plans.timeline import build_timeline
from outcomes.release.figures.plans.timepoints import AXES
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Y = Scale((0, 100), {v: f"{v:g}" for v in (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)}, "Series without a score (%)")


def draw_missingness(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the missing share of each arm, one panel for each axis the study uses; withheld ones are gaps."""
    arms = list(style_arms(study, plan.data["arm"]).values())
    used = [axis for axis in AXES if (plan.data["axis"] == axis).any()]
    panels = [_build_panel(plan.data[plan.data["axis"] == axis], study, axis, arms) for axis in used]
    widths = [choose_width(panel) for panel in panels]
    columns = 2 if len(panels) > 1 and max(widths) <= COLUMN_MM else 1
    width = PAGE_MM if columns == 2 else max(widths)
    compose(figure, panels, note_withheld(plan.data, study), width, columns)


def _build_panel(rows: pd.DataFrame, study: Study, axis: str, arms: Sequence[ArmStyle]) -> Panel:
    timeline = build_timeline(rows, study, axis)
    rows = rows.assign(x=rows["timepoint"].map(timeline.positions)).sort_values("x", kind="stable")
    block: list[Row] = []
    for arm in arms:
        part = rows[rows["arm"] == arm.id]
        block.append(Row(arm.label, arm))
        if axis == "session":
            block.append(Row(prefix="n reached", cells=write_counts(part, "reached")))
        block.append(Row(prefix="n scored", cells=write_counts(part, "observed")))
    x = Scale(timeline.limits, timeline.ticks, timeline.label.replace(" (0: baseline)", ""))
    title = timeline.phrase.capitalize()
    return Panel(title, partial(_draw_shares, rows=rows, arms=arms), x, Y, tuple(block))


def _draw_shares(axes: Axes, rows: pd.DataFrame, arms: Sequence[ArmStyle]) -> None:
    for arm in arms:
        part = rows[rows["arm"] == arm.id]
        share = part["missing_proportion"].to_numpy(float) * 100
        axes.plot(
            part["x"].to_numpy(float),
            share,
            color=arm.color,
            linestyle=arm.line,
            marker=arm.marker,
            label=arm.id,
            clip_on=False,
        )
    if rows["missing_proportion"].isna().all():
        say_withheld(axes)
