"""Type III tests of the terms of a formula."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.mixed.arrays import Floats
from outcomes.mixed.design.factors import Factor
from outcomes.mixed.design.visit_loadings import Design, build_columns


def term_contrasts(design: Design) -> dict[str, Floats]:
    """Give the type III hypothesis of each term, by rows over the coefficients.

    The design is written again with factors coded to sum to zero, ``X_sum = X M``; a term is tested by its coefficients there,
    ``gamma = M^-1 beta``. These are SAS's type III tests where every cell has data.

    Parameters
    ----------
    design : Design

    Returns
    -------
    dict of str to array, shape (columns of the term, k)
        By the term's name, without the intercept.
    """
    factors = {name: _sum_to_zero(factor) for name, factor in design.factors.items()}
    columns = build_columns(design.formula, factors)
    recoded = replace(design, factors=factors, columns=columns)
    values = _example_values(design)
    plain, summed = design.rows(values), recoded.rows(values)
    to_sum = np.linalg.lstsq(summed, plain, rcond=None)[0]
    to_sum[np.abs(to_sum) < 1e-12] = 0.0
    tests: dict[str, list[Floats]] = {}
    for column, row in zip(columns, to_sum, strict=True):
        if column.term:
            tests.setdefault(":".join(column.term), []).append(row)
    return {term: np.stack(rows) for term, rows in tests.items()}


def _sum_to_zero(factor: Factor) -> Factor:
    if not factor.is_categorical:
        return factor
    n = len(factor.levels)
    coding = np.vstack([np.eye(n - 1), -np.ones(n - 1)])
    labels = tuple(f"[{i}]" for i in range(n - 1))
    return replace(factor, reduced=coding, reduced_labels=labels)


def _example_values(design: Design) -> dict[str, NDArray[Any]]:
    """Draw rows that tell all columns apart: factors at random levels, numbers at random."""
    rng = np.random.default_rng(20_040_903)
    n_rows = 50 * len(design.columns) + 500
    values: dict[str, NDArray[Any]] = {}
    for name, factor in design.factors.items():
        if factor.is_categorical:
            values[name] = rng.integers(0, len(factor.levels), n_rows)
        else:
            values[name] = rng.normal(size=(n_rows, len(factor.full_labels)))
    return values
