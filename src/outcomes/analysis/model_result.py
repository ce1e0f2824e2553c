"""What a model gives: tables that can be written, read, and stacked, converged or not."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from outcomes.contracts.released.models import Models

DIGITS = 10  # significant digits that are kept: more than any table shows, fewer than an optimiser leaves to chance
INTERVAL = ["estimate", "std_error", "df", "lower", "upper", "p_value"]
INFO = Models.columns
COLUMNS = {
    "coefficients": ["term", "estimate", "std_error", "df", "statistic", "p_value", "lower", "upper", "fewest"],
    "tests": ["term", "type", "num_df", "den_df", "statistic", "p_value", "fewest"],
    "margins": ["arm", "timepoint", *INTERVAL, "fewest"],
    "model_differences": ["contrast", "timepoint", *INTERVAL, "fewest"],
}
TEXT = {"term", "type", "arm", "timepoint", "contrast"}


@dataclass(frozen=True)
class ModelResult:
    """One fitted model.

    Attributes
    ----------
    name : str
        The model's name in the study file.
    converged : bool
        When false, every table is empty.
    info : dict
        The model's row of the table ``models``: specification, counts, likelihood, what was tried, warnings.
    tables : dict of str to DataFrame
        ``coefficients``; ``tests`` (F tests by term: ``type`` III with factors averaged, or 'reference' with the other
        factors at their first level and numbers at zero); ``margins`` (adjusted means by arm and time point);
        ``model_differences`` (each arm minus the reference).
    beside : ModelResult or None
        The same model with a covariance for each arm, where the arms scatter unlike each other.
    """

    name: str
    converged: bool
    info: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    beside: ModelResult | None = None

    def to_json(self) -> str:
        """Return the result as JSON: sorted keys, ten significant digits, missing as null, infinity as text."""
        return json.dumps(self._content(), indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"

    def _content(self) -> dict[str, Any]:
        tables = {name: {str(column): _write(table[column]) for column in table} for name, table in self.tables.items()}
        info = {key: _plain(value) for key, value in self.info.items()}
        content = {"model": self.name, "converged": self.converged, "info": info, "tables": tables}
        return content | ({"beside": self.beside._content()} if self.beside else {})

    @classmethod
    def from_json(cls, text: str) -> ModelResult:
        """Read what :meth:`to_json` wrote."""
        return cls._read_content(json.loads(text))

    @classmethod
    def _read_content(cls, content: dict[str, Any]) -> ModelResult:
        tables = {
            name: pd.DataFrame({column: _read(column, table[column]) for column in COLUMNS[name]})
            for name, table in content["tables"].items()
        }
        beside = cls._read_content(content["beside"]) if "beside" in content else None
        return cls(content["model"], content["converged"], content["info"], tables, beside)


def collect_models(results: Sequence[ModelResult]) -> dict[str, pd.DataFrame]:
    """Stack the results of several models.

    Returns
    -------
    dict of str to DataFrame
        ``models``, one row a model; ``coefficients``, ``tests``, ``margins``, ``model_differences`` with the model's name as
        first column. A model that did not converge has a row in ``models`` only.
    """
    results = [one for result in results for one in (result, result.beside) if one is not None]
    models = pd.DataFrame([result.info for result in results], columns=INFO)
    collected = {"models": models.astype({name: "Int64" for name in INFO if name.startswith(("n_", "dropped_"))})}
    for name, columns in COLUMNS.items():
        parts = [
            result.tables[name].assign(model=result.name) for result in results if len(result.tables.get(name, ())) > 0
        ]
        empty = pd.DataFrame({column: pd.Series(dtype="str" if column in TEXT else float) for column in columns})
        stacked = pd.concat(parts, ignore_index=True) if parts else empty.assign(model=pd.Series(dtype="str"))
        collected[name] = stacked[["model", *columns]]
    return collected


def _write(column: pd.Series) -> list[Any]:
    return [_plain(value) for value in column.astype(object)]


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold."""
    if isinstance(value, str | bool) or value is None:
        return value
    if pd.isna(value):
        return None
    number = float(value)
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    return int(number) if isinstance(value, int) else float(f"{number:.{DIGITS}g}")


def _read(name: str, values: Sequence[Any]) -> pd.Series:
    if name in TEXT:
        return pd.Series(values, dtype="str")
    return pd.Series([math.nan if value is None else float(value) for value in values], dtype=float)
