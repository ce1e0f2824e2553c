"""Draws from the posterior of the coefficients and the covariance by visit, as multiple imputation needs them.

With a flat prior on the coefficients the restricted likelihood is the likelihood of the covariance with the coefficients integrated
out (Harville 1974, 10.1093/biomet/61.2.383). So the covariance is drawn by Metropolis and Hastings' rule with proposals from
a multivariate t about the REML estimate, and the coefficients from their normal distribution given it. The prior of an unstructured
covariance is Jeffreys', ``|Sigma|^-(T+1)/2``; other structures have a flat one on log standard deviations and correlations.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.errors import SettingError
from outcomes.mixed.likelihood.likelihood import Likelihood, State
from outcomes.mixed.likelihood.matrices import pseudo_inverse
from outcomes.mixed.likelihood.structures import Structure, Unstructured
from outcomes.mixed.result.result import Fit

TAIL = 10.0  # degrees of freedom of the proposals: heavier tails than the posterior's
BURN = 50  # proposals before the first draw
THIN = 5  # proposals between two draws


@dataclass(frozen=True)
class Draws:
    """Draws of the parameters of a fit.

    Attributes
    ----------
    coefficients : array, shape (draws, k)
        In the order of the fit's ``names``.
    covariance : array, shape (draws, n_visits, n_visits)
    accepted : float
        Share of the proposals that were taken; 1 would be independent draws, near 0 a chain that stands still.
    """

    coefficients: Floats = field(repr=False)
    covariance: Floats = field(repr=False)
    accepted: float


def draw_parameters(fit: Fit, draws: int, generator: np.random.Generator, burn: int = BURN, thin: int = THIN) -> Draws:
    """Draw coefficients and covariance from their posterior.

    Parameters
    ----------
    fit : Fit
        By REML, of a covariance by visit without random effects or groups, converged.
    draws : int
    generator : Generator
    burn, thin : int
        Proposals before the first draw, and for each further one.

    Returns
    -------
    Draws

    Raises
    ------
    SettingError
        A fit with random effects, groups, or by ML.
    ConvergenceError
        A fit that did not converge.
    """
    fit.require_converged()
    family = fit.engine.model.families[0]
    if fit.random is not None or fit.group is not None or fit.method != "reml":
        raise SettingError("draws of the parameters need a REML fit of one covariance by visit, without random effects")
    optimum = fit.engine.optimum
    assert optimum is not None
    chain = _Chain(fit.engine.model.likelihood, _Coordinates(family), optimum.state, optimum.hessian)
    states, accepted = chain.run(draws, generator, burn, thin)
    basis = fit.engine.model.basis
    coefficients = [
        basis.inverse @ (state.beta + basis.offset) + _spread(basis.inverse, state.phi, generator) for state in states
    ]
    sigma = np.stack([family.evaluate(state.theta)[0] for state in states])
    return Draws(np.stack(coefficients), sigma, accepted)


def _spread(inverse: Floats, phi: Floats, generator: np.random.Generator) -> Floats:
    """Draw the coefficients' error by the Cholesky factor of their covariance in the order of the formula's columns.

    That factor is unique. One of another basis would be as good a root, but would give other draws wherever a processor turns the
    basis another way. It comes from an orthogonal factorisation, as the covariance itself would lose half the digits.
    """
    upper = np.linalg.qr((inverse @ np.linalg.cholesky(phi)).T, mode="r")
    return np.asarray((upper * np.sign(np.diag(upper))[:, None]).T @ generator.standard_normal(len(phi)))


@dataclass(frozen=True)
class _Coordinates:
    """Free coordinates of a structure: for the unstructured one the Cholesky factor with the logs of its diagonal."""

    family: Structure

    def from_theta(self, theta: Floats) -> Floats:
        if not isinstance(self.family, Unstructured):
            return theta
        root = np.linalg.cholesky(self.family.evaluate(theta)[0])
        np.fill_diagonal(root, np.log(np.diag(root)))
        return np.asarray(root[np.tril_indices(self.family.n_visits)])

    def to_theta(self, place: Floats) -> Floats:
        if not isinstance(self.family, Unstructured):
            return place
        root = self._root(place)
        return np.asarray((root @ root.T)[np.tril_indices(self.family.n_visits)])

    def _root(self, place: Floats) -> Floats:
        n = self.family.n_visits
        root = np.zeros((n, n))
        root[np.tril_indices(n)] = place
        np.fill_diagonal(root, np.exp(np.diag(root)))
        return root

    def log_prior(self, place: Floats) -> float:
        """Jeffreys' prior times the Jacobian: the i-th diagonal element of the factor to the power 1 − i, from 1."""
        if not isinstance(self.family, Unstructured):
            return 0.0
        n = self.family.n_visits
        return float(-np.arange(n) @ np.log(np.diag(self._root(place))))

    def slope(self, place: Floats) -> Floats:
        """Return the derivatives of the parameters by the coordinates, shape (r, r)."""
        if not isinstance(self.family, Unstructured):
            return np.eye(len(place))
        root, n = self._root(place), self.family.n_visits
        columns = []
        for row, column in zip(*np.tril_indices(n), strict=True):
            change = np.zeros((n, n))
            change[row, column] = root[row, row] if row == column else 1.0
            both = change @ root.T
            columns.append((both + both.T)[np.tril_indices(n)])
        return np.column_stack(columns)


@dataclass(frozen=True)
class _Chain:
    """Metropolis and Hastings' independence sampler about the REML estimate."""

    likelihood: Likelihood
    coordinates: _Coordinates
    mode: State
    hessian: Floats

    def run(self, draws: int, generator: np.random.Generator, burn: int, thin: int) -> tuple[list[State], float]:
        center = self.coordinates.from_theta(self.mode.theta)
        slope = self.coordinates.slope(center)
        root = np.linalg.cholesky(pseudo_inverse(-slope.T @ self.hessian @ slope))
        state, height, taken = self.mode, self._height(self.mode, center, np.zeros(len(center))), 0
        kept = []
        for step in range(1, burn + draws * thin + 1):
            offset = generator.standard_normal(len(center)) / np.sqrt(generator.chisquare(TAIL) / TAIL)
            threshold = np.log(generator.random())
            place = center + root @ offset
            ahead = self.likelihood.solve(self.coordinates.to_theta(place))
            if ahead is not None:
                high = self._height(ahead, place, offset)
                if threshold < high - height:
                    state, height, taken = ahead, high, taken + 1
            if step > burn and (step - burn) % thin == 0:
                kept.append(state)
        return kept, taken / (burn + draws * thin)

    def _height(self, state: State, place: Floats, offset: Floats) -> float:
        """Return the log of posterior over proposal density."""
        proposal = -0.5 * (TAIL + len(place)) * np.log1p(float(offset @ offset) / TAIL)
        return state.loglik + self.coordinates.log_prior(place) - float(proposal)
