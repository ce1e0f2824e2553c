"""A printed table as CSV: the cells as they stand in the report, headings joined, caption and notes around them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from outcomes.contracts.released.text import quote_formula
from outcomes.release.report.content.blocks import Cell, Grid, Report, Section
from outcomes.release.report.content.numbering import number_blocks

FOLDER = "printed"  # beside the report


def write_tables_csv(report: Report) -> dict[str, bytes]:
    """Return every table that the report prints as a CSV file, by its place: "printed/table-03-baseline.csv".

    The first line is the caption, then one line of column headings, where a heading that spans stands before each of
    its columns ("IV ketamine: Mean (SD)"), then the rows, then one line a note. Released tables as they are, with every
    digit, are in the folder "tables". A byte-order mark stands first,
    without which Excel misreads minus signs and dashes.
    """
    labels = number_blocks(report.sections)
    files = {}
    for grid in _grids(report.sections):
        word, number = labels[grid.id].lower().split()
        files[f"{FOLDER}/{word}-{int(number):02d}-{grid.id}.csv"] = write_csv(grid, labels[grid.id]).encode("utf-8-sig")
    return files


def write_csv(grid: Grid, label: str) -> str:
    r"""Return one table as CSV text; a cell that spans is followed by empty ones.

    Examples
    --------
    >>> head = ((Cell("", head=True), Cell("IV", head=True, span=2)), (Cell("Time"), Cell("n"), Cell("Mean (SD)")))
    >>> print(write_csv(Grid("g", "Scores.", head, ((Cell("day 7"), Cell("12"), Cell("9.1 (2.0)")),)), "Table 1"), end="")
    Table 1. Scores.
    Time,IV: n,IV: Mean (SD)
    day 7,12,9.1 (2.0)
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([f"{label}. {grid.caption}"])
    writer.writerow(map(quote_formula, _join_heads(grid)))
    writer.writerows(map(quote_formula, _spread(row, repeat=False)) for row in grid.rows)
    writer.writerows([note] for note in grid.notes)
    return text.getvalue()


def _join_heads(grid: Grid) -> list[str]:
    rows = [_spread(row, repeat=True) for row in grid.heads]
    return [": ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*rows, strict=True)]


def _spread(row: Sequence[Cell], repeat: bool) -> list[str]:
    return [text for cell in row for text in [cell.text.strip(), *[cell.text if repeat else ""] * (cell.span - 1)]]


def _grids(sections: Sequence[Section]) -> Iterator[Grid]:
    for section in sections:
        yield from (block for block in section.blocks if isinstance(block, Grid))
        yield from _grids(section.sections)
