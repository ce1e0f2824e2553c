"""What a name says: which item of which instrument, or its total."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from outcomes.instruments import Instrument, read_instruments
from outcomes.intake.draft.vocabulary import read_vocabulary, squeeze, words_of

Claim = tuple[str, int | None]
ALIASES = frozenset(
    {"phq9", "phq", "9", "gad7", "gad", "7"}
)  # words beside which a short name is only one of an item (phq9_sleep)


PIVOTED = re.compile(r"^\s*(?:sum|average|max|min) of (?=\S)", re.IGNORECASE)  # of a pivot table
RANGE = re.compile(r"\s*[(\[]\s*0\s*(?:-|–|to)\s*\d{1,3}\s*[)\]]")  # PHQ-9 total (0-27)


@cache
def claims_of(name: str) -> tuple[Claim, ...]:
    """Return what a name says a column or a row is: instrument and item number, or None for its total.

    >>> claims_of("PHQ-9 Q1"), claims_of("DPQ020"), claims_of("gad7_total")
    ((('phq9', 1),), (('phq9', 2),), (('gad7', None),))
    >>> claims_of("PHQ0103"), claims_of("PHQ0110"), claims_of("PHQ0111"), claims_of("GAD02TS")
    ((('phq9', 3),), (), (('phq9', None),), (('gad7', None),))
    >>> claims_of("44261-6")
    (('phq9', None),)
    >>> claims_of("PHQ-9 Total (0-27)"), claims_of("Generalized Anxiety Disorder Scale (GAD-7)")
    ((('phq9', None),), (('gad7', None),))
    >>> claims_of("Patient Health Questionnaire-9"), claims_of("Patient Health Questionnaire-9 (PHQ-9) Total Score")
    ((('phq9', None),), (('phq9', None),))
    >>> claims_of("HAMD-17"), claims_of("HAMD1.7"), claims_of("PHQ1.2")
    ((('hamd17', None),), (), ())
    """
    known = read_vocabulary()
    name = re.sub(rf"^(?:{'|'.join(known['row_prefixes'])}) (?=\S)", "", RANGE.sub("", PIVOTED.sub("", name)).strip())
    item = rf"(?:{'|'.join(map(re.escape, known['item']))})(?:0(\d)0|0?(\d{{1,2}}))"
    claims: list[Claim] = []
    bare = _bare(name)
    for instrument, entry in known["instruments"].items():
        definition = read_instruments()[instrument]
        found = _question(name, entry.get("questions", {})) or _of_sdtm(name, entry, definition)
        found = _code(name, definition) if found is None else found
        if found is not None:
            claims.append((instrument, found or None))
            continue
        for alias in sorted(entry["names"], key=len, reverse=True):
            rest = _after(name, alias) if _bare(alias) in bare else None
            if rest is None or (len(alias) == 1 and not rest.isdigit()):
                continue
            number = re.fullmatch(item, rest)
            place = int(number[1] or number[2]) if number else 0
            if rest in known["total"] or 1 <= place <= definition.n_items:
                claims.append((instrument, place or None))
                break
    return tuple(claims) or _said_twice(name)


@cache
def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _said_twice(name: str) -> tuple[Claim, ...]:
    """Return what a name says whose short form and full one both stand in it, one in brackets (GAD-7 (Generalized Anxiety Disorder))."""
    match = re.fullmatch(r"([^()\[\]]+?)\s*[(\[]([^()\[\]]+)[)\]]\s*([^()\[\]]*)", name)
    first, second = (claims_of(match[1]), claims_of(match[2])) if match else ((), ())
    if match is None or first != second or not first or any(item is not None for _, item in first):
        return ()
    return claims_of(f"{match[1]} {match[3]}") if match[3] else first


def _after(name: str, alias: str) -> str | None:
    """Return what a name says beside an instrument's name; None where it does not begin or end with that.

    Digits that stand together belong together: the 1 and the 7 of HAMD1.7 are no 17.
    """
    letters = r"[\W_]*".join(map(re.escape, re.findall(r"\d+|[^\W\d_]", alias)))
    text = name.strip()
    start = re.match(rf"[\W_]*{letters}", text, re.IGNORECASE)
    end = re.search(rf"(?<![^\W_]){letters}[\W_]*$", text, re.IGNORECASE) if len(alias) > 2 else None
    rest = text[start.end() :] if start else text[: end.start()] if end else None
    if rest is None or len(re.findall(r"\d+", rest)) > 1:
        return None
    return squeeze(rest) if re.search(r"[^\W_]", rest) else ""


@cache
def _words_in(wording: str) -> frozenset[str]:
    return frozenset(wording.split())


def _question(name: str, questions: dict[str, list[str | list[str]]]) -> int | None:
    """Return the item whose question a name is, in any language: all words of one of its wordings occur, or it is just that (=)."""
    words = set(words_of(name))
    if len(words) < 2:
        return None
    bare = "=" + " ".join(word for word in words_of(name) if word not in ALIASES)
    for wordings in questions.values():
        for number, wording in enumerate(wordings, 1):
            several = [wording] if isinstance(wording, str) else wording
            if any(one == bare if one[0] == "=" else _words_in(one) <= words for one in several):
                return number
    return None


def _of_sdtm(name: str, entry: dict[str, Any], definition: Instrument) -> int | None:
    """Return the item that a short name of a test in SDTM means (PHQ0103), 0 for the total's (PHQ0111; GAD02TS, GAD02-Total Score in ADaM)."""
    known = entry.get("sdtm", {})
    match = re.fullmatch(rf"(?:{'|'.join(known)})(?:(\d\d)|TS|-Total Score.*)", name.strip()) if known else None
    if match is None or match[1] is None:
        return None if match is None else 0
    number = int(match[1])
    return number if 1 <= number <= definition.n_items else 0 if number in known.values() else None


def _code(name: str, definition: Instrument) -> int | None:
    """Return the item that a LOINC code in the name means, 0 for the total's."""
    if definition.loinc is None:
        return None
    codes = {squeeze(code): place for place, code in enumerate(definition.loinc.items, 1)}
    codes[squeeze(definition.loinc.total)] = 0
    return next((place for code, place in codes.items() if code in squeeze(name)), None)
