"""The sentences on adverse effects of page 1, Key Points, and abstract."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import count, fixed, interval
from outcomes.release.report.content.grids import enumerate_words, join_sentences
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.evidence import Evidence
from outcomes.release.report.page_one.safety import NAMES, Effect, Safety, limit_of_none

MOST_EFFECTS = 3
MOST_TOLD = 4  # beside any and any severe adverse effect, as in the picture


def say_safety(material: Material, evidence: Evidence) -> list[str]:
    """Return of how many any event and a severe one were recorded, and the events that differ most, else the most frequent."""
    safety = evidence.safety
    if safety is None:
        return []
    others = rank_effects(safety.differing) or sorted(
        safety.singles, key=lambda one: (-max(one.shares), one.name)
    )  # as the picture beside has them
    parts = [part for part in (safety.heads, tuple(others[:MOST_TOLD])) if part]
    if not parts:
        return [""]
    texts = [[f"{one.name} {_say_shares(one)}{_say_other(one, part[0])}" for one in part] for part in parts]
    texts[0][0] = f"{_say_whom(material, safety, parts[0][0])}: {texts[0][0]}"
    return [sentence for part in texts for sentence in join_sentences(part)]


def say_any_effect(material: Material, evidence: Evidence) -> str:
    """Return the share with any adverse effect, for a text that compares no arms: "Any adverse effect: 75% of 60 patients."."""
    safety = evidence.safety
    if safety is None:
        return "Adverse effects were not in the export."
    if safety.none_in:
        return f"No adverse effect was recorded in {count(safety.none_in)} patients."
    head = next((one for one in safety.heads if one.name == NAMES["any"]), None)
    if head is None or head.patients is None:
        return ""
    each = [f"{fixed(100 * share, 0)}% of {count(n)}" for share, n in zip(head.shares, head.patients, strict=True)]
    if len(each) > 1:
        each = [f"{text} with {material.within(arm)}" for text, arm in zip(each, safety.arms, strict=True)]
    unlike = f" ({safety.uncompared})" if safety.uncompared.startswith("not asked") else ""
    return f"Any adverse effect{unlike}: {enumerate_words(each)}{' patients' if len(each) == 1 else ''}."


def _say_whom(material: Material, safety: Safety, effect: Effect) -> str:
    """Return the arms in the order of the shares, and how many patients they are of."""
    n = " v ".join(count(one) for one in effect.patients or ())
    if len(effect.shares) < 2:
        return f"Of {n} patients asked" if n else "Of patients asked"
    return f"With {' v '.join(material.within(arm) for arm in safety.arms)}{f' (of {n} asked)' if n else ''}"


def _say_other(effect: Effect, first: Effect) -> str:
    """Return of how many patients an effect is, where these are not those of the first: a severe one only of those with graded events."""
    alike = effect.patients == first.patients or not effect.patients
    return "" if alike else f" (of {' v '.join(count(one) for one in effect.patients or ())} graded)"


def _say_shares(effect: Effect) -> str:
    """Return the shares arm by arm; one of nobody with the limit below which the true share lies."""
    text = " v ".join(f"{fixed(100 * share, 0)}%" for share in effect.shares)
    if any(effect.shares) and effect.interval is not None and effect.name == NAMES["any"]:
        return f"{text} ({COVERED} CI {interval(*effect.interval, 0, 100)})"
    if any(effect.shares) or effect.patients is None or len(effect.shares) > 1:
        return text
    return f"{text} ({COVERED} upper limit {fixed(100 * limit_of_none(effect.patients[0]), 'percent')}%)"


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
