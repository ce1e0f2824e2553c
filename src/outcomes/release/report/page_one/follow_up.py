"""What the first page says on how long a response lasts, from the released tables of durability."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.contracts.released.durability import DurabilityHeld
from outcomes.release.report.content.material import Material


@dataclass(frozen=True)
class Seen:
    """Responders of one arm seen near the last week: how many, and the share still in response."""

    arm: str
    seen: float
    share: float


@dataclass(frozen=True)
class FollowUp:
    """Responders seen at the last declared week, and whether each estimator of the difference between arms excludes zero."""

    week: float
    arms: tuple[Seen, ...]
    differs: tuple[bool, ...] = ()
    favours: str = ""


def gather_follow_up(material: Material) -> FollowUp | None:
    """Return the responders seen at the last week with a released share; none where durability was not asked for."""
    if material.study.durability is None:
        return None
    rows = material.rows("durability_held", end="loss", method="at_visit", state="held")
    if rows.empty:
        return None
    week = float(rows[DurabilityHeld.week].max())
    rows = rows[(rows[DurabilityHeld.week] == week) & rows[DurabilityHeld.share].notna()]
    found = []
    for row in rows.to_dict("records"):
        seen = row[DurabilityHeld.seen]
        if pd.notna(seen):
            found.append(Seen(str(row[DurabilityHeld.arm]), float(seen), float(row[DurabilityHeld.share])))
    order = [arm.id for arm in material.study.arms]
    return FollowUp(
        week, tuple(sorted(found, key=lambda one: order.index(one.arm) if one.arm in order else len(order)))
    )
