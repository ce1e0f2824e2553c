"""Random effects: ``V = Z L L' Z' + R``, L a lower triangular root of the effects' covariance.

The root keeps the covariance non-negative, and lets a variance reach zero, where the fit is reported as singular.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.likelihood.structures import Derivatives, Structure


@dataclass(frozen=True)
class Mixture:
    """Random effects plus a residual structure.

    Attributes
    ----------
    design : array, shape (T, q) or (n_subjects, T, q)
        Z: the effects' columns at each slot.
    residual : Structure
        Covariance of what the effects leave.
    """

    design: Floats = field(repr=False)
    residual: Structure

    @property
    def n_effects(self) -> int:
        """Random effects per subject."""
        return int(self.design.shape[-1])

    @property
    def n_roots(self) -> int:
        """Parameters of the effects' covariance."""
        return self.n_effects * (self.n_effects + 1) // 2

    @property
    def n_parameters(self) -> int:
        """Parameters of the effects' and the residual covariance."""
        return self.n_roots + self.residual.n_parameters

    def root(self, theta: Floats) -> Floats:
        """Lower triangular L, shape (q, q)."""
        lower = np.zeros((self.n_effects, self.n_effects))
        lower[np.tril_indices(self.n_effects)] = theta[: self.n_roots]
        return lower

    def evaluate(self, theta: Floats) -> Derivatives:
        """Add ``Z L L' Z'`` to the residual and differentiate."""
        n, m, r = self.n_effects, self.n_roots, len(theta)
        lower = self.root(theta)
        inner, slope, bend = self.residual.evaluate(theta[m:])
        row, column = np.tril_indices(n)
        unit = np.zeros((m, n, n))
        unit[np.arange(m), row, column] = 1.0
        half = unit @ lower.T
        first = self._surround(half + half.transpose(0, 2, 1))
        cross = unit[:, None] @ unit[None].transpose(0, 1, 3, 2)
        shape = self._surround(lower @ lower.T).shape
        sigma = self._surround(lower @ lower.T) + inner
        slopes = np.concatenate([first, np.broadcast_to(_lead(slope, len(shape)), (r - m, *shape))])
        second = np.zeros((r, r, *shape))
        second[:m, :m] = self._surround((cross + cross.transpose(0, 1, 3, 2)).reshape(m * m, n, n)).reshape(
            m, m, *shape
        )
        if bend is not None:
            second[m:, m:] = _lead(bend, len(shape))
        return sigma, slopes, second

    def _surround(self, middle: Floats) -> Floats:
        """Give ``Z M Z'`` for one M (q, q) or several (n, q, q)."""
        shape = (*self.design.shape[:-1], self.design.shape[-2])
        lead = middle.shape[:-2]
        return np.asarray((middle.reshape(-1, self.n_effects**2) @ self._products).reshape(*lead, *shape))

    @cached_property
    def _products(self) -> Floats:
        """Products of the columns of Z, pair by pair: (q q, all pairs of slots)."""
        z = self.design
        pairs = np.moveaxis(z[..., :, None, :, None] * z[..., None, :, None, :], (-2, -1), (0, 1))
        return np.ascontiguousarray(pairs.reshape(self.n_effects**2, -1))


def _lead(array: Floats, ndim: int) -> Floats:
    """Give the covariance derivatives of the residual a subject axis where Z has one."""
    if ndim == 2:
        return array
    t = array.shape[-1]
    return array.reshape(*array.shape[:-2], 1, t, t)


@dataclass(frozen=True)
class Remainder:
    """The residual variance alone, for the part of the rows that the random effects do not reach.

    Attributes
    ----------
    n_skipped : int
        Parameters of the random effects, which come first.
    """

    n_skipped: int

    def evaluate(self, theta: Floats) -> Derivatives:
        """Variance ``exp(2 s)`` with s the last parameter."""
        r = self.n_skipped + 1
        sigma = np.full((1, 1), np.exp(2 * theta[-1]))
        first, second = np.zeros((r, 1, 1)), np.zeros((r, r, 1, 1))
        first[-1], second[-1, -1] = 2 * sigma, 4 * sigma
        return sigma, first, second


def start_effects(n_effects: int, total: float) -> Floats:
    """Give the effects half of a total variance; their columns must have a mean square of one."""
    lower = np.eye(n_effects) * np.sqrt(0.5 * total / n_effects)
    return np.asarray(lower[np.tril_indices(n_effects)])
