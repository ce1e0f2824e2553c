"""How names of people are written, in Latin and in other letters: by given names and family names that are common, and by their form in a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from outcomes.beside import read_beside
from outcomes.personal_patterns import without_accents

MONTH_NAMES = frozenset({"april", "may", "june", "august", "jan", "jun"})
FEWEST_ALONE = 3  # so many given names by themselves are a column of people; one may be a town
PARTICLES = r"(?:de|da|do|dos|das|di|del|della|la|le|du|van|von|der|den|ter|ten|zu|bin|ibn|ben|al|el|y|af|av|st)"
CAPITAL = r"(?:(?:O['’]|D['’]|Mc|Mac|Al-|El-)?[^\W\d_a-zß-ÿа-яё][^\W\d_]+(?:[-'’][^\W\d_]+)*)"
INITIAL = r"(?:[^\W\d_a-zß-ÿа-яё]\.(?:-?[^\W\d_a-zß-ÿа-яё]\.)*)"
# Mica Quartz; Quartz, Mica B.; M. van Quartz; Quartz M.
IN_FORM = re.compile(
    rf"(?:{CAPITAL}|{INITIAL})(?:,? (?:{PARTICLES} ){{0,2}}(?:{CAPITAL}|{INITIAL})){{1,3}}|{CAPITAL}, ?[^\W\d_a-zß-ÿ]"
)
CAPITALISED = re.compile(r"[^\W\d_a-zß-ÿ][\w'’-]*\.?(?:,? [^\W\d_a-zß-ÿ][\w'’-]*\.?){1,3}")
SMALL = re.compile(r"[a-zß-ÿ'’-]{2,}(?:,? [a-zß-ÿ'’-]{2,}){1,2}")
PATRONYMIC = re.compile(r"\b[А-ЯЁ][а-яё]+(?:ович|евич|ьич|овна|евна|ична)\b")
HAN = re.compile(r"[一-鿿々]{1,3}[ ・]?[一-鿿々ぁ-んァ-ヶー]{1,4}")
HANGUL = re.compile(r"[가-힣]{1,2} ?[가-힣]{2}")
OTHER_LETTERS = re.compile(r"[^\W\d_a-zA-ZÀ-ɏ]")


def find_names(values: Sequence[str]) -> list[bool]:
    """Return which of a column's distinct values are names of people: each that is one for certain, and those that are by their company.

    A town may be written as a person is, so what is known by its form alone counts where at least half of the values, and two, have that form.

    >>> find_names(["Mary Quartz", "North Clinic"]), find_names(["Zorami Quartz", "Bryxel Fern"]), find_names(["Virginia", "North Clinic"])
    ([True, False], [True, True], [False, False])
    >>> find_names(["Major Depression", "Bipolar Disorder"]), find_names(["山田太郎", "佐藤花子"])
    ([False, False], [True, True])
    """
    sure = [is_name_of_person(value) for value in values]
    formed = [one or _has_form(value) for one, value in zip(sure, values, strict=True)]
    alone = [is_given_name(value) for value in values]
    if sum(formed) >= 2 and 2 * sum(formed) >= len(values):
        sure = formed
    if sum(alone) >= FEWEST_ALONE and 3 * sum(alone) >= 2 * len(values):
        sure = [one or other for one, other in zip(sure, alone, strict=True)]
    return sure


def is_name_of_person(text: str) -> bool:
    """Tell whether a text is written as a person's name is: capitalised words, one a common given name, none of a place or a category.

    >>> is_name_of_person("Mary Quartz"), is_name_of_person("QUARTZ, MARY"), is_name_of_person("North Clinic"), is_name_of_person("May")
    (True, True, False, False)
    """
    if PATRONYMIC.search(text):
        return True
    words = _words_of(text)
    if OTHER_LETTERS.search(text):
        return 2 <= len(words) <= 4 and any(word in _list("given_names_in_other_letters") for word in words)
    return bool(CAPITALISED.fullmatch(text) or IN_FORM.fullmatch(text)) and _has_given_name(words)


def is_given_name(word: str) -> bool:
    """Tell whether a word is a common given name, and no month."""
    return without_accents(word.casefold()) in _list("given_names") - MONTH_NAMES


def holds_given_name(text: str) -> bool:
    """Tell whether a capitalised word in a text, the name of a file, is a common given name."""
    found = {without_accents(word.casefold()) for word in re.findall(r"[A-ZÀ-Þ][a-zß-ÿ]+", text)} - MONTH_NAMES
    return bool(found & _list("given_names")) or bool(set(_words_of(text)) & _list("given_names_in_other_letters"))


def _has_given_name(words: list[str]) -> bool:
    return not set(words) & (_list("words_of_categories") | _list("words_of_places")) and bool(
        set(words) & _list("given_names")
    )


def _has_form(text: str) -> bool:
    """Tell whether a text has the form of a name, and no word that is usual in categories or places."""
    if HAN.fullmatch(text):
        surnames = _list("surnames_in_han")
        return bool({text[:1], text[:2], text[:3]} & surnames) and not set(text) & _list("signs_of_categories")
    if HANGUL.fullmatch(text):
        return text[0] in _list("surnames_in_hangul") and not any(part in text for part in _list("parts_of_categories"))
    words = _words_of(text)
    if SMALL.fullmatch(text):
        return words[0] not in MONTH_NAMES and _has_given_name(words)
    written = [word for word in re.split(r"[ ,]+", text) if not re.fullmatch(PARTICLES, word)]
    lone = any(len(word) < 2 for word in words) and "." not in text and "," not in text  # arm A
    if not IN_FORM.fullmatch(text) or lone or not all(word[:1].isupper() for word in written):
        return False
    return not set(words) & (_list("words_of_categories") | _list("words_of_places"))


def _words_of(text: str) -> list[str]:
    return [part for word in text.split() if (part := without_accents(word.strip(".,;'’\"()").casefold()))]


@cache
def _list(name: str) -> frozenset[str]:
    content = read_beside(__file__)
    return frozenset(without_accents(word) for word in str(content[name]).split())
