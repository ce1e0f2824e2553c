"""What stands above a table in its own sheet: `Patient: K-01`, `Treatment | IV ketamine`, the same for all of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from outcomes.intake.words import RawTable, constant

Records = Sequence[Sequence[str]]
WITHIN = re.compile(r"([^:]{2,40}):\s*(\S.*)", re.DOTALL)  # label and value in one cell


def list_labels(records: Records) -> dict[str, str]:
    """Return the labels in some rows, each with the value behind it: in its cell, or in the next one.

    >>> list_labels([["Clinic log"], ["Patient:", "K-01", "", "Arm: IV"]])
    {'Patient': 'K-01', 'Arm': 'IV'}
    """
    found: dict[str, str] = {}
    for record in records:
        cells = [" ".join(cell.split()) for cell in record]
        place = 0
        while place < len(cells):
            within = WITHIN.fullmatch(cells[place])
            following = cells[place + 1] if place + 1 < len(cells) else ""
            if within:
                found.setdefault(within[1].strip(), within[2].strip())
            elif cells[place] and following:
                found.setdefault(cells[place].rstrip(" :"), following)
                place += 1
            place += 1
    return found


def add_labels(raw: RawTable, records: Records, labels: Iterable[str]) -> RawTable:
    """Return a table with a column for each label above it; blank where the label is not there."""
    said = list_labels(records)
    return replace(raw, columns=raw.columns | {label: constant(said.get(label, ""), raw.size) for label in labels})
