"""The sensitivity grid as a forest plot: every analysis of one endpoint, by the question it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from outcomes.records import list_records
from outcomes.release.analyses import CONTROLS, GROUPS, describe_analysis, name_main, rank_analysis
from outcomes.release.definitions import COVERED
from outcomes.release.figures.canvas.lettering import wrap
from outcomes.release.figures.canvas.lines import Chart, Line, arrange_lines, build_ruler, draw_chart, even_out
from outcomes.release.figures.canvas.panels import EDGE, Scale, Sheet
from outcomes.release.figures.canvas.style import GREY, INK, LINE_MM, PAGE_MM, TEXT_PT, style_arms
from outcomes.release.figures.plans.comparison import CONTROL, FOREST_SCALES
from outcomes.release.figures.plans.plan import WITHHELD, Plan, note_withheld
from outcomes.release.figures.plans.timepoints import say_timepoint
from outcomes.release.numbers import ABSENT, Kind, count, fixed, interval
from outcomes.settings import Study

HEADS = (f"Estimate ({COVERED} interval)", "n", "effective n")
NAMES = 62.0
BETWEEN = 2.5  # between two panels, mm
ODDS = "log odds ratio"
LABELS = {
    "points": "Difference (points)",
    "risk difference": "Difference (percentage points)",
    "standard deviations": "Difference (standard deviations)",
    ODDS: "Log odds ratio",
}
DIRECTION = {"points": "negative: a larger fall with", "risk difference": "positive: more with"}
EXTREME = "worst_case"
MARKS = "Filled diamond, dotted line: the declared analysis."
EFFECTIVE = "Effective n: as many patients would tell as much unweighted."
Record = dict[str, Any]


@dataclass(frozen=True)
class Block:
    """One panel: its scale, its lines, and the row of the table behind each line (none behind a heading)."""

    title: str
    scale: str
    lines: tuple[Line, ...]
    rows: tuple[Record | None, ...]


def draw_forest(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw a panel for each scale and time point, the declared one first."""
    assert study.comparison is not None
    blocks = build_blocks(plan)
    charts = even_out([arrange_lines(block.lines, HEADS, PAGE_MM, NAMES) for block in blocks])
    scales = {block.scale: build_axis([one for one in blocks if one.scale == block.scale]) for block in blocks}
    inner = PAGE_MM - 2 * EDGE
    foot = [line for note in _notes(plan, blocks, study) for line in wrap(note, inner, TEXT_PT)]
    top = EDGE + 1.5
    labels = [len(wrap(scales[block.scale].label, charts[0].room, TEXT_PT)) for block in blocks]
    heights = sum(
        chart.height + (2 + lines) * LINE_MM + 2 + BETWEEN for chart, lines in zip(charts, labels, strict=True)
    )
    sheet = Sheet(figure, PAGE_MM, top + heights + LINE_MM * len(foot) + EDGE)
    for block, chart in zip(blocks, charts, strict=True):
        sheet.write(EDGE, top - 0.5, block.title, bold=True)
        axes, end = draw_chart(sheet, chart, HEADS, scales[block.scale], top)
        _draw_marks(axes, block, chart, study.comparison.weights)
        top = end + BETWEEN
    sheet.paragraph(EDGE, top, foot)


def build_blocks(plan: Plan) -> list[Block]:
    """Return the panels: points and risks by time point, the declared one first; odds of all time points in one."""
    table = plan.data
    places = list(table[["axis", "timepoint"]].drop_duplicates().itertuples(index=False, name=None))
    places.sort(key=lambda place: (place != (plan.axis, plan.timepoint), *map(str, place)))
    blocks = []
    for scale in FOREST_SCALES:
        own = [record for record in _list_records(table) if record["scale"] == scale]
        here = [[one for one in own if (one["axis"], one["timepoint"]) == place] for place in places]
        named = [
            (say_timepoint(*map(str, place)), records) for place, records in zip(places, here, strict=True) if records
        ]
        if scale == ODDS and named:
            lines = [
                (f"{describe_analysis(one['analysis'])[1]}, {place}", one) for place, ones in named for one in ones
            ]
            blocks.append(
                Block(
                    "Odds",
                    scale,
                    tuple(Line(name, cells=write_cells(one)) for name, one in lines),
                    tuple(one for _, one in lines),
                )
            )
        elif scale != ODDS:
            blocks += [_group(records, scale, place[:1].upper() + place[1:]) for place, records in named]
    known = [block for block in blocks if any(row is not None and pd.notna(row["estimate"]) for row in block.rows)]
    return known or blocks  # no axis for what could not be estimated


