"""What must hold of every printed number, whatever the clinic."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

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
