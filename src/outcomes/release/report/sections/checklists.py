"""Reporting checklists filled from the report itself: each item with where it is answered, or honestly with why it is not."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import cache
from typing import Any

from outcomes.beside import read_beside
from outcomes.release.report.content.blocks import Bullets, Cell, Grid, Paragraph, Picture, Section
from outcomes.release.report.content.grids import heading
from outcomes.release.report.content.numbering import number_blocks
from outcomes.release.report.sections.left_out import DRAWN
from outcomes.settings import Study

DESIGNS = {
    "observational": "not applicable: the checklist is for observational studies, and the study file declares {design}",
    "comparison": "not applicable: no comparison of arms is declared, so no trial is emulated",
}
IDENTITY = "checklists"
HEADS = ("Item", "Topic", "Answered", "Where")


@dataclass(frozen=True)
class Item:
    """One item of a checklist: whether the report answers it, where, and what is lacking."""

    checklist: str
    item: str
    topic: str
    status: str
    where: str
    note: str


@cache
def read_checklists() -> dict[str, Any]:
    """Return the checklists: by name, each with ``title``, ``source``, ``needs``, and ``items``."""
    content: dict[str, Any] = read_beside(__file__)
    return content


def fill_checklists(sections: Sequence[Section], study: Study) -> list[Item]:
    """Return every item of every checklist, answered from the sections of the report.

    Parameters
    ----------
    sections : sequence of Section
        The report's content, as it is written.
    study : Study
        Settings; the design decides which checklists apply.

    Returns
    -------
    list of Item
        ``status`` is reported, partly, not done, or not applicable; ``where`` names sections, tables, figures, and lines.
    """
    places = Places(sections, study.instruments[0])
    return [
        _fill(name, str(item), entry, _reason(checklist["needs"], study), places)
        for name, checklist in read_checklists().items()
        for item, entry in checklist["items"].items()
    ]


def show_checklists(sections: Sequence[Section], study: Study) -> Section:
    """Return the filled checklists as an appendix of the report."""
    filled = fill_checklists(sections, study)
    grids = []
    for name, checklist in read_checklists().items():
        rows = tuple(
            (
                heading(item.item),
                Cell(item.topic),
                Cell(item.status),
                Cell("; ".join(filter(None, (item.where, item.note)))),
            )
            for item in _shorten([item for item in filled if item.checklist == name])
        )
        notes = (f"Topics are in our own words; the checklist: {checklist['source']}.", checklist.get("note", ""))
        heads = (tuple(heading(text) for text in HEADS),)
        caption = f"{checklist['title']}."
        grids.append(
            Grid(
                f"checklist-{name.lower()}",
                caption,
                heads,
                rows,
                tuple(filter(None, notes)),
                sortable=True,
            )
        )
    text = "Filled from this report by its own sections, tables, and lines. What only the authors can state is said to be theirs."
    return Section(IDENTITY, "Reporting checklists", (Paragraph(text), *grids))


def _shorten(items: list[Item]) -> list[Item]:
    """Return the items of a checklist; a single one stands for all of one that does not apply."""
    told = {(item.status, item.note) for item in items}
    if len(told) == 1 and items[0].status == "not applicable":
        return [replace(items[0], item="all", topic=f"all {len(items)} items")]
    return items


def write_checklists(sections: Sequence[Section]) -> str:
    """Return the filled checklists of a report as CSV: checklist, item, topic, answered, where."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["checklist", *(name.lower() for name in HEADS)])
    for section in sections:
        if section.id == IDENTITY:
            for grid in (block for block in section.blocks if isinstance(block, Grid)):
                writer.writerows([grid.caption.partition(",")[0], *(cell.text for cell in row)] for row in grid.rows)
    return text.getvalue()


def _reason(needs: str, study: Study) -> str:
    """Return why a checklist does not apply to the study; empty where it does."""
    design = study.report.design
    if needs == "comparison":
        return "" if study.comparison is not None and design != "randomised" else DESIGNS[needs]
    return DESIGNS[needs].format(design=design) if design in ("randomised", "crossover") else ""


def _fill(name: str, item: str, entry: dict[str, Any], reason: str, places: Places) -> Item:
    found = [] if reason else [text for place in entry["at"] if (text := places.find(place))]
    if found:
        lacks = entry.get("lacks", "")
        return Item(
            name,
            item,
            entry["topic"],
            "partly" if lacks else "reported",
            "; ".join(dict.fromkeys(found)),  # two pointers can lead to one place
            f"lacks {lacks}" if lacks else "",
        )
    status, note = (reason or entry["otherwise"]).split(": ", 1)
    return Item(name, item, entry["topic"], status, "", note)


class Places:
    """Finds what a pointer names among the sections of a report, and says it as a reader would look it up."""

    def __init__(self, sections: Sequence[Section], primary: str) -> None:
        self._sections = {section.id: section for section in _walk(sections) if not section.empty}
        self._labels = number_blocks(sections)
        self._home = {
            block.id: section
            for section in self._sections.values()
            for block in section.blocks
            if isinstance(block, Grid | Picture)
        }
        self._blocks = {
            block.id: block
            for section in self._sections.values()
            for block in section.blocks
            if isinstance(block, Grid | Picture)
        }
        self._primary = primary

    def find(self, pointer: str) -> str:
        """Return the place in words; empty where the report has no such place."""
        name, _, part = pointer.format(primary=self._primary).partition("/")
        if name.startswith("#"):
            if name == "#flow-figure":
                return self._find_block("figure-participants", part) or self._find_block("figure-flow", part)
            return self._find_block(name[1:], part)
        section = self._sections.get(name)
        if section is None:
            return ""
        return f"section “{section.title}”" if not part else _find_line(section, part)

    def _find_block(self, name: str, part: str) -> str:
        if name not in self._blocks and name in DRAWN:  # the figure that prints its rows
            name = next((one for one in self._blocks if fnmatch(one, DRAWN[name])), name)
        block = self._blocks.get(name)
        if block is None:
            return ""
        place = f"{self._labels[name]} in section “{self._home[name].title}”"
        if not part or not isinstance(block, Grid):
            return place
        lines = [
            number for number, row in enumerate(block.rows, 1) if row[0].text.strip().lower().startswith(part.lower())
        ]
        return f"{place}, line {lines[0]}" if lines else ""


def _find_line(section: Section, lead: str) -> str:
    """Return the paragraph with a lead, or the entry of a list that begins with it."""
    paragraph = 0
    for block in section.blocks:
        if isinstance(block, Paragraph):
            paragraph += 1
            if block.lead == lead:
                return f"section “{section.title}”, paragraph {paragraph} ({lead.rstrip('.')})"
        elif isinstance(block, Bullets):
            for line, entry in enumerate(block.entries, 1):
                if entry.startswith(lead):
                    return f"section “{section.title}”, line {line} ({lead})"
    return ""


def _walk(sections: Sequence[Section]) -> Iterator[Section]:
    for section in sections:
        yield section
        yield from _walk(section.sections)
