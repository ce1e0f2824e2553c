"""Sheets on their side, with headings of patients between the rows, or with a block of columns for each patient: how they are read."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.vocabulary import (
    NEAR,
    match_name,
    names_drug,
    read_vocabulary,
    recognise_treatment,
)
from outcomes.intake.months import is_month, plain_date
from outcomes.intake.readers import File, Proposal
from outcomes.intake.readers.grid import ALONE, CORNER, DAY, read_headings, turn_records
from outcomes.intake.readers.header import is_name
from outcomes.intake.readers.heads import find_head
from outcomes.intake.readers.tables import read_start
from outcomes.settings import Source, Stack

Records = Sequence[Sequence[str]]
MOSTLY = 0.8  # of the headings that must say a thing
LOOKED_AT = 400  # rows of a sheet
FEWEST, FEWEST_ALONE, FEWEST_BLOCKS = 2, 3, 3  # headings; such without a label; blocks of columns
TREATED, DATED = "treatment", "date"  # the columns that headings of treatments and of days become
FEWEST_LETTERS = 2  # of a name
WIDE = 4  # columns of a sheet on its side: a name and some patients
LABELLED = re.compile(r"([^\d:#]{1,39}?[^\s\d:#])\s*[:#]\s*(\S.*)|([^\d:#]{1,39}?[^\s\d:#])\s+(\S*\d\S*)")

WITHIN = re.compile(  # a label within a cell: the last word before its colon, or one of birth
    r"(?:^|(?<=[\s,;|(/–-]))((?:(?:date|of|patient|client|medical|record|chart|treatment|first|last|birth) )*[^\W\d_]{2,20}\.?|D\.O\.B\.?)\s*[:#]\s*(?=\S)"
    r"|(?<=[\s,;|(/–-])(dob|d\.o\.b\.?|born|geb\.?|née?)\s+(?=\d)",
    re.IGNORECASE,
)
OF_VISIT = re.compile(
    r"(?:session|infusion|visit|treatment|tx|week|day|month|wk|[swvd])[ _.#-]*\d+[ _.:-]*|[ _.:-]*baseline[ _.:-]*",
    re.IGNORECASE,
)


def arrange(file: File, proposal: Proposal) -> Proposal:
    """Return how a sheet of another arrangement is read; as it was proposed where it is a table, or nothing tells."""
    source = proposal.source
    if source.format != "auto" or source.beside or proposal.columns:
        return proposal
    records = [[" ".join(cell.split()) for cell in row] for row in read_start(file, source, LOOKED_AT)]
    found = _find_headings(records, source) or _find_sideways(records, source) or _find_blocks(records)
    if found is None:
        return proposal
    return replace(
        proposal, source=source.model_copy(update=found[0]), notes=(found[1],)
    )  # its notes are of another header


def _names(records: Records, header: Sequence[int]) -> list[str]:
    return [cell for number in header for cell in records[number - 1 : number] for cell in cell]


def _is_patient(name: str) -> bool:
    return match_name(name, read_vocabulary()["patient"])[0] >= NEAR


def _find_headings(records: Records, source: Source) -> tuple[dict[str, object], str] | None:
    """Return the forms in which rows between the others say whose these are."""
    forms = _labelled(records) or _alone(records) or _treated(records) or _dated(records)
    if not forms:
        return None
    whose = not {TREATED, DATED} & set(forms)
    headed = [bool(read_headings(row, forms)) for row in records]
    rest = [
        (number, row)
        for number, (row, said) in enumerate(zip(records, headed, strict=True), start=1)
        if not said and any(row)
    ]
    head = find_head([row for _, row in rest], source)
    header = tuple(rest[number - 1][0] for number in head.header)
    names = _names(records, header)
    below = [row for number, row in rest if number > header[-1]]
    if not any(map(_is_told, names)) or any(map(_is_patient, names)) == whose or len(below) < sum(headed):
        return None
    if DATED in forms and any(match_name(name, read_vocabulary()["date"])[0] >= NEAR for name in names):
        return None
    spelt = {_free(new, names): form for new, form in forms.items()}
    what = "what was given" if TREATED in forms else "of which day these are"
    what = f"whose these are ({', '.join(map(repr, spelt.values()))})" if whose else what
    note = f"rows between the others say {what}: what they say is read for the rows below them (headings)"
    return {"header": header, "headings": spelt, "first_row": None, "leave_out": {}, "above": ()}, note


def _free(new: str, names: Sequence[str]) -> str:
    return f"{new} (heading)" if new in names else new


def _is_told(name: str) -> bool:
    """Tell whether a name is that of a score, a date or a treatment; P01 is none, but a patient."""
    if sum(map(str.isalpha, name)) < FEWEST_LETTERS:
        return False
    known = read_vocabulary()
    bare = OF_VISIT.sub("", name).strip() or name
    return bool(claims_of(bare)) or any(
        match_name(bare, names)[0] >= NEAR for names in (known["date"], known["sessions"]["treatment"]["names"])
    )


def _labelled(records: Records) -> dict[str, str]:
    """Return label → form of what headings say of a patient, whose identifier is among it."""
    seen: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows: dict[str, set[int]] = defaultdict(set)
    again = Counter(map(tuple, records))  # names that stand above each group
    for number, row in enumerate(records):
        for label, form, value in _say_labels(row) if again[tuple(row)] == 1 else ():
            seen[label][form].add(value)
            rows[label].add(number)
    patients = [label for label in seen if _is_patient(label) and sum(map(len, seen[label].values())) >= FEWEST]
    filled = sum(any(row) for row in records)
    patients = [label for label in patients if 2 * len(rows[label]) <= filled]
    if not patients:
        return {}
    first = max(patients, key=lambda label: (match_name(label, read_vocabulary()["patient"]), len(rows[label])))
    known = read_vocabulary()
    told = [
        known["sessions"]["treatment"]["names"],
        *(known["patients"][one]["names"] for one in ("sex", "age") if one in known["patients"]),
    ]
    others = [
        label
        for label in seen
        if label != first
        and len(rows[label]) >= MOSTLY * len(rows[first])
        and any(match_name(label, names)[0] >= NEAR for names in told)
    ]
    return {label: max(seen[label], key=lambda form: len(seen[label][form])) for label in (first, *others)}


def _say_labels(row: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield label, form and value of what a row says as a heading: within a cell, or in the cell behind a label."""
    filled = [cell for cell in row if cell]
    for place, cell in enumerate(filled):
        several = list(_part_cell(cell))
        if several:
            yield from several
            continue
        match = LABELLED.fullmatch(cell)
        label, value = (match[1] or match[3], match[2] or match[4]) if match else ("", "")
        if label and is_name(label):
            yield label, cell[: len(cell) - len(value)] + ALONE, value
        following = filled[place + 1] if place + 1 < len(filled) else ""
        if is_name(cell.rstrip(" :")) and following and not _is_label(following) and len(filled) <= 8:
            yield cell.rstrip(" :"), cell.rstrip(" :"), following


