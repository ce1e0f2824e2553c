"""Spreadsheets: one sheet as text cells, numbers and dates as their values; hidden sheets and rows are left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.books import choose_sheet, open_book
from outcomes.intake.readers.furniture import clear_table
from outcomes.intake.readers.header import (
    Wanted,
    choose_columns,
    find_columns,
    name_columns,
    rename_header,
    report_columns,
)
from outcomes.intake.readers.markup import Layout
from outcomes.intake.readers.shape import drop_rows
from outcomes.intake.words import Origin, RawTable, Words, text_array
from outcomes.settings import Source

MOST_CELLS = 200_000_000
MOST_BLANK = 10_000  # rows without a cell between two with one


def read_workbook(
    path: Path, name: str, source: Source, wanted: Wanted, numeric: frozenset[str] = frozenset()
) -> RawTable:
    """Read the wanted columns of one sheet (None: all that have a name); its numbers have one spelling in any case.

    Raises
    ------
    InputError
        What is wrong with the workbook or the sheet.
    """
    with closing(open_book(path, name)) as book:
        sheet = choose_sheet(book, source.sheet, name)
        layout = book.layout(sheet)
        rows = _filled(book.rows(sheet), layout)
        skip = (source.first_row or source.header[-1] + 1) - 1
        head = [row for _, row in zip(range(skip), rows, strict=False)]
        head = [_across(row, number, layout) for number, row in enumerate(head, 1)] or [[]]
        names = name_columns(head, source, name)
        names = rename_header(names, source.rename, name)
        chosen = choose_columns(wanted, names)
        places = find_columns(chosen, names, name)
        report_columns(names, chosen, source.ignore, name)
        columns, size = _columns(rows, places, name)
        epoch = book.epoch
    if size == 0:
        raise InputError(
            f"{name}: there is a header and no row below it. Export the sheet again, or take it out of 'sources' where there was nothing to write down."
        )
    origin = None if skip == 1 else Origin.whole(np.arange(skip + 1, skip + 1 + size, dtype=np.int64))
    last = head[source.header[-1] - 1]
    header = {column: " ".join(last[place].split()) for column, place in places.items() if place < len(last)}
    raw = replace(clear_table(RawTable(name, size, columns, origin, epoch), skip + 1, (), header), epoch=epoch)
    hidden = np.array([row - skip - 1 for row in sorted(layout.hidden) if skip < row <= skip + size], dtype=np.int64)
    if source.hidden_rows == "read" or not len(hidden):
        return raw
    return replace(drop_rows(raw, np.isin(np.arange(size), hidden), "hidden_row"), epoch=epoch)


def read_sheet_head(path: Path, name: str, sheet: str | None, most: int = 40) -> list[list[str]]:
    """Return the first rows of a sheet as text, merged cells filled."""
    with closing(open_book(path, name)) as book:
        chosen = choose_sheet(book, sheet, name)
        layout = book.layout(chosen)
        rows = zip(range(1, most + 1), _filled(book.rows(chosen), layout), strict=False)
        return [_across(row, number, layout) for number, row in rows]


def read_cells(path: Path, name: str, source: Source) -> tuple[list[list[str]], int | None]:
    """Return all rows of a sheet as text, and the day 0 of its day numbers; of a sheet on its side merged cells are filled along the rows too.

    Raises
    ------
    InputError
        What is wrong with the workbook or the sheet;
    """
    with closing(open_book(path, name)) as book:
        sheet = choose_sheet(book, source.sheet, name)
        layout = book.layout(sheet)
        rows = list(_filled(book.rows(sheet), layout))
        epoch = book.epoch
    while rows and not any(rows[-1]):
        rows.pop()
    if source.hidden_rows == "leave_out":
        rows = [[] if number in layout.hidden else row for number, row in enumerate(rows, start=1)]
    if source.sideways:  # a row ends with its last cell, before those that it is merged with
        width = max(map(len, rows), default=0)
        rows = [_across([*row, *[""] * (width - len(row))], number, layout) for number, row in enumerate(rows, start=1)]
    return rows, epoch


def list_sheets(path: Path, name: str) -> tuple[list[str], list[str]]:
    """Return the names of a workbook's visible sheets, and of its hidden ones.

    Raises
    ------
    InputError
        Not a readable workbook.
    """
    with closing(open_book(path, name)) as book:
        return book.visible, book.hidden


def _filled(rows: Iterable[tuple[Any, ...]], layout: Layout) -> Iterator[list[str]]:
    """Yield the rows as text, with cells merged downwards filled with the value that they show."""
    starts = {(top, left): bottom for top, left, bottom, _ in layout.merged if bottom > top}
    open_: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(rows, start=1):
        if not row and not open_:
            yield []
            continue
        cells = [_text(cell) for cell in row]
        for (top, left), bottom in starts.items() if starts else ():
            if top == number and left <= len(cells):
                open_[left] = (bottom, cells[left - 1])
        for left, (bottom, value) in list(open_.items()):
            if number > bottom:
                del open_[left]
            elif not (cells[left - 1 : left] or [""])[0]:
                cells += [""] * (left - len(cells))
                cells[left - 1] = value
        yield cells


def _across(cells: list[str], number: int, layout: Layout) -> list[str]:
    """Return a row of the header with cells merged sideways filled."""
    cells = list(cells)
    for top, left, bottom, right in layout.merged:
        if top <= number <= bottom and right > left and left <= len(cells):
            cells[left - 1 : min(right, len(cells))] = [cells[left - 1]] * (min(right, len(cells)) - left + 1)
    return cells


def _columns(rows: Iterable[list[str]], places: dict[str, int], file: str) -> tuple[dict[str, Words], int]:
    """Return the columns and the number of rows down to the last that is not blank."""
    codes: dict[str, list[int]] = {name: [] for name in places}
    values: dict[str, dict[str, int]] = {name: {} for name in places}
    last = seen = 0
    for size, row in enumerate(rows, start=1):
        seen += len(row) + 1
        if seen > MOST_CELLS:
            raise InputError(f"{file}: more than {MOST_CELLS:,} cells. Save the sheet as .csv and name that.")
        if not any(row):
            continue
        blank, last = size - last - 1, size
        if blank > MOST_BLANK:
            raise InputError(
                f"{file}: a cell stands below {blank:,} rows without any. Delete the row of that cell, the last one of the sheet, and save it again."
            )
        for name, place in places.items():
            known = values[name]
            if blank:
                codes[name] += [known.setdefault("", len(known))] * blank
            codes[name].append(known.setdefault(row[place] if place < len(row) else "", len(known)))
    columns = {name: Words(np.array(codes[name], dtype=np.int32), text_array(list(values[name]))) for name in places}
    return columns, last


def _text(cell: Any) -> str:
    """Return a cell as text: whole numbers without a fraction, dates in ISO form."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(cell, dt.date):
        return cell.strftime("%Y-%m-%dT00:00:00")
    return str(cell).strip()
