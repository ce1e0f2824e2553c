"""A table against its contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from outcomes.contracts.kinds import Contract, Field
from outcomes.contracts.tables import CONTRACTS
from outcomes.errors import ContractError

if TYPE_CHECKING:
    import pandas as pd


def check_table(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the table unchanged when it meets its contract.

    Raises
    ------
    ContractError
        Every column that is missing, unknown, of another type, out of range, or missing values, with the count of rows;
        never a value.
    """
    failures = list(_failures(table, CONTRACTS[name]))
    if failures:
        raise ContractError(f"table '{name}' ({CONTRACTS[name].row}) breaks its contract:\n  " + "\n  ".join(failures))
    return table


def _failures(table: pd.DataFrame, contract: Contract) -> Iterator[str]:
    import re

    for name, rule in contract.fields.items():
        if name in table:
            yield from _column_failures(table[name], rule)
        elif rule.required:
            yield f"{name}: missing column"
    for name in table.columns.difference(list(contract.fields)):
        rules = [rule for pattern, rule in contract.further.items() if re.fullmatch(pattern, name)]
        if rules:
            yield from _column_failures(table[name], rules[0])
        elif not contract.open:
            yield f"{name}: unknown column"
    if all(name in table for name in contract.key):
        repeated = _count_repeated(table, contract.key)
        if repeated:
            yield f"key ({', '.join(contract.key)}): {repeated} rows repeat an earlier one"


def _count_repeated(table: pd.DataFrame, key: tuple[str, ...]) -> int:
    """Return how many rows repeat an earlier row's key.

    In a table that is in order of its key, as every table of the pipeline is, a repetition stands right below what it
    repeats: one comparison of neighbours, instead of a hash of every row.
    """
    tied: Any = True
    for name in key:
        column = _comparable(table[name])
        if column is None or bool((tied & (column[:-1] > column[1:])).any()):
            return int(table.duplicated(list(key)).sum())
        tied = tied & (column[:-1] == column[1:])
    return int(tied.sum())


def _comparable(column: pd.Series[Any]) -> Any:
    """Return a key column as whole numbers, its missing values all alike; None when it holds anything else."""
    if str(column.dtype).startswith("category"):
        codes = column.cat.codes.to_numpy()
        return codes.view(codes.dtype.str.replace("i", "u"))  # -1, a missing value, becomes the largest: it sorts last
    if column.dtype.kind != "i":
        return None
    if column.isna().any():
        return column.to_numpy(dtype="int64", na_value=2**62)
    return column.to_numpy(dtype=column.dtype.name.lower())


def _column_failures(column: pd.Series[Any], rule: Field) -> Iterator[str]:
    dtype = "category" if str(column.dtype).startswith("category") else str(column.dtype)
    if dtype != rule.dtype:
        yield f"{column.name}: type {dtype}, expected {rule.dtype}"
        return
    absent = int(column.isna().sum())
    if absent and not rule.nullable:
        yield f"{column.name}: {absent} rows have no value"
    if rule.allowed:
        unknown = len(set(column.cat.categories) - set(rule.allowed))
        if unknown:
            yield f"{column.name}: {unknown} categories are not among {', '.join(rule.allowed)}"
    outside = 0
    if rule.minimum is not None:
        outside += int((column < rule.minimum).sum())
    if rule.maximum is not None:
        outside += int((column > rule.maximum).sum())
    if outside:
        yield f"{column.name}: {outside} rows are outside {rule.minimum} to {rule.maximum}"


def empty_table(name: str) -> pd.DataFrame:
    """Return a table without rows that meets its contract, for what a study does not record."""
    import pandas as pd

    fields = CONTRACTS[name].fields
    text = pd.CategoricalDtype(pd.Index([], dtype="str"))
    return pd.DataFrame(
        {
            column: pd.Series(dtype=text if rule.dtype == "category" else rule.dtype)
            for column, rule in fields.items()
            if rule.required
        }
    )
