"""Orthonormal columns for the arithmetic, and the map back to the columns of the formula.

All computation is done in ``X~ = X T^-1`` with ``X~'X~ = I`` and in ``y~ = y - X~b0``, the least-squares residual; a covariate
around 10^6 or a response in nanograms then costs no digits. Coefficients return as ``beta = T^-1 (beta~ + b0)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.errors import DesignError

_STRUCTURE = 1e-11
_DATA = 1e-11


@dataclass(frozen=True)
class Basis:
    """An orthonormal basis of the design.

    Attributes
    ----------
    loads : array, shape (n_visits, n_sources, k + 1)
        Loadings of the orthonormal columns, then of the least-squares residual.
    inverse : array, shape (k, k)
        ``T^-1``: coefficients of the formula's columns from coefficients of the orthonormal ones.
    offset : array, shape (k,)
        Least-squares coefficients of the orthonormal columns.
    log_det : float
        Log of the absolute determinant of T.
    """

    loads: Floats = field(repr=False)
    inverse: Floats = field(repr=False)
    offset: Floats = field(repr=False)
    log_det: float


def orthogonalise(loads: Floats, products: Floats, names: Sequence[str]) -> Basis:
    """Find the basis.

    Parameters
    ----------
    loads : array, shape (n_visits, n_sources, k + 1)
        Loadings of the formula's columns and of the response.
    products : array, shape (n_visits, n_sources, n_visits, n_sources)
        Sums over rows of products of sources.
    names : sequence of str
        Names of the columns, for the error.

    Raises
    ------
    DesignError
        When a column is a combination of others, naming them.
    """
    size, k = loads.shape[0] * loads.shape[1], loads.shape[2] - 1
    flat, total = loads.reshape(size, k + 1), products.reshape(size, size)
    scale = np.sqrt(np.maximum(np.diag(total), 0.0))
    used = np.where(scale > 0, scale, 1.0)
    scaled, normal = flat * scale[:, None], total / np.outer(used, used)
    lengths = np.sqrt((scaled[:, :k] ** 2).sum(axis=0))
    _refuse_empty(lengths, names)
    first, right = _factorise(scaled[:, :k] / lengths)
    _refuse_structure(right, names)
    second = _cholesky(first.T @ normal @ first, right, names)
    back = _solve_upper(second.T, np.eye(k))
    columns = first @ back
    offset = columns.T @ (normal @ scaled[:, k])
    residual = scaled[:, k] - columns @ offset
    offset_more = columns.T @ (normal @ residual)
    both = np.column_stack([columns, residual - columns @ offset_more]) / used[:, None]
    return Basis(
        loads=both.reshape(loads.shape),
        inverse=_solve_upper(right, back) / lengths[:, None],
        offset=offset + offset_more,
        log_det=float(np.log(np.abs(np.diag(right))).sum() + np.log(np.diag(second)).sum() + np.log(lengths).sum()),
    )


def _factorise(columns: Floats) -> tuple[Floats, Floats]:
    """Factor into orthonormal columns and an upper triangle with a positive diagonal, which makes both unique.

    LAPACK takes each sign from an element that may be rounding alone, and so differs between processors.
    """
    first, right = np.linalg.qr(columns)
    turn = np.where(np.diag(right) < 0, -1.0, 1.0)
    return first * turn, right * turn[:, None]


def _refuse_empty(lengths: Floats, names: Sequence[str]) -> None:
    empty = [name for name, length in zip(names, lengths, strict=True) if length == 0]
    if empty:
        raise DesignError(
            f"the design is rank deficient: column {empty[0]!r} is zero on every complete row "
            f"({len(empty)} such of {len(names)} columns); no data can estimate it, so leave it out or merge its levels"
        )


def _refuse_structure(right: Floats, names: Sequence[str]) -> None:
    """Refuse a column whose loadings the columns before it already span; ``right`` has unit columns."""
    low = np.flatnonzero(np.abs(np.diag(right)) < _STRUCTURE)
    if len(low):
        j = int(low[0])
        _raise_dependent(j, np.asarray(np.linalg.lstsq(right[:j, :j], right[:j, j], rcond=None)[0]), names)


def _raise_dependent(j: int, parts: Floats, names: Sequence[str]) -> None:
    with_names = [names[int(i)] for i in np.flatnonzero(np.abs(parts) > 1e-6)]
    others = ", ".join(map(repr, with_names[:6])) + (", ..." if len(with_names) > 6 else "")
    raise DesignError(
        f"the design is rank deficient: column {names[j]!r} is a combination of {others or 'no other column'} on the "
        f"complete rows; leave one of them out"
    )


def _cholesky(matrix: Floats, right: Floats, names: Sequence[str]) -> Floats:
    """Factor the normal matrix column by column, so that a dependence found in the data is named."""
    k = len(matrix)
    lower = np.zeros((k, k))
    for j in range(k):
        lower[j, :j] = np.linalg.solve(lower[:j, :j], matrix[:j, j]) if j else 0.0
        pivot = matrix[j, j] - lower[j, :j] @ lower[j, :j]
        if pivot < _DATA * matrix[j, j]:
            parts = np.linalg.solve(matrix[:j, :j], matrix[:j, j])
            combination = np.linalg.solve(right[: j + 1, : j + 1], np.r_[-parts, 1.0])
            _raise_dependent(j, -combination[:j] / combination[j], names)
        lower[j, j] = np.sqrt(pivot)
    return lower


def _solve_upper(upper: Floats, right: Floats) -> Floats:
    return np.asarray(np.linalg.solve(upper, right))
