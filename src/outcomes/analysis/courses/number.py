"""How many groups of course there are: by the information criterion, among those that are large, sure, and stable enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.courses.mixture import Groups, fit_groups, measure_stability, weigh_skewed

MOST = 4
SMALLEST_SHARE = 0.05  # of the patients, in a group
SURE, STABLE = 0.8, 0.7
MARGIN = (
    6.0  # by which a criterion must be smaller: strong evidence (Kass & Raftery 1995, 10.1080/01621459.1995.10476572)
)
NORMAL, SKEWED = "normal", "skewed"


@dataclass(frozen=True)
class Candidate:
    """A number of groups that was tried.

    Attributes
    ----------
    count : int
    shape : str
        Normal, or skewed: one group with a tail.
    bic : float
    groups : Groups or None
        None of the skewed one.
    stability : float
        Missing where the criterion speaks against the number already.
    note : str
        Why it cannot be chosen; empty where it can.
    chosen : bool
    """

    count: int
    shape: str
    bic: float
    groups: Groups | None
    stability: float = np.nan
    note: str = ""
    chosen: bool = False


def try_numbers(values: Floats, fewest: int, seed: Sequence[int]) -> list[Candidate]:
    """Return what was tried, one of them chosen.

    Two or more groups are chosen where their BIC is smaller by 6 or more than that of one group, normal and skewed; where each has at least ``fewest`` patients and 5% of
    all; where its members belong to it with a mean probability of at least 0.8; and where the mean adjusted Rand index over samples is at
    least 0.7. Of several such numbers, that of the smallest BIC. Else it is one group.

    Parameters
    ----------
    values : ndarray, shape (patients, effects)
        Coefficients of the courses.
    fewest : int
        Patients whom a group must have to be shown.
    seed : sequence of int
    """
    one = fit_groups(values, 1, seed)
    single = [Candidate(1, NORMAL, one.bic, one, 1.0), Candidate(1, SKEWED, weigh_skewed(values), None, 1.0)]
    limit = min(candidate.bic for candidate in single)
    several = [_try(values, count, limit, fewest, seed) for count in range(2, MOST + 1)]
    able = [candidate for candidate in several if not candidate.note]
    best = min(able or single, key=lambda candidate: candidate.bic)
    return [replace(candidate, chosen=candidate is best) for candidate in (*single, *several)]


def _try(values: Floats, count: int, limit: float, fewest: int, seed: Sequence[int]) -> Candidate:
    groups = fit_groups(values, count, seed)
    found = Candidate(count, NORMAL, groups.bic, groups)
    if groups.bic > limit - MARGIN:
        return replace(found, note="its criterion is not clearly smaller than that of one group")
    if groups.sizes.min() < max(fewest, SMALLEST_SHARE * len(values)):
        return replace(found, note="a group is of few patients")
    found = replace(found, stability=measure_stability(values, groups, seed))
    if groups.certainty.min() < SURE:
        return replace(found, note="membership is unsure")
    return replace(found, note="" if found.stability >= STABLE else "the groups change from sample to sample")
