"""The share that still holds, week by week: Kaplan and Meier, Aalen and Johansen, Turnbull, and as seen at the visit."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.durability.ends import OUTCOMES
from outcomes.analysis.durability.turnbull import Distribution, Seen, fit_turnbull, resample_turnbull
from outcomes.contracts.released.durability import DurabilityCurve

CURVE = DurabilityCurve.columns
STATES = ("held", "ended", "further_treatment")
Z = NormalDist().inv_cdf(0.975)
Estimates = dict[str, tuple[Floats, Floats, Floats]]


@dataclass(frozen=True)
class Grid:
    """Weeks at which curves are read, and how intervals are drawn."""

    weeks: tuple[int, ...]
    samples: int
    competing: bool

    @property
    def days(self) -> Floats:
        """The weeks in days."""
        return np.array([7.0 * week for week in self.weeks])


def tabulate_curve(rows: pd.DataFrame, grid: Grid, generator: np.random.Generator) -> pd.DataFrame:
    """Return the curves of one arm and end.

    Parameters
    ----------
    rows : DataFrame
        As :func:`derive_ends` returns them, one arm and end.
    grid : Grid
    generator : Generator
        Draws the samples of patients for the intervals of Turnbull's estimate.

    Returns
    -------
    DataFrame
        One row per ``method`` (``kaplan_meier``, ``turnbull``), ``state`` (``held``; with competing further treatment also
        ``ended`` and ``further_treatment``), and ``week``: ``share`` with its 95 % interval, who has been followed beyond the
        week without an outcome (``at_risk``), and how many until then had the end (``events``; beside Turnbull: may have
        had it), further treatment as an outcome, or were lost to follow-up: the four add up to the patients followed. A share
        is missing where nobody was followed so long.
    """
    outcome = rows["outcome"].map({name: place for place, name in enumerate(OUTCOMES)}).to_numpy().astype(np.int64)
    last = rows["last_day"].to_numpy(dtype=float)
    first = _estimate_competing(last, outcome, grid) if grid.competing else _estimate_kaplan_meier(last, outcome, grid)
    lower, upper = (rows[name].to_numpy(dtype=float) for name in ("lower", "upper"))
    seen = Seen(np.where(outcome == 2, upper, lower), upper, outcome)  # the day of further treatment is known
    second = _estimate_turnbull(seen, grid, generator)
    earliest = np.where(outcome == 1, seen.lower + 1, last)  # days are whole, and an interval is open on the left
    parts = []
    for method, estimates, days in (("kaplan_meier", first, last), ("turnbull", second, earliest)):
        counts = _count_outcomes(days, outcome, grid)
        for state, (share, lower, upper) in estimates.items():
            part = pd.DataFrame({"method": method, "state": state, "week": grid.weeks})
            parts.append(part.assign(share=share, lower=lower, upper=upper, **counts))
    table = pd.concat(parts, ignore_index=True).assign(arm=rows["arm"].iloc[0], end=rows["end"].iloc[0])
    return table[CURVE]


def _count_outcomes(day: Floats, outcome: Ints, grid: Grid) -> dict[str, Ints]:
    """Return, by week, how many had each outcome or left without, and how many are still followed."""
    by_then = day[:, None] <= grid.days
    kinds = enumerate(("censored", "events", "treated"))
    counts = {name: by_then[outcome == kind].sum(axis=0, dtype=np.int64) for kind, name in kinds}
    followed = np.full(len(grid.weeks), len(day), dtype=np.int64)
    return {"n": followed, "at_risk": followed - by_then.sum(axis=0, dtype=np.int64), **counts}


def _estimate_kaplan_meier(last: Floats, outcome: np.ndarray, grid: Grid) -> Estimates:
    """Return Kaplan and Meier's estimate with the log-minus-log interval (Kalbfleisch & Prentice), by lifelines."""
    from lifelines import KaplanMeierFitter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (FutureWarning, DeprecationWarning))
        fitted = KaplanMeierFitter().fit(last, outcome == 1)
        bounds = fitted.confidence_interval_
    place = np.searchsorted(fitted.survival_function_.index.to_numpy(), grid.days, side="right") - 1
    known = grid.days <= last.max()
    share = np.where(known, fitted.survival_function_.to_numpy()[place, 0], np.nan)
    lower, upper = (np.where(known, bounds.to_numpy()[place, side], np.nan) for side in (0, 1))
    return {"held": (share, lower, upper)}


