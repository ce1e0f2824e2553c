"""JSON of any program: objects a line, in a list, or in the one list of an object; what is nested becomes columns.

A nested value is a column named by its path (``patient.id``). A list of answers, each with what was asked and what was said
(``[{"question": 1, "value": 2}, …]``), is a column for each question (``answers.1``); any other list of objects is numbered
(``doses.1.mg``), and a list of bare values is one cell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.contract import File, Proposal, Reader, Unread
from outcomes.intake.readers.fhir import LARGEST_WHOLE
from outcomes.intake.readers.growing import Rows
from outcomes.intake.readers.header import Wanted, choose_columns, find_columns, report_columns
from outcomes.intake.readers.resources import as_text
from outcomes.intake.words import Origin, RawTable
from outcomes.settings import Source

ENDINGS = (".json", ".jsonl", ".ndjson")
ASKED = ("question", "questionid", "question_id", "item", "number", "q", "key", "linkid", "code", "instrument", "scale", "questionnaire", "measure", "type", "test",
    "id", "name", "text")  # fmt: skip
SAID = ("value", "answer", "score", "total", "response", "v", "a", "points", "selected", "result")
WHEN = re.compile(r"date|time|day|_at\b|At\b")
DEEPEST = 12


def recognise(file: File) -> float:
    """Tell whether the file begins as JSON."""
    start = file.start.lstrip(b"\xef\xbb\xbf \t\r\n")
    return 0.3 if file.ending in ENDINGS and start[:1] in (b"{", b"[") else 0.0


def propose(file: File) -> Sequence[Proposal | Unread]:
    """Return the file as one table, where its objects have at least two values."""
    row: dict[str, str] = {}
    for place, (_, one) in enumerate(iterate_objects(file)):
        row |= flatten(one)
        if place >= 50:
            break
    if len(row) < 2:
        return [Unread(file.name, "JSON without a list of objects that are records")]
    note = (
        "objects of JSON: a nested value is a column named by its path, and each answer of a list a column of its own"
    )
    return [Proposal(Source(file=file.name, format="json"), notes=(note,))]


def read(file: File, source: Source, wanted: Wanted, numeric: frozenset[str]) -> RawTable:
    """Read the objects of a file, a row each.

    Raises
    ------
    InputError
        What is no JSON, with the line or the entry; or no object at all.
    """
    rows, numbers = Rows(), []
    for number, one in iterate_objects(file):
        numbers.append(number)
        rows.add({source.rename.get(name, name): ("", cell) for name, cell in flatten(one).items()})
    if not numbers:
        raise InputError(f"{file.name}: holds no object of JSON. Export it again.")
    table = rows.columns()
    names = list(table)
    chosen = choose_columns(wanted, names)
    report_columns(names, chosen, source.ignore, file.name)
    if file.one_of_many:
        chosen &= set(names)
    places = np.arange(len(numbers), dtype=np.int64)
    columns = {name: table[name] for name in find_columns(chosen, names, file.name)}
    return RawTable(file.name, len(numbers), columns, Origin(np.array(numbers, dtype=np.int64), places, places))


def iterate_objects(file: File) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the objects of a file with the number of their line or entry.

    Raises
    ------
    InputError
        What is no JSON or no object, with its place.
    """
    try:
        for number, one in _lines(file) if _is_lines(file) else enumerate(_entries(file), start=1):
            if not isinstance(one, dict):
                raise InputError(f"{file.name}: entry {number} is no object of JSON. Export the file again.")
            yield number, one
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


def _lines(file: File) -> Iterator[tuple[int, Any]]:
    with file.path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except ValueError:
                    raise InputError(f"{file.name}: line {number} is no JSON. Export the file again.") from None


def _entries(file: File) -> Iterator[Any]:
    """Yield the entries of a list, or of the longest list of objects that an object holds; else the object itself."""
    import ijson

    start = file.start.lstrip(b"\xef\xbb\xbf \t\r\n")
    try:
        with file.path.open("rb") as content:
            if start[:1] == b"[":
                yield from ijson.items(content, "item", use_float=True)
                return
            if file.path.stat().st_size > LARGEST_WHOLE:
                raise InputError(f"{file.name}: neither lines nor a list, and too large to be read at once.")
            whole = next(iter(ijson.items(content, "", use_float=True)), None)
    except (ijson.JSONError, ValueError):
        raise InputError(f"{file.name}: no JSON, or cut off. Export the file again.") from None
    lists = [one for one in whole.values() if _is_objects(one)] if isinstance(whole, dict) else []
    yield from max(lists, key=len, default=[whole])


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def flatten(value: Mapping[str, Any], path: str = "", depth: int = 0) -> dict[str, str]:
    """Return the values of an object by their path.

    >>> flatten({"id": 7, "who": {"code": "K1"}, "answers": [{"question": 1, "value": 2}, {"question": 2, "value": 0}]})
    {'id': '7', 'who.code': 'K1', 'answers.1': '2', 'answers.2': '0'}
    """
    if depth > DEEPEST:
        raise RecursionError
    cells: dict[str, str] = {}
    for key, one in value.items():
        name = f"{path}{' '.join(str(key).split())}"
        if isinstance(one, dict):
            cells |= flatten(one, f"{name}.", depth + 1)
        elif _is_objects(one):
            pair = _asked_and_said(one)
            if pair is not None:
                cells |= {f"{name}.{as_text(part[pair[0]])}": as_text(part.get(pair[1])) for part in one}
            else:
                for number, part in enumerate(one, start=1):
                    cells |= flatten(part, f"{name}.{number}.", depth + 1)
        else:
            cells[name] = "; ".join(filter(None, map(as_text, one))) if isinstance(one, list) else as_text(one)
    return cells


def _asked_and_said(parts: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """Return the keys of what was asked and what was said in a list of answers; None where each question is not there once, or has a time."""
    keys = set.intersection(*(set(part) for part in parts))
    if any(WHEN.search(key) for part in parts for key in part):
        return None  # each has a time of its own
    known = {key.casefold(): key for key in keys}
    said = next((known[one] for one in SAID if one in known), None)
    for one in (key for key in ASKED if key in known and known[key] != said):
        asked = [as_text(part[known[one]]) for part in parts]
        if said is not None and all(asked) and len(set(asked)) == len(asked):
            return known[one], said
    return None


READER = Reader(frozenset({"json"}), recognise, propose, read)
