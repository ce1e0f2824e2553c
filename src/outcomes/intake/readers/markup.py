"""Tables of a page, and sheets of a workbook written as plain XML, as programs of clinics name ``.xls`` what is neither."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from outcomes.errors import InputError

LARGEST = 256 << 20  # bytes of a page, which is read whole
WIDEST = 16_384  # cells that one may span
CELLS, ROWS, SHEETS = frozenset({"td", "th", "cell"}), frozenset({"tr", "row"}), frozenset({"table", "worksheet"})
CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """What a sheet says beside its cells: hidden rows (numbers from 1) and merged cells (first and last row and column)."""

    hidden: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass
class _Table:
    """One table while its page is read: its rows, and which cells reach how far down."""

    title: str
    rows: list[list[str]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    reach: dict[int, int] = field(default_factory=dict)  # column → last row that a cell above covers
    open: bool = False  # a cell is, and takes text

    def add_row(self) -> None:
        self.rows.append([])
        self.open = False

    def add_cell(self, place: int | None, across: int, down: int) -> None:
        """Open a cell in the next place that no cell above covers, or in its own, and reserve what it spans."""
        if not self.rows:
            self.add_row()
        row, number = self.rows[-1], len(self.rows)
        row += [""] * ((place or 0) - 1 - len(row))
        while self.reach.get(len(row), 0) >= number:
            row.append("")
        left = len(row)
        row += [""] * across
        if across > 1 or down > 1:
            self.merged.append((number, left + 1, number + down - 1, left + across))
            self.reach |= dict.fromkeys(range(left, left + across), number + down - 1)
        self.at, self.open = left, True

    def say(self, text: str) -> None:
        if self.open:
            self.rows[-1][self.at] += text


class _Page(HTMLParser):
    """Every table of a page; one within a cell of another is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self.inside: list[_Table] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag, said = tag.rpartition(":")[2], {name.rpartition(":")[2]: value or "" for name, value in attrs}
        if tag in SHEETS:
            if not (
                tag == "table" and self.inside and self.inside[-1].title and not self.inside[-1].rows
            ):  # the table of a worksheet is it
                self.inside.append(_Table(said.get("name", "")))
                self.tables.append(self.inside[-1])
        elif tag in ROWS and self.inside:
            for _ in range(min(_whole(said, "index", 0), 1 << 20) - 1 - len(self.inside[-1].rows)):
                self.inside[-1].add_row()
            self.inside[-1].add_row()
        elif tag in CELLS and self.inside:
            more = (_whole(said, "mergeacross", 0) + 1, _whole(said, "mergedown", 0) + 1)
            across, down = _whole(said, "colspan", more[0]), _whole(said, "rowspan", more[1])
            self.inside[-1].add_cell(_whole(said, "index", 0) or None, max(across, 1), max(down, 1))
        elif tag == "br" and self.inside:
            self.inside[-1].say(" ")

    def handle_endtag(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in SHEETS and self.inside and (tag == "worksheet" or not self.inside[-1].title):
            self.inside.pop()
        elif tag in CELLS and self.inside:
            self.inside[-1].open = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.inside[-1].say(data)


def _whole(said: dict[str, str], name: str, otherwise: int) -> int:
    value = said.get(name, "")
    return min(int(value), WIDEST) if value.isdecimal() and value.isascii() else otherwise


class Markup:
    """A page of tables, or a workbook as plain XML: a sheet for each table that has rows."""

    epoch: int | None = None
    hidden: list[str]

    def __init__(self, path: Path, name: str) -> None:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{name}: a page of more than {LARGEST >> 20} MB. Export the table as .csv.")
        page = _Page()
        try:
            page.feed(_decode(path.read_bytes()))
            page.close()
        except AssertionError:  # a marked section (<![) of no kind that there is
            raise InputError(f"{name}: a damaged page (HTML or XML). Export it again, as .csv or .xlsx.") from None
        tables = [table for table in page.tables if any(map(any, table.rows))]
        if not tables:
            raise InputError(
                f"{name}: a page (HTML or XML) without a table, whatever its ending says. Export it again, as .csv or .xlsx."
            )
        self.sheets = {table.title or f"table {number}": table for number, table in enumerate(tables, 1)}
        self.visible, self.hidden = list(self.sheets), []

    def rows(self, title: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table, each cell's text with single blanks."""
        for row in self.sheets[title].rows:
            yield tuple(" ".join(cell.split()) for cell in row)

    def layout(self, title: str) -> Layout:
        """Return which cells are merged."""
        return Layout(merged=tuple(self.sheets[title].merged))

    def close(self) -> None:
        """Do nothing: the page was read whole."""


def _decode(content: bytes) -> str:
    """Return the text of a page in the encoding that it names, else in UTF-8 or, where it is none, in cp1252."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    named = CHARSET.search(content[:2000])
    for encoding in (named[1].decode("ascii") if named else "utf-8", "utf-8", "cp1252"):
        try:
            return content.removeprefix(codecs.BOM_UTF8).decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return content.decode("latin-1")
