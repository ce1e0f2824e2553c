"""The same share by a mixed model of the scores: the status seen within a week of the day, else the model's probability of it.

Given the model, missing scores may hang on all that was seen; it leans on normal scores with a course that bends slowly, and errs where a
relapse is abrupt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.durability.histories import Histories
from outcomes.analysis.durability.occupancy import Occupancy, build_curve
from outcomes.analysis.durability.retreatment import Staying
from outcomes.analysis.durability.visiting import People, spread

NEAR_DAYS = 7
MONTH = 30.0
FORMULA = "total ~ arm * (bend_1 + bend_2 + bend_3) + landmark + baseline"


@dataclass(frozen=True)
class Scores:
    """What the mixed model needs of an arm beside its histories, in units of its scale.

    Attributes
    ----------
    baseline, cut, landmark : ndarray, shape (n,)
        ``cut``: the boundary between response and none, on the scale of the scores, lower being better.
    total : ndarray, shape (m,)
    """

    baseline: Floats
    cut: Floats
    landmark: Floats
    total: Floats


@dataclass(frozen=True)
class _Course:
    """The fitted model: fixed effects, covariance of intercept and slope, residual variance."""

    names: tuple[str, ...]
    beta: Floats
    effects: Floats
    residual: float


def fit_courses(arms: Sequence[tuple[Histories, Ints, Staying, Scores]], people: People) -> list[Occupancy] | str:
    """Return the share of each arm, or why the model could not be fitted.

    Parameters
    ----------
    arms : sequence of tuple
        Histories, places among the N patients, weights for not having been treated again, and scores of each arm.
    people : People
    """
    from outcomes import mixed

    frames = [_frame(histories, own, place, scores) for place, (histories, own, _, scores) in enumerate(arms)]
    try:
        fit = mixed.fit(
            pd.concat(frames, ignore_index=True),
            FORMULA,
            subject="person",
            covariance=None,
            random="1 + month",
            df="normal",
        )
    except mixed.MixedError as problem:
        return str(problem)
    if not fit.converged:
        return fit.reason
    course = _Course(
        fit.names,
        np.asarray(fit.estimates["estimate"]),
        np.asarray(fit.random_covariance),
        float(fit.residual_variance),
    )
    parts = [_Posterior.of(course, place, *arm[::3]) for place, arm in enumerate(arms)]
    bread = np.linalg.pinv(sum(part.bread for part in parts))
    moved = (
        sum(spread(part.score, own, people.weight.shape[1]) for part, (_, own, _, _) in zip(parts, arms, strict=True))
        @ bread
    )
    return [_average(part, *arm[:3], people, moved) for part, arm in zip(parts, arms, strict=True)]


def _frame(histories: Histories, own: Ints, place: int, scores: Scores) -> pd.DataFrame:
    columns = _list_columns(histories, scores, place, histories.person, histories.day)
    who = histories.person
    return pd.DataFrame({"person": own[who], "total": scores.total, "month": histories.day / MONTH, **columns})


def _list_columns(histories: Histories, scores: Scores, place: int, person: Ints, day: Floats) -> dict[str, Floats]:
    bends = build_curve(day, histories.start, histories.end, 3)[:, 1:]
    columns = {f"bend_{number}": column for number, column in enumerate(bends.T, 1)}
    arm = np.full(len(day), float(place))
    return {"arm": arm, **columns, "landmark": scores.landmark[person], "baseline": scores.baseline[person]}


@dataclass(frozen=True)
class _Posterior:
    """An arm's patients under the model: probability of response on each day and how it moves with the fixed effects."""

    probability: Floats
    slope: Floats
    score: Floats
    bread: Floats

    @classmethod
    def of(cls, course: _Course, place: int, histories: Histories, scores: Scores) -> _Posterior:
        n, days = histories.n, histories.days
        x, z, y, seen = _pad(course, histories, scores, place)
        inverse = np.linalg.inv(z @ course.effects @ z.transpose(0, 2, 1) + course.residual * np.eye(z.shape[1]))
        inverse = inverse * (seen[:, :, None] & seen[:, None, :])
        gain = course.effects @ z.transpose(0, 2, 1) @ inverse
        error = (y - x @ course.beta) * seen
        left = course.effects - gain @ z @ course.effects
        ahead = np.column_stack([np.ones(len(days)), days / MONTH])
        wide = _design(course, histories, scores, place, np.repeat(np.arange(n), len(days)), np.tile(days, n))
        wide = wide.reshape(n, len(days), -1)
        mean = wide @ course.beta + np.einsum("tk,nk->nt", ahead, np.einsum("nkm,nm->nk", gain, error))
        spread_ = np.sqrt(np.einsum("tk,nkl,tl->nt", ahead, left, ahead) + course.residual)
        standard = (scores.cut[:, None] - mean) / spread_
        probability = special.ndtr(standard)
        density = np.exp(-(standard**2) / 2) / np.sqrt(2 * np.pi) / spread_
        move = wide - np.einsum("tk,nkp->ntp", ahead, gain @ x)
        near, status = _see_near(histories)
        return cls(
            np.where(near, status, probability),
            -np.where(near, 0.0, density)[:, :, None] * move,
            np.einsum("nmp,nm->np", x, np.einsum("nml,nl->nm", inverse, error)),
            np.einsum("nmp,nml,nlq->pq", x, inverse, x),
        )


