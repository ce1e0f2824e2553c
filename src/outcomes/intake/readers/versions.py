"""Which resources of FHIR are versions of one another: a history holds what was corrected beside the correction, and what was deleted since."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from outcomes.intake.readers.resources import Resource, as_text
from outcomes.intake.words import Array, Words, text_array

SUPERSEDED = (
    "superseded"  # the state in which a resource is read of which a later version is there, or that was deleted
)
DELETION = "deletion"
NOTHING = float("-inf")  # the time, or the number, of a version that says none


def unpack(entry: Any) -> Iterator[Any]:
    """Yield the resource of an entry of a Bundle, or that it deletes one (a history, and the list of deletions of a bulk export)."""
    if not isinstance(entry, dict):
        yield entry
        return
    if "resource" in entry:
        yield entry["resource"]
    asked = entry.get("request")
    if isinstance(asked, dict) and as_text(asked.get("method")).upper() == "DELETE":
        kind, _, name = as_text(asked.get("url")).partition("/_history")[0].rpartition("/")
        answer = entry.get("response")
        when = as_text(answer.get("lastModified")) if isinstance(answer, dict) else ""
        yield {"resourceType": kind.rpartition("/")[2] or DELETION, "id": name, DELETION: when}


def is_deletion(resource: Resource) -> bool:
    """Tell whether this is no resource, but that one was deleted."""
    return DELETION in resource


class Versions:
    """The identity and the version of each row that is read, in 32 bytes a row."""

    def __init__(self) -> None:
        self.names, self.people = array("q"), array("q")  # digests of type and id, and of the patient
        self.times, self.numbers = array("d"), array("d")
        self.deleted: dict[int, float] = {}  # digest → when

    def add(self, resource: Resource) -> None:
        """Take a row of a resource."""
        meta = resource.get("meta")
        said = meta if isinstance(meta, dict) else {}
        self.names.append(_name(resource))
        self.people.append(hash(str(resource.get("subject") or resource.get("patient"))))
        self.times.append(_seconds(as_text(said.get("lastUpdated"))))
        number = as_text(said.get("versionId"))
        self.numbers.append(float(number) if number.isdecimal() and len(number) < 16 else NOTHING)

    def delete(self, resource: Resource) -> None:
        """Take that a resource was deleted, now where nothing says when."""
        name, when = _name(resource), _seconds(as_text(resource[DELETION]))
        self.deleted[name] = max(self.deleted.get(name, NOTHING), -NOTHING if when == NOTHING else when)

    def mark(self, table: Mapping[str, Words]) -> dict[str, Words]:
        """Return the columns, the state of rows that a later version or a deletion has replaced as ``superseded``."""
        older = self._older()
        words = table.get("status")
        if not older.any() or words is None:
            return dict(table)
        codes = np.where(older, len(words.values), words.codes).astype(np.int32)
        marked = replace(words, codes=codes, values=text_array([*words.values, SUPERSEDED])).compact()
        return {**table, "status": marked}

    def _older(self) -> Array:
        """Return which rows are of an older version, or deleted since; those of one version, and of resources without an id, are none."""
        names, people = np.array(self.names, dtype=np.int64), np.array(self.people, dtype=np.int64)
        numbers, times = np.array(self.numbers), np.array(self.times)
        order = np.lexsort((times, numbers, people, names))
        n, p, v, t = names[order], people[order], numbers[order], times[order]
        same = (n[1:] == n[:-1]) & (p[1:] == p[:-1]) & (n[1:] != 0)
        later = same & ((v[1:] > v[:-1]) | (t[1:] > t[:-1]))
        group = np.concatenate([[0], np.cumsum(~same)])
        last = np.full(len(names), -1)  # group → the last row of it that a later version follows
        np.maximum.at(last, group[:-1][later], np.nonzero(later)[0])
        older = np.zeros(len(names), dtype=bool)
        older[order] = np.arange(len(names)) <= last[group]
        for name, when in self.deleted.items():
            older |= (names == name) & (times <= when)
        return older


def _name(resource: Resource) -> int:
    """Return a digest of a resource's type and id; 0 where it has none."""
    name = as_text(resource.get("id"))
    return hash((str(resource.get("resourceType")), name)) or 1 if name else 0


def _seconds(text: str) -> float:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return NOTHING
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
