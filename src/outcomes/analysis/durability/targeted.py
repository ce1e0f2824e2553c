"""The same share by a model of the response given what was seen before, brought into line with the weighted scores of each arm.

Targeted (augmented) inverse-intensity weighting: right if either the model of the visits or that of the response is (Pullenayegum &
Scharfstein 2022, 10.1093/epirev/mxac010; Smith et al. 2024, 10.1093/biomtc/ujae154).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Floats, Ints
from outcomes.analysis.durability.histories import Histories
from outcomes.analysis.durability.logistic import Fitted, expit, fit_weighted
from outcomes.analysis.durability.occupancy import CURVE_RIDGE, Error, Occupancy, build_curve, find_factor, stack
from outcomes.analysis.durability.retreatment import Staying
from outcomes.analysis.durability.visiting import People, RowWeights, spread, sum_by

SCALE_DAYS, LOG_DAYS = 35.0, 10.0


@dataclass(frozen=True)
class ArmScores:
    """An arm with the weights of its scores and with how much each patient still counts on each day.

    Attributes
    ----------
    histories : Histories
    own : ndarray of int, shape (n,)
        Places of its patients among those of both arms.
    rows : RowWeights
    staying : Staying
    degrees : int
        Of the curve that brings the model into line.
    """

    histories: Histories
    own: Ints
    rows: RowWeights
    staying: Staying
    degrees: int


@dataclass(frozen=True)
class OutcomeModel:
    """Response at a score given what was known before it, over both arms.

    Attributes
    ----------
    fit : Fitted
    contribution : ndarray, shape (N, p)
        What each patient adds to the error of its coefficients.
    """

    fit: Fitted
    contribution: Floats


def build_predictors(histories: Histories, arm: int, person: Ints, day: Floats, history: Floats) -> Floats:
    """Return the predictors of response on days, shape (rows, 12)."""
    margin, bad, since, mean = history[:, :4].T
    time = (day - histories.start) / SCALE_DAYS - 1
    gap = np.log1p(since / LOG_DAYS) - 1
    other = np.full(len(day), float(arm))
    columns = (
        np.ones(len(day)), time, time**2, other, other * time, margin, bad, gap, gap * margin, gap * bad, mean,
        histories.margin[person],
    )  # fmt: skip
    return np.column_stack(columns)


def fit_outcome(arms: Sequence[ArmScores], people: People) -> OutcomeModel:
    """Fit the logistic model of the response to the scores of both arms."""
    x = np.concatenate(
        [
            build_predictors(one.histories, place, one.histories.person, one.histories.day, one.histories.visits)
            for place, one in enumerate(arms)
        ]
    )
    good = np.concatenate([one.histories.good for one in arms]).astype(float)
    who = np.concatenate([one.own[one.histories.person] for one in arms])
    ridge = np.ones(x.shape[1])
    ridge[0] = 0.0
    fit = fit_weighted(x, good, people.weight[:, who], ridge)
    score = people.weight[0, who, None] * x * (good - fit.probability[0])[:, None]
    total = sum_by(who, score, people.weight.shape[1])
    total = total + people.contribution @ (people.slope.T @ total)
    return OutcomeModel(fit, total @ np.linalg.inv(fit.information[0]))


def target_arm(arm: ArmScores, place: int, model: OutcomeModel, people: People) -> Occupancy:
    """Return the share of an arm: the mean over all who could be seen of the model's probabilities, brought into line.

    Parameters
    ----------
    arm : ArmScores
    place : int
        0 or 1, as :func:`fit_outcome` had the arms.
    model : OutcomeModel
    people : People
    """
    histories, beta = arm.histories, model.fit.coefficients
    z = build_predictors(histories, place, histories.person, histories.day, histories.visits)
    x = build_curve(histories.day, histories.start, histories.end, arm.degrees)
    ridge = np.full(arm.degrees + 1, CURVE_RIDGE)
    fit = fit_weighted(x, histories.good.astype(float), arm.rows.weight, ridge, beta @ z.T)
    fitted, weight = fit.probability[0], arm.rows.weight[0][:, None]
    error = Error(x, arm.rows.weight[0], histories.good - fitted, fit.information[0])
    total = stack(histories, arm.own, people, arm.rows, error)
    total = total - model.contribution @ ((weight * (fitted * (1 - fitted))[:, None] * z).T @ x)
    moved = total @ np.linalg.inv(fit.information[0])
    return _average(arm, place, model, people, fit.coefficients, moved)


def _average(
    arm: ArmScores, place: int, model: OutcomeModel, people: People, shift: Floats, shift_error: Floats
) -> Occupancy:
    histories, days = arm.histories, arm.histories.days
    inside = days <= histories.until[:, None]
    person, column = np.nonzero(inside)
    z = build_predictors(histories, place, person, days[column], histories.look_back(person, days[column]))
    curve = build_curve(days, histories.start, histories.end, arm.degrees)
    counts = people.weight[:, arm.own]
    share = np.empty((len(counts), len(days)))
    for sample in range(len(counts)):
        logit = z @ model.fit.coefficients[sample] + (curve @ shift[sample])[column]
        weight = counts[sample, person] * np.exp(arm.staying.log_weight[sample, person, column])
        size = np.bincount(column, weight, len(days))
        with np.errstate(invalid="ignore", divide="ignore"):
            share[sample] = np.bincount(column, weight * expit(logit), len(days)) / size
    probability = expit(z @ model.fit.coefficients[0] + (curve @ shift[0])[column])
    weight = counts[0, person] * np.exp(arm.staying.log_weight[0, person, column])
    size = np.maximum(np.bincount(column, weight, len(days)), 1e-12)
    own = np.zeros(inside.shape)
    own[person, column] = weight * (probability - share[0, column]) / size[column]
    error = spread(own, arm.own, people.weight.shape[1])
    error = error + people.contribution @ (people.slope.T @ error)
    error += arm.staying.contribution @ np.einsum("ntq,nt->qt", arm.staying.slope, own)
    slope = weight * probability * (1 - probability) / size[column]
    by_day = np.stack([np.bincount(column, slope * one, len(days)) for one in z.T])
    error += shift_error @ (curve * np.bincount(column, slope, len(days))[:, None]).T + model.contribution @ by_day
    return Occupancy(days, share, error, find_factor(histories.n, arm.degrees))
