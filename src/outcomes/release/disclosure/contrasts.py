"""Differences and ratios of released shares, with their intervals, from the released counts alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from outcomes.contracts.released.columns import Difference, Lower, RiskRatio, Share, Standardised, Upper
from outcomes.contracts.released.table import ReleasedTable
from outcomes.proportions import compute_miettinen_nurminen, compute_newcombe
from outcomes.release.disclosure.count import Count
from outcomes.release.disclosure.rounding import Rounding, keep_apart, keep_digits
from outcomes.release.disclosure.shares import NOTHING, Released, Value, is_nothing, release_share

CONTRASTS: dict[str, Callable[..., tuple[np.ndarray, np.ndarray, np.ndarray]]] = {
    "newcombe": compute_newcombe,
    "miettinen_nurminen": compute_miettinen_nurminen,
}


def contrast_shares(
    frame: pd.DataFrame,
    table: type[ReleasedTable],
    shares: Mapping[str, list[Released | None]],
    counts: Mapping[str, Count],
    rounding: Rounding,
) -> dict[str, list[Value]]:
    """Return differences, ratios, and standardised differences of released shares, with their limits."""
    values: dict[str, list[Value]] = {}
    for column in table.fields:
        if not isinstance(column, Difference) or column not in frame:
            continue
        limits = [one for one in table.fields if isinstance(one, Lower | Upper) and one.of == column and one in frame]
        if isinstance(column, Standardised):
            hidden = _find_hidden(column, table, counts, rounding)
            values[column] = [
                NOTHING if hide or pd.isna(value) else (round(float(value), 2) + 0.0, "")
                for value, hide in zip(frame[column], hidden, strict=True)
            ]
            continue
        rows = []
        for place in range(len(frame)):
            pair = [_find_side(side, shares, counts, rounding, place) for side in (column.first, column.second)]
            known = pd.notna(frame[column].iloc[place])
            rows.append(_contrast(column, frame, place, pair, limits) if known and None not in pair else {})
        for name in (column, *limits):
            values[name] = [row.get(name, NOTHING) for row in rows]
    return values


def _find_side(
    side: str | tuple[str, str],
    shares: Mapping[str, list[Released | None]],
    counts: Mapping[str, Count],
    rounding: Rounding,
    place: int,
) -> Released | None:
    if isinstance(side, tuple):
        events, n = (float(counts[name].true[place]) for name in side)
        return release_share(events, n, rounding)
    return shares[side][place]


def _find_hidden(
    column: Standardised, table: type[ReleasedTable], counts: Mapping[str, Count], rounding: Rounding
) -> list[bool]:
    """Return the rows in which either share, or what is left of its group, is of a count that is not shown."""
    sides = [one for one in table.fields if isinstance(one, Share) and one in (column.first, column.second)]
    hidden = np.zeros(len(counts[str(sides[0].count_)].true), dtype=bool)
    for side in sides:
        count = counts[str(side.count_)]
        left = count.whole - count.true
        with np.errstate(invalid="ignore"):
            hidden |= count.small | ((left > 0) & (left < rounding.minimum))
    return [bool(one) for one in hidden]


def _contrast(
    column: Difference, frame: pd.DataFrame, place: int, pair: list[Released | None], limits: list[Lower | Upper]
) -> dict[str, Value]:
    first, second = pair
    assert first is not None
    assert second is not None
    if math.isnan(first.events) or math.isnan(second.events):
        return _bound_contrast(column, first, second)
    p, q = first.events / first.n, second.events / second.n
    if isinstance(column, RiskRatio):
        return _ratio(column, frame, place, (p, q, first.n, second.n), limits)
    compute = CONTRASTS[column.interval]
    _, lower, upper = (float(one) for one in compute(first.events, first.n, second.events, second.n))
    ends = {str(one): lower if isinstance(one, Lower) else upper for one in limits}
    places = _find_digits(ends, round)
    numbers: dict[str, float] = {str(column): p - q} | ends
    return {one: (round(number, places) + 0.0, "") for one, number in numbers.items()}


def _find_digits(ends: Mapping[str, float], cut: Callable[[float, int], float]) -> int:
    """Return the digits of a contrast: two, or as many as keep the ends of its interval apart."""
    if len(ends) != 2:
        return 2
    lower, upper = ends.values()
    return keep_apart(lower, upper, 2, cut)


def _ratio(
    column: RiskRatio,
    frame: pd.DataFrame,
    place: int,
    sides: tuple[float, float, float, float],
    limits: list[Lower | Upper],
) -> dict[str, Value]:
    p, q, n, m = sides
    if min(p, q) <= 0:
        return {}
    old = [float(frame[str(name)].iloc[place]) for name in (column.first, column.second)]
    before = (1 - old[0]) / (old[0] * n) + (1 - old[1]) / (old[1] * m) if min(old) > 0 else 0.0
    after = (1 - p) / (p * n) + (1 - q) / (q * m)
    widen = math.sqrt(after / before) if before > 0 else 1.0
    value = float(frame[column].iloc[place])
    ends = {str(one): float(frame[one].iloc[place]) for one in limits}
    moved = {one: p / q * (end / value) ** widen for one, end in ends.items() if end > 0}
    digits = _find_digits(moved, keep_digits)
    numbers: dict[str, float] = {str(column): p / q} | moved
    return dict.fromkeys(ends, NOTHING) | {one: (keep_digits(number, digits), "") for one, number in numbers.items()}


def _bound_contrast(column: Difference, first: Released, second: Released) -> dict[str, Value]:
    """Return what bounds of two shares say of their difference or ratio: nothing where both ends are open."""
    if is_nothing(first.value) or is_nothing(second.value):
        return {}
    least, most = first.least - second.most, first.most - second.least
    if isinstance(column, RiskRatio):
        least = first.least / second.most if second.most > 0 else 0.0
        most = first.most / second.least if second.least > 0 else math.inf
        return (
            {column: (np.nan, f">{least:.2g}")}
            if least > 0.1
            else {column: (np.nan, f"<{most:.2g}")}
            if most < 10
            else {}
        )
    if least > 0 or abs(least) < abs(most):
        return {column: (np.nan, f">{round(least - 0.005, 2):g}")}
    return {column: (np.nan, f"<{round(most + 0.005, 2):g}")}
