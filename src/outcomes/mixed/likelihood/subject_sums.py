"""Sums over subjects that share a covariance: the only place where the data enter the likelihood.

They answer two questions. ``weigh(M)``: what is ``sum_i [X_i y_i]' M_i [X_i y_i]`` for a visits-by-visits matrix per
pattern? ``spread(A)``: what is ``sum_i [X_i y_i] A [X_i y_i]'`` within each pattern? Everything the likelihood, its
derivatives, Kenward-Roger and Satterthwaite need is made of these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats
from outcomes.mixed.likelihood.matrices import multiply


class SubjectSums(Protocol):
    """Subjects whose covariance matrices come from one set of parameters.

    Attributes
    ----------
    seen : array of bool, shape (n_patterns, n_slots)
        Which slots (visits) a pattern has.
    counts : array, shape (n_patterns,)
        Subjects per pattern.
    """

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Slots of each pattern."""

    @property
    def counts(self) -> Floats:
        """Subjects of each pattern."""

    def weigh(self, middle: Floats) -> Floats:
        """Sum ``[X y]' M [X y]``: (..., n_patterns, n_slots, n_slots) to (..., k + 1, k + 1)."""

    def spread(self, outer: Floats) -> Floats:
        """Sum ``[X y] A [X y]'``: (k + 1, k + 1) to (n_patterns, n_slots, n_slots)."""


@dataclass(frozen=True)
class GramSums:
    """Subjects known by their pattern's Gram matrix alone.

    Attributes
    ----------
    loads : array, shape (n_visits, n_sources, k + 1)
        How sources make columns at each visit; the last column is the response.
    seen : array of bool, shape (n_patterns, n_visits)
    counts : array, shape (n_patterns,)
    steady : array, shape (n_patterns, q, q)
        Products of subject-level sources.
    mixed : array, shape (n_patterns, q, m, n_visits)
        Subject-level by varying.
    moving : array, shape (n_patterns, m, n_visits, m, n_visits)
        Varying by varying.
    """

    loads: Floats = field(repr=False)
    seen: NDArray[np.bool_]
    counts: Floats
    steady: Floats = field(repr=False)
    mixed: Floats = field(repr=False)
    moving: Floats = field(repr=False)

    @classmethod
    def from_gram(cls, gram: Floats, loads: Floats, seen: NDArray[np.bool_], counts: Floats, n_steady: int) -> GramSums:
        """Cut pattern Gram matrices into their parts."""
        n_patterns, q = len(gram), n_steady
        n_visits, m = loads.shape[0], loads.shape[1] - q
        return cls(
            loads=loads,
            seen=seen,
            counts=counts,
            steady=np.ascontiguousarray(gram[:, :q, :q]),
            mixed=gram[:, :q, q:].reshape(n_patterns, q, m, n_visits),
            moving=gram[:, q:, q:].reshape(n_patterns, m, n_visits, m, n_visits),
        )

    @property
    def together(self) -> Floats:
        """Subjects seen at both of two visits, shape (n_visits, n_visits)."""
        return np.asarray(np.einsum("p,ps,pt->st", self.counts, self.seen, self.seen))

    def weigh_sources(self, middle: Floats) -> Floats:
        """Sum ``w(s)' M[s, t] w(t)`` over subjects: to (..., n_visits, n_sources, n_visits, n_sources)."""
        lead, (n_patterns, t) = middle.shape[:-3], middle.shape[-3:-1]
        q, m = self.steady.shape[1], self.moving.shape[1]
        flat = middle.reshape(-1, n_patterns, t, t)
        out = np.empty((len(flat), t, q + m, t, q + m))
        by_pattern = flat.transpose(0, 2, 3, 1)
        steady = by_pattern.reshape(-1, n_patterns) @ self.steady.reshape(n_patterns, -1)
        out[:, :, :q, :, :q] = steady.reshape(-1, t, t, q, q).transpose(0, 1, 3, 2, 4)
        if m:
            by_visit = np.ascontiguousarray(by_pattern.transpose(2, 0, 1, 3)).reshape(t, -1, n_patterns)
            cross = by_visit @ self.mixed.transpose(3, 0, 1, 2).reshape(t, n_patterns, q * m)
            cross = cross.reshape(t, -1, t, q, m)
            out[:, :, :q, :, q:] = cross.transpose(1, 2, 3, 0, 4)
            out[:, :, q:, :, :q] = cross.transpose(1, 0, 4, 2, 3)
            both = self.moving.transpose(2, 4, 0, 1, 3).reshape(t * t, n_patterns, m * m)
            pairs = np.matmul(flat.transpose(2, 3, 0, 1).reshape(t * t, -1, n_patterns), both)
            out[:, :, q:, :, q:] = pairs.reshape(t, t, -1, m, m).transpose(2, 0, 3, 1, 4)
        return out.reshape(*lead, t, q + m, t, q + m)

    def weigh(self, middle: Floats) -> Floats:
        """Sum ``[X y]' M [X y]`` over subjects."""
        sources = self.weigh_sources(middle)
        flat = self.loads.reshape(-1, self.loads.shape[2])
        size = len(flat)
        return np.asarray(flat.T @ sources.reshape(*sources.shape[:-4], size, size) @ flat)

    def spread(self, outer: Floats) -> Floats:
        """Sum ``[X y] A [X y]'``, A symmetric, over the subjects of each pattern, zero at visits not seen."""
        t, q, n_patterns = len(self.loads), self.steady.shape[1], len(self.counts)
        flat = self.loads.reshape(-1, self.loads.shape[2])
        inner = (flat @ outer @ flat.T).reshape(t, -1, t, self.loads.shape[1])
        steady = inner[:, :q, :, :q].transpose(1, 3, 0, 2).reshape(q * q, t * t)
        out = (self.steady.reshape(n_patterns, -1) @ steady).reshape(n_patterns, t, t)
        if self.moving.shape[1]:
            by_visit = self.mixed.transpose(3, 0, 1, 2).reshape(t, n_patterns, -1)
            cross = by_visit @ inner[:, :q, :, q:].transpose(2, 1, 3, 0).reshape(t, -1, t)
            out += cross.transpose(1, 2, 0) + cross.transpose(1, 0, 2)
            out += np.einsum("pmsnt,smtn->pst", self.moving, inner[:, q:, :, q:])
        return np.asarray(out * (self.seen[:, :, None] & self.seen[:, None, :]))


@dataclass(frozen=True)
class RowSums:
    """Subjects each with a covariance matrix of their own.

    Attributes
    ----------
    columns : array, shape (n_subjects, n_slots, k + 1)
        Design and response by slot, zero in empty slots; multiplied by the root of the weight.
    seen : array of bool, shape (n_subjects, n_slots)
    counts : array of ones, shape (n_subjects,)
    """

    columns: Floats = field(repr=False)
    seen: NDArray[np.bool_] = field(repr=False)
    counts: Floats = field(repr=False)

    def weigh(self, middle: Floats) -> Floats:
        """Sum ``[X y]' M [X y]`` over subjects."""
        width = self.columns.shape[2]
        tall = self.columns.reshape(-1, width).T
        flat = middle.reshape(-1, *middle.shape[-3:])
        out = np.stack([tall @ multiply(one, self.columns).reshape(-1, width) for one in flat])
        return out.reshape(*middle.shape[:-3], width, width)

    def spread(self, outer: Floats) -> Floats:
        """Give ``[X y] A [X y]'`` of each subject."""
        return np.asarray(self.columns @ outer @ self.columns.transpose(0, 2, 1))
