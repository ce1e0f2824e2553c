"""What must hold of every printed number, whatever the clinic."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.columns import (
    Column,
    Difference,
    Effective,
    Error,
    Freedom,
    Label,
    Lower,
    MeanOrShare,
    Needed,
    People,
    Public,
    PValue,
    Ratio,
    RiskRatio,
    Share,
    Spread,
    Standardised,
    Upper,
)

SHARES = (
    "proportion",
    "risk_treated",
    "risk_reference",
    "p_value",
    "p_adjusted",
    "share_in_response",
    "missing_information",
)
INTERVALS = (
    ("estimate", "lower", "upper"), ("proportion", "lower", "upper"), ("difference", "lower", "upper"), ("mean", "lower", "upper"),
    ("difference", "difference_lower", "difference_upper"), ("ratio", "ratio_lower", "ratio_upper"),
    ("risk_treated", "risk_treated_lower", "risk_treated_upper"), ("risk_reference", "risk_reference_lower", "risk_reference_upper"),
    ("observed", "observed_lower", "observed_upper"), ("shrunken", "shrunken_lower", "shrunken_upper"), ("weeks", "weeks_lower", "weeks_upper"),
)  # fmt: skip
ENDLESS = re.compile(r"\b(nan|inf|infinity)\b|(?:\d{1,3},){2}\d{3}", re.IGNORECASE)


def find_faults(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return what is wrong with a set of tables, a line each."""
    return [f"{name}: {fault}" for name, table in tables.items() for fault in _check(name, table)]


def _check(name: str, table: pd.DataFrame) -> Iterator[str]:
    numbers = table.select_dtypes("number").astype(float)
    endless = [str(column) for column in numbers if np.isinf(numbers[column]).any()]
    if endless:
        yield f"infinite {endless}"
    for column in SHARES:
        if column in numbers and not numbers[column].dropna().between(-1e-12, 1 + 1e-12).all():
            yield f"{column} outside 0 to 1"
    for value, lower, upper in INTERVALS:
        if {value, lower, upper} <= set(numbers):
            yield from _check_interval(table, value, lower, upper)
    yield from _check_sizes(name, table)
    if "nnt" in table:
        yield from _check_needed(table)


def _check_interval(table: pd.DataFrame, value: str, lower: str, upper: str) -> Iterator[str]:
    own = table[table[lower].notna() & table[upper].notna() & table[value].notna()]
    own = own[own["scale"] != "e-value"] if "scale" in own else own
    numbers = own[[value, lower, upper]].astype(float)
    outside = (numbers[lower] > numbers[value] + 1e-9) | (numbers[upper] < numbers[value] - 1e-9)
    if outside.any():
        yield f"{value} outside its interval:\n{own[outside].head(3).to_string()}"
    flat = numbers[upper] - numbers[lower] <= 1e-9
    flat &= own["n"].astype(float) > 1 if "n" in own else True
    if flat.any():
        yield f"interval of {value} without width:\n{own[flat].head(3).to_string()}"
    half = table[value].notna() & (table[lower].notna() != table[upper].notna())
    half &= table["scale"] != "e-value" if "scale" in table else True
    if half.any():
        yield f"{value} with half an interval"
    if "converged" in table and value == "estimate":
        good = table[table["converged"].astype(bool)]
        good = good[~good["scale"].isin(["e-value", "delta in points"])] if "scale" in good else good
        empty = good[[value, lower, upper]].isna().any(axis=1)
        if empty.any():
            yield f"converged without an interval:\n{good[empty].head(3).to_string()}"


