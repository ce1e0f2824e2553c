"""Workbooks of every kind behind one face: their sheets, the rows of one, its hidden rows and merged cells."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from outcomes.errors import InputError
from outcomes.intake.readers.markup import Layout, Markup

OLD_CONTAINER, ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
MOST_CELLS = 20_000_000  # of a sheet that is held in memory; 65,536 rows of 256 columns are fewer
LARGEST, RATIO, SMALL = 4 << 30, 250, 64 << 20  # bytes of a workbook unpacked; how much it may be packed
EPOCH_1904 = 24_107  # days from 1904-01-01 to 1970-01-01
# What a truncated or altered workbook makes the libraries, their XML parsers, and the unpacking below them raise.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, SyntaxError, LookupError, ValueError, TypeError, AttributeError,
    ArithmeticError, NotImplementedError, RuntimeError,
)  # fmt: skip


class Book(Protocol):
    """A workbook that is open; ``epoch`` is the day 0 of its day numbers where that is not 1899-12-30."""

    visible: list[str]
    hidden: list[str]
    epoch: int | None

    def rows(self, title: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a sheet."""

    def layout(self, title: str) -> Layout:
        """Return what the sheet says beside its cells."""

    def close(self) -> None:
        """Close what is open."""


def open_book(path: Path, name: str) -> Book:
    """Open a workbook with the library that reads its kind."""
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise InputError(f"{name}: the file is empty. Export it again.")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Markup(path, name)
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
        raise InputError(damaged(name)) from None
    unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    if unpacked > LARGEST or (unpacked > SMALL and unpacked > RATIO * max(packed, 1)):
        raise InputError(
            f"{name}: the workbook unpacks to {unpacked >> 20:,} MB from {packed >> 10:,} KB, which no table of an export does. "
            "Save the sheet as .csv and name that."
        )


def damaged(name: str) -> str:
    """Return what is said of a workbook that cannot be read."""
    return (
        f"{name}: not a readable Excel workbook (or .ods). Open it in a spreadsheet program and save it again as .xlsx."
    )


@dataclass
class _OpenXml:
    """A workbook of the .xlsx kind: streamed, with what its XML says of hidden rows and merged cells."""

    path: Path
    name: str

    def __post_init__(self) -> None:
        from openpyxl.utils.exceptions import InvalidFileException

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                written = self.path.stat()
                self.book = _load(self.path, written.st_size, written.st_mtime_ns)
                states = {sheet.title: sheet.sheet_state for sheet in self.book.worksheets}
        except (*DAMAGE, InvalidFileException):
            raise InputError(damaged(self.name)) from None
        self.visible = [title for title, state in states.items() if state == "visible"]
        self.hidden = [title for title, state in states.items() if state != "visible"]
        self.epoch = EPOCH_1904 if self.book.epoch.year == 1904 else None

    def rows(self, title: str) -> Iterator[tuple[Any, ...]]:
        sheet = self.book[title]
        try:
            sheet.reset_dimensions()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield from sheet.iter_rows(values_only=True)
        except DAMAGE:
            raise InputError(damaged(self.name)) from None

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
            raise InputError(damaged(self.name)) from None
        return Layout(frozenset(hidden), tuple(merged))

    def close(self) -> None:
        """Leave the workbook open for its next sheet; the next workbook takes its place."""


@lru_cache(maxsize=1)
def _load(path: Path, size: int, changed: int) -> Any:
    """Return a workbook of many sheets, which are read one after another, opened once while its file stays as it is.

    As ``openpyxl.load_workbook`` opens it to be streamed, which parses a whole sheet for its size where the file does not say it.
    """
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    class Sheet(ReadOnlyWorksheet):  # type: ignore[misc]
        def _get_size(self) -> None:
            """Leave the size unknown: `rows` asks for all there is."""

    class Reader(ExcelReader):  # type: ignore[misc]
        def read_worksheets(self) -> None:
            for sheet, found in self.parser.find_sheets():
                if found.target in self.valid_files and "chartsheet" not in found.Type:
                    own = Sheet(self.wb, sheet.name, found.target, self.shared_strings)
                    own.sheet_state = sheet.state
                    self.wb._sheets.append(own)

    reader = Reader(path, read_only=True, data_only=True)
    reader.read()
    return reader.wb


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
            raise InputError(f"{self.name}: the workbook is {word}" if word else damaged(self.name)) from None
        tables = [name for name, sheet in seen.items() if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
        self.visible = [name for name in tables if seen[name].visible == calamine.SheetVisibleEnum.Visible]
        self.hidden = [name for name in tables if name not in self.visible]
        self.epoch: int | None = None

    def rows(self, title: str) -> Iterator[tuple[Any, ...]]:
        import python_calamine as calamine

        try:
            sheet = self.book.get_sheet_by_name(title)
            if (sheet.total_height + 1) * (sheet.total_width + 1) > MOST_CELLS:
                raise InputError(self._spread())
            yield from (tuple(row) for row in sheet.to_python(skip_empty_area=False))
        except (calamine.CalamineError, *DAMAGE) as error:
            raise InputError(self._spread() if "imit exceeded" in str(error) else damaged(self.name)) from None

    def _spread(self) -> str:
        return (
            f"{self.name}: the sheet reaches over more than {MOST_CELLS:,} cells. Delete the stray cell far below or right of the table, "
            "or save the sheet as .csv and name that."
        )

    def layout(self, title: str) -> Layout:
        import python_calamine as calamine

        try:
            areas = self.book.get_sheet_by_name(title).merged_cell_ranges or []
        except (calamine.CalamineError, *DAMAGE):
            return Layout()
        return Layout(merged=tuple((a[0] + 1, a[1] + 1, b[0] + 1, b[1] + 1) for a, b in areas))

    def close(self) -> None:
        self.book.close()


def choose_sheet(book: Book, wanted: str | None, name: str) -> str:
    """Return the sheet that is wanted, or the only one that is not hidden.

    Raises
    ------
    InputError
        Several sheets, or none of that name.
    """
    known = [*book.visible, *book.hidden]
    shown = ", ".join(map(repr, known))
    if wanted is None and len(book.visible) != 1:
        raise InputError(f"{name}: the workbook has {len(known)} sheets: {shown}. Name one with 'sheet'.")
    if wanted is not None and wanted not in known:
        raise InputError(f"{name}: no sheet {wanted!r}; the workbook has {shown}.")
    return book.visible[0] if wanted is None else wanted
