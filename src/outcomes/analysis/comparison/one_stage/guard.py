"""Which sums of groups may leave a site: those of the minimum of patients, and from which no patient's number follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.comparison.one_stage.groups import SIDES, Group
from outcomes.instruments import Instrument
from outcomes.settings.clinical import Baseline
from outcomes.settings.estimand import Estimand

OTHERS = (10, 30)  # patients among whom three are sought, first among few, with whom one can be exchanged
FOUR = 4


@dataclass(frozen=True)
class Limits:
    """Between which numbers a baseline and a later score lie, as everybody knows from instrument and plan."""

    baseline: tuple[float, float]
    score: tuple[float, float]

    def hold(self, numbers: Floats) -> Bools:
        """Return which rows could be a patient's."""
        baseline, scores = numbers[..., 0], numbers[..., :1] + numbers[..., 1:]
        inside = (baseline >= self.baseline[0]) & (baseline <= self.baseline[1])
        return np.asarray(inside & ((scores >= self.score[0]) & (scores <= self.score[1])).all(axis=-1))


def find_limits(estimand: Estimand, instrument: Instrument, baseline: Baseline) -> Limits:
    """Return the limits of an instrument, a baseline's narrowed by the entry threshold and the rules of eligibility."""
    rules = [rule for rule in estimand.eligibility if rule.column == "baseline"]
    entry = baseline.minimum.get(estimand.instrument, instrument.minimum)
    low = max([entry, *(rule.minimum for rule in rules if rule.minimum is not None)])
    high = min([instrument.maximum, *(rule.maximum for rule in rules if rule.maximum is not None)])
    return Limits((low, high), (instrument.minimum, instrument.maximum))


def find_few(groups: Sequence[Group], primary: str, minimum: int) -> str | None:
    """Return why groups are of too few patients; None where they are not."""
    if any(len(group.numbers) < minimum for group in groups):
        return f"fewer than {minimum} patients of an arm have scores at the same time points"
    there = {group.side for group in groups if primary in group.timepoints}
    lacking = [side for side in SIDES if side not in there]
    return f"nobody of the {lacking[0]} arm has a score at {primary}" if lacking else None


def find_told(groups: Sequence[Group], limits: Limits, minimum: int) -> str | None:
    """Return why a patient's number follows from sums; None where of nobody one does.

    Four patients who are each put on the other side of their common mean leave every sum and every sum of products as it was. Where that gives whole
    numbers within the limits, who has the sums cannot tell the one four from the other. So each number that fewer than the minimum of a group share has
    to be one that such an exchange gives to fewer or to more patients.
    """
    for group in groups:
        if not (group.numbers == np.rint(group.numbers)).all():
            return "scores or baselines that are not whole numbers, of which sums tell more"
        if not all(_is_hidden(group.numbers, place, limits, minimum) for place in range(len(group.numbers))):
            return "the sums of some patients hardly leave open what one of them answered"
    return None


def _is_hidden(numbers: Floats, place: int, limits: Limits, minimum: int) -> bool:
    """Return whether each number of a patient could be that of one patient fewer, or of one more, with the same sums."""
    shared = (numbers == numbers[place]).sum(axis=0) >= minimum
    others = np.r_[place + 1 : len(numbers), 0:place]
    return any((shared | _find_exchanged(numbers, place, others[:most], limits)).all() for most in OTHERS)


def _find_exchanged(numbers: Floats, place: int, others: Ints, limits: Limits) -> Bools:
    """Return which numbers of a patient some exchange with three others gives to fewer or to more patients."""
    three = np.array(list(combinations(others.tolist(), FOUR - 1)))
    four = np.concatenate([np.broadcast_to(numbers[place], (len(three), 1, numbers.shape[1])), numbers[three]], axis=1)
    total = four.sum(axis=1, keepdims=True)
    even = (total % 2 == 0).all(axis=(1, 2))
    turned = total[even] / 2 - four[even]
    possible = limits.hold(turned).all(axis=1)
    before, after = ((rows == numbers[place]).sum(axis=1) for rows in (four[even][possible], turned[possible]))
    return np.asarray((before != after).any(axis=0))
