"""The columns of every source, to be compared with those of the last run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from outcomes.errors import InputError
from outcomes.files import is_address, match_files, write_private
from outcomes.intake.health.snapshot import describe_columns
from outcomes.intake.readers.contract import File
from outcomes.intake.readers.grid import turn_records
from outcomes.intake.readers.header import name_columns
from outcomes.intake.readers.shape import spread_patterns
from outcomes.intake.readers.tables import TEXT, WORKBOOK, read_start
from outcomes.intake.readers.text import read_head
from outcomes.intake.readers.workbook import list_sheets, read_sheet_head
from outcomes.personal import show_name
from outcomes.settings import Source, Study

MOST_NAMES = 2000  # rows of a sheet on its side, each of which is a column

Headers = dict[str, list[str]]


def read_headers(study: Study, folder: Path) -> Headers:
    """Return the column names of every file and sheet that a source of the study names; only of text files and workbooks."""
    found: Headers = {}
    for source in study.sources:
        for path in () if is_address(source.file) else match_files(folder, source.file):
            file = File(path, path.name)
            label = source.file if source.sheet is None else f"{source.file} [{source.sheet}]"
            try:
                names = _without_people(_names(file, source), source, study)
            except (InputError, OSError):  # what is wrong with the file is said where it is read
                continue
            found[label] = list(dict.fromkeys([*found.get(label, []), *filter(None, names)]))
    return found


def _without_people(names: list[str], source: Source, study: Study) -> list[str]:
    """Return the names without those of blocks that stand below a patient's identifier each."""
    stack = source.stack
    people = {mapping.columns["patient"].column for mapping in study.tables_of(source).values()}
    if stack is None or stack.label not in people:
        return names
    taken = {name for of in spread_patterns(stack, names, source.file).values() for name in of.values()}
    return [name for name in names if name not in taken]


def _names(file: File, source: Source) -> list[str]:
    if source.sideways:
        return name_columns(turn_records(read_start(file, source, MOST_NAMES)), source, file.name)
    if file.ending in WORKBOOK:
        sheet = source.sheet or next(iter(list_sheets(file.path, file.name)[0]), None)
        return name_columns(read_sheet_head(file.path, file.name, sheet), source, file.name)
    if file.ending in TEXT:
        return name_columns(read_head(file.path, file.name, source), source, file.name)
    return []


def compare_headers(place: Path, now: Headers) -> Iterator[tuple[str, str]]:
    """Yield the files whose columns are others than those kept at a place, and how; nothing where none are kept."""
    if not place.is_file():
        return
    before: Mapping[str, list[str]] = json.loads(place.read_text(encoding="utf-8"))
    for file in sorted(set(before) & set(now)):
        changes = "; ".join(describe_columns(before[file], now[file]))
        if changes:
            yield show_name(file), changes


def keep_headers(place: Path, now: Headers) -> None:
    """Keep the columns for the next time, in the study's private folder."""
    write_private(json.dumps(now, indent=1, sort_keys=True) + "\n", place)
