"""Table 1: the patients before treatment, arms side by side, with how far the arms lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.release.levels import say_level
from outcomes.release.numbers import ABSENT, WITHHELD, count, fixed, sample
from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import (
    heading,
    index_rows,
    is_derived,
    number,
    order_levels,
    pair,
    quartiles,
    say_variable,
    tell,
)
from outcomes.release.report.content.material import Material, shown

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Described:
    """The released rows of the baseline table by variable, level, and arm, and its standardised differences."""

    material: Material
    rows: Mapping[tuple[str, ...], Row]
    arms: tuple[str, ...]
    differences: pd.DataFrame

    def each(self, variable: str, level: str) -> list[Row]:
        """Return the rows of a level, one an arm."""
        return [self.rows.get((variable, level, arm), {}) for arm in self.arms]

    @property
    def compared(self) -> bool:
        """Whether there are arms to compare."""
        return len(self.differences) > 0


def tabulate_patients(material: Material) -> Grid | None:
    """Return the patients before treatment: all and by arm, number known, missing, and standardised difference."""
    table = material.rows("baseline")
    if table.empty:
        return None
    table = table.assign(level=table["level"].fillna("").astype(str))
    arms = ("all", *material.arms) if len(material.arms) != 1 else ("all",)
    described = Described(material, index_rows(table, "variable", "level", "arm"), arms, material.rows("baseline_smd"))
    heads = [heading("Characteristic"), heading("n"), *(heading(_name_arm(described, arm)) for arm in arms)]
    heads += [heading("SMD")] if described.compared else []
    rows: list[tuple[Cell, ...]] = []
    for variable in [str(name) for name in table["variable"].drop_duplicates() if name != "patients"]:
        if is_derived(material, variable):
            continue
        levels = [str(level) for level in table.loc[table["variable"] == variable, "level"].drop_duplicates()]
        rows += (
            _numeric(described, variable) if levels == [""] else _categorical(described, variable, order_levels(levels))
        )
        rows += _missing(described, variable, levels[0])
    return Grid("baseline", "Patients before treatment.", (tuple(heads),), tuple(rows), _notes(described))


def _notes(described: Described) -> tuple[str, ...]:
    notes = [
        "n: patients with a known value. Percentages are of all patients of the column, those without a value included. "
        "SD: standard deviation; Q1 to Q3: quartiles."
    ]
    if described.compared:
        text = "SMD: absolute difference in standard deviations, among known values; of a category, that of all its levels together"
        if len(set(described.differences["contrast"])) > 1:
            text += ". It is the largest between two arms (≥: that of another two is not reported)"
        notes.append(f"{text}.")
    return tuple(notes)


def _name_arm(described: Described, arm: str) -> str:
    row = described.rows.get(("patients", "", arm), {})
    n = tell(row, "n")
    only = described.material.arms[0] if len(described.material.arms) == 1 else arm
    return f"{described.material.arm(only)} ({sample(n)})"


def _numeric(described: Described, variable: str) -> Iterator[tuple[Cell, ...]]:
    title, each = say_variable(described.material, variable), described.each(variable, "")
    known = number(tell(each[0], "n"))
    means = [number(pair(row, "mean", "sd", fixed)) for row in each]
    yield (heading(f"{title}, mean (SD)"), known, *means, *_difference(described, variable))
    middle = [number(shown(row, quartiles(row))) for row in each]
    yield (heading(f"{title}, median (Q1 to Q3)"), Cell(""), *middle, *_blank(described))


def _categorical(described: Described, variable: str, levels: list[str]) -> Iterator[tuple[Cell, ...]]:
    title = say_variable(described.material, variable)
    known, empty = _count_known(described, variable, levels[0]), [Cell("") for _ in described.arms]
    yield (heading(f"{title}, n (%)"), number(known), *empty, *_difference(described, variable))
    for level in levels:
        each = described.each(variable, level)
        if all(row.get("n") == 0 for row in each):
            continue  # a band that the entry threshold leaves nobody in
        shares = [number(shown(row, _share(row))) for row in each]
        yield (heading(f"\u2003{say_level(level)}"), Cell(""), *shares, *_blank(described))


def _count_known(described: Described, variable: str, level: str) -> str:
    """Return how many of the first column have a known value: its patients without the missing ones."""
    patients, row = described.each("patients", "")[0], described.each(variable, level)[0]
    if not patients or not row:
        return ABSENT
    withheld = bool(pd.isna(patients["n"]) or pd.isna(row["missing"]))
    return WITHHELD if withheld else count(patients["n"] - row["missing"])


def _missing(described: Described, variable: str, level: str) -> Iterator[tuple[Cell, ...]]:
    """Yield the line of missing values where there are any."""
    each = described.each(variable, level)
    if any(row and (pd.isna(row["missing"]) or row["missing"] > 0) for row in each):
        counts = [number(tell(row, "missing")) for row in each]
        yield (heading("\u2003Missing"), Cell(""), *counts, *_blank(described))


def _difference(described: Described, variable: str) -> list[Cell]:
    """Return the largest standardised difference between two arms, "≥" where that of another two is withheld."""
    if not described.compared:
        return []
    rows = described.differences[described.differences["variable"] == variable]
    released = rows.loc[~rows["withheld"], "smd"].abs()
    if released.notna().sum() == 0:
        return [number(WITHHELD if rows["withheld"].any() else ABSENT)]
    return [number(("≥ " if rows["withheld"].any() else "") + fixed(released.max(), "smd"))]


def _blank(described: Described) -> list[Cell]:
    return [Cell("")] if described.compared else []


def _share(row: Row) -> str:
    if not row or pd.isna(row["n"]):
        return tell(row, "n")
    share = tell(row, "percent", lambda value: fixed(value, "percent"))
    return count(row["n"]) + (f" ({share})" if share not in (ABSENT, WITHHELD) else "")
