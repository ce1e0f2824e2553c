"""Further treatment after the induction: how many have had none by each day, and weights for those who are not treated again.

Its day is known without a visit, so the share without it is a product limit. Whoever is treated again had a reason; where follow-up ends
then, those who stay stand for those who left and were like them (Robins & Rotnitzky 1995, 10.1080/01621459.1995.10476494).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Floats, Ints
from outcomes.analysis.durability.histories import Histories
from outcomes.analysis.durability.logistic import fit_weighted
from outcomes.analysis.durability.occupancy import Occupancy
from outcomes.analysis.durability.visiting import LARGEST_LOG_WEIGHT, People, RowWeights, spread, sum_by

STAYING_RIDGE = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
GAP_DAYS = 10.0


@dataclass(frozen=True)
class Staying:
    """Weights of an arm's patients on each day for not having been treated again.

    Attributes
    ----------
    log_weight : ndarray, shape (B, n, T)
        Stabilised by the share of the arm without further treatment.
    slope : ndarray, shape (n, T, q)
        Its derivative by the coefficients, of the first weighting.
    contribution : ndarray, shape (N, q)
        What each patient adds to their error.
    steadying : ndarray, shape (N, T)
        What each patient adds to the error of the share's logarithm.
    """

    log_weight: Floats
    slope: Floats
    contribution: Floats
    steadying: Floats


def stay_equal(histories: Histories, people: People) -> Staying:
    """Return weights of one, where further treatment changes nothing or nobody is weighed for it."""
    batch, n = people.weight.shape
    shape = (histories.n, len(histories.days))
    return Staying(np.zeros((batch, *shape)), np.zeros((*shape, 0)), np.zeros((n, 0)), np.zeros((n, 0)))


def weigh_staying(histories: Histories, own: Ints, people: People) -> Staying:
    """Return inverse-probability weights for not having been treated again by each day.

    The chance to be treated on the next day is a logistic regression on the history by then, days since the last score included, and on time.
    """
    person, place, left = _list_days(histories)
    day = (histories.start + place).astype(float)
    history = histories.look_back(person, day + 1)
    time = (day - histories.start) / (histories.end - histories.start)
    gap = np.log1p(history[:, 2] / GAP_DAYS)
    x = np.column_stack(
        [np.ones(len(day)), history[:, 4], history[:, 0], history[:, 1], gap, gap * history[:, 1], time]
    )
    weight = people.weight[:, own]
    fit = fit_weighted(x, left, weight[:, person], STAYING_RIDGE)
    rows = weight[0, person, None] * x * (left - fit.probability[0])[:, None]
    score = spread(sum_by(person, rows, histories.n), own, people.weight.shape[1])
    score = score + people.contribution @ (people.slope.T @ score)
    steps = len(histories.days)
    log_weight = np.empty((len(weight), histories.n, steps))
    for sample, probability in enumerate(fit.probability):
        alone = np.log1p(-_find_hazard(histories, weight[sample]))
        log_weight[sample] = np.cumsum(alone) - _accumulate(person, place, np.log1p(-probability), histories)
    slope = np.stack([_accumulate(person, place, fit.probability[0] * column, histories) for column in x.T], axis=-1)
    slope = slope * (np.abs(log_weight[0]) < LARGEST_LOG_WEIGHT)[:, :, None]
    log_weight = np.clip(log_weight, -LARGEST_LOG_WEIGHT, LARGEST_LOG_WEIGHT)
    steadying = _trace_untreated(histories, own, people)
    return Staying(log_weight, slope, score @ np.linalg.inv(fit.information[0]), steadying)


def _list_days(histories: Histories) -> tuple[Ints, Ints, Floats]:
    """Return each day from the landmark while a patient is followed: patient, days since it, and whether treated after that day."""
    days = np.arange(len(histories.days))
    last = histories.until - histories.start
    person, place = np.nonzero(days <= last[:, None])
    left = (histories.retreated[person] & (place == last[person])).astype(float)
    return person, place, left


def _accumulate(person: Ints, place: Ints, rows: Floats, histories: Histories) -> Floats:
    table = np.zeros((histories.n, len(histories.days)))
    table[person, place] = rows
    return np.cumsum(table, axis=1)


def _find_hazard(histories: Histories, weight: Floats) -> Floats:
    """Return the share of those followed on each day, from the landmark's, who are treated after it, shape (T,)."""
    person, place, left = _list_days(histories)
    size = np.bincount(place, weight[person], len(histories.days))
    return np.divide(
        np.bincount(place, weight[person] * left, len(histories.days)), size, out=np.zeros_like(size), where=size > 0
    )


def weigh_rows(rows: RowWeights, staying: Staying, histories: Histories) -> RowWeights:
    """Return weights of scores multiplied by those for not having been treated again."""
    place = (histories.day - histories.start - 1).astype(int)
    weight = rows.weight * np.exp(staying.log_weight[:, histories.person, place])
    through = (staying.slope[histories.person, place], staying.contribution)
    inside = np.abs(staying.log_weight[0, histories.person, place]) < LARGEST_LOG_WEIGHT
    day = (place[:, None] == np.arange(len(histories.days))) * inside[:, None]
    slopes = (*rows.slopes, through, (day.astype(float), staying.steadying))
    return RowWeights(weight / weight.mean(axis=1, keepdims=True), slopes)


def estimate_untreated(histories: Histories, own: Ints, people: People) -> Occupancy:
    """Return the share of an arm that has had no further treatment by each day, Kaplan and Meier's estimate."""
    weight = people.weight[:, own]
    share = np.stack([np.cumprod(1 - _find_hazard(histories, one)) for one in weight])
    return Occupancy(histories.days, share, share[0] * _trace_untreated(histories, own, people), 1.0)


def _trace_untreated(histories: Histories, own: Ints, people: People) -> Floats:
    """Return each patient's part in the error of the logarithm of that share, shape (N, T)."""
    weight = people.weight[0, own]
    person, place, left = _list_days(histories)
    hazard = _find_hazard(histories, weight)
    size = np.maximum(np.bincount(place, weight[person], len(hazard)), 1e-12)
    free = np.where(hazard < 1, 1 - hazard, 1.0)
    moves = weight[person] * (left - hazard[place]) / (size * free)[place]
    error = spread(-_accumulate(person, place, moves, histories), own, people.weight.shape[1])
    return np.asarray(error + people.contribution @ (people.slope.T @ error))


def multiply(untreated: Occupancy, holding: Occupancy) -> Occupancy:
    """Return the share that has had no further treatment and is in response: the product of both."""
    share = untreated.share * holding.share
    contribution = (
        untreated.share[0] * holding.contribution * holding.factor + holding.share[0] * untreated.contribution
    )
    return Occupancy(holding.days, share, contribution, 1.0)
