"""Every file of an export as columns of text, with what its bytes tell: encoding and decimal mark."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.draft.arranged import arrange
from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.vocabulary import NEAR, match_name, read_vocabulary
from outcomes.intake.export import read_files
from outcomes.intake.health.folder import is_shown
from outcomes.intake.health.identifiers import SCIENTIFIC
from outcomes.intake.identifiers import write_identifiers
from outcomes.intake.quiet import reading_quietly
from outcomes.intake.readers import File, Proposal, Unread, explain, propose_sources
from outcomes.intake.readers.above import list_labels
from outcomes.intake.readers.header import ONE_COLUMN, is_name
from outcomes.intake.readers.tables import name_source, read_above
from outcomes.intake.values import is_missing, write_points
from outcomes.intake.words import Array, RawTable, Words
from outcomes.settings import Cleaning, Source

COMMA, POINT = re.compile(r"[-+]?\d+,\d{1,2}|[-+]?\d+,\d{4,}"), re.compile(r"[-+]?\d+\.\d+")
MARK = re.compile(
    r"(?:points|feedback|punkte|puntos|comentarios|commentaires?)\s*[-–:]\s*(.+)", re.IGNORECASE | re.DOTALL
)
CLEANING = Cleaning()
BLOCKS = 3  # rows that say the labels of the header again
REMEMBERED = 4096  # columns, for what is asked of one again and again


@dataclass(frozen=True, eq=False)
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

    @cached_property
    def filled(self) -> int:
        """Rows that are not missing."""
        return int(self.rows[~self.missing].sum())

    @cached_property
    def values(self) -> Array:
        """Distinct values that are not missing and occur."""
        return self.words.values[~self.missing & (self.rows > 0)]

    @cached_property
    def rounded(self) -> bool:
        """Whether all values are in scientific notation, so that they may have been many."""
        return all(SCIENTIFIC.fullmatch(value) for value in self.values)

    def share(self, which: Array) -> float:
        """Return the share of the filled rows whose distinct value is marked; 0 where nothing is filled."""
        return float(self.rows[which & ~self.missing].sum() / self.filled) if self.filled else 0.0

    def share_written(self, form: re.Pattern[str]) -> float:
        """Return the share of the filled rows that are written in one form."""
        return self.share(np.array([form.fullmatch(value) is not None for value in self.words.values], dtype=bool))


@dataclass(frozen=True)
class Sheet:
    """One file, or one sheet of a workbook, that could be read."""

    source: Source
    raw: RawTable
    fields: dict[str, Field]
    proposal: Proposal  # what the reader of its format says of it
    owner: str | None = None  # the column that names patients by its content, where no name tells
    twin: str = ""  # the column of another sheet with the same identifiers

    @property
    def name(self) -> str:
        """The file, with the sheet of a workbook, and the part of a file that holds several tables."""
        half = ("sessions" if "sessions" in self.proposal.only else "scores") if self.proposal.only else None
        beside = f"table {self.source.beside}" if self.source.beside else None
        parts = [self.source.part, beside, half, *(value for values in self.source.rows.values() for value in values)]
        return " – ".join([self.raw.name, *filter(None, parts)])


def read_folder(folder: Path) -> tuple[list[Sheet], list[Unread]]:
    """Read every file below a folder that intake can read.

    Raises
    ------
    InputError
        No such folder, or one without a file.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. Name the folder that the raw export is in.")
    paths = [
        path for path in sorted(folder.rglob("*")) if path.is_file() and is_shown(folder, path.relative_to(folder))
    ]
    if not paths:
        raise InputError(f"{folder}: no file in this folder. Put the raw export there: .csv, .tsv, .txt, or .xlsx.")
    sheets: list[Sheet] = []
    unread: list[Unread] = []
    for path in paths:
        file = File(path, path.relative_to(folder).as_posix())
        if not path.resolve().is_relative_to(folder.resolve()):
            unread.append(Unread(file.name, "a link that leads out of the folder; put the file itself there"))
            continue
        for found in propose_sources(file):
            one = found if isinstance(found, Unread) else read_proposal(folder, _with_above(file, arrange(file, found)))
            (sheets if isinstance(one, Sheet) else unread).append(one)  # type: ignore[arg-type]
    return sheets, unread


