"""One figure before it is drawn: its name, its words, and the released rows behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.contracts.released.columns import BOUND
from outcomes.release.numbers import ABSENT, count
from outcomes.settings import Study

WITHHELD = "*"


@dataclass(frozen=True, eq=False)
class Plan:
    """One figure: its name (of the file), family, words, and the released rows it draws."""

    name: str
    family: str
    title: str
    caption: str
    alt: str
    data: pd.DataFrame
    instrument: str | None = None
    axis: str | None = None
    timepoint: str | None = None


def read_rows(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return a released table with its words as text and its flag as a boolean; empty when the study has no such table."""
    table = tables.get(name)
    if table is None or table.empty:
        return pd.DataFrame()
    words = [c for c in ("arm", "instrument", "axis", "timepoint", "endpoint", "population", "contrast") if c in table]
    flagged = "withheld" in table and table["withheld"].dtype == "bool"
    if flagged and all(table[word].dtype == "str" for word in words):
        return table
    flag = table["withheld"].astype(str).str.lower().isin(["true", "1"]) if "withheld" in table else False
    return table.assign(**{name: table[name].map(str, na_action="ignore") for name in words}, withheld=flag)


def select_arms(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of single arms; rows over all arms are left to the tables."""
    return rows[rows["arm"] != "all"] if len(rows) else rows


def note_withheld(rows: pd.DataFrame, study: Study) -> list[str]:
    """Return the note on withheld numbers, when there are any."""
    if not rows["withheld"].any():
        return []
    return [
        f"{WITHHELD} or no marker: not reported, for a count below {study.privacy.minimum_cell} or one that would reveal it."
    ]


def write_size(row: Mapping[Any, Any], column: str = "n") -> str:
    """Return a count of a row as a figure prints it: the number, the bound that is released in its place, else a dash.

    Examples
    --------
    >>> write_size({"n": 15}), write_size({"n": float("nan"), "n_bound": "<11"}), write_size({"n": float("nan")})
    ('15', '<11', '–')
    """
    value, bound = row.get(column), row.get(f"{column}{BOUND}")
    if value is not None and pd.notna(value):
        return count(value)
    return bound if isinstance(bound, str) and bound else ABSENT


def name_arm(study: Study, arm: str) -> str:
    """Return the printed name of an arm."""
    return next((entry.label for entry in study.arms if entry.id == arm), arm)


def say_label(label: str, study: Study) -> str:
    """Return a label of the flow table with instruments by name and codes as words."""
    for name in study.instruments:
        label = re.sub(rf"\b{re.escape(name)}\b", study.instrument(name).name, label)
    label = re.sub(r", visit (?=\D)", ", ", label.replace("_", " "))
    label = re.sub(r"^population:(.+)", r"outside the study population (by \1)", label)
    return re.sub(r"\b(\w+) \1\b", r"\1", label)
