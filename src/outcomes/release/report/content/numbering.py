"""The numbers of tables and figures, in the order of the page."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.release.report.content.blocks import Block, Grid, Picture, Section


def number_blocks(sections: Sequence[Section]) -> dict[str, str]:
    """Return the label of every table and figure by its id, in order: "Table 3", "Figure 1", in the supplement "eTable 3"."""
    labels: dict[str, str] = {}
    for further in (False, True):
        blocks = _walk([section for section in sections if section.supplement == further])
        for word, kind in (("Table", Grid), ("Figure", Picture)):
            found = [block for block in blocks if isinstance(block, kind)]
            prefix = "e" if further else ""
            labels |= {block.id: f"{prefix}{word} {index}" for index, block in enumerate(found, 1)}
    return labels


def _walk(sections: Sequence[Section]) -> list[Block]:
    return [block for section in sections for block in [*section.blocks, *_walk(section.sections)]]
