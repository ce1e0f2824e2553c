"""New columns out of cells: a score that is written in a text, the one of several answers that is ticked, and several numbers of one cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from outcomes.intake.words import Array, RawTable, Words, text_array
from outcomes.settings import InText

UNREAD = "not read"  # a cell that names a score and says it in no way that has one meaning: no number, so that the ledger enters it
TICKED = frozenset({"1", "1.0", "x", "yes", "y", "true", "t", "checked", "selected", "on", "ja", "oui", "si", "sim", "✓", "✔", "☑", "☒"})  # fmt: skip
CLEAR = frozenset(
    {"", "0", "0.0", "no", "n", "false", "f", "unchecked", "not selected", "off", "nein", "non", "nao", "☐"}
)
BETWEEN = r"(?:[\s:=\-–—(\[,]|total|score|scores|sum|raw|is|was|of|today|current|currently|now|gesamt|summe|punkte|puntaje|somme)*"  # fmt: skip
OTHER_TIME = re.compile(r"\b(?:last|previous|previously|prior|past|former|baseline|initial|intake|pre|before|goal|target|change|from|item)[\s:,\-]*$")  # fmt: skip
NUMBER = r"(\d{1,3}(?:\.\d+)?)(?:\s*(?:/|out of|of)\s*(\d{1,3}))?"
AFTER = re.compile(
    r"\s*(?:[→>]|/\s*\d|-+>|[-–—]\s*\d|\d|\.\d|[):.]\s*\d|to\b|x\b|%|weeks?\b|days?\b|months?\b|items?\b|\(?(?:last|previous|prior|ago|at baseline|at intake)\b)"
)


APART = re.compile(r"(?<![^\W_])\d+(?:\.\d+)?(?![^\W_])")  # numbers that are no part of a word


def make_columns(
    raw: RawTable,
    texts: Mapping[str, InText],
    ticks: Mapping[str, Mapping[str, str]],
    parts: Mapping[str, Sequence[str]],
) -> RawTable:
    """Return the table with a new column for each score that is read out of a text, each question with ticked answers, and each number of several in a cell."""
    columns = dict(raw.columns)
    for new, one in texts.items():
        words = columns[one.column]
        columns[new] = Words(words.codes, text_array([find_score(value, one.after) for value in words.values]))
    for new, answers in ticks.items():
        columns[new] = _join_ticks([columns[column] for column in answers.values()], list(answers))
    for column, new_ones in parts.items():
        words = columns.pop(column)
        numbers = [find_numbers(value, len(new_ones)) for value in words.values]
        for place, new in enumerate(new_ones):
            columns[new] = Words(words.codes, text_array([of[place] for of in numbers]))
    return replace(raw, columns=columns)


def find_numbers(text: str, count: int) -> tuple[str, ...]:
    """Return the numbers of a cell, what stands in brackets behind them aside: all empty without one, ``not read`` where they are not so many.

    >>> find_numbers("128/76", 2), find_numbers("pre 17 post 8", 2), find_numbers("14 → 9 (-5)", 2), find_numbers("14", 2), find_numbers("", 2)
    (('128', '76'), ('17', '8'), ('14', '9'), ('not read', 'not read'), ('', ''))
    """
    found = APART.findall(re.sub(r"\s*\([^()]*\)\s*$", "", text))
    if len(found) == count:
        return tuple(found)
    return (UNREAD if any(map(str.isalnum, text)) else "",) * count


def split_cells(raw: RawTable, column: str, between: str) -> RawTable:
    """Return the table with a row for each of the values that stand in one cell; a blank cell keeps its row."""
    words = raw.columns[column]
    parts = [[part.strip() for part in value.split(between) if part.strip()] or [""] for value in words.values]
    counts = np.array([len(of) for of in parts], dtype=np.int64)[words.codes]
    rows = np.repeat(np.arange(raw.size), counts)
    known: dict[str, int] = {}
    places = [[known.setdefault(part, len(known)) for part in of] for of in parts]
    codes = [place for code in words.codes.tolist() for place in places[code]]
    again = raw.at(rows)
    return replace(
        again, columns=again.columns | {column: Words(np.array(codes, dtype=np.int32), text_array(list(known)))}
    )


def find_score(text: str, names: Sequence[str]) -> str:
    """Return the number that stands behind one of the names in a text: empty without a name, ``not read`` where it is not one.

    A number behind a word for another time (``last PHQ-9: 18``) is none, and two different numbers are none either.

    >>> find_score("Mood better. PHQ-9: 14, GAD-7: 9/21", ["PHQ-9"]), find_score("PHQ-9: 14, GAD-7: 9/21", ["GAD-7"])
    ('14', '9/21')
    >>> find_score("last PHQ-9: 18. PHQ9 today 12", ["PHQ-9"]), find_score("PHQ-9 18 -> 12", ["PHQ-9"]), find_score("slept well", ["PHQ-9"])
    ('12', 'not read', '')
    """
    found: dict[str, None] = {}
    named, unclear = False, False
    plain = text.casefold()
    for match in _form(tuple(names)).finditer(plain):
        named = True
        if OTHER_TIME.search(plain[: match.start()]):
            continue
        if match[1] is None or AFTER.match(plain, match.end()):
            unclear = True
            continue
        found[f"{match[1]}/{match[2]}" if match[2] else match[1]] = None
    if len(found) == 1 and not unclear:
        return next(iter(found))
    return UNREAD if named else ""


@cache
def _form(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of the names in small letters, with or without blanks and hyphens in it, and the number behind it."""
    spelt = [r"[\s\-_]*".join(map(re.escape, re.findall(r"\d+|[^\W\d_]", name.casefold()))) for name in names]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(spelt)})(?![^\W_])(?:{BETWEEN}{NUMBER})?")


def _join_ticks(columns: Sequence[Words], answers: Sequence[str]) -> Words:
    """Return the answer whose column is ticked: empty where none is, ``not read`` where two are or a cell is no tick."""
    states = np.array([words.spread(_ticks(words.values)) for words in columns])
    count = (states == 1).sum(axis=0)
    chosen = np.argmax(states == 1, axis=0)
    codes = np.where(count == 1, chosen, len(answers))
    codes = np.where((count > 1) | (states < 0).any(axis=0), len(answers) + 1, codes)
    return Words(codes.astype(np.int32), text_array([*answers, "", UNREAD]))


def _ticks(values: Array) -> Array:
    """Return 1 for a tick, 0 for none, -1 for anything else."""
    spelt = [value.strip().casefold() for value in values]
    return np.array([1 if one in TICKED else 0 if one in CLEAR else -1 for one in spelt], dtype=np.int8)
