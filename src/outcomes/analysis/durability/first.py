"""The first bad score, and the first further session, within each arm: a description of what was seen, not a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.durability.landmark import Followed, list_ends
from outcomes.analysis.durability.turnbull import Seen, fit_turnbull, resample_turnbull
from outcomes.contracts.released.durability import DurabilityFirst
from outcomes.settings import Study
from outcomes.settings.durability import Durability

TAIL = 0.025


@dataclass(frozen=True)
class Survival:
    """A share without an event so far with its 95% interval, by day asked."""

    share: Floats
    lower: Floats
    upper: Floats


def estimate_survival(last: Floats, event: Bools, days: Floats) -> Survival:
    """Return Kaplan and Meier's estimate with beta product limits.

    The limits are those of Fay, Brittain & Proschan 2013 (10.1093/biostatistics/kxt016), by matched moments: with no one lost to follow-up
    Clopper and Pearson's, never of width zero, and right where nobody or everybody has had the event.

    Parameters
    ----------
    last : ndarray, shape (n,)
        Day of the event or of the end of follow-up.
    event : ndarray of bool, shape (n,)
    days : ndarray
        A share is missing after the last day on which anybody was followed, unless all had the event by then.

    Examples
    --------
    >>> found = estimate_survival(np.array([3.0, 5, 9, 9]), np.array([True, True, False, False]), np.array([2.0, 6]))
    >>> found.share.round(2).tolist(), found.lower.round(2).tolist(), found.upper.round(2).tolist()
    ([1.0, 0.5], [0.4, 0.07], [1.0, 0.93])
    """
    times = np.unique(last[event])
    at_risk = (last[:, None] >= times).sum(axis=0).astype(float)
    dead = ((last[:, None] == times) & event[:, None]).sum(axis=0).astype(float)
    left = 1 - dead / at_risk if len(times) else np.zeros(0)
    shares, lowers, uppers = [], [], []
    for day in days:
        past = times <= day
        share = float(np.prod(left[past]))
        if day > last.max(initial=0.0) and share > 0:
            shares.append(np.nan)
            lowers.append(np.nan)
            uppers.append(np.nan)
            continue
        high = (at_risk[past] - dead[past] + 1, dead[past])
        still = float((last > day).sum())
        shares.append(share)
        uppers.append(_find_quantile(*high, 1 - TAIL) if past.any() else 1.0)
        lowers.append(_find_quantile(np.append(high[0], still), np.append(high[1], 1.0), TAIL) if still else 0.0)
    return Survival(np.array(shares), np.array(lowers), np.array(uppers))


def _find_quantile(first: Floats, second: Floats, chance: float) -> float:
    """Return a quantile of a product of independent beta variables, by the beta with its first two moments."""
    mean = float(np.prod(first / (first + second)))
    square = float(np.prod(first * (first + 1) / ((first + second) * (first + second + 1))))
    size = (mean - square) / (square - mean**2)
    return float(special.betaincinv(mean * size, (1 - mean) * size, chance))


def tabulate_first(ends: pd.DataFrame, followed: Followed, durability: Durability, study: Study) -> pd.DataFrame:
    """Return, within each arm, the share that has had no bad score yet, and no further session.

    Kaplan and Meier take the first visit that shows it as its day; Turnbull uses only that it came between two visits. A further
    session's day is known.
    """
    days = np.array([7.0 * week for week in durability.weeks])
    parts = []
    for arm in (one.id for one in study.arms if (followed.people["arm"] == one.id).any()):
        own = followed.people[followed.people["arm"] == arm]
        facts: dict[str, Any] = {"arm": arm, "n": len(own)}
        for end in list_ends(durability):
            rows = ends[(ends["end"] == end) & (ends["arm"] == arm)]
            last, event = rows["last_day"].to_numpy(float), (rows["outcome"] == "ended").to_numpy()
            parts.append(_lay_out(estimate_survival(last, event, days), facts, end, "kaplan_meier", durability))
            seen = Seen(rows["lower"].to_numpy(float), rows["upper"].to_numpy(float), event)
            generator = np.random.default_rng([study.seed, *f"durability/{end}/{arm}".encode()])
            found = estimate_turnbull(seen, days, durability.replicates, generator)
            parts.append(_lay_out(found, facts, end, "turnbull", durability))
        further = own["further_day"].to_numpy(float)
        limit = np.where(own["retreated"], 7.0 * durability.horizon_weeks, own["until"].to_numpy(float))
        again = estimate_survival(np.minimum(further, limit), further <= limit, days)
        parts.append(_lay_out(again, facts, "further_treatment", "kaplan_meier", durability))
    return pd.concat(parts, ignore_index=True)


def _lay_out(found: Survival, facts: dict[str, Any], end: str, method: str, durability: Durability) -> pd.DataFrame:
    table = pd.DataFrame({"week": durability.weeks, "share": found.share, "lower": found.lower, "upper": found.upper})
    return table.assign(end=end, method=method, **facts)[DurabilityFirst.columns]


def estimate_turnbull(seen: Seen, days: Floats, samples: int, generator: np.random.Generator) -> Survival:
    """Return Turnbull's estimate with percentile limits over samples of patients, where the samples differ."""
    fit = fit_turnbull(seen)
    share = np.clip(1 - fit.cumulative(days), 0, 1)
    blank = np.full(len(days), np.nan)
    if not samples or not seen.ended.any():
        return Survival(share, blank, blank)
    drawn = 1 - resample_turnbull(seen, fit, samples, generator).cumulative(days)
    lower, upper = np.clip(np.quantile(drawn, [TAIL, 1 - TAIL], axis=0), 0, 1)
    known = upper - lower > 1e-9
    return Survival(share, np.where(known, lower, np.nan), np.where(known, upper, np.nan))
