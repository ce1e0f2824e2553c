"""Responders after an induction whose course is known, and visits that hang on what was seen before.

`drift`: scores move slowly about a level, with a slope, an Ornstein-Uhlenbeck process, and noise. `episodes`: relapse is abrupt and may
heal. Both arms have the same course unless `better` is set, so that any difference between them is made by the visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

LANDMARK, HORIZON = 14, 98
Course = Literal["drift", "episodes"]
MISSING_AT_RANDOM = ("same14", "10v28", "well_skip", "ill_drop", "skip_drop", "ill_early")
FURTHER = ("ends_early", "treated_again", "treated_again_counts", "confounded")
SCENARIOS = (*MISSING_AT_RANDOM, "well_skip_now", *FURTHER)


@dataclass(frozen=True)
class People:
    """Patients in response at the landmark: baseline, largest total that is a response, level and total by day, landmark's day."""

    baseline: np.ndarray
    cut: np.ndarray
    latent: np.ndarray
    total: np.ndarray
    first: np.ndarray

    def take(self, rows: np.ndarray) -> People:
        """Return some of them."""
        return People(self.baseline[rows], self.cut[rows], self.latent[rows], self.total[rows], self.first[rows])


@dataclass(frozen=True)
class Arm:
    """One arm as it is seen.

    Attributes
    ----------
    people : People
    until, retreated : ndarray, shape (n,)
        Last day of follow-up, and whether further treatment ended it.
    person, day, total : ndarray, shape (m,)
        Later scores in order.
    """

    people: People
    until: np.ndarray
    retreated: np.ndarray
    person: np.ndarray
    day: np.ndarray
    total: np.ndarray


def draw_people(course: Course, n: int, better: bool, rng: np.random.Generator) -> People:
    """Return patients in response at the landmark."""
    parts, kept = [], 0
    while kept < n:
        size = 2 * (n - kept) + 20
        baseline = np.clip(np.round(rng.normal(19, 3.5, size)), 12, 27)
        cut = np.floor(baseline / 2)
        level = 0.30 * baseline + rng.normal(0, 1.8, size)
        days = np.arange(HORIZON + 1)
        moves = _draw_ou(size, len(days), rng)
        if course == "drift":
            slope = rng.normal(0.020 - (0.02 if better else 0.0), 0.025, size)
            latent = level[:, None] + moves + slope[:, None] * days
        else:
            ill = _draw_relapse(size, days, better, rng)
            latent = np.where(ill, 0.72 * baseline[:, None], level[:, None]) + moves
        total = np.clip(np.round(latent + rng.normal(0, 2.0, latent.shape)), 0, 27)
        first = rng.integers(7, LANDMARK + 1, size)
        good = total[np.arange(size), first] <= cut
        parts.append([array[good] for array in (baseline, cut, latent, total, first)])
        kept += int(good.sum())
    return People(*(np.concatenate(arrays)[:n] for arrays in zip(*parts, strict=True)))


def _draw_ou(n: int, days: int, rng: np.random.Generator) -> np.ndarray:
    keep, path = np.exp(-1 / 20), rng.normal(0, 1.3, (n, days))
    for day in range(1, days):
        path[:, day] = keep * path[:, day - 1] + np.sqrt(1 - keep**2) * path[:, day]
    return path


def _draw_relapse(n: int, days: np.ndarray, better: bool, rng: np.random.Generator) -> np.ndarray:
    """Return who is in a relapse on each day: onset after a Weibull time, healed after an exponential one."""
    onset = LANDMARK + 110.0 * (np.exp(0.7) if better else 1.0) * rng.weibull(1.2, n)
    healed = onset + rng.exponential(60.0, n)
    return np.asarray((days >= onset[:, None]) & (days < healed[:, None]))


