"""The three estimates of the share in response by day, of two arms or one, with the edges at which there is nothing to fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.durability.histories import Histories
from outcomes.analysis.durability.intervals import Difference, Share, measure_share, subtract
from outcomes.analysis.durability.likelihood import Scores, fit_courses
from outcomes.analysis.durability.occupancy import Occupancy, choose_degrees, count_informative, fit_occupancy
from outcomes.analysis.durability.retreatment import (
    Staying,
    estimate_untreated,
    multiply,
    stay_equal,
    weigh_rows,
    weigh_staying,
)
from outcomes.analysis.durability.targeted import ArmScores, fit_outcome, target_arm
from outcomes.analysis.durability.tilt import tilt_weights
from outcomes.analysis.durability.visiting import People, RowWeights, weigh_visits
from outcomes.settings.durability import FurtherTreatment

FEWEST_SEEN, FEWEST_TARGETED = (
    10,
    50,
)  # patients of an arm with a later score: for a curve, and for the targeted estimate
NEAR_DAYS = 14  # a curve ends on the last day within so many of which FEWEST_SEEN patients are seen


@dataclass(frozen=True)
class Arm:
    """Patients of one arm among those of both.

    Attributes
    ----------
    histories : Histories
    own : ndarray of int, shape (n,)
    scores : Scores
    """

    histories: Histories
    own: Ints
    scores: Scores


@dataclass(frozen=True)
class Prepared:
    """An arm with the weights of its scores.

    Attributes
    ----------
    arm : Arm
    rows : RowWeights
    staying : Staying
    untreated : Occupancy or None
        Share without further treatment, where that counts as not in response.
    """

    arm: Arm
    rows: RowWeights
    staying: Staying
    untreated: Occupancy | None

    def finish(self, holding: Occupancy) -> Occupancy:
        """Return the share with further treatment counted as declared."""
        return holding if self.untreated is None else multiply(self.untreated, holding)


def prepare(arm: Arm, people: People, maintenance: FurtherTreatment) -> Prepared:
    """Weigh an arm's scores for how often patients were seen and, where follow-up ends so, for not having been treated again."""
    histories, own = arm.histories, arm.own
    rows = weigh_visits(histories, own, people)
    untreated = estimate_untreated(histories, own, people) if maintenance == "competing" else None
    if maintenance != "censor" or not histories.retreated.any():
        return Prepared(arm, rows, stay_equal(histories, people), untreated)
    staying = weigh_staying(histories, own, people)
    return Prepared(arm, weigh_rows(rows, staying, histories), staying, untreated)


def estimate_weighted(prepared: Prepared, people: People, alpha: float = 0.0) -> Occupancy:
    """Return the inverse-intensity-weighted share of an arm, its ill seen exp(alpha) times as often as its well."""
    histories, own, rows = prepared.arm.histories, prepared.arm.own, prepared.rows
    degrees = choose_degrees(histories)
    if degrees is None:
        return prepared.finish(_stay_flat(histories, people))
    if alpha:
        rows = tilt_weights(rows, alpha, histories, own, people)
    return prepared.finish(fit_occupancy(histories, own, people, rows, degrees))


def _stay_flat(histories: Histories, people: People) -> Occupancy:
    """Return the share of an arm all (or none) of whose scores are in response."""
    days, (batch, n) = histories.days, people.weight.shape
    share = np.full((batch, len(days)), float(histories.good.all()))
    return Occupancy(days, share, np.zeros((n, len(days))), 1.0)


def estimate_targeted(arms: Sequence[Prepared], people: People) -> list[Occupancy]:
    """Return the targeted share of each of two arms."""
    degrees = [choose_degrees(one.arm.histories) for one in arms]
    scores = [
        ArmScores(one.arm.histories, one.arm.own, one.rows, one.staying, degree or 0)
        for one, degree in zip(arms, degrees, strict=True)
    ]
    model = fit_outcome(scores, people)
    return [
        one.finish(_stay_flat(one.arm.histories, people) if degree is None else target_arm(own, place, model, people))
        for place, (one, own, degree) in enumerate(zip(arms, scores, degrees, strict=True))
    ]


def estimate_likelihood(arms: Sequence[Prepared], people: People) -> list[Occupancy] | str:
    """Return the share of each arm by the mixed model, or why there is none."""
    found = fit_courses([(one.arm.histories, one.arm.own, one.staying, one.arm.scores) for one in arms], people)
    return found if isinstance(found, str) else [one.finish(own) for one, own in zip(arms, found, strict=True)]


def find_last_day(histories: Histories) -> float:
    """Return the last day within a fortnight of which ten patients are seen; the landmark where there is none."""
    days = histories.days
    near = np.abs(days[:, None] - histories.day) <= NEAR_DAYS
    counts = np.array([len(np.unique(histories.person[row])) for row in near])
    enough = np.flatnonzero(counts >= FEWEST_SEEN)
    return float(days[enough[-1]]) if len(enough) else float(histories.start)


def count_fewest(histories: Histories) -> int:
    """Return on how few patients a share rests that is nearly all or none: those with the rarer kind of score, else all seen."""
    return histories.seen if choose_degrees(histories) else count_informative(histories)


def read_share(occupancy: Occupancy, mask: Bools, seen: int) -> tuple[Share, Floats]:
    """Return the mean share over the days of a mask with each patient's part in its error."""
    value = float(np.clip(occupancy.share[0][mask].mean(), 0, 1))
    contribution = occupancy.factor * occupancy.contribution[:, mask].mean(axis=1)
    return measure_share(value, contribution, seen), contribution


def compare(first: Occupancy, second: Occupancy, mask: Bools, seen: tuple[int, int]) -> Difference:
    """Return the difference first − second of the mean shares over the days of a mask."""
    one, error = read_share(first, mask, seen[0])
    other, against = read_share(second, mask, seen[1])
    size = float(np.sqrt(np.square(error).sum() * np.square(against).sum()))
    return subtract(one, other, float(error @ against) / size if size > 0 else 0.0)
