"""Proportional Weibull hazards of two arms when a time is known only to lie between two visits."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from outcomes.analysis.comparison.arrays import Floats

STEP, STEPS = 1e-6, 50


def fit_weibull(lower: Floats, upper: Floats, treated: Floats, weight: Floats) -> tuple[float, float] | None:
    """Return the log hazard ratio and its sandwich standard error; None when no maximum was reached.

    The cumulative hazard is exp(a + b·treated)·t^k; a patient whose time lies in (lower, upper] adds
    weight · log(S(lower) − S(upper)). R's survival fits the same model as ``survreg(Surv(lower, upper, type = "interval2"))``
    with log time; there b is −coefficient / scale.

    Parameters
    ----------
    lower, upper : ndarray, shape (n,)
        Days; upper infinite where the event was not seen, lower 0 where nothing earlier was.
    treated : ndarray, shape (n,)
        1 or 0.
    weight : ndarray, shape (n,)
    """
    unit = float(np.median(upper[np.isfinite(upper)]))
    data = lower / unit, upper / unit, treated

    def _lose(theta: Floats) -> tuple[float, Floats]:
        value, slope = _list_terms(theta, *data)
        return -float(weight @ value), -(weight @ slope)

    theta = minimize(_lose, np.array([0.0, -0.5, 0.0]), jac=True, method="BFGS").x
    for _ in range(STEPS):  # BFGS stops where the likelihood looks flat; Newton finishes
        curvature = np.column_stack(
            [(_lose(theta + d)[1] - _lose(theta - d)[1]) / (2 * STEP) for d in STEP * np.eye(3)]
        )
        step = np.linalg.lstsq(curvature, _lose(theta)[1], rcond=None)[0]
        theta = theta - step
        if np.abs(step).max() < 1e-9:
            break
    else:
        return None
    slope = _list_terms(theta, *data)[1] * weight[:, None]
    inverse = np.linalg.pinv(curvature)
    return float(theta[2]), float(np.sqrt((inverse @ (slope.T @ slope) @ inverse)[2, 2]))


def _list_terms(theta: Floats, lower: Floats, upper: Floats, treated: Floats) -> tuple[Floats, Floats]:
    """Return each patient's log likelihood, shape (n,), and its slope by (log k, a, b), shape (n, 3)."""
    shape, level, effect = np.exp(theta[0]), theta[1], theta[2]
    survival, slopes = [], []
    for time in (lower, upper):
        inner = (time > 0) & np.isfinite(time)
        logs = np.log(np.where(inner, time, 1.0))
        hazard = np.where(inner, np.exp(np.clip(level + effect * treated + shape * logs, -700, 30)), 0.0)
        left = np.where(np.isinf(time), 0.0, np.exp(-hazard))
        survival.append(left)
        direction = np.column_stack([shape * logs, np.ones(len(time)), treated])
        slopes.append(-(left * hazard)[:, None] * direction)
    chance = np.maximum(survival[0] - survival[1], 1e-300)
    return np.log(chance), (slopes[0] - slopes[1]) / chance[:, None]
