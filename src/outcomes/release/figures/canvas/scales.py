"""Vertical scales with round ticks, the numbers below an axis, and the words of an empty one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.records import list_records
from outcomes.release.figures.canvas.panels import Row, Scale
from outcomes.release.figures.canvas.style import GREY, ArmStyle
from outcomes.release.figures.plans.plan import write_size
from outcomes.release.numbers import general

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def count_rows(rows: pd.DataFrame, arm: ArmStyle, column: str, prefix: str = "n") -> list[Row]:
    """Return an arm's key and, under each time point, its number; a withheld one is an asterisk."""
    part = rows[rows["arm"] == arm.id]
    return [Row(arm.label, arm), Row(prefix=prefix, cells=write_counts(part, column))]


def write_counts(rows: pd.DataFrame, column: str) -> dict[float, str]:
    """Return position → printed count of the rows of one arm."""
    return {float(row["x"]): write_size(row, column) for row in list_records(rows)}


def build_scale(low: float, high: float, label: str) -> Scale:
    """Return a vertical scale from ``low`` to just above ``high`` with four to seven round ticks."""
    span = max(high - low, 1e-9)
    raw = span / 5
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    count = math.ceil(span / step - 1e-9)
    ticks = {low + index * step: general(low + index * step) for index in range(count + 1)}
    return Scale((low, low + count * step), ticks, label)


def say_withheld(axes: Axes) -> None:
    """Say in the empty axes that everything is withheld."""
    axes.text(0.5, 0.5, "Too few to report", transform=axes.transAxes, ha="center", va="center", color=GREY)
