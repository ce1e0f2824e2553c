"""Logistic regression where maximum likelihood has no finite answer: a level of which everyone, or no one, has the outcome."""

from __future__ import annotations

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.population.confounders import find_independent
from outcomes.analysis.comparison.weighting.propensity import SMALLEST_STEP, Logistic, invert_logit

MOST_STEPS, LARGEST_STEP = 200, 5.0


def fit_firth(columns: Floats, outcome: Floats, used: Bools, mean_kept: bool = True) -> Logistic:
    """Fit a logistic regression by Firth's penalised likelihood, which always has a finite maximum.

    Maximised is the log-likelihood plus half the logarithm of the determinant of the information, Jeffreys' prior (Firth 1993,
    10.1093/biomet/80.1.27; for separation Heinze & Schemper 2002, 10.1002/sim.1047). That moves the mean of the predictions towards one
    half; the constant is therefore estimated once more by maximum likelihood, the slopes kept, so that the mean of the predictions is the
    observed share (FLIC; Puhr et al. 2017, 10.1002/sim.7273). The influences are those of both sets of estimating equations.

    Parameters
    ----------
    columns : ndarray, shape (n, k − 1)
        Without the constant.
    outcome : ndarray, shape (n,)
        1 or 0, both among the rows used; anything in the others.
    used : ndarray of bool
        Rows that take part; the others are only predicted. A column without variation among them has coefficient 0.
    mean_kept : bool
        Whether the constant is corrected.

    Returns
    -------
    Logistic

    Examples
    --------
    Of 20 and 30 patients, 4 and 0 have the outcome: Firth's risks are those with one half added to each cell, 4.5/21 and 0.5/31.

    >>> import numpy as np
    >>> group = np.repeat([0.0, 1.0], [20, 30])
    >>> outcome = (np.arange(50) < 4).astype(float)
    >>> plain, kept = (fit_firth(group[:, None], outcome, np.ones(50, bool), kept) for kept in (False, True))
    >>> np.round(plain.probability[[0, 49]], 6).tolist(), round(4.5 / 21, 6), round(0.5 / 31, 6)
    ([0.214286, 0.016129], 0.214286, 0.016129)
    >>> round(float(kept.probability.sum()), 6)
    4.0
    """
    design = np.column_stack([np.ones(len(columns)), columns])
    kept = [0, *(1 + place for place in find_independent(columns[used]))]
    x, y = design[used][:, kept], outcome[used]
    beta, converged = _climb(x, y)
    p = invert_logit(x @ beta)
    scores = x * (y - p + _find_leverage(x, p) * (0.5 - p))[:, None]
    errors = scores @ np.linalg.inv((x.T * (p * (1 - p))) @ x)
    if mean_kept:
        beta = np.r_[_fit_constant(x[:, 1:] @ beta[1:], y, beta[0]), beta[1:]]
        q = invert_logit(x @ beta)
        spread = q * (1 - q)
        errors[:, 0] = (y - q - errors[:, 1:] @ (spread @ x[:, 1:])) / spread.sum()
    coefficients, influence = np.zeros(design.shape[1]), np.zeros_like(design)
    coefficients[kept] = beta
    influence[np.ix_(np.flatnonzero(used), np.array(kept))] = len(design) * errors
    return Logistic(design, coefficients, invert_logit(design @ coefficients), influence, converged)


def _climb(x: Floats, y: Floats) -> tuple[Floats, bool]:
    """Return the coefficients by scoring with step halving, and whether they settled.

    The information is that of the data with Firth's h/2 events and h/2 non-events added to each row, h its leverage: without them steps
    are up to twice too long where a level has no event, and swing about the maximum for ever.
    """
    beta = np.zeros(x.shape[1])
    height = _loglik(x, y, beta)
    for _ in range(MOST_STEPS):
        p = invert_logit(x @ beta)
        h = _find_leverage(x, p)
        step = np.linalg.solve((x.T * (p * (1 - p) * (1 + h))) @ x, x.T @ (y - p + h * (0.5 - p)))
        step *= min(1.0, LARGEST_STEP / max(float(np.abs(step).max()), SMALLEST_STEP))
        new = _loglik(x, y, beta + step)
        while new < height - 1e-9 * abs(height) and np.abs(step).max() > SMALLEST_STEP:
            step = step / 2
            new = _loglik(x, y, beta + step)
        beta, height = beta + step, new
        if np.abs(step).max() < SMALLEST_STEP:
            return beta, True
    return beta, False


def _loglik(x: Floats, y: Floats, beta: Floats) -> float:
    linear = x @ beta
    p = invert_logit(linear)
    determinant = np.linalg.slogdet((x.T * (p * (1 - p))) @ x)[1]
    return float(y @ linear - np.logaddexp(0.0, linear).sum() + determinant / 2)


def _find_leverage(x: Floats, p: Floats) -> Floats:
    """Return the diagonal of the hat matrix of the weighted design."""
    basis = np.linalg.qr(x * np.sqrt(p * (1 - p))[:, None])[0]
    return np.asarray(np.square(basis).sum(axis=1))


def _fit_constant(offset: Floats, y: Floats, start: float) -> float:
    """Return the constant with which the predictions have the mean of the outcome."""
    constant = start
    for _ in range(MOST_STEPS):
        q = invert_logit(constant + offset)
        step = float(np.clip((y - q).sum() / (q * (1 - q)).sum(), -1.0, 1.0))
        constant += step
        if abs(step) < SMALLEST_STEP:
            break
    return constant
