"""How often patients are seen given their last score, and the weights that undo it.

Inverse intensity weighting: Lin, Scharfstein & Rosenheck 2004, 10.1111/j.1467-9868.2004.b5543.x; Buzkova & Lumley 2007,
10.1002/cjs.5550350402. The rate is that of a score in steps of two days; days since the last score are left out on purpose, as weights
by the hazard of a gap are not weights by the rate of visits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Floats, Ints
from outcomes.analysis.durability.histories import Histories
from outcomes.analysis.durability.logistic import fit_weighted

LARGEST_LOG_WEIGHT = 3.0
RATE_RIDGE = np.array([0.0, 1.0, 1.0, 1.0])  # constant, none seen yet, margin of the last score, last score no response
WEIGHED = [2, 3]  # what weights undo; whether any score has been seen yet only takes up the time to the first


@dataclass(frozen=True)
class RowWeights:
    """Weights of the scores of an arm.

    Attributes
    ----------
    weight : ndarray, shape (B, m)
        Those of the patients included.
    slopes : tuple of (ndarray, shape (m, q); ndarray, shape (N, q))
        Derivative of the log weight by coefficients, and what each patient adds to the error of these.
    """

    weight: Floats
    slopes: tuple[tuple[Floats, Floats], ...]


@dataclass(frozen=True)
class People:
    """Patients of both arms, and how much each counts.

    Attributes
    ----------
    weight : ndarray, shape (B, N)
        Weight of each patient: 1, a propensity weight, or either times how often a bootstrap sample has the patient.
    slope : ndarray, shape (N, q)
        Derivative of the log weight by the coefficients of the propensity score; no columns without one.
    contribution : ndarray, shape (N, q)
        What each patient adds to their error.
    """

    weight: Floats
    slope: Floats
    contribution: Floats


def count_equally(n: int) -> People:
    """Return patients who each count once."""
    return People(np.ones((1, n)), np.zeros((n, 0)), np.zeros((n, 0)))


def sum_by(person: Ints, rows: Floats, n: int) -> Floats:
    """Return sums of rows (m, p) by patient, shape (n, p)."""
    total = np.zeros((n, rows.shape[1]))
    np.add.at(total, person, rows)
    return total


def weigh_visits(histories: Histories, own: Ints, people: People) -> RowWeights:
    """Return inverse-intensity weights of an arm's scores, mean 1, log weights cut at ±3.

    Parameters
    ----------
    histories : Histories
    own : ndarray of int, shape (n,)
        Places of the arm's patients among the N of both.
    people : People
    """
    person, history, seen = histories.bins
    x = np.column_stack([np.ones(len(history)), history[:, 4], history[:, 0], history[:, 1]])
    weight = people.weight[:, own]
    fit = fit_weighted(x, seen, weight[:, person], RATE_RIDGE)
    past = histories.visits[:, :2]
    log_weight = -fit.coefficients[:, WEIGHED] @ past.T
    mean = np.average(log_weight, axis=1)[:, None]
    inside = np.abs(log_weight - mean) <= LARGEST_LOG_WEIGHT
    raw = np.exp(np.clip(log_weight - mean, -LARGEST_LOG_WEIGHT, LARGEST_LOG_WEIGHT))
    raw = raw * weight[:, histories.person]
    raw = raw / raw.mean(axis=1, keepdims=True)
    rows = weight[0, person, None] * x * (seen - fit.probability[0])[:, None]
    score = spread(sum_by(person, rows, histories.n), own, people.weight.shape[1])
    score += people.contribution @ (people.slope.T @ score)
    contribution = score @ np.linalg.inv(fit.information[0])
    slopes = -past * inside[0][:, None]
    through = people.slope[own][histories.person]
    return RowWeights(raw, ((slopes, contribution[:, WEIGHED]), (through, people.contribution)))


def spread(rows: Floats, own: Ints, n: int) -> Floats:
    """Return the rows of an arm's patients among those of both arms."""
    whole = np.zeros((n, rows.shape[1]))
    whole[own] = rows
    return whole
