"""Text exports: comma, semicolon, tab, or any other delimiter.

A fast reader does the work where the file is plain. Wherever it might differ from the letter of the file (a value with a
line break, a quote that is never closed, a row of another width, bytes of another encoding) a careful reader goes through
the file row by row, and either reads it or says which rows are wrong.
"""

from __future__ import annotations

import codecs
import csv
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.careful import Careful
from outcomes.intake.header import ONE_COLUMN, check_header, find_columns, rename_header, report_columns
from outcomes.intake.words import Array, RawTable, Words, text_array
from outcomes.settings import Source

DELIMITERS = (",", ";", "\t", "|")
LONGEST_LINE = 1 << 20
BLOCK = 1 << 24


@dataclass(frozen=True)
class _Shape:
    """What a first pass over the bytes tells."""

    lines: int
    plain: bool  # quotes are balanced and lines end in a line feed
    decimal: bool  # nothing looks like a hexadecimal number, which the fast reader would take for an answer


def read_text(
    path: Path, name: str, source: Source, wanted: set[str] | None, numeric: frozenset[str] = frozenset()
) -> RawTable:
    """Read the wanted columns of a text export (None: all that have a name); of the ``numeric`` ones only the number matters.

    Raises
    ------
    InputError
        What is wrong with the file, with row numbers where that helps.
    """
    encoding = _known_encoding(source.encoding, name)
    shape = _scan(path, name)
    head = _first_lines(path, encoding)
    delimiter = _known_delimiter(source.delimiter, name) or ("\t" if _is_tab(path, source) else _find_delimiter(head))
    header = check_header(next(csv.reader([*head, ""], delimiter=delimiter), []), name)
    if wanted is None and len(header) == 1:
        raise InputError(f"{name}: {ONE_COLUMN}")
    _refuse_one_column(len(header), len(wanted or ()), head, delimiter, name)
    names = rename_header(header, source.rename, name)
    wanted = set(filter(None, names)) if wanted is None else wanted
    places = find_columns(wanted, names, name)
    report_columns(names, wanted, source.ignore, name)
    columns = _read_fast(path, encoding, delimiter, len(names), places, shape, numeric)
    if columns is None:
        columns = Careful(path, name, encoding, delimiter, len(names), places).read()
    size = len(next(iter(columns.values())))
    if size == 0:
        raise InputError(f"{name}: there is a header and no row below it. Export the file again.")
    return RawTable(name, size, columns)


def _known_encoding(encoding: str, name: str) -> str:
    try:
        found = codecs.lookup(encoding).name
    except LookupError:
        raise InputError(f"{name}: unknown encoding {encoding!r}; try utf-8, cp1252 or latin-1.") from None
    return "utf-8-sig" if found == "utf-8" else found


def _known_delimiter(delimiter: str | None, name: str) -> str | None:
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0' or not delimiter.isascii()):
        raise InputError(f"{name}: the delimiter {delimiter!r} is not one character, such as ',' or ';' or '|'.")
    return delimiter


def _is_tab(path: Path, source: Source) -> bool:
    return source.format == "tsv" or (source.format == "auto" and path.suffix.lower() in (".tsv", ".tab"))


def _scan(path: Path, name: str) -> _Shape:
    """Look at every byte once: no zero bytes, no endless line."""
    lines = quotes = returns = since = 0
    decimal = True
    last = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK if lines else LONGEST_LINE):
            if block.endswith(b"\r"):
                block += file.read(1)
            if b"\0" in block:
                raise InputError(
                    f"{name}: row {lines + block[: block.index(0)].count(10) + 1} holds a zero byte; this is not plain "
                    "text (UTF-16 or a damaged file). Save it as UTF-8 text and try again."
                )
            since = _longest_open_line(block, since, lines, name)
            lines += block.count(b"\n")
            quotes += block.count(b'"')
            returns += block.count(b"\r") - block.count(b"\r\n") if b"\r" in block else 0
            decimal = decimal and not _has_hexadecimal(block, last)
            last = block[-1:]
    if not last:
        raise InputError(f"{name}: the file is empty. Export it again.")
    return _Shape(lines + (last != b"\n"), quotes % 2 == 0 and returns == 0, decimal)


