"""The sentence under every table of numbers of people that says how these are rounded."""

from __future__ import annotations

import re
from dataclasses import replace

from outcomes.release.disclosure.words import note_rounding
from outcomes.release.report.content.blocks import Grid, Section
from outcomes.settings.analysis import Privacy

ROWS = {"attention", "checklists", "plan", "provenance"}  # sections that count rows of files, not people
COUNT = re.compile(r"<?\d[\d,\s]*(?:$| of \d|\(|/\s?\d)")


def note_counts(section: Section, privacy: Privacy) -> Section:
    """Return a section whose tables of numbers of people say how these are rounded, and likewise the sections within."""
    sentence = note_rounding(privacy) and f"{note_rounding(privacy)} They need not add up."
    if not sentence or section.id in ROWS:
        return section
    blocks = tuple(
        replace(block, notes=_add(block.notes, sentence))
        if isinstance(block, Grid) and _counts_people(block)
        else block
        for block in section.blocks
    )
    return replace(section, blocks=blocks, sections=tuple(note_counts(one, privacy) for one in section.sections))


def _counts_people(grid: Grid) -> bool:
    return any(cell.number and COUNT.match(cell.text) for row in grid.rows for cell in row)


def _add(notes: tuple[str, ...], sentence: str) -> tuple[str, ...]:
    """Return notes with a sentence at the end of the last: a line of its own would move to the next page alone."""
    return (*notes[:-1], f"{notes[-1]} {sentence}") if notes else (sentence,)
