"""What in a text gives a person away: numbers, addresses, names, dates. Only its kind is ever said, never the text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from outcomes.beside import read_beside
from outcomes.disguises import is_disguised
from outcomes.names_of_people import find_names, holds_given_name, is_name_of_person
from outcomes.personal_patterns import PATTERNS, without_accents, write_plainly

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DISGUISED = "disguised names or numbers"


def find_kind(text: str) -> str | None:
    """Return what a text looks like; None where nothing in it gives a person away.

    >>> find_kind("SSN 123-45-6789"), find_kind("Dr. Quartz"), find_kind("12 Elm St"), find_kind("self-pay")
    ('record or policy numbers', 'names with a title', 'postal addresses', None)
    >>> find_kind("PHQ-9"), find_kind("site-3"), find_kind("2 to 3 times a week"), find_kind("F33.2"), find_kind("Ketamine 40 mg IV")
    (None, None, None, None, None)
    """
    plain = write_plainly(text)
    forms = {plain, *(() if plain.isascii() else (without_accents(plain),))}
    return next((kind for kind, pattern in PATTERNS.items() if any(pattern.search(form) for form in forms)), None)


def find_kind_of_label(text: str) -> str | None:
    """Return what a text by itself looks like, names of people and disguised ones included.

    >>> find_kind_of_label("Mary Quartz"), find_kind_of_label("Znel Dhnegm"), find_kind_of_label("Intranasal esketamine")
    ('names of people', 'disguised names or numbers', None)
    """
    plain = write_plainly(text)
    named = "names of people" if is_name_of_person(plain) else None
    return find_kind(plain) or named or (DISGUISED if is_disguised(plain) else None)


def find_personal(values: Iterable[str]) -> dict[str, NDArray[np.bool_]]:
    """Return, by kind, which of some distinct values give a person away; kinds that do not occur are left out."""
    import numpy as np

    values = list(values)
    plain = [write_plainly(value) for value in values]
    kinds = [find_kind(value) for value in plain]
    found = {kind: np.array([one == kind for one in kinds], dtype=bool) for kind in PATTERNS if kind in kinds}
    names = np.array(
        find_names([value.replace("_", " ") if one is None else "" for one, value in zip(kinds, plain, strict=True)]),
        dtype=bool,
    )
    if names.any():
        found["names of people"] = names
    hidden = np.array(
        [one is None and is_disguised(value) for one, value in zip(kinds, values, strict=True)], dtype=bool
    )
    if (hidden & ~names).any():
        found[DISGUISED] = hidden & ~names
    return found


def is_term_of_harms(text: str) -> bool:
    """Tell whether a text is a usual term for an adverse event, or for what became of it; case and hyphens do not matter.

    >>> is_term_of_harms("Blurred vision"), is_term_of_harms("not-related"), is_term_of_harms("Quartz"), is_term_of_harms("fell at Mica Mill")
    (True, True, False, False)
    """
    return " ".join(re.findall(r"[^\W_]+", text.casefold())) in _words("terms_of_harms")


@cache
def _words(name: str) -> frozenset[str]:
    content = read_beside(__file__)
    return frozenset(word.strip() for word in str(content[name]).split(","))


@lru_cache(maxsize=4096)
def show_name(name: str) -> str:
    """Return the name of a file, sheet or column as it may be said: a code in place of one that may be a person's.

    Dates of the last ten years are those of exports, and no birthdays.

    >>> show_name("Registry_DATA_2025-06-01.csv"), show_name("site-1/visits.csv")
    ('Registry_DATA_2025-06-01.csv', 'site-1/visits.csv')
    >>> show_name("Quartz, Mica.csv") == show_name("Quartz, Mica.csv"), "Quartz" in show_name("Quartz, Mica.csv")
    (True, False)
    """
    text = re.sub(r"(?<!\d)20(?:1[5-9]|2\d)[-_.]?[01]\d[-_.]?[0-3]\d(?!\d)", "", name)
    if (
        find_kind(text) is None
        and not holds_given_name(text)
        and not re.search(r"[A-ZÀ-Þ][a-zß-ÿ]{2,}, [A-ZÀ-Þ][a-zß-ÿ]{2,}(?:\W|$)", text)
    ):
        return name
    code, rest = "", zlib.crc32(name.encode("utf-8", "replace"))
    while len(code) < 5:
        code, rest = code + "abcdefghijklmnopqrstuvwxyz"[rest % 26], rest // 26
    return f"(a name not shown, {code})"


def number_inputs(count: int) -> list[str]:
    """Return what a release calls the inputs of a study: names of files and sheets may hold names of people.

    >>> number_inputs(2), number_inputs(10)[0]
    (['input 1', 'input 2'], 'input 01')
    """
    return [f"input {place:0{len(str(count))}d}" for place in range(1, count + 1)]
