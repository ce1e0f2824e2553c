"""The forest of the network: each site's difference, the pooled one, and where that of a further site would lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.network.choose import declared
from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.figures.canvas.lettering import wrap
from outcomes.release.figures.canvas.lines import Line, arrange_lines, build_ruler, draw_chart
from outcomes.release.figures.canvas.panels import EDGE, Sheet
from outcomes.release.figures.canvas.style import GREY, INK, LINE_MM, PAGE_MM, TEXT_PT, TITLE_PT, house_style
from outcomes.release.figures.draw import Drawing
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.numbers import fixed, interval, percent
from outcomes.settings import Study

HEADS = ("Weight (%)", f"Difference ({COVERED} interval)")
NAMES_MM = 62.0
NAME = "forest"
SITE, MEAN, RANGE = "site", "mean", "range"
Record = dict[str, Any]


def plan_forest(sites: pd.DataFrame, pooled: pd.Series, study: Study) -> Plan:
    """Return the forest's words and rows.

    Parameters
    ----------
    sites : DataFrame
        As :func:`outcomes.network.pooled.tabulate_sites` returns it.
    pooled : Series
        The primary difference with random effects; without numbers where too few sites have one.
    study : Study
        The planned one.
    """
    estimand = declared(study).estimand
    rows: list[Record] = [
        {"kind": SITE, "name": row["site"], "note": row["part"]}
        | {name: row.get(name) for name in ("estimate", "lower", "upper", "weight")}
        for row in list_records(sites)
    ]
    if pd.notna(pooled["estimate"]):
        mean = {name: pooled[name] for name in ("estimate", "lower", "upper")}
        rows.append({"kind": MEAN, "name": "All sites, random effects", "note": ""} | mean)
        if pd.notna(pooled["predicted_lower"]):
            ends = {"lower": pooled["predicted_lower"], "upper": pooled["predicted_upper"]}
            rows.append(
                {"kind": RANGE, "name": "A further site (prediction)", "note": "", "estimate": pooled["estimate"]}
                | ends
            )
    data = pd.DataFrame(rows, columns=["kind", "name", "note", "estimate", "lower", "upper", "weight"])
    data = data.astype(dict.fromkeys(("estimate", "lower", "upper", "weight"), float))
    treated, reference = (study.in_text(arm) for arm in (estimand.treated, estimand.reference))
    title = f"Difference in change of {study.instrument(estimand.instrument).name} at {estimand.timepoint}, by site"
    caption = (
        f"Difference in change from baseline, {treated} minus {reference}, in points: of each site from its own rows, and of all by random effects "
        "with the interval of Hartung and Knapp. Squares: sites, their size by weight. Diamond: the mean over sites. Bar without a mark: where the "
        "true difference of a further such site is expected."
    )
    told = [f"{row['name']}: {_tell(row)}" for row in list_records(data)]
    return Plan(NAME, NAME, title, caption, f"{title}. {'; '.join(told)}.", data)


def _tell(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["estimate"]):
        return "absent" if row["note"] == "absent" else "not estimated"
    ends = interval(row["lower"], row["upper"])
    return ends if row["kind"] == RANGE else f"{fixed(row['estimate'])} ({ends})"


def draw_forest(plan: Plan, study: Study) -> Drawing:
    """Draw the forest."""
    with house_style():
        drawing = Drawing(plan)
        _draw(drawing, plan, study)
    return drawing


def _draw(drawing: Drawing, plan: Plan, study: Study) -> None:
    estimand = declared(study).estimand
    records = list_records(plan.data)
    lines = [
        Line(str(row["name"]), cells=("" if pd.isna(row["weight"]) else percent(row["weight"]), _tell(row)))
        for row in records
    ]
    chart = arrange_lines(lines, HEADS, PAGE_MM, NAMES_MM)
    known = plan.data.dropna(subset=["lower", "upper"])
    low, high = (0.0, 0.0) if known.empty else (float(known["lower"].min()), float(known["upper"].max()))
    treated, reference = (study.in_text(arm) for arm in (estimand.treated, estimand.reference))
    ruler = build_ruler(low, high, f"Difference (points), {treated} minus {reference}")
    inner = PAGE_MM - 2 * EDGE
    head = wrap(plan.title, inner, TITLE_PT, bold=True)
    top = EDGE + len(head) * LINE_MM * TITLE_PT / TEXT_PT + 1.5
    labels = len(wrap(ruler.label, chart.room, TEXT_PT))
    sheet = Sheet(drawing, PAGE_MM, top + chart.height + (2 + labels) * LINE_MM + 2 + EDGE)
    sheet.paragraph(EDGE, EDGE, head, TITLE_PT, bold=True)
    axes, _ = draw_chart(sheet, chart, HEADS, ruler, top)
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    for placed, row in zip(chart.placed, records, strict=True):
        if pd.isna(row["estimate"]):
            continue
        kind = row["kind"]
        axes.hlines(
            placed.middle,
            row["lower"],
            row["upper"],
            color=GREY if kind == RANGE else INK,
            linewidth=2.4 if kind == RANGE else 1.0,
            zorder=2,
        )
        if kind == MEAN:
            axes.axvline(row["estimate"], color=GREY, linewidth=0.8, linestyle=":", zorder=1)
        if kind != RANGE:
            size = 5.0 if kind == MEAN else 2.5 + 4 * (0 if pd.isna(row["weight"]) else row["weight"] ** 0.5)
            axes.plot(
                [row["estimate"]], [placed.middle], "D" if kind == MEAN else "s", color=INK, markersize=size, zorder=3
            )
