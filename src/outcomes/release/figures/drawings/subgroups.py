"""A forest of differences within subgroups: raw and shrunken, numbers of patients, and tests of interaction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.figures.canvas.lettering import wrap
from outcomes.release.figures.canvas.panels import EDGE, Sheet
from outcomes.release.figures.canvas.style import GREY, INK, LINE_MM, PAGE_MM, TEXT_PT, style_arms
from outcomes.release.figures.plans.plan import WITHHELD, Plan, note_withheld
from outcomes.release.figures.plans.subgroups import EVERYONE, name_drawn
from outcomes.release.levels import say_level
from outcomes.release.numbers import Kind, count, fixed, general, interval, p_value
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES, COUNT, PLOT, TEXT = 48.0, 19.0, 48.0, 38.0  # widths of the columns, mm
GAP, AXIS = 2.0, 5.6  # between columns; from the axis to its label, mm
ROW, INDENT, APART = 4.8, 3.0, 1.0  # height of a level; its indent; from its middle to either marker, mm
ESTIMATES = ("estimate", "lower", "upper")
SHRUNKEN = ("shrunken", "shrunken_lower", "shrunken_upper")
FIRST, LAST = EDGE + NAMES + 2 * COUNT + GAP, EDGE + NAMES + 2 * COUNT + PLOT + 2 * GAP  # left of plot and of text
ADJUSTED = {
    "holm": "Holm", "hochberg": "Hochberg", "bonferroni": "Bonferroni", "benjamini_hochberg": "FDR",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of the forest: a variable's heading, or a level with its numbers; ``top`` and ``height`` in mm."""

    words: tuple[str, ...]
    heading: bool
    top: float
    height: float
    row: dict[str, Any]

    @property
    def middle(self) -> float:
        """Where the markers stand, mm from the top."""
        return self.top + min(self.height, ROW) / 2


@dataclass(frozen=True)
class Ruler:
    """The horizontal axis: limits and ticks in the units of the estimates, and whether distances are ratios."""

    limits: tuple[float, float]
    ticks: dict[float, str]
    ratio: bool

    def place(self, value: float) -> float:
        """Return where a value stands."""
        return math.log(value) if self.ratio else value