def _list_records(table: pd.DataFrame) -> list[Record]:
    records = list_records(table)
    return sorted(records, key=lambda record: rank_analysis(str(record["analysis"])))


def _group(records: Sequence[Record], scale: str, title: str) -> Block:
    lines: list[Line] = []
    rows: list[Record | None] = []
    described = [(*describe_analysis(str(record["analysis"])), record) for record in records]
    for group in GROUPS:
        members = [(label, record) for name, label, record in described if name == group]
        if members:
            if group != CONTROLS:  # the figure's own title
                lines.append(Line(group, heading=True))
                rows.append(None)
            lines += [Line(label, cells=write_cells(record)) for label, record in members]
            rows += [record for _, record in members]
    return Block(title, scale, tuple(lines), tuple(rows))


def write_cells(record: Record) -> tuple[str, ...]:
    """Return the estimate with its interval, the patients, and their effective number, as printed."""
    gone = WITHHELD if record["withheld"] else ABSENT
    sizes = tuple(count(record[name]) if pd.notna(record[name]) else gone for name in ("n", "effective_n"))
    if pd.isna(record["estimate"]):
        return (WITHHELD if record["withheld"] and record["converged"] else "not estimated", *sizes)
    factor, kind = _unit(record)
    value, bounds = fixed(factor * record["estimate"], kind), interval(record["lower"], record["upper"], kind, factor)
    return (value if bounds == ABSENT else f"{value} ({bounds})", *sizes)


def _unit(record: Record) -> tuple[float, Kind]:
    """Return by what a result is multiplied to be printed, and the kind of number it is."""
    return (100, "percent") if record["scale"] == "risk difference" else (1, "estimate")


def build_axis(blocks: Sequence[Block]) -> Scale:
    """Return the horizontal axis of all panels of one scale, with no difference on it; worst cases may lie beyond it."""
    factor = 100 if blocks[0].scale == "risk difference" else 1
    records = [row for block in blocks for row in block.rows if row is not None]
    inner = [row for row in records if not str(row["analysis"]).startswith(EXTREME)] or records
    values = [factor * row[name] for row in inner for name in ("estimate", "lower", "upper")]
    known = [value for value in values if pd.notna(value)]
    return build_ruler(min(known, default=0.0), max(known, default=0.0), LABELS[blocks[0].scale])


def _draw_marks(axes: Any, block: Block, chart: Chart, weights: str) -> None:
    factor = 100 if block.scale == "risk difference" else 1
    axes.axvline(0, color=INK, linewidth=0.6, zorder=1)
    for place, row in zip(chart.placed, block.rows, strict=True):
        if row is None or pd.isna(row["estimate"]):
            continue
        chosen = row["analysis"] == name_main(str(row["endpoint"]), weights)
        estimate, lower, upper = (factor * row[name] for name in ("estimate", "lower", "upper"))
        low, high = axes.get_xlim()
        if not low <= estimate <= high:
            beyond = {"color": INK, "markersize": 4.0, "clip_on": False, "label": row["analysis"]}
            axes.plot([low if estimate < low else high], [place.middle], "<" if estimate < low else ">", **beyond)
            continue
        if chosen:
            axes.axvline(estimate, color=GREY, linewidth=0.8, linestyle=":", zorder=1)
        axes.hlines(
            place.middle, max(lower, low), min(upper, high), color=INK, linewidth=1.4 if chosen else 0.8, zorder=2
        )
        marker, face, size = ("D", INK, 4.0) if chosen else ("s", "white", 3.2)
        style = {"color": INK, "markerfacecolor": face, "markersize": size}
        axes.plot([estimate], [place.middle], marker, label=row["analysis"], zorder=3, **style)


def _notes(plan: Plan, blocks: Sequence[Block], study: Study) -> list[str]:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    styles = style_arms(study, (estimand.treated, estimand.reference))
    treated, reference = styles[estimand.treated], styles[estimand.reference]
    control = (plan.data["endpoint"] == CONTROL).any()
    way = next((f"; {DIRECTION[block.scale]} {treated.within}" for block in blocks if block.scale in DIRECTION), "")
    way = "; zero is what no confounding left would give" if control else way
    sense = f"{treated.label} minus {reference.within}{way}."
    started = plan.data["analysis"].astype(str).str.endswith("_started").any()
    missing = ["All who started: a missing score counts as no event."] if started else []
    hidden = plan.data[["estimate", "n", "effective_n"]].isna().any(axis=1)
    words = [sense, EFFECTIVE] if control else [sense, f"{MARKS} {EFFECTIVE}", *missing]
    return [*words, *note_withheld(plan.data.assign(withheld=plan.data["withheld"] & hidden), study)]
