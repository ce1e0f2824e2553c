"""The factors of a formula evaluated on rows: numbers, or levels with a coding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats, Integers
from outcomes.mixed.data.rows import number_levels, refuse_extreme
from outcomes.mixed.data.table import Column, Data
from outcomes.mixed.design.calls import Expression, is_name, variables
from outcomes.mixed.errors import DataError, FormulaError, MomentsError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Factor:
    """One factor of a formula and how it becomes columns.

    Attributes
    ----------
    name : str
        The factor as it is spelt in the formula.
    variables : tuple of str
        Columns of the data it reads.
    levels : tuple
        Levels of a categorical factor, the reference first; empty for numbers.
    full, reduced : array, shape (n_levels, n_columns)
        Codings with and without all levels; for numbers ``full`` is unused.
    full_labels, reduced_labels : tuple of str
        What follows the name in a column's name, as ``"[iv]"``.
    stateful : bool
        Whether a call learns something from all rows, as ``bs(x, df=4)`` does.
    spec : object
        The fitted transformation of an expression (formulaic's model specification), None for plain columns.
    """

    name: str
    variables: tuple[str, ...]
    levels: tuple[Any, ...]
    full: Floats = field(repr=False)
    reduced: Floats = field(repr=False)
    full_labels: tuple[str, ...]
    reduced_labels: tuple[str, ...]
    stateful: bool = False
    spec: Any = field(default=None, repr=False, compare=False)

    @property
    def is_categorical(self) -> bool:
        """Whether the factor has levels."""
        return bool(self.levels)

    def labels(self, keep_reference: bool) -> tuple[str, ...]:
        """Name the columns under one of the two codings."""
        return self.full_labels if keep_reference or not self.is_categorical else self.reduced_labels

    def evaluate(self, values: Mapping[str, Any]) -> NDArray[Any]:
        """Evaluate on given values of the variables: level numbers (n,), or numbers (n, n_columns).

        Raises
        ------
        FormulaError
            When a value is not a level of the factor.
        """
        if self.is_categorical:
            place = {level: i for i, level in enumerate(self.levels)}
            wanted = list(values[self.variables[0]])
            unknown = [value for value in wanted if value not in place]
            if unknown:
                raise FormulaError(f"{unknown[0]!r} is not a level of {self.name!r}: {list(self.levels)}")
            return np.array([place[value] for value in wanted], dtype=np.intp)
        if self.name in self.variables:
            return np.asarray(values[self.variables[0]], dtype=np.float64)[:, None]
        if self.spec is None:
            raise MomentsError(
                f"{self.name!r} cannot be evaluated from moments read from a file; fit to the table instead"
            )
        import pandas as pd

        frame = pd.DataFrame({name: values[name] for name in self.variables})
        return np.asarray(self.spec.get_model_matrix(frame, context=_CONTEXT), dtype=np.float64)


_CONTEXT = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt}


def read_factor(
    factor: str, table: Data, visit_column: tuple[str | None, Integers | None, tuple[Any, ...]]
) -> tuple[Factor, NDArray[Any]]:
    """Evaluate one factor on the rows.

    Parameters
    ----------
    factor : str
        A column name or an :class:`Expression`.
    table : Data
        Complete rows.
    visit_column : tuple
        Name, numbers and labels of the visit column, whose order also orders its levels.

    Returns
    -------
    tuple of Factor and array
        Level numbers, shape (n_rows,), or numbers, shape (n_rows, n_columns).
    """
    column = _categorical_column(factor, table)
    if column is not None:
        name, codes, levels = visit_column
        numbered = (codes, levels) if column == name and codes is not None else number_levels(table[column], column)
        return _categorical(factor, column, numbered[1]), numbered[0]
    if is_name(factor):
        values = _numbers(table[factor], factor)
        return _numeric(factor, (factor,), ("",), None), values[:, None]
    return _expression(factor, table)


def _categorical_column(factor: str, table: Data) -> str | None:
    """Name the column whose levels a factor uses, or None for a number."""
    if is_name(factor):
        column = table[factor]
        if column.dates:
            raise DataError(f"column {factor!r} holds dates or durations; give the formula a number, as a study day")
        return None if column.labels is None else factor
    return variables(factor)[0] if factor.startswith("C(") else None


def _categorical(factor: str, column: str, levels: tuple[Any, ...]) -> Factor:
    if len(levels) < 2:
        raise DataError(
            f"{factor!r} has the single level {levels[0]!r} on the complete rows; leave it out of the formula"
        )
    eye = np.eye(len(levels))
    labels = tuple(f"[{level}]" for level in levels)
    return Factor(factor, (column,), levels, eye, eye[:, 1:], labels, labels[1:])


def _numeric(name: str, reads: tuple[str, ...], labels: tuple[str, ...], spec: Any) -> Factor:
    none = np.zeros((0, 0))
    stateful = bool(getattr(spec, "transform_state", None))
    return Factor(name, reads, (), none, none, labels, labels, stateful, spec)


def _numbers(column: Column, name: str) -> Floats:
    if column.labels is not None:
        raise DataError(f"column {name!r} must hold numbers, not {column.kind}")
    return column.values.astype(np.float64, copy=False)


def _expression(factor: str, table: Data) -> tuple[Factor, Floats]:
    reads = variables(factor)
    values, labels, spec = _model_matrix(factor, table.frame(reads))
    return _numeric(factor, reads, labels, spec), values


def _model_matrix(factor: str, frame: pd.DataFrame) -> tuple[Floats, tuple[str, ...], Any]:
    """Let formulaic evaluate one factor; labels are what follows the factor's own name."""
    import formulaic

    try:
        with np.errstate(all="ignore"):  # what has no value is counted below
            matrix = formulaic.model_matrix(f"0 + {factor}", frame, context=_CONTEXT, na_action="ignore")
    except Exception as error:
        raise FormulaError(f"cannot evaluate {factor!r}: {error}") from error
    values = np.asarray(matrix, dtype=np.float64)
    wrong = int((~np.isfinite(values)).any(axis=1).sum())
    if wrong:
        raise DataError(f"{factor!r} is missing or infinite on {wrong} complete rows")
    refuse_extreme(values, factor)
    return values, tuple(_label(str(name)) for name in matrix.columns), matrix.model_spec


def _label(column: str) -> str:
    """Keep the bracketed end of formulaic's column name without the ``T.`` of treatment coding."""
    start = column.rfind("[")
    if start < 0 or not column.endswith("]"):
        return ""
    inner = column[start + 1 : -1]
    return f"[{inner.removeprefix('T.')}]"


def read_response(response: str, table: Data, *, whole: bool) -> Floats:
    """Evaluate the response on the rows, shape (n_rows,); one that is constant on the whole data is refused."""
    if isinstance(response, Expression):
        values = _expression(response, table)[1]
        if values.shape[1] != 1:
            raise FormulaError(f"the response {response!r} must be a single column of numbers")
        values = values[:, 0]
    else:
        values = _numbers(table[response], response)
    if whole and np.ptp(values) == 0:
        raise DataError(f"the response {response!r} is the same on all complete rows")
    return values
