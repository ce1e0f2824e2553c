"""The small pictures beside the answers of the first page: one size, one scale of text, no title inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from outcomes.contracts.released.comparison import Effects
from outcomes.contracts.released.durability import DurabilityCurve
from outcomes.contracts.released.harms import Harms
from outcomes.contracts.released.subgroups import Subgroups
from outcomes.records import list_records
from outcomes.release.arms import list_compared
from outcomes.release.figures.canvas.lettering import measure_mm, wrap
from outcomes.release.figures.canvas.lines import build_ruler
from outcomes.release.figures.canvas.panels import EDGE, Sheet, thin
from outcomes.release.figures.canvas.scales import build_scale
from outcomes.release.figures.canvas.style import GREY, INK, LINE_MM, SMALL_MM, TEXT_PT, ArmStyle, style_arms
from outcomes.release.figures.plans.plan import Plan
from outcomes.release.numbers import fixed, general
from outcomes.settings import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLOT_MM = 15.0
MOST_NAME_MM = 24.0
MOST_EFFECT_MM = 26.0
LEFT_MM = 9.0
KEYED_MM = SMALL_MM - 2 * EDGE - 11  # room for the name of an arm behind its line and marker


class Interval(NamedTuple):
    """A named difference with its limits."""

    name: str
    value: float
    lower: float
    upper: float


def draw_answer(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw the picture of one answer."""
    {
        "answer_works": _draw_course,
        "answer_better": _draw_difference,
        "answer_whom": _draw_levels,
        "answer_safe": _draw_effects,
        "answer_long": _draw_response,
    }[plan.name](figure, plan, study)


def _draw_course(figure: Figure, plan: Plan, study: Study) -> None:
    arms = style_arms(study, plan.data["arm"])
    axes = _begin(figure, plan.title, [*arms.values()])
    for arm, style in arms.items():
        own = plan.data[plan.data["arm"] == arm]
        axes.plot(
            [0.0, *own["time"]],
            [0.0, *own["change"]],
            color=style.color,
            linestyle=style.line,
            marker=style.marker,
            markersize=3.5,
            clip_on=False,
        )
    times = [0.0, *sorted(set(plan.data["time"].astype(float)))]
    room = SMALL_MM - LEFT_MM - 2 * EDGE
    axes.set_xlim(0, max(times))
    kept = thin({time: general(time) for time in times}, room, (0.0, max(times)))
    axes.set_xticks(times, [general(time) if time in kept else "" for time in times])
    for time in set(plan.data.loc[plan.data["here"], "time"]):
        axes.axvline(time, color=GREY, linewidth=0.6, linestyle=":", zorder=0)
    _thin(axes)


def _draw_difference(figure: Figure, plan: Plan, study: Study) -> None:
    row = plan.data.iloc[0]
    size = None if "important" not in plan.data or pd.isna(row["important"]) else float(row["important"])
    _draw_forest(
        figure, plan, study, [Interval("", row[Effects.estimate], row[Effects.lower], row[Effects.upper])], size
    )


def _draw_levels(figure: Figure, plan: Plan, study: Study) -> None:
    lines = [
        Interval(
            str(row[Subgroups.level]).split(" (")[0],
            row[Subgroups.estimate],
            row[Subgroups.lower],
            row[Subgroups.upper],
        )
        for row in list_records(plan.data)
    ]
    _draw_forest(figure, plan, study, lines, None)


