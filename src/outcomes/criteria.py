"""When a score is a response or a remission, as arrays: an instrument's cut-offs, and what reaches them.

Arrays broadcast: scores of shape (series, time points) stand against baselines of shape (series, 1). Scores that were observed and
scores that are imputed are judged here, by the same definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.errors import SettingsError
from outcomes.instruments import Instrument
from outcomes.settings.clinical import Endpoints

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TOLERANCE = 1e-9  # of comparisons with a cut-off: a mean of decimals may miss an exact half by the last binary digit


@dataclass(frozen=True)
class Criteria:
    """The cut-offs of one instrument; None where it has none."""

    higher_is_worse: bool
    response_percent: float | None
    response_points: float | None
    remission_maximum: float | None
    worsening_points: float
    reliable_change: float | None
    response_maximum: float | None = None

    @classmethod
    def of(cls, name: str, instrument: Instrument, endpoints: Endpoints) -> Criteria:
        """Return an instrument's cut-offs, the study's own before the published ones.

        Raises
        ------
        SettingsError
            A largest total in remission is declared where a high total is good.
        """
        declared = endpoints.reliable_change.get(name)
        remission = endpoints.remission_maximum.get(name, instrument.remission_maximum)
        if remission is not None and not instrument.higher_is_worse:
            raise SettingsError(f"endpoints.remission_maximum: a high total of {name} is good; leave it out.")
        return cls(
            higher_is_worse=instrument.higher_is_worse,
            response_percent=endpoints.response_percent.get(name, instrument.response_percent),
            response_points=instrument.response_points,
            remission_maximum=remission,
            worsening_points=endpoints.worsening_points,
            reliable_change=None if declared is None else declared.index,
            response_maximum=instrument.response_maximum,
        )


@dataclass(frozen=True)
class Truth:
    """A yes or no for each score, with where it is unknown."""

    value: Bools
    missing: Bools


def compute_response(score: Floats, baseline: Floats, criteria: Criteria) -> Truth:
    """Return whether the improvement reaches the declared percent of the baseline, or the declared points.

    Compared as ``100 · improvement ≥ percent · |baseline|``, without a division, so an exact half drop is a response. A
    baseline of 0 leaves nothing to drop: no response (unknown where high scores are good). A baseline below 0 is an impossible
    total that the study kept with a flag; it takes an improvement there too. A rating of change itself (CGI-I) needs no baseline.
    Unknown where no cut-off is declared.
    """
    improvement = baseline - score if criteria.higher_is_worse else score - baseline
    if criteria.response_percent is not None:
        reached = reaches(100 * improvement, criteria.response_percent * np.abs(baseline)) & (baseline != 0)
        known = np.isfinite(improvement) & ((baseline != 0) | criteria.higher_is_worse)
        return Truth(reached, ~known)
    if criteria.response_points is not None:
        return Truth(reaches(improvement, np.float64(criteria.response_points)), ~np.isfinite(improvement))
    if criteria.response_maximum is not None:
        rated = np.broadcast_to(np.asarray(score, dtype=np.float64), improvement.shape)
        return Truth(reaches(np.float64(criteria.response_maximum), rated), ~np.isfinite(rated))
    return _unknown(improvement)


def compute_remission(score: Floats, baseline: Floats, criteria: Criteria) -> Truth:
    """Return whether the score is at most the largest total in remission; unknown where there is no such cut-off.

    Unknown without a baseline too: who was never seen ill cannot be seen to remit, and response and remission have one
    denominator.
    """
    if criteria.remission_maximum is None:
        return _unknown(score)
    known = np.isfinite(score) & np.isfinite(baseline)
    return Truth(reaches(np.float64(criteria.remission_maximum), score), ~known)


def reaches(value: Any, cutoff: Any) -> Bools:
    """Return value ≥ cutoff, up to the tolerance; false where either is NaN."""
    return np.asarray(value >= cutoff - TOLERANCE * np.maximum(1, np.abs(cutoff)), dtype=np.bool_)


def _unknown(values: Floats) -> Truth:
    return Truth(np.zeros(values.shape, dtype=np.bool_), np.ones(values.shape, dtype=np.bool_))
