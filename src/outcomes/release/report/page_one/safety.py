"""What the first page says on adverse effects, from the released tables of harms where a study has them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.contracts.released.harms import ALL_SESSIONS, UNASKED, Ascertainment, HarmDetails, HarmDifferences, Harms
from outcomes.records import list_records
from outcomes.release.arms import order_arms
from outcomes.release.definitions import LEVEL
from outcomes.release.report.content.material import Material

WHOLE = ALL_SESSIONS
HEADS = ("any", "any severe")
NAMES = {"any": "any adverse effect", "any severe": "any severe adverse effect"}


@dataclass(frozen=True)
class Effect:
    """One adverse effect: patients with it in either arm, as shares, and whether the interval of the difference excludes zero.

    ``patients``: those asked, arm by arm; none where a number of them is not released. ``interval``: of the share of the only arm.
    """

    name: str
    shares: tuple[float, ...]
    differs: bool
    patients: tuple[float, ...] | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Safety:
    """Adverse effects as collected: the events, what was not asked for, and how many arms were asked; 0 of ``asked``: all too small to be told.

    ``arms``: those whose shares stand in each effect, in their order. ``uncompared``: why no difference of theirs is told; empty where one is.
    """

    effects: tuple[Effect, ...] = ()
    none_in: int | None = None
    not_collected: tuple[str, ...] = ()
    asked: int = 1
    arms: tuple[str, ...] = ()
    uncompared: str = ""

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
    def affected(self) -> float:
        """The share of the only arm with any adverse effect; 0 where several arms were asked, or it is not released."""
        own = [one.shares[0] for one in self.heads if one.name == NAMES["any"] and len(one.shares) == 1]
        return own[0] if own else 0.0

    @property
    def heads_differ(self) -> tuple[Effect, ...]:
        """Any effect, and any severe one, where the interval excludes no difference."""
        return tuple(effect for effect in self.heads if effect.differs)


def gather_safety(material: Material) -> Safety | None:
    """Return what the tables of harms say, over all sessions; none where a study releases no such table or nobody was asked and nothing written down.

    The shares stand in the order of the comparison, treated first. Where both arms were asked in the same way an effect differs if
    its interval leaves out no difference; ``any`` and ``any severe`` lead. Without any interval they are not compared. Seriousness is named where nobody recorded it.
    """
    rows = material.rows(Harms.name, block=WHOLE)
    if rows.empty or (rows[Harms.patients] == 0).all():
        written = len(rows) and len(material.rows(Ascertainment.name, measure=UNASKED))
        return Safety(asked=0) if written else None
    arms = _choose_arms(material, rows)
    contrasts = _find_contrasts(material, arms)
    excludes = (contrasts[HarmDifferences.lower] > 0) | (contrasts[HarmDifferences.upper] < 0)
    differing = set(contrasts.loc[excludes, HarmDifferences.event])
    effects = []
    for event, each in rows.groupby(Harms.event, sort=False):
        shares = {row[Harms.arm]: row[Harms.proportion] for row in list_records(each)}
        told = tuple(float(shares[arm]) for arm in arms if arm in shares and pd.notna(shares[arm]))
        if told and len(told) == len(arms):
            asked_of = {row[Harms.arm]: row[Harms.patients] for row in list_records(each)}
            many = tuple(float(asked_of[arm]) for arm in arms if pd.notna(asked_of[arm]))
            known = many if len(many) == len(arms) else None
            effects.append(Effect(_name(str(event)), told, event in differing, known, _interval(each, arms)))
    details = material.rows(HarmDetails.name)
    serious = len(details) and (details[HarmDetails.detail] == "serious").any()
    asked = int(rows.loc[rows[Harms.arm].isin(arms) & rows[Harms.patients].gt(0), Harms.arm].nunique())
    missing = () if serious else ("serious events",)
    return Safety(
        tuple(effects), _count_none(rows, arms), missing, asked, tuple(arms), _find_uncompared(contrasts, arms)
    )


def limit_of_none(n: float) -> float:
    """Return the share that 95 of 100 samples of n patients would have shown, where none was seen (10.1001/jama.1983.03330370053031).

    Examples
    --------
    >>> round(limit_of_none(60), 3)  # three of sixty: the rule of three
    0.049
    """
    return float(1 - (1 - LEVEL) ** (1 / n))


def _choose_arms(material: Material, rows: pd.DataFrame) -> list[str]:
    """Return the arms that the study asks about, treated first; without a question all of them but those of too few patients to be told."""
    present = list(dict.fromkeys(rows[Harms.arm]))
    told = set(rows.loc[rows[Harms.patients].notna(), Harms.arm])
    return [arm for arm in material.asked if arm in present] or order_arms(material.study, told or present)


def _find_contrasts(material: Material, arms: list[str]) -> pd.DataFrame:
    """Return the rows of the differences between two arms; none between more."""
    rows = material.rows(HarmDifferences.name, block=WHOLE).reindex(columns=HarmDifferences.columns)
    pairs = [" - ".join(arms), " - ".join(reversed(arms))] if len(arms) == 2 else []
    return rows[rows[HarmDifferences.contrast].isin(pairs)]


def _find_uncompared(contrasts: pd.DataFrame, arms: list[str]) -> str:
    """Return why no difference between arms has an interval; empty where one has, or there is one arm."""
    if len(arms) < 2 or contrasts[HarmDifferences.lower].notna().any():
        return ""
    if len(arms) > 2:
        return "there are more than two arms"
    notes = contrasts[HarmDifferences.note].dropna().astype(str)
    return next((note for note in notes if note), "no difference of theirs is told")


def _interval(rows: pd.DataFrame, arms: list[str]) -> tuple[float, float] | None:
    """Return the interval of the share of the only arm; none of several, or where it is not released."""
    own = rows[rows[Harms.arm].isin(arms)]
    known = len(arms) == 1 and {Harms.lower, Harms.upper} <= set(own.columns) and len(own) == 1
    ends = own[[Harms.lower, Harms.upper]].astype("float64").iloc[0] if known else pd.Series(dtype="float64")
    return (float(ends.iloc[0]), float(ends.iloc[1])) if len(ends) and ends.notna().all() else None


def _count_none(rows: pd.DataFrame, arms: list[str]) -> int | None:
    """Return of how many patients none had any adverse effect; none where some had."""
    whole = rows[(rows[Harms.event] == "any") & rows[Harms.arm].isin(arms)]
    if whole.empty or whole[Harms.patients].isna().any() or not (whole[Harms.affected] == 0).all():
        return None
    return int(whole[Harms.patients].sum())


def _name(event: str) -> str:
    return NAMES.get(event, event)