def _has_hexadecimal(block: bytes, before: bytes) -> bool:
    """Tell whether a block holds ``0x``; one byte is found much faster than two, and few exports have it."""
    return any(x in block and b"0" + x in before + block for x in (b"x", b"X"))


def _longest_open_line(block: bytes, since: int, lines: int, name: str) -> int:
    """Return how many bytes the last, unfinished line of the block has."""
    start = -since
    while True:
        end = block.rfind(b"\n", max(start, 0), max(start + LONGEST_LINE, 0))
        if end < 0:
            break
        start = end + 1
    if len(block) - start >= LONGEST_LINE:
        row = lines + block[: max(start, 0)].count(b"\n") + 1
        raise InputError(
            f"{name}: line {row} has more than {LONGEST_LINE:,} characters; no table has such a line. Check that the file "
            "is a table of text with one row a line."
        )
    return len(block) - start


def _first_lines(path: Path, encoding: str) -> list[str]:
    """Return the header and some lines below it; undecodable bytes are judged later, in the columns that are used."""
    with path.open(encoding=encoding, errors="replace", newline=None) as file:
        return list(itertools.islice((line.rstrip("\n") for line in file), 20))


def _find_delimiter(head: list[str]) -> str:
    """Return the delimiter that splits the header into most columns."""
    return max(DELIMITERS, key=lambda delimiter: (_width(head, delimiter), -DELIMITERS.index(delimiter)))


def _width(head: list[str], delimiter: str) -> int:
    return len(next(csv.reader([*head, ""], delimiter=delimiter), []))


def _refuse_one_column(width: int, wanted: int, head: list[str], delimiter: str, name: str) -> None:
    other = _find_delimiter(head)
    if width == 1 and _width(head, other) > 1:
        raise InputError(
            f"{name}: with the delimiter {delimiter!r} everything is in one column; {other!r} would give "
            f"{_width(head, other)} columns. Set {other!r} as 'delimiter' of this source in the study file."
        )
    if width == 1 and wanted > 1:
        raise InputError(
            f"{name}: everything is in one column, and the study file maps {wanted}. Name the file's delimiter with "
            "'delimiter' for this source in the study file."
        )


def _read_fast(
    path: Path,
    encoding: str,
    delimiter: str,
    width: int,
    places: dict[str, int],
    shape: _Shape,
    numeric: frozenset[str],
) -> dict[str, Words] | None:
    """Return the columns; None where only the careful reader can tell.

    Numeric columns are read as small whole numbers, and all again as text where a single cell is none.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    if not shape.plain:
        return None
    names = [f"c{position}" for position in range(width)]
    text = pa.dictionary(pa.int32(), pa.string())
    numeric = numeric if shape.decimal else frozenset()
    types = {names[position]: pa.int8() if name in numeric else text for name, position in places.items()}
    encoding = "utf8" if encoding == "utf-8-sig" else encoding
    try:
        table = arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                column_names=names, skip_rows_after_names=1, encoding=encoding, block_size=BLOCK
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, ignore_empty_lines=False, newlines_in_values=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=list(types), column_types=types, strings_can_be_null=False, null_values=[]
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return _read_fast(path, encoding, delimiter, width, places, shape, frozenset()) if numeric else None
    if table.num_rows != shape.lines - 1:
        return None
    columns: dict[str, Words] = {}
    for name, position in places.items():
        columns[name] = _words(table.column(names[position]))
        table = table.set_column(table.column_names.index(names[position]), names[position], pa.nulls(len(table)))
    return columns


def _words(column: Any) -> Words:
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type == pa.int8():
        return _number_words(column.to_numpy())
    column = column.unify_dictionaries()
    if column.num_chunks == 0:
        return Words(np.empty(0, np.int32), text_array([]))
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])
    trimmed = pc.utf8_trim_whitespace(column.chunk(0).dictionary)
    return Words(codes, trimmed.to_numpy(zero_copy_only=False).astype(object))


def _number_words(numbers: Array) -> Words:
    if not len(numbers):
        return Words(np.empty(0, np.int32), text_array([]))
    low, high = int(numbers.min()), int(numbers.max())
    return Words(numbers.astype(np.int16) - np.int16(low), text_array([str(number) for number in range(low, high + 1)]))
