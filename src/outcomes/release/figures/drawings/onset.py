"""When a response begins: the share of each arm in whom it had begun by each day, first and confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.contracts.released.onset import Onset
from outcomes.release.figures.canvas.panels import Panel, Row, Scale, compose
from outcomes.release.figures.canvas.scales import write_counts
from outcomes.release.figures.canvas.style import COLUMN_MM, PAGE_MM, ArmStyle, style_arms
from outcomes.release.figures.plans.plan import Plan
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLES = {"first": "First response", "confirmed": "Confirmed response"}


def draw_onset(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the curves of first and of confirmed response; a day of which no share is released is a gap."""
    rows = plan.data.assign(x=plan.data[Onset.time].astype(float)).sort_values("x", kind="stable")
    arms = list(style_arms(study, rows[Onset.arm]).values())
    days = sorted(rows["x"].unique())
    x = Scale((0, days[-1] + 0.5), {day: f"{day:g}" for day in days}, "Days since the first session")
    top = min(100.0, 20.0 * np.ceil(np.nan_to_num(rows[Onset.probability_upper].max()) * 5) or 100.0)
    y = Scale((0, top), {value: f"{value:g}" for value in np.arange(0, top + 1, 20.0)}, "Patients (%)")
    panels = []
    for kind, title in TITLES.items():
        part = rows[rows[Onset.onset] == kind]
        if part.empty:
            continue
        block = [row for arm in arms if arm.id in set(part[Onset.arm]) for row in _count(part, arm)]
        panels.append(Panel(title, partial(_draw_curves, rows=part, arms=arms), x, y, tuple(block)))
    compose(figure, panels, [], PAGE_MM if len(panels) > 1 else COLUMN_MM, len(panels))


def _count(rows: pd.DataFrame, arm: ArmStyle) -> list[Row]:
    own = rows[rows[Onset.arm] == arm.id]
    return [Row(arm.label, arm), Row(prefix="scored", cells=write_counts(own, Onset.looked))]


def _draw_curves(axes: Axes, rows: pd.DataFrame, arms: Sequence[ArmStyle]) -> None:
    for arm in arms:
        own = rows[(rows[Onset.arm] == arm.id) & rows[Onset.probability].notna()]
        day, share, lower, upper = (
            own[name].to_numpy(float)
            for name in ("x", Onset.probability, Onset.probability_lower, Onset.probability_upper)
        )
        axes.fill_between(
            day, 100 * lower, 100 * upper, color=arm.color, alpha=0.13, linewidth=0, label=f"band {arm.id}"
        )
        axes.plot(
            day, 100 * share, color=arm.color, linestyle=arm.line, marker=arm.marker, markersize=3.2, label=arm.id,
            clip_on=False,
        )  # fmt: skip
