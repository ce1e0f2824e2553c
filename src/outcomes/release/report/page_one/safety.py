"""What the first page says on adverse effects, from the released tables of harms where a study has them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.contracts.released.harms import ALL_SESSIONS, HarmDetails, HarmDifferences, Harms
from outcomes.release.arms import list_compared, order_arms
from outcomes.release.report.content.material import Material

WHOLE = ALL_SESSIONS
HEADS = ("any", "any severe")
NAMES = {"any": "any adverse effect", "any severe": "any severe adverse effect"}


@dataclass(frozen=True)
class Effect:
    """One adverse effect: patients with it in either arm, as shares, and whether the interval of the difference excludes zero."""

    name: str
    shares: tuple[float, ...]
    differs: bool


@dataclass(frozen=True)
class Safety:
    """Adverse effects as collected: the events, what was not asked for, and how many arms were asked."""

    effects: tuple[Effect, ...] = ()
    none_in: int | None = None
    not_collected: tuple[str, ...] = ()
    asked: int = 1

    @property
    def differing(self) -> tuple[Effect, ...]:
        """The single effects whose interval excludes no difference."""
        return tuple(effect for effect in self.singles if effect.differs)

    @property
    def singles(self) -> tuple[Effect, ...]:
        """The single effects."""
        return tuple(effect for effect in self.effects if effect.name not in NAMES.values())

    @property
    def heads(self) -> tuple[Effect, ...]:
        """Any effect, and any severe one."""
        return tuple(effect for effect in self.effects if effect.name in NAMES.values())

    @property
    def heads_differ(self) -> tuple[Effect, ...]:
        """Any effect, and any severe one, where the interval excludes no difference."""
        return tuple(effect for effect in self.heads if effect.differs)


def gather_safety(material: Material) -> Safety | None:
    """Return what the tables of harms say, over all sessions; none where a study releases no such table or nobody was asked.

    The shares stand in the order of the comparison, treated first. Where both arms were asked in the same way an effect differs if
    its interval leaves out no difference; ``any`` and ``any severe`` lead. Seriousness is named where nobody recorded it.
    """
    rows = material.rows(Harms.name, block=WHOLE)
    if rows.empty or not (rows[Harms.patients].fillna(0) > 0).any():
        return None
    arms = _choose_arms(material, rows)
    differing = _find_differing(material, arms)
    effects = []
    for event, each in rows.groupby(Harms.event, sort=False):
        shares = {row[Harms.arm]: row[Harms.proportion] for row in each.to_dict("records")}
        told = tuple(float(shares[arm]) for arm in arms if arm in shares and pd.notna(shares[arm]))
        if told and len(told) == len(arms):
            effects.append(Effect(_name(str(event)), told, event in differing))
    details = material.rows(HarmDetails.name)
    serious = len(details) and (details[HarmDetails.detail] == "serious").any()
    asked = int(rows.loc[rows[Harms.arm].isin(arms) & rows[Harms.patients].gt(0), Harms.arm].nunique())
    return Safety(tuple(effects), _count_none(rows, arms), () if serious else ("serious events",), asked)


def _choose_arms(material: Material, rows: pd.DataFrame) -> list[str]:
    """Return the arms that are compared, treated first; without a comparison all of them."""
    present = list(dict.fromkeys(rows[Harms.arm]))
    return [arm for arm in list_compared(material.study) if arm in present] or order_arms(material.study, present)


def _find_differing(material: Material, arms: list[str]) -> set[str]:
    """Return the effects whose difference between the arms has an interval without zero."""
    rows = material.rows(HarmDifferences.name, block=WHOLE)
    if rows.empty or len(arms) != 2:
        return set()
    rows = rows[rows[HarmDifferences.contrast] == " - ".join(arms)]
    excludes = (rows[HarmDifferences.lower] > 0) | (rows[HarmDifferences.upper] < 0)
    return set(rows.loc[excludes, HarmDifferences.event])


def _count_none(rows: pd.DataFrame, arms: list[str]) -> int | None:
    """Return of how many patients none had any adverse effect; none where some had."""
    whole = rows[(rows[Harms.event] == "any") & rows[Harms.arm].isin(arms)]
    if whole.empty or whole[Harms.patients].isna().any() or not (whole[Harms.affected] == 0).all():
        return None
    return int(whole[Harms.patients].sum())


def _name(event: str) -> str:
    return NAMES.get(event, event)
