"""Labels of a study file that stand in every table: none may give a person away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from outcomes.instruments import Instrument
from outcomes.personal import find_kind_of_label, show_name
from outcomes.personal_patterns import PATTERNS
from outcomes.protocols import Protocol
from outcomes.settings.clinical import Arm
from outcomes.settings.comparison import Comparison
from outcomes.settings.criteria import Criterion
from outcomes.settings.sources import Source, Table, TableMap, Visit

PROSE = ("social security numbers", "record or policy numbers")
# Sections of a study file that say how the export is read: what of them stands in a report is a label.
READ = ("study", "data", "layouts", "sources", "dates", "unused", "visits")
ARTICLE = re.compile(r"e\d{5}", re.I)  # of a journal without pages
NUMBER = r"\d{5}|\d{3}[- .]\d{2}[- .]\d{4}"  # a year beside the name of an insurer is no number of a record


def find_personal_label(labels: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """Return where a label (place, text) gives a person away and what it looks like, never the label; None where none does."""
    found = ((place, find_kind_of_label(label)) for place, label in labels if label)
    return next(((place, kind) for place, kind in found if kind is not None), None)


def label_design(arms: Iterable[Arm], visits: Iterable[Visit]) -> Iterator[tuple[str, str]]:
    """Yield the labels of arms and visits, each with its place in the study file."""
    for place, arm in enumerate(arms):
        yield from (
            (f"arms.{place}.{key}", text or "")
            for key, text in (("id", arm.id), ("label", arm.label), ("in_text", arm.in_text))
        )
        yield from ((f"arms.{place}.treatments", text) for text in arm.treatments)
    for place, visit in enumerate(visits):
        yield from (
            (f"visits.{place}.{key}", text or "") for key, text in (("label", visit.label), ("name", visit.name))
        )


def label_analysis(
    criteria: Iterable[Criterion],
    instruments: Mapping[str, Instrument],
    protocols: Mapping[str, Protocol],
    comparison: Comparison | None,
) -> Iterator[tuple[str, str]]:
    """Yield the names of criteria, of the study's own instruments and protocols, and of subgroups, each with its place."""
    yield from ((f"eligibility.{place}.name", one.name) for place, one in enumerate(criteria))
    yield from ((f"own_instruments.{key}.name", one.name) for key, one in instruments.items())
    yield from ((f"own_protocols.{key}.name", one.name) for key, one in protocols.items())
    subgroups = comparison.subgroups if comparison is not None else None
    for place, group in enumerate(subgroups.by if subgroups is not None else ()):
        texts = (group.label or "", *group.names, *group.groups)
        yield from ((f"comparison.subgroups.by.{place}", text) for text in texts)


def label_sources(sources: Iterable[Source], maps: Iterable[Mapping[Table, TableMap]]) -> Iterator[tuple[str, str]]:
    """Yield the words that a study file gives to columns and values of the export, each with its place."""
    for place, source in enumerate(sources):
        yield from ((f"sources.{place}.constants.{key}", str(text)) for key, text in source.constants.items())
        yield from ((f"sources.{place}.constants", key.replace("_", " ")) for key in source.constants)
    for tables in maps:
        for table, mapping in tables.items():
            for name, column in mapping.columns.items():
                texts = [*column.values.values(), column.constant] if name != "patient" else []
                yield from ((f"{table}.{name}.values", text) for text in texts if isinstance(text, str))
            yield from ((f"{table}.columns", name.replace("_", " ")) for name in mapping.columns)


def find_personal_prose(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return where any text of a study file holds a record's or social security number, and which; None where none does.

    Prose may name a place, a time, and whoever wrote it; a number of somebody's record it may not. Keys are texts as well.
    """
    for place, text in _list_texts(content):
        for kind in PROSE:
            if any(
                re.search(NUMBER, found[0]) and not ARTICLE.fullmatch(found[0])
                for found in PATTERNS[kind].finditer(text)
            ):
                return place, kind
    return None


def leave_unsaid(message: str, content: Any) -> str:
    """Return what is said of a study file or plan without any of its texts and keys that look like somebody's.

    >>> leave_unsaid("report.headline: no time point 'Dr. Quartz'", {"report": {"headline": "Dr. Quartz"}})
    "report.headline: no time point '(not shown)'"
    """
    texts = {text for _, text in _list_texts(content) if text in message and show_name(text) != text}
    for text in sorted(texts, key=len, reverse=True):
        message = message.replace(text, "(not shown)")
    return message


def _list_texts(content: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        yield place, content
    elif isinstance(content, Mapping):
        yield from ((place, key) for key in content if isinstance(key, str))
        for key, value in content.items():
            yield from _list_texts(value, f"{place}.{key}".strip("."))
    elif isinstance(content, list | tuple):
        for at, value in enumerate(content):
            yield from _list_texts(value, f"{place}.{at}")
