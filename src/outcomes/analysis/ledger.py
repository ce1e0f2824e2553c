"""How raw rows ended, counted for the report."""

from __future__ import annotations

import pandas as pd

from outcomes.contracts.released.quality import DataHealth
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


def tabulate_health(health: pd.DataFrame) -> pd.DataFrame:
    """Return what in the export does not hang together, one row a finding, with the inputs numbered."""
    table = _number(health).reset_index(drop=True)
    words = {name: table[name].astype("str").fillna("") for name in ("check", "meaning", "column", "unit", "accepted")}
    counts: dict[str, pd.Series] = {
        DataHealth.n: table["count"].astype("Int64"),
        DataHealth.total: table["of"].astype("Int64"),
    }
    order = pd.Series(range(1, len(table) + 1), dtype="int64")
    file = table["file"].astype("str").fillna("all inputs")
    return pd.DataFrame({"order": order, "file": file, **words, **counts})[DataHealth.columns]


def _number(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with numbers in place of the names of files and sheets, which may be a patient's.

    Which is which stands in the private ``inputs.json``.
    """
    names = table["file"].cat.categories
    return table.assign(file=table["file"].cat.rename_categories(number_inputs(len(names))))
