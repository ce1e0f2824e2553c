"""Refuse a cell of the design that rests on one subject."""

from __future__ import annotations

from typing import Any

import numpy as np

from outcomes.mixed.design.by_subject import Wide
from outcomes.mixed.design.prepare import Prepared
from outcomes.mixed.design.visit_loadings import Design
from outcomes.mixed.errors import DataError


def refuse_single_subjects(prepared: Prepared, design: Design, wide: Wide) -> None:
    """Refuse a term that gives a factor's level its own mean at a visit where one subject is seen.

    That subject is then fitted exactly, so its residual says nothing of the variance at the visit.

    Raises
    ------
    DataError
        Naming the level and the visit.
    """
    for term in {column.term for column in design.columns}:
        factors = [design.factors[name] for name in term]
        fixed = [name for name in term if name not in design.by_visit]
        crossed = len(fixed) < len(term) and bool(fixed)
        if not crossed or not all(factor.is_categorical for factor in factors) or set(term) & design.varying:
            continue
        _refuse_term(prepared, design, wide, fixed)


def _refuse_term(prepared: Prepared, design: Design, wide: Wide, fixed: list[str]) -> None:
    sizes = [len(design.factors[name].levels) for name in fixed]
    cell = np.ravel_multi_index([prepared.values[name][prepared.rows.heads] for name in fixed], sizes)
    n_patterns = len(wide.patterns)
    table = np.bincount(cell * n_patterns + wide.pattern, minlength=int(np.prod(sizes)) * n_patterns)
    counts = table.reshape(-1, n_patterns) @ wide.patterns
    alone = np.argwhere(counts == 1)
    if len(alone):
        level, visit = alone[0]
        places: Any = np.unravel_index(level, sizes)
        named = " and ".join(f"{n} {design.factors[n].levels[int(p)]!r}" for n, p in zip(fixed, places, strict=True))
        raise DataError(
            f"{named} has one subject at visit {prepared.rows.visits[int(visit)]!r}: a cell of one subject has a mean but no "
            f"variance; merge the level or leave the visit out"
        )