def draw_subgroups(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw every level's difference, raw and shrunken; a withheld one has no marker."""
    rows = name_drawn(_convert(plan.data))[0]
    heads = _list_heads(study, rows)
    top = EDGE + max(map(len, heads.values())) * LINE_MM + 1.0
    lines = list_lines(rows, top)
    bottom = lines[-1].top + lines[-1].height + 1.0
    ruler = build_ruler(rows)
    label = wrap(_label_axis(rows), PLOT + 2 * GAP + TEXT, TEXT_PT)
    notes = [text for note in _list_notes(plan, study) for text in wrap(note, PAGE_MM - 2 * EDGE, TEXT_PT)]
    foot = bottom + AXIS + LINE_MM * len(label) + 1.5
    sheet = Sheet(figure, PAGE_MM, foot + LINE_MM * len(notes) + EDGE)
    first = top - 1.0 - max(map(len, heads.values())) * LINE_MM
    for x, words in heads.items():
        for index, word in enumerate(words):
            sheet.write(x, first + index * LINE_MM, word, ha="left" if x == LAST else "center")
    for line in lines:
        _write_line(sheet, line)
    axes = sheet.axes(FIRST, top, PLOT, bottom - top)
    _draw_markers(axes, lines, ruler, top, bottom)
    for index, text in enumerate(label):
        sheet.write(FIRST, bottom + AXIS + index * LINE_MM, text)
    sheet.paragraph(EDGE, foot, notes)


def list_lines(rows: pd.DataFrame, top: float) -> list[Line]:
    """Return everyone first, then each variable's heading and levels, from the given top downwards."""
    lines: list[Line] = []
    for variable, own in rows.groupby("variable", sort=False):
        records = list_records(own)
        if variable != EVERYONE:
            words = wrap(str(records[0]["label"]), NAMES - GAP, TEXT_PT, bold=True)
            height = 1.2 + LINE_MM * max(len(words), len(_say_test(records[0])))
            lines.append(Line(tuple(words), True, top + 1.2, height - 1.2, records[0]))
            top += height
        for row in records:
            indent = 0.0 if variable == EVERYONE else INDENT
            name = "Everyone" if variable == EVERYONE else say_level(str(row["level"]))
            words = wrap(name, NAMES - GAP - indent, TEXT_PT)
            height = max(ROW, 0.6 + LINE_MM * len(words))
            lines.append(Line(tuple(words), False, top, height, row))
            top += height
    return lines


def build_ruler(rows: pd.DataFrame) -> Ruler:
    """Return an axis that holds no difference and every estimate; intervals that reach far beyond all the others are cut."""
    ratio = rows["scale"].iloc[0] == "risk ratio"
    place = np.log if ratio else np.asarray
    known = rows[rows["estimate"].notna()]
    if known.empty:
        low, high = -1.0, 1.0
    else:
        estimate, lower, upper = (place(known[name].to_numpy(float)) for name in ESTIMATES)
        reach = 3 * float(np.median(upper - lower)) / 2
        low = min(0.0, max(lower.min(), estimate.min() - reach))
        high = max(0.0, min(upper.max(), estimate.max() + reach))
    pad = 0.04 * (high - low)
    limits = low - pad, high + pad
    if ratio:
        marks = [0.1, 0.2, 0.25, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 10.0]
        inside = [mark for mark in marks if limits[0] <= math.log(mark) <= limits[1]]
        step = max(1, math.ceil(len(inside) / 6))
        start = inside.index(1.0) % step
        return Ruler(limits, {math.log(mark): general(mark) for mark in inside[start::step]}, True)
    raw = (high - low) / 6
    power = 10.0 ** math.floor(math.log10(raw))
    size = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    steps = range(math.ceil(limits[0] / size), math.floor(limits[1] / size) + 1)
    return Ruler(limits, {step * size: general(step * size) for step in steps}, False)


def _convert(rows: pd.DataFrame) -> pd.DataFrame:
    """Return differences of risks in percentage points."""
    factor = 100.0 if rows["scale"].iloc[0] == "risk difference" else 1.0
    return rows.assign(**{name: rows[name] * factor for name in (*ESTIMATES, *SHRUNKEN)})


def _list_heads(study: Study, rows: pd.DataFrame) -> dict[float, list[str]]:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    styles = style_arms(study, [estimand.treated, estimand.reference])
    heads = {}
    for index, arm in enumerate((estimand.treated, estimand.reference)):
        heads[EDGE + NAMES + (index + 0.5) * COUNT] = [*wrap(styles[arm].label, COUNT - 1.5, TEXT_PT), "n"]
    word = {"risk ratio": "Ratio", "points": "Difference"}.get(str(rows["scale"].iloc[0]), "Difference")
    heads[LAST] = [f"{word} ({COVERED} interval)"]
    deepest = max(map(len, heads.values()))
    return {x: [""] * (deepest - len(words)) + words for x, words in heads.items()}


def _label_axis(rows: pd.DataFrame) -> str:
    scale = str(rows["scale"].iloc[0])
    return {"points": "Difference in change (points)", "risk difference": "Difference (percentage points)"}.get(
        scale, "Ratio (logarithmic scale)"
    )


def _list_notes(plan: Plan, study: Study) -> list[str]:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    styles = style_arms(study, [estimand.treated, estimand.reference])
    more = "the larger fall" if plan.data["endpoint"].iloc[0] == "change" else "fewer responses"
    if plan.data["endpoint"].iloc[0] == "change" and not study.instrument(estimand.instrument).higher_is_worse:
        more = "the smaller rise"
    return [
        f"Left of the line of no difference: {more} with {styles[estimand.treated].within}.",
        "Filled squares and solid lines: each level by itself. Open diamonds and dashed lines: shrunken toward the other levels of the "
        "same variable. Dotted: everyone. Arrowheads: an interval goes on.",
        _explain_tests(plan.data),
        *note_withheld(plan.data, study),
    ]


def _explain_tests(rows: pd.DataFrame) -> str:
    adjusted = ADJUSTED.get(str(rows["multiplicity"].dropna().iloc[0]) if rows["multiplicity"].notna().any() else "")
    more = f"; {adjusted}: the same, adjusted for the number of variables" if adjusted else ""
    return f"p: test of interaction, that the difference is the same in all levels of the variable{more}."


def _write_line(sheet: Sheet, line: Line) -> None:
    if line.heading:
        sheet.paragraph(EDGE, line.top, line.words, bold=True)
        sheet.paragraph(LAST, line.top, _say_test(line.row))
        return
    everyone = line.row["variable"] == EVERYONE
    text = line.middle - LINE_MM * 0.53
    sheet.paragraph(EDGE + (0.0 if everyone else INDENT), text, line.words)
    for index, arm in enumerate(("treated", "reference")):
        n = line.row[f"n_{arm}"]
        words = WITHHELD if pd.isna(n) else count(n)
        sheet.write(EDGE + NAMES + (index + 0.5) * COUNT, text, words, ha="center")
    sheet.write(LAST, text, _say_estimate(line.row))


def _say_estimate(row: dict[str, Any]) -> str:
    if pd.isna(row["estimate"]):
        return WITHHELD if bool(row["converged"]) else "not estimated"
    kind: Kind = "percent" if row["scale"] == "risk difference" else "estimate"
    return f"{fixed(row['estimate'], kind)} ({interval(row['lower'], row['upper'], kind)})"


def _say_test(row: dict[str, Any]) -> list[str]:
    p = row["p_value"]
    if pd.isna(p):
        return [f"p {WITHHELD}" if bool(row["tested"]) else "p –"]
    adjusted = ADJUSTED.get(str(row["multiplicity"]))
    return wrap(f"p {p_value(p)}" + (f", {adjusted} {p_value(row['p_adjusted'])}" if adjusted else ""), TEXT, TEXT_PT)


def _draw_markers(axes: Axes, lines: list[Line], ruler: Ruler, top: float, bottom: float) -> None:
    axes.set_xlim(ruler.limits)
    axes.set_ylim(bottom, top)
    axes.spines["left"].set_visible(False)
    levels = [line for line in lines if not line.heading]
    axes.set_yticks([line.middle for line in levels], [" ".join(line.words) for line in levels])
    axes.tick_params(left=False, labelleft=False)  # the names stand in a column of their own
    axes.set_xticks(list(ruler.ticks), list(ruler.ticks.values()))
    axes.axvline(0.0, color=INK, linewidth=0.6, zorder=0)
    for line in lines:
        if line.heading or pd.isna(line.row["estimate"]):
            continue
        if line.row["variable"] == EVERYONE:
            axes.axvline(ruler.place(line.row["estimate"]), color=GREY, linewidth=0.8, linestyle=":", zorder=0)
            _draw_interval(axes, line.row, ESTIMATES, line.middle, ruler, {"marker": "s", "markersize": 5.0})
            continue
        drawn = pd.notna(line.row["shrunken"])
        _draw_interval(
            axes, line.row, ESTIMATES, line.middle - APART * drawn, ruler, {"marker": "s", "markersize": 3.4}
        )
        if drawn:
            style = {
                "marker": "D",
                "markersize": 3.2,
                "markerfacecolor": "white",
                "color": GREY,
                "linestyle": (0, (3, 1.5)),
            }
            _draw_interval(axes, line.row, SHRUNKEN, line.middle + APART, ruler, style)


def _draw_interval(
    axes: Axes, row: dict[str, Any], names: tuple[str, str, str], y: float, ruler: Ruler, style: dict[str, Any]
) -> None:
    """Draw an estimate with its interval, cut at the limits of the axis with an arrowhead."""
    value, lower, upper = (ruler.place(row[name]) for name in names)
    low, high = ruler.limits
    color = style.get("color", INK)
    ends = [max(lower, low), min(upper, high)]
    axes.plot(ends, [y, y], color=color, linewidth=0.9, linestyle=style.pop("linestyle", "-"), label=names[0])
    axes.plot([value], [y], **({"color": color} | style), clip_on=False)
    for end, limit, marker in ((lower, low, "<"), (upper, high, ">")):
        if (end < limit) if marker == "<" else (end > limit):
            axes.plot([limit], [y], marker=marker, markersize=3.4, color=color, clip_on=False)
