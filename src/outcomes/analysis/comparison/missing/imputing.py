"""Missing changes drawn as if missing at random: from their distribution given the patient's own arm and observed changes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.missing.model import ImputationModel
from outcomes.analysis.comparison.missing.wide import Wide

MOST_NUMBERS = 1_000_000  # in one array of imputed data sets


def impute_at_random(
    wide: Wide, model: ImputationModel, generator: np.random.Generator
) -> Iterator[tuple[slice, Floats]]:
    """Yield which draws, and the changes with all missing ones imputed, shape (draws, n, T), a few draws at a time.

    How many at a time changes no number.
    """
    draws, (n, points) = len(model.arm), wide.change.shape
    step = max(1, MOST_NUMBERS // max(n * points, 1))
    for start in range(0, draws, step):
        chosen = slice(start, min(start + step, draws))
        noise = generator.standard_normal((chosen.stop - start, n, points))
        mean = model.predict_reference(wide, chosen) + wide.treated[:, None] * model.arm[chosen, None, :]
        yield chosen, fill_missing(wide.change, mean, model.covariance[chosen], noise)


def fill_missing(change: Floats, mean: Floats, covariance: Floats, noise: Floats) -> Floats:
    """Return changes with the missing ones drawn given the observed ones, pattern by pattern.

    Parameters
    ----------
    change : ndarray, shape (n, T)
    mean : ndarray, shape (draws, n, T)
    covariance : ndarray, shape (draws, T, T)
    noise : ndarray, shape (draws, n, T)
        Standard normal; zeros give the conditional means.
    """
    filled = np.broadcast_to(change, mean.shape).copy()
    patterns, which = np.unique(np.isnan(change), axis=0, return_inverse=True)
    for number, missing in enumerate(patterns):
        if missing.any():
            rows = np.flatnonzero(which.reshape(-1) == number)
            filled[:, rows] = _fill_pattern(change[rows], mean[:, rows], covariance, noise[:, rows], missing)
    return filled


def _fill_pattern(change: Floats, mean: Floats, covariance: Floats, noise: Floats, missing: Bools) -> Floats:
    m, o = np.flatnonzero(missing), np.flatnonzero(~missing)
    slope = regress(covariance, m, o)
    across = covariance[:, o[:, None], m]
    left = covariance[:, m[:, None], m] - slope @ across
    root = np.linalg.cholesky((left + left.transpose(0, 2, 1)) / 2)
    filled = np.broadcast_to(change, mean.shape).copy()
    apart = change[None, :, o] - mean[:, :, o]
    filled[:, :, m] = mean[:, :, m] + apart @ slope.transpose(0, 2, 1) + noise[:, :, m] @ root.transpose(0, 2, 1)
    return filled


def regress(covariance: Floats, outcome: np.ndarray, given: np.ndarray) -> Floats:
    """Return the slopes of some time points on others, shape (draws, outcome, given)."""
    across = covariance[:, given[:, None], outcome]
    own = covariance[:, given[:, None], given]
    return np.asarray(np.linalg.solve(own, across).transpose(0, 2, 1))
