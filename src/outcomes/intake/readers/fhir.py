"""FHIR R4: resources a line (NDJSON), in a Bundle, in a list, or alone, and Bundles within these; read one after another, never all at once.

A ``part`` is one questionnaire (the last piece of its address, ``44249-1``) or one type of resource. A response to a
questionnaire becomes a row with a column for each question; any other resource a row with patient, time, code and value. The
library fhir.resources is not used: it validates whole resources in memory, and exports in the wild are rarely valid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.contract import File, Proposal, Reader, Unread
from outcomes.intake.readers.growing import Rows
from outcomes.intake.readers.header import Wanted, choose_columns, find_columns, report_columns
from outcomes.intake.readers.resources import RESPONSE, Resource, rows_of
from outcomes.intake.readers.versions import DELETION, SUPERSEDED, Versions, is_deletion, unpack
from outcomes.intake.words import Origin, RawTable
from outcomes.settings import Source

ENDINGS = (".ndjson", ".jsonl", ".json")
LARGEST_WHOLE = 256 << 20  # bytes of a file that is one value, which is read whole
WITHDRAWN = (  # states of a resource that is no record
    "entered-in-error", "in-progress", "cancelled", "not-done", "not-taken", "intended", "planned", "preparation", "booked", "noshow", SUPERSEDED,
)  # fmt: skip


def recognise(file: File) -> float:
    """Tell whether the file begins as JSON and names a type of resource."""
    start = file.start.lstrip(b"\xef\xbb\xbf \t\r\n")
    return 0.95 if file.ending in ENDINGS and start[:1] in (b"{", b"[") and b'"resourceType"' in start else 0.0


def propose(file: File) -> Sequence[Proposal | Unread]:
    """Return a source for each questionnaire and each type of resource in the file."""
    parts: dict[str, int] = {}
    for _, resource in iterate_resources(file):
        part = part_of(resource)
        parts[part] = parts.get(part, 0) + 1
    skipped = {"Questionnaire", "OperationOutcome", DELETION}
    found = [part for part in sorted(parts) if part not in skipped]
    if not found:
        return [Unread(file.name, "no resource of FHIR that holds records")]
    return [_propose_part(file, part) for part in found]


def _propose_part(file: File, part: str) -> Proposal:
    source = Source(file=file.name, format="fhir", part=part, leave_out={"status": WITHDRAWN}, patient_strip="Patient/")
    return Proposal(source, notes=(f"resources of FHIR ({part})",))


def part_of(resource: Resource) -> str:
    """Return the part a resource belongs to.

    >>> part_of({"resourceType": "QuestionnaireResponse", "questionnaire": "http://loinc.org/q/44249-1|2.0"})
    '44249-1'
    """
    kind = str(resource.get("resourceType", "resource"))
    if is_deletion(resource):
        return DELETION
    asked = resource.get("questionnaire")
    if kind != RESPONSE or not isinstance(asked, str):
        return kind
    return asked.split("|")[0].rstrip("/").rsplit("/", 1)[-1] or kind


def read(file: File, source: Source, wanted: Wanted, numeric: frozenset[str]) -> RawTable:
    """Read the resources of one part.

    Raises
    ------
    InputError
        A line that is no JSON, or no resource of the part.
    """
    rows, versions = Rows(), Versions()
    numbers: list[int] = []
    mine: list[int] = []
    for number, resource in iterate_resources(file):
        numbers.append(number)
        if is_deletion(resource):
            versions.delete(resource)
        elif source.part in (None, part_of(resource)):
            for row in rows_of(resource):
                mine.append(len(numbers) - 1)
                versions.add(resource)
                rows.add(row)
    if not mine:
        raise InputError(f"{file.name}: no resource of {source.part!r}. Correct 'part' of this source.")
    table = versions.mark(rows.columns())
    table = {source.rename.get(name, name): words for name, words in table.items()}
    names = list(table)
    chosen = choose_columns(wanted, names)
    report_columns(names, chosen, source.ignore, file.name)
    if file.one_of_many:  # what one of many files does not hold is blank in it
        chosen &= set(names)
    columns = {name: table[name] for name in find_columns(chosen, names, file.name)}
    places = np.arange(len(mine), dtype=np.int64)
    origin = Origin(np.array(numbers, dtype=np.int64), places, np.array(mine, dtype=np.int64))
    return RawTable(file.name, len(mine), columns, origin)


# ── Resources, one after another ─────────────────────────────────────────────────────────────────────────────────────


def iterate_resources(file: File) -> Iterator[tuple[int, Resource]]:
    """Yield the resources of a file with their number: of the line, or of the entry; behind a Bundle within these they are counted on.

    Raises
    ------
    InputError
        What is no JSON, with the line or the entry.
    """
    try:
        last = 0
        for number, resource in _lines(file) if _is_lines(file) else _entries(file):
            last = max(number, last + 1)
            yield last, resource
    except RecursionError:
        raise InputError(f"{file.name}: nested too deep for a resource of FHIR.") from None
    except UnicodeDecodeError:
        raise InputError(f"{file.name}: holds bytes that are not UTF-8, which JSON must be. Export it again.") from None


def _is_lines(file: File) -> bool:
    """Tell whether the first line is a whole resource and another follows."""
    if file.ending in (".ndjson", ".jsonl"):
        return True
    first, _, rest = file.start.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    try:
        return bool(rest.strip()) and isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _lines(file: File) -> Iterator[tuple[int, Resource]]:
    with file.path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                resource = json.loads(line)
            except ValueError:
                raise InputError(f"{file.name}: line {number} is no JSON. Export the file again.") from None
            yield from _inside(resource, number, file)


def _entries(file: File) -> Iterator[tuple[int, Resource]]:
    """Yield the entries of a Bundle or of a list as they are parsed, or the one resource that the file is."""
    import ijson

    start = file.start.lstrip(b"\xef\xbb\xbf \t\r\n")
    bundle = start[:1] == b"{" and re.search(rb'"resourceType"\s*:\s*"Bundle"', start) is not None
    prefix = "entry.item" if bundle else "item" if start[:1] == b"[" else None
    if prefix is None and file.path.stat().st_size > LARGEST_WHOLE:
        raise InputError(f"{file.name}: neither lines nor a Bundle, and too large to be one resource.")
    try:
        with file.path.open("rb") as content:
            found = ijson.items(content, prefix or "", use_float=True)
            for number, one in enumerate(found, start=1):
                for resource in unpack(one) if bundle else (one,):
                    yield from _inside(resource, number, file)
    except (ijson.JSONError, ValueError):
        raise InputError(f"{file.name}: no JSON, or cut off. Export the file again.") from None


def _inside(resource: Any, number: int, file: File) -> Iterator[tuple[int, Resource]]:
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        raise InputError(
            f"{file.name}: entry {number} is no resource of FHIR (it has no 'resourceType'). Other JSON is read with `format: json`."
        )
    if resource["resourceType"] != "Bundle":
        yield number, resource
        return
    entries = resource.get("entry")
    for entry in entries if isinstance(entries, list) else ():  # a page of a search, or a history, within the file
        for one in unpack(entry):
            yield from _inside(one, number, file)


READER = Reader(frozenset({"fhir"}), recognise, propose, read, frozenset(ENDINGS))
