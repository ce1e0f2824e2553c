"""Estimating equations under one correlation between any two answers of a subject, solved over all subjects at once.

The equations of Liang & Zeger (1986, doi:10.1093/biomet/73.1.13): with D the derivative of the means and V the working covariance of a subject of
weight w, the coefficients solve ``Σ w D' V⁻¹ (y − μ) = 0``; the correlation is the weighted mean of products of Pearson residuals over pairs. The inverse
of V is known in closed form, so that a subject takes sums and no matrix, and time grows with rows by a small factor: a loop over subjects, as in
statsmodels, is some hundred times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from outcomes.mixed.arrays import Floats, Integers
from outcomes.mixed.errors import ConvergenceError

MOST_STEPS, SMALLEST_STEP = 200, 1e-10
ROWS = 200_000  # at a time; how many changes no number beyond rounding

# By family: from linear predictor to mean, and from mean to variance, which under these links is also the mean's derivative.
FAMILIES: dict[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]] = {
    "binomial": (lambda line: np.asarray(1 / (1 + np.exp(-line))), lambda mean: mean * (1 - mean)),
    "poisson": (lambda line: np.asarray(np.exp(line)), lambda mean: mean),
    "gaussian": (lambda line: line, np.ones_like),
}


@dataclass(frozen=True)
class Solved:
    """Estimating equations that were solved.

    Attributes
    ----------
    params : array, shape (k,)
    vcov : array, shape (k, k)
    dependence : float or array
        Of the working correlation.
    """

    params: Floats = field(repr=False)
    vcov: Floats = field(repr=False)
    dependence: object


@dataclass(frozen=True)
class Answers:
    """Rows sorted by subject.

    Attributes
    ----------
    x : array, shape (n, k)
    y : array, shape (n,)
    starts : array of int, shape (subjects,)
        The first row of each subject.
    weights : array, shape (subjects,)
    family : {"binomial", "poisson", "gaussian"}
    """

    x: Floats
    y: Floats
    starts: Integers
    weights: Floats
    family: str

    @property
    def sizes(self) -> Integers:
        """Return how many rows each subject has."""
        return np.diff(self.starts, append=len(self.y))

    def batches(self, beta: Floats) -> Iterator[tuple[Floats, Floats, Integers, slice]]:
        """Yield, some subjects at a time, D and residuals over the standard deviation, first rows, and which subjects."""
        mean_of, variance_of = FAMILIES[self.family]
        ends = np.append(self.starts[1:], len(self.y))
        first = 0
        while first < len(self.starts):
            last = max(first + 1, int(np.searchsorted(ends, self.starts[first] + ROWS, side="right")))
            rows = slice(int(self.starts[first]), int(ends[last - 1]))
            mean = mean_of(self.x[rows] @ beta)
            spread = np.sqrt(variance_of(mean))
            slope = spread if self.family != "gaussian" else np.ones_like(spread)
            yield (
                self.x[rows] * slope[:, None],
                (self.y[rows] - mean) / spread,
                self.starts[first:last] - rows.start,
                slice(first, last),
            )
            first = last

    def correlate(self, beta: Floats) -> float:
        """Return the correlation of two Pearson residuals of a subject; 0 where none has two."""
        sizes, k = self.sizes, len(beta)
        pairs = sizes * (sizes - 1) / 2
        if not pairs.any():
            return 0.0
        square = product = 0.0
        for _, residual, starts, chosen in self.batches(beta):
            own = np.add.reduceat(np.square(residual), starts)
            square += float(self.weights[chosen] @ own)
            product += float(self.weights[chosen] @ (np.square(np.add.reduceat(residual, starts)) - own)) / 2
        scale = square / (float(self.weights @ sizes) * _correct(len(self.y), k))
        return product / scale / (float(self.weights @ pairs) * _correct(float(pairs.sum()), k))

    def sum(self, beta: Floats, correlation: float) -> tuple[Floats, Floats, Floats]:
        """Return Σ w D'V⁻¹D, Σ w D'V⁻¹(y − μ), and the sum of the squares of its terms."""
        k, sizes = len(beta), self.sizes
        slope, score, middle = np.zeros((k, k)), np.zeros(k), np.zeros((k, k))
        for scaled, residual, starts, chosen in self.batches(beta):
            shared = correlation / (1 + correlation * (sizes[chosen] - 1))
            columns, total = np.add.reduceat(scaled, starts), np.add.reduceat(residual, starts)
            own = np.add.reduceat(scaled * residual[:, None], starts) - columns * (shared * total)[:, None]
            own *= (self.weights[chosen] / (1 - correlation))[:, None]
            each = np.repeat(self.weights[chosen], sizes[chosen])
            within = (scaled * each[:, None]).T @ scaled
            slope += (within - (columns * (shared * self.weights[chosen])[:, None]).T @ columns) / (1 - correlation)
            score += own.sum(axis=0)
            middle += own.T @ own
        return slope, score, middle


def _correct(count: float, k: int) -> float:
    """Return what a mean over so many residuals loses to k coefficients; nothing where there are no more of them."""
    return (count - k) / count if count > k else 1.0


def solve_exchangeable(answers: Answers, *, correlated: bool) -> Solved:
    """Solve the equations, and return the sandwich clustered by subject.

    Parameters
    ----------
    answers : Answers
    correlated : bool
        False takes the answers of a subject as independent while solving; the variance does not.

    Raises
    ------
    ConvergenceError
        No solution after 200 steps, or a correlation at which the answers of a subject have no covariance.
    """
    beta, correlation, longest = np.zeros(answers.x.shape[1]), 0.0, int(answers.sizes.max())
    with np.errstate(all="ignore"):
        for number in range(MOST_STEPS):
            slope, score, middle = answers.sum(beta, correlation)
            try:
                step = np.linalg.solve(slope, score)
            except np.linalg.LinAlgError:
                raise ConvergenceError("the estimating equations are singular") from None
            if not np.isfinite(step).all():
                raise ConvergenceError("the estimating equations have no finite solution")
            if number > 1 and np.abs(step).max() <= SMALLEST_STEP * max(1.0, float(np.abs(beta).max())):
                inverse = np.linalg.inv(slope)
                return Solved(beta, inverse @ middle @ inverse, correlation)
            beta = beta + step
            if correlated:
                correlation = answers.correlate(beta)
                if not (correlation < 1 and correlation * (longest - 1) > -1):  # nor where it is missing
                    raise ConvergenceError("the working correlation left its bounds")
    raise ConvergenceError(f"the estimating equations were not solved in {MOST_STEPS} steps")
