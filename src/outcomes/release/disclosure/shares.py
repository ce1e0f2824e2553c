"""Shares of people, their intervals and contrasts, computed again from the counts that are released."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from outcomes.contracts.released.columns import (
    Cumulative,
    Lower,
    MeanOrShare,
    Share,
    Upper,
)
from outcomes.contracts.released.table import ReleasedTable
from outcomes.poisson import compute_garwood
from outcomes.proportions import compute_clopper_pearson, compute_wilson
from outcomes.release.disclosure.count import Count
from outcomes.release.disclosure.rounding import Rounding, keep_apart

INTERVALS: dict[str, Callable[..., tuple[np.ndarray, np.ndarray]]] = {
    "wilson": compute_wilson,
    "exact": compute_clopper_pearson,
    "poisson": compute_garwood,
}
Value = tuple[float, str]  # the number, or a bound of it as text
NOTHING: Value = (np.nan, "")


def is_nothing(value: Value) -> bool:
    """Tell whether neither a number nor a bound is released."""
    return math.isnan(value[0]) and not value[1]


@dataclass(frozen=True)
class Released:
    """A share as it is released.

    Attributes
    ----------
    value : tuple
        The number, or its bound.
    events, n : float
        The rounded counts from which it is computed; missing where it is a bound or nothing.
    least, most : float
        Between what it lies.
    """

    value: Value
    events: float
    n: float
    least: float
    most: float


def _percent_up(share: float) -> float:
    """Return the next whole percent above a share."""
    return min(math.floor(100 * share + 1e-9) + 1, 100) / 100


def _percent_down(share: float) -> float:
    return max(math.ceil(100 * share - 1e-9) - 1, 0) / 100


def release_share(
    count: float, n: float, rounding: Rounding, rest: bool = False, at_most: float = 0, places: int = 2
) -> Released:
    """Return a share of counts, from the rounded ones.

    Parameters
    ----------
    count, n : float
        Numerator and denominator as counted; a numerator need not be whole where the share is modelled.
    rounding : Rounding
    rest : bool
        The share is of those not counted.
    at_most : float
        A number that a bound from above must not fall below.
    places : int
        Decimals of the share, which follows from the rounded counts whatever they are.

    Examples
    --------
    >>> [release_share(x, n, Rounding(11)).value for x, n in ((53, 444), (3, 70), (70, 70), (0, 70))]
    [(0.12, ''), (nan, '<0.15'), (nan, '>0.94'), (0.0, '')]
    """
    nothing = Released(NOTHING, np.nan, np.nan, 0.0, 1.0)
    if not n > 0 or rounding.hides(n) or math.isnan(count):
        return nothing
    whole = rounding.round(n)
    low, high = rounding.span(whole)
    if count < 1e-9:
        return _finish(0, whole, rounding, rest, places)
    if count < rounding.minimum - 0.5 or rounding.hides(round(count)):
        top = _percent_up((rounding.minimum - 1) / low)
        while top <= at_most and top < 1:
            top = min(1.0, round(2 * top, 2))
        return Released(
            (np.nan, f">{_say(1 - top)}" if rest else f"<{_say(top)}"), np.nan, np.nan, *_turn(0.0, top, rest)
        )
    events = min(rounding.round(round(count)), whole)
    if events == whole:
        bottom = _percent_down(rounding.span(whole)[0] / high)
        return Released(
            (np.nan, f"<{_say(1 - bottom)}" if rest else f">{_say(bottom)}"), np.nan, np.nan, *_turn(bottom, 1.0, rest)
        )
    return _finish(events, whole, rounding, rest, places)


def _turn(least: float, most: float, rest: bool) -> tuple[float, float]:
    return (1 - most, 1 - least) if rest else (least, most)


def _finish(events: int, whole: int, rounding: Rounding, rest: bool, places: int) -> Released:
    """Return the share of two rounded counts, with what the counts behind them leave possible."""
    (few, many), (low, high) = rounding.span(events), rounding.span(whole)
    least, most = few / high, min(many / low, 1.0)
    told = whole - events if rest else events
    share = told / whole
    places = max(
        keep_apart(0.0, share, places), keep_apart(share, 1.0, places)
    )  # neither nobody nor all where it is not
    return Released((round(share, places), ""), told, whole, *_turn(least, most, rest))


def _say(share: float) -> str:
    return f"{round(share, 2):g}"


def release_limits(
    one: Released, n: float, rounding: Rounding, interval: str, design: float = 1.0, places: int = 2
) -> tuple[Value, Value]:
    """Return an interval of a share, by default in whole percents, from the rounded counts alone.

    Of many people it has as many more digits as keep its ends apart. ``design`` is by how much the interval is wider or narrower than
    that of as many independent people.
    """
    compute = INTERVALS[interval]
    if not math.isnan(one.events):
        size = max(one.n / design, 1.0)
        lower, upper = (float(end) for end in compute(one.events / one.n * size, size))
        places = keep_apart(lower, upper, places)
        return (round(lower, places), ""), (round(upper, places), "")
    if is_nothing(one.value):
        return NOTHING, NOTHING
    low = rounding.span(rounding.round(n))[0]
    _, highest = compute(rounding.minimum - 1, low)
    top = max(_percent_up(float(highest)), one.most if one.least == 0 else 0)
    if one.least == 0:
        return NOTHING, (np.nan, f"<{_say(top)}")
    return (np.nan, f">{_say(min(1 - top, one.least))}"), NOTHING


def round_shares(
    frame: pd.DataFrame, table: type[ReleasedTable], counts: Mapping[str, Count], rounding: Rounding
) -> tuple[dict[str, list[Value]], dict[str, list[Released | None]]]:
    """Return the released values of a table's shares, with their limits, and the shares themselves for what is made of them."""
    values: dict[str, list[Value]] = {}
    shares: dict[str, list[Released | None]] = {}
    for column in table.fields:
        if isinstance(column, Share) and column in frame:
            numbers = frame[column].to_numpy(dtype=float, na_value=np.nan)
            if isinstance(column, MeanOrShare):
                numbers = np.where(frame[column.level].fillna("").astype(str) == "", np.nan, numbers)
            shares[column] = [
                _release(float(value), column, counts, rounding, place) for place, value in enumerate(numbers)
            ]
        elif isinstance(column, Lower | Upper) and str(column.of) in shares and column in frame:
            limits = _limit(frame, table, column, shares[column.of], counts, rounding)
            shares[column.of] = [_sharpen(*pair) for pair in zip(shares[column.of], limits, strict=True)]
            scale = next(one.scale for one in table.fields if isinstance(one, Share) and one == column.of)
            values[column] = [_scale(limit, scale) for limit in limits]
    for column in table.fields:
        if isinstance(column, Share) and column in shares:
            values[column] = [NOTHING if one is None else _scale(one.value, column.scale) for one in shares[column]]
    return values, shares


