"""Worst cases: whatever the missing patients' answers were, the truth in this sample lies between these."""

from __future__ import annotations

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats

CASES = {
    "worst_case_treated": "missing treated without {endpoint}, missing reference with {endpoint}",
    "worst_case_reference": "missing treated with {endpoint}, missing reference without {endpoint}",
}


def fill_worst(outcome: Floats, treated: Bools, case: str) -> Floats:
    """Return a binary outcome with the missing filled so that the treated do worst, or best.

    Parameters
    ----------
    outcome : ndarray, shape (n,)
        1, 0, or missing.
    treated : ndarray of bool, shape (n,)
    case : {"worst_case_treated", "worst_case_reference"}
        Which arm does worst.

    Examples
    --------
    >>> import numpy as np
    >>> fill_worst(np.array([np.nan, np.nan]), np.array([True, False]), "worst_case_treated").tolist()
    [0.0, 1.0]
    """
    filled = ~treated if case == "worst_case_treated" else treated
    return np.where(np.isnan(outcome), filled.astype(float), outcome)
