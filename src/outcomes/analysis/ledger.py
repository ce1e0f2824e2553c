"""How raw rows ended, counted for the report.

Rows are not people. But where most patients have a single row in a file, a number of its rows is a number of people, and the release
rounds it like one: the unit says so.
"""

from __future__ import annotations

import pandas as pd

from outcomes.contracts.released.quality import ROWS, SINGLE_ROWS, Balance, DataHealth, Ledger
from outcomes.personal import number_inputs


def tabulate_ledger(ledger: pd.DataFrame, balance: pd.DataFrame) -> pd.DataFrame:
    """Return how many raw rows have an entry of each kind.

    Parameters
    ----------
    ledger, balance : DataFrame
        Tables of these contracts.

    Returns
    -------
    DataFrame
        One row per input (numbered), state, and reason, the key; ``rows`` distinct raw rows with such an entry. A row may have several
        entries, so these do not add up to the balance.
    """
    distinct = (
        _number(ledger.assign(unit=ledger["file"].astype("str").map(_find_units(balance))))
        .astype(dict.fromkeys(("file", "state", "reason"), "str"))
        .drop_duplicates(["file", "state", "reason", "row"])
    )
    return distinct.groupby(["file", "state", "reason", "unit"]).size().rename("rows").reset_index()[Ledger.columns]


def tabulate_balance(balance: pd.DataFrame) -> pd.DataFrame:
    """Return the balance with one row per input (numbered), the key, and its numbers of rows as they are."""
    units = balance["file"].astype("str").map(_find_units(balance))
    return _number(balance.assign(unit=units)).astype({"file": "str"})[Balance.columns]


def _find_units(balance: pd.DataFrame) -> dict[str, str]:
    """Return for every file what its rows are: of fewer than two a patient on average, most are one patient each."""
    taken = balance["kept"] + balance["merged"]
    single = (taken < 2 * balance["people"]) | (balance["people"] == 0)
    units = single.map({True: SINGLE_ROWS, False: ROWS})
    return dict(zip(balance["file"].astype("str"), units, strict=True))


def tabulate_health(health: pd.DataFrame, balance: pd.DataFrame) -> pd.DataFrame:
    """Return what in the export does not hang together, one row a finding, with the inputs numbered."""
    table = _number(health).reset_index(drop=True)
    words = {name: table[name].astype("str").fillna("") for name in ("check", "meaning", "column", "unit", "accepted")}
    counts: dict[str, pd.Series] = {
        DataHealth.n: table["count"].astype("Int64"),
        DataHealth.total: table["of"].astype("Int64"),
    }
    order = pd.Series(range(1, len(table) + 1), dtype="int64")
    units = _find_units(balance)
    everywhere = SINGLE_ROWS if SINGLE_ROWS in units.values() else ROWS
    own = health["file"].astype("str").map(units).fillna(everywhere).reset_index(drop=True)
    words["unit"] = words["unit"].where(words["unit"] != ROWS, own)
    file = table["file"].astype("str").fillna("all inputs")
    return pd.DataFrame({"order": order, "file": file, **words, **counts})[DataHealth.columns]


def _number(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with numbers in place of the names of files and sheets, which may be a patient's.

    Which is which stands in the private ``inputs.json``.
    """
    names = table["file"].cat.categories
    return table.assign(file=table["file"].cat.rename_categories(number_inputs(len(names))))
