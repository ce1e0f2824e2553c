"""The love plot: standardised differences of every confounder before and after weighting."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from outcomes.records import list_records
from outcomes.release.definitions import BALANCED
from outcomes.release.figures.canvas.lettering import wrap
from outcomes.release.figures.canvas.lines import Line, arrange_lines, draw_chart
from outcomes.release.figures.canvas.panels import EDGE, Scale, Sheet
from outcomes.release.figures.canvas.scales import build_scale, say_withheld
from outcomes.release.figures.canvas.style import COLUMN_MM, FAINT, GREY, INK, LINE_MM, TEXT_PT
from outcomes.release.figures.plans.comparison import name_level
from outcomes.release.figures.plans.plan import WITHHELD, Plan, note_withheld
from outcomes.settings import Study

NAMES = 36.0
KEY = "Open circle: before weighting. Filled square: after."


def draw_balance(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the absolute standardised difference of each level before and after weighting; a withheld one has no mark."""
    rows = plan.data.assign(before=plan.data["smd_before"].abs(), after=plan.data["smd_after"].abs())
    known = pd.concat([rows["before"], rows["after"]]).dropna()
    x = build_scale(0, max([2 * BALANCED, *known.tolist()]), "Standardised difference")
    names = [
        name_level(str(row["variable"]), row["level"])
        + (f" {WITHHELD}" if pd.isna(row["before"]) and row["withheld"] else "")
        for row in list_records(rows)
    ]
    chart = arrange_lines([Line(name) for name in names], (), COLUMN_MM, NAMES)
    inner = COLUMN_MM - 2 * EDGE
    foot = [line for note in (KEY, *_note(rows, study)) for line in wrap(note, inner, TEXT_PT)]
    top = EDGE
    labels = len(wrap(x.label, chart.room, TEXT_PT))
    sheet = Sheet(figure, COLUMN_MM, top + chart.height + LINE_MM * (1 + labels + len(foot)) + 5.5)
    axes, end = draw_chart(sheet, chart, (), Scale((-0.02 * x.limits[1], x.limits[1]), x.ticks, x.label), top - LINE_MM)
    y = [one.middle for one in chart.placed]
    axes.axvline(BALANCED, color=GREY, linewidth=0.9, linestyle=":", zorder=1)
    axes.hlines(y, rows["before"], rows["after"], color=FAINT, linewidth=1.0, zorder=1)
    axes.plot(rows["before"], y, "o", markerfacecolor="white", color=INK, label="before", clip_on=False, zorder=3)
    axes.plot(rows["after"], y, "s", color=INK, markersize=3.4, label="after", clip_on=False, zorder=4)
    if rows["before"].isna().all():
        say_withheld(axes)
    sheet.paragraph(EDGE, end + 1.5, foot)


def _note(rows: pd.DataFrame, study: Study) -> list[str]:
    hidden = rows["before"].isna() & rows["withheld"]
    return note_withheld(rows.assign(withheld=hidden), study)
