"""What counts can be read off a released mean, interval, quartile, or percentage when the count itself is withheld."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

Z = NormalDist().inv_cdf(0.975)
MOST = 3000  # larger numbers of patients are not tried
FINE, COARSE = 0.6e-6, 0.0501  # rounding of released numbers, and of those of a row whose count is withheld


def read_counts(
    table: str, row: Mapping[str, Any], given: Mapping[str, float | None]
) -> Iterator[tuple[str, int, int]]:
    """Yield column, smallest, and largest count that the row's statistics allow, for its withheld counts."""
    if table == "response":
        yield from _from_proportion(row)
    elif table == "recall":
        yield from _from_proportion(dict(row) | {"events": row["overlapping"], "lower": np.nan, "upper": np.nan})
    elif table == "missingness":
        yield from _from_missing(row)
    elif table == "baseline":
        yield from _from_percent(row, given["people"])
    if table in ("scores", "baseline") and _absent(row["n"]) and not _absent(row.get("mean")):
        yield from _from_mean(row)


def _absent(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _limits(name: str, fits: np.ndarray, values: np.ndarray) -> Iterator[tuple[str, int, int]]:
    if fits.any():
        yield name, int(values[fits].min()), int(values[fits].max())


def _from_proportion(row: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Events and n from a proportion and Wilson's interval; one of the two may be known."""
    p = row["proportion"]
    if _absent(p) or not (_absent(row["n"]) or _absent(row["events"])):
        return
    n = np.arange(1, MOST) if _absent(row["n"]) else np.array([int(row["n"])])
    events = np.round(n * p) if _absent(row["events"]) else np.full(len(n), float(row["events"]))
    fits = np.abs(events / n - p) <= FINE
    centre = (events / n + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * np.sqrt(events / n * (1 - events / n) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    for name, bound in (("lower", centre - half), ("upper", centre + half)):
        if not _absent(row[name]) and 0 < row[name] < 1:
            fits &= np.abs(bound - row[name]) <= 2e-6
    yield from _limits("n", fits, n)
    yield from _limits("events", fits, events)


def _from_missing(row: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    if _absent(row["missing_proportion"]) or _absent(row["started"]) or not _absent(row["observed"]):
        return
    observed = np.arange(0, int(row["started"]) + 1)
    fits = np.abs(1 - observed / row["started"] - row["missing_proportion"]) <= FINE
    yield from _limits("observed", fits, observed)


def _from_percent(row: Mapping[str, Any], people: float | None) -> Iterator[tuple[str, int, int]]:
    if people is None or _absent(row.get("percent")) or not _absent(row["n"]):
        return
    n = np.arange(0, int(people) + 1)
    yield from _limits("n", np.abs(100 * n / people - row["percent"]) <= FINE, n)


@cache
def _quantile_of_t(most: int) -> np.ndarray:
    return np.concatenate([[np.nan, np.nan], stdtrit(np.arange(1, most - 1), 0.975)])


def _from_mean(row: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Whole scores have a mean that is a whole number over n, quartiles at quarters, and an interval of sd over root n.

    A reader knows that the statistics of a row without n are rounded to one decimal, quartiles to whole points; a number
    with more decimals was not.
    """
    n = np.arange(2, MOST)
    fits = np.ones(len(n), dtype=bool)
    rounding = COARSE if all(_is_coarse(row.get(name)) for name in ("mean", "sd", "lower", "upper")) else FINE
    fits &= np.abs(np.round(n * row["mean"]) - n * row["mean"]) <= n * rounding
    for name in ("median", "q1", "q3"):
        rest = row[name] % 1
        if rest and (rest * 4) % 1 == 0:
            place = (n - 1) * {"median": 0.5, "q1": 0.25, "q3": 0.75}[name] % 1
            fits &= place > 0
    if not _absent(row.get("lower")) and not _absent(row.get("sd")):
        half = (row["upper"] - row["lower"]) / 2
        t = _quantile_of_t(MOST)[n]
        least, most = (t * max(row["sd"] + sign * rounding, 0) / np.sqrt(n) for sign in (-1, 1))
        fits &= (least <= half + rounding) & (most >= half - rounding)
    yield from _limits("n", fits, n)


def _is_coarse(value: Any) -> bool:
    return _absent(value) or abs(value * 10 - round(value * 10)) < 1e-9
