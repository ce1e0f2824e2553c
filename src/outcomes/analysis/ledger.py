"""How raw rows ended, counted for the report."""

from __future__ import annotations

import pandas as pd

from outcomes.personal import number_inputs


def tabulate_ledger(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return how many raw rows have an entry of each kind.

    Parameters
    ----------
    ledger : DataFrame
        Table of that contract.

    Returns
    -------
    DataFrame
        One row per input (numbered), state, and reason, the key; ``rows`` distinct raw rows with such an entry. A row may have several
        entries, so these do not add up to the balance.
    """
    distinct = (
        _number(ledger)
        .astype(dict.fromkeys(("file", "state", "reason"), "str"))
        .drop_duplicates(["file", "state", "reason", "row"])
    )
    return distinct.groupby(["file", "state", "reason"]).size().rename("rows").reset_index()


def tabulate_balance(balance: pd.DataFrame) -> pd.DataFrame:
    """Return the balance with one row per input (numbered), the key, and its columns as they are."""
    return _number(balance).astype({"file": "str"})


def _number(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with numbers in place of the names of files and sheets, which may be a patient's.

    Which is which stands in the private ``inputs.json``.
    """
    names = table["file"].cat.categories
    return table.assign(file=table["file"].cat.rename_categories(number_inputs(len(names))))
