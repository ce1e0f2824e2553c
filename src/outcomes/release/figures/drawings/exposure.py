"""Scores by dose: one panel an arm, since doses of different drugs are never on one axis."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.contracts.released.exposure import DoseResponse
from outcomes.release.figures.canvas.lines import build_ruler
from outcomes.release.figures.canvas.panels import Panel, Row, Scale, compose
from outcomes.release.figures.canvas.style import COLUMN_MM, GREY, PAGE_MM, ArmStyle, style_arms
from outcomes.release.figures.plans.plan import Plan, write_size
from outcomes.release.numbers import general
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABREAST, MOST = 3, 4  # panels in a row, and where there are many arms


def draw_exposure(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the difference in score at each round dose, of all arms on one vertical scale."""
    rows = plan.data
    ends = rows[[DoseResponse.estimate, DoseResponse.lower, DoseResponse.upper]]
    name = study.instrument(study.instruments[0]).name
    y = build_ruler(float(ends.min().min()), float(ends.max().max()), f"Difference in {name}, points")
    arms = style_arms(study, rows[DoseResponse.arm])
    panels = [_build_panel(rows[rows[DoseResponse.arm] == arm.id], arm, y) for arm in arms.values()]
    abreast = len(panels) if len(panels) <= ABREAST else min(MOST, math.ceil(len(panels) / 2))
    compose(figure, panels, [], COLUMN_MM if len(panels) == 1 else PAGE_MM, abreast)


def _build_panel(rows: pd.DataFrame, arm: ArmStyle, y: Scale) -> Panel:
    doses = [float(dose) for dose in rows[DoseResponse.dose]]
    margin = 0.08 * (doses[-1] - doses[0])
    x = Scale(
        (doses[0] - margin, doses[-1] + margin),
        {dose: general(dose) for dose in doses},
        f"Mean dose of the sessions before ({rows[DoseResponse.unit].iloc[0]})",
    )
    size = write_size(rows.iloc[0].to_dict(), DoseResponse.patients)
    return Panel("", partial(_draw, rows=rows, arm=arm), x, y, (Row(f"{arm.label}, {size} patients", arm),))


def _draw(axes: Axes, rows: pd.DataFrame, arm: ArmStyle) -> None:
    axes.axhline(0, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    dose, apart, lower, upper = (
        rows[name].to_numpy(float)
        for name in (DoseResponse.dose, DoseResponse.estimate, DoseResponse.lower, DoseResponse.upper)
    )
    axes.vlines(dose, lower, upper, color=arm.color, linewidth=0.9)
    axes.plot(
        dose, apart, color=arm.color, linestyle=arm.line, linewidth=0.9, marker=arm.marker, label=arm.id, clip_on=False
    )
    held = dose == rows[DoseResponse.reference].to_numpy(float)
    axes.plot(dose[held], apart[held], arm.marker, color=arm.color, markerfacecolor="white", clip_on=False)
