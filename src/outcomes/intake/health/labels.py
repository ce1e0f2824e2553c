"""Labels of visits that match none: which spellings, as far as enough patients share them to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from outcomes.intake.health.finding import Finding
from outcomes.personal import find_kind

SHOWN = 11  # patients behind a spelling that may be shown
LONGEST = 40


def describe_labels(findings: Iterable[Finding], unknown: Iterable[tuple[str, str, int, int]]) -> Iterator[Finding]:
    """Return the findings, those on visits with the labels that were found; ``unknown``: file, label, rows, patients."""
    labels: dict[str, list[tuple[str, int, int]]] = {}
    for file, label, rows, patients in unknown:
        labels.setdefault(file, []).append((label, rows, patients))
    for one in findings:
        mine = labels.get(one.file or "", []) if one.check == "unknown_visits" else []
        shown = sorted((label, rows) for label, rows, patients in mine if patients >= SHOWN and may_show(label))
        rare = sum(rows for _, rows, _ in mine) - sum(rows for _, rows in shown)
        parts = [f"{label!r} ({rows:,})" for label, rows in shown]
        parts += [f"rarer labels ({rare:,})"] if rare and shown else []
        yield replace(one, text=f"{one.text}; found are {', '.join(parts)}") if parts else one


def may_show(text: str) -> bool:
    """Tell whether a text that many patients share may be shown: short, and nothing in it gives a person away.

    >>> may_show("Week 6"), may_show("12 Elm St")
    (True, False)
    """
    return len(text) <= LONGEST and find_kind(text) is None
