"""Cells of the printed tables: headings, numbers, estimate and interval in one cell; rows by key; codes as words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.definitions import LONGEST
from outcomes.release.numbers import ABSENT, WITHHELD, Kind, count, fixed, general, interval
from outcomes.release.report.content.blocks import Cell
from outcomes.release.report.content.material import Material, shown

Row = Mapping[str, Any]
PLACE = ("axis", "timepoint")
POOLED = "other ("  # begins the name of levels put together
POPULATIONS = {"started": "of all treated patients", "observed": "of complete cases"}
WHO = {
    "started": "all treated",
    "observed": "complete cases",
    "everyone": "all compared, imputed",
}  # in a row of a table


def heading(text: str, span: int = 1) -> Cell:
    """Return a heading cell."""
    return Cell(text, head=True, span=span)


def number(text: str) -> Cell:
    """Return a cell of numbers."""
    return Cell(text, number=True, withheld=WITHHELD in text)


def tell(row: Row, column: str, write: Callable[[Any], str] = count, factor: float = 1) -> str:
    """Return a number of a row as it is written, or the bound that is released in its place.

    Examples
    --------
    >>> tell({"share": float("nan"), "share_bound": "<0.16"}, "share", factor=100), tell({"n": 15, "n_bound": ""}, "n")
    ('<16', '15')
    """
    if not row:
        return ABSENT
    if pd.notna(row[column]):
        return write(row[column])
    bound = row.get(f"{column}_bound")
    if isinstance(bound, str) and bound:
        return bound[0] + general(float(bound[1:]) * factor)
    return shown(row, ABSENT)


def tell_count(row: Mapping[Any, Any], column: str) -> str:
    """Return a count of people, its bound where only that is released, or that it is not reported."""
    if row and pd.notna(row.get(column)):
        return count(row[column])
    bound = row.get(f"{column}_bound") if row else None
    return str(bound) if isinstance(bound, str) and bound else "not reported"


def pair(row: Row, first: str, second: str, write: Callable[[Any], str]) -> str:
    """Return "a (b)" of two columns of a row."""
    return shown(row, f"{write(row[first])} ({write(row[second])})" if row and pd.notna(row[first]) else ABSENT)


def estimate(row: Row, value: str, factor: float = 1, write: Any = fixed) -> str:
    """Return "estimate (lower to upper)"."""
    if not row or pd.isna(row[value]):
        return tell(row, value, factor=factor)
    kind: Kind = "percent" if factor == 100 else "score"
    text = write(row[value] * factor, kind)
    if pd.isna(row["lower"]):
        return shown(row, text)
    return shown(row, f"{text} ({interval(row['lower'], row['upper'], kind, factor)})")


def places_of(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Return axis and time point of the rows, in the order of the table."""
    return [(str(a), str(t)) for a, t in rows[list(PLACE)].drop_duplicates().itertuples(index=False)]


def index_rows(rows: pd.DataFrame, *keys: str) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return the rows as records by key."""
    records = list_records(rows)
    return {tuple(str(record[key]) for key in keys): record for record in records}


def add_up(counts: pd.Series[float]) -> str:
    """Return the sum of counts; "at least" the known ones where some are withheld."""
    known = counts.sum()
    if counts.notna().all():
        return count(known)
    return f"at least {count(known)}" if known else WITHHELD


def say(code: str) -> str:
    """Return a code as words."""
    return code.replace("_", " ")


def enumerate_words(words: Sequence[str]) -> str:
    """Return a list as a sentence has it.

    Examples
    --------
    >>> enumerate_words(["a"]), enumerate_words(["a", "b"]), enumerate_words(["a", "b", "c"])
    ('a', 'a and b', 'a, b, and c')
    """
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])}, and {words[-1]}"


def join_sentences(parts: Sequence[str]) -> list[str]:
    """Return parts as sentences of at most thirty words, with semicolons between those that share one.

    Examples
    --------
    >>> join_sentences(["Of 40: nausea 5%", "vomiting 3%"]), join_sentences(["a " * 20 + "b", "c " * 20 + "d"])[1][:5]
    (['Of 40: nausea 5%; vomiting 3%.'], 'C c c')
    """
    sentences: list[str] = []
    for part in parts:
        joined = f"{sentences[-1]}; {part}" if sentences else part
        if sentences and len(joined.split()) <= LONGEST:
            sentences[-1] = joined
        else:
            sentences.append(part)
    return [f"{text[:1].upper()}{text[1:]}." for text in sentences]


def quartiles(row: Row) -> str:
    """Return "median (quartile to quartile)"."""
    if not row or pd.isna(row["median"]):
        return ABSENT
    return f"{fixed(row['median'])} ({interval(row['q1'], row['q3'])})"


def say_variable(material: Material, variable: str) -> str:
    """Return the printed name of a characteristic."""
    if variable.endswith("_band") and variable.removesuffix("_band") in material.study.instruments:
        return f"{material.instrument(variable.removesuffix('_band'))} severity"
    if variable in material.study.instruments:
        return f"{material.instrument(variable)} total"
    words = "BMI" if variable == "bmi" else say(variable)
    return words[:1].upper() + words[1:]


def is_derived(material: Material, variable: str) -> bool:
    """Whether a variable is the total or band of an instrument scored from the items of another, which has rows of its own."""
    base = variable.removesuffix("_band")
    return base in material.study.instruments and material.study.instrument(base).derived_from is not None


def order_levels(levels: Sequence[str]) -> list[str]:
    """Return levels as they stand; alphabetical ones whatever their case, pooled ones last.

    Examples
    --------
    >>> order_levels(["OCD", "anxiety", "other (2 levels)", "pain"]), order_levels(["mild", "moderate", "severe", "minimal"])
    (['anxiety', 'OCD', 'pain', 'other (2 levels)'], ['mild', 'moderate', 'severe', 'minimal'])
    """
    own = [level for level in levels if not level.startswith(POOLED)]
    ordered = sorted(own, key=str.casefold) if own == sorted(own) else own
    return [*ordered, *(level for level in levels if level.startswith(POOLED))]


def choose_places(material: Material, table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the headline time point first, then those that the study names, then the last one of every other axis."""
    places = places_of(table)
    headline = material.headline
    first = [place for place in places if place == headline]
    first += [place for place in places if place[1] in material.study.report.also and place not in first]
    last = {axis: (axis, timepoint) for axis, timepoint in places}
    return first + [place for axis, place in last.items() if axis not in {chosen for chosen, _ in first}]


def rate(row: Row) -> list[Cell]:
    """Return the cells events / n and percent with its interval."""
    if not row:
        return [number(ABSENT), number(ABSENT)]
    events, n = (tell(row, name) for name in ("events", "n"))
    return [number(f"{events}\u00a0/\u00a0{n}"), number(estimate(row, "proportion", 100))]
