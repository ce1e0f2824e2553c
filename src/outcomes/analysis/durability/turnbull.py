"""The non-parametric maximum likelihood estimate of a time that is known only to lie between two visits.

Turnbull 1976, 10.1111/j.2517-6161.1976.tb01597.x: all mass lies in the maximal intersections of the observed intervals.
Where a further outcome competes, each outcome has intersections of its own (Hudgens, Satten & Longini 2001,
10.1111/j.0006-341X.2001.00074.x).
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
    outcome : ndarray of int, shape (n,)
        0 none seen, 1 loss, 2 further treatment (its day is known: lower = upper).
    """

    lower: Floats
    upper: Floats
    outcome: Ints


@dataclass(frozen=True)
class Distribution:
    """Mass on intervals (left, right] or, where left = right, on days.

    Attributes
    ----------
    left, right : ndarray, shape (m,)
        In order of outcome and time; right may be infinite: mass beyond what anybody was followed.
    outcome : ndarray of int, shape (m,)
        1 loss, 2 further treatment, 0 neither seen.
    mass : ndarray, shape (m,) or (samples, m)
    last : float
        Largest day on which anybody was seen; beyond it nothing is known.
    """

    left: Floats
    right: Floats
    outcome: Ints
    mass: Floats
    last: float

    def cumulative(self, day: Floats, outcome: int) -> Floats:
        """Return the probability of the outcome by each day, shape (…, days); missing after the last day known.

        Within an interval the mass is spread evenly: the data do not say where it lies.
        """
        days = np.asarray(day, dtype=float)[:, None]
        width = np.where(self.right > self.left, self.right - self.left, 1.0)
        with np.errstate(invalid="ignore"):
            share = np.where(np.isfinite(self.right), np.clip((days - self.left) / width, 0, 1), 0.0)
        share = np.where(self.right == self.left, days >= self.right, share)
        found = self.mass @ np.where(self.outcome == outcome, share, 0.0).T
        return np.asarray(np.where(days[:, 0] <= self.last, found, np.nan))


def fit_turnbull(seen: Seen) -> Distribution:
    """Return the non-parametric maximum likelihood estimate.

    Maximised by constrained Newton steps (Wang 2007, 10.1111/j.1467-9868.2007.00583.x), which end at the maximum itself:
    no interval can gain likelihood by more than 1e-9 of the sample.

    Examples
    --------
    Two patients are lost between days 10 and 20 and between 14 and 30, one holds on day 25 and is not seen again:

    >>> seen = Seen(np.array([10.0, 14, 25]), np.array([20.0, 30, np.inf]), np.array([1, 1, 0]))
    >>> fit_turnbull(seen).cumulative(np.array([14.0, 20, 30]), 1).round(2)
    array([0. , 0.5, 1. ])
    """
    rows, counts = _group(seen)
    left, right, outcome = find_intersections(rows)
    possible = _find_possible(rows, left, right, outcome)
    mass = _maximise(possible, counts)
    ends = seen.upper[seen.outcome == 1]
    return Distribution(left, right, outcome, mass, max(_follow(seen).max(initial=0.0), ends.max(initial=0.0)))


def resample_turnbull(seen: Seen, fit: Distribution, samples: int, generator: np.random.Generator) -> Distribution:
    """Return the estimate in samples of patients drawn with replacement, all at once, on the intervals of the full sample.

    The steps are those of the EM algorithm, from an even start, so that mass whose place a sample leaves open is spread.
    """
    rows, counts = _group(seen)
    possible = _find_possible(rows, fit.left, fit.right, fit.outcome)
    total = int(counts.sum())
    drawn = generator.multinomial(total, counts / total, samples).astype(float)
    mass = np.full((samples, len(fit.left)), 1 / len(fit.left))
    for step in range(BATCH_STEPS):
        new = mass * ((drawn / np.maximum(mass @ possible.T, 1e-300)) @ possible) / total
        moved, mass = np.abs(new - mass).max() if step % 10 == 0 else 1.0, new
        if moved < SETTLED:
            break
    return Distribution(fit.left, fit.right, fit.outcome, mass, fit.last)


def find_intersections(seen: Seen) -> tuple[Floats, Floats, Ints]:
    """Return the intervals and days that can hold mass: left, right, and outcome.

    Intervals are open on the left and closed on the right, so an interval that ends on a day and one that begins there are
    disjoint.
    """
    lowers = _follow(seen)
    left, right, outcome = [], [], []
    for kind, ends in ((1, seen.upper[seen.outcome == 1]), (0, np.array([np.inf]))):
        points = np.concatenate([lowers, ends])
        is_left = np.concatenate([np.ones(len(lowers), dtype=bool), np.zeros(len(ends), dtype=bool)])
        order = np.lexsort((is_left, points))  # on one day ends come first
        points, is_left = points[order], is_left[order]
        place = np.flatnonzero(is_left[:-1] & ~is_left[1:])
        left.append(points[place])
        right.append(points[place + 1])
        outcome.append(np.full(len(place), kind))
    days = np.unique(seen.upper[seen.outcome == 2])
    lefts, rights = np.concatenate([*left, days]), np.concatenate([*right, days])
    return lefts, rights, np.concatenate([*outcome, np.full(len(days), 2)]).astype(np.int64)


def _follow(seen: Seen) -> Floats:
    """Return up to when each patient is known to hold."""
    return np.asarray(np.where(seen.outcome == 2, seen.upper, seen.lower))


def _group(seen: Seen) -> tuple[Seen, Ints]:
    """Return the distinct observations and how many patients have each."""
    table = np.column_stack([seen.lower, seen.upper, seen.outcome.astype(float)])
    rows, counts = np.unique(table, axis=0, return_counts=True)
    return Seen(rows[:, 0], rows[:, 1], rows[:, 2].astype(np.int64)), counts


def _find_possible(rows: Seen, left: Floats, right: Floats, outcome: Ints) -> Floats:
    """Return, for each observation and interval, 1 where the event may lie there; shape (observations, intervals)."""
    inside = (left >= rows.lower[:, None]) & (right <= rows.upper[:, None])
    later = (left >= rows.lower[:, None]) & ((outcome != 2) | (left > rows.lower[:, None]))
    same: Bools = (outcome == rows.outcome[:, None]) & inside
    return np.where((rows.outcome == 0)[:, None], later, same).astype(float)


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
