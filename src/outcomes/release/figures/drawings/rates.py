"""Response and remission by arm and time point, with intervals, both denominators, and both numbers below the axis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.release.figures.canvas.panels import Panel, Row, Scale, compose
from outcomes.release.figures.canvas.style import COLUMN_MM, PAGE_MM, ArmStyle, style_arms
from outcomes.release.figures.drawings.trajectory import say_withheld, write_counts
from outcomes.release.figures.plans.plan import Plan, note_withheld
from outcomes.release.figures.plans.timeline import Timeline, build_timeline
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FILLED = "Filled: of all treated patients (a missing score counts as none). Open: of complete cases."
CROWD = 3  # with more arms than this, each denominator has a panel of its own
CLOSE = 1.0  # markers nearer than this (mm) give each panel the whole width


def draw_rates(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the share of each arm with response and remission; a withheld one is a gap."""
    assert plan.axis is not None
    timeline = build_timeline(plan.data, study, plan.axis)
    rows = plan.data.assign(x=plan.data["timepoint"].map(timeline.positions)).sort_values("x", kind="stable")
    arms = list(style_arms(study, rows["arm"]).values())
    x = Scale(timeline.limits, timeline.ticks, timeline.label.replace(" (0: baseline)", ""))
    top = min(100.0, max(40.0, 20.0 * np.ceil(np.nan_to_num(rows["upper"].max()) * 5)))
    panels = []
    for endpoint in [end for end in ("response", "remission") if (rows["endpoint"] == end).any()]:
        part = rows[rows["endpoint"] == endpoint]
        together = [["started", "observed"]] if len(arms) <= CROWD else [["started"], ["observed"]]
        y = Scale((0, top), {v: f"{v:g}" for v in np.arange(0, top + 1, 20.0)}, f"Patients in {endpoint} (%)")
        panels += [_build_panel(part, populations, endpoint, arms, x, y) for populations in together]
    columns = 1 if _crowded(timeline, len(arms) * (2 if len(arms) <= CROWD else 1)) else 2
    width = PAGE_MM if len(panels) > 1 or columns == 1 else COLUMN_MM
    compose(figure, panels, [FILLED, *note_withheld(rows, study)], width, min(columns, len(panels)))


def _crowded(timeline: Timeline, markers: int) -> bool:
    """Whether the markers of one time point would touch in a panel of half the page."""
    offsets = spread(np.asarray(list(timeline.positions.values())), markers)
    scale = (PAGE_MM / 2 - 22) / (timeline.limits[1] - timeline.limits[0])
    return len(offsets) > 1 and float(offsets[1] - offsets[0]) * scale < CLOSE


def _build_panel(
    rows: pd.DataFrame, populations: list[str], endpoint: str, arms: Sequence[ArmStyle], x: Scale, y: Scale
) -> Panel:
    title = endpoint.capitalize()
    if len(populations) == 1:
        title += {"started": ", of all treated patients", "observed": ", of complete cases"}[populations[0]]
    rows = rows[rows["population"].isin(populations)]
    block: list[Row] = []
    for arm in arms:
        part = rows[rows["arm"] == arm.id]
        block.append(Row(arm.label, arm))
        for population in populations:
            here = part[part["population"] == population]
            block.append(Row(prefix=f"n {population}", cells=write_counts(here, "n")))
    return Panel(title, partial(_draw_shares, rows=rows, arms=arms, populations=populations), x, y, tuple(block))


def _draw_shares(axes: Axes, rows: pd.DataFrame, arms: Sequence[ArmStyle], populations: list[str]) -> None:
    offsets = spread(rows["x"].unique(), len(arms) * len(populations))
    for index, arm in enumerate(arms):
        for place, population in enumerate(populations):
            part = rows[(rows["arm"] == arm.id) & (rows["population"] == population)]
            x = part["x"].to_numpy(float) + offsets[index * len(populations) + place]
            share, lower, upper = (part[name].to_numpy(float) * 100 for name in ("proportion", "lower", "upper"))
            filled = population == "started"
            axes.vlines(x, lower, upper, color=arm.color, linewidth=1.0, alpha=1 if filled else 0.6)
            axes.plot(
                x,
                share,
                color=arm.color,
                linestyle=arm.line if filled else "none",
                linewidth=0.8,
                marker=arm.marker,
                markersize=3.2,
                markerfacecolor=arm.color if filled else "white",
                label=f"{arm.id} {population}",
                clip_on=False,
            )
    if rows["proportion"].isna().all():
        say_withheld(axes)


def spread(positions: np.ndarray, count: int) -> np.ndarray:
    """Return offsets that set ``count`` markers side by side within half the least distance of two positions."""
    places = np.sort(np.asarray(positions, float))
    least = np.diff(places).min() if len(places) > 1 else 1.0
    step = min(0.5 * least / max(count - 1, 1), 0.14 * least, 0.035 * max(np.ptp(places), least))
    return np.asarray((np.arange(count) - (count - 1) / 2) * step)
