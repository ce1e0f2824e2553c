"""Two tables joined by what both say: whose a row is, when it was, or what was given, where another file has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.header import find_columns
from outcomes.intake.values import INVISIBLE, one_spelling
from outcomes.intake.words import Array, Origin, RawTable, Words, text_array
from outcomes.settings import Join

MOST_ROWS = 5  # rows named in a message
DAY_NUMBER = re.compile(r"\d{4,6}(?:\.\d+)?")


def refuse_taken(join: Join, names: Iterable[str], file: str) -> None:
    """Refuse a new column by the name of one that the file has."""
    taken = sorted(set(join.columns) & set(names))
    if taken:
        raise InputError(f"{file}: 'join' makes column(s) that the file has: {', '.join(taken)}. Name them otherwise.")


def join_columns(raw: RawTable, other: RawTable, join: Join) -> RawTable:
    """Return a table with the columns that another one has for it; blank where the other one does not know a row's key.

    Raises
    ------
    InputError
        A new name that the table has already, a key with several answers, or no row whose key the other table knows.
    """
    find_columns(join.by, list(raw.columns), raw.name, "the source's 'join' (by) names")
    refuse_taken(join, raw.columns, raw.name)
    _refuse_epochs(raw, other, join)
    keys, place = _number_keys([raw, other], [list(join.by), list(join.by.values())])
    known = keys[1] >= 0
    rows = np.nonzero(known)[0]
    columns = dict(raw.columns)
    found = np.zeros(place, dtype=bool)
    found[keys[1][rows]] = True
    matched = (keys[0] >= 0) & found[np.maximum(keys[0], 0)] if place else np.zeros(raw.size, dtype=bool)
    if raw.size and not matched.any():
        names = ", ".join(map(repr, join.by))
        raise InputError(
            f"{raw.name}: no row has its {names} in {other.name}. Both must spell it alike; correct 'by' under the source's 'join'."
        )
    for new, name in join.columns.items():
        words = other.columns[name]
        filled = words.spread(np.array([value.strip() != "" for value in words.values], dtype=bool)) & known
        answers = np.full(place, -1, dtype=np.int64)
        said = np.nonzero(filled)[0][::-1]  # the first row of a key last
        answers[keys[1][said]] = words.codes[said]
        spelt = [one_spelling(value) for value in words.values]
        kind = (
            np.unique(np.array(spelt, dtype=object).astype(str), return_inverse=True)[1]
            if len(spelt)
            else np.empty(0, int)
        )
        rows = np.nonzero(filled)[0]
        differ = rows[kind[words.codes[rows]] != kind[answers[keys[1][rows]]]]
        if len(differ):
            raise InputError(_tell_several(other, name, join, differ))
        codes = np.where(matched, answers[np.maximum(keys[0], 0)] if place else -1, -1)
        columns[new] = Words(
            np.where(codes < 0, len(words.values), codes).astype(np.int32), text_array([*words.values, ""])
        )
    return replace(raw, columns=columns)


def _number_keys(tables: Sequence[RawTable], names: Sequence[Sequence[str]]) -> tuple[list[Array], int]:
    """Return, for every table, the number of each row's key, -1 where a part of it is blank; and how many keys there are."""
    sizes = [table.size for table in tables]
    key = np.zeros(sum(sizes), dtype=np.int64)
    blank = np.zeros(sum(sizes), dtype=bool)
    for parts in zip(*names, strict=True):
        spelt = [_spell(table.columns[name]) for table, name in zip(tables, parts, strict=True)]
        place: dict[str, int] = {}
        codes = []
        for values, words in spelt:
            numbers = np.array([place.setdefault(value, len(place)) for value in values], dtype=np.int64)
            codes.append(words.spread(numbers) if len(words) else np.empty(0, np.int64))
        part = np.concatenate(codes)
        blank |= part == place.get("", -1)
        _, key = np.unique(key * (len(place) + 1) + part, return_inverse=True)
    count = int(key.max(initial=-1)) + 1
    key = np.where(blank, -1, key)
    return [key[: sizes[0]], key[sizes[0] :]], count


def _spell(words: Words) -> tuple[list[str], Words]:
    """Return the spellings of a column as keys are compared: without case, outer blanks and characters without width; 3.0 is 3."""
    return [one_spelling(INVISIBLE.sub("", value)) for value in words.values], words


def _refuse_epochs(raw: RawTable, other: RawTable, join: Join) -> None:
    """Refuse bare day numbers of a workbook that counts from another day than the table that they are put into."""
    if raw.epoch == other.epoch:
        return
    for name in join.columns.values():
        if any(DAY_NUMBER.fullmatch(value.strip()) for value in other.columns[name].values):
            raise InputError(
                f"{other.name}: {name!r} holds day numbers that count from another day than those of {raw.name} would. Give these cells the format of "
                "a date in the workbook, or export the file as .csv."
            )


def _tell_several(other: RawTable, name: str, join: Join, differ: Array) -> str:
    origin = other.origin or Origin.whole(np.arange(2, other.size + 2, dtype=np.int64))
    numbers = origin.numbers[np.unique(origin.at(differ, other.size).file)]
    shown = ", ".join(map(str, numbers[:MOST_ROWS].tolist()))
    keys = ", ".join(map(repr, join.by.values()))
    return (
        f"{other.name}: {len(numbers)} row(s) say another {name!r} than an earlier row with the same {keys} (rows {shown}"
        f"{' …' if len(numbers) > MOST_ROWS else ''}). A join needs one answer for each: name a further column under 'by', leave rows out "
        "('leave_out' of the 'join'), or correct the export."
    )
