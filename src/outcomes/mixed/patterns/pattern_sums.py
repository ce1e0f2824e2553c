"""One Gram matrix of the sources per missingness pattern.

With a covariance that depends on visits only, the likelihood of the data is a function of these numbers alone, whatever
the number of subjects, and the moments of two data sets add up to the moments of both together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats, Integers
from outcomes.mixed.design.visit_loadings import Design


@dataclass(frozen=True)
class PatternSums:
    """What the likelihood needs to know of the data.

    Attributes
    ----------
    design : Design
    subject, visit : str
        Names of the columns.
    visits : tuple
        Visit labels in order.
    ordered : bool
        Whether the data tell that order.
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
    totals : dict of str to array
        Per numeric variable the sum over rows, per categorical variable the number of rows at each level.
    dropped : dict of str to int
        Rows left out, by the column that was missing.
    """

    design: Design
    subject: str
    visit: str
    visits: tuple[Any, ...]
    ordered: bool
    group: str | None
    groups: tuple[Any, ...]
    patterns: NDArray[np.bool_] = field(repr=False)
    pattern_group: Integers = field(repr=False)
    counts: Floats = field(repr=False)
    gram: Floats = field(repr=False)
    log_weight: float
    totals: dict[str, Floats] = field(repr=False)
    dropped: dict[str, int]

    @property
    def means(self) -> dict[str, Floats]:
        """Per numeric variable the mean over rows, per categorical variable the share of rows at each level."""
        return {name: total / self.n_observations for name, total in self.totals.items()}

    @property
    def n_subjects(self) -> int:
        """Subjects with at least one complete row."""
        return int(self.counts.sum())

    @property
    def n_observations(self) -> int:
        """Complete rows."""
        return int(self.counts @ self.patterns.sum(axis=1))
