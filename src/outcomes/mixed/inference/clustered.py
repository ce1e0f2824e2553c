"""Sandwich covariance clustered by groups of subjects, such as sites, with Bell and McCaffrey's df.

As :mod:`~outcomes.mixed.inference.sandwich`, of which it is the case of one subject a cluster; the fitted covariance, by subject, is the
working one. A cluster's leverage has no more directions than there are coefficients, so that with U = X L, L L' = Phi, and U'U = V S V' its
power is I + U V D V' U', D = ((1 - S)^p - 1)/S: all that is needed are each cluster's sums X'X and X'e. With few clusters the adjustment
and the df matter (Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from outcomes.mixed.arrays import Floats, Integers
from outcomes.mixed.inference.degrees_of_freedom import fai_cornelius
from outcomes.mixed.inference.sandwich import POWERS, whiten
from outcomes.mixed.likelihood.likelihood import State
from outcomes.mixed.likelihood.model import Model
from outcomes.mixed.likelihood.subject_rows import Subjects

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTHING = 1e-10


@dataclass(frozen=True)
class ClusteredInference:
    """A sandwich covariance over clusters of subjects.

    Attributes
    ----------
    vcov, phi : array, shape (k, k)
        The sandwich, and the inverse information of the coefficients.
    grams : array, shape (clusters, k, k)
        X'X of each cluster, whitened.
    kind : {"cr0", "cr2", "cr3"}
    """

    vcov: Floats = field(repr=False)
    phi: Floats = field(repr=False)
    grams: Floats = field(repr=False)
    kind: str

    def dfs(self, contrasts: Floats) -> Floats:
        """Degrees of freedom of each contrast (l, k): the squared trace of the quadratic form over its squared norm."""
        phi, size, power = self.phi, len(contrasts), POWERS[self.kind]
        trace, square, outer = np.zeros(size), np.zeros(size), np.zeros((size, len(phi), len(phi)))
        at = phi @ contrasts.T
        for gram, once, twice in zip(self.grams, _adjust(self, power), _adjust(self, 2 * power), strict=True):
            own = np.einsum("kl,kj,jl->l", at, gram + twice, at)
            b = ((gram + once) @ at).T
            shared = np.einsum("lk,kj,lj->l", b, phi, b)
            trace += own - shared
            square += own**2 - 2 * own * shared
            outer += np.einsum("lk,lj->lkj", b, b)
        turned = phi @ outer
        square += np.einsum("lij,lji->l", turned, turned)
        return np.asarray(trace**2 / square)

    def f_test(self, contrasts: Floats, estimates: Floats) -> tuple[float, float]:
        """Wald's F with Fai and Cornelius's denominator df."""
        return fai_cornelius(self.vcov, contrasts, estimates, self.dfs)


def _adjust(inference: ClusteredInference, power: float) -> Iterator[Floats]:
    """Yield, for each cluster, X'((I - H)^power - I)X."""
    root: Floats = np.asarray(np.linalg.cholesky(inference.phi), dtype=np.float64)
    for gram in inference.grams:
        turned, change = _raise(gram, root, power)
        half = gram @ root @ turned
        yield np.asarray((half * change) @ half.T)


def _raise(gram: Floats, root: Floats, power: float) -> tuple[Floats, Floats]:
    """Return the directions of a cluster's leverage, and D; a direction that the cluster determines alone is left out."""
    leverage, turned = np.linalg.eigh(root.T @ gram @ root)
    left, size = 1 - leverage, np.where(np.abs(leverage) > _NOTHING, leverage, 1.0)
    raised = (
        np.where(left > _NOTHING, np.where(left > _NOTHING, left, 1.0) ** power, 0.0) if power else np.ones_like(left)
    )
    return turned, np.where(np.abs(leverage) > _NOTHING, (raised - 1) / size, -power)


def infer_clustered(
    model: Model, state: State, subjects: Subjects, clusters: Integers, kind: str
) -> ClusteredInference:
    """Sum the clusters' adjusted scores into a sandwich; ``clusters`` numbers each subject's, from 0."""
    k, n = len(state.phi), int(clusters.max()) + 1
    grams, sums = np.zeros((n, k, k)), np.zeros((n, k))
    for batch in subjects.batches(model, state.theta):
        x, residual, _ = whiten(batch, state, "cr0")
        np.add.at(grams, clusters[batch.subjects], x.transpose(0, 2, 1) @ x)
        np.add.at(sums, clusters[batch.subjects], (x.transpose(0, 2, 1) @ residual[:, :, None])[:, :, 0])
    root: Floats = np.asarray(np.linalg.cholesky(state.phi), dtype=np.float64)
    scores = sums.copy()
    for place, gram in enumerate(grams):
        turned, change = _raise(gram, root, POWERS[kind])
        scores[place] += gram @ root @ turned @ (change * (turned.T @ root.T @ sums[place]))
    return ClusteredInference(state.phi @ scores.T @ scores @ state.phi, state.phi, grams, kind)
