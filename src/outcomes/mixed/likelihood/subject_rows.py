"""The subjects themselves, in batches of equal shape: for what the moments cannot tell (sandwich, residuals, BLUPs)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.mixed.arrays import Floats, Integers
from outcomes.mixed.data.rows import Rows
from outcomes.mixed.design.by_subject import Wide
from outcomes.mixed.design.orthonormal import Basis
from outcomes.mixed.design.random_effects import Effects
from outcomes.mixed.likelihood.by_row import LongData
from outcomes.mixed.likelihood.mixture import Mixture
from outcomes.mixed.likelihood.model import Model

if TYPE_CHECKING:
    import pandas as pd

_BATCH = 5_000


@dataclass(frozen=True)
class Batch:
    """Subjects with the same number of rows.

    Attributes
    ----------
    subjects : array of int, shape (m,)
    rows : array of int, shape (m, t)
        Where their rows are among the complete rows.
    columns : array, shape (m, t, k + 1)
        Orthonormal columns and least-squares residual, times the root of the weight.
    sigma : array, shape (m or 1, t, t)
        Covariance of a subject of weight one.
    effects : array, shape (m or 1, t, q), or None
        Random effects' columns.
    group : int
    """

    subjects: Integers
    rows: Integers = field(repr=False)
    columns: Floats = field(repr=False)
    sigma: Floats = field(repr=False)
    effects: Floats | None = field(repr=False)
    group: int


@dataclass(frozen=True)
class Subjects(ABC):
    """Rows of the subjects of a fit.

    Attributes
    ----------
    rows : Rows
    subject : str
        Name of the column of subjects.
    """

    rows: Rows
    subject: str

    @property
    def index(self) -> pd.Index[Any]:
        """Index of the complete rows in the data."""
        return self.rows.table.index()

    @property
    def weights(self) -> Floats:
        """Weight of each subject."""
        return self.rows.weights

    @property
    def labels(self) -> pd.Index[Any]:
        """Label of each subject."""
        import pandas as pd

        column = self.rows.table[self.subject]
        first = column.values[self.rows.heads]
        found = first if column.labels is None else [column.labels[i] for i in first]
        labels: pd.Index[Any] = pd.Index(found, name=self.subject)
        return labels

    @abstractmethod
    def batches(self, model: Model, theta: Floats) -> Iterator[Batch]:
        """Yield all subjects with their covariances at ``theta``."""


@dataclass(frozen=True)
class SubjectsByVisit(Subjects):
    """Subjects whose covariance depends on visits only."""

    wide: Wide
    basis: Basis
    effects: Floats | None

    def batches(self, model: Model, theta: Floats) -> Iterator[Batch]:
        """Yield the subjects pattern by pattern."""
        n_visits = self.wide.patterns.shape[1]
        assert self.rows.visit is not None
        place = np.full(self.rows.n_subjects * n_visits, -1, dtype=np.intp)
        place[self.rows.subject * n_visits + self.rows.visit] = np.arange(self.rows.n_rows)
        place = place.reshape(-1, n_visits)
        order = np.argsort(self.wide.pattern, kind="stable")
        ends = np.cumsum(np.bincount(self.wide.pattern, minlength=len(self.wide.patterns)))
        sigmas = [f.evaluate(theta[p.where])[0] for f, p in zip(model.families, model.likelihood.parts, strict=True)]
        for p, (start, end) in enumerate(zip(np.r_[0, ends[:-1]], ends, strict=True)):
            seen, group = np.flatnonzero(self.wide.patterns[p]), int(self.wide.pattern_group[p])
            sigma = sigmas[group][np.ix_(seen, seen)][None]
            effects = None if self.effects is None else self.effects[seen][None]
            for at in range(start, end, _BATCH):
                members = order[at : min(at + _BATCH, end)]
                columns = self._columns(members, seen)
                yield Batch(members, place[members][:, seen], columns, sigma, effects, group)

    def _columns(self, members: Integers, seen: Integers) -> Floats:
        q, loads = self.wide.constant.shape[1], self.basis.loads
        steady = np.einsum("iq,tqk->itk", self.wide.constant[members], loads[seen, :q])
        moving = np.einsum("imt,tmk->itk", self.wide.varying[members][:, :, seen], loads[seen, q:])
        return np.asarray((steady + moving) * np.sqrt(self.wide.weights[members])[:, None, None])


@dataclass(frozen=True)
class SubjectsByRow(Subjects):
    """Subjects with random effects' columns of their own."""

    data: LongData
    effects: Effects
    by_visit: bool

    def batches(self, model: Model, theta: Floats) -> Iterator[Batch]:
        """Yield the subjects by their number of rows."""
        sizes = np.diff(self.data.starts, append=len(self.data.subject))
        scaled = self.data.scaled
        per_group = len(theta) // len(model.families)
        for size in np.unique(sizes):
            for group, family in enumerate(model.families):
                mine = theta[group * per_group : (group + 1) * per_group]
                found = np.flatnonzero((sizes == size) & (self.data.group == group))
                for at in range(0, len(found), _BATCH):
                    members = found[at : at + _BATCH]
                    rows = self.data.starts[members][:, None] + np.arange(size)
                    z = self.data.effects[rows]
                    sigma = self._sigma(family, mine, rows, z)
                    yield Batch(members, self.data.order[rows], scaled[rows], sigma, z, group)

    def _sigma(self, family: Mixture, theta: Floats, rows: Integers, z: Floats) -> Floats:
        root = family.root(theta)
        left = family.residual.evaluate(theta[family.n_roots :])[0]
        if self.by_visit:
            assert self.rows.visit is not None
            slot = self.rows.visit[self.data.order[rows]]
            inner = left[slot[:, :, None], slot[:, None, :]]
        else:
            inner = left[0, 0] * np.eye(rows.shape[1])
        return np.asarray(z @ (root @ root.T) @ z.transpose(0, 2, 1) + inner)
