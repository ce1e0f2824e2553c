"""The data as the user has them: a pandas frame, anything that speaks Arrow (polars, pyarrow, DuckDB), or a mapping of columns.

Each column is read once, when the model needs it, into numbers or into labels with their numbers. Nothing here imports
pandas unless the data, or a transformation in a formula, bring it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Booleans
from outcomes.mixed.errors import DataError, FormulaError, SettingError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column: numbers, or labels.

    Attributes
    ----------
    values : array, shape (n_rows,)
        Numbers, missing as NaN; or the number of each row's label, -1 where missing.
    labels : tuple or None
        Distinct labels; None for numbers.
    declared : bool
        Whether the labels stand in an order that the data declare (a categorical), and all of them are meant to occur.
    planned : bool
        Whether labels may be absent all the same: those of a declared design.
    dates : bool
        Whether the labels are dates or durations.
    kind : str
        What the data call this kind of column, for messages.
    """

    values: NDArray[Any] = field(repr=False)
    labels: tuple[Any, ...] | None = None
    declared: bool = False
    planned: bool = False
    dates: bool = False
    kind: str = "number"

    def __len__(self) -> int:
        return len(self.values)

    @property
    def absent(self) -> Booleans | None:
        """Mark missing values; None when there are none."""
        if self.labels is None and self.values.dtype.kind != "f":
            return None
        gone = np.isnan(self.values) if self.labels is None else self.values < 0
        return np.asarray(gone) if gone.any() else None

    def take(self, keep: Booleans) -> Column:
        """Return the same column on the kept rows."""
        return replace(self, values=self.values[keep])


@dataclass(frozen=True)
class Data:
    """Columns of a table, or of its kept rows.

    Attributes
    ----------
    names : tuple
        Names of all columns, as often as they occur.
    n_rows : int
    read : callable
        From a name to its Column on all rows.
    original : object
        What the user gave.
    keep : array of bool or None
        Kept rows; None for all.
    """

    names: tuple[Any, ...]
    n_rows: int
    read: Callable[[str], Column] = field(repr=False)
    original: Any = field(repr=False)
    keep: Booleans | None = field(default=None, repr=False)
    _columns: dict[str, Column] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return self.n_rows if self.keep is None else int(self.keep.sum())

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Column:
        """Return a column on the kept rows."""
        if name not in self._columns:
            whole = self.read(name)
            self._columns[name] = whole if self.keep is None else whole.take(self.keep)
        return self._columns[name]

    def where(self, keep: Booleans | None) -> Data:
        """Return the rows marked, of a table of which all were kept."""
        if keep is None:
            return self
        return replace(self, keep=keep, _columns={name: column.take(keep) for name, column in self._columns.items()})

    def index(self) -> pd.Index[Any]:
        """Return the index of the kept rows: that of a pandas frame, else their positions."""
        import pandas as pd

        index = self.original.index if isinstance(self.original, pd.DataFrame) else pd.RangeIndex(self.n_rows)
        return index if self.keep is None else index[self.keep]

    def frame(self, names: Sequence[str]) -> pd.DataFrame:
        """Return the kept rows of some columns for pandas."""
        import pandas as pd

        if isinstance(self.original, pd.DataFrame):
            chosen = self.original[list(names)]
            return chosen if self.keep is None else chosen[self.keep]
        return pd.DataFrame({name: _to_pandas(self[name]) for name in names}, index=self.index())


def _to_pandas(column: Column) -> Any:
    import pandas as pd

    if column.labels is None:
        return column.values
    if column.declared:
        return pd.Categorical.from_codes(column.values.astype(np.intp).tolist(), pd.Index(list(column.labels)))
    return pd.Series([*column.labels, None], dtype=object).take(column.values).to_numpy()


def read_data(data: Any) -> Data:
    """Take a table in any of the forms it may have.

    Raises
    ------
    SettingError
        For anything else.
    DataError
        When the columns of a mapping are not of one length.
    """
    if isinstance(data, Data):
        return data
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return Data(tuple(data.columns), len(data), lambda name: _read_series(data[name]), data)
    if isinstance(data, Mapping):
        return _read_mapping(data)
    if hasattr(data, "__arrow_c_stream__"):
        return _read_arrow(data)
    raise SettingError(
        "data must be a table: a pandas or polars DataFrame, an Arrow table, or a mapping of column names to arrays, "
        f"not {type(data).__name__}"
    )


def require_columns(data: Data, names: Sequence[str]) -> None:
    """Refuse names that the data do not have, or have twice."""
    wanted = list(dict.fromkeys(names))
    twice = [name for name in wanted if data.names.count(name) > 1]
    if twice:
        raise FormulaError(f"the data have more than one column {twice[0]!r}; rename all but one")
    absent = [name for name in wanted if name not in data.names]
    if absent:
        known = ", ".join(map(str, data.names[:30]))
        raise FormulaError(f"the data have no column {', '.join(map(repr, absent))}; they have: {known}")


