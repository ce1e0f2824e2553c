"""Whether a binary regression has finite coefficients: looked for before any optimiser is believed.

Maximum likelihood, and estimating equations like it, have no finite answer where some direction in the coefficients tells the outcome of some rows
for certain and speaks against none (Albert & Anderson 1984, 10.1093/biomet/71.1.1). Optimisers stop somewhere on the way there, and many call
that converged. A linear programme decides it (Konis 2007, Computational algorithms for detecting separated data in binary logistic
regression models, Oxford).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FOUND = 1e-6  # a row: the programme holds each constraint to 1e-7
SEEN = 1e-6  # of a coefficient that may be 1


def find_separation(design: NDArray[np.float64], outcome: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which coefficients have no finite estimate.

    Parameters
    ----------
    design : ndarray, shape (n, k)
        With the constant, of full rank.
    outcome : ndarray, shape (n,)
        1 or 0.

    Returns
    -------
    ndarray of bool, shape (k,)
        All False where the data overlap.

    Examples
    --------
    Of the second group none has the outcome: its coefficient has no end, the constant does.

    >>> import numpy as np
    >>> group = np.repeat([0.0, 1.0], 4)
    >>> outcome = np.array([1, 0, 1, 0, 0, 0, 0, 0.0])
    >>> find_separation(np.column_stack([np.ones(8), group]), outcome).tolist()
    [False, True]
    """
    direction = _find_direction(design, outcome)
    return np.zeros(design.shape[1], dtype=bool) if direction is None else np.asarray(np.abs(direction) > SEEN)


def _find_direction(design: NDArray[np.float64], outcome: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return a direction of the coefficients in which the likelihood rises for ever, None where there is none."""
    from scipy.optimize import linprog

    size = np.abs(design).max(axis=0, initial=0.0)
    scaled = design / np.where(size > 0, size, 1.0)
    rows = np.unique(scaled * np.where(outcome == 1, 1.0, -1.0)[:, None], axis=0)
    gain = rows.sum(axis=0)
    found = linprog(-gain, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
    if found.x is None or not float(gain @ found.x) > FOUND * len(rows):
        return None
    return np.asarray(np.where(np.abs(found.x) > SEEN, found.x, 0.0) / np.where(size > 0, size, 1.0))


def drop_separated(
    design: NDArray[np.float64], outcome: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.float64] | None]:
    """Return what is left to estimate once the rows are gone whose outcome is told for certain.

    In the limit of the likelihood those rows are fitted without error and weigh nothing; contrasts that the other rows determine are those
    of a fit to these (Geyer 2009, 10.1214/08-EJS349). All other contrasts are infinite.

    Parameters
    ----------
    design, outcome
        As in :func:`find_separation`.

    Returns
    -------
    rows : ndarray of bool, shape (n,)
        That are left.
    columns : ndarray of int
        Independent columns of these rows.
    finite : ndarray, shape (k, r), or None
        Orthonormal basis of the contrasts that have a finite estimate; None where all have.
    """
    left = np.ones(len(design), dtype=bool)
    while left.any():
        direction = _find_direction(design[left], outcome[left])
        if direction is None:
            break
        told = np.abs(design[left] @ direction) > SEEN * np.abs(design[left]).max()
        left[np.flatnonzero(left)[told]] = False
    if left.all():
        return left, np.arange(design.shape[1]), None
    columns: list[int] = []
    for place in range(design.shape[1]):
        if np.linalg.matrix_rank(design[left][:, [*columns, place]]) > len(columns):
            columns.append(place)
    basis = np.linalg.svd(design[left], full_matrices=False)[2][: len(columns)].T
    return left, np.array(columns, dtype=np.intp), np.asarray(basis)


def is_finite(contrasts: NDArray[np.float64], finite: NDArray[np.float64] | None) -> NDArray[np.bool_]:
    """Tell which contrasts, shape (l, k), have a finite estimate."""
    if finite is None:
        return np.ones(len(contrasts), dtype=bool)
    rest = contrasts - contrasts @ finite @ finite.T
    return np.asarray(np.linalg.norm(rest, axis=1) <= 1e-8 * np.linalg.norm(contrasts, axis=1))
