"""The grid of tipping points of the change, from imputed data sets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.missing.imputations import Analysed, size_changes
from outcomes.analysis.comparison.missing.strategies import AT_RANDOM
from outcomes.analysis.comparison.rubin import pool_nested
from outcomes.analysis.comparison.sensitivity.delta import TIPPING


def tabulate_imputed_tipping(several: Sequence[Analysed], timepoint: str, deltas: Sequence[float]) -> pd.DataFrame:
    """Return the difference for every pair of deltas, each imputed data set analysed anew with them.

    Delta enters the scores as a straight line, and so the residuals: no data set has to be kept for it.

    Parameters
    ----------
    several : sequence of Analysed
        As :func:`outcomes.analysis.comparison.missing.imputations.tabulate_imputations` takes them.
    timepoint : str
    deltas : sequence of float

    Returns
    -------
    DataFrame
        One row per ``delta_treated`` and ``delta_reference``: the pooled difference with its 95% interval.
    """
    df = float(np.mean([one.ancova.df for one in several]))
    rows = []
    for treated in deltas:
        for reference in deltas:
            moved = [_move(one, timepoint, np.array([treated, reference])) for one in several]
            estimates, variances = np.stack(moved, axis=1)
            pooled = pool_nested(estimates, variances, df, size_changes(several[0].wide))
            lower, upper, _ = pooled.find_interval()
            rows.append([several[0].wide.axis, timepoint, "imputed", treated, reference, pooled.estimate, lower, upper])
    return pd.DataFrame(rows, columns=TIPPING)


def _move(analysed: Analysed, timepoint: str, pair: Floats) -> Floats:
    """Return differences and variances, shape (2, draws), with delta added in the treated and in the reference arm."""
    wide, ancova = analysed.wide, analysed.ancova
    place = wide.timepoints.index(timepoint)
    dropped = wide.dropped[:, place]
    sides = np.column_stack([dropped & wide.treated, dropped & ~wide.treated]).astype(float)
    slope, moved = ancova.solve[0] @ sides, ancova.residuals(sides)
    square = (moved * ancova.share[:, None]).T @ moved
    estimates, variances = analysed.found["change"][AT_RANDOM][:, :, place]
    return np.stack([estimates + pair @ slope, variances + analysed.residuals[place] @ pair + pair @ square @ pair])
