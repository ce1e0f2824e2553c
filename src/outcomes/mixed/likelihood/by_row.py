"""Random effects whose columns differ between subjects, as times of measurement that are each subject's own.

Without a residual structure, ``V_i = Z_i G Z_i' + s^2 I``. Turning a subject's rows to the span of Z_i leaves at most q numbers per
column that the effects reach; everything else is independent with variance s^2 and is summed into one Gram matrix. A subject of a
thousand rows then costs no more than one of three.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from outcomes.mixed.arrays import Floats, Integers
from outcomes.mixed.data.visit_order import refuse_unordered
from outcomes.mixed.design.orthonormal import Basis, orthogonalise
from outcomes.mixed.design.prepare import Prepared
from outcomes.mixed.design.random_effects import Effects, refuse_saturated
from outcomes.mixed.design.visit_loadings import Design, build_design, source_values
from outcomes.mixed.errors import DataError
from outcomes.mixed.likelihood.likelihood import Likelihood, Part
from outcomes.mixed.likelihood.mixture import Mixture, Remainder, start_effects
from outcomes.mixed.likelihood.model import Model
from outcomes.mixed.likelihood.structures import ORDERED, make_structure
from outcomes.mixed.likelihood.subject_sums import GramSums, RowSums


@dataclass(frozen=True)
class LongData:
    """Orthonormal columns on the rows, subject after subject.

    Attributes
    ----------
    design : Design
    basis : Basis
    columns : array, shape (n_rows, k + 1)
        Design and least-squares residual, not weighted.
    order : array of int, shape (n_rows,)
        The row of the data each row here comes from.
    subject : array of int, shape (n_rows,)
        Non-decreasing.
    starts : array of int, shape (n_subjects,)
    weights : array, shape (n_subjects,)
    group : array of int, shape (n_subjects,)
    effects : array, shape (n_rows, q)
    """

    design: Design
    basis: Basis
    columns: Floats = field(repr=False)
    order: Integers = field(repr=False)
    subject: Integers = field(repr=False)
    starts: Integers = field(repr=False)
    weights: Floats = field(repr=False)
    group: Integers = field(repr=False)
    effects: Floats = field(repr=False)

    @property
    def scaled(self) -> Floats:
        """Columns times the root of the subject's weight."""
        return np.asarray(self.columns * np.sqrt(self.weights)[self.subject][:, None])


def sort_rows(prepared: Prepared, effects: Effects) -> LongData:
    """Find the basis of the design from the rows, and sort the rows by subject."""
    design = build_design(prepared.formula, prepared.factors, prepared.values, prepared.response, ({}, frozenset()), 1)
    rows = prepared.rows
    sources = np.empty((rows.n_rows, len(design.subject_sources) + 1))
    for j, source in enumerate(design.subject_sources):
        sources[:, j] = source_values(source, prepared.values, design.centres)
    sources[:, -1] = prepared.response - design.response_centre
    heavy = sources * np.sqrt(rows.weights)[rows.subject][:, None]
    products = (heavy.T @ heavy)[None, :, None, :]
    basis = orthogonalise(design.loadings(), products, design.names)
    left = sources @ basis.loads[0][:, -1]
    if left @ left <= 1e-20 * (sources[:, -1] @ sources[:, -1]):
        raise DataError("the formula fits the response exactly: there is no variance left to model")
    if rows.n_rows <= len(design.names):
        raise DataError(
            f"{rows.n_rows} observations of {rows.n_subjects} subjects cannot estimate {len(design.names)} coefficients "
            f"and a variance"
        )
    order = np.argsort(rows.subject, kind="stable")
    subject = rows.subject[order]
    starts = np.r_[0, np.flatnonzero(np.diff(subject)) + 1]
    columns = sources[order] @ basis.loads[0]
    return LongData(design, basis, columns, order, subject, starts, rows.weights, rows.group, effects.columns[order])


