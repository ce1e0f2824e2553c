"""The share of those who started in whom a response has begun, by day and by session, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.durability.turnbull import Distribution, fit_turnbull, resample_turnbull
from outcomes.analysis.onset.intervals import AXES, KINDS, Onset, choose_people, find_onset, limit_onset
from outcomes.analysis.onset.looks import Looks
from outcomes.normal import Z
from outcomes.proportions import bound_proportion, compute_clopper_pearson

TIMES = {"day": (1, 3, 7, 10, 14, 21, 28, 42), "session": (1, 2, 3, 4, 5, 6)}
KEY = ("arm", "instrument", "endpoint", "onset", "axis", "time")
ESTIMATE = ("probability", "probability_lower", "probability_upper")
REPLICATES = 200
BLUR_DAYS, GRID = 2.0, np.linspace(-1, 1, 9)
UNTOLD = 0.25  # share whose onset lies on either side of a time as well, above which looks do not tell it


def tabulate_onset(
    looks: Looks, arms: Sequence[str], instrument: str, endpoints: Sequence[str], seed: Sequence[int]
) -> pd.DataFrame:
    """Return by which day, and after how many sessions, response and remission had begun.

    Returns
    -------
    DataFrame
        One row per arm, endpoint, ``onset`` (first or confirmed), axis and time, the key beside ``instrument``: ``patients``
        (for remission, those not in it at baseline), ``looked`` at by then, ``begun``: seen to have begun by then, with its
        ``proportion`` of the patients and exact interval, no look counting as no; and ``probability``, whether seen or not, with its
        interval (:func:`estimate_onset`). In both, who stopped early before it began has none: stopping competes.
    """
    records: list[dict[str, Any]] = []
    for arm, endpoint in product(arms, endpoints):
        own = choose_people(looks, endpoint, arm)
        for kind, axis in product(KINDS, AXES) if len(own.people) else ():
            generator = np.random.default_rng([*seed, *f"{arm}/{endpoint}/{kind}/{axis}".encode()])
            onset, times = find_onset(own, endpoint, kind, axis), np.asarray(TIMES[axis], dtype=float)
            found = estimate_onset(onset, times, generator, BLUR_DAYS if axis == "day" else 0.0)
            given = {"arm": arm, "instrument": instrument, "endpoint": endpoint, "onset": kind, "axis": axis}
            for place, time in enumerate(TIMES[axis]):
                row = {**given, "time": time, "patients": len(own.people), "looked": _count_looked(own, axis, time)}
                row["begun"] = int(((onset.seen <= time) & ~onset.stopped).sum())
                records.append({**row, **{name: values[place] for name, values in zip(ESTIMATE, found, strict=True)}})
    table = pd.DataFrame(records, columns=[*KEY, "patients", "looked", "begun", *ESTIMATE])
    below, above = compute_clopper_pearson(table["begun"], table["patients"])
    return table.assign(proportion=table["begun"] / table["patients"], lower=below, upper=above)


def _count_looked(looks: Looks, axis: str, time: float) -> int:
    by_then = looks.rows[axis] <= time
    if axis == "session":
        by_then &= looks.rows["near"]
    return int(looks.rows.loc[by_then, "person"].nunique())


def estimate_onset(
    onset: Onset, times: Floats, generator: np.random.Generator, blur: float = BLUR_DAYS
) -> tuple[Floats, Floats, Floats]:
    """Return the share in whom it has begun by each time, with its bounds; missing where nobody was looked at near it.

    Turnbull's estimate (10.1111/j.2517-6161.1976.tb01597.x), averaged over ``blur`` to either side of a time, but not past 0: jagged as it
    is, it moves by more than samples of patients drawn from it tell; smoothed, it does not (10.1214/09-AOS721). The bounds are
    Wilson's, as sure as the standard error over such samples; where they do not differ, as sure as those known by then.
    Where more than a quarter may as well have begun before a time as after it (all were looked at on days 7 and 28, and half began
    between), no estimate of that time is told: the likelihood has no single maximum there.

    Examples
    --------
    Four patients without a response on day 6; one is seen with it on day 7, and three on day 8, when they are seen next:

    >>> seen = np.array([7.0, 8, 8, 8])
    >>> onset = Onset(np.full(4, 6.0), seen, np.zeros(4, bool), np.ones(4, bool))
    >>> estimate_onset(onset, np.array([6.0, 7, 8]), np.random.default_rng(1), blur=0)[0].tolist()
    [0.0, 1.0, 1.0]
    """
    if not onset.looked.any():
        return (np.full(len(times), np.nan),) * 3
    seen = limit_onset(onset, float(times[-1]) + blur)
    fit = fit_turnbull(seen)
    share = np.clip(_evaluate(fit, times, blur), 0, 1)
    error = _evaluate(resample_turnbull(seen, fit, REPLICATES, generator), times, blur).std(axis=0, ddof=1)
    varies = error > 1e-9
    known = ((onset.seen <= times[:, None]) | (onset.without >= times[:, None]) | onset.stopped).sum(axis=1)
    size = np.where(varies, share * (1 - share) / np.where(varies, error, 1.0) ** 2, known)
    lower, upper = bound_proportion(share, np.clip(size, 1.0, float(onset.looked.sum())), Z)
    told = _find_open(fit, times, blur) <= UNTOLD
    return np.where(told, share, np.nan), np.where(told, lower, np.nan), np.where(told, upper, np.nan)


def _find_open(found: Distribution, times: Floats, blur: float) -> Floats:
    """Return the mass that lies on both sides of each time, around it as the estimate is."""
    day = times + GRID[:, None] * np.minimum(blur, times)
    astride = (found.left < day[..., None]) & (day[..., None] < found.right)
    return np.asarray((astride @ found.mass).mean(axis=0))


def _evaluate(found: Distribution, times: Floats, blur: float) -> Floats:
    """Return the mean mass up to the times around each; mass within an interval is spread evenly, and what lies beyond has no end."""
    whole = Distribution(found.left, found.right, found.mass, np.inf)
    around = np.minimum(blur, times)
    return np.asarray(np.mean([whole.cumulative(times + place * around) for place in GRID], axis=0))
