"""Small dense algebra on symmetric matrices whose rows may have very different scales."""

from __future__ import annotations

import numpy as np

from outcomes.mixed.arrays import Booleans, Floats


def invert_covariances(sigma: Floats, seen: Booleans) -> tuple[Floats, Floats] | None:
    """Invert each pattern's part of a covariance matrix.

    Parameters
    ----------
    sigma : array, shape (n_patterns or 1, T, T)
    seen : array of bool, shape (n_patterns, T)

    Returns
    -------
    tuple of arrays or None
        Inverses (n_patterns, T, T), zero at slots not seen, and log determinants (n_patterns,); None when a matrix is not
        positive definite.
    """
    both = seen[:, :, None] & seen[:, None, :]
    filled = np.where(both, sigma, np.eye(seen.shape[1]))
    size = np.sqrt(np.maximum(np.diagonal(filled, axis1=1, axis2=2), 0.0))
    if not (np.isfinite(filled).all() and (size > 0).all()):
        return None
    outer = size[:, :, None] * size[:, None, :]
    try:
        root = np.linalg.cholesky(filled / outer)
    except np.linalg.LinAlgError:
        return None
    diagonal = np.diagonal(root, axis1=1, axis2=2)
    if diagonal.min() < 1e-7:
        return None
    half = np.linalg.inv(root)
    inverse = half.transpose(0, 2, 1) @ half / outer
    return inverse * both, 2 * (np.log(diagonal).sum(axis=1) + np.log(size).sum(axis=1))


def is_definite(sigma: Floats) -> bool:
    """Whether a covariance shared by all patterns is positive definite as a whole, even if no subject has every visit."""
    if len(sigma) > 1:
        return True
    return bool(scaled_eigen(sigma[0])[0].min() > 1e-14)


def multiply(left: Floats, right: Floats) -> Floats:
    """Multiply stacks of matrices; NumPy's own product of many 2 x 2 matrices is ten times slower than this."""
    if left.shape[-1] > 3 or right.shape[-1] > 3:
        return np.asarray(left @ right)
    a = np.ascontiguousarray(np.moveaxis(left, (-2, -1), (0, 1)))
    b = np.ascontiguousarray(np.moveaxis(right, (-2, -1), (0, 1)))
    rows = [[sum(a[i, k] * b[k, j] for k in range(len(b))) for j in range(b.shape[1])] for i in range(len(a))]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def invert_positive(matrix: Floats) -> tuple[Floats, float] | None:
    """Invert a positive definite matrix after scaling it to a unit diagonal; give its log determinant too."""
    size = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    if not (np.isfinite(size).all() and (size > 0).all()):
        return None
    try:
        root = np.linalg.cholesky(matrix / np.outer(size, size))
    except np.linalg.LinAlgError:
        return None
    half = np.linalg.inv(root) / size
    return half.T @ half, float(2 * (np.log(np.diag(root)).sum() + np.log(size).sum()))


def scaled_eigen(matrix: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the eigenvalues and vectors of a symmetric matrix scaled to a unit diagonal, and the scales."""
    size = np.sqrt(np.abs(np.diag(matrix)))
    size = np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(matrix / np.outer(size, size))
    return values, vectors, size


def pseudo_inverse(matrix: Floats, tolerance: float = 1e-9) -> Floats:
    """Invert a symmetric non-negative matrix on the directions that have information."""
    values, vectors, size = scaled_eigen(matrix)
    good = values > tolerance * max(values.max(initial=0.0), 1e-300)
    inverse = (vectors[:, good] / values[good]) @ vectors[:, good].T
    return np.asarray(inverse / np.outer(size, size))
