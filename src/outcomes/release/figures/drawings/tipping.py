"""Tipping points: the difference when scores after the last were worse than thought in either arm, as a heat map."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.figures.canvas.lettering import measure_mm, wrap
from outcomes.release.figures.canvas.panels import GAP, LEFT, PLOT, RIGHT, Panel, Scale, compose
from outcomes.release.figures.canvas.scales import say_withheld
from outcomes.release.figures.canvas.style import COLUMN_MM, GREY, INK, LINE_MM, TEXT_PT, style_arms
from outcomes.release.figures.plans.missing import find_excluded
from outcomes.release.figures.plans.plan import WITHHELD, Plan, note_withheld
from outcomes.release.numbers import fixed, general
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEEPEST = 0.65  # share of an arm's colour in the cell that is furthest from no difference


def draw_tipping(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw a cell for each pair of deltas, in the colour of the arm that it favours, and the border of what excludes no difference."""
    assert study.comparison is not None
    estimand = study.comparison.estimand
    styles = style_arms(study, (estimand.treated, estimand.reference))
    worse = study.instrument(estimand.instrument).higher_is_worse
    favoured = (estimand.treated, estimand.reference) if worse else (estimand.reference, estimand.treated)
    colors = (styles[favoured[0]].color, styles[favoured[1]].color)
    across, up = (sorted(plan.data[name].unique()) for name in ("delta_treated", "delta_reference"))
    x = Scale((0, len(across)), _place_ticks(across), _name_axis(styles[estimand.treated].label, estimand.treated))
    y = Scale((0, len(up)), _place_ticks(up), _name_axis(styles[estimand.reference].label, estimand.reference))
    panel = Panel("", partial(_draw_cells, rows=plan.data, across=across, up=up, colors=colors), x, y, ())
    notes = [
        f"Below 0 (colour of {styles[favoured[0]].within}): in favour of {styles[favoured[0]].within}. Above 0: in favour of "
        f"{styles[favoured[1]].within}.",
        *_note_border(plan.data),
    ]
    compose(figure, [panel], [*notes, *note_withheld(plan.data, study)], COLUMN_MM, 1)


def _name_axis(label: str, arm: str) -> str:
    """Return the label of an axis with the arm's label, or its id where the label would run into the ticks."""
    named = f"Points added, {label}"
    return named if len(wrap(named, PLOT, TEXT_PT)) <= 2 else f"Points added, {arm}"


def _place_ticks(deltas: list[float]) -> dict[float, str]:
    return {index + 0.5: general(delta) for index, delta in enumerate(deltas)}


def _note_border(rows: pd.DataFrame) -> list[str]:
    known = rows[rows["estimate"].notna()]
    excluded = find_excluded(known)
    if known.empty:
        return []
    if excluded.all() or not excluded.any():
        return ["All intervals exclude zero." if excluded.all() else "No interval excludes zero."]
    return [f"Black: the {COVERED} interval excludes zero; grey: it does not. The heavy line is the border."]


def _draw_cells(axes: Axes, rows: pd.DataFrame, across: list[float], up: list[float], colors: tuple[str, str]) -> None:
    table = rows.assign(excluded=find_excluded(rows)).set_index(["delta_reference", "delta_treated"])
    estimates = table["estimate"].unstack().reindex(index=up, columns=across).to_numpy(float)
    excluded = table["excluded"].unstack().reindex(index=up, columns=across).to_numpy(bool)
    if np.isnan(estimates).all():
        say_withheld(axes)
        return
    furthest = float(np.nanmax(np.abs(estimates))) or 1.0
    words = np.vectorize(_write_cell, otypes=[object])(estimates)
    fits = _fit_words(words, len(across), len(up))
    for (row, column), value in np.ndenumerate(estimates):
        depth = 0.0 if np.isnan(value) else DEEPEST * abs(value) / furthest
        color = _mix(colors[0 if value < 0 else 1], depth)
        axes.fill([column, column + 1, column + 1, column], [row, row, row + 1, row + 1], color=color, linewidth=0)
        if fits:
            ink = INK if excluded[row, column] else GREY
            axes.text(column + 0.5, row + 0.5, words[row, column], ha="center", va="center", color=ink)
    for start, end in _find_border(excluded):
        axes.plot(*zip(start, end, strict=True), color=INK, linewidth=1.8, solid_capstyle="butt")
    axes.tick_params(length=0)


def _write_cell(value: float) -> str:
    """Return a difference with one decimal, without the sign of a rounded zero."""
    return WITHHELD if np.isnan(value) else fixed(value)


def _fit_words(words: np.ndarray, columns: int, lines: int) -> bool:
    """Tell whether a number fits into every cell."""
    room = (COLUMN_MM - LEFT - RIGHT - 2 * GAP) / columns
    return max(measure_mm(str(word), TEXT_PT) for word in words.flat) < room - 0.5 and PLOT / lines > LINE_MM


def _mix(color: str, share: float) -> tuple[float, float, float]:
    """Return a colour mixed with white."""
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return 1 - share * (1 - red), 1 - share * (1 - green), 1 - share * (1 - blue)


def _find_border(excluded: np.ndarray) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the edges between cells of which one excludes no difference and one does not."""
    lines, columns = excluded.shape
    upright = [
        ((column, row), (column, row + 1))
        for row in range(lines)
        for column in range(1, columns)
        if excluded[row, column] != excluded[row, column - 1]
    ]
    level = [
        ((column, row), (column + 1, row))
        for row in range(1, lines)
        for column in range(columns)
        if excluded[row, column] != excluded[row - 1, column]
    ]
    return upright + level
