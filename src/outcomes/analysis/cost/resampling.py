"""Samples of patients drawn with replacement, and what they say of a mean, or of a sum over another sum."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, stdtrit

from outcomes.analysis.comparison.arrays import Floats

AT_ONCE = 2_000_000  # values drawn at once
TAIL = 0.025


def resample_sums(columns: Floats, replicates: int, generator: np.random.Generator) -> Floats:
    """Return the sums of columns over samples of as many rows, drawn with replacement; shape (replicates, columns)."""
    n, width = columns.shape
    step = max(1, AT_ONCE // (n * width))
    sums = [
        columns[generator.integers(0, n, (min(step, replicates - start), n))].sum(axis=1)
        for start in range(0, replicates, step)
    ]
    return np.concatenate(sums)


def bound_quotient(
    above: Floats, below: Floats, replicates: int, generator: np.random.Generator
) -> tuple[float, float, float, float]:
    """Return Σ above ÷ Σ below over patients, its 95% interval, and the share of samples whose Σ below is nothing.

    The interval is the expanded percentile interval over samples of patients: the percentiles at which a normal sample of n would
    have Student's interval (Hesterberg 2015, 10.1080/00031305.2015.1089789); samples without anything below count as infinite. No interval
    of fewer than two patients, where all are the same, of nothing above, or where its upper limit would be infinite.

    Examples
    --------
    >>> paid, responded = np.array([100.0, 200.0, 300.0]), np.array([0.0, 1.0, 1.0])
    >>> bound_quotient(paid, responded, 200, np.random.default_rng(1))[0]
    300.0
    """
    n, whole = len(above), float(below.sum())
    if not whole > 0:
        return np.nan, np.nan, np.nan, 1.0 if n else np.nan
    value = float(above.sum()) / whole
    if n < 2 or not above.any() or (np.ptp(above) == 0 and np.ptp(below) == 0):
        return value, np.nan, np.nan, 0.0
    sums = resample_sums(np.column_stack([above, below]), replicates, generator)
    there = sums[:, 1] > 0
    drawn = np.where(there, sums[:, 0] / np.where(there, sums[:, 1], 1.0), np.inf)
    tail = float(ndtr(-np.sqrt(n / (n - 1)) * stdtrit(n - 1, 1 - TAIL)))
    lower, upper = np.sort(drawn)[
        np.ceil(replicates * np.array([tail, 1 - tail])).astype(int) - 1
    ]  # no mean of two: one may be infinite
    ends = (float(lower), float(upper)) if np.isfinite(upper) else (np.nan, np.nan)
    return value, *ends, float((~there).mean())