def find_truth(course: Course, better: bool, n: int = 120_000, seed: int = 1) -> np.ndarray:
    """Return the share in response on each day 0 .. HORIZON, by simulation."""
    rng, total = np.random.default_rng([seed, 9]), np.zeros(HORIZON + 1)
    for _ in range(20):
        people = draw_people(course, n // 20, better, rng)
        total += (people.total <= people.cut[:, None]).mean(axis=0) / 20
    return total


def find_truth_untreated(course: Course, gap: float, better: bool, n: int = 40_000, seed: int = 1) -> np.ndarray:
    """Return the share not treated again and in response on each day, if patients are seen so often."""
    rng, total = np.random.default_rng([seed, 10]), np.zeros(HORIZON + 1)
    days = np.arange(HORIZON + 1)
    for _ in range(10):
        people = draw_people(course, n // 10, better, rng)
        arm = follow(people, "treated_again_counts", gap, rng)
        good = (people.total <= people.cut[:, None]) & (days <= arm.until[:, None])
        total += good.mean(axis=0) / 10
    return total


def follow(people: People, scenario: str, gap: float, rng: np.random.Generator) -> Arm:
    """Return an arm whose planned visits are `gap` days apart (SD a quarter of it)."""
    n, who = len(people.cut), np.arange(len(people.cut))
    until, retreated = np.full(n, HORIZON), np.zeros(n, dtype=bool)
    if scenario == "ends_early":  # the export was made before some had been followed for long
        until = rng.integers(30, 2 * HORIZON, n).clip(max=HORIZON)
    last = people.total[who, people.first]
    alive = np.ones(n, dtype=bool)
    day = people.first + _draw_gap(gap, last > people.cut, scenario, rng)
    rows = []
    while (alive := alive & (day <= until)).any():
        place = np.minimum(day, HORIZON)
        now = people.total[who, place]
        seen = alive & (day > LANDMARK) & ~_skip(people, scenario, place, last, rng)
        rows.append((who[seen], day[seen], now[seen]))
        last = np.where(seen, now, last)
        leaves = seen & (rng.random(n) < np.where(now > people.cut, 0.35, 0.03))
        if scenario in ("ill_drop", "skip_drop"):
            alive = alive & ~leaves
        if scenario in ("treated_again", "treated_again_counts"):
            again = day + rng.integers(0, 8, n)  # the last day before it
            leaves = leaves & (again < until)
            until, retreated = np.where(leaves, again, until), retreated | leaves
        day = day + _draw_gap(gap, last > people.cut, scenario, rng)
    person, day_seen, score = (np.concatenate(arrays) for arrays in zip(*rows, strict=True))
    order = np.lexsort((day_seen, person))
    return Arm(people, until, retreated, person[order], day_seen[order], score[order])


def _skip(people: People, scenario: str, place: np.ndarray, last: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return who does not come to a planned visit."""
    chance = rng.random(len(last))
    if scenario in ("well_skip", "skip_drop"):
        return np.asarray(chance < np.where(last <= people.cut - 3, 0.6, 0.1))
    if scenario == "well_skip_now":
        return np.asarray((chance < 0.5) & (people.latent[np.arange(len(last)), place] <= people.cut))
    return np.zeros(len(last), dtype=bool)


def _draw_gap(gap: float, bad: np.ndarray, scenario: str, rng: np.random.Generator) -> np.ndarray:
    usual = np.maximum(np.round(rng.normal(gap, 0.25 * gap, len(bad))), 3).astype(int)
    return np.where(bad, np.minimum(usual, 7), usual) if scenario == "ill_early" else usual


def draw_cohort(course: Course, scenario: str, n: int, better: bool, rng: np.random.Generator) -> tuple[Arm, Arm]:
    """Return two arms of n: the reference, seen every 10 days, and the other, every 28, whose course may be better."""
    gaps = (14.0, 14.0) if scenario == "same14" else (10.0, 28.0)
    if scenario == "confounded":  # the severer are likelier to be in the second arm
        people = draw_people(course, 2 * n, False, rng)
        second = rng.random(2 * n) < 1 / (1 + np.exp(-0.3 * (people.baseline - 19)))
        groups = (people.take(~second), people.take(second))
    else:
        groups = (draw_people(course, n, False, rng), draw_people(course, n, better, rng))
    first, second_arm = (follow(group, scenario, gap, rng) for group, gap in zip(groups, gaps, strict=True))
    return first, second_arm
