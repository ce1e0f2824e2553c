"""The locked analysis plan in the report: when it was locked, how it was amended, and what deviates from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from outcomes.release.report.content.blocks import Block, Bullets, Paragraph, Section
from outcomes.release.report.content.material import Material

UNLOCKED = (
    "No plan was locked for this study: nothing shows that the analysis was decided before its results were known. "
    "“outcomes lock” locks one."
)


def show_plan(material: Material) -> Section:
    """Return the section on the plan; a study without a locked one says so."""
    if "plan" not in material.provenance:
        return Section("plan", "Locked plan and deviations")
    plan = material.provenance["plan"]
    return Section("plan", "Locked plan and deviations", tuple(_blocks(plan)) if plan else (Paragraph(UNLOCKED),))


def describe_adherence(material: Material) -> str:
    """Return one sentence on the plan for the abstract; empty where nothing is known of one."""
    plan = material.provenance.get("plan")
    if not plan:
        return "The analysis plan was not locked." if "plan" in material.provenance else ""
    deviations = "with deviations" if plan["deviations"] else "without deviation"
    amended = ", amended" if plan["amendments"] else ""
    return f"The analysis plan was locked on {plan['locked']}{amended}, and followed {deviations}."


def _blocks(plan: Mapping[str, Any]) -> list[Block]:
    text = f"The analysis part of the study file was locked on {plan['locked']} with version {plan['version']} (SHA-256 {plan['sha256']})."
    blocks: list[Block] = [Paragraph(text, "Locked.")]
    for amendment in plan["amendments"]:
        blocks.append(Paragraph(f"On {amendment['date']}: {amendment['reason']}", "Amended."))
        blocks.append(_list(amendment["changes"]))
    if not plan["deviations"]:
        return [*blocks, Paragraph("None: the analysis is the one in force.", "Deviations.")]
    return [
        *blocks,
        Paragraph("The study file differs from the plan in force:", "Deviations."),
        _list(plan["deviations"]),
    ]


def _list(changes: Sequence[str]) -> Bullets:
    return Bullets(tuple(f"{change}." for change in changes))
