"""Each patient's course as a few numbers: level, slope, and curvature of the primary score over the series, by a mixed model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes import mixed
from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.selection import select_first, select_included
from outcomes.contracts.released.courses import FEWEST_COURSES
from outcomes.mixed.errors import MixedError

SHAPES = ("level", "slope", "bend")  # of the course, from the simplest
FEWEST_SCORES = 3  # of a patient, the baseline counted; and time points
AXES = ("session", "visit", "day")  # in this order, the first on which enough patients have enough scores
FLAT = 1e-6  # a variance of the coefficients that is nothing beside the largest


@dataclass(frozen=True)
class Scored:
    """Scores of the patients who have enough of them.

    Attributes
    ----------
    axis : str
        Kind of the time points after the baseline.
    points : DataFrame
        One row per time point in order of time, the baseline first: ``axis``, ``timepoint``, ``time``.
    scores : ndarray, shape (patients, time points)
        In points; missing where there is none.
    """

    axis: str
    points: pd.DataFrame
    scores: Floats


@dataclass(frozen=True)
class Coefficients:
    """Courses as coefficients.

    Attributes
    ----------
    values : ndarray, shape (patients, effects)
        Predicted deviations from the mean course, turned and scaled so that were all patients one group, each row would be standard
        normal however many scores it rests on.
    names : tuple of str
        The effects that vary between patients.
    """

    values: Floats
    names: tuple[str, ...]


def choose_scores(endpoints: pd.DataFrame, cohort: pd.DataFrame, instrument: str, fewest: int) -> Scored | None:
    """Return the scores of those analysed who have at least three, the baseline among them, of each patient's first series.

    Parameters
    ----------
    endpoints, cohort : DataFrame
        As in their contracts.
    instrument : str
        Instrument id.
    fewest : int
        Patients whom a time point needs to be used.

    Returns
    -------
    Scored or None
        On the first axis where there are enough patients; None where there is none.
    """
    rows = select_included(endpoints, cohort)
    rows = rows[(rows["instrument"] == instrument) & rows["score"].notna()]
    rows = rows.assign(axis=rows["axis"].astype(str), timepoint=rows["timepoint"].astype(str))
    for axis in AXES:
        own = rows[(rows["axis"] == "baseline") | ((rows["axis"] == axis) & (rows["time"] > 0))]
        own = select_first(own, "axis", "timepoint")
        own = own.assign(time=own["time"].mask(own["axis"] == "baseline", 0.0).astype(float))
        counted = own.groupby(["axis", "timepoint", "time"]).size()
        points = counted[counted >= fewest].reset_index().sort_values(["time", "timepoint"], ignore_index=True)
        if len(points) < FEWEST_SCORES or points["time"].duplicated().any():
            continue
        wide = own.pivot(index="patient", columns="time", values="score").reindex(columns=points["time"])
        scores = wide.to_numpy(dtype=float, na_value=np.nan)
        scores = scores[np.isfinite(scores).sum(axis=1) >= FEWEST_SCORES]
        if len(scores) >= FEWEST_COURSES:
            return Scored(axis, points[["axis", "timepoint", "time"]], scores)
    return None


def build_basis(times: Floats) -> Floats:
    """Return level, slope and bend at each time, shape (times, 3): orthonormal polynomials in log(1 + time), for change is fast at first."""
    placed = np.log1p(times)
    basis, root = np.linalg.qr(np.vander(placed, len(SHAPES), increasing=True))
    return np.asarray(basis * np.sign(np.diag(root)))


def fit_coefficients(scored: Scored) -> Coefficients | None:
    """Return each patient's course by a mixed model with as many random effects as the data bear; None where patients do not differ.

    The model has the mean course as level, slope and bend, the same effects at random in each patient, and independent residuals of one variance
    (Laird & Ware 1982, 10.2307/2529876), by maximum likelihood. A predicted effect of few scores lies nearer the mean, so that
    patients with few and with many scores would pass for two groups. So each is multiplied by the matrix that gives it the variance that effects of one group have: with ``G``
    the covariance of the effects and ``V`` that of a patient's predictions, the optimal transport ``V^-½ (V^½ G V^½)^½ V^-½``, then by
    the inverse root of ``G``.
    """
    basis = build_basis(scored.points["time"].to_numpy(dtype=float))
    seen = np.isfinite(scored.scores)
    person, place = np.nonzero(seen)
    long = {"person": person, "score": scored.scores[seen]}
    long |= {name: basis[place, column] for column, name in enumerate(SHAPES[1:], 1)}
    if np.ptp(scored.scores[seen]) == 0:
        return None
    for effects in range(len(SHAPES), 0, -1):
        random = " + ".join(("1", *SHAPES[1:effects]))
        try:
            fit = mixed.fit(
                long, "score ~ slope + bend", subject="person", covariance=None, random=random, method="ml", df="normal"
            )
        except MixedError:
            continue
        if not fit.converged or fit.singular:
            continue
        covariance = fit.random_covariance.to_numpy(dtype=float)
        spread = np.linalg.eigvalsh(covariance)
        if spread[0] <= FLAT * max(spread[-1], float(fit.residual_variance)):
            continue
        loadings = np.column_stack([np.ones(len(basis)), basis[:, 1:effects]])
        predicted = fit.random_effects().sort_index().to_numpy(dtype=float)
        return Coefficients(
            _standardise(predicted, seen, loadings, covariance, float(fit.residual_variance)), SHAPES[:effects]
        )
    return None


def _standardise(predicted: Floats, seen: np.ndarray, loadings: Floats, covariance: Floats, residual: float) -> Floats:
    """Return the predictions, each pattern of seen scores scaled to unit variance."""
    whiten = np.linalg.inv(_root(covariance))
    patterns, which = np.unique(seen, axis=0, return_inverse=True)
    values = np.empty_like(predicted)
    for number, pattern in enumerate(patterns):
        own, design = which.reshape(-1) == number, loadings[pattern]
        total = design @ covariance @ design.T + residual * np.eye(len(design))
        variance = covariance @ design.T @ np.linalg.solve(total, design @ covariance)
        half = _root(variance)
        back = np.linalg.inv(half)
        values[own] = predicted[own] @ (whiten @ back @ _root(half @ covariance @ half) @ back).T
    return values


def _root(matrix: Floats) -> Floats:
    """Return the symmetric root of a symmetric matrix."""
    sizes, directions = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((directions * np.sqrt(np.maximum(sizes, 0))) @ directions.T)
