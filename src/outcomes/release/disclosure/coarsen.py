"""Levels of few people, put together before anything is counted: a label that names a person is never printed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.contracts.released.columns import Flag, Label, People, Setting, Share, Text
from outcomes.contracts.released.sums import Fold
from outcomes.contracts.released.table import ReleasedTable
from outcomes.release.disclosure.rounding import Rounding
from outcomes.settings.analysis import count_pooled

PLACE = "_place"


def fold_levels(frame: pd.DataFrame, table: type[ReleasedTable], rounding: Rounding) -> pd.DataFrame:
    """Return the table with every variable's levels of fewer people than the minimum as one, "other (2 levels)".

    The people of a level are those of all arms. Counts and shares are added up; other numbers of such levels are not kept.

    Parameters
    ----------
    frame : DataFrame
    table : type of ReleasedTable
        Where it has no ``folds`` the table is returned as it is.
    rounding : Rounding
    """
    fold = table.folds
    if fold is None or frame.empty or not {fold.level, *fold.within, *fold.people} <= set(frame.columns):
        return frame
    few = _find_few(frame, fold, rounding)
    if not few.any():
        return frame
    texts = frame[fold.level].astype(str)
    within = [frame[name].fillna("").astype(str) for name in fold.within]
    count = texts.where(few).groupby(within).transform("nunique").fillna(0).astype(int)
    names = count.map(lambda n: f"other ({count_pooled(n, rounding.minimum)} level{'' if n == 1 else 's'})")
    whole = frame.assign(**{fold.level: frame[fold.level].mask(few, names)}).assign(**{PLACE: np.arange(len(frame))})
    by = [name for name in table.key if name in frame]
    rows = [_add(own, table, fold) for _, own in whole[few].groupby(by, sort=False, dropna=False)]
    made = pd.concat([whole[~few], pd.DataFrame(rows).astype(whole.dtypes.to_dict())], ignore_index=True)
    return made.sort_values(PLACE, kind="stable", ignore_index=True).drop(columns=PLACE)


def _find_few(frame: pd.DataFrame, fold: Fold, rounding: Rounding) -> pd.Series[bool]:
    """Return the rows of levels that fewer people than the minimum have, but that somebody has."""
    people = frame[list(fold.people)].astype(float).sum(axis=1)
    if fold.total is not None:
        people = people.where(frame[fold.total[0]] == fold.total[1], 0.0)
    keys = [frame[name].fillna("").astype(str) for name in (*fold.within, fold.level)]
    size = people.groupby(keys).transform("sum")
    named = frame[fold.within[-1]].astype(str).str.endswith(fold.named)
    return (keys[-1] != "") & (size > 0) & (size < rounding.minimum) & ~named


def _add(own: pd.DataFrame, table: type[ReleasedTable], fold: Fold) -> dict[str, Any]:
    """Return the levels' rows as one: counts and shares added up, the last one's place, no other number."""
    row: dict[str, Any] = {PLACE: own[PLACE].max()}
    for column in table.fields:
        if column not in own:
            continue
        if column in table.key or column in fold.once or isinstance(column, Label | Text | Flag | Setting):
            row[column] = own[column].iloc[0]
        elif isinstance(column, People | Share):
            row[column] = own[column].sum(min_count=1)
        else:
            row[column] = pd.NA if str(own[column].dtype) in ("Int64", "boolean") else np.nan
    return row