def _check_sizes(name: str, table: pd.DataFrame) -> Iterator[str]:
    if name == "covariate_balance":
        return
    if {"n", "effective_n"} <= set(table):
        more = table["effective_n"].astype(float) > table["n"].astype(float) * (1 + 1e-9)
        if more.any():
            yield f"effective number above the number:\n{table[more].head(3).to_string()}"
    if {"n_treated", "n_reference", "effective_n"} <= set(table):
        more = table["effective_n"].astype(float) > (table["n_treated"] + table["n_reference"]).astype(float) * (
            1 + 1e-9
        )
        if more.any():
            yield f"effective number above the number:\n{table[more].head(3).to_string()}"
    for side in ("treated", "reference"):
        for part in (f"events_{side}", f"observed_{side}"):
            if {part, f"n_{side}"} <= set(table) and (table[part] > table[f"n_{side}"]).any():
                yield f"{part} above n_{side}"


def _check_needed(table: pd.DataFrame) -> Iterator[str]:
    own = table[table["nnt"].notna()]
    if (own["difference_lower"] * own["difference_upper"] <= 0).any():
        yield "a number needed to treat where the interval holds no difference"
    if (own["nnt"].abs() < 1 - 1e-12).any():
        yield "a number needed to treat below one"


def find_words(report: str) -> list[str]:
    """Return what no report may say."""
    body = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>|data:[^\"']+|<[^>]+>", " ", report)
    return [body[max(0, one.start() - 60) : one.end() + 20] for one in ENDLESS.finditer(body)]


def find_declared_faults(released: dict[str, pd.DataFrame]) -> list[str]:
    """Return what contradicts the declaration of a column in released tables, a line each: every number that a release prints, by its kind."""
    return [f"{name}: {fault}" for name, table in released.items() for fault in _check_declared(name, table)]


def _check_declared(name: str, table: pd.DataFrame) -> Iterator[str]:
    fields = [one for one in RELEASED[name].fields if str(one) in table]
    number = {str(one): pd.to_numeric(table[str(one)], errors="coerce") for one in fields if not isinstance(one, Label)}
    for one in fields:
        values = number.get(str(one), pd.Series(dtype=float)).dropna().astype(float)
        low, high = _find_range(one)
        if not values.between(low - 1e-9, high + 1e-9).all() or (
            np.isinf(values).any() and not isinstance(one, Freedom)
        ):
            yield f"{one} outside {low} to {high}: {sorted(set(values[~values.between(low, high)]))[:3]}"
        if isinstance(one, People) and one.part_of in number and (number[str(one)] > number[one.part_of]).any():
            yield f"{one} above {one.part_of}"
        if isinstance(one, Lower) and not isinstance(one.of, Public):
            upper = next((other for other in fields if isinstance(other, Upper) and other.of == one.of), None)
            if upper is not None and str(one.of) in number:
                yield from _check_limits(table, *(number[str(column)] for column in (one.of, one, upper)), str(one.of))


def _find_range(column: Column) -> tuple[float, float]:
    if isinstance(column, Share) and not isinstance(column, MeanOrShare):
        return 0.0, np.inf if column.interval == "poisson" else column.scale
    if isinstance(column, PValue):
        return 0.0, 1.0
    if isinstance(column, RiskRatio):
        return 0.0, np.inf
    if isinstance(column, Difference) and not isinstance(column, Needed | Standardised):
        return -1.0, 1.0
    if isinstance(column, People | Effective | Error | Spread | Ratio):
        return 0.0, np.inf
    return -np.inf, np.inf


def _check_limits(
    table: pd.DataFrame, value: pd.Series, lower: pd.Series, upper: pd.Series, name: str
) -> Iterator[str]:
    own = table["scale"] != "e-value" if "scale" in table else pd.Series(True, table.index)
    both = own & value.notna() & lower.notna() & upper.notna()
    for words, wrong in (
        ("outside its interval", both & ((lower > value + 1e-9) | (upper < value - 1e-9))),
        ("has an interval without width", both & (upper - lower <= 0) & (value != 0)),
        ("has half an interval", own & value.notna() & (lower.notna() != upper.notna())),
    ):
        if wrong.any():
            yield f"{name} {words}:\n{table[wrong].head(2).to_string()}"