def _part_cell(cell: str) -> Iterator[tuple[str, str, str]]:
    """Yield label, form and value of a cell with several labels, each value ending where the next label begins (Patient: 104 DOB: 01/02/1980)."""
    found = list(WITHIN.finditer(cell))
    if len(found) < 2 or found[0].start():
        return
    for match, after in itertools.zip_longest(found, found[1:]):
        stop = after.start() if after else len(cell)
        value = re.sub(r"[\s,;|(/–-]+$", "", cell[match.end() : stop])
        before = "" if match is found[0] else "* "
        rest = f"{cell[match.end() + len(value) : after.end()]}*" if after else ""
        yield match[1] or match[2], f"{before}{cell[match.start() : match.end()]}{ALONE}{rest}", value


def _is_label(cell: str) -> bool:
    return _is_told(cell) or _is_patient(cell)


def _alone(records: Records) -> dict[str, str]:
    """Return the form of headings that are the one cell of their row: identifiers above rows that begin with a date or a label."""
    headed = [row[0] for row in records[1:] if row and row[0] and not any(row[1:])]
    other = [row[0] for row in records[1:] if row and any(row[1:]) and row[0]]
    coded = [
        cell for cell in headed if any(c.isdigit() for c in cell) and not DAY.fullmatch(cell) and not _is_time(cell)
    ]
    begins = [cell for cell in other if DAY.fullmatch(cell) or not any(c.isdigit() for c in cell) or _is_time(cell)]
    if len(set(coded)) < FEWEST_ALONE or len(set(coded)) < 0.9 * len(headed) or len(begins) < 0.9 * len(other):
        return {}
    return {CORNER: ALONE}


def _treated(records: Records) -> dict[str, str]:
    """Return the form of headings that are the one cell of their row and name a treatment, each above rows of its own."""
    alone = [number for number, row in enumerate(records) if row and row[0] and not any(row[1:])]
    named = [number for number in alone if names_drug(records[number][0])]
    below = all(any(row[1:]) for number in named for row in records[number + 1 : number + 2])
    kinds = {recognise_treatment(records[number][0])[0] for number in named}
    return {TREATED: ALONE} if len(kinds - {None}) >= FEWEST and None not in kinds and below else {}


