"""Standard errors, degrees of freedom and tests for contrasts of the coefficients.

All contrasts here are of the orthonormal columns' coefficients; ``Fit`` maps the formula's onto them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.likelihood.likelihood import Likelihood, State
from outcomes.mixed.likelihood.matrices import pseudo_inverse
from outcomes.mixed.likelihood.traces import weighted_middle

DF_METHODS = ("kenward_roger", "satterthwaite", "between_within", "residual", "normal")


class Inference(Protocol):
    """A covariance matrix of the coefficients, and df that go with it.

    Attributes
    ----------
    vcov : array, shape (k, k)
    """

    @property
    def vcov(self) -> Floats:
        """Covariance of the coefficients, shape (k, k)."""

    def dfs(self, contrasts: Floats) -> Floats:
        """Degrees of freedom of each contrast (l, k), shape (l,)."""

    def f_test(self, contrasts: Floats, estimates: Floats) -> tuple[float, float]:
        """F statistic and denominator df of contrasts (l, k) of full rank with their estimates (l,)."""


def plain_f(vcov: Floats, contrasts: Floats, estimates: Floats) -> float:
    """Wald's F: ``b'(L C L')^-1 b / l``."""
    middle = contrasts @ vcov @ contrasts.T
    return float(estimates @ np.linalg.solve(middle, estimates) / len(estimates))


@dataclass(frozen=True)
class FixedDf:
    """Degrees of freedom that come from counting: residual, between-within, or normal.

    Attributes
    ----------
    vcov : array, shape (k, k)
    count : callable
        Contrasts (l, k) to their degrees of freedom.
    """

    vcov: Floats = field(repr=False)
    count: Callable[[Floats], float]

    def dfs(self, contrasts: Floats) -> Floats:
        """Count for each contrast."""
        return np.array([self.count(row[None, :]) for row in contrasts])

    def f_test(self, contrasts: Floats, estimates: Floats) -> tuple[float, float]:
        """Wald's F with the counted df."""
        return plain_f(self.vcov, contrasts, estimates), self.count(contrasts)


def fai_cornelius(
    vcov: Floats, contrasts: Floats, estimates: Floats, dfs: Callable[[Floats], Floats]
) -> tuple[float, float]:
    """F with the denominator df of Fai & Cornelius (1996, doi:10.1080/00949659608811740).

    The contrasts are turned to independent ones; E is the mean of their squared t's under the null.
    """
    values, vectors = np.linalg.eigh(contrasts @ vcov @ contrasts.T)
    turned = vectors.T @ contrasts
    q = len(values)
    each = dfs(turned)
    statistic = float(np.sum((vectors.T @ estimates) ** 2 / values) / q)
    if q == 1:
        return statistic, float(each[0])
    if np.ptp(each) < 1e-8 * each.mean():
        return statistic, float(each.mean())
    above = each[each > 2]
    expected = float(np.sum(above / (above - 2)))
    return statistic, 2 * expected / (expected - q) if expected > q else float("nan")


@dataclass(frozen=True)
class ModelInference:
    """Model-based covariance with Satterthwaite's or Kenward and Roger's small-sample correction.

    Satterthwaite: ``df = 2 v^2 / (g'Wg)``, v the variance of the contrast, g its gradient in the covariance parameters, W
    their covariance. Kenward & Roger (1997, doi:10.2307/2533558) without the second-derivative term R_rs: SAS's and
    mmrm's "Kenward-Roger-Linear"; for an unstructured covariance this is Kenward & Roger (2009, doi:10.1016/j.csda.2008.12.013).

    Attributes
    ----------
    vcov : array, shape (k, k)
        Adjusted for Kenward-Roger.
    phi : array, shape (k, k)
        Not adjusted.
    slopes : array, shape (r, k, k)
        ``Phi X'V^-1 V_r V^-1 X Phi``: derivatives of phi.
    weights : array, shape (r, r)
        Covariance of the parameters: inverse observed or expected information.
    kenward_roger : bool
    """

    vcov: Floats = field(repr=False)
    phi: Floats = field(repr=False)
    slopes: Floats = field(repr=False)
    weights: Floats = field(repr=False)
    kenward_roger: bool

    def dfs(self, contrasts: Floats) -> Floats:
        """Satterthwaite's df of each contrast, which are Kenward and Roger's too."""
        variance = np.einsum("li,ij,lj->l", contrasts, self.phi, contrasts)
        gradient = np.einsum("li,rij,lj->lr", contrasts, self.slopes, contrasts, optimize=True)
        spread = np.einsum("lr,rs,ls->l", gradient, self.weights, gradient)
        return np.where(spread > 0, 2 * variance**2 / np.where(spread > 0, spread, 1.0), np.inf)

    def f_test(self, contrasts: Floats, estimates: Floats) -> tuple[float, float]:
        """Kenward and Roger's scaled F, or Fai and Cornelius's with Satterthwaite's df."""
        if not self.kenward_roger:
            return fai_cornelius(self.vcov, contrasts, estimates, self.dfs)
        if len(contrasts) == 1:
            return plain_f(self.vcov, contrasts, estimates), float(self.dfs(contrasts)[0])
        scale, df = self._scale_and_df(contrasts)
        return scale * plain_f(self.vcov, contrasts, estimates), df

    def _scale_and_df(self, contrasts: Floats) -> tuple[float, float]:
        """Match the first two moments of the scaled statistic to an F (Kenward & Roger 1997, p. 988)."""
        size = len(contrasts)
        theta = np.linalg.inv(contrasts @ self.phi @ contrasts.T)
        inner = contrasts @ self.slopes @ contrasts.T @ theta
        each = np.trace(inner, axis1=1, axis2=2)
        a1 = float(each @ self.weights @ each)
        a2 = float(np.einsum("rij,sji,rs->", inner, inner, self.weights))
        if a2 <= 0:
            return 1.0, float("inf")
        b = (a1 + 6 * a2) / (2 * size)
        g = ((size + 1) * a1 - (size + 4) * a2) / ((size + 2) * a2)
        base = 3 * size + 2 * (1 - g)
        c1, c2, c3 = g / base, (size - g) / base, (size + 2 - g) / base
        mean = 1 / (1 - a2 / size)
        variance = (2 / size) * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
        ratio = variance / (2 * mean**2)
        df = 4 + (size + 2) / (size * ratio - 1)
        if mean <= 0 or df <= 2:  # no F has these moments: a covariance estimated from very few subjects
            return float("nan"), float("nan")
        return df / (mean * (df - 2)), float(df)


def infer_model(likelihood: Likelihood, state: State, *, df: str, information: str) -> ModelInference:
    """Compute Satterthwaite's or Kenward and Roger's ingredients at the optimum."""
    k, phi = likelihood.n_columns, state.phi
    weights = pseudo_inverse(likelihood.information(state, information))
    products = likelihood.derivative_products(state)[:, :k, :k]
    slopes = phi @ products @ phi
    vcov = phi
    if df == "kenward_roger":
        bias = _sum_quadratic(likelihood, state, weights) - np.einsum(
            "rij,sjk,rs->ik", products @ phi, products, weights
        )
        vcov = phi + 2 * phi @ bias @ phi
        vcov = 0.5 * (vcov + vcov.T)
    return ModelInference(vcov, phi, slopes, weights, df == "kenward_roger")


def _sum_quadratic(likelihood: Likelihood, state: State, weights: Floats) -> Floats:
    """Sum ``W_rs X'V^-1 V_r V^-1 V_s V^-1 X`` over pairs of parameters."""
    k = likelihood.n_columns
    out = np.zeros((k, k))
    for part, inverse, slope in zip(likelihood.parts, state.inverses, state.slopes, strict=True):
        middle = weighted_middle(inverse, slope, weights[part.where, part.where])
        out += part.sums.weigh(middle)[:k, :k]
    return out
