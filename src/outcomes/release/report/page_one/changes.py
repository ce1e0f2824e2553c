"""How far mean scores moved, in words: which way, by how much, with which arm."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.release.course import find_place
from outcomes.release.definitions import COVERED, LONGEST
from outcomes.release.numbers import fixed, interval, printed
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material
from outcomes.release.report.page_one.estimate import Estimate
from outcomes.release.report.page_one.evidence import Change, Evidence
from outcomes.release.report.page_one.sizes import say_size


def list_told(material: Material, evidence: Evidence) -> list[Change]:
    """Return the changes of the arms that the study asks about, in their order; those of all arms where it only describes."""
    asked = material.asked
    told = [change for change in evidence.changes if not asked or change.arm in asked]
    return sorted(told, key=lambda change: asked.index(change.arm)) if asked else told


def say_changes(
    material: Material, changes: Sequence[Change], contrasted: bool, opening: str = "", closing: str = ""
) -> str:
    """Return "mean PHQ-9 decreased by 8.8 points with IV ketamine and 6.9 points with esketamine." behind an opening.

    With signs and "changed" where arms moved either way, or an interval includes zero. Without intervals where that of the difference
    is told (``contrasted``). Arms that would make a sentence longer than thirty words have the next one.
    """
    place = find_place(material.tables, material.study)
    assert place is not None
    way = find_way([change.value for change in changes])
    told = [None if contrasted else change.interval for change in changes]
    if any(one is not None and not one.excludes_zero for one in told):
        way = ""
    sizes = [
        f"{_say_amount(change.value, ends, bool(way))} with {material.within(change.arm)}"
        for change, ends in zip(changes, told, strict=True)
    ]
    moved = f"{way or 'changed'} by"
    start = f"mean {material.instrument(place[0])} {moved}"
    start = f"{opening}{start}" if opening else f"{start[:1].upper()}{start[1:]}"
    sentences = []
    while sizes:
        fits = [k for k in range(1, len(sizes) + 1) if len(_tell(start, sizes[:k], closing).split()) <= LONGEST]
        many = fits[-1] if fits else 1
        sentences.append(_tell(start, sizes[:many], closing))
        start, sizes, closing = f"It {moved}", sizes[many:], ""
    return " ".join(sentences)


def _tell(start: str, sizes: Sequence[str], closing: str) -> str:
    return f"{start} {enumerate_words(sizes)}{closing}."


def find_way(values: Sequence[float]) -> str:
    """Return "decreased" or "increased" where all values went that way, as they are printed; empty otherwise."""
    signs = {(one > 0) - (one < 0) for one in map(printed, values)}
    return {-1: "decreased", 1: "increased"}.get(next(iter(signs)), "") if len(signs) == 1 else ""


def say_earlier(changes: Sequence[Change], name: str) -> str:
    """Return the values at an earlier time point; with signs where one did not go the way of all changes."""
    values = [change.earlier.get(name, float("nan")) for change in changes]
    alike = find_way([*values, *(change.value for change in changes)])
    return enumerate_words([fixed(abs(value) if alike else value) for value in values])


def _say_amount(value: float, ends: Estimate | None, directed: bool) -> str:
    """Return "7.9 points (95% CI 5.5 to 10.3)": the size where a word says which way, else with its sign."""
    if ends is None:
        return f"{fixed(abs(value) if directed else value)} points"
    if directed:
        return say_size(ends, "points")
    return f"{fixed(ends.value)} points ({COVERED} CI {interval(ends.lower, ends.upper)})"


def say_latest(material: Material, evidence: Evidence) -> str:
    """Return the mean change at the last time point that has one, where there is none at the declared place; empty without any."""
    if not evidence.latest or find_place(material.tables, material.study) is None:
        return ""
    opening = f"By {evidence.latest_at}, the last estimated, "
    return say_changes(material, evidence.latest, False, opening, " (adjusted)")


def say_rates(material: Material, evidence: Evidence) -> str:
    """Return the share in response of those scored, arm by arm; empty where that of an arm is not released, as one alone says nothing beside another."""
    if len(evidence.rates) < len(material.asked or material.arms):
        return ""
    each = []
    for one in evidence.rates:
        ends = interval(100 * one.share.lower, 100 * one.share.upper, 0)
        arm = f" with {material.within(one.arm)}" if len(material.arms) > 1 else ""
        each.append(f"{fixed(100 * one.share.value, 0)}%{arm} ({COVERED} CI {ends})")
    return f"Response, of those scored: {enumerate_words(each)}." if each else ""