def _draw_forest(figure: Figure, plan: Plan, study: Study, lines: list[Interval], size: float | None) -> None:
    """Draw differences with their intervals between the names of the arms that each side favours."""
    names = [wrap(line.name, MOST_NAME_MM, TEXT_PT) for line in lines]
    left = max(EDGE, *(measure_mm(line, TEXT_PT) for name in names for line in name)) + 2 * EDGE
    compared = study.comparison.estimand.instrument if study.comparison else study.instruments[0]
    worse = study.instrument(compared).higher_is_worse
    sides = [style.within for style in style_arms(study, list_compared(study)).values()]
    half = SMALL_MM / 2 - EDGE - 1
    low, high = (wrap(side, half - 4, TEXT_PT) for side in (sides if worse else sides[::-1]))
    low[0], high[-1] = f"← {low[0]}", f"{high[-1]} →"
    head = EDGE + max(len(low), len(high)) * LINE_MM + 1
    step = max(4.0, 0.6 + LINE_MM * max(map(len, names)))
    height = 5.0 + step * len(lines)
    foot = wrap(
        plan.title if size is None else f"{plan.title} (dotted:\u00a0{fixed(size)})", SMALL_MM - 2 * EDGE, TEXT_PT
    )
    sheet = Sheet(figure, SMALL_MM, head + height + 5.5 + len(foot) * LINE_MM + EDGE)
    axes = sheet.axes(left, head, SMALL_MM - left - 3 * EDGE, height)
    places = list(range(len(lines)))[::-1]
    for place, line in zip(places, lines, strict=True):
        axes.hlines(place, line.lower, line.upper, color=INK, linewidth=1.2)
        axes.plot([line.value], [place], "D" if len(lines) == 1 else "s", color=INK, markersize=4)
    reach = max(1.0, size or 0.0, *(abs(end) for line in lines for end in (line.lower, line.upper))) * 1.15
    ruler = build_ruler(-reach, reach, plan.title)
    kept = [at for at in ruler.ticks if abs(at) <= reach]
    axes.set_xlim(-reach, reach)
    axes.set_xticks(kept, [ruler.ticks[at] for at in kept])
    axes.set_ylim(-0.7, len(lines) - 0.3)
    axes.axvline(0, color=INK, linewidth=0.7)
    for at in () if size is None else (-size, size):
        axes.axvline(at, color=GREY, linewidth=0.7, linestyle=":")
    axes.set_yticks(places, ["\n".join(name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    sheet.paragraph(EDGE, EDGE, low)
    for index, line_of in enumerate(high):
        sheet.write(SMALL_MM - EDGE, EDGE + index * LINE_MM, line_of, ha="right")
    sheet.paragraph(EDGE, head + height + 5.5, foot)


def _draw_effects(figure: Figure, plan: Plan, study: Study) -> None:
    """Draw a dot for each arm and effect, with a line between the arms."""
    arms = style_arms(study, plan.data[Harms.arm])
    events = list(dict.fromkeys(plan.data[Harms.event]))
    names = [wrap(event[:1].upper() + event[1:], MOST_EFFECT_MM, TEXT_PT) for event in events]
    left = max(measure_mm(line, TEXT_PT) for lines in names for line in lines) + 2 * EDGE
    named = [(arm, wrap(arm.label, KEYED_MM, TEXT_PT)) for arm in arms.values()]
    top = EDGE + _count_lines(named) * LINE_MM + 1
    height = sum(LINE_MM * len(lines) + 1.4 for lines in names)
    sheet = Sheet(figure, SMALL_MM, top + height + 5.5 + LINE_MM + EDGE)
    _name_arms(sheet, named)
    axes = sheet.axes(left, top, SMALL_MM - left - 3 * EDGE, height)
    middles, place = {}, 0.0
    for event, lines in zip(events, names, strict=True):
        middles[event] = place + (LINE_MM * len(lines) + 1.4) / 2
        place += LINE_MM * len(lines) + 1.4
    for event, rows in plan.data.groupby(Harms.event, sort=False):
        shares = 100 * rows[Harms.proportion].astype(float)
        axes.hlines(middles[event], shares.min(), shares.max(), color=GREY, linewidth=1.0)
    for name, arm in arms.items():
        own = plan.data[plan.data[Harms.arm] == name]
        axes.plot(
            100 * own[Harms.proportion].astype(float), own[Harms.event].map(middles), arm.marker, color=arm.color,
            label=name, clip_on=False,
        )  # fmt: skip
    scale = build_scale(0, 100 * float(plan.data[Harms.proportion].max()), plan.title)
    ticks = dict(list(scale.ticks.items())[:: max(1, len(scale.ticks) // 3)])
    axes.set_xlim(scale.limits)
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.set_ylim(height, 0)
    axes.set_yticks(list(middles.values()), ["\n".join(lines) for lines in names])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    sheet.paragraph(EDGE, top + height + 5.5, [plan.title])


def _draw_response(figure: Figure, plan: Plan, study: Study) -> None:
    arms = style_arms(study, plan.data[DurabilityCurve.arm])
    axes = _begin(figure, plan.title, [*arms.values()])
    for index, (name, style) in enumerate(arms.items()):
        own = plan.data[plan.data[DurabilityCurve.arm] == name]
        weeks = own[DurabilityCurve.week].astype(float) + 0.25 * (index - (len(arms) - 1) / 2)
        share = 100 * own[DurabilityCurve.share].astype(float)
        ends = [
            share - 100 * own[DurabilityCurve.lower].astype(float),
            100 * own[DurabilityCurve.upper].astype(float) - share,
        ]
        axes.errorbar(
            weeks,
            share,
            yerr=ends,
            color=style.color,
            marker=style.marker,
            markersize=4,
            linestyle="none",
            linewidth=1.2,
        )
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 50, 100])
    ticks = sorted(set(plan.data[DurabilityCurve.week].astype(float)))
    axes.set_xticks(ticks, [general(week) for week in ticks])
    axes.set_xlim(min(ticks) - 1, max(ticks) + 1)


def _begin(figure: Figure, label: str, arms: list[ArmStyle]) -> Axes:
    """Return axes below the names of the arms, with a line for the label below them."""
    named = [(arm, wrap(arm.label, KEYED_MM, TEXT_PT)) for arm in arms]
    top = EDGE + _count_lines(named) * LINE_MM + 1.5
    below = wrap(label, SMALL_MM - 2 * EDGE, TEXT_PT)
    sheet = Sheet(figure, SMALL_MM, top + PLOT_MM + 5.5 + len(below) * LINE_MM + EDGE)
    _name_arms(sheet, named)
    sheet.paragraph(EDGE, top + PLOT_MM + 5.5, below)
    return sheet.axes(LEFT_MM, top, SMALL_MM - LEFT_MM - 2 * EDGE, PLOT_MM)


def _count_lines(named: Sequence[tuple[ArmStyle, list[str]]]) -> int:
    return sum(len(lines) for _, lines in named)


def _name_arms(sheet: Sheet, named: Sequence[tuple[ArmStyle, list[str]]]) -> None:
    """Write the names of the arms, whole, below one another at the top, each behind its line and marker."""
    top = EDGE
    for arm, lines in named:
        sheet.key(EDGE, top, arm)
        sheet.paragraph(EDGE + 10.5, top, lines)
        top += len(lines) * LINE_MM


def _thin(axes: Axes) -> None:
    low = axes.get_ylim()[0]
    step = max(1, round(-low / 2)) if low < 0 else 5
    axes.set_yticks([0, -step, -2 * step] if low < 0 else axes.get_yticks(), None)
    axes.set_yticklabels([general(float(tick)) for tick in axes.get_yticks()])
