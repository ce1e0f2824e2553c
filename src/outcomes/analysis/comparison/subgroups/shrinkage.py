"""Effects of several levels drawn together: a level's own estimate is noisy, and the largest of several is too large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Floats
from outcomes.normal import Z

POINTS, REACH = (
    400,
    6.0,
)  # of the grid over the standard deviation between levels; its end in units of the prior's scale


@dataclass(frozen=True)
class Shrunken:
    """Posterior of the levels' effects.

    Attributes
    ----------
    estimate, lower, upper : ndarray, shape (levels,)
        Posterior means, and limits of 95% from a normal distribution with the posterior's mean and variance.
    spread : float
        Posterior mean of the standard deviation between levels.
    """

    estimate: Floats
    lower: Floats
    upper: Floats
    spread: float


def shrink_effects(estimates: Floats, errors: Floats, scale: float) -> Shrunken:
    """Return the levels' effects under a normal distribution of effects between levels.

    With y the estimates, s their standard errors, taken as known, and t the standard deviation between levels: y is normal about each
    level's effect, the effects are normal about a common mean with no prior information, and t is half-normal with the given
    scale. Given t, the mean is m = Σwy/Σw with w = 1/(s² + t²), and an effect has mean B·m + (1 − B)·y with B = s²/(s² + t²), and
    variance (1 − B)·s² + B²/Σw. All are averaged over the posterior of t on a grid (Röver 2020, 10.18637/jss.v093.i06).

    Parameters
    ----------
    estimates, errors : ndarray, shape (levels,)
        On a scale without bounds: points, differences of risks, log ratios.
    scale : float
        Of the half-normal prior, in the same units.

    Examples
    --------
    >>> import numpy as np
    >>> shrink_effects(np.array([-4.0, 0.0]), np.array([1.0, 1.0]), 1.0).estimate.round(2).tolist()
    [-3.09, -0.91]
    """
    tau = (np.arange(POINTS) + 0.5) * REACH * scale / POINTS
    mean, variance, density = condition_on_spread(estimates, errors, tau)
    log_weight = density - np.square(tau / scale) / 2
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    average = weight @ mean
    total = weight @ (variance + np.square(mean - average))
    half = Z * np.sqrt(total)
    return Shrunken(average, average - half, average + half, float(weight @ tau))


def condition_on_spread(estimates: Floats, errors: Floats, tau: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the effects' means and variances given each spread, shape (spreads, levels), and the log-likelihood of the spreads."""
    square = np.square(errors)
    total = square + np.square(tau)[:, None]
    w = 1 / total
    centre = (w @ estimates) / w.sum(axis=1)
    b = square / total
    mean = b * centre[:, None] + (1 - b) * estimates
    variance = (1 - b) * square + np.square(b) / w.sum(axis=1)[:, None]
    misfit = (w * np.square(estimates - centre[:, None])).sum(axis=1)
    loglik = -0.5 * (np.log(total).sum(axis=1) + np.log(w.sum(axis=1)) + misfit)
    return mean, variance, loglik
