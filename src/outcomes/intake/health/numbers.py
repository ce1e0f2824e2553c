"""Numbers that are none: codes for missing among numbers, words among numbers, impossible ages and doses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from outcomes.intake.health.finding import Finding
from outcomes.intake.values import to_numbers
from outcomes.intake.words import Array

if TYPE_CHECKING:
    import pandas as pd

NINES = (
    "7",
    "8",
    "9",
    "77",
    "88",
    "97",
    "98",
    "99",
    "777",
    "888",
    "997",
    "998",
    "999",
    "7777",
    "8888",
    "9998",
    "9999",
    "99999",
    "999999",
)
CODES = (-1.0, *(sign * float(digits) for digits in NINES for sign in (-1, 1)))
WORDS = frozenset(
    [
        "unk",
        "unknown",
        "nask",
        "not asked",
        "na",
        "n/a",
        "nan",
        "nav",
        "none",
        "null",
        "#null!",
        "#n/a",
        "#value!",
        "#div/0!",
        "missing",
        "refused",
        "declined",
        "inapplicable",
        "not applicable",
        "not done",
        "nd",
        "ni",
        "asku",
        "msk",
        "other",
        "prefer not to answer",
        "don't know",
        "dk",
        "rf",
        ".",
        "-",
        "?",
    ]
)
FEWEST = 10
FEWEST_CODED, LARGE = 3, 99  # rows with a code of one or two digits (8, 77), fewer of which may be true numbers
SAID = {
    "impossible_ages": "an age that can hardly be",
    "doubtful_doses": "a dose that can hardly be",
    "unreadable_doses": "a dose that could not be read, and have none now",
}


@dataclass(frozen=True)
class Numbers:
    """One mapped column that should hold numbers: its distinct values that are not missing, with the rows of each."""

    file: str
    column: str  # canonical, with its table
    values: Array  # text
    rows: Array
    plausible: tuple[float, float] | None  # numbers outside are set missing anyway; None: every number enters
    seen: bool  # of a table whose columns enter tables and models as they are
    own: bool  # a column of the study's own, which one word turns from numbers into categories

    def enters(self, codes: list[float]) -> bool:
        """Tell whether some of the codes would enter tables and models as numbers."""
        low, high = self.plausible or (-np.inf, np.inf)
        return self.seen and any(low <= code <= high for code in codes)

    @property
    def unit(self) -> str:
        """Of whom the rows are: one of a table of patients is a person."""
        return "people" if self.column.startswith("patients.") else "rows"


def find_codes(columns: Iterable[Numbers]) -> Iterable[Finding]:
    """Return columns with codes for missing among their numbers, and columns of numbers with some words."""
    for one in columns:
        numbers = to_numbers(one.values)
        if one.rows[~np.isnan(numbers)].sum() < FEWEST:
            continue
        codes = find_spikes(numbers, one.rows)
        codes = [
            code for code in codes if not (one.column == "patients.age" and 0 < code < 99)
        ]  # people of 88 there are
        if codes:
            hit = np.isin(numbers, codes)
            rows, total = int(one.rows[hit].sum()), int(one.rows.sum())
            named = ", ".join(f"{code:g}" for code in codes)
            surely = rows >= FEWEST_CODED or any(code < 0 or code >= LARGE for code in codes)
            yield Finding(
                "missing_codes", surely and one.enters(codes), rows, total, one.unit,
                f"{rows:,} of {total:,} values of {one.column} in {one.file} are {named}, far from all others: a code for missing?",
                f"list {named} under `missing` of the column (or under `cleaning.missing_values` for all columns); accept it where it is a number",
                one.file, one.column,
            )  # fmt: skip
        yield from _find_words(one, numbers)


def find_spikes(numbers: Array, rows: Array) -> list[float]:
    """Return the codes that stand far outside all other numbers, or far more often than what is beside them."""
    listed = np.isin(numbers, CODES)
    rest = numbers[~listed & ~np.isnan(numbers)]
    if len(rest) < 2:
        return []
    low, high = float(rest.min()), float(rest.max())
    gap = max(0.5 * (high - low), 3.0)
    found = []
    for code in sorted(set(numbers[listed].tolist())):
        far = code > high + gap or code < low - gap or (code < 0 <= low)
        many = int(rows[numbers == code].sum())
        if far and (many > 1 or rows[~np.isnan(numbers)].sum() < 200):
            found.append(code)
    return found


def _find_words(one: Numbers, numbers: Array) -> Iterable[Finding]:
    words = np.isnan(numbers)
    rows, total = int(one.rows[words].sum()), int(one.rows.sum())
    if not rows or not one.own or rows > 0.2 * total:
        return
    known = sorted({value for value in one.values[words] if value.casefold() in WORDS})
    named = f" ({', '.join(map(repr, known))})" if known else ""
    yield Finding(
        "words_in_numbers", True, rows, total, one.unit,
        f"{rows:,} of {total:,} values of {one.column} in {one.file} are words{named} and all others numbers, so that every number becomes a category",
        "list the words under `cleaning.missing_values`, or under the column's `values` as null",
        one.file, one.column,
    )  # fmt: skip


def find_other_ages(ledger: pd.DataFrame, balance: pd.DataFrame) -> Iterable[Finding]:
    """Return the files whose ages are not those at the first session, by the dates of birth."""
    import pandas as pd

    raw = dict(zip(balance["file"].astype(str), balance["raw"].astype(int), strict=True))
    entries = ledger[ledger["reason"].astype(str) == "age_from_birth"]
    off = pd.to_numeric(entries["old"], errors="coerce") - pd.to_numeric(entries["new"], errors="coerce")
    entries = entries[off.abs() > 1]
    for file, rows in entries["file"].astype(str).value_counts(sort=False).sort_index().items():
        yield Finding(
            "ages_from_births", False, int(rows), raw[str(file)], "people",
            f"{rows:,} of {raw[str(file)]:,} ages in {file} are more than a year from that at the first session, by the dates of birth, which is taken",
            "were the ages computed when the export was made? Where a date of birth is wrong, correct it in the export",
            str(file), "patients.age",
        )  # fmt: skip


def find_impossible(ledger: pd.DataFrame, balance: pd.DataFrame) -> Iterable[Finding]:
    """Return ages and doses that cannot be, or hardly can be, as the ledger has them."""
    raw = dict(zip(balance["file"].astype(str), balance["raw"].astype(int), strict=True))
    for reason, check, column, cure in (
        (
            "age_implausible",
            "impossible_ages",
            "patients.age",
            "is the column one of ages in years? A year of birth is none",
        ),
        (
            "dose_outside_protocol",
            "doubtful_doses",
            "sessions.dose_mg",
            "are the doses in mg, and is the protocol of the arm the right one?",
        ),
        (
            "dose_unreadable",
            "unreadable_doses",
            "sessions.dose_mg",
            "write each as one number in mg, or as `0.5 mg/kg` beside a weight; of two doses on one day (56/84), the one that was given",
        ),
    ):
        entries = ledger[ledger["reason"].astype(str) == reason].drop_duplicates(["file", "row"])
        for file, rows in entries["file"].astype(str).value_counts(sort=False).sort_index().items():
            if rows:
                yield Finding(
                    check, False, int(rows), raw[str(file)], "people" if check == "impossible_ages" else "rows",
                    f"{rows:,} of {raw[str(file)]:,} rows of {file} have {SAID[check]}",
                    cure, str(file), column,
                )  # fmt: skip
