"""Who meets which criterion, for the reader."""

from __future__ import annotations

from typing import Any

from outcomes.contracts.released.eligibility import CriteriaMet
from outcomes.release.arms import order_arms
from outcomes.release.report.content.blocks import Grid
from outcomes.release.report.content.grids import heading, index_rows, number, tell_count
from outcomes.release.report.content.material import Material
from outcomes.release.report.sections.harms import tell_share

UNDECLARED = "No definition of the illness and no contraindication is declared, so none is counted."
NO_CONTRAINDICATION = "No contraindication is declared, so none is counted."
RECORDED = "Counted of everyone with a session; a criterion leaves nobody out. What is not recorded is not absent."


def show_criteria(material: Material) -> tuple[str, Grid | None]:
    """Return what is counted, in words, and the table of who meets which criterion."""
    criteria, rows = material.study.eligibility, material.rows(CriteriaMet.name)
    if not criteria or rows.empty:
        return UNDECLARED, None
    against = any(one.kind == "contraindication" for one in criteria)
    words = RECORDED if against else f"{RECORDED} {NO_CONTRAINDICATION}"
    found = index_rows(rows, "criterion", "arm")
    arms = order_arms(material.study, set(rows[CriteriaMet.arm]))
    body = tuple(
        (heading(f"{name[:1].upper()}{name[1:]}, {material.within(arm)}"), *_tell(found[name, arm]))
        for name in dict.fromkeys(key[0] for key in found)
        for arm in arms
        if (name, arm) in found
    )
    heads = ("Criterion", "Patients", "Met (%)", "Not met", "Not recorded")
    notes = tuple(f"{one.name[:1].upper()}{one.name[1:]}: {one.source.rstrip('.')}." for one in criteria if one.source)
    return words, Grid("criteria", "Who meets which criterion.", (tuple(map(heading, heads)),), body, notes)


def _tell(row: dict[str, Any]) -> tuple[Any, ...]:
    met = f"{tell_count(row, CriteriaMet.met)} ({tell_share(row)})"
    rest = (tell_count(row, name) for name in (CriteriaMet.not_met, CriteriaMet.not_recorded))
    return (number(tell_count(row, CriteriaMet.patients)), number(met), *map(number, rest))
