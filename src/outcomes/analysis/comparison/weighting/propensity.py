"""The propensity score: probability of the treated arm given the confounders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.mixed.separation import find_separation

MOST_STEPS, SMALLEST_STEP, SMALLEST_RISE, LARGEST_LOGIT = 50, 1e-9, 1e-7, 35.0
EXTREME = 1e-5  # a fitted probability so near 0 or 1 may be on its way there


@dataclass(frozen=True)
class Logistic:
    """A fitted logistic regression.

    Attributes
    ----------
    design : ndarray, shape (n, k)
        With a constant first.
    coefficients : ndarray, shape (k,)
    probability : ndarray, shape (n,)
        Of every row, whether it took part in the fit or not.
    influence : ndarray, shape (n, k)
        Each row's influence on the coefficients: their estimation error is its mean.
    converged : bool
        False where a level has only one of the two outcomes, or several together tell it, so that a coefficient has no end.
    """

    design: Floats
    coefficients: Floats
    probability: Floats
    influence: Floats
    converged: bool


def fit_logistic(columns: Floats, outcome: Floats | Bools, used: Bools | None = None) -> Logistic:
    """Fit a logistic regression by maximum likelihood.

    Parameters
    ----------
    columns : ndarray, shape (n, k − 1)
        Without the constant.
    outcome : ndarray, shape (n,)
        1 or 0; anything in rows that are not used.
    used : ndarray of bool, optional
        Rows that take part; the others are only predicted.

    Returns
    -------
    Logistic

    Examples
    --------
    >>> import numpy as np
    >>> group = np.repeat([0.0, 1.0], 20)
    >>> treated = np.concatenate([np.arange(20) < 5, np.arange(20) < 15])  # a quarter, and three quarters
    >>> fitted = fit_logistic(group[:, None], treated)
    >>> fitted.converged, np.round(fitted.probability[[0, 39]], 6).tolist()
    (True, [0.25, 0.75])
    """
    design = np.column_stack([np.ones(len(columns)), columns])
    rows = np.ones(len(design), dtype=bool) if used is None else used
    x, y = design[rows], np.asarray(outcome, dtype=float)[rows]
    coefficients, settled = _climb(x, y)
    probability = invert_logit(design @ coefficients)
    p = probability[rows]
    near = not settled or bool(
        (np.minimum(p, 1 - p) < EXTREME).any()
    )  # without, the maximum is an inner one: nothing is separated
    converged = settled and not (near and find_separation(x, y).any())
    inverse = np.linalg.pinv((x.T * (p * (1 - p))) @ x, hermitian=True)
    influence = np.zeros_like(design)
    influence[rows] = len(design) * (x * (y - p)[:, None]) @ inverse
    return Logistic(design, coefficients, probability, influence, converged)


def _climb(x: Floats, y: Floats) -> tuple[Floats, bool]:
    """Return the coefficients by Newton's method with step halving, and whether they settled.

    A level with only one of the two outcomes has no finite coefficient: its steps stay large while the likelihood hardly rises. There the
    search ends, and says that it did not settle.
    """
    beta = np.zeros(x.shape[1])
    loglik = _loglik(x @ beta, y)
    for _ in range(MOST_STEPS):
        p = invert_logit(x @ beta)
        step = np.linalg.lstsq((x.T * (p * (1 - p))) @ x, x.T @ (y - p), rcond=None)[0]
        new = _loglik(x @ (beta + step), y)
        while new < loglik - 1e-9 * abs(loglik) and np.abs(step).max() > SMALLEST_STEP:
            step = step / 2
            new = _loglik(x @ (beta + step), y)
        beta, rise, loglik = beta + step, new - loglik, new
        if np.abs(step).max() < SMALLEST_STEP:
            return beta, True
        if rise < SMALLEST_RISE and np.abs(x @ step).max() > 0.5:
            return beta, False
    return beta, False


def _loglik(linear: Floats, y: Floats) -> float:
    return float(y @ linear - np.logaddexp(0.0, linear).sum())


def invert_logit(linear: Floats) -> Floats:
    """Return probabilities, kept off 0 and 1 by less than any weight can tell."""
    return np.asarray(1 / (1 + np.exp(-np.clip(linear, -LARGEST_LOGIT, LARGEST_LOGIT))))
