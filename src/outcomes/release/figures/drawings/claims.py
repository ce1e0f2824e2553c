"""What is claimed as a bar, what was found as intervals on it, and the verdict beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.records import list_records
from outcomes.release.figures.canvas.lines import Line, arrange_lines, draw_chart
from outcomes.release.figures.canvas.panels import EDGE, Scale, Sheet
from outcomes.release.figures.canvas.style import FAINT, LINE_MM, PAGE_MM, style_arms
from outcomes.release.figures.plans.plan import Plan
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = 62.0
APART = 0.7  # of the two denominators from the middle of a row, mm
SCALE = Scale((-1, 101), {float(at): str(at) for at in range(0, 101, 20)}, "Patients (%)")


def draw_claims(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw one row for each claim and treatment."""
    rows = plan.data
    heads = rows.drop_duplicates(["claim", "arm"])
    styles = style_arms(study, rows["arm"])
    lines = [
        Line(row["claim"] + (f" ({styles[row['arm']].label})" if len(styles) > 1 else ""), cells=(row["verdict"],))
        for row in list_records(heads)
    ]
    chart = arrange_lines(lines, ("Verdict",), PAGE_MM, NAMES)
    sheet = Sheet(figure, PAGE_MM, EDGE + chart.height + LINE_MM * 4)
    axes, _ = draw_chart(sheet, chart, ("Verdict",), SCALE, EDGE)
    middle = dict(zip(zip(heads["claim"], heads["arm"], strict=True), chart.placed, strict=True))
    for row in list_records(rows):
        y, arm = middle[row["claim"], row["arm"]].middle, styles[row["arm"]]
        if row["place"] == 0:
            axes.barh(y, row["high"] - row["low"], left=row["low"], height=0.8 * LINE_MM, color=FAINT, zorder=1)
        y += APART * (2 * row["place"] - 1)
        axes.hlines(y, row["lower"], row["upper"], color=arm.color, linewidth=0.9, zorder=2)
        face = arm.color if row["place"] == 0 else "white"
        axes.plot(
            row["estimate"], y, arm.marker, color=arm.color, markerfacecolor=face, markersize=3.0, clip_on=False, zorder=3,
            label=f"{row['claim']} {row['of']}",
        )  # fmt: skip
