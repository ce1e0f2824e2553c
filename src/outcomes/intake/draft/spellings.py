"""Spellings of closed vocabularies: which are recognised, which are frequent enough to be shown, how many are neither."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from outcomes.intake.draft.survey import REMEMBERED, Field
from outcomes.intake.draft.vocabulary import is_no_session, read_vocabulary, recognise, recognise_treatment
from outcomes.intake.words import Words

SHOWN = (
    11  # patients behind a spelling that is shown although nothing recognises it: the default of privacy.minimum_cell
)
SOME = 0.1  # of the rows that must be treatments, for visits without one not to count against the column
BILLED = re.compile(r"\d{5}|[a-z]\d{4}")  # a code of CPT or HCPCS
NAMED = re.compile(r"[^\W\d_'’-]+, ?[^\W\d_'’-]+\.?")  # as lists of people are sorted
TITLES = frozenset({"dr", "mr", "mrs", "ms", "md", "np", "rn", "phd", "prof", "pa"})


@dataclass(frozen=True)
class Spellings:
    """What the values of one column mean. Spellings are in lower case; ``rare`` counts rows, and no value of theirs is kept."""

    values: dict[str, str | None] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)  # spelling → why its meaning is unsure
    open: tuple[str, ...] = ()  # frequent, and not recognised
    rare: int = 0
    share: float = 0.0  # of the filled rows that are recognised
    split: str | None = None

    def joined(self, other: Spellings) -> Spellings:
        """Return the spellings of two columns that one mapping serves."""
        values = self.values | other.values
        return Spellings(
            values,
            self.checks | other.checks,
            tuple(sorted({*self.open, *other.open} - set(values))),
            self.rare + other.rare,
            min(self.share, other.share),
            self.split or other.split,
        )


def state_rows(rows: int) -> str:
    """Return a number of rows as it may stand in a study file, which is not private: small ones are not told.

    >>> state_rows(1234), state_rows(3)
    ('1,234 rows', 'fewer than 11 rows')
    """
    return f"{rows:,} rows" if rows >= SHOWN else f"fewer than {SHOWN} rows"


@lru_cache(maxsize=REMEMBERED)
def find_spellings(column: Field, patients: Words, kind: str) -> Spellings:
    """Return the spellings of a column of a closed vocabulary (treatment, yes_no, sex, payer, severity, event)."""
    best = _find(column, patients, kind, None)
    if kind == "event" and best.share < 1:
        split = [_find(column, patients, kind, separator) for separator in (";", ",", "|", "/")]
        best = max([best, *split], key=lambda one: one.share)
    return best


def _find(column: Field, patients: Words, kind: str, separator: str | None) -> Spellings:
    meaning = _reader(kind)
    rows: dict[str, set[int]] = {}  # spelling → places of the distinct values that hold it
    for place in np.nonzero(~column.missing & (column.rows > 0))[0].tolist():
        value = column.words.values[place]
        for part in value.split(separator) if separator else [value]:
            if part.strip():
                rows.setdefault(part.strip().casefold(), set()).add(place)
    values: dict[str, str | None] = {}
    checks: dict[str, str] = {}
    open_: list[str] = []
    unknown: set[int] = set()
    without: set[int] = set()  # of visits without a treatment
    lost = np.zeros(len(column.rows), dtype=bool)
    for spelling, places in rows.items():
        name, check = meaning(spelling)
        if kind == "treatment" and is_no_session(spelling):
            unknown |= places
            without |= places
            values[spelling] = None
            continue
        if name is not None:
            values[spelling] = None if (kind, name) == ("event", "none") else name
            checks |= {spelling: check} if check else {}
            continue
        unknown |= places
        if (is_shown(spelling) or (kind == "treatment" and BILLED.fullmatch(spelling))) and _patients(
            column, patients, places
        ) >= SHOWN:
            open_.append(spelling)
        else:
            lost[list(places)] = True
    known = np.ones(len(column.rows), dtype=bool)
    known[list(unknown)] = False
    rare = int(column.rows[lost].sum())
    share, rest = column.share(known), np.zeros(len(column.rows), dtype=bool)
    rest[list(without)] = True
    share = share / (1 - column.share(rest)) if share >= SOME else share
    return Spellings(values, checks, tuple(sorted(open_)), rare, share, separator)


def _reader(kind: str) -> Callable[[str], tuple[str | None, str]]:
    if kind == "treatment":
        return recognise_treatment
    if kind == "yes_no":
        return lambda spelling: (read_vocabulary()["yes_no"].get(spelling), "")
    return lambda spelling: (recognise(spelling, kind), "")


def _patients(column: Field, patients: Words, places: set[int]) -> int:
    """Return how many patients have one of some values."""
    return len(np.unique(patients.codes[np.isin(column.words.codes, list(places))]))


def is_shown(spelling: str) -> bool:
    """Tell whether a frequent spelling may stand in the draft: short, no long number, no address, no person's title, no surname before a comma.

    >>> is_shown("week 12"), is_shown("Dr. Who's mix"), is_shown("1EG4-TE5"), is_shown("2024-01-01"), is_shown("surname, given")
    (True, False, True, False, False)
    """
    words = set(re.findall(r"[^\W\d_]+", spelling.casefold()))
    named = NAMED.fullmatch(spelling.strip()) is not None
    return len(spelling) <= 40 and not re.search(r"\d{4}|@", spelling) and not words & TITLES and not named
