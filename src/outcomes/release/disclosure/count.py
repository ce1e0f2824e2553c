"""One column of counts as it is released, and what a reader then knows of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass
class Count:
    """A column of counts.

    Attributes
    ----------
    true : ndarray
        As counted; missing where the row has none.
    printed : ndarray
        As released; missing where ``small``.
    small : ndarray of bool
        Only a bound is released.
    low, high : ndarray
        What the printed value leaves possible.
    whole : ndarray
        How many people the parts of the last declared sum are together; missing where there is none.
    """

    true: Floats
    printed: Floats
    small: Bools
    low: Floats
    high: Floats
    whole: Floats
