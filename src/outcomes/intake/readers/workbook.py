"""Spreadsheets: one sheet as text cells, numbers and dates as their values; hidden sheets and rows are left out."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.header import (
    Wanted,
    choose_columns,
    find_columns,
    name_columns,
    rename_header,
    report_columns,
)
from outcomes.intake.readers.shape import drop_rows
from outcomes.intake.words import Origin, RawTable, Words, text_array
from outcomes.settings import Source

OLD_CONTAINER, ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
LARGEST, RATIO, SMALL = 4 << 30, 250, 64 << 20  # bytes of a workbook unpacked; how much it may be packed
MOST_CELLS = 200_000_000
EPOCH_1904 = 24_107  # days from 1904-01-01 to 1970-01-01
# What a truncated or altered workbook makes the libraries, their XML parsers, and the unpacking below them raise.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, SyntaxError, LookupError, ValueError, TypeError, AttributeError,
    ArithmeticError, NotImplementedError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """What a sheet says beside its cells: hidden rows (numbers from 1) and merged cells (first and last row and column)."""

    hidden: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()


def read_workbook(
    path: Path, name: str, source: Source, wanted: Wanted, numeric: frozenset[str] = frozenset()
) -> RawTable:
    """Read the wanted columns of one sheet (None: all that have a name); its numbers have one spelling in any case.

    Raises
    ------
    InputError
        What is wrong with the workbook or the sheet.
    """
    with closing(_open(path, name)) as book:
        sheet = book.choose(source.sheet)
        layout = book.layout(sheet)
        rows = _filled(book.rows(sheet), layout)
        skip = (source.first_row or source.header[-1] + 1) - 1
        head = [row for _, row in zip(range(skip), rows, strict=False)]
        names = name_columns([_across(row, number, layout) for number, row in enumerate(head, 1)] or [[]], source, name)
        names = rename_header(names, source.rename, name)
        chosen = choose_columns(wanted, names)
        places = find_columns(chosen, names, name)
        report_columns(names, chosen, source.ignore, name)
        columns, size = _columns(rows, places, name)
        epoch = book.epoch
    if size == 0:
        raise InputError(f"{name}: there is a header and no row below it. Export the sheet again.")
    origin = None if skip == 1 else Origin.whole(np.arange(skip + 1, skip + 1 + size, dtype=np.int64))
    raw = RawTable(name, size, columns, origin, epoch)
    hidden = np.array([row - skip - 1 for row in sorted(layout.hidden) if skip < row <= skip + size], dtype=np.int64)
    if source.hidden_rows == "read" or not len(hidden):
        return raw
    return replace(drop_rows(raw, np.isin(np.arange(size), hidden), "hidden_row"), epoch=epoch)


def read_sheet_head(path: Path, name: str, sheet: str | None, most: int = 40) -> list[list[str]]:
    """Return the first rows of a sheet as text, merged cells filled."""
    with closing(_open(path, name)) as book:
        chosen = book.choose(sheet)
        layout = book.layout(chosen)
        rows = zip(range(1, most + 1), _filled(book.rows(chosen), layout), strict=False)
        return [_across(row, number, layout) for number, row in rows]


def list_sheets(path: Path, name: str) -> tuple[list[str], list[str]]:
    """Return the names of a workbook's visible sheets, and of its hidden ones.

    Raises
    ------
    InputError
        Not a readable workbook.
    """
    with closing(_open(path, name)) as book:
        return book.visible, book.hidden


def _open(path: Path, name: str) -> _OpenXml | _Calamine:
    """Open a workbook with the library that reads its kind."""
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise InputError(f"{name}: the file is empty. Export it again.")
    if start == ZIP:
        _refuse_bomb(path, name)
    if path.suffix.lower() in (".xls", ".ods", ".xlsb"):
        return _Calamine(path, name)
    if start == OLD_CONTAINER:
        raise InputError(f"{name}: the workbook is protected by a password. Save it without one.")
    return _OpenXml(path, name)


def _refuse_bomb(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except DAMAGE:
        raise InputError(_damaged(name)) from None
    unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    if unpacked > LARGEST or (unpacked > SMALL and unpacked > RATIO * max(packed, 1)):
        raise InputError(
            f"{name}: the workbook unpacks to {unpacked >> 20:,} MB from {packed >> 10:,} KB, which no table of an export does. "
            "Save the sheet as .csv and name that."
        )


def _damaged(name: str) -> str:
    return (
        f"{name}: not a readable Excel workbook (or .ods). Open it in a spreadsheet program and save it again as .xlsx."
    )


@dataclass
class _OpenXml:
    """A workbook of the .xlsx kind: streamed, with what its XML says of hidden rows and merged cells."""

    path: Path
    name: str

    def __post_init__(self) -> None:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
                states = {sheet.title: sheet.sheet_state for sheet in self.book.worksheets}
        except (*DAMAGE, InvalidFileException):
            raise InputError(_damaged(self.name)) from None
        self.visible = [title for title, state in states.items() if state == "visible"]
        self.hidden = [title for title, state in states.items() if state != "visible"]
        self.epoch = EPOCH_1904 if self.book.epoch.year == 1904 else None

    def choose(self, wanted: str | None) -> str:
        return _choose_sheet(self.visible, self.hidden, wanted, self.name)

    def rows(self, title: str) -> Iterator[tuple[Any, ...]]:
        sheet = self.book[title]
        try:
            sheet.reset_dimensions()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield from sheet.iter_rows(values_only=True)
        except DAMAGE:
            raise InputError(_damaged(self.name)) from None

    def layout(self, title: str) -> Layout:
        hidden: set[int] = set()
        merged = []
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.book[title]._worksheet_path) as file:
                for tag in _tags(file):
                    if _BARE.fullmatch(tag):
                        raise InputError(
                            f"{self.name}: cells of sheet {title!r} hold formulas whose result is not saved in the file. Open it in "
                            "a spreadsheet program, save it, and name it again."
                        )
                    row = _HIDDEN.search(tag) and _ROW.search(tag)
                    area = None if row else _AREA.search(tag)
                    if row:
                        hidden.add(int(row[1]))
                    elif area:
                        (top, left), (bottom, right) = _corner(area[1], area[2]), _corner(area[3], area[4])
                        merged.append((top, left, bottom, right))
        except DAMAGE:
            raise InputError(_damaged(self.name)) from None
        return Layout(frozenset(hidden), tuple(merged))

    def close(self) -> None:
        self.book.close()


# tags of rows and of merged cells, and formulas without a saved result
_TAG = re.compile(
    rb"<(?:\w+:)?(?:row|mergeCell)\s[^>]*>|</(?:\w+:)?f>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></|</(?:\w+:)?c>)"
)
_BARE = re.compile(rb"</.*", re.DOTALL)
_HIDDEN, _ROW = re.compile(rb"\shidden=[\"'](?:1|true)[\"']"), re.compile(rb"\sr=[\"'](\d+)[\"']")
_AREA = re.compile(rb"\sref=[\"']\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)[\"']")


def _tags(file: Any) -> Iterator[bytes]:
    """Yield the tags of rows and of merged cells of a sheet's XML."""
    rest = b""
    while block := file.read(1 << 20):
        text = rest + block
        end = max(text.rfind(start) for start in (b"<c ", b"<row", b"<mergeCell", b"<x:c ", b"<x:row"))
        rest = text[end:] if end >= 0 and len(text) - end < 1 << 16 else b""
        yield from _TAG.findall(text[: end if end >= 0 else len(text)])
    yield from _TAG.findall(rest)


