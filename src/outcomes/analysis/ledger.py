"""How raw rows ended, counted for the report."""

from __future__ import annotations

import pandas as pd


def tabulate_ledger(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return how many raw rows have an entry of each kind.

    Parameters
    ----------
    ledger : DataFrame
        Table of that contract.

    Returns
    -------
    DataFrame
        One row per file, state, and reason, the key; ``rows`` distinct raw rows with such an entry. A row may have several
        entries, so these do not add up to the balance.
    """
    distinct = ledger.astype(dict.fromkeys(("file", "state", "reason"), "str")).drop_duplicates(
        ["file", "state", "reason", "row"]
    )
    return distinct.groupby(["file", "state", "reason"]).size().rename("rows").reset_index()
