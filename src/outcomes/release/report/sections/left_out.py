"""What the supplement leaves out: what the main report shows, what repeats another exhibit, and tables of too few patients."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatch

from outcomes.release.numbers import ABSENT
from outcomes.release.report.content.blocks import Block, Grid, Paragraph, Picture, Section
from outcomes.release.report.content.material import Material

REPEATED = ("figure-answer_*",)
EMPTY = re.compile(r"not reported|not estimated")
BOUND = re.compile(r"<\d+(?![.\d])")  # a p value below .001 is a number
MOST_EMPTY, MOST_FEW, FEWEST_CELLS = (
    0.5,
    0.8,
    4,
)  # shares of a table's numbers, empty and empty or bounds, from so many numbers on


def leave_out(section: Section, known: set[str], material: Material) -> Section:
    """Return the section without exhibits that are shown already or repeat another; a table of too few becomes a sentence."""
    derived = [name for name in material.study.instruments if material.study.instrument(name).derived_from is not None]
    patterns = (*REPEATED, *(f"*{kind}{name}*" for name in derived for kind in ("-", "_")))
    kept = tuple(
        _replace(block)
        for block in section.blocks
        if not isinstance(block, Grid | Picture)
        or (block.id not in known and not any(fnmatch(block.id, pattern) for pattern in patterns))
    )
    return replace(section, blocks=kept, sections=tuple(leave_out(part, known, material) for part in section.sections))


def _replace(block: Block) -> Block:
    """Return a block, or a sentence in place of a table most of whose numbers rest on too few patients."""
    if not isinstance(block, Grid):
        return block
    cells = [cell for row in block.rows for cell in row if cell.number and cell.text != ABSENT]
    empty = [cell.withheld or bool(EMPTY.search(cell.text)) for cell in cells]
    few = [gone or bool(BOUND.search(cell.text)) for gone, cell in zip(empty, cells, strict=True)]
    if len(cells) < FEWEST_CELLS or (sum(empty) <= MOST_EMPTY * len(cells) and sum(few) <= MOST_FEW * len(cells)):
        return block
    return Paragraph(f"Left out, as most of its numbers rest on too few patients: {block.caption}")
