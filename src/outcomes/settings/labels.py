"""Labels of a study file that stand in every table: none may give a person away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from outcomes.names_of_people import is_name_of_person
from outcomes.personal import find_kind
from outcomes.personal_patterns import PATTERNS
from outcomes.settings.clinical import Arm
from outcomes.settings.sources import Source, Table, TableMap, Visit

PROSE = ("social security numbers", "record or policy numbers")
NUMBER = r"\d{5}|\d{3}[- .]\d{2}[- .]\d{4}"  # a year beside the name of an insurer is no number of a record


def find_personal_label(
    arms: Iterable[Arm],
    visits: Iterable[Visit],
    sources: Iterable[Source],
    maps: Iterable[Mapping[Table, TableMap]],
) -> tuple[str, str] | None:
    """Return where a label gives a person away and what it looks like, never the label; None where none does."""
    labels = (*_of_design(arms, visits), *_of_sources(sources, maps))
    found = (
        (place, find_kind(label) or ("names of people" if is_name_of_person(label) else None))
        for place, label in labels
        if label
    )
    return next(((place, kind) for place, kind in found if kind is not None), None)


def _of_design(arms: Iterable[Arm], visits: Iterable[Visit]) -> Iterator[tuple[str, str]]:
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


def _of_sources(sources: Iterable[Source], maps: Iterable[Mapping[Table, TableMap]]) -> Iterator[tuple[str, str]]:
    for place, source in enumerate(sources):
        yield from ((f"sources.{place}.constants.{key}", str(text)) for key, text in source.constants.items())
    for tables in maps:
        for table, mapping in tables.items():
            for name, column in mapping.columns.items():
                texts = [*column.values.values(), column.constant] if name != "patient" else []
                yield from ((f"{table}.{name}.values", text) for text in texts if isinstance(text, str))


def find_personal_prose(texts: Mapping[str, str]) -> tuple[str, str] | None:
    """Return where a text that a report prints holds a record's or social security number, and which; None where none does.

    Prose may name a place, a time, and whoever wrote it; a number of somebody's record it may not.
    """
    for place, text in texts.items():
        for kind in PROSE:
            if any(re.search(NUMBER, found[0]) for found in PATTERNS[kind].finditer(text)):
                return place, kind
    return None
