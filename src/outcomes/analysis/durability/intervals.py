"""Intervals of shares that come from a model: Wilson's at the number of patients who would tell as much, and differences of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.optimize import brentq

from outcomes.analysis.comparison.arrays import Floats

TAIL, SMALLEST_TAIL = 0.025, 1e-10
MOST_PER_PATIENT = 5.0  # a share's standard error tells at most this many times the patients seen
FEWEST_DF = 3.0


@dataclass(frozen=True)
class Share:
    """A share of an arm.

    Attributes
    ----------
    value : float
    told_by : float
        The number of independent patients whose proportion would have the same standard error.
    df : float
        Degrees of freedom of that standard error.
    """

    value: float
    told_by: float
    df: float = np.inf

    def bounds(self, tail: float = TAIL) -> tuple[float, float]:
        """Return Wilson's interval (10.1080/01621459.1927.10502953) with so much in either tail; never of width zero.

        Its quantile is Student's.

        Examples
        --------
        >>> [round(bound, 4) for bound in Share(1.0, 12).bounds()]
        [0.7575, 1.0]
        """
        normal = not np.isfinite(self.df)
        z = float(special.ndtri(1 - tail) if normal else special.stdtrit(self.df, 1 - tail))
        n, p = self.told_by, self.value
        centre, size = p + z**2 / (2 * n), 1 + z**2 / n
        half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        lower, upper = float((centre - half) / size), float((centre + half) / size)
        return max(lower, 0.0) if p > 0 else 0.0, min(upper, 1.0) if p < 1 else 1.0


@dataclass(frozen=True)
class Difference:
    """A difference of two shares with its 95% interval and the P value that goes with it."""

    value: float
    lower: float
    upper: float
    p_value: float

    @property
    def direction(self) -> int:
        """1 or −1 where the interval excludes zero, else 0."""
        return int(self.lower > 0) - int(self.upper < 0)


def measure_share(value: float, contribution: Floats, seen: int) -> Share:
    """Return a share with the number that its standard error amounts to, p (1 − p) / SE².

    Parameters
    ----------
    value : float
    contribution : ndarray, shape (N,)
        What each patient adds to its error; their squares add up to SE². Few that are large make it uncertain itself: its degrees of
        freedom are those of Pan & Wall 2002, 10.1002/sim.1142.
    seen : int
        Patients with a score; where nobody adds to the error, because all scores are alike, they are what tells.
    """
    square = np.square(contribution)
    square = square[square > 0]
    total, limit = float(square.sum()), MOST_PER_PATIENT * seen
    if total == 0:
        return Share(value, float(seen))
    told_by = value * (1 - value) / total
    spread = float(np.square(square - square.mean()).sum())
    most = max(len(square) - 1.0, FEWEST_DF)
    df = 2 * total**2 / spread if spread > 0 else most
    return Share(value, float(np.clip(told_by, 1.0, limit)), float(np.clip(df, FEWEST_DF, most)))


def subtract(first: Share, second: Share, correlation: float = 0.0) -> Difference:
    """Return first − second, its bounds by squaring and adding (MOVER: Zou & Donner 2008, 10.1002/sim.3095).

    With whole numbers told by this is Newcombe's tenth method (10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I). The
    P value is twice the tail at which a bound touches zero, so it never contradicts the interval.

    Examples
    --------
    >>> found = subtract(Share(0.8, 70), Share(0.6, 80))
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.0524, 0.3339)
    """
    value = first.value - second.value
    lower, upper = _bound(first, second, correlation, TAIL)
    return Difference(value, lower, upper, _find_p(first, second, correlation))


def _bound(first: Share, second: Share, correlation: float, tail: float) -> tuple[float, float]:
    (low, high), (below, above) = first.bounds(tail), second.bounds(tail)
    down, up = first.value - low, high - first.value
    under, over = second.value - below, above - second.value
    value = first.value - second.value
    lower = value - np.sqrt(max(down**2 - 2 * correlation * down * over + over**2, 0))
    upper = value + np.sqrt(max(up**2 - 2 * correlation * up * under + under**2, 0))
    return float(lower), float(upper)


def _find_p(first: Share, second: Share, correlation: float) -> float:
    value = first.value - second.value
    side = 0 if value > 0 else 1

    def _reach(log_tail: float) -> float:
        return _bound(first, second, correlation, float(np.exp(log_tail)))[side]

    ends = float(np.log(SMALLEST_TAIL)), float(np.log(0.4999))
    if value == 0 or _reach(ends[1]) * value <= 0:
        return 1.0
    if _reach(ends[0]) * value > 0:
        return 2 * SMALLEST_TAIL
    return float(2 * np.exp(brentq(_reach, *ends, xtol=1e-6)))
