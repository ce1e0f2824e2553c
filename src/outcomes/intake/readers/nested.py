"""JSON of any program, and XML of its own: objects a line, in a list, or in lists that an object holds.

A ``part`` names one of several lists, or a list of dated entries within the objects, of which each entry is a row then (``patients.visits``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.contract import File, Proposal, Reader, Unread
from outcomes.intake.readers.fhir import LARGEST_WHOLE
from outcomes.intake.readers.growing import Rows
from outcomes.intake.readers.header import Wanted, choose_columns, find_columns, report_columns
from outcomes.intake.readers.markup_objects import read_xml
from outcomes.intake.readers.objects import Object, find_dated, find_lists, flatten, unfold
from outcomes.intake.words import Origin, RawTable
from outcomes.settings import Source

ENDINGS = (".json", ".jsonl", ".ndjson")
SAMPLE = 50  # objects of a list that show what it holds
NOTE = "a nested value is a column named by its path, and each answer of a list a column of its own"
PAGES = (b"<html", b"<table", b"<!doctype html", b"urn:schemas-microsoft-com:office:spreadsheet", b"cdisc.org/ns/odm")


@dataclass(frozen=True)
class Entry:
    """One object of a file: its number (of the line, or over all lists), the list that it is of, and whether that is the longest."""

    number: int
    list: str
    content: Object
    longest: bool = True


def recognise(file: File) -> float:
    """Tell whether the file begins as JSON, or as XML that is no page, workbook or standard."""
    start = file.start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if file.ending == ".xml":
        return 0.3 if start[:1] == b"<" and not any(mark in start.lower() for mark in PAGES) else 0.0
    return 0.3 if file.ending in ENDINGS and start[:1] in (b"{", b"[") else 0.0


def propose(file: File) -> Sequence[Proposal | Unread]:
    """Return a table for each list of the file, or, where its objects hold lists of dated entries, for each of these."""
    seen: dict[str, list[Object]] = {}
    for entry in iterate_entries(file):
        seen.setdefault(entry.list, [])
        if len(seen[entry.list]) < SAMPLE:
            seen[entry.list].append(entry.content)
    alone = len(seen) == 1
    found = [one for name, objects in seen.items() for one in _propose_list(file, name, objects, alone)]
    return found or [Unread(file.name, f"{_kind(file)} without a list of objects that are records")]


def _propose_list(file: File, name: str, objects: Sequence[Object], alone: bool) -> Iterator[Proposal]:
    dated = list(dict.fromkeys(path for one in objects for path in find_dated(one)))
    note = f"objects of {_kind(file)}: {NOTE}"
    for path in dated:
        part = f"{name}.{path}" if name else path
        rows = f"each entry of the list {path!r} is a row, with what stands beside the list"
        yield Proposal(Source(file=file.name, format=_format(file), part=part), notes=(note, rows))
    if not dated and len({key for one in objects for key in flatten(one)}) > 1:
        yield Proposal(Source(file=file.name, format=_format(file), part=None if alone else name), notes=(note,))


def _kind(file: File) -> str:
    return "XML" if file.ending == ".xml" else "JSON"


def _format(file: File) -> Any:
    return _kind(file).lower()


def read(file: File, source: Source, wanted: Wanted, numeric: frozenset[str]) -> RawTable:
    """Read the objects of a part, a row each; of the longest list where the source names none.

    Raises
    ------
    InputError
        What is no JSON or XML, with the line or the entry; no object at all; a part that is not there.
    """
    rows, numbers, mine, part = Rows(), [], [], source.part
    for entry in iterate_entries(file):
        numbers.append(entry.number)
        for row in _rows_of(entry, part):
            mine.append(len(numbers) - 1)
            rows.add({source.rename.get(name, name): ("", cell) for name, cell in row.items()})
    if not mine:
        raise InputError(
            f"{file.name}: no list {part!r} with an object in it. Correct 'part' of this source." if part and numbers
            else f"{file.name}: holds no object of {_kind(file)}. Export it again."
        )  # fmt: skip
    table = rows.columns()
    names = list(table)
    chosen = choose_columns(wanted, names)
    report_columns(names, chosen, source.ignore, file.name)
    if file.one_of_many:
        chosen &= set(names)
    columns = {name: table[name] for name in find_columns(chosen, names, file.name)}
    places = np.arange(len(mine), dtype=np.int64)
    origin = Origin(np.array(numbers, dtype=np.int64), places, np.array(mine, dtype=np.int64))
    return RawTable(file.name, len(mine), columns, origin)


def _rows_of(entry: Entry, part: str | None) -> Iterator[dict[str, str]]:
    """Yield the rows that an object has in a part."""
    if part == entry.list or (part is None and entry.longest):
        yield flatten(entry.content)
    elif part is not None and (not entry.list or part.startswith(f"{entry.list}.")):
        yield from unfold(entry.content, part.removeprefix(entry.list).removeprefix("."))


def iterate_entries(file: File) -> Iterator[Entry]:
    """Yield the objects of a file.

    Raises
    ------
    InputError
        What is no JSON, XML or object, with its place.
    """
    try:
        for entry in _lines(file) if file.ending != ".xml" and _is_lines(file) else _lists(file):
            if not isinstance(entry.content, dict):
                raise InputError(
                    f"{file.name}: entry {entry.number} is no object of {_kind(file)}. Export the file again."
                )
            yield entry
    except RecursionError:
        raise InputError(f"{file.name}: nested too deep for a table.") from None
    except UnicodeDecodeError:
        raise InputError(f"{file.name}: holds bytes that are not UTF-8, which JSON must be. Export it again.") from None


def _is_lines(file: File) -> bool:
    first, _, rest = file.start.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    try:
        return isinstance(json.loads(first), dict) and (bool(rest.strip()) or file.ending != ".json")
    except (ValueError, RecursionError):
        return file.ending != ".json"


def _lines(file: File) -> Iterator[Entry]:
    with file.path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield Entry(number, "", json.loads(line))
                except ValueError:
                    raise InputError(f"{file.name}: line {number} is no JSON. Export the file again.") from None


def _lists(file: File) -> Iterator[Entry]:
    """Yield the entries of a list, or of the lists of objects that an object holds, one after another; else the object itself."""
    import ijson

    if file.ending == ".xml":
        whole: Any = read_xml(file.path, file.name)
    else:
        start = file.start.lstrip(b"\xef\xbb\xbf \t\r\n")
        try:
            with file.path.open("rb") as content:
                if start[:1] == b"[":
                    items = ijson.items(content, "item", use_float=True)
                    yield from (Entry(number, "", one) for number, one in enumerate(items, start=1))
                    return
                if file.path.stat().st_size > LARGEST_WHOLE:
                    raise InputError(f"{file.name}: neither lines nor a list, and too large to be read at once.")
                whole = next(iter(ijson.items(content, "", use_float=True)), None)
        except (ijson.JSONError, ValueError):
            raise InputError(f"{file.name}: no JSON, or cut off. Export the file again.") from None
    lists = list(find_lists(whole)) or [("", [whole])]
    longest, _ = max(lists, key=lambda one: len(one[1]))
    number = 0
    for name, objects in lists:
        for one in objects:
            number += 1
            yield Entry(number, name, one, name == longest)


READER = Reader(frozenset({"json", "xml"}), recognise, propose, read)
