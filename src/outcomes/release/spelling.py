"""One spelling through all text of the report, its figures, and its tables: American or British, as the study file says."""

from __future__ import annotations

import re
from functools import partial
from typing import Literal

Language = Literal["en-US", "en-GB"]

STEMS = {  # British → American; whole words, and words that go on after the stem where it ends in *
    "analys(?=e|ing)": "analyz",
    "randomis": "randomiz",
    "standardis": "standardiz",
    "summaris": "summariz",
    "normalis": "normaliz",
    "generalis": "generaliz",
    "minimis": "minimiz",
    "parametris": "parametriz",
    "recognis": "recogniz",
    "hospitalis": "hospitaliz",
    "favour": "favor",
    "behaviour": "behavior",
    "colour": "color",
    "modell(?=ed|ing)": "model",
    "labell(?=ed|ing)": "label",
    "towards\\b": "toward",
    "grey\\b": "gray",
    "judgement": "judgment",
    "neighbour": "neighbor",
    "penalis": "penaliz",
    "mislabell(?=ed|ing)": "mislabel",
    "centre\\b": "center",
}
NOUNS = re.compile(r"\b(analyses)\b", re.IGNORECASE)  # the plural is spelled alike in both


def _american() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(rf"\b({stem})", re.IGNORECASE), other) for stem, other in STEMS.items()]


def _british() -> list[tuple[re.Pattern[str], str]]:
    pairs = []
    for stem, other in STEMS.items():
        plain, _, rest = stem.partition("(?=")
        own = plain.removesuffix("\\b")
        after = f"(?={rest}" if rest else "\\b" if plain.endswith("\\b") else ""
        pairs.append((re.compile(rf"\b({other}){after}", re.IGNORECASE), own))
    return pairs


PATTERNS = {"en-US": _american(), "en-GB": _british()}


def spell(text: str, language: Language) -> str:
    """Return a text in the spelling of a language; names of arms and words of the study file are spelled alike.

    Examples
    --------
    >>> spell("Patients analysed in other analyses; Randomised, favours", "en-US")
    'Patients analyzed in other analyses; Randomized, favors'
    >>> spell("Patients analyzed; gray, toward, favors", "en-GB")
    'Patients analysed; grey, towards, favours'
    """
    for pattern, other in PATTERNS[language]:
        text = pattern.sub(partial(_keep_case, other), text)
    return text


def _keep_case(other: str, found: re.Match[str]) -> str:
    if NOUNS.match(found.string, found.start()):
        return found[0]
    return other[:1].upper() + other[1:] if found[0][:1].isupper() else other
