"""Logistic regressions fitted to many weightings of the same rows at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Floats

MOST_STEPS, SETTLED, LONGEST, LARGEST_LOGIT = 40, 1e-9, 5.0, 35.0


@dataclass(frozen=True)
class Fitted:
    """Penalised logistic regressions of B weightings.

    Attributes
    ----------
    coefficients : ndarray, shape (B, p)
    information : ndarray, shape (B, p, p)
        Minus the second derivative of the penalised log likelihood.
    linear : ndarray, shape (B, rows)
        Linear predictor, offset included.
    """

    coefficients: Floats
    information: Floats
    linear: Floats

    @property
    def probability(self) -> Floats:
        """Fitted probabilities, shape (B, rows)."""
        return expit(self.linear)


def expit(linear: Floats) -> Floats:
    """Return probabilities from logits."""
    return np.asarray(1 / (1 + np.exp(-np.clip(linear, -LARGEST_LOGIT, LARGEST_LOGIT))))


def fit_weighted(x: Floats, outcome: Floats, weight: Floats, ridge: Floats, offset: Floats | float = 0.0) -> Fitted:
    """Maximise Σ w log f(y | x) − ½ Σ ridge β² by Newton's method; the penalty keeps separated data finite.

    Parameters
    ----------
    x : ndarray, shape (rows, p)
    outcome : ndarray, shape (rows,)
        Between 0 and 1.
    weight : ndarray, shape (B, rows)
    ridge : ndarray, shape (p,)
    offset : ndarray, shape (B, rows), or float

    Examples
    --------
    >>> import numpy as np
    >>> x, y = np.ones((4, 1)), np.array([1.0, 1, 1, 0])
    >>> fit_weighted(x, y, np.array([[1.0, 1, 1, 1], [1, 1, 1, 3]]), np.zeros(1)).probability[:, 0].round(6).tolist()
    [0.75, 0.5]
    """
    batch, p = len(weight), x.shape[1]
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), p * p)
    beta = np.zeros((batch, p))
    linear = np.broadcast_to(offset, weight.shape) + beta @ x.T
    information = np.zeros((batch, p, p))
    for _ in range(MOST_STEPS):
        fitted = expit(linear)
        slope = (weight * (outcome - fitted)) @ x - ridge * beta
        information = ((weight * fitted * (1 - fitted)) @ products).reshape(batch, p, p) + np.diag(ridge)
        step = _solve(information, slope)
        longest = np.abs(step @ x.T).max(axis=1, initial=0.0)
        step = step * np.minimum(1.0, LONGEST / np.maximum(longest, 1e-12))[:, None]
        beta = beta + step
        linear = np.broadcast_to(offset, weight.shape) + beta @ x.T
        if np.abs(step).max() < SETTLED:
            break
    return Fitted(beta, information, linear)


def _solve(matrix: Floats, right: Floats) -> Floats:
    """Solve for each weighting; a sample that leaves a direction undetermined takes no step in it."""
    scale = np.einsum("bpp->b", matrix)[:, None, None] * np.eye(matrix.shape[1])
    return np.asarray(
        np.linalg.solve(matrix + 1e-12 * scale + 1e-300 * np.eye(matrix.shape[1]), right[:, :, None])[:, :, 0]
    )
