"""How the propensity score is spread in each arm: two histograms on one axis, the treated above and the reference below."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.release.definitions import SCORE_STEP
from outcomes.release.figures.canvas.panels import Panel, Row, Scale, compose
from outcomes.release.figures.canvas.scales import build_scale, say_withheld
from outcomes.release.figures.canvas.style import COLUMN_MM, INK, ArmStyle, style_arms
from outcomes.release.figures.plans.plan import Plan, note_withheld
from outcomes.release.numbers import count, general
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_overlap(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw each arm's share of patients for every 0.05 of the score; a merged bin is as wide as what was merged."""
    assert study.comparison is not None
    sides = (study.comparison.estimand.treated, study.comparison.estimand.reference)
    styles = style_arms(study, sides)
    heights = {arm: compute_heights(plan.data[plan.data["arm"] == arm]) for arm in sides}
    known = [value for one in heights.values() for value in one["height"].dropna()]
    half = build_scale(0, max(known, default=20.0), "").limits[1]
    marks = build_scale(0, half, "").ticks
    ticks = {-at: text for at, text in marks.items()} | marks
    y = Scale((-half, half), dict(sorted(ticks.items())), f"Share of the arm per {general(SCORE_STEP)} (%)")
    x = Scale(
        (0, 1),
        {at: general(at) for at in TICKS},
        f"Propensity score: estimated probability of {styles[sides[0]].within}",
    )
    rows = tuple(
        Row(f"{styles[arm].label} ({word}){_count(heights[arm])}", styles[arm])
        for arm, word in zip(sides, ("above", "below"), strict=True)
    )
    arms = (styles[sides[0]], styles[sides[1]])
    panel = Panel("", partial(_draw_bars, heights=heights, arms=arms), x, y, rows)
    compose(figure, [panel], note_withheld(plan.data, study), COLUMN_MM, 1)


def compute_heights(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the bins of one arm with ``height``: percent of the whole arm for every 0.05 of the score.

    How many the arm has follows from the bins whose number and whose share are both released, as the others' numbers are not.
    """
    width = (rows["bin_upper"] - rows["bin_lower"]) / SCORE_STEP
    share = rows["cumulative"] - rows["cumulative"].shift(fill_value=0)
    known = rows["n"].notna() & (share > 0)
    total = rows.loc[known, "n"].sum(min_count=1) / share[known].sum()
    return rows.assign(height=100 * rows["n"] / total / width)


def _count(rows: pd.DataFrame) -> str:
    """Return the number of patients behind a name; nothing where some bins hold too few."""
    return "" if rows["n"].isna().any() or rows.empty else f", n\u00a0=\u00a0{count(rows['n'].sum())}"


def _draw_bars(axes: Axes, heights: dict[str, pd.DataFrame], arms: tuple[ArmStyle, ArmStyle]) -> None:
    for sign, arm in zip((1, -1), arms, strict=True):
        rows = heights[arm.id]
        rows = rows[rows["height"].notna()]
        edges = rows["bin_lower"].to_numpy(float)
        axes.bar(
            edges,
            sign * rows["height"].to_numpy(float),
            (rows["bin_upper"] - rows["bin_lower"]).to_numpy(float),
            align="edge",
            color=arm.color,
            alpha=0.75 if sign > 0 else 0.45,
            edgecolor=arm.color,
            linewidth=0.8,
            label=arm.id,
        )
    axes.axhline(0, color=INK, linewidth=0.6)
    if all(rows["height"].isna().all() for rows in heights.values()):
        say_withheld(axes)