def assemble_rows(data: LongData, n_groups: int, *, restricted: bool) -> Model:
    """Build the likelihood of random effects with independent residuals."""
    q = data.effects.shape[1]
    sizes = np.diff(data.starts, append=len(data.subject))
    refuse_saturated(q, int(sizes.max()))
    variance = float((data.scaled[:, -1] ** 2).mean())
    inside, loads = _turn(data)
    r = q * (q + 1) // 2 + 1
    start = np.r_[start_effects(q, variance), 0.5 * np.log(0.5 * variance)]
    parts: list[Part] = []
    families = []
    for g in range(n_groups):
        mine, where = data.group == g, slice(g * r, (g + 1) * r)
        family = Mixture(loads[mine], make_structure("independent", q))
        seen = (loads[mine] ** 2).sum(axis=2) > 0
        sums = RowSums(inside[mine], seen, np.ones(int(mine.sum())))
        rest = _remainder(data, mine, inside[mine], int(sizes[mine].sum() - seen.sum()))
        parts += [Part(sums, family, where), Part(rest, Remainder(r - 1), where)]
        families.append(family)
    likelihood = Likelihood(
        parts=tuple(parts),
        n_columns=len(data.design.names),
        n_observations=len(data.subject),
        n_parameters=r * n_groups,
        restricted=restricted,
        log_weight=float(np.log(data.weights) @ sizes),
        log_det=data.basis.log_det,
    )
    return Model(likelihood, data.basis, tuple(families), np.tile(start, n_groups))


def _turn(data: LongData) -> tuple[Floats, Floats]:
    """Turn each subject's rows to the directions of its effects.

    Returns
    -------
    tuple of array
        Columns along the directions, shape (n_subjects, q, k + 1), and the effects' loadings there, shape (n_subjects, q, q); both
        zero where a subject has fewer directions than effects.
    """
    z, xy = data.effects, data.scaled
    gram = np.add.reduceat(z[:, :, None] * z[:, None, :], data.starts)
    values, vectors = np.linalg.eigh(gram)
    good = values > 1e-12 * np.maximum(values[:, -1:], 1e-300)
    root = np.sqrt(np.where(good, values, 1.0))
    cross = np.stack([np.add.reduceat(z[:, [j]] * xy, data.starts) for j in range(z.shape[1])], axis=1)
    inside = vectors.transpose(0, 2, 1) @ cross / root[:, :, None] * good[:, :, None]
    loads = np.where(good, root, 0.0)[:, :, None] * vectors.transpose(0, 2, 1)
    return inside, loads


def _remainder(data: LongData, mine: Floats, inside: Floats, count: int) -> GramSums:
    """Sum what the effects do not reach into one Gram matrix."""
    width = data.columns.shape[1]
    rows = data.scaled[mine[data.subject]]
    reached = inside.reshape(-1, width)
    gram = rows.T @ rows - reached.T @ reached
    loads, seen = np.eye(width)[None], np.ones((1, 1), dtype=bool)
    return GramSums.from_gram(gram[None], loads, seen, np.array([float(count)]), width)


def assemble_visit_rows(
    data: LongData, prepared: Prepared, covariance: str, n_groups: int, *, restricted: bool
) -> Model:
    """Build the likelihood of subject-specific effects beside a residual structure by visit."""
    rows = prepared.rows
    assert rows.visit is not None
    if covariance in ORDERED:
        refuse_unordered(rows.visits, rows.ordered, f"covariance {covariance!r}")
    n_visits, n_subjects = len(rows.visits), rows.n_subjects
    slot = rows.visit[data.order]
    columns = np.zeros((n_subjects, n_visits, data.columns.shape[1]))
    columns[data.subject, slot] = data.scaled
    effects = np.zeros((n_subjects, n_visits, data.effects.shape[1]))
    effects[data.subject, slot] = data.effects
    seen = np.zeros((n_subjects, n_visits), dtype=bool)
    seen[data.subject, slot] = True
    structure = make_structure(covariance, n_visits)
    variance = float((data.scaled[:, -1] ** 2).mean())
    roots = start_effects(effects.shape[2], variance)
    first = np.r_[roots, structure.start(0.5 * variance * (0.7 * np.eye(n_visits) + 0.3))]
    parts, families = [], []
    for g in range(n_groups):
        mine = data.group == g
        family = Mixture(effects[mine], structure)
        where = slice(g * len(first), (g + 1) * len(first))
        parts.append(Part(RowSums(columns[mine], seen[mine], np.ones(int(mine.sum()))), family, where))
        families.append(family)
    sizes = np.diff(data.starts, append=len(data.subject))
    likelihood = Likelihood(
        parts=tuple(parts),
        n_columns=len(data.design.names),
        n_observations=len(data.subject),
        n_parameters=len(first) * n_groups,
        restricted=restricted,
        log_weight=float(np.log(data.weights) @ sizes),
        log_det=data.basis.log_det,
    )
    return Model(likelihood, data.basis, tuple(families), np.tile(first, n_groups))
