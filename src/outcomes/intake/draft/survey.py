"""Every file of an export as columns of text, with what its bytes tell: encoding and decimal mark."""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.excel import list_sheets, read_excel
from outcomes.intake.header import ONE_COLUMN, is_name
from outcomes.intake.text import read_text
from outcomes.intake.values import is_missing, write_points
from outcomes.intake.words import Array, RawTable, Words
from outcomes.settings import Cleaning, Source

TEXT, WORKBOOK = (".csv", ".tsv", ".tab", ".txt"), (".xlsx", ".xlsm", ".xls")
COMMA, POINT = re.compile(r"[-+]?\d+,\d{1,2}|[-+]?\d+,\d{4,}"), re.compile(r"[-+]?\d+\.\d+")
CLEANING = Cleaning()


@dataclass(frozen=True)
class Field:
    """One column: its distinct values, how many rows hold each, and which of them are spellings of missing."""

    name: str
    words: Words
    rows: Array
    missing: Array

    @classmethod
    def of(cls, name: str, words: Words) -> Field:
        """Count a column's values."""
        return cls(
            name,
            words,
            np.bincount(words.codes, minlength=len(words.values)),
            is_missing(words.values, CLEANING),
        )

    @property
    def filled(self) -> int:
        """Rows that are not missing."""
        return int(self.rows[~self.missing].sum())

    @property
    def values(self) -> Array:
        """Distinct values that are not missing and occur."""
        return self.words.values[~self.missing & (self.rows > 0)]

    def share(self, which: Array) -> float:
        """Return the share of the filled rows whose distinct value is marked; 0 where nothing is filled."""
        return float(self.rows[which & ~self.missing].sum() / self.filled) if self.filled else 0.0


@dataclass(frozen=True)
class Sheet:
    """One file, or one sheet of a workbook, that could be read."""

    source: Source
    raw: RawTable
    fields: dict[str, Field]

    @property
    def name(self) -> str:
        """The file, with the sheet of a workbook."""
        return self.raw.name


@dataclass(frozen=True)
class Unread:
    """A file, or one sheet of a workbook, that is no part of the draft, and why."""

    name: str
    reason: str


def read_folder(folder: Path) -> tuple[list[Sheet], list[Unread]]:
    """Read every file below a folder that intake can read.

    Raises
    ------
    InputError
        No such folder, or one without a file.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. Name the folder that the raw export is in.")
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and _is_shown(path.relative_to(folder))]
    if not paths:
        raise InputError(f"{folder}: no file in this folder. Put the raw export there: .csv, .tsv, .txt, or .xlsx.")
    sheets: list[Sheet] = []
    unread: list[Unread] = []
    for path in paths:
        for found in _read_file(path, path.relative_to(folder).as_posix()):
            (sheets if isinstance(found, Sheet) else unread).append(found)  # type: ignore[arg-type]
    return sheets, unread


def _is_shown(path: Path) -> bool:
    """Tell whether a file is one that people see, and not a program's (hidden, or the lock of an open workbook)."""
    return not any(part.startswith((".", "~$")) for part in path.parts)


def _read_file(path: Path, file: str) -> Iterator[Sheet | Unread]:
    ending = path.suffix.lower()
    if ending not in TEXT + WORKBOOK:
        yield Unread(file, f"not a table ({ending or 'no ending'})")
        return
    try:
        encoding = "utf-8" if ending in WORKBOOK else _find_encoding(path)
        sheets = list_sheets(path, file) if ending in WORKBOOK else [None]
    except (InputError, OSError) as error:
        yield Unread(file, _reason(error, file))
        return
    for sheet in sheets:
        name = file if len(sheets) == 1 else f"{file} [{sheet}]"
        source = Source(file=file, sheet=sheet if len(sheets) > 1 else None, encoding=encoding)
        try:
            with quiet():
                read = read_text if sheet is None else read_excel
                yield _as_sheet(source, read(path, name, source, None))
        except (InputError, OSError) as error:
            yield Unread(name, _reason(error, name))


def _reason(error: Exception, name: str) -> str:
    text = (getattr(error, "strerror", "") or "cannot be read") if isinstance(error, OSError) else str(error)
    return text.removeprefix(f"{name}: ").replace("\n", " ")


def _find_encoding(path: Path) -> str:
    """Return utf-8 where every byte is, else cp1252, else latin-1 (which reads anything)."""
    for encoding in ("utf-8", "cp1252"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def _as_sheet(source: Source, raw: RawTable) -> Sheet:
    columns = raw.columns
    if len(columns) < 2:
        raise InputError(f"{raw.name}: {ONE_COLUMN}")
    named = sum(any(c.isalpha() for c in name) for name in columns)
    own = sum(bool((words.values == name).any()) for name, words in columns.items())
    if named < 0.6 * len(columns) or own > 1 or sum(map(is_name, columns)) * 4 < len(columns):
        raise InputError(
            f"{raw.name}: row 1 does not read as the row of column names. Delete the rows above the header, or add one."
        )
    if _has_decimal_commas(columns):
        source = source.model_copy(update={"decimal": ","})
        raw = replace(raw, columns={name: write_points(words) for name, words in columns.items()})
    return Sheet(source, raw, {name: Field.of(name, words) for name, words in raw.columns.items()})


def _has_decimal_commas(columns: dict[str, Words]) -> bool:
    """Tell whether numbers are written with decimal commas: some are, and in their columns none has a decimal point."""
    for words in columns.values():
        commas = sum(COMMA.fullmatch(value) is not None for value in words.values)
        if commas and commas > sum(POINT.fullmatch(value) is not None for value in words.values):
            return True
    return False


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the readers from saying which columns they read: here they read all."""
    logger = logging.getLogger("outcomes.intake")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
