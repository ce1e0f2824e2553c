"""The share who left by the severity of their last score, with the numbers there below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.release.figures.canvas.panels import Panel, Row, Scale, choose_width, compose
from outcomes.release.figures.canvas.scales import build_scale, say_withheld, write_counts
from outcomes.release.figures.canvas.style import COLUMN_MM, PAGE_MM, ArmStyle, style_arms
from outcomes.release.figures.plans.plan import Plan, note_withheld
from outcomes.release.figures.plans.timepoints import AXES
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLES = {"day": "By calendar window", "session": "By session", "visit": "By visit"}


def draw_dropout(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw each arm's share by band, one panel for each axis; a withheld one, or a band of nobody, is a gap."""
    rows = plan.data[plan.data["n"].isna() | (plan.data["n"] > 0)]
    arms = list(style_arms(study, rows["arm"]).values())
    top = 100 * max([value for value in rows["dropped_proportion"] if pd.notna(value)] or [1.0])
    y = build_scale(0, top, "Left (%)")
    panels = [_build_panel(rows[rows["axis"] == axis], axis, arms, y) for axis in AXES if (rows["axis"] == axis).any()]
    widths = [choose_width(panel) for panel in panels]
    columns = 2 if len(panels) > 1 and max(widths) <= COLUMN_MM else 1
    width = PAGE_MM if columns == 2 else max(widths)
    compose(figure, panels, note_withheld(rows, study), width, columns)


def _build_panel(rows: pd.DataFrame, axis: str, arms: Sequence[ArmStyle], y: Scale) -> Panel:
    bands = rows.drop_duplicates("band").sort_values("band_lower")["band"].tolist()
    rows = rows.assign(x=rows["band"].map({band: float(place) for place, band in enumerate(bands)}))
    rows = rows.sort_values("x", kind="stable")
    x = Scale((-0.5, len(bands) - 0.5), {float(i): str(band) for i, band in enumerate(bands)}, "Last score")
    block: list[Row] = []
    for arm in arms:
        block += [Row(arm.label, arm), Row(prefix="n", cells=write_counts(rows[rows["arm"] == arm.id], "n"))]
    return Panel(TITLES[axis], partial(_draw_shares, rows=rows, arms=arms), x, y, tuple(block))


def _draw_shares(axes: Axes, rows: pd.DataFrame, arms: Sequence[ArmStyle]) -> None:
    for arm in arms:
        part = rows[rows["arm"] == arm.id]
        share = part["dropped_proportion"].to_numpy(float) * 100
        x = part["x"].to_numpy(float)
        axes.plot(x, share, color=arm.color, linestyle=arm.line, marker=arm.marker, label=arm.id, clip_on=False)
    if rows["dropped_proportion"].isna().all():
        say_withheld(axes)
