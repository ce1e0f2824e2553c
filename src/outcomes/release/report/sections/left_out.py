"""What the supplement leaves out: what the main report shows, what repeats another exhibit, and tables of too few patients."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatch

from outcomes.release.numbers import ABSENT
from outcomes.release.report.content.blocks import Block, Bullets, Cell, Grid, Paragraph, Picture, Section
from outcomes.release.report.content.material import Material

REPEATED = ("figure-answer_*",)
DRAWN = {  # table → the figure beside it that prints the same rows; both are in a CSV file
    "compared-otherwise": "figure-sensitivity_*",
    "compared-balance": "figure-covariate_balance",
    "imputed-risks": "figure-sensitivity_*",
    "subgroups-change": "figure-subgroups_change",
    "subgroups-response": "figure-subgroups_response",
}
FEWEST_ROWS = 3
LONG = (
    "durability-held",
    "durability-visits",
    "onset-shares",
)  # tables that lose the rows in which no arm has a number
UNTOLD = "Left out: rows in which every arm has too few patients to tell."
EMPTY = re.compile(rf"not reported|not estimated|^{ABSENT}, ")
BOUND = re.compile(r"<\d+(?![.\d])|^>\d")  # a p value below .001 is a number, so is "45 / 45 (>92%)"
MOST_EMPTY, MOST_FEW, FEWEST_CELLS = (
    0.4,
    0.5,
    4,
)  # shares of a table's numbers, empty and empty or bounds, from so many numbers on


def leave_out(section: Section, known: set[str], drawn: set[str], material: Material) -> Section:
    """Return the section without exhibits that are shown already or repeat another; a table of too few becomes a sentence.

    ``known`` are the exhibits of the main report, ``drawn`` the figures of the supplement, by id.
    """
    derived = [name for name in material.study.instruments if material.study.instrument(name).derived_from is not None]
    patterns = (*REPEATED, *(f"*{kind}{name}*" for name in derived for kind in ("-", "_")))
    own = [
        block
        for block in section.blocks
        if not isinstance(block, Grid | Picture)
        or (block.id not in known and not any(fnmatch(block.id, pattern) for pattern in patterns))
    ]
    own = [block for block in own if not isinstance(block, Grid) or not _is_drawn(block, drawn)]
    own = [_drop_untold(block) if isinstance(block, Grid) and block.id in LONG else block for block in own]
    few = [
        block
        for block in own
        if isinstance(block, Grid)
        and (_rests_on_too_few(block) or (block.id in LONG and len(block.rows) < FEWEST_ROWS))
    ]
    kept: tuple[Block, ...] = tuple(block for block in own if block not in few)
    if few:
        whose, named = "its" if len(few) == 1 else "their", [block.caption.removesuffix(".") for block in few]
        reason = f"Left out, as most of {whose} numbers rest on too few patients:"
        kept = (
            (*kept, Paragraph(f"{reason} {named[0]}."))
            if len(few) == 1
            else (*kept, Paragraph(reason), Bullets(tuple(named)))
        )
    return replace(
        section, blocks=kept, sections=tuple(leave_out(part, known, drawn, material) for part in section.sections)
    )


def list_pictures(section: Section) -> set[str]:
    """Return the figures of a section and its parts, by id."""
    own = {block.id for block in section.blocks if isinstance(block, Picture)}
    return own.union(*(list_pictures(part) for part in section.sections))


def _is_drawn(block: Grid, drawn: set[str]) -> bool:
    """Whether a figure prints the rows of a table."""
    return block.id in DRAWN and any(fnmatch(picture, DRAWN[block.id]) for picture in drawn)


def _is_empty(cell: Cell) -> bool:
    return cell.withheld or bool(EMPTY.search(cell.text))


def _drop_untold(block: Grid) -> Grid:
    """Return a table without rows of which each number is not there, or a bound, and the note that they are left out."""
    rows = tuple(
        row
        for row in block.rows
        if any(
            cell.number and cell.text != ABSENT and not _is_empty(cell) and not BOUND.search(cell.text) for cell in row
        )
    )
    return block if len(rows) == len(block.rows) else replace(block, rows=rows, notes=(*block.notes, UNTOLD))


def _rests_on_too_few(block: Grid) -> bool:
    """Whether most numbers of a table are not there, or are bounds."""
    cells = [cell for row in block.rows for cell in row if cell.number and cell.text != ABSENT]
    empty = [_is_empty(cell) for cell in cells]
    few = [gone or bool(BOUND.search(cell.text)) for gone, cell in zip(empty, cells, strict=True)]
    return len(cells) >= FEWEST_CELLS and (sum(empty) > MOST_EMPTY * len(cells) or sum(few) > MOST_FEW * len(cells))
