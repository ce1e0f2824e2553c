"""Regression to the mean: the change that was seen with its interval, beside the one to expect without any treatment."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from outcomes.release.definitions import COVERED
from outcomes.release.figures.canvas.lettering import wrap
from outcomes.release.figures.canvas.lines import Line, arrange_lines, build_ruler, draw_chart
from outcomes.release.figures.canvas.panels import EDGE, Sheet
from outcomes.release.figures.canvas.style import INK, LINE_MM, PAGE_MM, TEXT_PT, style_arms
from outcomes.release.figures.plans.plan import WITHHELD, Plan, note_withheld
from outcomes.release.figures.plans.timeline import say_timepoint
from outcomes.release.numbers import ABSENT, fixed, interval
from outcomes.settings import Study

NAMES = 62.0
HEADS = (f"Observed ({COVERED} interval)", "Expected")
KEY = "Filled marker: observed. Open diamond: expected from regression to the mean alone."
Record = dict[str, Any]


def draw_regression(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw a line for each arm at each time point; a withheld one has no mark."""
    records: list[Record] = [{str(k): v for k, v in row.items()} for row in plan.data.to_dict("records")]
    styles = style_arms(study, [str(row["arm"]) for row in records if row["arm"] != "all"])
    lines: list[Line] = []
    rows: list[Record | None] = []
    for record in records:
        place = say_timepoint(str(record["axis"]), str(record["timepoint"]))
        place = place[:1].upper() + place[1:]
        if not lines or place not in [line.name for line in lines if line.heading]:
            lines.append(Line(place, heading=True))
            rows.append(None)
        arm = styles.get(str(record["arm"]))
        lines.append(Line(arm.label if arm else "All", cells=write_cells(record)))
        rows.append(record)
    known = [row[name] for row in records for name in ("observed_lower", "observed_upper", "expected")]
    values = [float(value) for value in known if pd.notna(value)]
    ruler = build_ruler(min(values, default=-1.0), max(values, default=0.0), "Change from baseline (points)")
    chart = arrange_lines(lines, HEADS, PAGE_MM, NAMES)
    inner = PAGE_MM - 2 * EDGE
    foot = [line for note in (KEY, *note_withheld(plan.data, study)) for line in wrap(note, inner, TEXT_PT)]
    top = EDGE + 1.5
    labels = len(wrap(ruler.label, chart.room, TEXT_PT))
    sheet = Sheet(figure, PAGE_MM, top + chart.height + LINE_MM * (2 + labels + len(foot)) + 6)
    axes, end = draw_chart(sheet, chart, HEADS, ruler, top)
    axes.axvline(0, color=INK, linewidth=0.6, zorder=1)
    for one, row in zip(chart.placed, rows, strict=True):
        if row is None or pd.isna(row["observed"]):
            continue
        arm = styles.get(str(row["arm"]))
        color, marker = (arm.color, arm.marker) if arm else (INK, "s")
        axes.hlines(one.middle, row["observed_lower"], row["observed_upper"], color=color, linewidth=1.4, zorder=2)
        axes.plot([row["observed"]], [one.middle], marker, color=color, label=f"observed {row['arm']}", zorder=3)
        expected = {
            "color": INK,
            "markerfacecolor": "white",
            "markersize": 4.2,
            "clip_on": False,
            "label": f"expected {row['arm']}",
        }
        axes.plot([row["expected"]], [one.middle], "D", zorder=3, **expected)
    sheet.paragraph(EDGE, end + 1.5, foot)


def write_cells(row: Record) -> tuple[str, str]:
    """Return the observed change with its interval, and the expected one, as printed."""
    if pd.isna(row["observed"]):
        return (WITHHELD, WITHHELD) if row["withheld"] else (ABSENT, ABSENT)
    bounds = interval(row["observed_lower"], row["observed_upper"])
    return (f"{fixed(row['observed'])} ({bounds})", fixed(row["expected"]))
