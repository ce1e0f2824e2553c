"""The cumulative distribution of percent change by arm: every response threshold at once, in bins."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.release.figures.canvas.panels import Panel, Row, Scale, compose
from outcomes.release.figures.canvas.scales import say_withheld
from outcomes.release.figures.canvas.style import COLUMN_MM, GREY, ArmStyle, style_arms
from outcomes.release.figures.plans.plan import Plan, note_withheld
from outcomes.release.numbers import general
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

X = Scale((-105, 105), {-100.0: "−100", -50.0: "−50", 0.0: "0", 50.0: "50", 100.0: "100"}, "Change from baseline (%)")
Y = Scale((0, 100), {0.0: "0", 25.0: "25", 50.0: "50", 75.0: "75", 100.0: "100"}, "Patients at or below it (%)")


def draw_distribution(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw each arm's share at or below the upper end of each bin; withheld bins leave a gap."""
    assert plan.instrument is not None
    rows = plan.data.sort_values("bin_lower", kind="stable")
    arms = list(style_arms(study, rows["arm"]).values())
    percent = study.instrument(plan.instrument).response_percent
    block = tuple(Row(_label(rows[rows["arm"] == arm.id], arm), arm) for arm in arms)
    panel = Panel("", partial(_draw_shares, rows=rows, arms=arms, percent=percent), X, Y, block)
    notes = [] if percent is None else [f"Dotted line: response, a drop of {general(percent)}%."]
    compose(figure, [panel], [*notes, *note_withheld(rows, study)], COLUMN_MM, 1)


def _label(rows: pd.DataFrame, arm: ArmStyle) -> str:
    """Return an arm's name with its number of patients; say so where all its bins had to be merged into one."""
    known = rows["n"].notna().all() and len(rows)
    drawn = (rows["bin_upper"].notna() & rows["cumulative"].notna()).any()
    number = f", n\u00a0=\u00a0{int(rows['n'].sum())}" if known else ""
    return f"{arm.label}{number}" + ("" if drawn else ", too few to draw")


def end_where_all_are(part: pd.DataFrame) -> pd.DataFrame:
    """Return the bins of an arm up to the first at or below which all of its patients are."""
    return part[~part["cumulative"].eq(1).cummax().shift(fill_value=False)]


def _draw_shares(axes: Axes, rows: pd.DataFrame, arms: list[ArmStyle], percent: float | None) -> None:
    if percent is not None:
        axes.axvline(-percent, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    for arm in arms:
        part = end_where_all_are(rows[(rows["arm"] == arm.id) & rows["bin_upper"].notna()])
        share = part["cumulative"].to_numpy(float) * 100
        axes.plot(
            part["bin_upper"].to_numpy(float),
            share,
            color=arm.color,
            linestyle=arm.line,
            marker=arm.marker,
            markersize=2.8,
            label=arm.id,
            clip_on=False,
        )
    if rows["cumulative"].isna().all():
        say_withheld(axes)
