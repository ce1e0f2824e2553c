"""What the first page says on adverse effects, from the released tables of harms where a study has them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.contracts.released.harms import Ascertainment, HarmDetails, HarmDifferences, Harms
from outcomes.release.report.content.material import Material

BLOCK, ANY, SEVERE, ASKED = "all sessions", "any", "any severe", "adverse events"
SERIOUS = "serious"


@dataclass(frozen=True)
class Effect:
    """One adverse effect: patients with it in either arm, as shares, and whether the interval of the difference excludes zero."""

    name: str
    shares: tuple[float, ...]
    differs: bool


@dataclass(frozen=True)
class Safety:
    """Adverse effects as collected: the events, how many were asked where nobody had one, and what was not asked for."""

    effects: tuple[Effect, ...] = ()
    none_in: int | None = None
    not_collected: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[Effect, ...]:
        """The effects whose interval excludes no difference, the largest difference first."""
        own = [effect for effect in self.effects if effect.differs and effect.name not in (ANY, SEVERE)]
        return tuple(sorted(own, key=lambda effect: -abs(effect.shares[0] - effect.shares[-1])))


def gather_safety(material: Material) -> Safety | None:
    """Return what the tables of harms say; none where a study releases no such table or nobody was asked."""
    rows, asked = material.rows(Harms.name, block=BLOCK), material.rows(Ascertainment.name, measure=ASKED)
    if rows.empty or (len(asked) and (asked[Ascertainment.answered].fillna(1) == 0).all()):
        return None
    comparison = material.study.comparison
    arms = (comparison.estimand.treated, comparison.estimand.reference) if comparison else tuple(material.arms)
    rows = rows[rows[Harms.arm].isin(arms)]
    counted = rows[Harms.affected].notna()
    none = len(rows) > 0 and counted.all() and (rows[Harms.affected] == 0).all()
    asked_of = rows.drop_duplicates(Harms.arm)[Harms.patients]
    return Safety(
        _effects(material, rows, arms),
        int(asked_of.sum()) if none and asked_of.notna().all() else None,
        () if len(material.rows(HarmDetails.name, detail=SERIOUS)) else ("serious events",),
    )


def _effects(material: Material, rows: pd.DataFrame, arms: tuple[str, ...]) -> tuple[Effect, ...]:
    """Return the events of which every arm's share is released, the most frequent first."""
    differences = material.rows(HarmDifferences.name, block=BLOCK)
    if len(differences) and len(arms) > 1:
        differences = differences[differences[HarmDifferences.contrast] == f"{arms[0]} - {arms[1]}"]
    apart = {
        str(row[HarmDifferences.event]): bool(row[HarmDifferences.lower] > 0 or row[HarmDifferences.upper] < 0)
        for row in differences.to_dict("records")
        if pd.notna(row[HarmDifferences.lower]) and pd.notna(row[HarmDifferences.upper])
    }
    found = []
    for event, own in rows.groupby(Harms.event, sort=False):
        shares = own.set_index(Harms.arm)[Harms.proportion].reindex(arms)
        if shares.notna().all():
            found.append(Effect(str(event), tuple(float(share) for share in shares), apart.get(str(event), False)))
    return tuple(sorted(found, key=lambda effect: -max(effect.shares)))
