"""Many files of one kind in one folder, one for each patient or resource: they are one source, whatever their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from outcomes.intake.draft.survey import Sheet, read_proposal
from outcomes.intake.readers import Unread

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
    for group in groups.values():
        pattern = _pattern([sheet.source.file for sheet in group], folder)
        many = MANY_RESOURCES if group[0].source.format == "fhir" else MANY
        if len(group) < many or pattern is None or len({sheet.source.encoding for sheet in group}) > 1:
            made += group
            continue
        source = group[0].source.model_copy(update={"file": pattern})
        note = f"{len(group)} files with the same columns are read as one"
        proposal = replace(group[0].proposal, source=source, notes=(*group[0].proposal.notes, note))
        one = read_proposal(folder, proposal)
        (made if isinstance(one, Sheet) else failed).append(one)  # type: ignore[arg-type]
    order = {sheet.name: place for place, sheet in enumerate(sheets)}
    return sorted(made, key=lambda sheet: order.get(sheet.name, -1)), failed


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
