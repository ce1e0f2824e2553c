"""The variance of a weighted difference that holds that the propensity score was estimated: stacked estimating equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.weighting.weights import Weights


def compute_stacked_error(fit: Any, timepoint: str, weights: Weights) -> float:
    """Return the standard error of the difference treated − reference at a time point.

    To each patient's influence on the difference (inflated for leverage as CR2 does) is added what the patient does to the score and
    through it to everyone's weight (Stefanski & Boos 2002, 10.1198/000313002753631330; Lunceford & Davidian 2004,
    10.1002/sim.1903). Mostly this makes the error smaller than with the weights taken as known.

    Parameters
    ----------
    fit : Fit
        As :func:`outcomes.analysis.comparison.effects.primary.fit_change` returns it; its subjects are rows of the compared patients.
    timepoint : str
    weights : Weights
        Those of the fit, for all compared patients.
    """
    from outcomes import mixed

    names = list(fit.names)
    chosen = [name for name in ("arm[treated]", f"arm[treated]:timepoint[{timepoint}]") if name in names]
    influence, plain = (
        _spread(mixed.influences(fit, kind)[chosen].sum(axis=1), len(weights.weight)) for kind in ("cr2", "cr0")
    )
    if weights.propensity is not None:
        through = np.divide(weights.slope, weights.weight, out=np.zeros_like(plain), where=weights.weight > 0) * plain
        gradient = weights.propensity.design.T @ through
        influence = influence + weights.propensity.influence @ gradient / len(plain)
    return float(np.sqrt(np.square(influence).sum()))


def _spread(values: Any, size: int) -> Floats:
    """Return the values of the people in the model among all compared; the others have no influence."""
    spread = np.zeros(size)
    spread[values.index.to_numpy(dtype=int)] = values.to_numpy()
    return spread
