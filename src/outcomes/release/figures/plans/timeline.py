"""Where the time points of one axis stand, and what their ticks say."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.release.numbers import general
from outcomes.settings import Study


@dataclass(frozen=True)
class Timeline:
    """The horizontal axis of a figure: position of each time point, its tick, and the label with the unit."""

    label: str
    positions: dict[str, float]
    ticks: dict[float, str]
    phrase: str
    limits: tuple[float, float]


def build_timeline(rows: pd.DataFrame, study: Study, axis: str) -> Timeline:
    """Return the positions of the time points in ``rows`` (columns axis, timepoint, time), the baseline among them.

    Visits without a time, or two at the same one, stand at equal distances under their names.
    """
    places = rows[["axis", "timepoint", "time"]].drop_duplicates(["axis", "timepoint"])
    known = places[places["time"].notna()]
    times = dict(zip(known["timepoint"].astype(str), known["time"].astype(float), strict=True))
    for name in places.loc[places["axis"] == "baseline", "timepoint"].astype(str):
        times.setdefault(name, _baseline_time(study, axis))
    names = [str(name) for name in places["timepoint"]]
    if len(times) < len(names) or len(set(times.values())) < len(names):
        times = {name: float(index) for index, name in enumerate(_in_order(names, study))}
        return Timeline("Visit", times, {x: name for name, x in times.items()}, "by visit", (-0.5, len(times) - 0.5))
    times = {name: times[name] for name in sorted(names, key=lambda name: times[name])}
    ticks = {x: general(x) for x in times.values()}
    return Timeline(_label(study, axis), times, ticks, _phrase(axis), _pad(list(times.values())))


def _pad(positions: list[float]) -> tuple[float, float]:
    """Return limits that leave room for markers set side by side at the outermost positions."""
    low, high = positions[0], positions[-1]
    least = min((b - a for a, b in zip(positions, positions[1:], strict=False)), default=1.0)
    room = max((high - low) * 0.06, 0.3 * least)
    return low - room, high + room


def _baseline_time(study: Study, axis: str) -> float:
    if axis != "visit":
        return 0.0
    return next((visit.time for visit in study.visits if visit.baseline and visit.time is not None), 0.0)


def _in_order(names: list[str], study: Study) -> list[str]:
    declared = [visit.name or visit.label for visit in study.visits]
    order = ["baseline", *declared]
    return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def _label(study: Study, axis: str) -> str:
    if axis == "session":
        return "Treatment session (0: baseline)"
    if axis == "day":
        return "Days since the first session (0: baseline)"
    return f"Time since baseline ({study.report.time_unit}s)"


def _phrase(axis: str) -> str:
    return {"session": "by treatment session", "day": "by calendar day", "visit": "by scheduled visit"}[axis]
