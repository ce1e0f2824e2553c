"""Traces of products of inverse covariances and their derivatives, summed over patterns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.likelihood.matrices import multiply
from outcomes.mixed.likelihood.subject_sums import SubjectSums

_CHUNK = 3_000_000


@dataclass
class Traces:
    """Sums over subjects, for parameters r and s.

    Attributes
    ----------
    gradient : array, shape (r,)
        ``1/2 tr[(V^-1 S V^-1 - n V^-1) V_r]``.
    plain : array, shape (r, r)
        ``n tr(V^-1 V_r V^-1 V_s)``.
    through : array, shape (r, r)
        ``tr(V^-1 V_r V^-1 V_s V^-1 S)``.
    bent : array, shape (r, r)
        ``1/2 tr[(V^-1 S V^-1 - n V^-1) V_rs]``.
    """

    gradient: Floats
    plain: Floats
    through: Floats
    bent: Floats

    @classmethod
    def zeros(cls, r: int) -> Traces:
        """Start from nothing."""
        return cls(np.zeros(r), np.zeros((r, r)), np.zeros((r, r)), np.zeros((r, r)))

    @property
    def hessian(self) -> Floats:
        """Second derivatives with the coefficients held fixed."""
        return 0.5 * self.plain - self.through + self.bent


def add_traces(
    traces: Traces, where: slice, sums: SubjectSums, inverse: Floats, slope: Floats, bend: Floats | None, spread: Floats
) -> None:
    """Add one part's share.

    Parameters
    ----------
    inverse : array, shape (n_patterns, T, T)
    slope : array, shape (r, n_patterns or 1, T, T)
    bend : array, shape (r, r, n_patterns or 1, T, T), or None
    spread : array, shape (n_patterns, T, T)
        S of each pattern.
    """
    around = multiply(multiply(inverse, spread), inverse)
    pull = around - sums.counts[:, None, None] * inverse
    shared = slope.shape[1] == 1
    summed = pull.sum(axis=0, keepdims=True) if shared else pull
    r = len(slope)
    flat = slope.reshape(r, -1)
    traces.gradient[where] += 0.5 * flat @ summed.reshape(-1)
    if bend is not None:
        traces.bent[where, where] += 0.5 * (bend.reshape(r, r, -1) @ summed.reshape(-1))
    pairs = _shared_pairs if shared else _own_pairs
    plain, through = pairs(inverse, around, slope, sums.counts)
    traces.plain[where, where] += plain
    traces.through[where, where] += 0.5 * (through + through.T)


def _shared_pairs(inverse: Floats, around: Floats, slope: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Sum Kronecker products over patterns once, then apply the common derivatives."""
    n_patterns, t = inverse.shape[:2]
    flat, r = inverse.reshape(n_patterns, -1), len(slope)
    tall = slope.reshape(r, -1)

    def contract(left: Floats) -> Floats:
        kron = (left.T @ flat).reshape(t, t, t, t).transpose(1, 2, 3, 0).reshape(t * t, t * t)
        return np.asarray(tall @ kron @ tall.T)

    return contract(flat * counts[:, None]), contract(around.reshape(n_patterns, -1))


def _own_pairs(inverse: Floats, around: Floats, slope: Floats, counts: Floats) -> tuple[Floats, Floats]:
    tall = slope.reshape(len(slope), -1)
    right = multiply(slope, inverse)
    plain = (multiply(inverse, right) * counts[:, None, None]).reshape(len(slope), -1)
    return plain @ tall.T, multiply(around, right).reshape(len(slope), -1) @ tall.T


def sandwich_derivatives(inverse: Floats, slope: Floats) -> Iterator[tuple[int, Floats]]:
    """Yield ``V^-1 V_r V^-1`` for runs of parameters: first parameter, array (n, n_patterns, T, T)."""
    n_patterns, t = inverse.shape[:2]
    step = max(1, _CHUNK // (n_patterns * t * t))
    for first in range(0, len(slope), step):
        some = slope[first : first + step]
        if some.shape[1] == 1:
            left = inverse.reshape(-1, t) @ some[:, 0].transpose(1, 0, 2).reshape(t, -1)
            rows = left.reshape(n_patterns, t, -1, t).transpose(0, 2, 1, 3).reshape(n_patterns, -1, t)
            yield first, (rows @ inverse).reshape(n_patterns, -1, t, t).transpose(1, 0, 2, 3)
        else:
            yield first, multiply(multiply(inverse, some), inverse)


def weighted_middle(inverse: Floats, slope: Floats, weights: Floats) -> Floats:
    """Give ``V^-1 (sum_rs W_rs V_r V^-1 V_s) V^-1`` per pattern, shape (n_patterns, T, T)."""
    n_patterns, t = inverse.shape[:2]
    if slope.shape[1] == 1:
        flat = slope.reshape(len(slope), -1)
        kernel = (flat.T @ weights @ flat).reshape(t, t, t, t).transpose(0, 3, 1, 2).reshape(t * t, t * t)
        inner = (inverse.reshape(n_patterns, -1) @ kernel.T).reshape(n_patterns, t, t)
    else:
        mixed = np.tensordot(weights, slope, 1)
        inner = multiply(multiply(slope, inverse), mixed).sum(axis=0)
    return multiply(multiply(inverse, inner), inverse)
