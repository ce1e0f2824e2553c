"""What the supplement leaves out: what the main report shows, and what repeats another exhibit."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatch

from outcomes.release.report.content.blocks import Grid, Picture, Section
from outcomes.release.report.content.material import Material

REPEATED = ("figure-answer_*",)


def leave_out(section: Section, known: set[str], material: Material) -> Section:
    """Return the section without exhibits that are shown already, and without those of instruments derived from another's items."""
    derived = [name for name in material.study.instruments if material.study.instrument(name).derived_from is not None]
    patterns = (*REPEATED, *(f"*{kind}{name}*" for name in derived for kind in ("-", "_")))
    kept = tuple(
        block
        for block in section.blocks
        if not isinstance(block, Grid | Picture)
        or (block.id not in known and not any(fnmatch(block.id, pattern) for pattern in patterns))
    )
    return replace(section, blocks=kept, sections=tuple(leave_out(part, known, material) for part in section.sections))