def _design(course: _Course, histories: Histories, scores: Scores, place: int, person: Ints, day: Floats) -> Floats:
    """Return the columns of the fixed effects, by the names that the engine gave them."""
    columns = _list_columns(histories, scores, place, person, day)
    factors = [[columns[part] for part in name.split(":")] if name != "Intercept" else [] for name in course.names]
    return np.column_stack([np.prod([np.ones(len(day)), *parts], axis=0) for parts in factors])


def _pad(course: _Course, histories: Histories, scores: Scores, place: int) -> tuple[Floats, Floats, Floats, Bools]:
    """Return design, effects' design, scores, and which of them are there, each patient's scores side by side."""
    who, n = histories.person, histories.n
    order = np.arange(len(who)) - np.searchsorted(who, who)
    most = int(order.max(initial=0)) + 1
    rows = _design(course, histories, scores, place, who, histories.day)
    x, z, y = np.zeros((n, most, rows.shape[1])), np.zeros((n, most, 2)), np.zeros((n, most))
    seen = np.zeros((n, most), dtype=bool)
    x[who, order], y[who, order], seen[who, order] = rows, scores.total, True
    z[who, order] = np.column_stack([np.ones(len(who)), histories.day / MONTH])
    return x, z, y, seen


def _see_near(histories: Histories) -> tuple[Bools, Floats]:
    """Return who has a score within a week of each day, and whether the nearest is a response; the earlier of two as near."""
    days = histories.days
    best = np.full((histories.n, len(days)), np.inf)
    status = np.zeros(best.shape)
    for person, day, good in zip(histories.person, histories.day, histories.good, strict=True):
        away = np.abs(days - day)
        closer = (away <= NEAR_DAYS) & (away < best[person])
        best[person, closer], status[person, closer] = away[closer], float(good)
    return np.isfinite(best), status


def _average(
    part: _Posterior, histories: Histories, own: Ints, staying: Staying, people: People, moved: Floats
) -> Occupancy:
    inside = histories.days <= histories.until[:, None]
    weight = inside * people.weight[0, own][:, None] * np.exp(staying.log_weight[0])
    size = np.maximum(weight.sum(axis=0), 1e-12)
    share = np.where(inside.any(axis=0), (weight * part.probability).sum(axis=0) / size, np.nan)
    error = weight * (part.probability - np.nan_to_num(share)) / size
    total = spread(error, own, people.weight.shape[1])
    total = total + people.contribution @ (people.slope.T @ total)
    total += staying.contribution @ np.einsum("ntq,nt->qt", staying.slope, error)
    total += moved @ np.einsum("nt,ntp->pt", weight / size, part.slope)
    factor = float(np.sqrt(histories.n / max(histories.n - 1, 1)))
    return Occupancy(histories.days, share[None], total, factor)
