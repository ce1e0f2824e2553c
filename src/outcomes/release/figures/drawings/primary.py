"""The primary difference: what each arm changed by, and the difference beside what patients call an important change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from outcomes.release.definitions import COVERED
from outcomes.release.figures.canvas.lettering import wrap
from outcomes.release.figures.canvas.lines import Line, arrange_lines, build_ruler, draw_chart, even_out
from outcomes.release.figures.canvas.panels import EDGE, Sheet
from outcomes.release.figures.canvas.style import (
    FAINT,
    GREY,
    INK,
    LINE_MM,
    PAGE_MM,
    TEXT_PT,
    ArmStyle,
    style_arms,
)
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.numbers import count, fixed, interval, p_value
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = 62.0
HEADS = (("Adjusted mean", "with a score"), (f"Difference ({COVERED} interval)", "p"))
TITLES = ("Change from baseline", "Difference between the arms")
SIDES = ("treated", "reference")


def draw_primary(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the mean change of each arm above their difference with its interval and the published important changes."""
    assert study.comparison is not None
    estimand = study.comparison.estimand
    styles = style_arms(study, (estimand.treated, estimand.reference))
    arms = (styles[estimand.treated], styles[estimand.reference])
    row: dict[str, Any] = {str(name): value for name, value in plan.data.iloc[0].items()}
    important = study.instrument(estimand.instrument).important_points
    means = [Line(arm.label, cells=_write_mean(row, side)) for arm, side in zip(arms, SIDES, strict=True)]
    bounds = interval(row["lower"], row["upper"], "estimate")
    both = (f"{fixed(row['estimate'], 'estimate')} ({bounds})", p_value(row["p_value"]))
    between = [Line(f"{arms[0].label} minus {arms[1].within}", cells=both)]
    pair = ((means, HEADS[0]), (between, HEADS[1]))
    charts = even_out([arrange_lines(lines, heads, PAGE_MM, NAMES) for lines, heads in pair])
    values = [float(row[f"{side}_mean"]) for side in SIDES]
    widest = max(important, default=0.0)
    rulers = (
        build_ruler(min(values), max(values), "Points"),
        build_ruler(min(row["lower"], -widest), max(row["upper"], widest), "Points"),
    )
    inner = PAGE_MM - 2 * EDGE
    foot = [line for note in _notes(study, arms, important) for line in wrap(note, inner, TEXT_PT)]
    top = EDGE + 1.5
    height = top + sum(chart.height + 3 * LINE_MM + 4.5 for chart in charts) + LINE_MM * len(foot) + EDGE
    sheet = Sheet(figure, PAGE_MM, height)
    drawn = []
    for title, chart, heads, ruler in zip(TITLES, charts, HEADS, rulers, strict=True):
        sheet.write(EDGE, top - 0.5, title, bold=True)
        axes, top = draw_chart(sheet, chart, heads, ruler, top)
        axes.axvline(0, color=INK, linewidth=0.6, zorder=1)
        drawn.append((axes, [one.middle for one in chart.placed]))
        top += 2.5
    _draw_means(*drawn[0], values, arms)
    _draw_difference(*drawn[1], row, important)
    sheet.paragraph(EDGE, top, foot)


def _write_mean(row: dict[str, Any], side: str) -> tuple[str, str]:
    return fixed(row[f"{side}_mean"]), count(row[f"observed_{side}"])


def _draw_means(axes: Axes, middles: list[float], values: list[float], arms: tuple[ArmStyle, ...]) -> None:
    for middle, value, arm in zip(middles, values, arms, strict=True):
        axes.hlines(middle, min(0.0, value), max(0.0, value), color=arm.color, linewidth=2.4, zorder=2)
        axes.plot([value], [middle], arm.marker, color=arm.color, markersize=5.5, label=arm.id, zorder=3)


def _draw_difference(axes: Axes, middles: list[float], row: dict[str, Any], important: tuple[float, ...]) -> None:
    if important:
        axes.axvspan(-min(important), min(important), color=FAINT, alpha=0.55, linewidth=0, zorder=0)
    for at in (sign * points for points in important for sign in (-1, 1)):
        axes.axvline(at, color=GREY, linewidth=0.9, linestyle=":", zorder=1)
    axes.hlines(middles, row["lower"], row["upper"], color=INK, linewidth=1.6, zorder=2)
    axes.plot([row["estimate"]], middles, "D", color=INK, markersize=5.0, label="difference", zorder=3)


def _notes(study: Study, arms: tuple[ArmStyle, ...], important: tuple[float, ...]) -> list[str]:
    assert study.comparison is not None
    worse = study.instrument(study.comparison.estimand.instrument).higher_is_worse
    notes = [f"Negative: {'a larger fall' if worse else 'a smaller rise'} with {arms[0].within}."]
    if important:
        each = " and ".join(fixed(points) for points in important)
        notes.append(
            f"Dotted: what patients called an important change in themselves, {each} points in published studies; shaded: less than the "
            "smallest. These are changes within one patient, not differences between groups."
        )
    return notes
