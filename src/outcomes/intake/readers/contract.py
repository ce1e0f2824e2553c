"""What a reader of a format offers: it recognises its files, proposes how a study file names them, and reads them.

A reader knows a format and nothing of a study; the study file (``settings.Source``) says which of a file's tables, rows and
columns are meant. What a reader returns is a table of text with the file's row behind each of its rows (``RawTable``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from outcomes.intake.readers.header import Wanted
from outcomes.intake.words import RawTable
from outcomes.settings import Column, InstrumentColumns, Source, Table


@dataclass(frozen=True)
class File:
    """A file of an export: where it is, and its path below the data folder, which is its name in messages."""

    path: Path
    name: str
    one_of_many: bool = False  # files of a pattern, read as one
    address: str = ""  # of a database server, with the user; then there is no file

    @property
    def ending(self) -> str:
        """The ending of the name, in small letters, with its dot."""
        return self.path.suffix.lower()

    @cached_property
    def start(self) -> bytes:
        """The first bytes of the file."""
        with self.path.open("rb") as file:
            return file.read(1 << 16)


@dataclass(frozen=True)
class Proposal:
    """One table that a reader finds in a file, as a source of a study file, and what the format itself says of it.

    ``columns`` and ``instruments`` hold only what the format says for sure; all else is found by names and content.
    """

    source: Source  # without tables: file, format, part, header, rows, leave_out, stack, pivot …
    columns: Mapping[Table, Mapping[str, Column]] = field(default_factory=dict)  # canonical table → column → where from
    instruments: Mapping[str, InstrumentColumns] = field(default_factory=dict)  # belong to the table ``assessments``
    only: frozenset[Table] = frozenset()  # tables that it may feed; any, where empty
    notes: tuple[str, ...] = ()  # what was done that a reader of the draft should know: rows left out, titles skipped
    checks: tuple[str, ...] = ()  # what is assumed and should be looked at
    labels: Mapping[str, str] = field(default_factory=dict)  # column → what it asks, as the format says beside the data
    titles: tuple[str, ...] = ()  # what stands alone in a row above the table
    questions: tuple[str, ...] = ()  # what only people can say; until then the study does not run


@dataclass(frozen=True)
class Unread:
    """A file, or one table of it, that is no part of a draft, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Reader:
    """One format. ``recognise`` says from 0 (not mine) to 1 (surely mine); the surest reader proposes and reads."""

    formats: frozenset[str]  # values of a source's ``format`` that are its own
    recognise: Callable[[File], float]
    propose: Callable[[File], Sequence[Proposal | Unread]]
    read: Callable[[File, Source, Wanted, frozenset[str]], RawTable]
    endings: frozenset[str] = frozenset()  # of files that are its own where a source names no format
