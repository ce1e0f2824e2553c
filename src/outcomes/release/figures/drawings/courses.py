"""Groups of course: the mean score of each over time, with its quartiles and the number of scores below the axis."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.contracts.released.courses import Courses
from outcomes.release.figures.canvas.panels import Panel, Row, Scale, choose_width, compose
from outcomes.release.figures.canvas.scales import build_scale, write_counts
from outcomes.release.figures.canvas.style import LINES, MARKERS, PALETTE, ArmStyle
from outcomes.release.figures.plans.plan import Plan, note_withheld
from outcomes.release.figures.plans.timeline import build_timeline
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_courses(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the mean of each group at each time point; a withheld one is a gap."""
    assert plan.instrument is not None
    assert plan.axis is not None
    instrument = study.instrument(plan.instrument)
    timeline = build_timeline(plan.data, study, plan.axis)
    rows = plan.data.assign(x=plan.data[Courses.timepoint].map(timeline.positions)).sort_values("x", kind="stable")
    groups = [_style(name, place) for place, name in enumerate(sorted(set(rows[Courses.group])))]
    x = Scale(timeline.limits, timeline.ticks, timeline.label)
    most = float(np.nanmax(rows[[Courses.mean, Courses.q3]].to_numpy(float)))
    y = build_scale(instrument.minimum, min(most, instrument.maximum), f"{instrument.name} total (points), mean")
    block = tuple(row for group in groups for row in _count(rows, group))
    panel = Panel("", partial(_draw_means, rows=rows, groups=groups), x, y, block)
    compose(figure, [panel], note_withheld(rows, study), choose_width(panel), 1)


def _style(group: str, place: int) -> ArmStyle:
    """Return how a group looks: the colours of the palette's end, which no arm of a study of two or three has."""
    at = len(PALETTE) - 1 - place
    name = f"Group {group}"
    return ArmStyle(group, name, name.lower(), PALETTE[at], MARKERS[at], LINES[place % len(LINES)])


def _count(rows: pd.DataFrame, group: ArmStyle) -> list[Row]:
    own = rows[rows[Courses.group] == group.id]
    return [Row(group.label, group), Row(prefix="n", cells=write_counts(own, Courses.n))]


def _draw_means(axes: Axes, rows: pd.DataFrame, groups: list[ArmStyle]) -> None:
    for group in groups:
        own = rows[rows[Courses.group] == group.id]
        x, mean, lower, upper = (own[name].to_numpy(float) for name in ("x", Courses.mean, Courses.q1, Courses.q3))
        axes.fill_between(x, lower, upper, color=group.color, alpha=0.16, linewidth=0, label=f"band {group.id}")
        axes.plot(x, mean, color=group.color, linestyle=group.line, marker=group.marker, label=group.id, clip_on=False)
