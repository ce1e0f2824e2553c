"""Columns of a table that is filled piece by piece: values and missing marks are written where they end up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.contracts import CONTRACTS
from outcomes.measures.order import Array, Bools


@dataclass(frozen=True)
class Column:
    """One column of a contract's type, its rows laid out as an array whose flat order is the order of rows.

    ``code`` stands for a missing value in what is put into a nullable column.
    """

    values: Array
    missing: Bools | None
    code: int
    categories: tuple[str, ...]

    @classmethod
    def empty(
        cls, table: str, name: str, shape: tuple[int, ...], code: int = -1, categories: Sequence[str] = ()
    ) -> Column:
        """Return a column without content; every row has to be put. ``categories`` are in order."""
        dtype = CONTRACTS[table].fields[name].dtype
        if dtype.startswith("Int") or dtype == "boolean":
            kind = "bool" if dtype == "boolean" else dtype.lower()
            return cls(np.empty(shape, dtype=kind), np.empty(shape, dtype=np.bool_), code, ())
        kind = "int8" if dtype == "category" else dtype
        return cls(np.empty(shape, dtype=kind), None, code, tuple(categories))

    def put(self, where: tuple[Any, ...], values: Array) -> None:
        """Write values to a piece of the column."""
        if self.missing is None:
            self.values[where] = values
            return
        absent = values == self.code
        self.missing[where] = absent
        self.values[where] = np.where(absent, np.zeros(1, dtype=values.dtype), values)

    def finish(self) -> Array | pd.Categorical[Any] | pd.api.extensions.ExtensionArray:
        """Return the column in the contract's type, without copying it."""
        values = self.values.reshape(-1)
        if self.categories:
            dtype = pd.CategoricalDtype(pd.Index(self.categories, dtype="str"))
            return pd.Categorical.from_codes(values, dtype=dtype, validate=False)
        if self.missing is None:
            return values
        kind = pd.arrays.BooleanArray if values.dtype == np.bool_ else pd.arrays.IntegerArray
        return kind(values, self.missing.reshape(-1))
