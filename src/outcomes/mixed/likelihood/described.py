"""What a result says of its data, whichever way the data entered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats
from outcomes.mixed.design.prepare import Prepared, factor_means
from outcomes.mixed.design.visit_loadings import Design
from outcomes.mixed.likelihood.by_row import LongData
from outcomes.mixed.patterns.moments import Moments


@dataclass(frozen=True)
class Described:
    """Design, names and counts of a fit.

    Attributes
    ----------
    between : array of bool, shape (k,)
        Columns that are constant within every subject.
    """

    design: Design
    means: dict[str, Floats] = field(repr=False)
    subject: str
    visit: str | None
    visits: tuple[Any, ...]
    group: str | None
    groups: tuple[Any, ...]
    n_subjects: int
    n_observations: int
    dropped: dict[str, int]
    between: NDArray[np.bool_]


def describe_moments(moments: Moments) -> Described:
    """Describe moments."""
    loads = moments.design.loadings()[:, :, :-1]
    q = len(moments.design.subject_sources)
    between = (loads == loads[:1]).all(axis=(0, 1)) & (loads[:, q:] == 0).all(axis=(0, 1))
    return Described(
        design=moments.design,
        means=moments.means,
        subject=moments.subject,
        visit=moments.visit,
        visits=moments.visits,
        group=moments.group,
        groups=moments.groups,
        n_subjects=moments.n_subjects,
        n_observations=moments.n_observations,
        dropped=dict(moments.dropped),
        between=between,
    )


def describe_rows(
    prepared: Prepared, data: LongData, *, subject: str, visit: str | None, group: str | None
) -> Described:
    """Describe rows."""
    rows = prepared.rows
    return Described(
        design=data.design,
        means=factor_means(prepared),
        subject=subject,
        visit=visit,
        visits=rows.visits,
        group=group,
        groups=rows.groups,
        n_subjects=rows.n_subjects,
        n_observations=rows.n_rows,
        dropped=dict(rows.dropped),
        between=_constant_columns(prepared, data),
    )


def _constant_columns(prepared: Prepared, data: LongData) -> NDArray[np.bool_]:
    values = {name: found[data.order] for name, found in prepared.values.items()}
    raw = data.design.rows(values) if values else np.ones((len(data.order), 1))
    return np.asarray((raw == raw[data.starts][data.subject]).all(axis=0))
