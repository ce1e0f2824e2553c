"""How many scores stand behind each row of a model's tables, for the disclosure gate."""

from __future__ import annotations

import pandas as pd


def count_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how many scores each arm has at each time point: arms in rows, time points in columns."""
    return frame.groupby(["arm", "timepoint"], observed=True).size().unstack(fill_value=0)


def count_fewest(table: pd.DataFrame, cells: pd.DataFrame) -> list[float]:
    """Return, by row, the fewest scores, not none, of an arm at a time point that the row is about.

    A coefficient of a time point is about every arm's scores there; other coefficients, and tests, are about all.
    """
    rows = zip(*(_texts(table, name) for name in ("arm", "contrast", "timepoint", "term")), strict=True)
    return [_count_fewest(cells, *row) for row in rows]


def _texts(table: pd.DataFrame, name: str) -> list[str]:
    return table[name].astype(str).tolist() if name in table else [""] * len(table)


def _count_fewest(cells: pd.DataFrame, arm: str, contrast: str, timepoint: str, term: str) -> float:
    arms = [str(one) for one in cells.index if str(one) in (arm, *contrast.split(" - "))] or list(cells.index)
    points = [one for one in cells.columns if str(one) == timepoint or f"[{one}]" in term or f"[T.{one}]" in term]
    part = cells.loc[arms, points] if points else cells.loc[arms].sum(axis=1).to_frame()
    found = part.to_numpy()
    return float(found[found > 0].min()) if (found > 0).any() else float("nan")
