"""The non-parametric maximum likelihood estimate of a time that is known only to lie between two visits.

Turnbull 1976, 10.1111/j.2517-6161.1976.tb01597.x: all mass lies in the maximal intersections of the observed intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints

MOST_STEPS, TOLERANCE, SUM_WEIGHT = 200, 1e-9, 1e3
BATCH_STEPS, SETTLED = 400, 2e-5  # of the bootstrap's EM: what is left is far below the sampling error


@dataclass(frozen=True)
class Seen:
    """What visits tell of each patient's time.

    Attributes
    ----------
    lower, upper : ndarray, shape (n,)
        The event lies in (lower, upper]; upper is infinite where none was seen.
    ended : ndarray of bool, shape (n,)
        Whether it was seen.
    """

    lower: Floats
    upper: Floats
    ended: Bools


@dataclass(frozen=True)
class Distribution:
    """Mass on intervals (left, right].

    Attributes
    ----------
    left, right : ndarray, shape (m,)
        In order of time; right may be infinite: mass beyond what anybody was followed.
    mass : ndarray, shape (m,) or (samples, m)
    last : float
        Largest day on which anybody was seen; beyond it nothing is known.
    """

    left: Floats
    right: Floats
    mass: Floats
    last: float

    def cumulative(self, day: Floats) -> Floats:
        """Return the probability of the event by each day, shape (…, days); missing after the last day known.

        Within an interval the mass is spread evenly: the data do not say where it lies.
        """
        days = np.asarray(day, dtype=float)[:, None]
        with np.errstate(invalid="ignore"):
            inside = np.clip((days - self.left) / (self.right - self.left), 0, 1)
        found = self.mass @ np.where(np.isfinite(self.right), inside, 0.0).T
        beyond = np.isfinite(self.right).all()  # all had it: nothing is left to happen
        return np.asarray(np.where((days[:, 0] <= self.last) | beyond, found, np.nan))


def fit_turnbull(seen: Seen) -> Distribution:
    """Return the non-parametric maximum likelihood estimate.

    Maximised by constrained Newton steps (Wang 2007, 10.1111/j.1467-9868.2007.00583.x), which end at the maximum itself:
    no interval can gain likelihood by more than 1e-9 of the sample.

    Examples
    --------
    Two patients are lost between days 10 and 20 and between 14 and 30, one holds on day 25 and is not seen again:

    >>> seen = Seen(np.array([10.0, 14, 25]), np.array([20.0, 30, np.inf]), np.array([True, True, False]))
    >>> fit_turnbull(seen).cumulative(np.array([14.0, 20, 30])).round(2)
    array([0. , 0.5, 1. ])
    """
    rows, counts = _group(seen)
    left, right = find_intersections(rows)
    mass = _maximise(_find_possible(rows, left, right), counts)
    return Distribution(left, right, mass, max(seen.lower.max(initial=0.0), seen.upper[seen.ended].max(initial=0.0)))


def resample_turnbull(seen: Seen, fit: Distribution, samples: int, generator: np.random.Generator) -> Distribution:
    """Return the estimate in samples of patients drawn with replacement, all at once, on the intervals of the full sample.

    The steps are those of the EM algorithm, from an even start, so that mass whose place a sample leaves open is spread.
    """
    rows, counts = _group(seen)
    possible = _find_possible(rows, fit.left, fit.right)
    total = int(counts.sum())
    drawn = generator.multinomial(total, counts / total, samples).astype(float)
    mass = np.full((samples, len(fit.left)), 1 / len(fit.left))
    for step in range(BATCH_STEPS):
        new = mass * ((drawn / np.maximum(mass @ possible.T, 1e-300)) @ possible) / total
        moved, mass = np.abs(new - mass).max() if step % 10 == 0 else 1.0, new
        if moved < SETTLED:
            break
    return Distribution(fit.left, fit.right, mass, fit.last)


def find_intersections(seen: Seen) -> tuple[Floats, Floats]:
    """Return the intervals that can hold mass: left and right.

    Intervals are open on the left and closed on the right, so an interval that ends on a day and one that begins there are
    disjoint.
    """
    points = np.concatenate([seen.lower, np.where(seen.ended, seen.upper, np.inf)])
    is_left = np.arange(len(points)) < len(seen.lower)
    order = np.lexsort((is_left, points))  # on one day ends come first
    points, is_left = points[order], is_left[order]
    place = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    return points[place], points[place + 1]


def _group(seen: Seen) -> tuple[Seen, Ints]:
    """Return the distinct observations and how many patients have each."""
    table = np.column_stack([seen.lower, np.where(seen.ended, seen.upper, np.inf), seen.ended.astype(float)])
    rows, counts = np.unique(table, axis=0, return_counts=True)
    return Seen(rows[:, 0], rows[:, 1], rows[:, 2] > 0), counts


def _find_possible(rows: Seen, left: Floats, right: Floats) -> Floats:
    """Return, for each observation and interval, 1 where the event may lie there; shape (observations, intervals)."""
    return ((left >= rows.lower[:, None]) & (right <= rows.upper[:, None])).astype(float)


def _maximise(possible: Floats, counts: Ints) -> Floats:
    """Return the mass of each interval."""
    n = counts.sum()
    mass = np.full(possible.shape[1], 1 / possible.shape[1])
    for _ in range(MOST_STEPS):
        fitted = possible @ mass
        score = possible / fitted[:, None]
        if (counts @ score).max() <= n * (1 + TOLERANCE):
            break
        mass = _climb(possible, counts, mass, _aim(score, counts))
    return np.asarray(mass / mass.sum())


def _aim(score: Floats, counts: Ints) -> Floats:
    """Return the masses that maximise the quadratic approximation of the log likelihood, summing to 1."""
    root = np.sqrt(counts / counts.sum())[:, None]
    design = np.vstack([root * score, np.full(score.shape[1], SUM_WEIGHT)])
    target = np.append(2 * root[:, 0], SUM_WEIGHT)
    found = nnls(design, target)[0]
    return np.asarray(found / found.sum())


def _climb(possible: Floats, counts: Ints, mass: Floats, aim: Floats) -> Floats:
    """Return a point between two masses at which the log likelihood has risen, then one step of the EM algorithm."""
    start = counts @ np.log(possible @ mass)
    size = 1.0
    while size > 1e-10:
        new = mass + size * (aim - mass)
        fitted = possible @ new
        if (fitted > 0).all() and counts @ np.log(fitted) >= start:
            break
        size /= 2
    else:
        new = mass
    return np.asarray(new * (counts @ (possible / (possible @ new)[:, None])) / counts.sum())
