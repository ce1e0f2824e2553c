"""Sheets whose rows are not those of one table: on their side, or with headings of groups between the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from outcomes.errors import InputError
from outcomes.intake.readers.careful import list_rows
from outcomes.intake.readers.furniture import Furniture
from outcomes.intake.readers.header import (
    Wanted,
    choose_columns,
    find_columns,
    name_columns,
    rename_header,
    report_columns,
)
from outcomes.intake.readers.shape import drop_rows
from outcomes.intake.words import Origin, RawTable, Words, text_array
from outcomes.settings import Source

Records = Sequence[Sequence[str]]
ALONE = "{}"  # the first cell of a row without any other
CONTINUED = re.compile(
    r"\s*\((?:continued|cont(?:'d|d)?\.?|forts(?:etzung|\.)?|suite|segue|vervolg)\)$", re.IGNORECASE
)  # on the next page
CORNER = "patient"  # name of the cell in which the names of a sheet on its side meet its patients
DAY = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}\b.*")


def turn_records(records: Records) -> list[list[str]]:
    """Return a sheet with its rows as columns; the first cell has a name, as it often is left blank.

    >>> turn_records([["", "K-01", "K-02"], ["PHQ-9", "14"]])
    [['patient', 'PHQ-9'], ['K-01', '14'], ['K-02', '']]
    """
    width = max(map(len, records), default=0)
    turned = [[row[place] if place < len(row) else "" for row in records] for place in range(width)]
    if turned and turned[0] and not turned[0][0].strip():
        turned[0][0] = CORNER
    return turned


def read_headings(cells: Sequence[str], headings: Mapping[str, str]) -> dict[str, str]:
    """Return what a row says as a heading of the rows below it: new column → value; nothing where it is none.

    >>> forms = {"Patient": "Patient: {}", "arm": "Treatment"}
    >>> read_headings(["Patient: K-01", "", "Treatment:", "IV"], forms), read_headings(["2024-01-09", "14"], forms)
    ({'Patient': 'K-01', 'arm': 'IV'}, {})
    >>> read_headings(["K-01 (continued)", ""], {"Patient": "{}"}), read_headings(["2024-01-09", ""], {"Patient": "{}"})
    ({'Patient': 'K-01'}, {})
    >>> read_headings(["Patient: 104 Sex: F"], {"Patient": "Patient: {} Sex: *", "Sex": "* Sex: {}"})
    {'Patient': '104', 'Sex': 'F'}
    """
    plain = [" ".join(cell.split()) for cell in cells]
    found = {new: _find_value(plain, form) for new, form in headings.items()}
    return {new: CONTINUED.sub("", value) for new, value in found.items() if value is not None}


def _find_value(cells: Sequence[str], form: str) -> str | None:
    """Return what a row says after one form, blank where it has the label alone; None where it has not."""
    if form == ALONE:
        alone = bool(cells and cells[0]) and not any(cells[1:])
        return cells[0] if alone and not DAY.fullmatch(cells[0]) else None
    if ALONE in form:
        before, _, after = form.partition(ALONE)
        within = re.compile(f"{_loose(before)}(.*?){_loose(after)}", re.IGNORECASE)
        return next((match[1].strip() for cell in cells if (match := within.fullmatch(cell))), None)
    label = form.rstrip(" :").casefold()
    behind = (cells[place + 1 :] for place, cell in enumerate(cells) if cell.rstrip(" :").casefold() == label)
    rest = next(behind, None)
    return None if rest is None else next(filter(None, rest), "")


def _loose(text: str) -> str:
    """Return a pattern of a text with any blanks where it has some, and any text where it has a ``*``."""
    return r"\s*".join(re.escape(word).replace(r"\*", ".*") for word in re.split(r"\s+", text))


def make_table(records: Records, source: Source, name: str, wanted: Wanted, epoch: int | None = None) -> RawTable:
    """Return the wanted columns of a sheet on its side, or with headings between its rows; rows that are none are left out with an entry.

    Raises
    ------
    InputError
        What is wrong with the header; a heading that no row has; rows wider than the header.
    """
    records = turn_records(records) if source.sideways else records
    names = rename_header(name_columns(records or [[]], source, name), source.rename, name)
    _refuse_taken(source.headings, names, name)
    chosen = choose_columns(wanted, [*names, *source.headings])
    places = find_columns(chosen - set(source.headings), names, name)
    report_columns(names, places, source.ignore, name)
    skip = (source.first_row or source.header[-1] + 1) - 1
    rows, said, none = _part_rows(records, source, skip)
    _refuse_wide(rows, len(names), skip, name)
    if not rows or all(none):
        raise InputError(
            f"{name}: there is a header and no row below it. Correct 'header', 'headings' or 'sideways' of this source."
        )
    columns = {one: _words([row[place] if place < len(row) else "" for row in rows]) for one, place in places.items()}
    columns |= {new: _words([of.get(new, "") for of in said]) for new in source.headings if new in chosen}
    origin = Origin.whole(np.arange(skip + 1, skip + 1 + len(rows), dtype=np.int64))
    table = drop_rows(RawTable(name, len(rows), columns, origin, epoch), np.array(none, dtype=bool), "no_record")
    return replace(table, epoch=epoch)


def _part_rows(records: Records, source: Source, skip: int) -> tuple[list[list[str]], list[dict[str, str]], list[bool]]:
    """Return the rows below the header, what stands above each as a heading, and which of them are no rows of the table.

    Headings that follow one another are one, of which the first counts, and the one below the header where one stands above it too (a title). The outermost label in it
    ends what was said by the labels within it.
    """
    header = {" ".join(" ".join(records[number - 1]).split()) for number in source.header}
    around = Furniture(row for row in records[:skip] if not read_headings(row, source.headings))
    order = list(source.headings)
    rows, said, none = [], [], []
    current: dict[str, str] = {}
    fresh: dict[str, str] = {}
    title: set[str] = set()
    for number, record in enumerate(records, start=1):
        cells = [cell.strip() for cell in record]
        found = {} if number in source.header else read_headings(cells, source.headings)
        title = set(fresh) if number == source.header[-1] else title
        fresh |= {new: value for new, value in found.items() if new not in fresh or new in title}
        title -= set(found)
        again = " ".join(" ".join(cells).split()) in header
        blank = not any(cells)
        if fresh and not (found or again or blank):
            outermost = min(map(order.index, fresh))
            current = {new: value for new, value in current.items() if order.index(new) < outermost} | fresh
            fresh = {}
        if number > skip:
            rows.append([] if found else cells)
            said.append({} if found or again or blank else current)
            none.append(bool(found or again or (not blank and around.holds(cells))))
    return rows, said, none


def _refuse_taken(headings: Iterable[str], names: Sequence[str], file: str) -> None:
    taken = sorted(set(headings) & set(names))
    if taken:
        raise InputError(
            f"{file}: 'headings' makes column(s) that the file has: {', '.join(taken)}. Name them otherwise."
        )


def _refuse_wide(rows: Sequence[Sequence[str]], width: int, skip: int, file: str) -> None:
    wide = [number for number, row in enumerate(rows, start=skip + 1) if any(row[width:])]
    if wide:
        raise InputError(
            f"{file}: {len(wide)} row(s) have cells to the right of the header's {width} columns: {list_rows(np.array(wide))}. Name these columns, or "
            "correct 'header'."
        )


def _words(cells: Sequence[str]) -> Words:
    known: dict[str, int] = {}
    codes = np.array([known.setdefault(cell, len(known)) for cell in cells], dtype=np.int32)
    return Words(codes, text_array(list(known)))
