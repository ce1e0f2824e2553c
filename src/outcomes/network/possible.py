"""What the numbers of a package cannot be, of whatever patients: infinite, a part above its whole, a difference beyond the scale, a text that is somebody's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.contracts.released.columns import Label, MeanOrShare, People, Share, Text
from outcomes.contracts.released.comparison import CovariateBalance, Effects, Eligibility, Imputations
from outcomes.contracts.released.table import ReleasedTable
from outcomes.network.choose import SENT, declared
from outcomes.personal import find_kind_of_label
from outcomes.records import list_records
from outcomes.release.disclosure.narrowing import COARSER
from outcomes.settings import Study

MOST = 10_000_000  # patients of a site
FINEST = 0.03  # of the scale; changes of patients whose standard deviation is smaller do not occur, and one such site would outweigh all others
ROOM = 10  # patients by which rounding alone can set a small part above its whole
MEANS = (
    *(CovariateBalance.treated_before, CovariateBalance.reference_before),
    *(CovariateBalance.treated_after, CovariateBalance.reference_after),
)
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
        yield from _find_personal_texts(frame, table)
    yield from _find_more_than_compared(tables, study)
    instrument = study.instrument(declared(study).estimand.instrument)
    widest = float(instrument.maximum - instrument.minimum)
    balance = tables[CovariateBalance.name]
    scores = balance.loc[balance[CovariateBalance.variable] == "baseline", list(MEANS)].to_numpy(float, na_value=np.nan)
    if ((scores < instrument.minimum) | (scores > instrument.maximum)).any():
        yield "covariate_balance: a mean baseline that is beyond the instrument"
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
            if column.part_of is not None and (values > _most(_numbers(frame, column.part_of))).any():
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
    if all(pd.notna(size) and size > 0 for size in sizes) and row[Effects.std_error] < FINEST * widest * math.sqrt(
        sum(1 / size for size in sizes)
    ):
        yield "effects: a standard error that is too small for so many patients"


def _find_more_than_compared(tables: Mapping[str, pd.DataFrame], study: Study) -> Iterator[str]:
    """Yield which tables have more patients of an arm than were compared."""
    estimand, steps = declared(study).estimand, tables[Eligibility.name]
    arms = ((estimand.treated, "n_treated"), (estimand.reference, "n_reference"))
    for arm, column in arms:
        compared = steps[(steps[Eligibility.step] == "Compared") & (steps[Eligibility.arm] == arm)]
        most = _most(_numbers(compared, Eligibility.n))
        for table in (Effects, CovariateBalance):
            values = _numbers(tables[table.name], column)
            if len(most) == 1 and (values > most[0]).any():
                yield f"{table.name}: more {column} than were compared"


def _find_personal_texts(frame: pd.DataFrame, table: type[ReleasedTable]) -> Iterator[str]:
    """Yield which columns of text hold what gives a person away: a release would not, and the network report prints some."""
    for column in table.fields:
        if isinstance(column, Label | Text) and column in frame:
            kinds = [find_kind_of_label(str(text)) for text in frame[column].dropna().unique()]
            yield from (f"{table.name}: {column} holds what look like {kind}" for kind in dict.fromkeys(kinds) if kind)


def _most(whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest number that may be printed of a part, as both may be rounded more coarsely than to five."""
    return whole + np.minimum(whole + ROOM, max(COARSER))


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return frame[column].to_numpy(float, na_value=np.nan)
