"""The proportions of two arms, their difference and ratio, and the one interval that each has in a release.

Newcombe's, for every estimator: each arm's proportion has Wilson's interval with the patients that it is as sure as, and the two are put
together by squaring and adding (Zou & Donner 2008, 10.1002/sim.3095). Of counts this is Newcombe's method 10 as it stands; of weighted,
standardised, and imputed proportions it takes their variances and covariance. It holds where no one, or everyone, of an arm responds, which
no interval from a standard error does, and never leaves −1 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.precision import drop_dust, find_quantile, find_tail
from outcomes.proportions import bound_proportion, combine_bounds

FEW = 5.0  # patients with, or without, the endpoint in an arm below which its variance is not trusted to be small
SOMEONE = 0.5  # patients with the endpoint in an arm, by the weights, from which its proportion stands in a ratio
LARGEST_QUANTILE = 40.0


@dataclass(frozen=True)
class Proportions:
    """Estimated proportions of both arms, all arrays of one shape.

    Attributes
    ----------
    treated, reference : ndarray
        Between 0 and 1; an estimate that a model puts outside stands at the end.
    treated_variance, reference_variance, covariance : ndarray
    treated_size, reference_size : ndarray
        Kish's effective number of the patients who carry weight.
    df : ndarray
        Of the t quantile; infinite for the normal one.
    """

    treated: Floats
    reference: Floats
    treated_variance: Floats
    reference_variance: Floats
    covariance: Floats
    treated_size: Floats
    reference_size: Floats
    df: Floats

    @property
    def correlation(self) -> Floats:
        """Return the correlation of the two estimates; 0 where either has no variance."""
        product = drop_dust(self.treated_variance, 1.0) * drop_dust(self.reference_variance, 1.0)
        safe = np.sqrt(np.where(product > 0, product, 1.0))
        return np.where(product > 0, np.clip(self.covariance / safe, -1, 1), 0.0)

    def bound_arms(self, quantile: Floats | None = None) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Return lower and upper bound of the treated and of the reference arm."""
        z = find_quantile(self.df) if quantile is None else quantile
        sides = (
            (self.treated, self.treated_variance, self.treated_size),
            (self.reference, self.reference_variance, self.reference_size),
        )
        one, other = (bound_proportion(p, find_size(p, variance, size), z) for p, variance, size in sides)
        return one, other

    def bound_difference(self, quantile: Floats | None = None) -> tuple[Floats, Floats]:
        """Return the bounds of the difference."""
        one, other = self.bound_arms(quantile)
        return combine_bounds((self.treated, *one), (self.reference, *other), self.correlation)

    def bound_ratio(self) -> tuple[Floats, Floats, Floats]:
        """Return the ratio and its bounds; missing where an arm has less than half a patient with the endpoint: imputed now and then in one, it is no share."""
        there = np.minimum(self.treated * self.treated_size, self.reference * self.reference_size) > SOMEONE
        logs = []
        for p, bounds in zip((self.treated, self.reference), self.bound_arms(), strict=True):
            estimate, low, high = (np.log(np.where(there, value, 1.0)) for value in (p, *bounds))
            logs.append((estimate, low, high))
        lower, upper = combine_bounds(logs[0], logs[1], self.correlation)
        values = (logs[0][0] - logs[1][0], lower, upper)
        ratio, lower, upper = (np.where(there, np.exp(value), np.nan) for value in values)
        return ratio, lower, upper

    def find_p_value(self) -> Floats:
        """Return the p value against no difference: 1 less the largest confidence at which the interval leaves out 0."""
        difference = np.asarray(self.treated - self.reference)
        low, high = np.zeros(difference.shape), np.full(difference.shape, LARGEST_QUANTILE)
        for _ in range(50):
            middle = (low + high) / 2
            lower, upper = self.bound_difference(middle)
            out = np.where(difference > 0, lower > 0, upper < 0)
            low, high = np.where(out, middle, low), np.where(out, high, middle)
        p_value = np.where(difference == 0, 1.0, find_tail(low, self.df))
        return np.where(np.isnan(difference), np.nan, p_value)


def find_size(proportion: Floats, variance: Floats, size: Floats) -> Floats:
    """Return the number of patients that an estimated proportion is as sure as.

    p (1 − p) over its variance. Where fewer than five patients have the endpoint, or lack it, by the weights, the variance rests on them
    and may be far too small: the number is then never above that of the patients.
    """
    p, spread = np.asarray(proportion, float), drop_dust(variance, 1.0)
    sure = (spread > 0) & (p > 0) & (p < 1)
    found = np.where(sure, p * (1 - p) / np.where(sure, spread, 1.0), size)
    few = size * np.minimum(p, 1 - p) < FEW
    return np.where(few, np.minimum(found, size), found)


def contrast_proportions(arms: Proportions) -> dict[str, Floats]:
    """Return both proportions, their difference, ratio, and number needed to treat, with 95% intervals.

    The number needed to treat is the reciprocal of the difference, given only where its interval excludes no difference
    (Altman 1998, 10.1136/bmj.317.7168.1309); negative where the reference does better.
    """
    difference = np.asarray(arms.treated - arms.reference)
    lower, upper = arms.bound_difference()
    ratio, ratio_lower, ratio_upper = arms.bound_ratio()
    one, other = arms.bound_arms()
    clear = lower * upper > 0
    return {
        "risk_treated": np.asarray(arms.treated),
        "risk_treated_lower": one[0],
        "risk_treated_upper": one[1],
        "risk_reference": np.asarray(arms.reference),
        "risk_reference_lower": other[0],
        "risk_reference_upper": other[1],
        "difference": difference,
        "difference_lower": lower,
        "difference_upper": upper,
        "ratio": ratio,
        "ratio_lower": ratio_lower,
        "ratio_upper": ratio_upper,
        "nnt": np.where(clear, 1 / np.where(clear, difference, 1.0), np.nan),
    }
