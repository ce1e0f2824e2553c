"""Power by patients an arm: a curve for each true difference, with the Monte Carlo error as a band."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.release.figures.canvas.panels import Panel, Scale, compose
from outcomes.release.figures.canvas.style import COLUMN_MM, GREY, INK
from outcomes.release.figures.plans.plan import Plan
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = ("-", "--", ":", "-.")
WANTED = (80, 90)


def draw_power(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the curves; their names stand at their ends."""
    rows = plan.data.sort_values("per_arm", kind="stable")
    sizes = [float(n) for n in sorted(rows["per_arm"].unique())]
    x = Scale((0, sizes[-1] * 1.28), {n: f"{n:g}" for n in sizes}, "Patients an arm")
    y = Scale((0, 102), {float(share): str(share) for share in (0, 20, 40, 60, 80, 90, 100)}, "Trials that show it (%)")
    names = list(dict.fromkeys(rows["curve"]))
    panel = Panel("", partial(_draw_curves, rows=rows, names=names, end=sizes[-1]), x, y, ())
    compose(figure, [panel], [], COLUMN_MM, 1)


def _draw_curves(axes: Axes, rows: pd.DataFrame, names: Sequence[str], end: float) -> None:
    for wanted in WANTED:
        axes.axhline(wanted, color=GREY, linewidth=0.5, linestyle=":", zorder=0)
    ends = {name: 100 * float(rows.loc[rows["curve"] == name, "power"].iloc[-1]) for name in names}
    for name, place in zip(sorted(names, key=ends.__getitem__), _spread(sorted(ends.values())), strict=True):
        own = rows[rows["curve"] == name]
        n, power, error = (own[column].to_numpy(float) for column in ("per_arm", "power", "monte_carlo_error"))
        low, high = np.clip(100 * (power - 2 * error), 0, 100), np.clip(100 * (power + 2 * error), 0, 100)
        axes.fill_between(n, low, high, color=INK, alpha=0.12, linewidth=0, label=f"band {name}")
        line = LINES[names.index(name) % len(LINES)]
        axes.plot(n, 100 * power, color=INK, linestyle=line, linewidth=1.0, marker="o", markersize=2.4, label=name)
        axes.text(end * 1.03, place, name, va="center", ha="left", size=5.5)


def _spread(places: Sequence[float], apart: float = 7.0) -> list[float]:
    """Return rising places, each at least so far below the next, which is moved down where it has to be."""
    found: list[float] = []
    for place in reversed(places):
        found.append(min(place, found[-1] - apart) if found else place)
    return found[::-1]
