"""Excel workbooks: one sheet as text cells, numbers and dates as their values."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.header import check_header, find_columns, rename_header, report_columns
from outcomes.intake.words import RawTable, Words, text_array
from outcomes.settings import Source

OLD_CONTAINER = b"\xd0\xcf\x11\xe0"
# What a truncated or altered workbook makes openpyxl, its XML parser, and the unpacking below them raise.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, SyntaxError, LookupError, ValueError, TypeError, AttributeError,
    ArithmeticError, NotImplementedError, RuntimeError,
)  # fmt: skip


def read_excel(
    path: Path, name: str, source: Source, wanted: set[str] | None, numeric: frozenset[str] = frozenset()
) -> RawTable:
    """Read the wanted columns of one sheet (None: all that have a name); its numbers have one spelling in any case.

    Raises
    ------
    InputError
        What is wrong with the workbook or the sheet.
    """
    book = _open(path, name)
    try:
        rows = _rows(_sheet(book, name, source.sheet), name)
        names = check_header([_text(cell) for cell in next(rows, ())], name)
        names = rename_header(names, source.rename, name)
        wanted = set(filter(None, names)) if wanted is None else wanted
        places = find_columns(wanted, names, name)
        report_columns(names, wanted, source.ignore, name)
        columns, size = _columns(rows, places)
    finally:
        book.close()
    if size == 0:
        raise InputError(f"{name}: there is a header and no row below it. Export the sheet again.")
    return RawTable(name, size, columns)


def list_sheets(path: Path, name: str) -> list[str]:
    """Return the names of a workbook's sheets.

    Raises
    ------
    InputError
        Not a readable workbook.
    """
    book = _open(path, name)
    try:
        return [sheet.title for sheet in book.worksheets]
    finally:
        book.close()


def _open(path: Path, name: str) -> Any:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise InputError(f"{name}: the file is empty. Export it again.")
    if start == OLD_CONTAINER:
        raise InputError(
            f"{name}: the workbook is protected by a password, or is of the old .xls kind. Save it as .xlsx without one."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (*DAMAGE, InvalidFileException):
        raise InputError(_damaged(name)) from None


def _damaged(name: str) -> str:
    return f"{name}: not a readable Excel workbook (.xlsx). Open it in a spreadsheet program and save it again."


def _sheet(book: Any, name: str, wanted: str | None) -> Any:
    sheets = [sheet.title for sheet in book.worksheets]
    if wanted is None and len(sheets) != 1:
        raise InputError(
            f"{name}: the workbook has {len(sheets)} sheets: {', '.join(map(repr, sheets))}. Name one with 'sheet'."
        )
    if wanted is not None and wanted not in sheets:
        raise InputError(f"{name}: no sheet {wanted!r}; the workbook has {', '.join(map(repr, sheets))}.")
    sheet = book[sheets[0] if wanted is None else wanted]
    sheet.reset_dimensions()
    return sheet


def _rows(sheet: Any, name: str) -> Iterator[tuple[Any, ...]]:
    try:
        yield from sheet.iter_rows(values_only=True)
    except DAMAGE:
        raise InputError(_damaged(name)) from None


def _columns(rows: Iterable[tuple[Any, ...]], places: dict[str, int]) -> tuple[dict[str, Words], int]:
    """Return the columns and the number of rows down to the last that is not blank."""
    codes: dict[str, list[int]] = {name: [] for name in places}
    values: dict[str, dict[str, int]] = {name: {} for name in places}
    last = 0
    for size, row in enumerate(rows, start=1):
        if any(cell is not None for cell in row):
            last = size
        for name, place in places.items():
            text = _text(row[place]) if place < len(row) else ""
            codes[name].append(values[name].setdefault(text, len(values[name])))
    columns = {
        name: Words(np.array(codes[name][:last], dtype=np.int32), text_array(list(values[name]))) for name in places
    }
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
