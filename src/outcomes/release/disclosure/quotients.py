"""Quotients from released numbers alone: means per person with an endpoint, and numbers needed to treat."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from outcomes.contracts.released.columns import Limit, Needed, Quotient
from outcomes.contracts.released.table import ReleasedTable
from outcomes.release.disclosure.count import Count
from outcomes.release.disclosure.rounding import keep_digits, round_to

DIGITS = 2  # of a limit: its distance from the quotient tells how many have the endpoint


def divide_means(
    frame: pd.DataFrame, table: type[ReleasedTable], means: Mapping[str, pd.Series], counts: Mapping[str, Count]
) -> dict[str, pd.Series]:
    """Return the quotients of a table as they are released, with their limits moved as far as the quotient was."""
    made: dict[str, pd.Series] = {}
    for column in table.fields:
        if not isinstance(column, Quotient) or column not in frame:
            continue
        exact, cases = frame[column].to_numpy(dtype=float), counts[column.count_].printed
        there = ~np.isnan(exact) & ~np.isnan(means[column].to_numpy(dtype=float)) & (cases > 0) & (exact > 0)
        mean, people = means[column.mean].to_numpy(dtype=float), counts[column.of].printed
        found = np.where(there, mean * people / np.where(there, cases, 1.0), np.nan)
        made[column] = pd.Series([_write(value, column.finest) for value in found], frame.index)
        for limit in table.fields:
            if isinstance(limit, Limit) and limit.of == column and limit in frame:
                ends = frame[limit].to_numpy(dtype=float) * found / np.where(there, exact, np.nan)
                made[limit] = pd.Series([keep_digits(value, DIGITS) for value in ends], frame.index)
    return made


def invert_differences(
    frame: pd.DataFrame, table: type[ReleasedTable], means: Mapping[str, pd.Series]
) -> dict[str, pd.Series]:
    """Return the numbers needed to treat of a table, from the released difference, rounded up to a whole patient."""
    made: dict[str, pd.Series] = {}
    for column in table.fields:
        if not isinstance(column, Needed) or column not in frame:
            continue
        difference = means[column.of].where(frame[column].notna())
        made[column] = difference.map(_need, na_action="ignore").astype(float)
    return made


def _need(difference: float) -> float:
    """Return the number needed to treat of a difference; negative where the reference has more.

    Examples
    --------
    >>> _need(0.08), _need(-0.5), _need(0.0)
    (13.0, -2.0, nan)
    """
    return math.copysign(math.ceil(round(1 / abs(difference), 6)), difference) if difference else math.nan


def _write(value: float, finest: float) -> float:
    return round_to(value, finest) if finest and math.isfinite(value) else value
