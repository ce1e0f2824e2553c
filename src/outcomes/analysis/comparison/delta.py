"""What if missing scores are worse than missing at random says: delta adjustment and its tipping point.

Adding delta to every score that is imputed in an arm moves that arm's mean by delta times the weighted share that is missing, so
the adjusted difference has a closed form and needs no random draw (Mehrotra, Liu & Permutt 2017, 10.1002/pst.1817).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.people import Compared
from outcomes.analysis.comparison.weights import TINY

TIPPING = ["axis", "timepoint", "delta_treated", "delta_reference", "estimate", "lower", "upper"]
Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Shares:
    """The difference that one point more in the missing scores of the treated, and of the reference, makes.

    Attributes
    ----------
    slope : ndarray, shape (2,)
        About the share missing among the treated, and minus the share missing in the reference.
    vcov : ndarray, shape (2, 2)
        Their sandwich covariance (HC0).
    """

    slope: Floats
    vcov: Floats


def compute_shares(missing: Bools, treated: Bools, baseline: Floats, weight: Floats) -> Shares:
    """Regress each arm's missing indicator on arm and baseline, weighted: the arm's coefficient is the slope of delta."""
    arms = np.column_stack([missing & treated, missing & ~treated]).astype(float)
    design = np.column_stack([treated, np.ones(len(treated)), baseline - baseline.mean()]).astype(float)
    weighed = design * weight[:, None]
    inverse = np.linalg.pinv(weighed.T @ design)
    coefficients = inverse @ weighed.T @ arms
    residuals = arms - design @ coefficients
    influence = (weighed @ inverse)[:, [0]] * residuals
    return Shares(coefficients[0], influence.T @ influence)


def find_shares(compared: Compared, axis: str, timepoint: str, weight: Floats) -> Shares:
    """Return the slopes of delta at a time point, among the patients who have a weight."""
    used = weight > TINY
    missing = np.isnan(compared.at(axis, timepoint, "change"))
    baseline = compared.people["baseline"].to_numpy(dtype=float)
    return compute_shares(missing[used], compared.treated[used], baseline[used], weight[used])


def tabulate_tipping(effect: pd.Series, shares: Shares, deltas: Sequence[float]) -> pd.DataFrame:
    """Return the difference for every pair of deltas.

    Parameters
    ----------
    effect : Series
        A row of the primary analysis: ``axis``, ``timepoint``, ``estimate``, ``std_error``.
    shares : Shares
        As :func:`find_shares` returns them for that time point.
    deltas : sequence of float
        Points added to the missing scores of an arm.

    Returns
    -------
    DataFrame
        One row per ``delta_treated`` and ``delta_reference``, the key: the difference in points with its 95 % interval.
    """
    rows = []
    for treated in deltas:
        for reference in deltas:
            pair = np.array([treated, reference])
            estimate = float(effect["estimate"] + pair @ shares.slope)
            half = Z * float(np.sqrt(effect["std_error"] ** 2 + pair @ shares.vcov @ pair))
            place = [effect["axis"], effect["timepoint"], treated, reference]
            rows.append([*place, estimate, estimate - half, estimate + half])
    return pd.DataFrame(rows, columns=TIPPING)


def find_tipping_point(effect: pd.Series, shares: Shares, arm: int) -> float:
    """Return the delta in one arm (0 treated, 1 reference) at which the interval first touches no difference.

    Missing when the interval holds no difference already, or when no delta makes it.
    """
    b, v = float(effect["estimate"]), float(effect["std_error"]) ** 2
    s, u = float(shares.slope[arm]), float(shares.vcov[arm, arm])
    if not abs(b) > Z * np.sqrt(v):
        return float("nan")
    roots = np.roots([s**2 - Z**2 * u, 2 * b * s, b**2 - Z**2 * v])
    real = roots[np.abs(roots.imag) < 1e-12].real
    moving = real[np.sign(real) == -np.sign(b * s)]
    return float(moving[np.abs(moving).argmin()]) if len(moving) else float("nan")
