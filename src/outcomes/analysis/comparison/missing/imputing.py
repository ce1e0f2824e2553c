"""Missing changes drawn as if missing at random: from their distribution given the patient's own arm and observed changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.comparison.missing.model import ImputationModel
from outcomes.analysis.comparison.missing.wide import Wide

MOST_NUMBERS = 1_000_000  # in one array of imputed data sets


class Pattern(NamedTuple):
    """Time points that some patients miss together, of shape (T,), and those patients' rows."""

    missing: Bools
    rows: Ints


def impute_at_random(
    wide: Wide, model: ImputationModel, generator: np.random.Generator
) -> Iterator[tuple[slice, Floats]]:
    """Yield which draws, and the changes with all missing ones imputed, shape (draws, n, T), a few draws at a time.

    How many at a time changes no number.
    """
    draws, (n, points) = len(model.arm), wide.change.shape
    step = max(1, MOST_NUMBERS // max(n * points, 1))
    patterns = find_patterns(wide.change)
    for start in range(0, draws, step):
        chosen = slice(start, min(start + step, draws))
        noise = generator.standard_normal((chosen.stop - start, n, points))
        mean = model.predict_reference(wide, chosen) + wide.treated[:, None] * model.arm[chosen, None, :]
        yield chosen, fill_missing(wide.change, mean, model.covariance[chosen], noise, patterns)


def find_patterns(change: Floats) -> list[Pattern]:
    """Return the time points that some miss together, and their rows, of changes of shape (n, T)."""
    patterns, which = np.unique(np.isnan(change), axis=0, return_inverse=True)
    found = [Pattern(missing, np.flatnonzero(which.reshape(-1) == number)) for number, missing in enumerate(patterns)]
    return [pattern for pattern in found if pattern.missing.any()]


def fill_missing(
    change: Floats, mean: Floats, covariance: Floats, noise: Floats, patterns: Sequence[Pattern]
) -> Floats:
    """Return changes with the missing ones drawn given the observed ones, pattern by pattern.

    Parameters
    ----------
    change : ndarray, shape (n, T)
    mean : ndarray, shape (draws, n, T)
    covariance : ndarray, shape (draws, T, T)
    noise : ndarray, shape (draws, n, T)
        Standard normal; zeros give the conditional means.
    patterns : sequence of Pattern
        Of the changes.
    """
    filled = np.broadcast_to(change, mean.shape).copy()
    for missing, rows in patterns:
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
