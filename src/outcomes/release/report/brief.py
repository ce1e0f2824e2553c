"""The first page: what a clinician asks first, in a few plain sentences and one picture, and no claim beyond the design."""

from __future__ import annotations

from pathlib import Path

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import fixed, interval
from outcomes.release.report import headline
from outcomes.release.report.anchor import say_important_briefly
from outcomes.release.report.conclusion import say_caveat, say_contrary
from outcomes.release.report.content import Block, Bullets, Section
from outcomes.release.report.diagnostics import excludes_zero, find_effect
from outcomes.release.report.material import Material
from outcomes.release.report.shown import pictures
from outcomes.release.report.statement import (
    find_response,
    say_arms,
    say_difference,
    say_direction,
    say_no_difference,
    say_place,
    say_way,
    state_response,
)


def show_brief(material: Material, folder: Path) -> Section:
    """Return the key results: who, the course, the primary difference and what it means, response, and what to hold against it."""
    response = state_response(material)
    entries = [
        headline.count_patients(material),
        headline.say_course(material),
        _say_primary(material),
        say_important_briefly(material),
        f"{response} {_say_undecided(material)}".strip() if response else headline.say_response(material),
        " ".join(filter(None, (headline.describe_missing(material), say_caveat(material)))),
    ]
    if headline.is_hidden(material) and not find_effect(material):
        entries = [headline.say_course(material)]
    blocks: list[Block] = [Bullets(tuple(entry for entry in entries if entry))] if any(entries) else []
    if material.study.comparison is not None:
        blocks += pictures(material, folder, "primary", material.study.comparison.estimand.instrument)
    return Section("brief", "In brief", tuple(blocks))


def _say_undecided(material: Material) -> str:
    """Say that the two denominators favour different arms, or that response favours another arm than the scores do."""
    rows = [find_response(material, population) for population in ("started", "observed")]
    differ = all(rows) and (rows[0]["difference"] > 0) != (rows[1]["difference"] > 0)
    return "Which arm looks better depends on how missing scores are taken." if differ or say_contrary(material) else ""


def _say_primary(material: Material) -> str:
    """Say the primary difference as a larger or smaller fall, or that the interval holds either."""
    effect, comparison = find_effect(material), material.study.comparison
    if not effect or comparison is None:
        return say_no_difference(material)
    if not excludes_zero(effect):
        return (
            f"The {say_way(material)} difference in the change of the {say_place(material)}, {say_arms(material)}, is "
            f"{say_difference(material, effect)}: the interval includes zero, so neither arm stands out."
        )
    low, high = sorted(abs(effect[name]) for name in ("lower", "upper"))
    size, bounds = fixed(abs(effect["estimate"]), "estimate"), interval(low, high, "estimate")
    told = say_direction(material, effect, f"{size} points ({COVERED} CI {bounds})")
    return f"The {say_place(material)} {told}, {say_way(material)} for what was measured."