def _read_series(column: pd.Series[Any]) -> Column:
    import pandas as pd

    kind = str(column.dtype)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return Column(column.cat.codes.to_numpy(), tuple(column.cat.categories), declared=True, kind=kind)
    if column.dtype.kind in "iufb":
        if isinstance(column.dtype, np.dtype):
            return Column(column.to_numpy(), kind=kind)
        plain = (
            np.float64 if column.isna().any() else np.dtype(f"{column.dtype.kind}8" if kind != "boolean" else "bool")
        )
        return Column(column.to_numpy(dtype=plain, na_value=np.nan if plain is np.float64 else False), kind=kind)
    codes, found = pd.factorize(column)
    return Column(codes, tuple(found), dates=column.dtype.kind in "mM", kind=kind)


def _read_mapping(data: Mapping[str, Any]) -> Data:
    sizes = {name: len(values) for name, values in data.items()}
    if len(set(sizes.values())) > 1:
        lengths = ", ".join(f"{name!r} {size}" for name, size in list(sizes.items())[:6])
        raise DataError(f"the columns are not of one length: {lengths}")
    return Data(tuple(data), next(iter(sizes.values()), 0), lambda name: _read_array(data[name], name), data)


def _read_array(given: Any, name: str) -> Column:
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(given, pandas.Series):
        return _read_series(given)
    if not isinstance(given, np.ndarray):
        return _read_list(given, name)
    values = given
    if values.ndim != 1:
        raise DataError(f"column {name!r} must have one dimension, not {values.ndim}")
    kind = str(values.dtype)
    if values.dtype.kind in "iufb":
        return Column(values, kind=kind)
    place: dict[Any, int] = {}
    codes = [-1 if _is_missing(value) else place.setdefault(value, len(place)) for value in values.tolist()]
    return Column(np.array(codes, dtype=np.intp), tuple(place), dates=values.dtype.kind in "mM", kind=kind)


def _read_list(given: Any, name: str) -> Column:
    """Let Arrow tell numbers from text, and find what is missing."""
    import pyarrow as pa

    try:
        return _read_chunks(pa.chunked_array([pa.array(given, from_pandas=True)]))
    except pa.ArrowException:
        raise DataError(f"column {name!r} holds values of different kinds; give numbers or text alone") from None


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _read_arrow(data: Any) -> Data:
    import pyarrow as pa

    table = data if isinstance(data, pa.Table) else pa.table(data)
    return Data(tuple(table.column_names), table.num_rows, lambda name: _read_chunks(table.column(name)), data)


def _read_chunks(chunks: Any) -> Column:
    import pyarrow as pa

    types, kind = pa.types, str(chunks.type)
    if types.is_dictionary(chunks.type):
        whole = chunks.unify_dictionaries().combine_chunks()
        return Column(_codes(whole), tuple(whole.dictionary.to_pylist()), declared=True, kind=kind)
    if types.is_boolean(chunks.type):
        values = _plain_numbers(chunks.cast(pa.int8()))
        return Column(values if chunks.null_count else values.astype(bool), kind=kind)
    if types.is_integer(chunks.type):
        return Column(_plain_numbers(chunks), kind=kind)
    if types.is_floating(chunks.type) or types.is_decimal(chunks.type):
        return Column(_plain_numbers(chunks if types.is_float64(chunks.type) else chunks.cast(pa.float64())), kind=kind)
    whole = chunks.dictionary_encode().unify_dictionaries().combine_chunks()
    return Column(_codes(whole), tuple(whole.dictionary.to_pylist()), dates=types.is_temporal(chunks.type), kind=kind)


def _plain_numbers(chunks: Any) -> NDArray[Any]:
    """Return numbers, missing ones as NaN, straight from the buffers: Arrow's own conversions import pandas."""
    kind = np.dtype(str(chunks.type).replace("double", "float64"))
    parts = [_view(one, kind) for one in chunks.chunks if len(one)]
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, dtype=kind), *parts])


def _view(array: Any, kind: np.dtype[Any]) -> NDArray[Any]:
    rows = slice(array.offset, array.offset + len(array))
    bits, numbers = array.buffers()
    values = np.frombuffer(numbers, dtype=kind, count=rows.stop)[rows]
    if not array.null_count:
        return values
    present = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=rows.stop, bitorder="little")[rows]
    return np.where(present == 1, values, np.nan)


def _codes(whole: Any) -> NDArray[Any]:
    """Return the numbers of a dictionary array's labels, -1 where missing."""
    import pyarrow as pa

    arrays = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    found = _plain_numbers(pa.chunked_array([one.indices for one in arrays], type=whole.type.index_type))
    return np.where(np.isnan(found), -1, found).astype(np.intp) if found.dtype.kind == "f" else found
