"""Patients' identifiers: each in one spelling, and all of them in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from outcomes.intake.batch import raw_words
from outcomes.intake.values import INVISIBLE, WHOLE, is_missing, map_values
from outcomes.intake.words import RawTable, Words, text_array
from outcomes.settings import Cleaning, Column, Source, Study


def write_identifiers(words: Words, source: Source, cleaning: Cleaning) -> Words:
    """Return identifiers in one spelling: without what a source strips, in its case, with its digits and its prefix.

    Blanks around them, no-break spaces too, and characters without width are no part of them, and 3.0 is 3. Missing ones stay
    missing.
    """
    missing = is_missing(words.values, cleaning).tolist()
    pairs = zip(words.values, missing, strict=True)
    values = [value if absent else _identifier(value, source) for value, absent in pairs]
    return words if values == words.values.tolist() else Words(words.codes, text_array(values))


def _identifier(value: str, source: Source) -> str:
    bare = WHOLE.sub(r"\1", INVISIBLE.sub("", value).strip().removeprefix(source.patient_strip).strip())
    if source.patient_case is not None:
        bare = bare.upper() if source.patient_case == "upper" else bare.lower()
    if source.patient_digits is not None and bare.isdecimal():
        bare = bare.zfill(source.patient_digits)
    return source.patient_prefix + bare


def sort_identifiers(study: Study, sources: Sequence[Source], raws: Sequence[RawTable]) -> list[str]:
    """Return the patients' identifiers of all files in natural order, each once."""
    found: set[str] = set()
    for source, raw in zip(sources, raws, strict=True):
        for column in _unique(mapping.columns["patient"] for mapping in study.tables_of(source).values()):
            mapped = map_values(raw_words(raw, column), column, study.cleaning)
            found.update(value for value in mapped.present.values if value)
    return natural_order(found)


def natural_order(names: Iterable[str]) -> list[str]:
    """Return names sorted so that a2 comes before a10.

    >>> natural_order({"a10", "a2", "b1"})
    ['a2', 'a10', 'b1']
    """
    names = list(names)
    digits = str.maketrans("123456789", "000000000")
    if len(set("\n".join(names).translate(digits).split("\n"))) <= 1:
        return sorted(names)
    return sorted(names, key=_natural_key)


def _natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    parts = re.split(r"([0-9]+)", name)
    return [_natural_part(part) for part in parts if part], name


def _natural_part(part: str) -> tuple[int, str]:
    """Return what sorts text before numbers, and numbers by size: the count of digits, then the digits."""
    if part.isdecimal() and part.isascii():
        digits = part.lstrip("0")
        return len(digits), digits
    return -1, part


def _unique(columns: Iterable[Column]) -> list[Column]:
    return list({column.model_dump_json(): column for column in columns}.values())
