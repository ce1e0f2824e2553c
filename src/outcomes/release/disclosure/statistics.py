"""Statistics with the digits that their number of people allows."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from outcomes.contracts.released.columns import (
    Column,
    Error,
    Estimate,
    Fewest,
    Freedom,
    Likelihood,
    Limit,
    Lower,
    Mean,
    MeanOrShare,
    People,
    PValue,
    Quantile,
    Ratio,
    Spread,
    Statistic,
    Upper,
)
from outcomes.contracts.released.table import ReleasedTable
from outcomes.quantiles import find_step_of_quantiles
from outcomes.records import list_records
from outcomes.release.disclosure.count import Bools, Count, Floats
from outcomes.release.disclosure.rounding import MANY, Rounding, find_step, keep_apart, keep_digits, round_to
from outcomes.release.disclosure.widths import cover_sizes

TEN = 10  # people, as printed: of more, every tenth is near the mean of some whole numbers
WIDTH = 2 * 1.96  # of a 95% interval, in standard errors
RISKS = ("risk difference", "share")
Step = type | str  # a kind of statistic, or a unit of quantiles
RATIOS = ("risk ratio", "odds ratio", "hazard ratio", "e-value")


def find_bare(
    frame: pd.DataFrame, table: type[ReleasedTable], counts: Mapping[str, Count], rounding: Rounding
) -> Bools:
    """Return the rows that show no statistics: those about a group, or resting on a number of people, below the minimum."""
    bare = np.zeros(len(frame), dtype=bool)
    declared = [one for one in table.fields if isinstance(one, People) and one.part_of is None]
    for name in table.needs or declared:
        if name in counts:
            bare |= counts[name].small | (counts[name].true == 0)
    for column in table.fields:
        if isinstance(column, Fewest) and column in frame:
            few = frame[column].to_numpy(dtype=float, na_value=np.nan)
            bare |= _are_few(few, rounding)
        if isinstance(column, Estimate) and column.scale is not None and column.scale in frame:
            risks = frame[column.scale].astype(str).str.contains("|".join((*RISKS, *RATIOS))).to_numpy(dtype=bool)
            for events, whole in column.rests_on:
                left = counts[whole].true - counts[events].true
                bare |= risks & (counts[events].small | _are_few(left, rounding))
    return bare


def _are_few(count: Floats, rounding: Rounding) -> Bools:
    with np.errstate(invalid="ignore"):
        return np.asarray((count > 0) & (count < rounding.minimum))


def round_statistics(
    frame: pd.DataFrame, table: type[ReleasedTable], counts: Mapping[str, Count], bare: Bools, done: Collection[str]
) -> dict[str, pd.Series]:
    """Return the statistics of a table, rounded; columns that are ``done`` already are left out."""
    sizes = _find_sizes(table, counts, len(frame))
    steps = [_find_steps(table, row, size) for row, size in zip(list_records(frame), sizes, strict=True)]
    frame = cover_sizes(frame, table, counts, [step[Mean] for step in steps])
    rows = list_records(frame)
    rounded: dict[str, pd.Series] = {}
    for column in table.fields:
        if column in done or column not in frame or not isinstance(column, Statistic | Limit | MeanOrShare):
            continue
        kind = _kind_of(table, column)
        values = [
            np.nan
            if hide or pd.isna(row[column]) or _is_share(column, row)
            else _round(kind, float(row[column]), step, row)
            for row, step, hide in zip(rows, steps, bare, strict=True)
        ]
        rounded[column] = pd.Series(values, frame.index, dtype=float)
    _part_ends(table, frame, rounded)
    return rounded


def _part_ends(table: type[ReleasedTable], frame: pd.DataFrame, rounded: dict[str, pd.Series]) -> None:
    """Give an interval, and what it is of, the digits with which its ends are not printed alike; an amount of money keeps its step.

    A limit of an estimate that leaves out no difference is not rounded to none.
    """
    for lower in [one for one in table.fields if isinstance(one, Lower) and one in rounded]:
        upper = next(
            (one for one in table.fields if isinstance(one, Upper) and one.of == lower.of and one in rounded), None
        )
        kind = _kind_of(table, lower)
        if upper is None or (isinstance(kind, Statistic) and kind.finest):
            continue
        if isinstance(kind, Estimate):
            _keep_off(frame, rounded, lower, upper)
        alike = (rounded[lower] == rounded[upper]) & (frame[lower] < frame[upper])
        for place in frame.index[alike.to_numpy(dtype=bool, na_value=False)]:
            digits = keep_apart(float(frame.loc[place, lower]), float(frame.loc[place, upper]), 0)
            for name in [one for one in (lower, upper, lower.of) if one in rounded and pd.notna(rounded[one][place])]:
                rounded[name].loc[place] = round(float(frame.loc[place, name]), digits) + 0.0


def _keep_off(frame: pd.DataFrame, rounded: dict[str, pd.Series], lower: str, upper: str) -> None:
    """Give a limit that was rounded to no difference its first digit, where the interval leaves that out."""
    aside = (frame[lower] * frame[upper] > 0).to_numpy(dtype=bool, na_value=False)
    for name in (lower, upper):
        for place in frame.index[aside & (rounded[name] == 0).to_numpy(dtype=bool, na_value=False)]:
            rounded[name].loc[place] = keep_digits(float(frame.loc[place, name]), 1)


def _is_share(column: Column, row: Mapping[str, object]) -> bool:
    return isinstance(column, MeanOrShare) and str(row[column.level]) not in ("", "nan", "None")


def _find_sizes(table: type[ReleasedTable], counts: Mapping[str, Count], rows: int) -> list[float]:
    """Return the smallest group of each row as it is printed, or none: digits by the exact number would tell something of it."""
    declared = [one for one in table.fields if isinstance(one, People) and one.part_of is None]
    known = [counts[name] for name in table.needs or declared if name in counts]
    shown = [np.where(np.isnan(one.printed), one.low, one.printed) for one in known]
    return [0.0] * rows if not shown else [float(value) for value in np.fmin.reduce(shown)]


def _kind_of(table: type[ReleasedTable], column: Column) -> Column:
    return next(one for one in table.fields if one == column.of) if isinstance(column, Limit) else column


def _find_steps(table: type[ReleasedTable], row: Mapping[str, object], n: float) -> dict[Step, float]:
    """Return, for a row, the step of its means, of its estimates, and of its quantiles of each unit."""
    spreads = [_number(row, one) for one in table.fields if isinstance(one, Spread)]
    errors = [_number(row, one) for one in table.fields if isinstance(one, Error)]
    size = n if n > 0 else 1.0
    sd = next((one for one in spreads if one > 0), _find_width(table, row, Mean) * math.sqrt(size))
    error = next((one for one in errors if one > 0), _find_width(table, row, Estimate))
    quantiles: dict[str, list[float]] = {}
    for column in table.fields:
        if isinstance(column, Quantile) and not math.isnan(_number(row, column)):
            quantiles.setdefault(column.unit, []).append(_number(row, column))
    wholes = {unit: all((4 * one).is_integer() for one in values) for unit, values in quantiles.items()}
    finest = max((one.finest for one in table.fields if isinstance(one, Statistic)), default=0.0)
    whole = bool(wholes) and all(wholes.values())
    mean = finest or max(find_step(sd / 3, n), (0.1 if n > TEN else 1.0) if whole and n < MANY else 0.0)
    covered = any(isinstance(one, Spread) and one.spans for one in table.fields)
    if not covered and any(isinstance(_kind_of(table, one), Mean) for one in table.fields if isinstance(one, Lower)):
        mean = max(mean, find_step(100 * sd / size**1.5))  # an interval's width tells a small n to within one
    steps: dict[Step, float] = {unit: finest or find_step_of_quantiles(whole, sd) for unit, whole in wholes.items()}
    return steps | {Mean: mean, Estimate: find_step(error / 4)}


def _number(row: Mapping[str, object], name: str) -> float:
    value = row.get(name)
    return float(value) if value is not None and pd.notna(value) else float("nan")  # type: ignore[arg-type, call-overload]


def _find_width(table: type[ReleasedTable], row: Mapping[str, object], kind: type) -> float:
    """Return the standard error behind the first interval of a kind."""
    for lower in table.fields:
        if isinstance(lower, Lower) and isinstance(_kind_of(table, lower), kind):
            upper = next(one for one in table.fields if isinstance(one, Upper) and one.of == lower.of)
            width = (_number(row, upper) - _number(row, lower)) / WIDTH
            if width > 0:
                return width
    return float("nan")


def _round(kind: Column, value: float, steps: Mapping[Step, float], row: Mapping[str, object]) -> float:
    if not math.isfinite(value):
        return value
    if isinstance(kind, Mean | Spread | MeanOrShare):
        money = isinstance(kind, Mean) and kind.finest > 0
        rounded = round_to(value, steps[Mean])
        return keep_digits(value, 1) if money and rounded == 0 else rounded  # no amount of money is printed as none
    if isinstance(kind, Quantile):
        return round_to(value, steps[kind.unit])
    if isinstance(kind, Estimate):
        scale = str(row.get(kind.scale)) if kind.scale is not None else ""
        if any(name in scale for name in RATIOS):
            return keep_digits(value, 2)
        share = kind.unit == "proportion" or any(name in scale for name in RISKS)
        return round_to(value, max(steps[Estimate], 0.01 if share else kind.finest))
    if isinstance(kind, Error | Freedom | PValue | Ratio):
        return keep_digits(value, 2)
    if isinstance(kind, Likelihood):
        return round_to(value, 1.0)
    return round_to(value, 0.01) if abs(value) < 10 else keep_digits(value, 3)
