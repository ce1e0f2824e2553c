"""Columns of clean tables: numbers with their doubts noted, categories, and a study's own attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.intake.batch import Batch
from outcomes.intake.ledger import Ledger, show_numbers
from outcomes.intake.privacy import check_categories, check_numbers, check_postcodes
from outcomes.intake.values import Mapped, to_numbers
from outcomes.intake.words import Array, Words, join_words, text_array
from outcomes.settings import Study

if TYPE_CHECKING:
    import pandas as pd


def read_numbers(
    batch: Batch,
    name: str,
    study: Study,
    ledger: Ledger,
    plausible: tuple[float, float] | None = None,
    reason: str = "implausible_value",
) -> Array:
    """Return a column as float64; text and implausible numbers become missing, with an entry."""  # fmt: skip
    mapped = batch.noted(name, study, ledger)
    present = mapped.present
    numbers = to_numbers(mapped.words.values)
    note_by_value(batch, ledger, "not_a_number", name, present, np.isnan(numbers))
    if plausible is not None:
        outside = (numbers < plausible[0]) | (numbers > plausible[1])
        note_by_value(batch, ledger, reason, name, present, outside, old=show_numbers(numbers))
        numbers = np.where(outside, np.nan, numbers)
    return present.spread(numbers, np.nan)


def note_by_value(
    batch: Batch,
    ledger: Ledger,
    reason: str,
    column: str,
    words: Words,
    which: Array,
    old: Array | None = None,
    new: Array | None = None,
) -> None:
    """Enter a reason for every row whose value is one of the marked distinct values."""  # fmt: skip
    if not which.any():
        return
    hit = np.nonzero(words.spread(which, False))[0]
    codes = words.codes[hit]
    ledger.note(
        batch.file, batch.rows[hit], reason, column,
        old=None if old is None else old[codes], new=None if new is None else new[codes],
    )  # fmt: skip


def stack_words(parts: Sequence[Mapped | Words | None], sizes: Sequence[int]) -> Words:
    """Return a column of several batches, one below the other; a batch without it has missing values."""
    absent = text_array([])
    return join_words(
        [
            Words(np.full(size, -1, np.int32), absent)
            if part is None
            else part.present
            if isinstance(part, Mapped)
            else part
            for part, size in zip(parts, sizes, strict=True)
        ]
    )


def attribute(words: Words, owners: Array, name: str, table: str, study: Study, declared: bool) -> pd.Series[Any]:
    """Return a study's own column: float64 where all values are numbers, else a category; ``owners``: whose each row is."""
    import pandas as pd

    numbers = to_numbers(words.values)
    if len(numbers) and not np.isnan(numbers).any():
        if not declared:
            check_numbers(numbers, name, table, study)
            check_postcodes(words, name, table)
        return pd.Series(words.spread(numbers, np.nan))
    if not declared:
        check_categories(words, owners, name, table, study)
    return category(words)


def category(words: Words) -> pd.Series[Any]:
    """Return a column of text as a pandas category."""
    import pandas as pd

    return pd.Series(pd.Categorical.from_codes(words.codes, categories=pd.Index(words.values, dtype="str")))