def _dated(records: Records) -> dict[str, str]:
    """Return the form of headings that are the one cell of their row and say a day, nearly all of them."""
    alone = [row[0] for row in records if row and row[0] and not any(row[1:])]
    days = [cell for cell in alone if _is_day(cell)]
    return {DATED: ALONE} if len(set(days)) >= FEWEST_ALONE and len(days) >= MOSTLY * len(alone) else {}


def _is_day(cell: str) -> bool:
    """Tell whether a cell is a day with its year, in digits or with the name of its month.

    >>> _is_day("Monday, January 8, 2024"), _is_day("Mon 1/8/24"), _is_day("January 2024"), _is_day("Cohort 8")
    (True, True, False, False)
    """
    words = cell.replace(",", " ").split()
    named = any(map(is_month, re.findall(r"[^\W\d]+", cell)))
    whole = any(re.fullmatch(r"(?:19|20)\d\d", word) for word in words)
    numbered = any(re.fullmatch(r"\d{1,2}(?:st|nd|rd|th|\.)?", word) for word in words)
    return DAY.match(plain_date(cell)) is not None or (named and whole and numbered)


def _is_time(cell: str) -> bool:
    return re.fullmatch(r"(?:19|20)\d\d", cell) is not None or any(map(is_month, re.findall(r"[^\W\d]+", cell)))


def _find_sideways(records: Records, source: Source) -> tuple[dict[str, object], str] | None:
    """Return that a sheet is read on its side: its first column has the names, and its rows the values of one of them."""
    width = max(map(len, records), default=0)
    if width < WIDE or len(records) >= LOOKED_AT:
        return None
    turned = turn_records(records)
    head = find_head(turned, source)
    names = [name for name in turned[head.header[-1] - 1] if name]
    own = [[name for name in _names(records, rows) if name] for rows in ((1,), source.header)]
    upright = max(sum(map(_is_told, row)) + sum(map(_is_patient, row)) for row in own)
    if not any(map(_is_patient, names)) or sum(map(_is_told, names)) <= upright or len(head.header) > 1:
        return None
    note = "the sheet is read on its side (sideways): its first column has the names, and each further column is a row"
    return {"header": head.header, "sideways": True, "first_row": None, "leave_out": {}, "above": ()}, note


@dataclass(frozen=True)
class _Block:
    title: str
    names: tuple[str, ...]


def _find_blocks(records: Records) -> tuple[dict[str, object], str] | None:
    """Return how a sheet is read that has the same columns again for each patient, who stands above them."""
    for number in range(1, min(len(records), 15)):
        upper, lower = records[number - 1], records[number]
        blocks = _cut_blocks(upper, lower)
        alike, count = Counter(block.names for block in blocks).most_common(1)[0] if blocks else ((), 0)
        titles = {block.title for block in blocks}
        coded = sum(any(c.isdigit() for c in title) for title in titles)
        told = (
            len(alike) > 1
            and len(set(alike)) == len(alike)
            and any(map(_is_told, alike))
            and not any(map(_is_patient, alike))
        )
        if count == len(blocks) == len(titles) == coded >= FEWEST_BLOCKS and told and not _are_numbered(titles):
            stack = Stack(columns={name: f"{{}} - {name}" for name in alike}, label=CORNER)
            note = f"the same columns come again for each of {count} patients, who stand above them: they are put below one another (stack)"
            return {"header": (number, number + 1), "stack": stack, "first_row": None, "above": ()}, note
    return None


def _cut_blocks(upper: Sequence[str], lower: Sequence[str]) -> list[_Block]:
    """Return the blocks of columns below each title; none where a column has a name and no title."""
    blocks: list[tuple[str, list[str]]] = []
    for place, name in enumerate(lower):
        title = upper[place] if place < len(upper) else ""
        if title and (not blocks or title != blocks[-1][0]):
            blocks.append((title, []))
        if name and not blocks:
            return []
        if name:
            blocks[-1][1].append(name)
    return [_Block(title, tuple(names)) for title, names in blocks]


def _are_numbered(titles: set[str]) -> bool:
    """Tell whether titles number or name visits: Session 1, Session 2, Week 4."""
    return all(OF_VISIT.fullmatch(title) or re.fullmatch(r"\d{1,2}", title) for title in titles)
