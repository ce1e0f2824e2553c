"""Files that are an older copy of another one, by their name or by what they hold, and people who have two identifiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import PurePosixPath

from outcomes.intake.draft.found import Found
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.draft.vocabulary import words_of
from outcomes.personal import show_name

OLDER = frozenset({"old", "copy", "backup", "bak", "archive", "archived", "superseded", "kopie", "copie", "copia"})  # fmt: skip
SHARED = 0.5  # of its people that the other file has, too
REPEATED, FEWEST = 0.8, 10  # share of its records that are of people and days of the other file; records
WEEK, AS_LONG = 7, 0.95  # days, and share of the records, within which no file is seen to be the older one
PAIRED, PAIRS = 0.8, 3  # share of a column that must be patients' identifiers; people who have two

Records = set[tuple[str, str, int]]


def ask_about_copies(found: Sequence[Found]) -> list[str]:
    """Return what to ask of files that are an older copy of another one: by their name, or because nearly all of their records are in it."""
    named = dict(_by_name(found))
    asked = [question for one, other in combinations(found, 2) for question in _by_content(one, other, set(named))]
    return [*named.values(), *asked]


def _by_name(found: Sequence[Found]) -> Iterator[tuple[str, str]]:
    for one in found:
        own = _people(one)
        others = [
            other
            for other in found
            if not _is_older(other)
            and other.tables.keys() == one.tables.keys()
            and len(own & _people(other)) >= SHARED * len(own) > 0
        ]
        if _is_older(one) and others:
            yield (
                one.sheet.name,
                f"copies: {one.sheet.name} is named as an older copy of {others[0].sheet.name}, which has the same people; its rows that were corrected "
                "since would count beside the corrected ones. Take it out of `sources` (and list it under `unused`), unless it holds what the other has not",
            )


def _people(one: Found) -> set[str]:
    return set(one.sheet.fields[one.patient].values)


def _is_older(one: Found) -> bool:
    """Tell whether the name of a file says that it is an older one or a copy."""
    return bool(OLDER & set(words_of(PurePosixPath(one.sheet.source.file).stem)))


def _by_content(one: Found, other: Found, named: set[str]) -> Iterator[str]:
    """Yield that of two files with the same columns one is an export of an earlier day, where it differs from the other."""
    if {one.sheet.name, other.sheet.name} & named or _mapped(one) != _mapped(other):
        return
    fewer = min(len(_people(one)), len(_people(other)))
    if len(_people(one) & _people(other)) < SHARED * fewer:
        return
    mine, theirs = _records(one), _records(other)
    shared = len(mine & theirs)
    if shared < max(FEWEST, REPEATED * min(len(mine), len(theirs))) or _cells(one) == _cells(other):
        return
    ends = [(max(day for _, _, day in records), len(records)) for records in (mine, theirs)]
    if abs(ends[0][0] - ends[1][0]) < WEEK and min(len(mine), len(theirs)) >= AS_LONG * max(len(mine), len(theirs)):
        yield (
            f"copies: {one.sheet.name} and {other.sheet.name} are exports of the same records ({shared:,}), and differ. Take the older one out of `sources` "
            "(and list it under `unused`): what was corrected since would count beside the correction"
        )
        return
    older, newer, old, new = (one, other, mine, theirs) if ends[0] < ends[1] else (other, one, theirs, mine)
    lost = len(old - new)
    rest = f"; {state_rows(lost)} of it are not in the newer one: look at these first" if lost else ""
    yield (
        f"copies: {older.sheet.name} is an older export of {newer.sheet.name}, which ends later: {shared:,} of its {len(old):,} records are of the same people "
        "and days. What was corrected since would count beside the correction. Take it out of `sources` (its entry, and the file under `unused: "
        f"[{show_name(older.sheet.source.file)}]`){rest}"
    )


def _mapped(one: Found) -> set[tuple[str, str, str]]:
    """Return table, canonical name, and column of all that a sheet feeds."""
    columns = {(table, name, guess.column) for table, of in one.tables.items() for name, guess in of.items()}
    return columns | {
        ("assessments", name, column) for name, form in one.instruments.items() for column in form.columns
    }


def _records(one: Found) -> Records:
    """Return table, person and day of the dated records."""
    dated = {
        table: of["date"].column for table, of in one.tables.items() if "date" in of and of["date"].column in one.dates
    }
    return {(table, who, int(day // 1)) for table, column in dated.items() for who, day in one.read_days(column)}


def _cells(one: Found) -> set[tuple[str | None, ...]]:
    """Return what the mapped columns hold, row by row."""
    words = [one.sheet.fields[name].words for name in sorted({column for _, _, column in _mapped(one)})]
    texts = [word.spread(word.values.astype(object), None) for word in words]
    return set(zip(*texts, strict=True))


def ask_about_pairs(sheets: Sequence[Sheet], found: Sequence[Found]) -> list[str]:
    """Return which lists name two identifiers of one person, where a file has records of people under both."""
    asked = []
    people = [(one, _people(one)) for one in found]
    for sheet in sheets:
        others = [(one, known) for one, known in people if one.sheet is not sheet]
        named = {
            name: values
            for name, column in sheet.fields.items()
            if len(values := set(column.values)) >= max(PAIRS, PAIRED * column.filled)
            and any(len(values & known) >= PAIRED * len(values) for _, known in others)
        }
        for (first, own), (second, theirs) in combinations(named.items(), 2):
            both = own | theirs
            files = [one for one, known in others if len(both & known) >= PAIRED * len(both)]
            if files and not own & theirs:
                asked.append(
                    f"people: {sheet.name} names two identifiers of one person, {first!r} and {second!r}, and {files[0].sheet.name} has records under both, so that "
                    f"they count as two. Write one of the two in every file, and draft again; where they are different people, delete this line"
                )
    return asked
