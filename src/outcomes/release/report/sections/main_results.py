"""The results of the main report: at most seven exhibits, each with a sentence."""

from __future__ import annotations

from pathlib import Path

from outcomes.release.report.content.blocks import Block, Section
from outcomes.release.report.content.exhibits import pictures, present
from outcomes.release.report.content.material import Material
from outcomes.release.report.sections.baseline_compared import tabulate_baseline
from outcomes.release.report.sections.outcomes import tabulate_outcomes

FIRST_FLOW, DURABILITY = "figure-participants", "figure-durability_loss"


def show_main_results(material: Material, folder: Path) -> Section:
    """Return flow, baseline, course, outcomes, analyses and subgroups, adverse effects, and durability, as far as the study has them."""
    instrument = material.study.comparison.estimand.instrument if material.study.comparison else material.primary
    flow = [picture for picture in pictures(material, folder, "flow") if picture.id == FIRST_FLOW]
    course = pictures(material, folder, "course", instrument)
    analyses = pictures(material, folder, "analyses", instrument)
    held = material.study.durability.instrument if material.study.durability else None
    lasting = [one for one in pictures(material, folder, "durability", held) if one.id == DURABILITY] if held else []
    blocks: list[Block] = [
        *flow,
        *present([tabulate_baseline(material)]),
        *course,
        *present([tabulate_outcomes(material)]),
        *analyses,
        *pictures(material, folder, "harms"),
        *lasting,
    ]
    return Section("main-results", "Results", tuple(blocks))
