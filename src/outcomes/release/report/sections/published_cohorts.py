"""Published cohorts beside the study's own result, comparable or not, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.instruments import read_instruments
from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.numbers import ABSENT, Kind, count, fixed, interval
from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import POPULATIONS, heading, number, say
from outcomes.release.report.content.material import Material, shown

SAME = f"Estimates with {COVERED} intervals where published. Instrument, window, denominator, and rule of series agree; populations and care need not."
HEADS = ("Study", "Patients", "Instrument, window", "Result", "Published", "This study")


def tabulate_published(material: Material) -> Grid | None:
    """Return published estimates with the own one beside them where instrument, window, denominator, and rule of series agree."""
    rows = list_published(material)
    own = [name for name in ("own_change", "own_estimate") if name in rows]
    beside = rows[rows["arm"].notna() & rows[own].notna().any(axis=1)] if len(rows) else rows
    lines = tuple(_line(material, row) for row in list_records(beside))
    heads = (tuple(heading(text) for text in HEADS),)
    caption = "Published results and this study's, where they are defined alike."
    return Grid("published-cohorts", caption, heads, lines, (SAME,), sortable=True) if lines else None


def list_published(material: Material) -> pd.DataFrame:
    """Return the published results on the study's instruments, defined alike or not."""
    rows = material.rows("published")
    return rows[rows["instrument"].isin(material.study.instruments)] if len(rows) else rows


def _line(material: Material, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (
        heading(_join(row["study"], row.get("doi"))),
        number(_sample(row)),
        Cell(_join(_instrument(row), row["window"])),
        Cell(_join(say(str(row["endpoint"])), row["definition"])),
        Cell(_value(row, "estimate", "lower", "upper")),
        Cell(_own(material, row)),
    )


def _join(*parts: Any) -> str:
    return ", ".join(str(part) for part in parts if pd.notna(part) and str(part))


def _instrument(row: Mapping[str, Any]) -> Any:
    known = read_instruments().get(str(row["instrument"]))
    return known.name if known else row["instrument"]


def _sample(row: Mapping[str, Any]) -> str:
    analysed, treated = row["n_analysed"], row["n_treated"]
    if pd.isna(analysed):
        return ABSENT if pd.isna(treated) else f"{count(treated)} treated"
    return f"{count(analysed)} analysed" if pd.isna(treated) else f"{count(analysed)} of {count(treated)}"


def _value(row: Mapping[str, Any], value: str, lower: str, upper: str, share: int | Kind = 1) -> str:
    """Return an estimate with its unit and interval."""
    if pd.isna(row[value]):
        return ABSENT
    decimals = share if str(row["unit"]).startswith("percent") else 2
    unit = {"percent": "%", "percentage points": " pp"}.get(str(row["unit"]), f" {row['unit']}")
    bounds = "" if pd.isna(row[lower]) else f" ({interval(row[lower], row[upper], decimals)})"
    return f"{fixed(row[value], decimals)}{unit}{bounds}"


def _own(material: Material, row: Mapping[str, Any]) -> str:
    mean = not pd.isna(row.get("own_change"))
    names = (
        ("own_change", "own_change_lower", "own_change_upper") if mean else ("own_estimate", "own_lower", "own_upper")
    )
    value = shown(row, _value(row, *names, share="percent"))
    where = material.timepoint(str(row["axis"]), str(row["timepoint"]))
    population = POPULATIONS.get(str(row["population"]), str(row["population"]))
    return f"{value}, {material.within(str(row['arm']))}, {where}, {population}"
