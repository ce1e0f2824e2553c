"""The first page: what a clinician asks first, in a few plain sentences and one picture, and no claim beyond the design."""

from __future__ import annotations

from pathlib import Path

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import fixed, interval
from outcomes.release.report.content.blocks import Block, Bullets, Section
from outcomes.release.report.content.exhibits import pictures
from outcomes.release.report.content.material import Material
from outcomes.release.report.wording import course_and_rates
from outcomes.release.report.wording.comparison_result import (
    find_response,
    say_arms,
    say_difference,
    say_direction,
    say_no_difference,
    say_place,
    say_way,
    state_response,
)
from outcomes.release.report.wording.conclusion_of_abstract import say_caveat, say_contrary
from outcomes.release.report.wording.diagnosed_limitations import excludes_zero, find_effect
from outcomes.release.report.wording.important_change import say_important_briefly


def show_brief(material: Material, folder: Path) -> Section:
    """Return the key results: who, the course, the primary difference and what it means, response, and what to hold against it."""
    response = state_response(material)
    entries = [
        course_and_rates.count_patients(material),
        course_and_rates.say_course(material),
        _say_primary(material),
        say_important_briefly(material),
        f"{response} {_say_undecided(material)}".strip() if response else course_and_rates.say_response(material),
        " ".join(filter(None, (course_and_rates.describe_missing(material), say_caveat(material)))),
    ]
    if course_and_rates.is_hidden(material) and not find_effect(material):
        entries = [course_and_rates.say_course(material)]
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
