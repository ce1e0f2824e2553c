"""Answers and totals as exports write them: `2`, `2 - More than half the days`, `14 (Moderate)`, `9/21`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set

import numpy as np

from outcomes.instruments import Instrument
from outcomes.intake.values import NUMBER, show_all
from outcomes.intake.words import Array

FINE, NO_NUMBER, CONTRADICTED = 0, 1, 2
# a number before or behind words: "2 - More than half the days", "2=…", "(2) …", "More than half the days (2)"
LED = re.compile(r"\(?(\d{1,2})\)?\s*[-–—=:.)]?\s*(?=[^\W\d_])(.+)", re.DOTALL)
TRAILED = re.compile(r"(.+?[^\W\d_].*?)\s*[-–—=:,]?\s*[(\[]?(\d{1,2})[)\]]?", re.DOTALL)
SCORED = re.compile(
    r"(?:(?:total|score|sum)[\s:=]*)?([-+]?\d+(?:\.\d+)?)\s*"
    r"(?:/\s*(\d+(?:\.0+)?)(?:\s*\(?\s*\d{1,3}(?:\.\d+)?\s*%\s*\)?|\s*[-–—:,(]?\s*[^\W\d_][^\d]*)?|(?:out )?of (\d+)|\(\s*[^\W\d_][^\d]*\)|[-–—:,]\s*[^\W\d_][^\d]*|pts?\.?|points?|punkte?|pkte?\.?|puntos?|pontos?|punti)?",
    re.IGNORECASE,
)
# the band before the total: "Moderate (12)", "Minimal anxiety: 4/21"
BANDED = re.compile(
    r"([^\W\d_][^\d()\[\]:=]*?)\s*(?:[(\[]|[-–—:=,]+)\s*(\d+(?:\.0+)?)(?:\s*/\s*(\d+(?:\.0+)?))?\s*[)\]]?",
    re.IGNORECASE,
)
BESIDE = re.compile(
    r"(?:[^\W\d_]+[\s:=,]+)*(\d+)(?:[\s:,]+[^\W\d_]+)*"
)  # the band without a sign between: "moderate 12", "Score: 14 mild"
MARKED = re.compile(r"(?<=\d)\s*[*†‡§#^]+$")  # a footnote's mark behind a total
NAMED = re.compile(r"([A-Z]+)-(\d+)")  # the name of an instrument, as it may stand before its total
BAND_WORDS = frozenset(
    {"none", "no", "low", "high", "very", "extremely", "anxiety", "depression", "depressive", "anxious", "symptoms", "severity", "score", "total", "level"}
)  # fmt: skip
CODED = re.compile(r"(\S+) \((.+)\)", re.DOTALL)  # a code with its wording: "LA6570-1 (More than half the days)"
CLASH = " ≠ "  # what a reader writes between a code and a score that contradict each other


def read_points(values: Array, instrument: Instrument, answers: Mapping[str, int]) -> tuple[Array, Array]:
    """Return the points of answers to an item, and for each value whether it is fine, no number, or contradicts itself.

    Declared ``answers`` are the only ones where there are any; else numbers, the instrument's codes, and its wordings in any
    language known count, also a number with a wording of the same points. Points are not checked against the range.
    """
    declared = {_plain(spelling): points for spelling, points in answers.items()}
    known = declared or {**{_plain(code): n for code, n in instrument.answer_codes.items()}, **instrument.worded}
    read = [_one_answer(show_all(value), known, not declared) for value in values]
    points = np.array([one[0] for one in read], dtype=np.float64)
    return points, np.array([one[1] for one in read], dtype=np.int8)


def _plain(text: str) -> str:
    """Return a spelling as it is compared.

    >>> _plain(" More than  half the days. ")
    'more than half the days'
    """
    return " ".join(text.replace("\u00a0", " ").split()).strip(" .;,").casefold().replace("’", "'")


def _one_answer(value: str, known: Mapping[str, int], numbers: bool) -> tuple[float, int]:
    plain = _plain(value)
    if plain in known:
        return known[plain], FINE
    if numbers and NUMBER.fullmatch(value.strip()):
        return float(value), FINE
    if CLASH in value:
        return np.nan, CONTRADICTED
    coded = CODED.fullmatch(value.strip())
    if coded:
        code, words = known.get(_plain(coded[1])), known.get(_plain(coded[2]))
        if code is not None and words is not None and not NUMBER.fullmatch(coded[2]):
            return (code, FINE) if code == words else (np.nan, CONTRADICTED)
        if code is not None and not coded[2].isdecimal():
            return code, FINE
        if (
            words is not None and numbers and not coded[1].isdecimal()
        ):  # a program's own code, and the wording beside it
            return words, FINE
    numbered = _part_numbered(value, known)
    if numbered is None:
        return np.nan, NO_NUMBER
    number, points = numbered
    return (points, FINE) if number == points else (np.nan, CONTRADICTED)


def _part_numbered(value: str, known: Mapping[str, int]) -> tuple[int, int] | None:
    """Return the number beside a known wording, and the points of the wording; None where a cell is not both."""
    for form, number, wording in ((CODED, 1, 2), (LED, 1, 2), (TRAILED, 2, 1)):
        match = form.fullmatch(value.strip())
        points = known.get(_plain(match[wording])) if match and match[number].isdecimal() else None
        if match and points is not None:
            return int(match[number]), points
    return None


def find_numbering(spelt: Iterable[str], instrument: Instrument) -> dict[str, int]:
    """Return what spellings mean whose numbers all count from one more than the wordings beside them (``1 - Not at all``); nothing where one does not.

    >>> from outcomes.instruments import read_instruments
    >>> find_numbering(["1 - Not at all", "2 - Several days"], read_instruments()["phq9"])
    {'1 - not at all': 0, '2 - several days': 1}
    """
    found = {_plain(one): _part_numbered(one, instrument.worded) for one in spelt}
    if any(one is None or one[0] != one[1] + 1 for one in found.values()):
        return {}
    return {spelling: one[1] for spelling, one in sorted(found.items()) if one}


def read_totals(values: Array, instrument: Instrument) -> Array:
    """Return stored totals as numbers, also where a band or the largest total is written beside them (`Mild (7)`, `moderate 12`, `9/21`), or the instrument's name before them (`PHQ-9: 14`), or a footnote's mark behind (`14*`); else NaN.

    A largest total that is not the instrument's (``9/27`` of the GAD-7) makes it none of its totals.
    """
    bands = BAND_WORDS | {word for band in instrument.bands.values() for word in band.casefold().split()}
    named = NAMED.fullmatch(instrument.name)
    own = re.compile(rf"{named[1]}[\W_]*{named[2]}\b(?:\s*(?:score|total))*[\s:=]+", re.IGNORECASE) if named else None
    read = [
        _one_total(own.sub("", text, count=1) if own and own.match(text) else text, instrument.maximum, bands)
        for text in (MARKED.sub("", show_all(value or "").strip()) for value in values)
    ]
    return np.array(read, dtype=np.float64)


def _one_total(text: str, largest: float, bands: Set[str]) -> float:
    if NUMBER.fullmatch(text):
        return float(text)
    match = SCORED.fullmatch(text)
    total, others = (match[1], match.group(2, 3)) if match else (None, ())
    banded = BANDED.fullmatch(text) if match is None else None
    if banded is not None and set(re.findall(r"[^\W\d_]+", banded[1].casefold())) <= bands:
        total, others = banded[2], (banded[3],)
    beside = BESIDE.fullmatch(text) if total is None else None
    if beside is not None and set(re.findall(r"[^\W\d_]+", text.casefold())) <= bands:
        total, others = beside[1], ()
    if total is None or any(of is not None and float(of) != largest for of in others):
        return np.nan
    return float(total)
