"""What the first page says on how long a response lasts, from the released tables of durability."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.contracts.released.durability import DurabilityCurve, DurabilityEffect, DurabilityVisits
from outcomes.release.arms import list_compared, order_arms
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.estimate import Estimate, read_estimate
from outcomes.release.report.wording.durability import find_primary


@dataclass(frozen=True)
class Seen:
    """Responders of one arm: how many were seen later, and the share in response at the last week, seen then or not."""

    arm: str
    seen: float
    share: float


@dataclass(frozen=True)
class FollowUp:
    """Responders at the last declared week, and whether each weighted estimate of the difference between arms excludes zero.

    ``weeks``: the primary difference, of weeks in response; ``time``: the weeks that it is of; ``adjusted``: whether weights for
    confounders are in it. ``alone``: the study has one arm.
    """

    week: float
    arms: tuple[Seen, ...]
    differs: tuple[bool, ...] = ()
    favours: str = ""
    weeks: Estimate | None = None
    alone: bool = False
    time: str = ""
    adjusted: bool = False


def gather_follow_up(material: Material) -> FollowUp | None:
    """Return the arms compared (all without a comparison) with a released share; none where durability was not asked for."""
    settings, pair = material.study.durability, list_compared(material.study)
    rows = material.rows(DurabilityCurve.name, end="loss")
    if settings is None or rows.empty:
        return None
    seen = material.rows(DurabilityVisits.name).set_index(DurabilityVisits.arm)[DurabilityVisits.seen]
    week = settings.weeks[-1]
    found = []
    for arm in order_arms(material.study):
        own = rows[(rows[DurabilityCurve.arm] == arm) & (rows[DurabilityCurve.week] == week)]
        outside = bool(pair) and arm not in pair
        if outside or own.empty or pd.isna(own[DurabilityCurve.share].iloc[0]) or pd.isna(seen.get(arm)):
            continue
        found.append(Seen(arm, float(seen[arm]), float(own[DurabilityCurve.share].iloc[0])))
    primary = find_primary(material)
    if not primary:
        return FollowUp(week, tuple(found), alone=len(material.arms) == 1)
    stated = bool(primary[DurabilityEffect.stated])
    longer = DurabilityEffect.treated if primary[DurabilityEffect.difference] > 0 else DurabilityEffect.reference
    weeks = read_estimate(primary, DurabilityEffect.difference, DurabilityEffect.lower, DurabilityEffect.upper)
    time, adjusted = str(primary[DurabilityEffect.time]), primary[DurabilityEffect.weights] != "none"
    favours = str(primary[longer]) if stated else ""
    return FollowUp(week, tuple(found), (stated, stated), favours, weeks, time=time, adjusted=adjusted)
