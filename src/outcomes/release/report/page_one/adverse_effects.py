"""The sentences on adverse effects of page 1, Key Points, and abstract."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.release.arms import list_compared
from outcomes.release.numbers import fixed
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.evidence import Evidence
from outcomes.release.report.page_one.safety import Effect

MOST_EFFECTS = 3
MOST_TOLD = 4  # beside any and any severe adverse effect, as in the picture


def say_safety(material: Material, evidence: Evidence) -> list[str]:
    """Return how many had any event and a severe one, and the events that differ most, else the most frequent."""
    safety = evidence.safety
    if safety is None:
        return []
    others = rank_effects(safety.differing) or sorted(safety.singles, key=lambda one: -max(one.shares))
    effects = (*safety.heads, *others[:MOST_TOLD])
    if not effects:
        return [""]
    said = [f"{one.name} {' v '.join(f'{fixed(100 * share, 0)}%' for share in one.shares)}" for one in effects]
    compared = list_compared(material.study)
    arms = [material.within(arm) for arm in compared] if len(compared) == len(effects[0].shares) else []
    text = "; ".join(said)
    return [f"With {' v '.join(arms)}: {text}." if arms else f"{text[:1].upper()}{text[1:]}."]


def rank_effects(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """Return effects, most unequal first."""
    return tuple(sorted(effects, key=lambda one: -abs(one.shares[0] - one.shares[-1])))


def say_effects(evidence: Evidence, most: int) -> str:
    """Return adverse effects that differ between the compared arms: "dizziness 17% v 35%"; empty without one.

    The most unequal come first; where some are more frequent with either arm, both kinds are among them.
    """
    found = rank_effects(evidence.safety.differing) if evidence.safety else ()
    sides = [[one for one in found if (one.shares[0] > one.shares[-1]) is more] for more in (True, False)]
    leading = [side[0] for side in sides if side]
    chosen = (
        rank_effects([*leading, *(one for one in found if one not in leading)][:most]) if most >= len(leading) else ()
    )
    return "; ".join(f"{one.name} {' v '.join(f'{fixed(100 * share, 0)}%' for share in one.shares)}" for one in chosen)
