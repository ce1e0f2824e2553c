"""Maximise the likelihood: Fisher scoring to come near, then Newton with step halving, until the Newton decrement is nil."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.likelihood.likelihood import Likelihood, State
from outcomes.mixed.likelihood.matrices import scaled_eigen

_EXACT_BELOW = 4_000_000
_DECREMENT = 1e-11
_FLAT = 1e-10


@dataclass(frozen=True)
class Optimum:
    """Where the search ended, and whether that is a maximum.

    Attributes
    ----------
    state : State
    converged : bool
    reason : str
        Why the search stopped.
    iterations : int
    decrement : float
        Twice the gain in log-likelihood that a Newton step still promises.
    gradient : array, shape (r,)
    condition : float
        Ratio of extreme eigenvalues of the observed information scaled to a unit diagonal.
    hessian : array, shape (r, r)
    """

    state: State
    converged: bool
    reason: str
    iterations: int
    decrement: float
    gradient: Floats = field(repr=False)
    condition: float
    hessian: Floats = field(repr=False)


def maximise(likelihood: Likelihood, start: Floats, *, scoring: int = 2, limit: int = 200) -> Optimum | None:
    """Climb from ``start``; None when the likelihood cannot be evaluated there.

    Far from small problems the Hessian leaves out the terms through the coefficients, which are of order k/n of the whole: the
    same maximum, a few more and much cheaper steps. The Hessian that is returned is always exact.
    """
    state = likelihood.solve(start)
    if state is None:
        return None
    exact = _is_small(likelihood)
    reason, decrement, iteration = f"no convergence in {limit} iterations", np.inf, 0
    for iteration in range(1, limit + 1):
        gradient, hessian = _derivatives(likelihood, state, scoring=iteration <= scoring, exact=exact)
        step = _ascent(gradient, hessian)
        decrement = float(gradient @ step)
        ahead = _search(likelihood, state, step, decrement)
        if ahead is None:
            reason = "no step along the Newton direction raises the likelihood"
            break
        state = ahead
        if decrement < _DECREMENT and iteration > scoring:
            reason = "the Newton decrement is nil"
            break
    return _judge(likelihood, state, reason, iteration)


def _is_small(likelihood: Likelihood) -> bool:
    sizes = [part.sums.seen.size * part.sums.seen.shape[1] for part in likelihood.parts]
    return bool(max(sizes) * likelihood.n_parameters < _EXACT_BELOW)


def _derivatives(likelihood: Likelihood, state: State, *, scoring: bool, exact: bool) -> tuple[Floats, Floats]:
    traces = likelihood.traces(state, likelihood.outer(state))
    if scoring:
        return traces.gradient, -0.5 * traces.plain
    return traces.gradient, likelihood.curvature(state, traces) if exact else traces.hessian


def _ascent(gradient: Floats, hessian: Floats) -> Floats:
    """Newton's step, with directions of no or wrong curvature turned to climb."""
    values, vectors, size = scaled_eigen(-hessian)
    safe = np.maximum(np.abs(values), 1e-8 * max(np.abs(values).max(initial=0.0), 1e-300))
    return np.asarray(vectors @ ((vectors.T @ (gradient / size)) / safe) / size)


def _search(likelihood: Likelihood, state: State, step: Floats, decrement: float) -> State | None:
    """Halve the step until the likelihood rises; near the top rounding may hide the rise."""
    slack = 1e-9 * (1 + abs(state.loglik)) if decrement < 1e-6 else 0.0
    length = 1.0
    for _ in range(40):
        ahead = likelihood.solve(state.theta + length * step)
        if ahead is not None and ahead.loglik >= state.loglik + 1e-4 * length * decrement - slack:
            return ahead
        length /= 2
    return None


def _nearly_singular(likelihood: Likelihood, state: State) -> bool:
    """Whether a covariance shared by the subjects of a part has all but lost a dimension."""
    tables = [part.family.evaluate(state.theta[part.where])[0] for part in likelihood.parts]
    return any(scaled_eigen(table)[0].min() < 1e-4 for table in tables if table.ndim == 2)


def _judge(likelihood: Likelihood, state: State, reason: str, iterations: int) -> Optimum:
    """Decide from the exact derivatives whether the end is a maximum."""
    traces = likelihood.traces(state, likelihood.outer(state))
    hessian = likelihood.curvature(state, traces)
    values = scaled_eigen(-hessian)[0]
    step = _ascent(traces.gradient, hessian)
    decrement = float(traces.gradient @ step)
    converged = decrement < 1e-8
    if converged and values.min(initial=1.0) < _FLAT:
        converged, reason = False, "the data do not determine every covariance parameter (the information is singular)"
    if not converged and _nearly_singular(likelihood, state):
        reason = (
            "the likelihood rises towards a singular covariance: too few subjects are seen at enough visits for so many "
            "covariances"
        )
    condition = float(values.max(initial=1.0) / max(values.min(initial=1.0), 1e-300))
    return Optimum(state, converged, reason, iterations, decrement, traces.gradient, condition, hessian)