def _sharpen(one: Released | None, limit: Value) -> Released | None:
    """Return a share with as many decimals as a limit of it has."""
    if one is None or math.isnan(one.events) or math.isnan(limit[0]):
        return one
    places = max(len(f"{number:.8f}".rstrip("0").partition(".")[2]) for number in (one.value[0], limit[0]))
    return replace(one, value=(round(one.events / one.n, places), ""))


def _scale(value: Value, scale: float) -> Value:
    if scale == 1 or is_nothing(value):
        return value
    number, bound = value
    return round(number * scale, 6), f"{bound[0]}{float(bound[1:]) * scale:g}" if bound else ""


def _denominator(column: Share, counts: Mapping[str, Count], place: int) -> float:
    """Return of how many a share is: the first of the columns named that has a value, or the group of the count."""
    if column.of is None:
        assert column.count_ is not None
        return float(counts[column.count_].whole[place])
    named = column.of if isinstance(column.of, tuple) else (column.of,)
    known = [float(counts[name].true[place]) for name in named]
    return next((one for one in known if not math.isnan(one)), np.nan)


def _release(
    value: float, column: Share, counts: Mapping[str, Count], rounding: Rounding, place: int
) -> Released | None:
    """Return one share; None where there is none."""
    if math.isnan(value):
        return None
    n = _denominator(column, counts, place)
    if not column.modelled:
        assert column.count_ is not None
        if counts[column.count_].small[place] and counts[column.count_].true[place] == 0:
            return Released(NOTHING, np.nan, np.nan, 0.0, 1.0)
        counted = float(counts[column.count_].true[place])
        released = release_share(counted, n, rounding, column.rest, places=column.places)
        return _follow(released, column, counts, place)
    if isinstance(column, Cumulative) and value > 1 - 1e-9 and not rounding.hides(n):
        return Released((1.0, ""), n, n, 1.0, 1.0)  # all are at or below the last bin: the bins say the same
    people = value * n
    if column.count_ is not None and not isinstance(column, Cumulative):
        counted = float(counts[column.count_].true[place])
        if rounding.hides(counted) or (rounding.hides(n - counted) and people < rounding.minimum):
            return release_share(min(counted, rounding.minimum - 1.0), n, rounding, at_most=value)
    return release_share(people, n, rounding, at_most=value)


