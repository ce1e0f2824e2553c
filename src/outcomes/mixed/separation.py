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
    from scipy.optimize import linprog

    k = design.shape[1]
    size = np.abs(design).max(axis=0, initial=0.0)
    scaled = design / np.where(size > 0, size, 1.0)
    rows = np.unique(scaled * np.where(outcome == 1, 1.0, -1.0)[:, None], axis=0)
    if not len(rows):
        return np.ones(k, dtype=bool)
    gain = rows.sum(axis=0)
    found = linprog(-gain, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
    direction = np.zeros(k) if found.x is None else found.x
    if not float(gain @ direction) > FOUND * len(rows):
        return np.zeros(k, dtype=bool)
    return np.asarray(np.abs(direction) > SEEN)