def _estimate_competing(last: Floats, outcome: np.ndarray, grid: Grid) -> Estimates:
    """Return Aalen and Johansen's estimate of each state with an interval on the log-minus-log scale.

    The variance is that of the patients' influences (infinitesimal jackknife), as in R's survival.
    """
    days = np.unique(last)
    at_risk = (last[:, None] >= days).astype(float)
    size = at_risk.sum(axis=0)
    hazards, changes = [], []
    for kind in (1, 2):
        hit = ((last[:, None] == days) & (outcome == kind)[:, None]).astype(float)
        hazard = hit.sum(axis=0) / size
        hazards.append(hazard)
        changes.append((hit - at_risk * hazard) / size)
    free = np.cumprod(1 - hazards[0] - hazards[1])
    before = np.concatenate([[1.0], free[:-1]])
    shift_free = _shift(free, sum(changes), sum(hazards))
    shift_before = np.column_stack([np.zeros(len(last)), shift_free[:, :-1]])
    incidence = [np.cumsum(before * hazard) for hazard in hazards]
    moved = [
        np.cumsum(shift_before * hazard + before * change, axis=1)
        for hazard, change in zip(hazards, changes, strict=True)
    ]
    place = np.searchsorted(days, grid.days, side="right") - 1
    known = grid.days <= last.max()
    return {
        state: _bound(np.append(value, start), np.column_stack([moves, np.zeros(len(last))]), place, known)
        for state, value, moves, start in zip(
            STATES, (free, *incidence), (shift_free, *moved), (1.0, 0.0, 0.0), strict=True
        )
    }


def _shift(free: Floats, change: Floats, hazard: Floats) -> Floats:
    """Return each patient's influence on the product limit: −S(t) Σ dU / (1 − dA), with S = 0 once all are gone."""
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(hazard < 1, change / (1 - hazard), 0.0)
    return np.asarray(-free * np.cumsum(steps, axis=1))


def _bound(value: Floats, moves: Floats, place: np.ndarray, known: Bools) -> tuple[Floats, Floats, Floats]:
    """Return a share with its interval; the last place, −1, is the time before anything happened."""
    share, error = value[place], np.sqrt(np.square(moves).sum(axis=0))[place]
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = error / np.abs(share * np.log(share))
        bounds = [share ** np.exp(sign * Z * scale) for sign in (1, -1)]
    settled = (error == 0) | (share <= 0) | (share >= 1)
    lower, upper = (np.where(settled, share, bound) for bound in bounds)
    share, lower, upper = (np.where(known, array, np.nan) for array in (share, lower, upper))
    return share, lower, upper


def _estimate_turnbull(seen: Seen, grid: Grid, generator: np.random.Generator) -> Estimates:
    """Return Turnbull's estimate with percentile intervals over samples of patients."""
    fit = fit_turnbull(seen)
    drawn = resample_turnbull(seen, fit, grid.samples, generator) if grid.samples else None
    readers: dict[str, Callable[[Distribution], Floats]] = {
        "held": lambda one: 1 - one.cumulative(grid.days, 1) - one.cumulative(grid.days, 2)
    }
    if grid.competing:
        readers["ended"] = lambda one: one.cumulative(grid.days, 1)
        readers["further_treatment"] = lambda one: one.cumulative(grid.days, 2)
    blank = np.full(len(grid.weeks), np.nan)
    result: Estimates = {}
    for state, read in readers.items():
        bounds = (blank, blank) if drawn is None else np.quantile(read(drawn), [0.025, 0.975], axis=0)
        result[state] = (np.clip(read(fit), 0, 1), np.clip(bounds[0], 0, 1), np.clip(bounds[1], 0, 1))
    return result
