"""Covariance structures over visits: parameters to a matrix and its first two derivatives.

The unstructured matrix is linear in its parameters. Every other structure is ``exp(s_i + s_j) C_ij(r)`` with one log standard
deviation (homogeneous) or one per visit (heterogeneous) and correlations ``C``. Kenward and Roger's adjustment without its
second-derivative term, and Satterthwaite's df, do not depend on the parametrisation, so that any serves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.errors import SettingError

Derivatives = tuple[Floats, Floats, Floats | None]
"""Matrix (..., T, T), first derivatives (r, ..., T, T), second (r, r, ..., T, T) or None when all are zero."""


class Structure(Protocol):
    """A family of covariance matrices over ``n_visits`` visits."""

    @property
    def n_visits(self) -> int:
        """Visits."""

    @property
    def n_parameters(self) -> int:
        """Free parameters."""

    def start(self, rough: Floats) -> Floats:
        """Parameters near a rough covariance matrix."""

    def evaluate(self, theta: Floats) -> Derivatives:
        """Matrix and derivatives at ``theta``."""


@dataclass(frozen=True)
class Unstructured:
    """Every variance and covariance free; parameters are the lower triangle by rows."""

    n_visits: int

    @property
    def n_parameters(self) -> int:
        """T (T + 1) / 2."""
        return self.n_visits * (self.n_visits + 1) // 2

    def start(self, rough: Floats) -> Floats:
        """Lower triangle of the matrix."""
        return np.asarray(rough[np.tril_indices(self.n_visits)])

    def evaluate(self, theta: Floats) -> Derivatives:
        """Fill the matrix; the derivatives are constant."""
        row, column = np.tril_indices(self.n_visits)
        sigma = np.zeros((self.n_visits, self.n_visits))
        sigma[row, column] = sigma[column, row] = theta
        slope = np.zeros((len(theta), self.n_visits, self.n_visits))
        slope[np.arange(len(theta)), row, column] = 1.0
        slope[np.arange(len(theta)), column, row] = 1.0
        return sigma, slope, None


@dataclass(frozen=True)
class Scaled:
    """Standard deviations times a correlation structure.

    Attributes
    ----------
    n_visits : int
    heterogeneous : bool
        Whether each visit has a standard deviation of its own.
    n_correlations : int
    correlate : callable
        Correlation parameters to correlations and derivatives.
    summarise : callable
        Rough correlation matrix to correlation parameters.
    """

    n_visits: int
    heterogeneous: bool
    n_correlations: int
    correlate: Callable[[Floats, int], Derivatives]
    summarise: Callable[[Floats], Floats]

    @property
    def n_parameters(self) -> int:
        """Standard deviations and correlations."""
        return self._n_scales + self.n_correlations

    @property
    def _n_scales(self) -> int:
        return self.n_visits if self.heterogeneous else 1

    def start(self, rough: Floats) -> Floats:
        """Log standard deviations and correlations, drawn towards zero until the matrix is positive definite."""
        deviations = np.sqrt(np.diag(rough))
        scales = np.log(deviations) if self.heterogeneous else np.array([0.5 * np.log(np.mean(deviations**2))])
        correlations = self.summarise(rough / np.outer(deviations, deviations))
        while np.linalg.eigvalsh(self.correlate(correlations, self.n_visits)[0])[0] < 0.02:
            correlations = 0.9 * correlations
        return np.concatenate([scales, correlations])

    def evaluate(self, theta: Floats) -> Derivatives:
        """Scale the correlations and differentiate the product."""
        t, n, r = self.n_visits, self._n_scales, len(theta)
        corr, slope, bend = self.correlate(theta[n:], t)
        scale = theta[:n] if self.heterogeneous else np.repeat(theta[0], t)
        size = np.exp(scale[:, None] + scale[None, :])
        sigma = size * corr
        own = np.eye(t) if self.heterogeneous else np.ones((1, t))
        twice = own[:, :, None] + own[:, None, :]
        first = np.concatenate([twice * sigma, slope * size])
        second = np.zeros((r, r, t, t))
        second[:n] = twice[:, None] * first[None]
        second[n:, :n] = second[:n, n:].transpose(1, 0, 2, 3)
        if bend is not None:
            second[n:, n:] = bend * size
        return sigma, first, second


def _gaps(t: int) -> Floats:
    return np.abs(np.subtract.outer(np.arange(t), np.arange(t)))


def _independent(rho: Floats, t: int) -> Derivatives:
    return np.eye(t), np.zeros((0, t, t)), None


def _exchangeable(rho: Floats, t: int) -> Derivatives:
    off = 1.0 - np.eye(t)
    return np.eye(t) + rho[0] * off, off[None], None


def _toeplitz(rho: Floats, t: int) -> Derivatives:
    gap = _gaps(t)
    slope = np.stack([(gap == lag).astype(float) for lag in range(1, t)]) if t > 1 else np.zeros((0, t, t))
    return np.eye(t) + np.tensordot(rho, slope, 1), slope, None


def _autoregressive(rho: Floats, t: int) -> Derivatives:
    gap = _gaps(t)
    first = gap * rho[0] ** np.maximum(gap - 1, 0)
    second = gap * (gap - 1) * rho[0] ** np.maximum(gap - 2, 0)
    return rho[0] ** gap, first[None], second[None, None]


def _ante_dependence(rho: Floats, t: int) -> Derivatives:
    """Correlations multiply along the path from one visit to another."""
    low, high = np.minimum.outer(range(t), range(t)), np.maximum.outer(range(t), range(t))
    on_path = np.stack([(low <= s) & (s < high) for s in range(t - 1)])
    factors = np.where(on_path, rho[:, None, None], 1.0)

    def without(*steps: int) -> Floats:
        keep = [s for s in range(t - 1) if s not in steps]
        return np.asarray(np.prod(factors[keep], axis=0) * np.all(on_path[list(steps)], axis=0))

    first = np.stack([without(s) for s in range(t - 1)])
    second = np.stack([[without(a, b) if a != b else np.zeros((t, t)) for b in range(t - 1)] for a in range(t - 1)])
    return np.prod(factors, axis=0), first, second


def _lag_means(corr: Floats) -> Floats:
    return np.array([np.mean(np.diagonal(corr, lag)) for lag in range(1, len(corr))])


def _clip(values: Floats) -> Floats:
    return np.clip(values, -0.95, 0.95)


_CORRELATIONS: dict[
    str, tuple[Callable[[int], int], Callable[[Floats, int], Derivatives], Callable[[Floats], Floats]]
] = {
    "independent": (lambda t: 0, _independent, lambda c: np.zeros(0)),
    "compound_symmetry": (
        lambda t: 1,
        _exchangeable,
        lambda c: _clip(np.array([c[np.tril_indices(len(c), -1)].mean()])),
    ),
    "toeplitz": (lambda t: t - 1, _toeplitz, lambda c: _clip(_lag_means(c))),
    "ar1": (lambda t: 1, _autoregressive, lambda c: _clip(_lag_means(c)[:1])),
    "ante_dependence": (lambda t: t - 1, _ante_dependence, lambda c: _clip(np.diagonal(c, 1))),
}

STRUCTURES = (
    "unstructured",
    *(prefix + name for name in _CORRELATIONS if name != "independent" for prefix in ("", "heterogeneous_")),
)
"""Names of the covariance structures by visit."""


ORDERED = tuple(name for name in STRUCTURES if not name.endswith(("unstructured", "compound_symmetry")))
"""Those that depend on the order of the visits."""


def make_structure(name: str, n_visits: int) -> Structure:
    """Build a structure from its name; ``"independent"`` is the plain residual beside random effects."""
    if name == "unstructured":
        return Unstructured(n_visits)
    kind = name.removeprefix("heterogeneous_")
    if kind not in _CORRELATIONS:
        raise SettingError(f"covariance {name!r} is not one of {', '.join(STRUCTURES)}")
    if n_visits < 2 and kind != "independent":
        kind, name = "independent", name
    count, correlate, summarise = _CORRELATIONS[kind]
    return Scaled(n_visits, name != kind, count(n_visits), correlate, summarise)
