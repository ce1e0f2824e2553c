"""The (restricted) Gaussian log-likelihood, its gradient, Hessian and expected information.

With V the covariance, Phi = (X'V^-1 X)^-1 and r = y - X beta, and S_p the sum of r r' (plus X Phi X' for REML) over the subjects of
pattern p, the gradient is ``1/2 sum_p tr[(V^-1 S_p V^-1 - n_p V^-1) V_r]``; the Hessian is in ``curvature``. See Lindstrom & Bates
(1988, doi:10.1080/01621459.1988.10478693) and Wolfinger, Tobias & Sall (1994, doi:10.1137/0915079).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.likelihood.matrices import invert_covariances, invert_positive, is_definite
from outcomes.mixed.likelihood.structures import Derivatives
from outcomes.mixed.likelihood.subject_sums import SubjectSums
from outcomes.mixed.likelihood.traces import Traces, add_traces, sandwich_derivatives


class Family(Protocol):
    """Anything that turns parameters into covariance matrices; see ``structures`` and ``mixture``."""

    def evaluate(self, theta: Floats) -> Derivatives:
        """Matrix and derivatives at ``theta``."""


@dataclass(frozen=True)
class Part:
    """A sums of subjects, the family of its covariance, and which parameters the family reads."""

    sums: SubjectSums
    family: Family
    where: slice


@dataclass(frozen=True)
class State:
    """The likelihood at one value of the parameters.

    Attributes
    ----------
    theta : array, shape (r,)
    loglik : float
    beta : array, shape (k,)
        Coefficients of the orthonormal columns.
    phi : array, shape (k, k)
        Inverse of ``X'V^-1 X``.
    inverses : tuple of array, each shape (n_patterns, T, T)
    slopes, bends : tuple of array
        Derivatives of the covariance, one per part.
    """

    theta: Floats
    loglik: float
    beta: Floats
    phi: Floats = field(repr=False)
    inverses: tuple[Floats, ...] = field(repr=False)
    slopes: tuple[Floats, ...] = field(repr=False)
    bends: tuple[Floats | None, ...] = field(repr=False)


@dataclass(frozen=True)
class Likelihood:
    """The likelihood of all parts together.

    Attributes
    ----------
    parts : sequence of Part
    n_columns : int
        Columns k of the design.
    n_observations : int
    n_parameters : int
        Covariance parameters r.
    restricted : bool
        REML when true.
    log_weight : float
        Sum over rows of the log weight.
    log_det : float
        Log determinant that takes the orthonormal columns back to the formula's.
    """

    parts: Sequence[Part]
    n_columns: int
    n_observations: int
    n_parameters: int
    restricted: bool
    log_weight: float
    log_det: float

    def solve(self, theta: Floats) -> State | None:
        """Evaluate at ``theta``; None where a covariance is not positive definite."""
        total, log_det = np.zeros((self.n_columns + 1,) * 2), 0.0
        kept: list[tuple[Floats, Floats, Floats | None]] = []
        for part in self.parts:
            sigma, slope, bend = (lift(a, part.sums) for a in part.family.evaluate(theta[part.where]))
            assert sigma is not None and slope is not None  # noqa: PT018
            inverted = invert_covariances(sigma, part.sums.seen)
            if inverted is None or not is_definite(sigma):
                return None
            total = total + part.sums.weigh(inverted[0])
            log_det += float(part.sums.counts @ inverted[1])
            kept.append((inverted[0], slope, bend))
        return self._profile(theta, total, log_det, kept)

    def _profile(
        self, theta: Floats, total: Floats, log_det: float, kept: list[tuple[Floats, Floats, Floats | None]]
    ) -> State | None:
        k = self.n_columns
        inverted = invert_positive(total[:k, :k])
        if inverted is None:
            return None
        phi, log_normal = inverted
        beta = phi @ total[:k, k]
        quadratic = float(total[k, k] - total[k, :k] @ beta)
        free = self.n_observations - (k if self.restricted else 0)
        value = log_det - self.log_weight + quadratic + free * np.log(2 * np.pi)
        if self.restricted:
            value += log_normal + 2 * self.log_det
        inverses, slopes, bends = zip(*kept, strict=True)
        return State(theta, -0.5 * value, beta, phi, inverses, slopes, bends)

    def outer(self, state: State, residual: bool = True, fixed: bool | None = None) -> Floats:
        """Give A such that ``[X y] A [X y]'`` is r r' and, with ``fixed`` (by default under REML), plus X Phi X'."""
        k = self.n_columns
        out = np.zeros((k + 1, k + 1))
        if residual:
            contrast = np.r_[-state.beta, 1.0]
            out += np.outer(contrast, contrast)
        if self.restricted if fixed is None else fixed:
            out[:k, :k] += state.phi
        return out

    def traces(self, state: State, outer: Floats) -> Traces:
        """Collect gradient and Hessian traces of all parts for one A."""
        traces = Traces.zeros(self.n_parameters)
        for part, inverse, slope, bend in zip(self.parts, state.inverses, state.slopes, state.bends, strict=True):
            add_traces(traces, part.where, part.sums, inverse, slope, bend, part.sums.spread(outer))
        return traces

    def derivative_products(self, state: State) -> Floats:
        """Give ``[X y]'V^-1 V_r V^-1 [X y]`` for each parameter, shape (r, k + 1, k + 1)."""
        out = np.zeros((self.n_parameters, self.n_columns + 1, self.n_columns + 1))
        for part, inverse, slope in zip(self.parts, state.inverses, state.slopes, strict=True):
            at = part.where.start
            for first, middle in sandwich_derivatives(inverse, slope):
                out[at + first : at + first + len(middle)] += part.sums.weigh(middle)
        return out

    def gradient(self, state: State) -> Floats:
        """First derivatives of the log-likelihood, shape (r,)."""
        return self.traces(state, self.outer(state)).gradient

    def curvature(self, state: State, traces: Traces | None = None) -> Floats:
        """Second derivatives of the log-likelihood, exactly, shape (r, r)."""
        traces = traces or self.traces(state, self.outer(state))
        k = self.n_columns
        products = self.derivative_products(state)
        residual = products[:, :k, :] @ np.r_[-state.beta, 1.0]
        out = traces.hessian + residual @ state.phi @ residual.T
        if self.restricted:
            out += 0.5 * trace_pairs(products[:, :k, :k], state.phi)
        return np.asarray(out)

    def expected(self, state: State) -> Floats:
        """Compute the expected (Fisher) information, shape (r, r)."""
        traces = self.traces(state, self.outer(state, residual=False))
        if not self.restricted:
            return 0.5 * traces.plain
        products = self.derivative_products(state)[:, : self.n_columns, : self.n_columns]
        return np.asarray(0.5 * traces.plain - traces.through + 0.5 * trace_pairs(products, state.phi))

    def information(self, state: State, kind: str) -> Floats:
        """Observed or expected information."""
        return self.expected(state) if kind == "expected" else -self.curvature(state)


def lift(array: Floats | None, sums: SubjectSums) -> Floats | None:
    """Give covariances a pattern axis: (..., T, T) to (..., 1, T, T) unless each pattern has its own."""
    if array is None:
        return None
    t = sums.seen.shape[1]
    own = getattr(sums, "columns", None) is not None and array.ndim >= 3 and array.shape[-3] == len(sums.seen)
    return array if own else array.reshape(*array.shape[:-2], 1, t, t)


def trace_pairs(products: Floats, phi: Floats) -> Floats:
    """Give ``tr(Phi P_r Phi P_s)`` for every pair, shape (r, r)."""
    left = products @ phi
    return np.asarray(left.reshape(len(left), -1) @ left.transpose(0, 2, 1).reshape(len(left), -1).T)
