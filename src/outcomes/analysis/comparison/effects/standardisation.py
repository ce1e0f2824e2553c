"""Response and remission in either arm, had all patients of the declared population had it.

Three ways to the same risk: weighting (the treated stand for all), g-computation (an outcome model is averaged over the population), and
both (augmented: the model's average plus the weighted mean of its residuals). The last is right when either model is for the
patients that the fitted weights stand for; whom overlap weights favour rests on the score itself. Where a level of a confounder has no one with the outcome in an arm, or only such patients, its outcome model is Firth's. Variances are those of stacked estimating
equations (Stefanski & Boos 2002, 10.1198/000313002753631330): they hold that scores and outcome models were estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.weighting.firth import fit_firth
from outcomes.analysis.comparison.weighting.propensity import Logistic, fit_logistic
from outcomes.analysis.comparison.weighting.weights import Weights, compute_effective_n, count_columns, find_stretch

METHODS = ("weighted", "g_computation", "augmented")
MAXIMUM_LIKELIHOOD, FIRTH = "maximum_likelihood", "firth"
OutcomeFit = Callable[[Floats, Floats, Bools], tuple[Logistic, str]]


@dataclass(frozen=True)
class Mean:
    """An estimated mean and each patient's influence on it: the estimation error is the mean of the influences.

    ``size`` is the effective number of the arm's patients behind it; ``outcome_model`` names how the model behind it was fitted, '' where there
    is none; ``stretch`` is what a variance from the influences is multiplied with (:func:`.weights.find_stretch`).
    """

    value: float
    influence: Floats
    size: float
    converged: bool = True
    outcome_model: str = ""
    stretch: float = 1.0


def fit_outcome(design: Floats, outcome: Floats, used: Bools) -> tuple[Logistic, str]:
    """Fit the outcome model of an arm by maximum likelihood, or by Firth's penalised likelihood where that has no finite maximum."""
    model = fit_logistic(design, outcome, used)
    if model.converged:
        return model, MAXIMUM_LIKELIHOOD
    return fit_firth(design, outcome, used), FIRTH


def estimate_means(
    outcome: Floats, treated: Bools, design: Floats, weights: Weights, method: str, fit: OutcomeFit = fit_outcome
) -> tuple[Mean, Mean]:
    """Return the mean of a binary outcome under the treated arm and under the reference.

    Parameters
    ----------
    outcome : ndarray, shape (n,)
        1, 0, or missing; the missing ones count in the population that is averaged over, where the method has an outcome model.
    treated : ndarray of bool, shape (n,)
    design : ndarray, shape (n, k)
        Coded confounders, without a constant.
    weights : Weights
    method : {"weighted", "g_computation", "augmented"}
    fit : callable
        Takes design, outcome, and the rows used; returns the outcome model of an arm and how it was fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from outcomes.analysis.comparison.weighting.weights import compute_weights
    >>> severe = np.repeat([0.0, 1.0], 40)
    >>> treated = np.concatenate([np.arange(40) < 8, np.arange(40) < 32])  # the severe are treated more often
    >>> outcome = np.where(severe == 1, np.arange(80) % 4 == 0, np.arange(80) % 2 == 0).astype(float)  # and respond less
    >>> weights = compute_weights(treated, severe[:, None], "ate")
    >>> crude = outcome[treated].mean() - outcome[~treated].mean()
    >>> one, other = estimate_means(outcome, treated, severe[:, None], weights, "augmented")
    >>> round(float(crude), 3), abs(round(float(one.value - other.value), 6))
    (-0.15, 0.0)
    """
    sides, known = (treated, ~treated), ~np.isnan(outcome)
    if method == "weighted":
        found, columns = [_weigh(np.nan_to_num(outcome), side & known, weights) for side in sides], weights.columns
    else:
        found = [_standardise(outcome, side, design, weights, method == "augmented", fit) for side in sides]
        columns = count_columns(design, weights.present & known)
    one, other = (replace(mean, stretch=find_stretch(weights.weight[known], columns)) for mean in found)
    return one, other


def weigh_outcomes(outcomes: Floats, used: Bools, weights: Weights) -> tuple[Floats, Floats]:
    """Return the weighted means (Hajek) of several outcomes of the patients used, and each patient's influence on them.

    Parameters
    ----------
    outcomes : ndarray, shape (n, sets)
    used : ndarray of bool, shape (n,)
    weights : Weights
        Some of those used have one.

    Returns
    -------
    means : ndarray, shape (sets,)
    influence : ndarray, shape (n, sets)
        It holds that the propensity score was estimated; the estimation error is its mean over patients.
    """
    w = np.where(used, weights.weight, 0.0)
    means = w @ outcomes / w.sum()
    apart = outcomes - means
    influence = (len(w) * w / w.sum())[:, None] * apart
    if weights.propensity is not None:
        slope = np.where(used, weights.slope, 0.0) / w.sum()
        influence += weights.propensity.influence @ (weights.propensity.design.T @ (slope[:, None] * apart))
    return means, influence


def _weigh(values: Floats, used: Bools, weights: Weights) -> Mean:
    if not (used & weights.present).any():
        return Mean(np.nan, np.full(len(values), np.nan), 0.0, False)
    means, influence = weigh_outcomes(values[:, None], used, weights)
    return Mean(float(means[0]), influence[:, 0], compute_effective_n(weights.weight[used]), weights.supported)


def _with_propensity(mean: Mean, slope: Floats, weights: Weights) -> Mean:
    """Add to the influence what the estimation of the propensity score does; slope: the mean's derivative by each linear predictor."""
    if weights.propensity is None:
        return mean
    gradient = weights.propensity.design.T @ slope
    converged = mean.converged and weights.supported
    return replace(mean, influence=mean.influence + weights.propensity.influence @ gradient, converged=converged)


def _standardise(
    outcome: Floats, side: Bools, design: Floats, weights: Weights, augmented: bool, fit: OutcomeFit
) -> Mean:
    used = side & ~np.isnan(outcome)
    y = np.nan_to_num(outcome)
    if not 0 < y[used].sum() < used.sum():
        return Mean(np.nan, np.full(len(y), np.nan), 0.0, False)
    model, how = fit(design, y, used)
    average = replace(_average(model, weights), outcome_model=how, size=float(used.sum()))
    if not augmented:
        return average
    rest = _weigh(y - model.probability, used, weights)
    w = np.where(used, weights.weight, 0.0)
    spread = model.probability * (1 - model.probability)
    through_model = -model.influence @ (model.design.T @ (w * spread) / w.sum())
    influence = average.influence + rest.influence + through_model
    return Mean(average.value + rest.value, influence, rest.size, average.converged and rest.converged, how)


def _average(model: Logistic, weights: Weights) -> Mean:
    """Return the mean of the model's predictions over the population that the weights stand for."""
    n, h, m = len(model.probability), weights.tilt, model.probability
    total = h.sum()
    value = float((h * m).sum() / total)
    influence = n * h * (m - value) / total
    influence = influence + model.influence @ (model.design.T @ (h * m * (1 - m)) / total)
    mean = Mean(value, influence, float(n), model.converged)
    return _with_propensity(mean, weights.tilt_slope * (m - value) / total, weights)
