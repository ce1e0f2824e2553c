"""What every rule of the disclosure gate does: find small counts, and set numbers missing."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def is_small(counts: pd.Series, minimum_cell: int) -> pd.Series:
    """Return which counts may not be released: above 0 and below the minimum cell."""
    return ((counts > 0) & (counts < minimum_cell)).fillna(False).astype(bool)


def blank(table: pd.DataFrame, rows: Sequence[bool] | pd.Series, columns: Sequence[str]) -> pd.DataFrame:
    """Set the columns missing in the flagged rows and note it in ``withheld``."""
    flags = pd.Series(list(rows), table.index, dtype=bool)
    before = table.get("withheld", pd.Series(False, table.index))
    kept = table.drop(columns="withheld", errors="ignore")
    whole = {name: kept[name].astype("Int64") for name in columns if pd.api.types.is_integer_dtype(kept[name])}
    kept = kept.assign(**whole)
    return kept.assign(**{name: kept[name].mask(flags) for name in columns}, withheld=flags | before)