def _follow(one: Released, column: Share, counts: Mapping[str, Count], place: int) -> Released:
    """Return a share of what is printed, where a count of it is printed more coarsely than to five, or not at all."""
    if math.isnan(one.events):
        return one
    assert column.count_ is not None
    part, whole = float(counts[column.count_].printed[place]), one.n
    if column.of is not None:
        named = column.of if isinstance(column.of, tuple) else (column.of,)
        whole = next(
            (float(counts[name].printed[place]) for name in named if not math.isnan(counts[name].true[place])), whole
        )
    told = whole - part if column.rest else part
    if (told, whole) == (one.events, one.n):
        return one
    if math.isnan(told) or not 0 < told < whole:
        return Released(NOTHING, np.nan, np.nan, 0.0, 1.0)
    return replace(one, value=(round(told / whole, column.places), ""), events=told, n=whole, least=0.0, most=1.0)


def _limit(
    frame: pd.DataFrame,
    table: type[ReleasedTable],
    column: Lower | Upper,
    shares: list[Released | None],
    counts: Mapping[str, Count],
    rounding: Rounding,
) -> list[Value]:
    share = next(one for one in table.fields if one == column.of)
    assert isinstance(share, Share)
    side = 0 if isinstance(column, Lower) else 1
    other = next(
        (
            one
            for one in table.fields
            if type(one) is not type(column) and isinstance(one, Lower | Upper) and one.of == column.of
        ),
        None,
    )
    values = []
    own, middle = (frame[name].to_numpy(dtype=float, na_value=np.nan) for name in (column, share))
    across = own if other is None else frame[other].to_numpy(dtype=float, na_value=np.nan)
    for place, one in enumerate(shares):
        if one is None or math.isnan(own[place]):
            values.append(NOTHING)
            continue
        n = _denominator(share, counts, place)
        design = 1.0
        if share.modelled and other is not None:
            design = _find_design(float(middle[place]), n, abs(float(across[place] - own[place])))
        elif share.interval == "poisson" and other is not None:
            width = abs(float(across[place] - own[place])) / share.scale
            design = _find_dispersion(float(middle[place]) / share.scale * n, n, width)
        values.append(release_limits(one, n, rounding, share.interval, design, share.places)[side])
    return values


def _find_design(share: float, n: float, width: float) -> float:
    """Return the variance of a modelled share as a multiple of a binomial one, in tenths, from the width of its interval."""
    variance = share * (1 - share) / n
    if not variance > 0 or not width > 0:
        return 1.0
    return min(max(round((width / (2 * 1.96)) ** 2 / variance, 1), 0.5), 10.0)


def _find_dispersion(events: float, time: float, width: float) -> float:
    """Return the variance of a rate as a multiple of Poisson's, in tenths, from the width of its interval."""
    lower, upper = (float(end) for end in compute_garwood(events, time))
    return min(max(round((width / (upper - lower)) ** 2, 1), 1.0), 10.0)
