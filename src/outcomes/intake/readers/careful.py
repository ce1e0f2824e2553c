"""The careful reader of text exports: row by row, it reads what the fast one may not, or says which rows are wrong."""

from __future__ import annotations

import csv
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.furniture import Furniture
from outcomes.intake.words import Array, Words, text_array

FEWEST_ROWS, ALIKE = 5, 0.8  # of another width, for a table of their own, and the share of them that are of one


@dataclass(frozen=True)
class Task:
    """What is to be read of a text file: its columns by name and position, below ``skip`` rows of header."""

    path: Path
    name: str
    encoding: str
    delimiter: str
    width: int
    places: dict[str, int]
    skip: int
    above: tuple[tuple[str, ...], ...] = ()  # the header and the lines before it


@dataclass(frozen=True)
class Careful:
    """Row by row through the letter of the file; memory grows with the codes and the distinct values only."""

    task: Task

    def read(self) -> tuple[dict[str, Words], list[int]]:
        """Return the columns, and the rows that are lines around the table and none of it; or say which rows are wrong."""
        codes = {column: array("i") for column in self.task.places}
        values: dict[str, dict[str, int]] = {column: {} for column in self.task.places}
        ragged: list[tuple[int, int]] = []
        around: list[int] = []
        furniture = Furniture(self.task.above)
        tasks = [(place, codes[column], values[column]) for column, place in self.task.places.items()]
        blank = [""] * self.task.width
        width: int | None = (
            None  # of every row; wider than the header where each ends in delimiters that the header has not
        )
        for number, row in enumerate(self._rows(), start=1):
            if number <= self.task.skip:
                continue
            if not "".join(row).strip():
                row = blank
            else:
                fits = len(row) == (width or max(len(row), self.task.width))
                if not fits and furniture.holds(row):
                    around.append(number)
                    row = blank
                elif not fits or "".join(row[self.task.width :]).strip():
                    ragged.append((number, len(row)))
                    continue
                else:
                    width = len(row)
            for place, into, known in tasks:
                into.append(known.setdefault(row[place], len(known)))
        self._refuse_ragged(ragged)
        columns = {
            column: Words(np.array(codes[column], dtype=np.int32), text_array(list(values[column])))
            for column in self.task.places
        }
        self._refuse_undecoded(columns)
        trimmed = {column: Words(w.codes, text_array([v.strip() for v in w.values])) for column, w in columns.items()}
        return trimmed, around

    def read_rows(self) -> list[list[str]]:
        """Return all rows as they stand, or say which hold bytes of another encoding."""
        rows = list(self._rows())
        self._refuse_bytes({number for number, row in enumerate(rows, start=1) if _is_undecoded("".join(row))})
        return rows

    def _rows(self) -> Iterator[list[str]]:
        with self.task.path.open(encoding=self.task.encoding, errors="surrogateescape", newline="") as file:
            reader = csv.reader(file, delimiter=self.task.delimiter, strict=True)
            number = 1
            while True:
                try:
                    row = next(reader, None)
                except csv.Error as error:
                    raise InputError(self._quote_message(number, str(error))) from None
                except UnicodeError:
                    raise InputError(
                        f"{self.task.name}: not {self.task.encoding} text. Set 'encoding' for this source."
                    ) from None
                if row is None:
                    return
                yield row
                number += 1

    def _quote_message(self, number: int, error: str) -> str:
        if "unexpected end" in error or "field larger" in error:
            return (
                f"{self.task.name}: a quote opened in row {number} is never closed. Close it, or double it where it is part of "
                "the value."
            )
        return f"{self.task.name}: row {number} has a quote inside a quoted value. Double quotes that are part of the value."

    def _refuse_ragged(self, rows: list[tuple[int, int]]) -> None:
        if not rows:
            return
        longer = [number for number, cells in rows if cells > self.task.width]
        shorter = [number for number, cells in rows if cells <= self.task.width]
        cures = {
            "more": (longer, f"quote the values that hold the delimiter {self.task.delimiter!r}, or export the file again"),
            "fewer": (shorter, "delete what is no row of the table (a title, a note, a sum below it); of a row, a value holds a line break "
            "without quotes, or its end is lost: export the file again"),
        }  # fmt: skip
        said = [
            f"{list_rows(np.array(of)).capitalize()}: {what}, {cure}"
            if longer and shorter
            else f"There are {what}: {cure}"
            for what, (of, cure) in cures.items()
            if of
        ]
        said += _tell_tables(rows, self.task.width)
        raise InputError(
            f"{self.task.name}: {len(rows)} row(s) do not have the header's {self.task.width} columns: "
            f"{list_rows(np.array([number for number, _ in rows]))}. {'. '.join(said)}."
        )

    def _refuse_undecoded(self, columns: dict[str, Words]) -> None:
        rows: set[int] = set()
        for words in columns.values():
            bad = np.array([_is_undecoded(value) for value in words.values], dtype=bool)
            rows.update((np.nonzero(words.spread(bad))[0] + self.task.skip + 1).tolist() if bad.any() else [])
        self._refuse_bytes(rows)

    def _refuse_bytes(self, rows: set[int]) -> None:
        if rows:
            shown = self.task.encoding.removesuffix("-sig")
            raise InputError(
                f"{self.task.name}: {len(rows)} row(s) hold bytes that are not {shown}: {list_rows(np.array(sorted(rows)))}. "
                "Set 'encoding' for this source in the study file (often cp1252 or latin-1), or save the file as UTF-8."
            )


def _tell_tables(rows: list[tuple[int, int]], width: int) -> list[str]:
    """Return what says that a table of another width begins behind a row that is none; nothing where rows are of any width."""
    others = [(number, cells) for number, cells in rows if cells not in (1, width)]
    wide = Counter(cells for _, cells in others).most_common(1)
    if len(others) < FEWEST_ROWS or wide[0][1] < ALIKE * len(others):
        return []
    return [
        f"They look like tables of {wide[0][0]} columns below the first one, from row {others[0][0]} on: save each table as a file of its own"
    ]


def _is_undecoded(text: str) -> bool:
    return any("\udc80" <= c <= "\udcff" for c in text)


def list_rows(rows: Array, most: int = 10) -> str:
    """Return row numbers for a message: the first ones, and how many more."""
    more = f" and {len(rows) - most:,} more" if len(rows) > most else ""
    return ("row " if len(rows) == 1 else "rows ") + ", ".join(f"{row:d}" for row in rows[:most]) + more
