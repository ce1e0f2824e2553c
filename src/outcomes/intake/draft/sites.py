"""Sites that the files of an export are of: named after folders, and whether their numbers of patients mean the same people."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import PurePosixPath

import numpy as np

from outcomes.intake.draft.found import Found
from outcomes.intake.draft.vocabulary import NEAR, match_name, read_vocabulary, words_of
from outcomes.intake.months import is_month

ALIKE = 0.5  # share of the smaller file's identifiers that the other has too
LONGEST = 5  # digits of identifiers that number the patients of one site
FEWEST_MOVED, MOVED = 5, 0.2  # identifiers at several sites of one file, and their share, that are asked about
MOST_SITES = 60
PERIODS = frozenset({"export", "exported", "data", "new", "old", "part", "first", "second", "copy", "final", "latest", "update", "week", "month", "quarter", "year", "and", "to", "half"})  # fmt: skip


def name_sites(found: Sequence[Found]) -> list[str]:
    """Name sites after folders, where no column does and several folders feed one table; return what to say of it."""
    if any("site" in one.tables.get("patients", {}) for one in found):
        return []
    if len({_folder(one) for one in found} - {"."}) < 2:
        return []
    for one in found:
        if {"patients", "sessions"} & set(one.tables):
            one.constants |= {"site": _folder(one)} if _folder(one) != "." else {}
    return ["sites are named after the folders, as no column names them"]


def compare_identifiers(found: Sequence[Found]) -> tuple[list[str], list[str]]:
    """Tell patients of sites apart that number theirs alike; return what to say of identifiers, and what only people can say."""
    notes = []
    for one in found:
        others = [other for other in found if other is not one]
        if others and max(_share(one, other) for other in others) == 0:
            notes.append(f"no identifier in {one.sheet.name} (column {one.patient!r}) occurs in any other file")
    mixed = [asked for one in found if (asked := _ask_within(one))]
    if mixed:
        return notes, mixed[:1]
    lists = [one for one in found if {"patients", "sessions"} & set(one.tables)]
    pairs = [
        (one, other)
        for one, other in combinations(lists, 2)
        if one.tables.keys() == other.tables.keys() and _share(one, other) > ALIKE and _are_numbers(one, other)
    ]
    if any(_folder(one) != _folder(other) for one, other in pairs):
        for one in found:
            one.prefix = f"{_folder(one)}-" if _folder(one) != "." else ""
        notes.append(
            "patients are numbered alike in several folders, so that each folder's name is put before its numbers (patient_prefix); "
            "delete it if a number means one person everywhere"
        )
        return notes, []
    return notes, [_ask(one, other) for one, other in pairs if _own_words(one, other) and _own_words(other, one)]


def _ask(one: Found, other: Found) -> str:
    both = len(_identifiers(one) & _identifiers(other))
    word = sorted(_own_words(one, other))[0]
    return (
        f"patients: {one.sheet.name} and {other.sheet.name} number their patients alike ({both} numbers are in both). If one number means one person, "
        f"nothing is to be written. If these are two sites, write `patient_prefix: {word}-` in every source of {word}, and another one in those of the other"
    )


def _ask_within(one: Found) -> str:
    """Return what to ask where many identifiers of one file occur at several of its sites, which may number theirs alike."""
    names = read_vocabulary()["patients"]["site"]["names"]
    sites = [name for name in one.sheet.fields if match_name(name, names)[0] >= NEAR]
    if len(sites) != 1 or not 2 <= len(one.sheet.fields[sites[0]].values) <= MOST_SITES:
        return ""
    site, people = one.sheet.fields[sites[0]], one.sheet.fields[one.patient]
    known = ~site.words.spread(site.missing) & ~people.words.spread(people.missing)
    pairs = np.unique(np.column_stack([people.words.codes[known], site.words.codes[known]]), axis=0)
    several = int((np.unique(pairs[:, 0], return_counts=True)[1] > 1).sum())
    if several < max(FEWEST_MOVED, MOVED * len(people.values)):
        return ""
    return (
        f"patients: {several} of {len(people.values)} identifiers of {one.sheet.name} (column {one.patient!r}) occur at several sites ({sites[0]!r}). If each is one "
        f"person, nothing is to be written. If the sites number theirs alike, name the file once for each site, with `rows: {{{sites[0]}: …}}` and a "
        "`patient_prefix` of its own, and every other file too"
    )


def _are_numbers(*found: Found) -> bool:
    return all(value.isdecimal() and len(value) <= LONGEST for one in found for value in _identifiers(one))


def _own_words(one: Found, other: Found) -> set[str]:
    """Return the words of a file's name that another's has not, and that are no period, treatment or kind of file."""
    groups = read_vocabulary()["treatment"]
    known = PERIODS | {word for listed in groups.values() for word in listed}
    own = set(words_of(PurePosixPath(one.sheet.source.file).stem)) - set(
        words_of(PurePosixPath(other.sheet.source.file).stem)
    )
    return {word for word in own if word.isalpha() and len(word) > 1 and word not in known and not is_month(word)}


def _share(first: Found, second: Found) -> float:
    """Return the share of the smaller sheet's identifiers that the other has too."""
    one, two = _identifiers(first), _identifiers(second)
    return len(one & two) / max(min(len(one), len(two)), 1)


def _identifiers(one: Found) -> set[str]:
    return set(one.sheet.fields[one.patient].values)


def _folder(one: Found) -> str:
    return PurePosixPath(one.sheet.source.file).parent.as_posix()
