"""The difference of the arms at one time point with every score known: weighted least squares on arm and baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats


@dataclass(frozen=True)
class Ancova:
    """What the difference takes from each patient; it does not depend on the scores, so that many sets share it.

    Attributes
    ----------
    design : ndarray, shape (n, 3)
        Arm, constant, baseline.
    solve : ndarray, shape (3, n)
        Scores to coefficients; the first row gives the difference treated − reference.
    share : ndarray, shape (n,)
        Squared residual to its part in the variance of the difference: CR2 with one score a patient, which is HC2.
    df : float
        Degrees of freedom of that variance (Bell & McCaffrey 2002), the weights taken as known.
    """

    design: Floats
    solve: Floats
    share: Floats
    df: float

    def residuals(self, scores: Floats) -> Floats:
        """Return what arm and baseline leave of scores, shape (n, …)."""
        return np.asarray(scores - self.design @ (self.solve @ scores))

    def estimate(self, scores: Floats) -> tuple[Floats, Floats]:
        """Return the differences, and their variances, of sets of scores, shape (n, sets)."""
        return self.solve[0] @ scores, self.share @ np.square(self.residuals(scores))


def build_ancova(treated: Bools, baseline: Floats, weight: Floats) -> Ancova:
    """Return the analysis of patients with a known score.

    Parameters
    ----------
    treated : ndarray of bool, shape (n,)
        Both arms.
    baseline : ndarray, shape (n,)
    weight : ndarray, shape (n,)
        Positive.
    """
    design = np.column_stack([treated, np.ones(len(treated)), baseline - np.average(baseline, weights=weight)])
    root = np.sqrt(weight)
    scaled = design * root[:, None]
    inverse = np.linalg.pinv(scaled.T @ scaled, hermitian=True)
    solve = inverse @ scaled.T * root
    leverage = np.einsum("ij,jk,ik->i", scaled, inverse, scaled)
    free = np.maximum(1 - leverage, 1e-12)
    share = np.square(solve[0]) / free
    return Ancova(design, solve, share, _count_df(scaled, inverse, share / weight))


def _count_df(scaled: Floats, inverse: Floats, part: Floats) -> float:
    """Return Satterthwaite's degrees of freedom of Σ part · residual² when the scaled residuals have one variance.

    The residuals' covariance is I − H, so that the sum has mean Σ part (1 − h) and half its variance is Σ part² (1 − 2 h) +
    Σ part part' h'²; the double sum is a trace of matrices of the size of the design.
    """
    leverage = np.einsum("ij,jk,ik->i", scaled, inverse, scaled)
    inner = (scaled.T * part) @ scaled @ inverse
    mean = float(part @ (1 - leverage))
    spread = float(np.square(part) @ (1 - 2 * leverage) + np.trace(inner @ inner))
    return mean**2 / spread if spread > 0 else float("nan")
