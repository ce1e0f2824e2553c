"""Spellings → values: missing, mapped categories, numbers. Everything here works on distinct values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from outcomes.intake.words import Array, Words, text_array
from outcomes.settings import Cleaning, Column

INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # characters without width
DIGIT = re.compile(r"\d")  # of any script
WHOLE = re.compile(r"^([-+]?\d+)\.0+$")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+|\d+),(\d+)(?![\d.,])")
BROKEN = frozenset(
    {"#NULL!", "#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!"}
)  # what a spreadsheet could not compute
SAME = re.compile(  # as the cell above: ditto marks and words
    r"[\W_]*(?:[\"\u2033\u3003\u201c\u201d\u201e]|'')[\W_]*|\W*(?:ditto|dito|idem|same(?: as)? above|as above|siehe oben|wie oben|comme ci-dessus)\W*|-+ ?do\.? ?-+",
    re.IGNORECASE,
)
FINE, MISSING, UNKNOWN, REPAIRED = 0, 1, 2, 3


@dataclass(frozen=True)
class Mapped:
    """A column in canonical spelling; ``states`` says of each distinct value whether it is missing or unknown."""

    words: Words
    states: Array
    declared: bool  # the study lists the values, so they may be shown

    def at(self, rows: Array) -> Mapped:
        """Return the named rows."""
        return Mapped(self.words.at(rows), self.states, self.declared)

    @property
    def row_states(self) -> Array:
        """State of every row's value."""
        return self.words.spread(self.states)

    @property
    def present(self) -> Words:
        """The column with missing and unknown values as code -1."""
        fine = (self.states == FINE) | (self.states == REPAIRED)
        return Words(self.words.spread(np.where(fine, np.arange(len(fine)), -1).astype(np.int32)), self.words.values)


def show_all(value: str) -> str:
    r"""Return a cell without characters that have no width, and with the digits of any script as 0 to 9.

    >>> show_all("14\u200b"), show_all("\u0661\u0664 mg"), show_all("2")
    ('14', '14 mg', '2')
    """
    return value if value.isascii() else DIGIT.sub(lambda digit: str(int(digit[0])), INVISIBLE.sub("", value))


def says_same(value: str) -> bool:
    """Tell whether a cell says that it is as the one above it.

    >>> [says_same(one) for one in ('"', "ditto", "- do -", "Same as above", "\u3003", "-", "do", "K-1")]
    [True, True, True, True, True, False, False, False]
    """
    return SAME.fullmatch(value.strip()) is not None


def is_missing(values: Array, cleaning: Cleaning) -> Array:
    """Return which values are a spelling of missing."""
    spellings = {"", *cleaning.missing_values}
    return np.fromiter((value in spellings for value in values), dtype=bool, count=len(values))


def map_values(words: Words, column: Column, cleaning: Cleaning) -> Mapped:
    """Return a column in the study's own spelling: damaged characters restored, declared values replaced."""
    declared = {one_spelling(spelling): value for spelling, value in column.values.items()}
    missing = is_missing(words.values, cleaning)
    if not declared and (text := "".join(words.values.tolist())).isascii() and "#" not in text:
        states = np.where(missing, np.int8(MISSING), np.int8(FINE))
        values = words.values.copy()
        values[missing] = None
        return Mapped(Words(words.codes, values), states, declared=False)
    mapped = [_map_one(value, absent, declared) for value, absent in zip(words.values, missing.tolist(), strict=True)]
    states = np.array([state for _, state in mapped], dtype=np.int8)
    return Mapped(Words(words.codes, text_array([value for value, _ in mapped])), states, bool(declared))


def _map_one(value: str, absent: bool, declared: dict[str, Any]) -> tuple[str | None, int]:
    repaired = repair(value)
    state = FINE if repaired == value else REPAIRED
    if (spelling := one_spelling(repaired)) in declared:
        canonical = declared[spelling]
        return (None, MISSING) if canonical is None else (plain_text(canonical), state)
    if absent or declared or value in BROKEN:
        return None, MISSING if absent else UNKNOWN
    return repaired, state


def plain_text(value: str | float) -> str:
    """Return a setting's value as a cell would spell it."""
    return f"{value:.15g}" if isinstance(value, int | float) else value


def one_spelling(value: str) -> str:
    """Return a spelling as it is compared: without case and outer blanks, a whole number in one form.

    >>> one_spelling("3.0"), one_spelling(" Yes"), one_spelling("03")
    ('3', 'yes', '03')
    """
    return WHOLE.sub(r"\1", value.strip()).casefold()


def repair(value: str) -> str:
    """Return UTF-8 text that was read as Windows-1252 with its characters restored; any other text unchanged."""
    if value.isascii():
        return value
    try:
        return value.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return value


def write_points(words: Words) -> Words:
    """Return a column with the decimal commas of its numbers written as points.

    >>> write_points(Words(np.array([0, 1]), text_array(["32,5 mg = 0,5 mg/kg", "1.250,00"]))).values.tolist()
    ['32.5 mg = 0.5 mg/kg', '1250.00']
    """
    return Words(words.codes, text_array([DECIMAL_COMMA.sub(_point, value) for value in words.values]))


def _point(number: re.Match[str]) -> str:
    return f"{number[1].replace('.', '')}.{number[2]}"


def to_numbers(values: Array) -> Array:
    """Return plain decimal numbers as float64; anything else is NaN."""
    return np.fromiter(
        (float(value) if value is not None and NUMBER.fullmatch(value) else np.nan for value in values),
        dtype=np.float64,
        count=len(values),
    )
