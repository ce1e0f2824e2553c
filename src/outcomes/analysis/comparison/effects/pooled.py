"""Weighted risks of several data sets, imputed or one as it is, and the contrast of the arms by Rubin's rules over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.effects.contrast import Proportions
from outcomes.analysis.comparison.effects.standardisation import weigh_outcomes
from outcomes.analysis.comparison.rubin import Pooled, pool_nested
from outcomes.analysis.comparison.weighting.weights import Weights, find_stretch


def weigh_risks(outcomes: Floats, used: Bools, treated: Bools, weights: Weights) -> Floats:
    """Return the weighted risks of both arms in every data set.

    Parameters
    ----------
    outcomes : ndarray, shape (people, sets)
        1 or 0; anything in those not used.
    used : ndarray of bool, shape (people,)
        Some of either arm carry weight.
    treated : ndarray of bool, shape (people,)
    weights : Weights

    Returns
    -------
    ndarray, shape (5, sets)
        Risk of the treated and of the reference, their variances, and their covariance, which hold that the score was estimated, and from
        few patients.
    """
    values = np.where(used[:, None], outcomes, 0.0)
    sides = [weigh_outcomes(values, used & side, weights) for side in (treated, ~treated)]
    (p, one), (q, other) = ((mean, influence - influence.mean(axis=0)) for mean, influence in sides)
    pairs = ((one, one), (other, other), (one, other))
    stretch = find_stretch(weights.weight[used], weights.columns) / len(values) ** 2
    return np.stack([p, q, *(np.einsum("ij,ij->j", a, b) * stretch for a, b in pairs)])


def pool_risks(drawn: Floats, sizes: Sequence[float]) -> tuple[Pooled, Proportions]:
    """Return the pooled risk difference, and both arms' pooled risks for its interval.

    Rubin's rules are quadratic in the estimates, so that the covariance of the pooled risks follows from three pooled variances.

    Parameters
    ----------
    drawn : ndarray, shape (5, fills, draws)
        As :func:`weigh_risks` returns them: in every data set with filled confounders, of every imputation of scores.
    sizes : sequence of float
        Effective numbers of patients of the treated and of the reference.
    """
    p, q, p_variance, q_variance, covariance = drawn
    difference = pool_nested(p - q, p_variance + q_variance - 2 * covariance, np.inf, 1.0)
    one, other = pool_nested(p, p_variance, np.inf, 1.0), pool_nested(q, q_variance, np.inf, 1.0)
    shared = (one.variance + other.variance - difference.variance) / 2
    numbers = [one.estimate, other.estimate, one.variance, other.variance, shared, *sizes, difference.df]
    return difference, Proportions(*(np.asarray(number, dtype=float) for number in numbers))


def pool_log_ratio(drawn: Floats, arms: Proportions) -> Pooled:
    """Return the logarithm of the ratio of the pooled risks, with its variance by the delta method; both risks are above 0."""
    p, q = float(arms.treated), float(arms.reference)
    variance = drawn[2] / p**2 + drawn[3] / q**2 - 2 * drawn[4] / (p * q)
    return pool_nested(np.log(p / q) + (drawn[0] - p) / p - (drawn[1] - q) / q, variance, np.inf, 1.0)