def _with_above(file: File, proposal: Proposal) -> Proposal:
    """Return a table with what stands above it of its patient and treatment, and no other label, which might be a name."""
    source = proposal.source
    if source.format != "auto" or source.header[0] == 1 or source.sideways or source.headings or source.stack:
        return proposal
    known = read_vocabulary()
    names = [*known["patient"], *known["sessions"]["treatment"]["names"]]
    rows = read_above(file, source)
    alone = tuple(dict.fromkeys(cells.pop() for row in rows if len(cells := {*filter(None, row)}) == 1))
    proposal = replace(proposal, titles=alone)
    said = list_labels(rows)
    labels = tuple(label for label in said if match_name(label, names)[0] >= NEAR and is_name(label))
    note = f"what stands above the table is read for all of its rows: {', '.join(map(repr, labels))}"
    changed = source.model_copy(update={"above": labels})
    return replace(proposal, source=changed, notes=(*proposal.notes, note)) if labels else proposal


def read_proposal(folder: Path, proposal: Proposal) -> Sheet | Unread:
    """Read a table as its reader, or a look at its content, proposes."""
    name = name_source(proposal.source.file, proposal.source)
    try:
        with reading_quietly():
            raw = read_files(folder, proposal.source)
            named = [one for one in raw.columns if match_name(one, read_vocabulary()["patient"])[0] >= NEAR]
            plain = {one: write_identifiers(raw.columns[one], proposal.source, CLEANING) for one in named}
            return _as_sheet(proposal, replace(raw, columns=raw.columns | plain))
    except (InputError, OSError) as error:
        return Unread(name, explain(error, name))


def _as_sheet(proposal: Proposal, raw: RawTable) -> Sheet:
    source, columns = proposal.source, raw.columns
    if len(columns) < 2:
        raise InputError(f"{raw.name}: {ONE_COLUMN}")
    known = sum(bool(claims_of(name)) for name in columns)
    named = sum(any(c.isalpha() for c in name) or bool(claims_of(name)) for name in columns)
    again = sorted(int(words.spread(words.values == name, False).sum()) for name, words in columns.items())
    own = sum(rows > 0 for rows in again)
    if again[-2] >= BLOCKS:
        raise InputError(
            f"{raw.name}: the same labels come again in {again[-2]:,} rows, as where a block of rows for each patient stands below another. Write one table: one row of column "
            "names, and the patient and the treatment in every row; or save each block as a file or a sheet of its own"
        )
    if named < 0.6 * len(columns) or own > 1 or (sum(map(is_name, columns)) + known) * 4 < len(columns):
        raise InputError(
            f"{raw.name}: row 1 does not read as the row of column names. Delete the rows above the header, or add one."
        )
    if _has_decimal_commas(columns):
        source = source.model_copy(update={"decimal": ","})
        raw = replace(raw, columns={name: write_points(words) for name, words in columns.items()})
    fields = {name: Field.of(name, words) for name, words in raw.columns.items() if not _is_mark(name, raw.columns)}
    return Sheet(source, raw, fields, proposal)


def _is_mark(name: str, columns: Collection[str]) -> bool:
    """Tell whether a column marks the answer to another one, as a form that is a quiz does (Points - Question, Feedback - Question)."""
    match = MARK.fullmatch(name)
    return match is not None and match[1] in columns


def _has_decimal_commas(columns: dict[str, Words]) -> bool:
    """Tell whether numbers are written with decimal commas: some are, and in their columns none has a decimal point."""
    for words in columns.values():
        commas = sum(COMMA.fullmatch(value) is not None for value in words.values)
        if commas and commas > sum(POINT.fullmatch(value) is not None for value in words.values):
            return True
    return False
