"""One forest for two questions: how sure is the difference, and for whom does it differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.figure import Figure

from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.figures.canvas.lettering import printable, wrap
from outcomes.release.figures.canvas.lines import Line, Placed, arrange_lines, build_ruler, draw_chart
from outcomes.release.figures.canvas.panels import EDGE, Sheet
from outcomes.release.figures.canvas.style import GREY, INK, LINE_MM, PAGE_MM, TEXT_PT, style_arms
from outcomes.release.figures.plans.main_results import CONFOUNDED, LEVEL, MAIN
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.levels import say_level
from outcomes.release.numbers import count, fixed, interval, p_value
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES_MM = 62.0
HEADS = ("n", f"Difference ({COVERED} CI)")


def draw_analyses(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the analyses above the levels of each subgroup, on one axis, with the arm that each side favours."""
    lines, records = _list_lines(plan.data)
    chart = arrange_lines(lines, HEADS, PAGE_MM, NAMES_MM)
    known = plan.data.dropna(subset=["lower", "upper"])
    size = plan.data["important"].iloc[0]
    sizes = [] if pd.isna(size) else [float(size)]
    main = float(plan.data.loc[plan.data["kind"] == MAIN, "estimate"].iloc[0])
    far = [-one if main < 0 else one for one in sizes]
    ruler = build_ruler(min([*known["lower"], *far]), max([*known["upper"], *far]), "Difference in change, points")
    top = EDGE + 1.5
    sheet = Sheet(figure, PAGE_MM, top + LINE_MM + chart.height + 2 + 4 * LINE_MM + 2 * EDGE)
    axes, end = draw_chart(sheet, chart, HEADS, ruler, top)
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    axes.axvline(main, color=GREY, linewidth=0.8, linestyle="--", zorder=1)
    for one in far:
        axes.axvline(one, color=GREY, linewidth=0.8, linestyle=":", zorder=1)
    for placed, record in zip([one for one in chart.placed if one.line.cells], records, strict=True):
        _draw_row(axes, placed, record)
    _write_sides(sheet, study, chart.left, chart.room, end)


def _list_lines(rows: pd.DataFrame) -> tuple[list[Line], list[dict[str, Any]]]:
    """Return the lines with their headings, and the records behind those that have numbers."""
    letter = "A  " if (rows["kind"] == LEVEL).any() else ""
    lines = [Line(f"{letter}How sure? Other analyses", heading=True)]
    records: list[dict[str, Any]] = []
    group = ""
    for index, row in enumerate(list_records(rows)):
        if row["kind"] == LEVEL and row["group"] != group:
            if not group:
                lines.append(Line("B  For whom? Exploratory", heading=True))
            group = str(row["group"])
            p = "" if pd.isna(row["p_value"]) else f"P for interaction {p_value(row['p_value'], sign=True)}"
            lines.append(Line(printable(group, f"variable {index}"), cells=("", p)))
            records.append({})
        name = ("\u2003" if row["kind"] == LEVEL else "") + say_level(printable(str(row["name"]), f"level {index}"))
        sizes = [row[name] for name in (("n_treated", "n_reference") if row["kind"] == LEVEL else ("n",))]
        n = "" if any(pd.isna(one) for one in sizes) else " / ".join(count(one) for one in sizes)
        known = pd.notna(row["estimate"]) and pd.notna(row["lower"])
        text = f"{fixed(row['estimate'])} ({interval(row['lower'], row['upper'])})" if known else "too few"
        suffix = " (reference only)" if row["kind"] == CONFOUNDED else " (primary)" if row["kind"] == MAIN else ""
        lines.append(Line(name + suffix, cells=(n, text)))
        records.append({str(key): value for key, value in row.items()})
    return lines, records


def _draw_row(axes: Axes, placed: Placed, row: dict[str, Any]) -> None:
    if not row or pd.isna(row["estimate"]) or pd.isna(row["lower"]):
        return
    main, open_ = row["kind"] == MAIN, row["kind"] == CONFOUNDED
    color = GREY if open_ else INK
    axes.hlines(placed.middle, row["lower"], row["upper"], color=color, linewidth=1.6 if main else 1.0, zorder=2)
    face = "white" if open_ else color
    axes.plot(
        [row["estimate"]],
        [placed.middle],
        "D" if main else "s",
        color=color,
        markerfacecolor=face,
        markersize=5 if main else 3.8,
        zorder=3,
    )


def _write_sides(sheet: Sheet, study: Study, left: float, room: float, top: float) -> None:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    worse = study.instrument(estimand.instrument).higher_is_worse
    styles = style_arms(study, (estimand.treated, estimand.reference))
    names = [styles[arm].within for arm in (estimand.treated, estimand.reference)]
    low, high = names if worse else names[::-1]
    sheet.write(left, top, _shorten(f"← favors {low}", sheet.width - left - EDGE))
    sheet.write(left + room, top + LINE_MM, _shorten(f"favors {high} →", left + room - EDGE), ha="right")


def _shorten(text: str, room: float) -> str:
    """Return the first line of a text, with a sign that there is more; the arrow stays."""
    first, *more = wrap(text, room - 4, TEXT_PT)
    return f"{first} …{' →' if text.endswith('→') else ''}" if more else text
