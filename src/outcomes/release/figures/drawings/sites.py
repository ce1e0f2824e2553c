"""Sites beside one another: a funnel of exact limits around the share of all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.contracts.released.sites import Sites
from outcomes.funnel import limit_binomial
from outcomes.release.figures.canvas.panels import Panel, Scale, compose
from outcomes.release.figures.canvas.scales import build_scale
from outcomes.release.figures.canvas.style import COLUMN_MM, GREY, INK
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.figures.plans.sites import OVERALL, STANDARDISED
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LIMITS = ((0.95, "--"), (0.999, ":"))
POINTS = 120  # of each curve, at most


def draw_sites(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the share of all, its exact limits by number of patients, and a mark for each site."""
    rows = plan.data
    most = float(rows[Sites.observed].max())
    x = build_scale(0, 1.08 * most, "Patients with a score")
    y = Scale((0, 100), {float(at): str(at) for at in range(0, 101, 20)}, "In response (%), standardised")
    compose(figure, [Panel("", partial(_draw_funnel, rows=rows, end=x.limits[1]), x, y, ())], [], COLUMN_MM, 1)


def _draw_funnel(axes: Axes, rows: pd.DataFrame, end: float) -> None:
    overall = float(rows[OVERALL].iloc[0])
    axes.axhline(100 * overall, color=GREY, linewidth=0.8, label="all")
    sizes = np.unique(np.linspace(2, end, POINTS).round().astype(int))
    for level, style in LIMITS:
        limits = 100 * np.array([limit_binomial(overall, int(n), level) for n in sizes])
        for side in (0, 1):
            axes.plot(sizes, limits[:, side], color=INK, linestyle=style, linewidth=0.8, label=f"{level} {side}")
    outside = (rows[Sites.beyond].fillna(0) > 0).to_numpy(dtype=bool)
    for which, marker, face, name in ((~outside, "o", "white", "inside"), (outside, "s", INK, "outside")):
        own = rows[which]
        axes.plot(
            own[Sites.observed].to_numpy(float), 100 * own[STANDARDISED].to_numpy(float), marker, color=INK,
            markerfacecolor=face, label=name, clip_on=False, zorder=3,
        )  # fmt: skip
