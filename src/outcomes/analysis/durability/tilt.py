"""What if the ill come more often than the well with the same last score: the weights tilted by so much.

The tilt is that of Smith et al. 2024, 10.1093/biomtc/ujae154: among patients with one history on one day, those who are not in response
are seen exp(alpha) times as often. No data can say how large alpha is.
"""

from __future__ import annotations

import numpy as np

from outcomes.analysis.comparison.arrays import Ints
from outcomes.analysis.durability.histories import Histories
from outcomes.analysis.durability.logistic import fit_weighted
from outcomes.analysis.durability.visiting import People, RowWeights, spread, sum_by

BAD_RIDGE = np.array([0.0, 1.0, 1.0, 1.0])


def tilt_weights(rows: RowWeights, alpha: float, histories: Histories, own: Ints, people: People) -> RowWeights:
    """Return weights of an arm's scores if its ill come exp(alpha) times as often as its well with the same history.

    The mean weight given history and day stays: it is divided by 1 − q + q exp(−alpha), q the probability of a score that is no response.
    """
    time = (histories.day - histories.start) / (histories.end - histories.start)
    x = np.column_stack([np.ones(len(time)), histories.visits[:, :2], time])
    bad = (~histories.good).astype(float)
    weight = people.weight[:, own][:, histories.person]
    fit = fit_weighted(x, bad, weight, BAD_RIDGE)
    part = sum_by(histories.person, weight[0][:, None] * x * (bad - fit.probability[0])[:, None], histories.n)
    score = spread(part, own, people.weight.shape[1])
    score = score + people.contribution @ (people.slope.T @ score)
    less = np.exp(-alpha)
    mean = 1 - fit.probability * (1 - less)
    tilted = rows.weight * np.where(bad > 0, less, 1.0) / mean
    q = fit.probability[0]
    slope = ((1 - less) * q * (1 - q) / mean[0])[:, None] * x
    through = (slope, score @ np.linalg.inv(fit.information[0]))
    return RowWeights(tilted / tilted.mean(axis=1, keepdims=True), (*rows.slopes, through))
