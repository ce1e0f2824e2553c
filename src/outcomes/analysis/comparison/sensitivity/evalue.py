"""How strong unmeasured confounding would have to be to explain a difference away."""

from __future__ import annotations

import numpy as np


def compute_evalue(ratio: float) -> float:
    """Return the E-value of a risk ratio: RR + √(RR (RR − 1)), of its reciprocal below 1.

    The risk ratio that an unmeasured confounder would need with both treatment and outcome (VanderWeele & Ding 2017, 10.7326/M16-2607).

    Examples
    --------
    >>> round(compute_evalue(3.9), 2), round(compute_evalue(1 / 3.9), 2), compute_evalue(1.0)
    (7.26, 7.26, 1.0)
    """
    if not ratio > 0:
        return float("nan")
    ratio = max(ratio, 1 / ratio)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def compute_interval_evalue(lower: float, upper: float) -> float:
    """Return the E-value of the interval's bound nearer to no effect; 1 when the interval holds a ratio of 1.

    Examples
    --------
    >>> round(compute_interval_evalue(1.8, 8.7), 2), compute_interval_evalue(0.9, 1.4)
    (3.0, 1.0)
    """
    if not (lower > 0 and upper > 0):
        return float("nan")
    if lower <= 1 <= upper:
        return 1.0
    return compute_evalue(lower if lower > 1 else upper)


def convert_difference(difference: float, sd: float) -> float:
    """Return the risk ratio that roughly corresponds to a difference in means, exp(0.91 d) (10.7326/M16-2607).

    Examples
    --------
    >>> round(convert_difference(-2.0, 5.0), 3)  # two points on a scale with a standard deviation of five
    0.695
    """
    return float(np.exp(0.91 * difference / sd))
