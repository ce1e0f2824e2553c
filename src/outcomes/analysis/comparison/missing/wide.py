"""Changes of one axis side by side: one row a patient, one column a time point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.comparison.effects.primary import find_compared
from outcomes.analysis.comparison.population.people import Compared, find_dropout
from outcomes.analysis.comparison.weighting.weights import TINY


@dataclass(frozen=True)
class Wide:
    """The patients who have a weight, with their changes on one axis.

    Attributes
    ----------
    axis : str
    timepoints : tuple of str
        In order of time; those at which both arms can be compared.
    change : ndarray, shape (n, T)
        Points, missing where there is no score.
    treated : ndarray of bool, shape (n,)
    baseline : ndarray, shape (n,)
        Points.
    covariates : ndarray, shape (n, k)
        Coded confounders other than the baseline.
    weight : ndarray, shape (n,)
    """

    axis: str
    timepoints: tuple[str, ...]
    change: Floats
    treated: Bools
    baseline: Floats
    covariates: Floats
    weight: Floats

    @property
    def missing(self) -> Bools:
        """Return which scores are missing, shape (n, T)."""
        return np.isnan(self.change)

    @property
    def dropout(self) -> Ints:
        """Return the place of the first time point after each patient's last score; T for those seen at the last one."""
        return find_dropout(self.change)

    @property
    def dropped(self) -> Bools:
        """Return which scores lie after the patient's last one, shape (n, T); a gap before a later score does not."""
        return np.arange(self.change.shape[1]) >= self.dropout[:, None]


def spread_changes(compared: Compared, axis: str, weight: Floats, covariates: Floats) -> Wide:
    """Return the changes of an axis by patient and time point.

    Parameters
    ----------
    compared : Compared
    axis : str
    weight : ndarray, shape (people,)
        People whose weight is next to nothing are left out.
    covariates : ndarray, shape (people, k)
    """
    used = weight > TINY
    points = tuple(find_compared(compared, axis, weight))
    change = (
        np.column_stack([compared.at(axis, point, "change") for point in points])
        if points
        else np.empty((len(used), 0))
    )
    return Wide(
        axis,
        points,
        change[used],
        compared.treated[used],
        compared.people["baseline"].to_numpy(dtype=float)[used],
        covariates[used],
        weight[used],
    )
