"""How long the response lasts: the share in response by day, and that of those seen near the declared weeks with their number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.release.figures.canvas.panels import Panel, Row, Scale, choose_width, compose
from outcomes.release.figures.canvas.scales import write_counts
from outcomes.release.figures.canvas.style import GREY, ArmStyle, style_arms
from outcomes.release.figures.plans.durability import SOURCE
from outcomes.release.figures.plans.plan import Plan
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Y = Scale((0, 102), {0.0: "0", 25.0: "25", 50.0: "50", 75.0: "75", 100.0: "100"}, "Patients (%)")
APART = 0.12  # weeks between the markers of two arms


def draw_durability(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the curve of each arm of which a share is released."""
    assert study.durability is not None
    landmark, horizon = study.durability.landmark.to_day / 7, study.durability.horizon_weeks
    curve = plan.data[plan.data[SOURCE] == "curve"]
    arms = list(style_arms(study, curve.loc[curve["share"].notna(), "arm"]).values())
    rows = plan.data[plan.data["arm"].isin([arm.id for arm in arms])]
    visits = rows[rows[SOURCE] == "visit"].assign(x=lambda table: table["week"].astype(float))
    ticks = {float(week): str(week) for week in range(0, horizon + 1, 4 if horizon > 8 else 2)}
    x = Scale((0, horizon + 0.4), ticks, "Weeks since the last induction session")
    block = [row for arm in arms for row in _list_rows(visits[visits["arm"] == arm.id], arm)]
    panel = Panel("", partial(_draw_curves, rows=rows, arms=arms, landmark=landmark), x, Y, tuple(block))
    compose(figure, [panel], [], choose_width(panel), 1)


def _list_rows(visits: pd.DataFrame, arm: ArmStyle) -> list[Row]:
    """Return an arm's key and how many were seen near each declared week."""
    return [Row(arm.label, arm), Row(prefix="seen", cells=write_counts(visits, "seen"))]


def _draw_curves(axes: Axes, rows: pd.DataFrame, arms: Sequence[ArmStyle], landmark: float) -> None:
    axes.axvspan(0, landmark, color=GREY, alpha=0.12, linewidth=0)
    for place, arm in enumerate(arms):
        own = rows[rows["arm"] == arm.id].sort_values("week", kind="stable")
        curve = own[(own[SOURCE] == "curve") & own["share"].notna()]
        week, share, lower, upper = (curve[name].to_numpy(float) for name in ("week", "share", "lower", "upper"))
        axes.fill_between(
            week, 100 * lower, 100 * upper, color=arm.color, alpha=0.13, linewidth=0, label=f"band {arm.id}"
        )
        axes.plot(week, 100 * share, color=arm.color, linestyle=arm.line, marker="", label=arm.id)
        seen = own[(own[SOURCE] == "visit") & own["share"].notna()]
        shift = APART * (place - (len(arms) - 1) / 2)
        axes.plot(
            seen["week"].to_numpy(float) + shift,
            100 * seen["share"].to_numpy(float),
            color=arm.color,
            linestyle="",
            marker=arm.marker,
            markersize=3.6,
            label=f"seen {arm.id}",
            clip_on=False,
        )
