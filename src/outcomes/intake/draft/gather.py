"""Many files of one kind in one folder, one for each patient or resource: they are one source, whatever their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from outcomes.intake.draft.long import patient_columns
from outcomes.intake.draft.survey import Sheet, read_proposal
from outcomes.intake.readers import File, Unread
from outcomes.intake.readers.tables import list_visible

MANY, MANY_RESOURCES = 8, 3  # files of one kind; fewer are named one by one


def gather_files(sheets: Sequence[Sheet], folder: Path) -> tuple[list[Sheet], list[Unread]]:
    """Return the sheets, those of many files with the same columns read as one; and what could not be read so."""
    groups: dict[object, list[Sheet]] = defaultdict(list)
    for sheet in sheets:
        path = PurePosixPath(sheet.source.file)
        blank = sheet.source.model_copy(update={"file": "", "encoding": ""}).model_dump_json()
        columns = () if sheet.source.format == "fhir" else tuple(sheet.fields)
        groups[path.parent, path.suffix, blank, columns].append(sheet)
    made: list[Sheet] = []
    failed: list[Unread] = []
    for group in _gather_sheets([*groups.values()], folder, made, failed):
        pattern = _pattern([sheet.source.file for sheet in group], folder)
        many = MANY_RESOURCES if group[0].source.format == "fhir" else MANY
        if len(group) < many or pattern is None or len({sheet.source.encoding for sheet in group}) > 1:
            made += group
            continue
        source = group[0].source.model_copy(update={"file": pattern})
        note = f"{len(group)} files with the same columns are read as one"
        proposal = replace(group[0].proposal, source=source, notes=(*group[0].proposal.notes, note))
        again = _named(read_proposal(folder, proposal), "file", folder)
        (made if isinstance(again, Sheet) else failed).append(again)  # type: ignore[arg-type]
    order = {sheet.name: place for place, sheet in enumerate(sheets)}
    return sorted(made, key=lambda sheet: order.get(sheet.name, -1)), failed


def _gather_sheets(
    groups: list[list[Sheet]], folder: Path, made: list[Sheet], failed: list[Unread]
) -> list[list[Sheet]]:
    """Return the groups of files; sheets of one workbook with the same columns, none of which names patients, are read as one."""
    books: dict[tuple[str, tuple[str, ...]], list[Sheet]] = defaultdict(list)
    for one in (sheet for group in groups for sheet in group if sheet.source.sheet is not None):
        books[one.source.file, tuple(one.fields)].append(one)
    taken: set[str] = set()
    for (file, _), sheets in books.items():
        mine = {sheet.source.sheet for sheet in sheets}
        others = tuple(title for title in list_visible(File(folder / file, file)) if title not in mine)
        named = set(patient_columns(sheets[0])) - set(sheets[0].source.above)
        if len(sheets) < MANY or len(sheets) <= len(others) or named:
            continue
        source = sheets[0].source.model_copy(update={"sheet": "*", "leave_out_sheets": others})
        note = f"{len(sheets)} sheets with the same columns are read as one"
        if others:
            note += f"; {len(others)} with other columns are none of them (leave_out_sheets)"
        proposal = replace(sheets[0].proposal, source=source, notes=(*sheets[0].proposal.notes, note))
        again = _named(read_proposal(folder, proposal), "sheet", folder)
        (made if isinstance(again, Sheet) else failed).append(again)  # type: ignore[arg-type]
        taken |= {sheet.name for sheet in sheets}
    return [left for group in groups if (left := [sheet for sheet in group if sheet.name not in taken])]


def _named(one: Sheet | Unread, what: str, folder: Path) -> Sheet | Unread:
    """Return a sheet with the names of its files, or sheets, as the patients' identifiers, where no column names them."""
    if isinstance(one, Unread) or one.source.format == "fhir" or patient_columns(one) or what in one.fields:
        return one
    source = one.source.model_copy(update={"name_column": what})
    check = f"no column names the patients: each {what} is taken for the patient that it is named after ({what}: name_column)"
    again = read_proposal(folder, replace(one.proposal, source=source, checks=(*one.proposal.checks, check)))
    return replace(again, owner=what) if isinstance(again, Sheet) else again


def _pattern(files: Sequence[str], folder: Path) -> str | None:
    """Return the pattern that just these files fit: any name with their ending, else any with their beginning."""
    parent, ending = PurePosixPath(files[0]).parent, PurePosixPath(files[0]).suffix
    first, last = (choose(PurePosixPath(file).name for file in files) for choose in (min, max))
    start = first[: next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]
    for name in (f"*{ending}", f"{start}*{ending}"):
        pattern = (parent / name).as_posix()
        if not set("[]?") & set(start) and {
            path.relative_to(folder).as_posix() for path in folder.glob(pattern)
        } == set(files):
            return pattern
    return None
