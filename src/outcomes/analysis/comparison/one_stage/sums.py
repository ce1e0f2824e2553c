"""Sums over the patients of a site, arm by arm and by which time points they have a score at: all that a mixed model over all sites needs of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.one_stage.groups import SIDES, Group
from outcomes.analysis.comparison.one_stage.guard import Limits, find_few, find_told
from outcomes.analysis.comparison.population.people import Compared
from outcomes.errors import ModelError
from outcomes.settings.estimand import Estimand


def release_sums(
    compared: Compared, estimand: Estimand, timepoints: Sequence[str], limits: Limits, minimum: int
) -> dict[str, Any]:
    """Return the sums of a site that may leave it, over all its compared patients with a score at the primary or another time point that is used.

    A time point is left out, the farthest from the primary one first, while any group would have few patients. No patient is left out for sharing a
    pattern with few: the ones left would be of another kind. The sums are of whole numbers, and add up exactly in any order.

    Parameters
    ----------
    compared : Compared
    estimand : Estimand
    timepoints : sequence of str
        In order, of the estimand's axis.
    limits : Limits
        Of baselines and scores.
    minimum : int
        Patients of a group.

    Returns
    -------
    dict
        ``timepoints``, those used; ``not_used``, by time point why not; ``groups``, as :meth:`Group.sum` gives them.

    Raises
    ------
    ModelError
        Not even the sums of the primary time point may leave.
    """
    changes = {name: compared.at(estimand.axis, name, "change") for name in timepoints}
    baseline = compared.people["baseline"].to_numpy(dtype=float)
    not_used = {name: "nobody has a score" for name, change in changes.items() if np.isnan(change).all()}
    used = [name for name in timepoints if name not in not_used]
    if estimand.timepoint not in used:
        raise ModelError(f"nobody has a score at {estimand.timepoint}")
    while True:
        numbers = np.column_stack([baseline, *(changes[name] for name in used)])
        groups = list(_divide(numbers, compared.treated, used))
        reason = find_few(groups, estimand.timepoint, minimum) or find_told(groups, limits, minimum)
        if reason is None:
            return {"timepoints": used, "not_used": not_used, "groups": [group.sum() for group in groups]}
        if len(used) == 1:
            raise ModelError(reason)
        place = used.index(estimand.timepoint)
        farthest = max(used, key=lambda name: abs(used.index(name) - place))  # of two as far the earlier
        not_used[farthest] = reason
        used.remove(farthest)


def _divide(numbers: Floats, treated: Bools, timepoints: Sequence[str]) -> Iterator[Group]:
    """Yield the groups that someone is in, the treated first, those with most scores first."""
    seen = ~np.isnan(numbers[:, 1:])
    for side, own in zip(SIDES, (treated, ~treated), strict=True):
        for pattern in np.unique(seen[own], axis=0)[::-1]:
            members = own & (seen == pattern).all(axis=1)
            if pattern.any():
                names = tuple(name for name, there in zip(timepoints, pattern, strict=True) if there)
                yield Group(side, names, numbers[members][:, np.r_[True, pattern]])
