"""Readers: one module a format, each of which recognises its files, proposes how to name them, and reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from zipfile import BadZipFile, ZipFile

from outcomes.errors import InputError
from outcomes.intake.readers import columnar, database, fhir, nested, odm, redcap, tables
from outcomes.intake.readers.contract import File, Proposal, Reader, Unread
from outcomes.intake.readers.header import Wanted, choose_columns
from outcomes.intake.readers.shape import is_shaped, join_tables, needed_columns, shape_table
from outcomes.intake.words import RawTable, constant
from outcomes.settings import Source

READERS: tuple[Reader, ...] = (
    tables.READER,
    redcap.READER,
    fhir.READER,
    odm.READER,
    nested.READER,
    columnar.READER,
    database.READER,
)
ALL_SHEETS = "*"
PACKED = frozenset({".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar"})

__all__ = ["READERS", "File", "Proposal", "Reader", "Unread", "propose_sources", "read_source"]


def propose_sources(file: File) -> Sequence[Proposal | Unread]:
    """Return the tables that the surest reader finds in a file, or why it cannot be read."""
    try:
        sure = [(reader.recognise(file), -place) for place, reader in enumerate(READERS)]
        best, place = max(sure)
        if best <= 0:
            why = _describe_packed(file) if file.ending in PACKED else "not a table"
            return [Unread(file.name, f"{why} ({file.ending or 'no ending'})")]
        return READERS[-place].propose(file)
    except (InputError, OSError) as error:
        return [Unread(file.name, explain(error, file.name))]


def _describe_packed(file: File) -> str:
    """Return what a packed archive holds, by the endings of its files, and what to do with it."""
    cure = "unpack it into the folder, take the archive out, and draft again"
    try:
        with ZipFile(file.path) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX")]
    except (BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError):
        return f"a packed archive; {cure}"
    kinds = Counter(PurePosixPath(one.filename).suffix.lower() or "no ending" for one in inside)
    held = ", ".join(f"{files:,} {ending}" for ending, files in kinds.most_common(5) if len(ending) <= 10)
    locked = " with its password" if any(one.flag_bits & 1 for one in inside) else ""
    return f"a packed archive ({held}); {cure.replace('it ', f'it{locked} ', 1)}" if held else "an empty archive"


def explain(error: Exception, name: str) -> str:
    """Return in one line, without the file's name, why a file cannot be read."""
    text = (getattr(error, "strerror", "") or "cannot be read") if isinstance(error, OSError) else str(error)
    return text.removeprefix(f"{name}: ").replace("\n", " ")


def read_source(
    files: Sequence[File],
    source: Source,
    wanted: Wanted = None,
    numeric: frozenset[str] = frozenset(),
    other: RawTable | None = None,
) -> RawTable:
    """Read the wanted columns of one table (None: all that have a name), in the shape that its source asks for.

    ``other`` is the table that the source's ``join`` names.

    The files of a pattern are read one below another.

    Raises
    ------
    InputError
        What is wrong with a file, with row numbers where that helps.
    """
    if not is_shaped(source):
        return join_tables([_read_one(file, source, wanted, numeric) for file in files], source.file)
    header: dict[str, None] = {}

    def choose(names: list[str]) -> set[str]:
        header.update(dict.fromkeys(names))
        known = None if wanted is None else choose_columns(wanted, names)
        return needed_columns(source, known, names, source.file)

    raw = join_tables([_read_one(file, source, choose, frozenset()) for file in files], source.file)
    return shape_table(raw, source, list(header), other)


def _read_one(file: File, source: Source, wanted: Wanted, numeric: frozenset[str]) -> RawTable:
    """Read one file, all sheets of a workbook below one another where the source asks for that, with their names where it does."""
    inner = _without_name(wanted, source.name_column)
    if source.sheet == ALL_SHEETS and tables.is_workbook(file, source):
        parts = [
            (title, _read_table(File(file.path, f"{file.name} (sheet {number})"), source.model_copy(update={"sheet": title}), inner, numeric))
            for number, title in enumerate(tables.list_visible(file), start=1)
            if title not in source.leave_out_sheets
        ]  # fmt: skip
    else:
        parts = [(file.path.stem, _read_table(file, source, inner, numeric))]
    if source.name_column is not None:
        parts = [(name, _with_name(raw, source.name_column, name)) for name, raw in parts]
    return join_tables([raw for _, raw in parts], file.name) if len(parts) > 1 else parts[0][1]


def _without_name(wanted: Wanted, name: str | None) -> Wanted:
    """Return which columns are read of the file itself: not the one that its name becomes."""
    if name is None or wanted is None:
        return wanted
    return lambda names: choose_columns(wanted, [*names, name]) - {name}


def _with_name(raw: RawTable, column: str, name: str) -> RawTable:
    return replace(raw, columns={**raw.columns, column: constant(name, raw.size)})


def _read_table(file: File, source: Source, wanted: Wanted, numeric: frozenset[str]) -> RawTable:
    by_ending = (one for one in READERS if source.format == "auto" and file.ending in one.endings)
    reader = next(by_ending, None) or next(one for one in READERS if source.format in one.formats)
    try:
        return reader.read(file, source, wanted, numeric)
    except OSError as error:
        raise InputError(f"{file.name}: cannot be read ({error.strerror or 'not a file of its kind'}).") from None