def _corner(letters: bytes, digits: bytes) -> tuple[int, int]:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return int(digits), column


@dataclass
class _Calamine:
    """A workbook of the .xls, .xlsb or .ods kind."""

    path: Path
    name: str

    def __post_init__(self) -> None:
        import python_calamine as calamine

        try:
            self.book = calamine.CalamineWorkbook.from_path(str(self.path))
            seen = {sheet.name: sheet for sheet in self.book.sheets_metadata}
        except (calamine.CalamineError, *DAMAGE) as error:
            word = "protected by a password. Save it without one." if "assword" in f"{error!r}{error}" else None
            raise InputError(f"{self.name}: the workbook is {word}" if word else _damaged(self.name)) from None
        tables = [name for name, sheet in seen.items() if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
        self.visible = [name for name in tables if seen[name].visible == calamine.SheetVisibleEnum.Visible]
        self.hidden = [name for name in tables if name not in self.visible]
        self.epoch = None

    def choose(self, wanted: str | None) -> str:
        return _choose_sheet(self.visible, self.hidden, wanted, self.name)

    def rows(self, title: str) -> Iterator[tuple[Any, ...]]:
        import python_calamine as calamine

        try:
            sheet = self.book.get_sheet_by_name(title)
            yield from (tuple(row) for row in sheet.to_python(skip_empty_area=False))
        except (calamine.CalamineError, *DAMAGE):
            raise InputError(_damaged(self.name)) from None

    def layout(self, title: str) -> Layout:
        import python_calamine as calamine

        try:
            areas = self.book.get_sheet_by_name(title).merged_cell_ranges or []
        except (calamine.CalamineError, *DAMAGE):
            return Layout()
        return Layout(merged=tuple((a[0] + 1, a[1] + 1, b[0] + 1, b[1] + 1) for a, b in areas))

    def close(self) -> None:
        self.book.close()


def _choose_sheet(visible: list[str], hidden: list[str], wanted: str | None, name: str) -> str:
    known = [*visible, *hidden]
    shown = ", ".join(map(repr, known))
    if wanted is None and len(visible) != 1:
        raise InputError(f"{name}: the workbook has {len(known)} sheets: {shown}. Name one with 'sheet'.")
    if wanted is not None and wanted not in known:
        raise InputError(f"{name}: no sheet {wanted!r}; the workbook has {shown}.")
    return visible[0] if wanted is None else wanted


def _filled(rows: Iterable[tuple[Any, ...]], layout: Layout) -> Iterator[list[str]]:
    """Yield the rows as text, with cells merged downwards filled with the value that they show."""
    starts = {(top, left): bottom for top, left, bottom, _ in layout.merged if bottom > top}
    open_: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(rows, start=1):
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
        if any(row):
            last = size
        for name, place in places.items():
            text = row[place] if place < len(row) else ""
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
