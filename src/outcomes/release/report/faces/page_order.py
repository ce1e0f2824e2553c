"""The content of a report in the order of its pages: upright or on their side, headings with what follows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from outcomes.release.report.content.blocks import Block, Grid, Report, Section
from outcomes.release.report.content.numbering import number_blocks
from outcomes.release.report.faces.column_widths import PAGES, Fit, fit_grid
from outcomes.release.report.faces.html.page import DOI
from outcomes.settings.style import Style

ALONE = {"attention", "provenance"}  # sections on a page of their own


@dataclass(frozen=True)
class Heading:
    """A heading: level 1 for a section, 2 for one below it; whether the table of contents lists it, and whether it begins a page."""

    text: str
    level: int
    id: str
    listed: bool = True
    fresh: bool = False


@dataclass(frozen=True)
class Item:
    """One thing on a page: a heading or a block, with its label and, for a table, where it fits."""

    content: Heading | Block
    label: str = ""
    fit: Fit | None = None
    sideways: bool = False


def arrange(report: Report, style: Style) -> list[list[Item]]:
    """Return what a report prints, in runs of pages of one orientation.

    A heading goes with what follows it, so that none stands alone on a page.
    """
    labels = number_blocks(report.sections)
    filled = [section for section in report.sections if not section.empty]
    fresh = {
        section.id
        for before, section in pairwise([None, *filled])
        if section and ({section.id, before and before.id} & ALONE)
    }
    items = [item for section in filled for item in _walk(section, 1, labels, style)]
    items = [
        replace(item, content=replace(item.content, fresh=True))
        if isinstance(item.content, Heading) and item.content.id in fresh
        else item
        for item in items
    ]
    for index in range(len(items) - 2, -1, -1):
        if isinstance(items[index].content, Heading):
            items[index] = replace(items[index], sideways=items[index + 1].sideways)
    return [list(run) for _, run in groupby(items, key=lambda item: item.sideways)]


def _walk(section: Section, level: int, labels: dict[str, str], style: Style) -> Iterator[Item]:
    yield Item(Heading(section.title, level, section.id, listed=level == 1 or not section.id.endswith("-more")))
    for block in section.blocks:
        if not isinstance(block, Grid):
            yield Item(block, labels.get(block.id, "") if hasattr(block, "id") else "")
        else:
            for part, fit in fit_grid(block, PAGES[style.paper]):
                yield Item(part, labels[block.id], fit, fit.sideways)
    for part_of in section.sections:
        if not part_of.empty:
            yield from _walk(part_of, level + 1, labels, style)


def find_contents(run: Sequence[Item]) -> int:
    """Return before which item of the first run the table of contents stands; -1 for the main report, whose first page answers."""
    return -1 if isinstance(run[0].content, Heading) and run[0].content.id == "brief" else 0


def split_links(text: str) -> list[tuple[str, str]]:
    """Return a text in pieces, each with the address it leads to: a DOI its own, all else none.

    Examples
    --------
    >>> split_links("see 10.1000/xyz.")
    [('see ', ''), ('10.1000/xyz', 'https://doi.org/10.1000/xyz'), ('.', '')]
    """
    pieces = [(piece, "") for piece in DOI.split(text)]
    links = [(doi, f"https://doi.org/{doi}") for doi in DOI.findall(text)]
    woven = [entry for pair in zip(pieces, [*links, ("", "")], strict=True) for entry in pair]
    return [(piece, address) for piece, address in woven if piece]


def split_words(text: str, longest: int = 12) -> str:
    """Return a text in which a very long word, such as a hash, may break (at a zero-width space)."""
    return re.sub(rf"\S{{{2 * longest},}}", lambda word: "\u200b".join(_cut(word[0], longest)), text)


def _cut(word: str, length: int) -> Sequence[str]:
    return [word[start : start + length] for start in range(0, len(word), length)]
