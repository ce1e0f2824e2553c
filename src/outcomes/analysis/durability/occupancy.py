"""The share of an arm in response on each day, whether seen that day or not: a curve fitted to scores weighted for who was seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Floats, Ints
from outcomes.analysis.durability.histories import Histories
from outcomes.analysis.durability.logistic import expit, fit_weighted
from outcomes.analysis.durability.visiting import People, RowWeights, spread, sum_by

CURVE_RIDGE = 0.01  # of each coefficient; five times as much draws a sparse arm to a line: .02 to .03 at its ends
FEWEST_FOR_CURVE, FEWEST_FOR_LINE = 20, 5  # patients with a bad and patients with a good score


@dataclass(frozen=True)
class Occupancy:
    """Share in response by day.

    Attributes
    ----------
    days : ndarray, shape (T,)
    share : ndarray, shape (B, T)
    contribution : ndarray, shape (N, T)
        What each patient of both arms adds to the error of the first weighting.
    factor : float
        By which standard errors are multiplied, as the coefficients of the curve were estimated.
    """

    days: Floats
    share: Floats
    contribution: Floats
    factor: float


def count_informative(histories: Histories) -> int:
    """Return the smaller of the patients with a score that is no response and those with one that is."""
    return min(len(np.unique(histories.person[histories.good == kind])) for kind in (True, False))


def choose_degrees(histories: Histories) -> int | None:
    """Return the degrees of freedom of the curve, None where all scores are alike and there is nothing to fit."""
    few = count_informative(histories)
    if few == 0:
        return None
    return 3 if few >= FEWEST_FOR_CURVE else 1 if few >= FEWEST_FOR_LINE else 0


def build_curve(day: Floats, start: float, end: float, degrees: int) -> Floats:
    """Return a constant and a natural cubic spline, shape (rows, 1 + degrees), with knots at the ends and both thirds."""
    place = (np.asarray(day, dtype=float) - start) / (end - start)
    columns = [np.ones_like(place)]
    if degrees:
        columns.append(place)
    if degrees == 3:
        knots = (0.0, 1 / 3, 2 / 3, 1.0)
        bent = [(np.maximum(place - knot, 0) ** 3 - np.maximum(place - 1, 0) ** 3) / (1 - knot) for knot in knots[:3]]
        columns += [bent[0] - bent[2], bent[1] - bent[2]]
    return np.column_stack(columns)


def fit_occupancy(histories: Histories, own: Ints, people: People, rows: RowWeights, degrees: int) -> Occupancy:
    """Fit the curve by weighted estimating equations, working independence.

    The error holds that the weights were estimated (stacked estimating equations: Stefanski & Boos 2002,
    10.1198/000313002753631330).

    Parameters
    ----------
    histories : Histories
    own : ndarray of int, shape (n,)
    people : People
    rows : RowWeights
    degrees : int
    """
    x = build_curve(histories.day, histories.start, histories.end, degrees)
    ridge = np.full(degrees + 1, CURVE_RIDGE)
    fit = fit_weighted(x, histories.good.astype(float), rows.weight, ridge)
    error = Error(x, rows.weight[0], histories.good - fit.probability[0], fit.information[0])
    contribution = stack(histories, own, people, rows, error) @ np.linalg.inv(fit.information[0])
    curve = build_curve(histories.days, histories.start, histories.end, degrees)
    share = expit(fit.coefficients @ curve.T)
    moved = contribution @ (curve * (share[0] * (1 - share[0]))[:, None]).T
    return Occupancy(histories.days, share, moved, find_factor(histories.n, degrees))


@dataclass(frozen=True)
class Error:
    """What each score adds to an estimating equation of the curve.

    Attributes
    ----------
    x : ndarray, shape (m, k)
    weight, residual : ndarray, shape (m,)
    information : ndarray, shape (k, k)
    """

    x: Floats
    weight: Floats
    residual: Floats
    information: Floats

    @property
    def rows(self) -> Floats:
        """Parts of the equation, shape (m, k)."""
        return self.weight[:, None] * self.x * self.residual[:, None]


def stack(histories: Histories, own: Ints, people: People, rows: RowWeights, error: Error) -> Floats:
    """Return each patient's part (N, k) of an estimating equation, that of the weights included."""
    parts = draw_away(sum_by(histories.person, error.rows, histories.n), histories, error)
    total = spread(parts, own, people.weight.shape[1])
    for slope, contribution in rows.slopes:
        total = total + contribution @ (slope.T @ error.rows)
    return np.asarray(total)


def draw_away(parts: Floats, histories: Histories, error: Error) -> Floats:
    """Return the patients' parts as if no patient had drawn the curve to the own scores.

    Mancl & DeRouen 2001, 10.1111/j.0006-341X.2001.00126.x.
    """
    n, k = histories.n, error.x.shape[1]
    fitted = histories.good - error.residual
    mass = error.weight * fitted * (1 - fitted)
    each = (mass[:, None, None] * error.x[:, :, None] * error.x[:, None, :]).reshape(-1, k * k)
    pull = sum_by(histories.person, each, n).reshape(n, k, k)
    away = np.eye(k) - pull @ np.linalg.inv(error.information)
    return np.asarray(np.linalg.solve(away, parts[:, :, None])[:, :, 0])


def find_factor(n: int, degrees: int) -> float:
    """Return √(n / (n − 1 − k)), k coefficients, at least one patient more than coefficients taken for granted."""
    return float(np.sqrt(n / max(n - 2 - degrees, 1)))
