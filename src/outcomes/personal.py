"""What in a text gives a person away: numbers, addresses, names, dates. Only its kind is ever said, never the text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
STREETS = r"street|avenue|road|boulevard|lane|drive|terrace|highway|parkway|crescent"
SHORT_STREETS = r"[Ss]t|[Aa]ve|[Rr]d|[Bb]lvd|[Ll]n|[Dd]r|[Cc]t|[Cc]ourt|[Ww]ay|[Pp]l|[Pp]lace|[Ss]q|[Ss]quare|[Hh]wy|[Pp]kwy|[Cc]ircle|[Cc]lose"
# Kinds in the order in which they are looked for; a text is of the first that fits.
PATTERNS: dict[str, re.Pattern[str]] = {
    "e-mail addresses": re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}", re.I),
    "web addresses": re.compile(r"\bhttps?:|\bwww\.|\b[\w-]+\.(?:com|org|net|edu|gov|info|io|de|uk|fr|ca|au)(?:/|\b)", re.I),
    "network addresses": re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b", re.I),
    "record or policy numbers": re.compile(
        r"\b(?:mrn|ssn|nhs|npi|dea|dob|(?:medical )?record|chart|account|acct|policy|member|insurance|passport|licen[cs]e|case|"
        r"patient|client)[\s:#.-]*(?:id|no|nr|number|num)?[\s:#.-]*[a-z]{0,3}\d{3,}", re.I),
    "social security numbers": re.compile(r"(?<!\d)\d{3}[- .]\d{2}[- .]\d{4}(?!\d)"),
    "dates": re.compile(
        rf"(?<!\d)(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}}))(?!\d)"
        rf"|\b\d{{1,2}}(?:st|nd|rd|th)?[ -]{MONTHS}[ ,-]+\d{{2,4}}\b|\b{MONTHS} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}\b", re.I),
    "telephone numbers": re.compile(
        r"(?<![\d.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)[ .-]?|\d{2,5}[ .-])\d{3,4}[ .-]?\d{3,4}(?![\d.])|\+\d{8,}"),
    "postal addresses": re.compile(
        rf"\b\d{{1,5}}[a-z]?,? (?:[\w'.-]+ ){{0,3}}(?:{STREETS})\b"
        rf"|\b\d{{1,5}}[a-z]?,? (?:[\w'.-]+ ){{0,2}}(?-i:[A-ZÀ-Þ][\w'.-]* (?:{SHORT_STREETS}))\b|\bp\.? ?o\.? box\b|\w{{3,}}(?:stra(?:ß|ss)e|str\.|weg|gasse|platz) ?\d+"
        r"|\b\d{1,4},? ?(?:bis )?(?:rue|avenue|chemin|calle|rua|via)\b|\b(?:calle|rua|via|rue) [\w .'-]+,? ?\d+", re.I),
    "postcodes": re.compile(
        r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]\d[A-Z][ -]\d[A-Z]\d\b|\b\d{5}-\d{4}\b|\b[A-Z]{2},? \d{5}\b|^0\d{4}$"),
    "long numbers": re.compile(r"\d{6,}|\d(?:[ -]?\d){8,}"),
    "names with a title": re.compile(
        r"\b(?:[Mm]rs?|[Mm]s|[Mm]iss|[Dd]r|[Pp]rof|[Pp]rofessor|[Dd]octor|[Ss]ir|[Hh]err|[Ff]rau|[Mm]me|[Mm]lle|[Ss]ra|[Ss]e[nñ]ora?|MRS?|MS|DR|PROF)"
        r"\.? +[^\W\d_][\w'’.-]*|\b[^\W\d_]{2,},? (?:M\.?D|D\.?O|Ph\.?D|PsyD|R\.?N|N\.?P|PA-C|LCSW|LMFT|PMHNP|APRN)\b"),
}  # fmt: skip
MONTH_NAMES = frozenset({"april", "may", "june", "august", "jan", "jun"})
CAPITALISED = re.compile(r"[^\W\d_a-zß-ÿ][\w'’-]*\.?(?:,? [^\W\d_a-zß-ÿ][\w'’-]*\.?){1,3}")
PLACES = frozenset(
    [
        "clinic",
        "center",
        "centre",
        "hospital",
        "health",
        "medical",
        "north",
        "south",
        "east",
        "west",
        "site",
        "office",
        "downtown",
        "campus",
        "wellness",
        "institute",
        "care",
        "county",
        "city",
        "valley",
        "university",
        "regional",
        "general",
        "saint",
        "st",
        "group",
        "practice",
        "park",
        "lake",
        "hill",
    ]
)


def find_kind(text: str) -> str | None:
    """Return what a text looks like; None where nothing in it gives a person away.

    >>> find_kind("SSN 123-45-6789"), find_kind("Dr. Quartz"), find_kind("12 Elm St"), find_kind("self-pay")
    ('record or policy numbers', 'names with a title', 'postal addresses', None)
    >>> find_kind("PHQ-9"), find_kind("site-3"), find_kind("2 to 3 times a week"), find_kind("F33.2"), find_kind("Ketamine 40 mg IV")
    (None, None, None, None, None)
    """
    return next((kind for kind, pattern in PATTERNS.items() if pattern.search(text)), None)


def find_personal(values: Iterable[str]) -> dict[str, NDArray[np.bool_]]:
    """Return, by kind, which of some distinct values give a person away; kinds that do not occur are left out."""
    import numpy as np

    kinds = [find_kind(value) for value in values]
    found = {kind: np.array([one == kind for one in kinds], dtype=bool) for kind in PATTERNS if kind in kinds}
    names = np.array(
        [one is None and is_name_of_person(value) for one, value in zip(kinds, values, strict=True)], dtype=bool
    )
    if names.sum() >= 3 or (names.any() and 2 * names.sum() >= len(names)):
        found["names of people"] = names
    return found


def is_name_of_person(text: str) -> bool:
    """Tell whether a text is written as a person's name is: capitalised words, one a common given name, none of a place.

    >>> is_name_of_person("Mary Quartz"), is_name_of_person("QUARTZ, MARY"), is_name_of_person("North Clinic"), is_name_of_person("May")
    (True, True, False, False)
    """
    if not CAPITALISED.fullmatch(text):
        return False
    words = [word.strip(".,'’").casefold() for word in text.split()]
    return not set(words) & PLACES and any(word in _given_names() for word in words)


def is_term_of_harms(text: str) -> bool:
    """Tell whether a text is a usual term for an adverse event, or for what became of it; case and hyphens do not matter.

    >>> is_term_of_harms("Blurred vision"), is_term_of_harms("not-related"), is_term_of_harms("Quartz"), is_term_of_harms("fell at Mica Mill")
    (True, True, False, False)
    """
    return " ".join(re.findall(r"[^\W_]+", text.casefold())) in _words("terms_of_harms")


@cache
def _given_names() -> frozenset[str]:
    return frozenset(word for words in _words("given_names") for word in words.split())


@cache
def _words(name: str) -> frozenset[str]:
    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return frozenset(word.strip() for word in str(content[name]).split(","))


def show_name(name: str) -> str:
    """Return the name of a file, sheet or column as it may be said: a code in place of one that may be a person's.

    Dates of the last ten years are those of exports, and no birthdays.

    >>> show_name("Registry_DATA_2025-06-01.csv"), show_name("site-1/visits.csv")
    ('Registry_DATA_2025-06-01.csv', 'site-1/visits.csv')
    >>> show_name("Quartz, Mica.csv") == show_name("Quartz, Mica.csv"), "Quartz" in show_name("Quartz, Mica.csv")
    (True, False)
    """
    text = re.sub(r"(?<!\d)20(?:1[5-9]|2\d)[-_.]?[01]\d[-_.]?[0-3]\d(?!\d)", "", name)
    words = re.findall(r"[A-Z][a-zß-ÿ]+", text)
    person = any(word.casefold() in _given_names() and word.casefold() not in MONTH_NAMES for word in words)
    if (
        find_kind(text) is None
        and not person
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
