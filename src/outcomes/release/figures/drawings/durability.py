"""How long the response lasts: the share that holds by week, by both estimates, with the numbers at risk below the axis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.release.figures.canvas.panels import Panel, Row, Scale, compose
from outcomes.release.figures.canvas.style import GREY, PAGE_MM, ArmStyle, style_arms
from outcomes.release.figures.drawings.trajectory import say_withheld, write_counts
from outcomes.release.figures.plans.plan import Plan, note_withheld
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

METHODS = {"kaplan_meier": "Kaplan–Meier", "turnbull": "Between visits (Turnbull)"}
Y = Scale((0, 102), {0.0: "0", 25.0: "25", 50.0: "50", 75.0: "75", 100.0: "100"}, "Patients who hold (%)")


def draw_durability(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the curves of each arm of which a share is released at the first declared week or later."""
    assert study.durability is not None
    landmark, horizon = study.durability.landmark.to_day / 7, study.durability.horizon_weeks
    told = (plan.data["week"] >= study.durability.weeks[0]) & plan.data["share"].notna()
    drawn = plan.data[told]["arm"].unique()
    rows = plan.data[plan.data["arm"].isin(drawn)]
    arms = [arm for arm in style_arms(study, plan.data["arm"]).values() if arm.id in drawn]
    ticks = {float(week): str(week) for week in range(0, horizon + 1, 4 if horizon > 8 else 2)}
    x = Scale((0, horizon + 0.4), ticks, "Weeks since the last induction session")
    panels = [
        Panel(
            title,
            partial(_draw_curves, rows=rows[rows["method"] == method], arms=arms, landmark=landmark),
            x,
            Y,
            _list_rows(rows[rows["method"] == method], arms, study),
        )
        for method, title in METHODS.items()
    ]
    notes = [f"Grey: before the landmark (day {study.durability.landmark.to_day}), at which all hold."]
    gone = [arm.label for arm in style_arms(study, plan.data["arm"]).values() if arm.id not in drawn]
    notes += [f"Not drawn, because too little of it can be released: {', '.join(gone)}."] if gone else []
    compose(figure, plan.title, panels, [*notes, *note_withheld(rows, study)], PAGE_MM, 2)


def _list_rows(rows: pd.DataFrame, arms: Sequence[ArmStyle], study: Study) -> tuple[Row, ...]:
    """Return each arm's key and, beside Kaplan and Meier, its numbers at the landmark and the declared weeks."""
    assert study.durability is not None
    weeks = {study.durability.landmark.to_day / 7, *study.durability.weeks}
    block: list[Row] = []
    for arm in arms:
        block.append(Row(arm.label, arm))
        part = rows[(rows["arm"] == arm.id) & rows["week"].isin(weeks)]
        if (part["method"] == "kaplan_meier").any():
            part = part.assign(x=part["week"])
            block += [Row(prefix=word, cells=write_counts(part, name)) for name, word in _COUNTS.items()]
    return tuple(block)


_COUNTS = {"at_risk": "at risk", "events": "ended"}


def _draw_curves(axes: Axes, rows: pd.DataFrame, arms: Sequence[ArmStyle], landmark: float) -> None:
    axes.axvspan(0, landmark, color=GREY, alpha=0.12, linewidth=0)
    for arm in arms:
        part = rows[(rows["arm"] == arm.id) & rows["share"].notna()]
        week = part["week"].to_numpy(float)
        share, lower, upper = (100 * part[name].to_numpy(float) for name in ("share", "lower", "upper"))
        known = ~np.isnan(lower)
        axes.fill_between(week[known], lower[known], upper[known], color=arm.color, alpha=0.13, linewidth=0)
        axes.vlines(week[known], lower[known], upper[known], color=arm.color, linewidth=0.7, alpha=0.6)
        axes.plot(
            week,
            share,
            color=arm.color,
            linestyle=arm.line,
            marker=arm.marker,
            markersize=3.2,
            label=arm.id,
            clip_on=False,
        )
    if not arms:
        say_withheld(axes)
