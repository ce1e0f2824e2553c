"""Text exports: comma, semicolon, tab, or any other delimiter.

A fast reader does the work where the file is plain. Wherever it might differ from the letter of the file (a value with a
line break, a quote that is never closed, a row of another width, bytes of another encoding) a careful reader goes through
the file row by row, and either reads it or says which rows are wrong.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.careful import Careful, Task
from outcomes.intake.readers.delimiters import choose_delimiter, count_columns, find_delimiter, find_fixed
from outcomes.intake.readers.fixed import split_line, write_tabs
from outcomes.intake.readers.furniture import clear_table
from outcomes.intake.readers.header import (
    ONE_COLUMN,
    Wanted,
    choose_columns,
    find_columns,
    name_columns,
    rename_header,
    report_columns,
)
from outcomes.intake.words import Array, Origin, RawTable, Words, text_array
from outcomes.settings import Source

NO_CHARACTER_SETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}  # codecs of Python
LONGEST_LINE = 1 << 20
csv.field_size_limit(
    64 * LONGEST_LINE
)  # a line split at another delimiter is one field, and a quote may span the lines looked at
BLOCK = 1 << 24
FIRST = 40  # lines of a file that are looked at
LARGEST_WIDE = 1 << 30  # bytes of a file of UTF-16 that is turned into UTF-8 at once


@dataclass(frozen=True)
class _Shape:
    """What a first pass over the bytes tells."""

    lines: int
    plain: bool  # quotes are balanced, no line ends within them, and lines end in a line feed
    decimal: bool  # nothing looks like a hexadecimal number, which the fast reader would take for an answer


def read_text(path: Path, name: str, source: Source, wanted: Wanted, numeric: frozenset[str] = frozenset()) -> RawTable:
    """Read the wanted columns of a text export (None: all that have a name); of the ``numeric`` ones only the number matters.

    Raises
    ------
    InputError
        What is wrong with the file, with row numbers where that helps.
    """
    encoding = find_encoding(path, source.encoding, name)
    content = _transcode(path, encoding)
    shape = _scan(path, name, encoding, content)
    head = _first_lines(path, encoding)
    spans = find_fixed(path, source, head)
    if spans:
        content = write_tabs(path, name, encoding, spans)
        head, shape = content.decode().splitlines(keepends=True)[: len(head)], replace(shape, plain=True)
    delimiter = "\t" if spans else choose_delimiter(path, name, source, head)
    records = list(csv.reader(head, delimiter=delimiter))
    names = name_columns(records or [[]], source, name)
    if wanted is None and len(names) == 1:
        raise InputError(f"{name}: {ONE_COLUMN}")
    names = rename_header(names, source.rename, name)
    chosen = choose_columns(wanted, names)
    _refuse_one_column(len(names), len(chosen), head, delimiter, name)
    places = find_columns(chosen, names, name)
    report_columns(names, chosen, source.ignore, name)
    skip = (source.first_row or source.header[-1] + 1) - 1
    above = tuple(map(tuple, records[: source.header[-1]]))
    task = Task(path, name, encoding, delimiter, len(names), places, skip, above)
    simple = shape.plain and not any("\n" in cell for record in records[:skip] for cell in record)
    columns = _read_fast(task, shape, numeric, content) if simple else None
    around: list[int] = []
    if columns is None:
        columns, around = Careful(task).read()
    size = len(next(iter(columns.values()))) if columns else 0
    if size == 0:
        raise InputError(
            f"{name}: there is a header and no row below it. Export the file again, or take it out of 'sources' where there was nothing to write down."
        )
    origin = None if skip == 1 else Origin.whole(np.arange(skip + 1, skip + 1 + size, dtype=np.int64))
    header = {column: " ".join(above[-1][place].split()) for column, place in places.items() if place < len(above[-1])}
    return clear_table(RawTable(name, size, columns, origin), skip + 1, around, header)


def read_records(path: Path, name: str, source: Source) -> list[list[str]]:
    """Return all records of a text file, of any width.

    Raises
    ------
    InputError
        What is wrong with the file, with row numbers where that helps.
    """
    encoding = find_encoding(path, source.encoding, name)
    _scan(path, name, encoding, _transcode(path, encoding))
    head = _first_lines(path, encoding)
    return Careful(Task(path, name, encoding, choose_delimiter(path, name, source, head), 0, {}, 0)).read_rows()


def read_head(path: Path, name: str, source: Source, most: int = FIRST) -> list[list[str]]:
    """Return the first records of a text file, split by its delimiter.

    Raises
    ------
    InputError
        An encoding or a delimiter that is none.
    """
    head = _first_lines(path, find_encoding(path, source.encoding, name), most)
    spans = find_fixed(path, source, head)
    if spans:
        return [split_line(line, spans) for line in head]
    return list(csv.reader(head, delimiter=choose_delimiter(path, name, source, head)))


def find_encoding(path: Path, encoding: str, name: str) -> str:
    """Return the codec of a file: the declared one, but UTF-16 or UTF-32 where its first bytes say so.

    Raises
    ------
    InputError
        No such encoding of text.
    """
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)  # rot13 and the like are codecs, and not of text
    except (LookupError, UnicodeError):
        codec = None
    if codec is None or codec.name in NO_CHARACTER_SETS:
        raise InputError(f"{name}: unknown encoding {encoding!r}; try utf-8, cp1252 or latin-1.")
    with path.open("rb") as file:
        start = file.read(4)
    for mark, marked in ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):  # fmt: skip
        if start.startswith(mark):
            return marked
    return "utf-8-sig" if codec.name == "utf-8" else codec.name


def _is_wide(encoding: str) -> bool:
    return encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32"))


def _transcode(path: Path, encoding: str) -> bytes | None:
    """Return a file of UTF-16 or UTF-32 as UTF-8; None for any other, for a very large one, and where a byte is none of its encoding."""
    if not _is_wide(encoding) or path.stat().st_size > LARGEST_WIDE:
        return None
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            parts = [decoder.decode(block).encode() for block in iter(lambda: file.read(BLOCK), b"")]
            return b"".join([*parts, decoder.decode(b"", final=True).encode()])
    except UnicodeError:  # the careful reader says where
        return None


def _scan(path: Path, name: str, encoding: str, content: bytes | None = None) -> _Shape:
    """Look at every byte once: no zero bytes (but in encodings that have them), no endless line."""
    wide = _is_wide(encoding)
    lines = quotes = returns = since = 0
    decimal, within = True, False
    last = b""
    with path.open("rb") if content is None else io.BytesIO(content) as file:
        while block := file.read(BLOCK if lines else LONGEST_LINE):
            if block.endswith(b"\r"):
                block += file.read(1)
            if b"\0" in block and not wide:
                raise InputError(
                    f"{name}: row {lines + block[: block.index(0)].count(10) + 1} holds a zero byte; this is not plain "
                    "text (UTF-16 without a mark, or a damaged file). Set 'encoding' of this source (utf-16-le), or save it as "
                    "UTF-8 text and try again."
                )
            since = _longest_open_line(block, since, lines, name)
            lines += block.count(b"\n")
            within = within or _breaks_within_quotes(block, quotes)
            quotes += block.count(b'"')
            returns += block.count(b"\r") - block.count(b"\r\n") if b"\r" in block else 0
            decimal = decimal and not _has_hexadecimal(block, last)
            last = block[-1:]
    if not last:
        raise InputError(f"{name}: the file is empty. Export it again.")
    known = not wide or (content is not None and b"\0" not in content)
    return _Shape(lines + (last != b"\n"), quotes % 2 == 0 and not within and returns == 0 and known, decimal)


def _breaks_within_quotes(block: bytes, before: int) -> bool:
    """Tell whether a line ends after an odd number of quotes: the fast reader, which cuts a file at line ends, may take its parts for rows."""
    if b'"' not in block:
        return before % 2 == 1 and b"\n" in block
    characters = np.frombuffer(block, dtype=np.uint8)
    odd = np.bitwise_xor.accumulate(characters == ord('"'))
    return bool((odd != bool(before % 2))[characters == ord("\n")].any())


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


def _first_lines(path: Path, encoding: str, most: int = FIRST) -> list[str]:
    """Return the header and some lines below it; undecodable bytes are judged later, in the columns that are used."""
    with path.open(encoding=encoding, errors="replace", newline=None) as file:
        try:
            return list(itertools.islice(file, most))
        except UnicodeError:
            return []


def _refuse_one_column(width: int, wanted: int, head: list[str], delimiter: str, name: str) -> None:
    other = find_delimiter(head)
    if width == 1 and count_columns(head, other) > 1:
        raise InputError(
            f"{name}: with the delimiter {delimiter!r} everything is in one column; {other!r} would give "
            f"{count_columns(head, other)} columns. Set {other!r} as 'delimiter' of this source in the study file."
        )
    if width == 1 and wanted > 1:
        raise InputError(
            f"{name}: everything is in one column, and the study file maps {wanted}. Name the file's delimiter with "
            "'delimiter' for this source in the study file."
        )


def _read_fast(
    task: Task, shape: _Shape, numeric: frozenset[str], content: bytes | None = None
) -> dict[str, Words] | None:
    """Return the columns; None where only the careful reader can tell.

    Numeric columns are read as small whole numbers, and all again as text where a single cell is none.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [f"c{position}" for position in range(task.width)]
    text = pa.dictionary(pa.int32(), pa.string())
    numeric = numeric if shape.decimal else frozenset()
    types = {names[position]: pa.int8() if name in numeric else text for name, position in task.places.items()}
    encoding = "utf8" if task.encoding == "utf-8-sig" or content is not None else task.encoding
    try:
        table = arrow_csv.read_csv(
            task.path if content is None else pa.BufferReader(content),
            read_options=arrow_csv.ReadOptions(
                column_names=names, skip_rows=task.skip, encoding=encoding, block_size=BLOCK
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=task.delimiter, ignore_empty_lines=False, newlines_in_values=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=list(types), column_types=types, strings_can_be_null=False, null_values=[]
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return _read_fast(task, shape, frozenset(), content) if numeric else None
    if table.num_rows != shape.lines - task.skip:
        return None
    columns: dict[str, Words] = {}
    for name, position in task.places.items():
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
