"""Sandwich covariance clustered by subject, with degrees of freedom of Satterthwaite's kind.

With rows whitened by the fitted covariance, ``e_i`` the residuals and ``H_ii`` the leverage of a subject, the middle of the sandwich
sums the squares of ``X_i' A_i e_i``: A is I for CR0 (Liang & Zeger 1986, doi:10.1093/biomet/73.1.13), ``(I - H_ii)^-1/2`` for CR2 (Bell &
McCaffrey 2002; Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004), ``(I - H_ii)^-1`` for CR3 (Mancl & DeRouen 2001,
doi:10.1111/j.0006-341X.2001.00126.x). The variance of a contrast is a quadratic form in the response; under the
fitted covariance its first two moments give the df (Bell & McCaffrey).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.inference.degrees_of_freedom import fai_cornelius
from outcomes.mixed.likelihood.likelihood import State
from outcomes.mixed.likelihood.model import Model
from outcomes.mixed.likelihood.subject_rows import Batch, Subjects

POWERS = {"cr0": 0.0, "cr2": -0.5, "cr3": -1.0}


@dataclass(frozen=True)
class SandwichInference:
    """A sandwich covariance with Bell and McCaffrey's df.

    Attributes
    ----------
    vcov : array, shape (k, k)
    model : Model
    state : State
    subjects : Subjects
    kind : {"cr0", "cr2", "cr3"}
    """

    vcov: Floats = field(repr=False)
    model: Model = field(repr=False)
    state: State = field(repr=False)
    subjects: Subjects = field(repr=False)
    kind: str

    def dfs(self, contrasts: Floats) -> Floats:
        """Degrees of freedom of each contrast (l, k), in one pass over the subjects.

        The quadratic form has matrix ``D - B Phi B'`` over subjects; df are its squared trace over its squared norm.
        """
        phi, size = self.state.phi, len(contrasts)
        trace, square = np.zeros(size), np.zeros(size)
        outer = np.zeros((size, len(phi), len(phi)))
        for x, _, adjust in whitened(self.model, self.state, self.subjects, self.kind):
            a = adjust @ (x @ (phi @ contrasts.T))
            own = (a**2).sum(axis=1)
            b = a.transpose(0, 2, 1) @ x
            shared = ((b @ phi) * b).sum(axis=2)
            trace += (own - shared).sum(axis=0)
            square += (own**2 - 2 * own * shared).sum(axis=0)
            outer += b.transpose(1, 2, 0) @ b.transpose(1, 0, 2)
        turned = phi @ outer
        square += np.einsum("lij,lji->l", turned, turned)
        return trace**2 / square

    def f_test(self, contrasts: Floats, estimates: Floats) -> tuple[float, float]:
        """Wald's F with Fai and Cornelius's denominator df."""
        return fai_cornelius(self.vcov, contrasts, estimates, self.dfs)


def infer_sandwich(model: Model, state: State, subjects: Subjects, kind: str) -> SandwichInference:
    """Sum the subjects' adjusted scores into a sandwich."""
    middle = np.zeros_like(state.phi)
    for batch in subjects.batches(model, state.theta):
        scores = _score(*whiten(batch, state, kind))
        middle += scores.T @ scores
    return SandwichInference(state.phi @ middle @ state.phi, model, state, subjects, kind)


def sum_scores(model: Model, state: State, subjects: Subjects, kind: str) -> Floats:
    """Return each subject's adjusted score (n, k): what infer_sandwich squares and sums."""
    scores = np.zeros((len(subjects.weights), len(state.phi)))
    for batch in subjects.batches(model, state.theta):
        scores[batch.subjects] = _score(*whiten(batch, state, kind))
    return scores


def whitened(model: Model, state: State, subjects: Subjects, kind: str) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Yield batches of whitened design (m, t, k), residuals (m, t), and adjustment matrices (m, t, t)."""
    for batch in subjects.batches(model, state.theta):
        yield whiten(batch, state, kind)


def whiten(batch: Batch, state: State, kind: str) -> tuple[Floats, Floats, Floats]:
    """Return the whitened design (m, t, k), residuals (m, t), and adjustment matrices (m, t, t) of a batch."""
    white = np.linalg.solve(np.linalg.cholesky(batch.sigma), batch.columns)
    x, residual = white[:, :, :-1], white @ np.r_[-state.beta, 1.0]
    return x, residual, _adjustment(x @ state.phi @ x.transpose(0, 2, 1), POWERS[kind])


def _score(x: Floats, residual: Floats, adjust: Floats) -> Floats:
    return np.asarray(((adjust @ residual[:, :, None]).transpose(0, 2, 1) @ x)[:, 0])


def _adjustment(leverage: Floats, power: float) -> Floats:
    """Raise ``I - H`` to a power, on the directions where a subject does not determine its own fit."""
    t = leverage.shape[1]
    if power == 0.0:
        return np.broadcast_to(np.eye(t), leverage.shape)
    values, vectors = np.linalg.eigh(np.eye(t) - leverage)
    good = values > 1e-10
    raised = np.where(good, np.where(good, values, 1.0) ** power, 0.0)
    return np.asarray((vectors * raised[:, None, :]) @ vectors.transpose(0, 2, 1))
