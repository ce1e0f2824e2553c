"""Additive moments: what the likelihood needs of the data, to be added, saved and fitted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.design.by_subject import Wide
from outcomes.mixed.design.prepare import Prepared, factor_totals
from outcomes.mixed.design.visit_loadings import Design
from outcomes.mixed.errors import MomentsError
from outcomes.mixed.patterns.levels import list_shared
from outcomes.mixed.patterns.pattern_sums import PatternSums
from outcomes.mixed.patterns.pooling import pool
from outcomes.mixed.patterns.storage import read_sums, write_sums

if TYPE_CHECKING:
    import pandas as pd

SOME = 0.01  # of a subject: what sums leave of nobody
FEWEST = 11  # subjects of a pattern whose sums may leave the place of the rows


@dataclass(frozen=True, repr=False)
class Moments(PatternSums):
    """The sums of :class:`PatternSums` as they are handed about: ``a + b`` is the moments of both data sets together."""

    def __repr__(self) -> str:
        return (
            f"Moments({self.design.formula.text!r}: {self.n_subjects} subjects, {self.n_observations} observations, "
            f"{len(self.visits)} visits, {len(self.counts)} patterns)"
        )

    def __add__(self, other: object) -> Moments:
        """Give the moments of both data sets together; refused when their designs differ."""
        return pool(self, other) if isinstance(other, Moments) else NotImplemented

    def rare_patterns(self, threshold: int = FEWEST) -> pd.DataFrame:
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

    def save(self, path: Any, *, fewest: int = FEWEST) -> None:
        """Write the moments to one file (``.npz`` with a version, no pickle).

        Parameters
        ----------
        path : path
        fewest : int
            Subjects that every pattern must have, and every combination of levels in it that someone has. The sums of a pattern of one are that
            subject's row, as are those of a level of one, and of few they nearly are; 1 lets everything pass, for a file that stays where the rows
            are. Numbers are not looked into: one of two values, such as 0 and 1, is declared as levels.

        Raises
        ------
        MomentsError
            Patterns of fewer subjects, or with levels of fewer, counted.
        """
        rare = self.counts[self.counts < fewest]
        if len(rare):
            raise MomentsError(
                f"{len(rare)} of {len(self.counts)} patterns of visits have fewer than {fewest} subjects ({int(rare.sum())} subjects, down to "
                f"{int(rare.min())} in a pattern), whose values their sums give away: keep fewer visits, put sites together first, or, for "
                "a file that stays with the rows, save(path, fewest=1). rare_patterns() lists them"
            )
        for names, shared in list_shared(self) if fewest > 1 else ():
            few = ((shared > SOME) & (shared < fewest - SOME)).any(axis=1)
            if few.any():
                raise MomentsError(
                    f"in {int(few.sum())} of {len(self.counts)} patterns of visits fewer than {fewest} subjects share a level of {' and '.join(names)}, whose "
                    "values their sums give away: keep fewer levels or visits, put sites together first, or, for a file that stays with the rows, "
                    "save(path, fewest=1)"
                )
        write_sums(self, path)


def load_moments(path: str | Path) -> Moments:
    """Read moments that ``Moments.save`` wrote.

    Raises
    ------
    MomentsError
        When the file is not one of moments, or of another version.
    """
    return Moments(**read_sums(path))


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
        ordered=rows.ordered,
        group=names[2],
        groups=rows.groups,
        patterns=wide.patterns,
        pattern_group=wide.pattern_group,
        counts=np.bincount(wide.pattern, minlength=n_patterns).astype(float),
        gram=_sum_products(wide),
        log_weight=float(np.log(wide.weights) @ sizes[wide.pattern]),
        totals=_total_by_pattern(prepared, design, wide),
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


def _total_by_pattern(prepared: Prepared, design: Design, wide: Wide) -> dict[str, Floats]:
    """Add up as ``factor_totals`` does, over subjects or visits instead of rows wherever a factor allows."""
    rows_each = wide.patterns.sum(axis=1)[wide.pattern].astype(float)
    by_visit = np.bincount(wide.pattern, minlength=len(wide.patterns)) @ wide.patterns.astype(float)
    totals: dict[str, Floats] = {}
    for name, factor in prepared.factors.items():
        if name in design.varying or (name not in factor.variables and not factor.is_categorical):
            return factor_totals(prepared)
        at_visit = name in design.by_visit
        found = design.by_visit[name] if at_visit else prepared.values[name][prepared.rows.heads]
        weight = by_visit if at_visit else rows_each
        if factor.is_categorical:
            totals[factor.variables[0]] = np.bincount(found, weight, minlength=len(factor.levels)).astype(float)
        elif name not in totals:
            totals[name] = weight @ found
    return totals
