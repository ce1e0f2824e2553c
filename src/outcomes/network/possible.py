"""What the numbers of a package cannot be, of whatever patients: infinite, a part above its whole, a difference beyond the scale."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.contracts.released.columns import MeanOrShare, People, Share
from outcomes.contracts.released.comparison import Effects, Imputations
from outcomes.contracts.released.table import ReleasedTable
from outcomes.network.choose import SENT, declared
from outcomes.records import list_records
from outcomes.release.disclosure.narrowing import COARSER
from outcomes.settings import Study

MOST = 10_000_000  # patients of a site
FINEST = 0.1  # points; changes of patients whose standard deviation is smaller do not occur, and one such site would outweigh all others
RISKS = {"risk difference": (-1.0, 1.0), "risk ratio": (0.0, math.inf)}


def find_impossible(tables: Mapping[str, pd.DataFrame], study: Study) -> Iterator[str]:
    """Yield what in the tables of a package no patients can have.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By released name.
    study : Study
        The planned one, whose instrument says how far a difference can go.
    """
    for table in SENT:
        frame = tables[table.name]
        if np.isinf(frame.select_dtypes("number").to_numpy(float, na_value=np.nan)).any():
            yield f"{table.name}: a number that is infinite"
        yield from _find_impossible_counts(frame, table)
    instrument = study.instrument(declared(study).estimand.instrument)
    widest = float(instrument.maximum - instrument.minimum)
    for row in list_records(tables[Effects.name]):
        if pd.notna(row[Effects.estimate]):
            yield from _find_impossible_effect(row, widest)
    for row in list_records(tables[Imputations.name]):
        low, high = RISKS.get(row[Imputations.scale], (-widest, widest))
        if pd.notna(row[Imputations.estimate]) and not low <= row[Imputations.estimate] <= high:
            yield f"imputations: a difference in {row[Imputations.endpoint]} that is beyond its scale"


def _find_impossible_counts(frame: pd.DataFrame, table: type[ReleasedTable]) -> Iterator[str]:
    """Yield which counts and shares are none; a total may be rounded more coarsely than its part."""
    for column in table.fields:
        if column not in frame:
            continue
        if isinstance(column, People):
            values = _numbers(frame, column)
            if (values > MOST).any():
                yield f"{table.name}: {column} of more than {MOST:,} patients"
            if column.part_of is not None and (values > _numbers(frame, column.part_of) + max(COARSER)).any():
                yield f"{table.name}: more {column} than {column.part_of}"
        elif isinstance(column, Share) and not isinstance(column, MeanOrShare):
            values = _numbers(frame, column)
            if ((values < 0) | (values > column.scale)).any():
                yield f"{table.name}: {column} is not a share"


def _find_impossible_effect(row: Mapping[Any, Any], widest: float) -> Iterator[str]:
    if abs(row[Effects.estimate]) > widest:
        yield f"effects: a difference of more than the {widest:g} points of the instrument"
    if not row[Effects.df] > 0:
        yield "effects: degrees of freedom that are not above 0"
    sizes = (row[Effects.observed_treated], row[Effects.observed_reference])
    if all(pd.notna(size) and size > 0 for size in sizes) and row[Effects.std_error] < FINEST * math.sqrt(
        sum(1 / size for size in sizes)
    ):
        yield "effects: a standard error that is too small for so many patients"


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return frame[column].to_numpy(float, na_value=np.nan)
