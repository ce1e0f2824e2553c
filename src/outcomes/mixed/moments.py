"""Additive moments: one Gram matrix of the sources per missingness pattern.

With a covariance that depends on visits only, the likelihood of the data is a function of these numbers alone, whatever
the number of subjects, and the moments of two data sets add up to the moments of both together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.design import Design
from outcomes.mixed.rows import Floats, Integers
from outcomes.mixed.wide import Prepared, Wide

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Moments:
    """What the likelihood needs to know of the data.

    Attributes
    ----------
    design : Design
    subject, visit : str
        Names of the columns.
    visits : tuple
        Visit labels in order.
    group, groups : str or None, tuple
        The grouping column and its levels; ``(None,)`` without groups.
    patterns : array of bool, shape (n_patterns, n_visits)
        Which visits the subjects of a pattern have.
    pattern_group : array of int, shape (n_patterns,)
    counts : array, shape (n_patterns,)
        Subjects per pattern.
    gram : array, shape (n_patterns, n_numbers, n_numbers)
        Weighted sums of products of subject-level sources, then of varying sources by visit.
    log_weight : float
        Sum over rows of the log of the weight.
    means : dict of str to array
        Per numeric variable the mean over rows, per categorical variable the share of rows at each level.
    dropped : dict of str to int
        Rows left out, by the column that was missing.
    """

    design: Design
    subject: str
    visit: str
    visits: tuple[Any, ...]
    group: str | None
    groups: tuple[Any, ...]
    patterns: NDArray[np.bool_] = field(repr=False)
    pattern_group: Integers = field(repr=False)
    counts: Floats = field(repr=False)
    gram: Floats = field(repr=False)
    log_weight: float
    means: dict[str, Floats] = field(repr=False)
    dropped: dict[str, int]

    @property
    def n_subjects(self) -> int:
        """Subjects with at least one complete row."""
        return int(self.counts.sum())

    @property
    def n_observations(self) -> int:
        """Complete rows."""
        return int(self.counts @ self.patterns.sum(axis=1))

    def __repr__(self) -> str:
        return (
            f"Moments({self.design.formula.text!r}: {self.n_subjects} subjects, {self.n_observations} observations, "
            f"{len(self.visits)} visits, {len(self.counts)} patterns)"
        )

    def __add__(self, other: object) -> Moments:
        """Give the moments of both data sets together; refused when their designs differ."""
        from outcomes.mixed.pooling import pool

        return pool(self, other) if isinstance(other, Moments) else NotImplemented

    def rare_patterns(self, threshold: int = 5) -> pd.DataFrame:
        """List the patterns with fewer subjects than ``threshold``, whose Gram matrices may reveal a person.

        Returns
        -------
        DataFrame
            One row per rare pattern: ``group``, ``visits`` (those observed), ``subjects``.
        """
        import pandas as pd

        rare = np.flatnonzero(self.counts < threshold)
        return pd.DataFrame(
            {
                "group": [self.groups[self.pattern_group[p]] for p in rare],
                "visits": [
                    ", ".join(str(v) for v, s in zip(self.visits, self.patterns[p], strict=True) if s) for p in rare
                ],
                "subjects": self.counts[rare].astype(int),
            }
        )

    def save(self, path: Any) -> None:
        """Write the moments to one file (``.npz`` with a version, no pickle)."""
        from outcomes.mixed.storage import save_moments

        save_moments(self, path)


def sum_moments(prepared: Prepared, design: Design, wide: Wide, *, names: tuple[str, str, str | None]) -> Moments:
    """Sum the sources' products over the subjects of each pattern, in one pass."""
    rows = prepared.rows
    n_patterns = len(wide.patterns)
    sizes = wide.patterns.sum(axis=1)
    return Moments(
        design=design,
        subject=names[0],
        visit=names[1],
        visits=rows.visits,
        group=names[2],
        groups=rows.groups,
        patterns=wide.patterns,
        pattern_group=wide.pattern_group,
        counts=np.bincount(wide.pattern, minlength=n_patterns).astype(float),
        gram=_sum_products(wide),
        log_weight=float(np.log(wide.weights) @ sizes[wide.pattern]),
        means=_means_by_pattern(prepared, design, wide),
        dropped=rows.dropped,
    )


def _sum_products(wide: Wide) -> Floats:
    n_subjects, q = wide.constant.shape
    moving = wide.varying.reshape(n_subjects, -1)
    order = np.argsort(wide.pattern.astype(np.int16) if len(wide.patterns) < 1 << 15 else wide.pattern, kind="stable")
    ends = np.cumsum(np.bincount(wide.pattern, minlength=len(wide.patterns)))
    gram = np.empty((len(ends), q + moving.shape[1], q + moving.shape[1]))
    weighted = not (wide.weights == 1).all()
    for p, (start, end) in enumerate(zip(np.r_[0, ends[:-1]], ends, strict=True)):
        members = order[start:end]
        a, b = wide.constant[members], moving[members]
        left = (a, b) if not weighted else (a * wide.weights[members, None], b * wide.weights[members, None])
        gram[p, :q, :q] = left[0].T @ a
        gram[p, :q, q:] = left[0].T @ b
        gram[p, q:, :q] = gram[p, :q, q:].T
        gram[p, q:, q:] = left[1].T @ b
    return gram


def _means_by_pattern(prepared: Prepared, design: Design, wide: Wide) -> dict[str, Floats]:
    """Average as ``factor_means`` does, over subjects or visits instead of rows wherever a factor allows."""
    rows_each = wide.patterns.sum(axis=1)[wide.pattern].astype(float)
    by_visit = np.bincount(wide.pattern, minlength=len(wide.patterns)) @ wide.patterns.astype(float)
    means: dict[str, Floats] = {}
    for name, atom in prepared.atoms.items():
        if name in design.varying or (name not in atom.variables and not atom.is_categorical):
            return factor_means(prepared)
        at_visit = name in design.by_visit
        found = design.by_visit[name] if at_visit else prepared.values[name][prepared.rows.heads]
        weight = by_visit if at_visit else rows_each
        if atom.is_categorical:
            means[atom.variables[0]] = np.bincount(found, weight, minlength=len(atom.levels)) / weight.sum()
        elif name not in means:
            means[name] = weight @ found / weight.sum()
    return means


def factor_means(prepared: Prepared) -> dict[str, Floats]:
    """Average each variable of the formula over rows: numbers by their mean, levels by their share."""
    means: dict[str, Floats] = {}
    for name, atom in prepared.atoms.items():
        found = prepared.values[name]
        if atom.is_categorical:
            means[atom.variables[0]] = np.bincount(found, minlength=len(atom.levels)) / len(found)
    for variable in dict.fromkeys(v for atom in prepared.atoms.values() for v in atom.variables):
        column = prepared.rows.table[variable]
        if variable not in means and column.labels is None:
            means[variable] = np.array([column.values.astype(np.float64).mean()])
    return means
