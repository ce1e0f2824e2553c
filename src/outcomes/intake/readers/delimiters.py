"""What parts the columns of a text export: a delimiter that the study file names or the file shows, or blanks at fixed places."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

from outcomes.errors import InputError
from outcomes.intake.readers.fixed import Spans, find_spans
from outcomes.settings import Source

DELIMITERS = (",", ";", "\t", "|")


def choose_delimiter(path: Path, name: str, source: Source, head: list[str]) -> str:
    """Return the delimiter that the study file names, else the one of the file.

    Raises
    ------
    InputError
        A delimiter that is no character.
    """
    known = _known_delimiter(source.delimiter, name)
    return known or ("\t" if _is_tab(path, source) else find_delimiter(head, source.header[-1]))


def find_fixed(path: Path, source: Source, head: list[str]) -> Spans:
    """Return where the columns of a file of fixed widths stand; nothing where a delimiter parts them, or the study file names one."""
    row = source.header[-1]
    parted = (
        source.delimiter is not None or _is_tab(path, source) or count_columns(head, find_delimiter(head, row), row) > 1
    )
    return () if parted else find_spans(head)


def _known_delimiter(delimiter: str | None, name: str) -> str | None:
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0' or not delimiter.isascii()):
        raise InputError(f"{name}: the delimiter {delimiter!r} is not one character, such as ',' or ';' or '|'.")
    return delimiter


def _is_tab(path: Path, source: Source) -> bool:
    return source.format == "tsv" or (source.format == "auto" and path.suffix.lower() in (".tsv", ".tab"))


def find_delimiter(head: list[str], row: int = 1) -> str:
    """Return the delimiter that splits the row of names into most columns."""
    return max(DELIMITERS, key=lambda delimiter: (count_columns(head, delimiter, row), -DELIMITERS.index(delimiter)))


def count_columns(head: list[str], delimiter: str, row: int = 1) -> int:
    """Return how many columns a delimiter makes of the row of names."""
    return len(next(itertools.islice(csv.reader([*head, ""], delimiter=delimiter), row - 1, None), []))
