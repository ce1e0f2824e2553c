"""Rules of the disclosure gate for regression to the mean: numbers of patients against those of the scores, and arms against all."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.release.disclosure.blanking import blank, is_small
from outcomes.release.disclosure.suppression import Cells, suppress

Tables = Mapping[str, pd.DataFrame]
PLACE = ["arm", "instrument", "axis", "timepoint"]
EVERYONE = "all"
SHOWN = float("inf")  # cost of a number that other tables show as well


def withhold_regression(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few patients with a change; and their number where few have a score and no baseline."""
    return _withhold(table, tables.get("scores"), minimum_cell)


def withhold_two_baselines(table: pd.DataFrame, tables: Tables, minimum_cell: int) -> pd.DataFrame:
    """Withhold few patients with two baselines; and their number where few have only one."""
    return _withhold(table, tables.get("regression_to_mean"), minimum_cell)


def _withhold(table: pd.DataFrame, wider: pd.DataFrame | None, minimum_cell: int) -> pd.DataFrame:
    """Withhold numbers of patients, all of few, and all of everyone where an arm has few; round means whose number is withheld.

    A mean of whole scores to six decimals tells how many it was taken over.
    """
    hidden = suppress(build_numbers(table, wider), minimum_cell)
    gone = pd.Series([tuple(key) in hidden for key in table[PLACE].itertuples(index=False)], table.index, dtype=bool)
    whole = is_small(table["n"], minimum_cell) | (gone & (table["arm"] == EVERYONE))
    numbers = [name for name in table.columns if name not in (*PLACE, "time", "reference", "n")]
    released = blank(blank(table, gone, ["n"]), whole, numbers)
    return released.assign(
        **{name: released[name].astype(float).where(~gone, released[name].astype(float).round(1)) for name in numbers}
    )


def build_numbers(table: pd.DataFrame, wider: pd.DataFrame | None) -> Cells:
    """Return the numbers of patients by place; beside each the wider number that contains it, and those between the two."""
    cells = Cells()
    keys = [tuple(row) for row in table[PLACE].itertuples(index=False)]
    around = (
        {} if wider is None else dict(zip(map(tuple, wider[PLACE].itertuples(index=False)), wider["n"], strict=True))
    )
    for key, n in zip(keys, table["n"], strict=True):
        cells.add(key, int(n), 0 if key[0] == EVERYONE else None)
        if key in around and around[key] >= n:
            cells.add((*key, "wider"), int(around[key]), SHOWN)
            cells.add((*key, "between"), int(around[key] - n), 0)
            cells.tie((*key, "wider"), [key, (*key, "between")])
    for key in keys:
        if key[0] == EVERYONE:
            cells.tie(key, [other for other in keys if other[1:] == key[1:] and other != key])
    return cells


REGRESSION_RULES = {"regression_to_mean": withhold_regression, "two_baselines": withhold_two_baselines}
