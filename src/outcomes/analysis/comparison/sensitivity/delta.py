"""What if scores after a patient's last one are worse than missing at random says: delta adjustment and its tipping point.

Adding delta to every such score of an arm moves that arm's mean by delta times the weighted share of its patients who have none
any more, so the adjusted difference has a closed form and needs no random draw (Mehrotra, Liu & Permutt 2017, 10.1002/pst.1817). A
gap before a later score stays missing at random, as in imputation by reference arm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.population.people import Compared, find_dropout
from outcomes.analysis.comparison.weighting.weights import TINY
from outcomes.contracts.released.comparison import Tipping

TIPPING = Tipping.columns


@dataclass(frozen=True)
class Shares:
    """The difference that one point more in the scores after the last of the treated, and of the reference, makes.

    Attributes
    ----------
    slope : ndarray, shape (2,)
        About the share of the treated seen no more, and minus that of the reference.
    vcov : ndarray, shape (2, 2)
        Their sandwich covariance (HC0).
    """

    slope: Floats
    vcov: Floats


def compute_shares(dropped: Bools, treated: Bools, baseline: Floats, weight: Floats) -> Shares:
    """Regress each arm's indicator of dropout on arm and baseline, weighted: the arm's coefficient is the slope of delta."""
    arms = np.column_stack([dropped & treated, dropped & ~treated]).astype(float)
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
    dropped = find_dropout(compared.changes(axis)) <= compared.timepoints[axis].index(timepoint)
    baseline = compared.people["baseline"].to_numpy(dtype=float)
    return compute_shares(dropped[used], compared.treated[used], baseline[used], weight[used])


def pool_shares(several: Sequence[Shares]) -> Shares:
    """Return the slopes of data sets filled with imputed confounders as one, by Rubin's rules."""
    if len(several) == 1:
        return several[0]
    slopes = np.array([one.slope for one in several])
    between = np.cov(slopes.T)
    return Shares(
        slopes.mean(axis=0), np.mean([one.vcov for one in several], axis=0) + (1 + 1 / len(several)) * between
    )


def tabulate_tipping(effect: pd.Series, shares: Shares, deltas: Sequence[float]) -> pd.DataFrame:
    """Return the difference for every pair of deltas.

    Parameters
    ----------
    effect : Series
        A row of the primary analysis: ``axis``, ``timepoint``, ``estimate``, ``std_error``, ``df``.
    shares : Shares
        As :func:`find_shares` returns them for that time point.
    deltas : sequence of float
        Points added to an arm's scores after the last.

    Returns
    -------
    DataFrame
        One row per ``delta_treated`` and ``delta_reference``: the difference in points with its 95% interval, that of the primary analysis
        where both are 0; ``method`` is ``closed_form``.
    """
    rows, quantile = [], _find_quantile(effect)
    for treated in deltas:
        for reference in deltas:
            pair = np.array([treated, reference])
            estimate = float(effect["estimate"] + pair @ shares.slope)
            half = quantile * float(np.sqrt(effect["std_error"] ** 2 + pair @ shares.vcov @ pair))
            place = [effect["axis"], effect["timepoint"], "closed_form", treated, reference]
            rows.append([*place, estimate, estimate - half, estimate + half])
    return pd.DataFrame(rows, columns=TIPPING)


def find_tipping_point(effect: pd.Series, shares: Shares, arm: int) -> float:
    """Return the delta in one arm (0 treated, 1 reference) at which the interval first touches no difference.

    Missing when the interval holds no difference already, or when no delta makes it.
    """
    b, v, z = float(effect["estimate"]), float(effect["std_error"]) ** 2, _find_quantile(effect)
    s, u = float(shares.slope[arm]), float(shares.vcov[arm, arm])
    if not abs(b) > z * np.sqrt(v):
        return float("nan")
    roots = np.roots([s**2 - z**2 * u, 2 * b * s, b**2 - z**2 * v])
    real = roots[np.abs(roots.imag) < 1e-12].real
    moving = real[np.sign(real) == -np.sign(b * s)]
    return float(moving[np.abs(moving).argmin()]) if len(moving) else float("nan")


def _find_quantile(effect: pd.Series) -> float:
    """Return the quantile of t behind the primary interval, of its own degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(float(effect["df"]), 0.975))
