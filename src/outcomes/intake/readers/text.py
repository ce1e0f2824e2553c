"""Text exports: comma, semicolon, tab, or any other delimiter.

A fast reader does the work where the file is plain. Wherever it might differ from the letter of the file (a value with a
line break, a quote that is never closed, a row of another width, bytes of another encoding) a careful reader goes through
the file row by row, and either reads it or says which rows are wrong.
"""

from __future__ import annotations

import csv
import itertools
from dataclasses import replace
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
from outcomes.intake.readers.scanning import BLOCK, LONGEST_LINE, Shape, find_encoding, scan_bytes, transcode
from outcomes.intake.words import Array, Origin, RawTable, Words, text_array
from outcomes.settings import Source

csv.field_size_limit(
    64 * LONGEST_LINE
)  # a line split at another delimiter is one field, and a quote may span the lines looked at
FIRST = 40  # lines of a file that are looked at


def read_text(path: Path, name: str, source: Source, wanted: Wanted, numeric: frozenset[str] = frozenset()) -> RawTable:
    """Read the wanted columns of a text export (None: all that have a name); of the ``numeric`` ones only the number matters.

    Raises
    ------
    InputError
        What is wrong with the file, with row numbers where that helps.
    """
    encoding = find_encoding(path, source.encoding, name)
    content = transcode(path, encoding)
    shape = scan_bytes(path, name, encoding, content)
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
    scan_bytes(path, name, encoding, transcode(path, encoding))
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
    task: Task, shape: Shape, numeric: frozenset[str], content: bytes | None = None
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
