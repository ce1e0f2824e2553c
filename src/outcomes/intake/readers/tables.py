"""Tables of any program: text with any delimiter, and spreadsheets."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from outcomes.intake.readers.above import add_labels
from outcomes.intake.readers.contract import File, Proposal, Reader, Unread
from outcomes.intake.readers.grid import DAY, make_table
from outcomes.intake.readers.header import Wanted, choose_columns, find_blocks, name_columns
from outcomes.intake.readers.heads import find_head
from outcomes.intake.readers.text import read_head, read_records, read_text
from outcomes.intake.readers.workbook import list_sheets, read_cells, read_sheet_head, read_workbook
from outcomes.intake.words import RawTable
from outcomes.personal import show_name
from outcomes.settings import Source, TableFile

TEXT, WORKBOOK = (".csv", ".tsv", ".tab", ".txt"), (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".html", ".htm")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")  # never in text
CENTRAL = re.compile(rb"[A-Za-z][\xb3\xb9\xbf](?=[A-Za-z])")  # ³ ¹ ¿ within a word: ł ą ż
ISO_CENTRAL = re.compile(rb"[A-Za-z][\xb1\xb6](?=[A-Za-z])")  # ± ¶: ą ś
TURKISH = re.compile(
    rb"[A-Za-z][\xf0\xfd\xfe](?=[A-Za-z])"
)  # of ð ý þ: ğ ı ş, where none of the accents of Iceland and the west stands beside them
WESTERN = re.compile(rb"[\xe0\xe1\xe6\xe8\xe9\xed\xf3\xfa]")
HIDDEN = "a hidden sheet; name it as 'sheet' of a source to read it"


def name_source(file: str, source: TableFile) -> str:
    """Return the name of a source in messages and the ledger: the file, with the sheet of a workbook."""
    return show_name(file) if source.sheet in (None, "*") else f"{show_name(file)} [{show_name(source.sheet)}]"


def recognise(file: File) -> float:
    """Tell whether the ending is one of text tables or workbooks."""
    return 0.2 if file.ending in TEXT + WORKBOOK else 0.0


def propose(file: File) -> Sequence[Proposal | Unread]:
    """Return one source for a text file, and one for every sheet of a workbook that is not hidden."""
    if not is_workbook(file, Source(file=file.name)):
        source = Source(file=file.name, encoding=guess_encoding(file.path))
        return _with_head(source, read_head(file.path, file.name, source))
    sheets, hidden = list_sheets(file.path, file.name)
    found: list[Proposal | Unread] = []
    for sheet in sheets:
        source = Source(file=file.name, sheet=sheet if len(sheets) + len(hidden) > 1 else None)
        found += _with_head(source, read_sheet_head(file.path, name_source(file.name, source), sheet))
    return [*found, *(Unread(f"{file.name} [{sheet}]", HIDDEN) for sheet in hidden)]


def list_visible(file: File) -> list[str]:
    """Return the sheets of a workbook that are not hidden."""
    return list_sheets(file.path, file.name)[0]


def read_names(file: File) -> list[str]:
    """Return the first row of a file as a header has it; of a workbook, of its first sheet."""
    if is_workbook(file, Source(file=file.name)):
        sheets, _ = list_sheets(file.path, file.name)
        records = read_sheet_head(file.path, file.name, sheets[0], 1) if sheets else []
    else:
        source = Source(file=file.name, encoding=guess_encoding(file.path))
        records = read_head(file.path, file.name, source)
    return [cell.strip().removeprefix("\ufeff") for cell in records[0]] if records else []


def _with_head(source: Source, records: list[list[str]]) -> list[Proposal]:
    """Return the table of a sheet; several, where tables with one name in common stand beside one another, each below a title or none."""
    head = find_head(records, source)
    whole = Proposal(head.apply(source), head.columns, notes=head.notes)
    names = [cell.strip() for cell in records[head.header[-1] - 1]] if len(records) >= head.header[-1] else []
    blocks = find_blocks(names)
    shared = set.intersection(*({names[place] for place in block} for block in blocks)) if blocks else set()
    empty = all(
        name or not any(row[place : place + 1] != [""] for row in records[head.header[-1] :] if place < len(row))
        for place, name in enumerate(names)
    )
    again = len({tuple(names[place] for place in block) for block in blocks}) == 1 and len(head.header) > 1
    visits = again and not _begin_alike(records[head.header[-1] :], blocks)
    if len(head.header) > 2 or len(blocks) < 2 or visits or not shared or min(map(len, blocks)) < 3 or not empty:
        return [whole]
    note = f"{len(blocks)} tables stand beside one another, parted by a column without a name: each is read for itself (beside)"
    first = records[head.header[-1]]
    keys = {at for block in blocks for at in block if at == block[0] or DAY.fullmatch("".join(first[at : at + 1]))}
    proposals = []
    for number, block in enumerate(blocks, start=1):
        mine = whole.source.model_copy(update={"beside": number})
        full = name_columns(records, mine, source.file)
        rename = {full[at]: names[at] for at in block if at in keys and full[at] != names[at] in shared}
        proposals.append(replace(whole, source=mine.model_copy(update={"rename": rename}), notes=(*whole.notes, note)))
    return proposals


def _begin_alike(rows: list[list[str]], blocks: list[range]) -> bool:
    """Tell whether tables of the same columns begin with the same people each; else they are visits, or people, side by side."""
    first = [{row[block[0]] for row in rows if block[0] < len(row) and row[block[0]].strip()} for block in blocks]
    both = set.intersection(*first)
    return all(2 * len(both) >= len(one) > 0 and len(one) > 1 for one in first)


def read(file: File, source: Source, wanted: Wanted, numeric: frozenset[str]) -> RawTable:
    """Read the wanted columns of a text file or a sheet."""
    read_one = read_workbook if is_workbook(file, source) else read_text
    name = file.name if " (sheet " in file.name else name_source(file.name, source)
    if source.sideways or source.headings:
        if is_workbook(file, source):
            cells, epoch = read_cells(file.path, name, source)
            return make_table(cells, source, name, wanted, epoch)
        return make_table(read_records(file.path, name, source), source, name, wanted)
    if not source.above:
        return read_one(file.path, name, source, wanted, numeric)
    labels: list[str] = []

    def choose(names: list[str]) -> set[str]:
        chosen = choose_columns(wanted, [*names, *source.above])
        labels.extend(label for label in source.above if label in chosen)
        return chosen - set(source.above)

    raw = read_one(file.path, name, source, choose, numeric)
    return add_labels(raw, read_above(file, source), labels)


def read_start(file: File, source: Source, most: int) -> list[list[str]]:
    """Return the first rows of a text file or a sheet as they stand."""
    if is_workbook(file, source):
        return read_sheet_head(file.path, name_source(file.name, source), source.sheet, most)
    return read_head(file.path, file.name, source, most)


def read_above(file: File, source: Source) -> list[list[str]]:
    """Return the rows above the header of a table."""
    name = name_source(file.name, source)
    if is_workbook(file, source):
        records = read_sheet_head(file.path, name, source.sheet, source.header[0])
    else:
        records = read_head(file.path, file.name, source)
    return records[: source.header[0] - 1]


def is_workbook(file: File, source: Source) -> bool:
    """Tell whether a source is read as a workbook: by its ending, unless it holds text of columns, as programs name ``.xls`` too."""
    return source.format == "excel" or (
        source.format == "auto" and file.ending in WORKBOOK and not _is_text(file.start)
    )


def _is_text(start: bytes) -> bool:
    r"""Tell whether a file is text with columns, and no page.

    >>> _is_text(b"ID\tPHQ-9\r\n7\t14"), _is_text(b"<html>"), _is_text(b"PK\x03\x04,"), _is_text("ID\t7".encode("utf-16"))
    (True, False, False, True)
    """
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = (
        start[: len(start) // 2 * 2]
        .decode("utf-16" if wide else "latin-1", errors="replace")
        .removeprefix("ï»¿")
        .lstrip()
    )
    return not text.startswith("<") and CONTROL.search(text) is None and any(mark in text for mark in "\t,;|")


def guess_encoding(path: Path) -> str:
    """Return utf-8 where every byte is, else cp1252, else latin-1 (which reads anything); utf-8 where a mark says another.

    Signs that stand in no word of the west, and are letters in a table of central Europe, say that it is that one.
    """
    with path.open("rb") as file:
        start = file.read(1 << 20)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
        return "utf-8"
    for encoding in ("utf-8", _guess_table(start)):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def _guess_table(start: bytes) -> str:
    r"""Return the table of letters of text that is no UTF-8, by its signs and the ends of its lines.

    >>> _guess_table(b"Hasta;\xddla\xe7;a\xf0r\xfd yok"), _guess_table(b"C\x97digo;Fecha\rK-1;"), _guess_table(b"C\xf3digo\r\n"), _guess_table(b"d\xf3ttir;\xfeor\xf0ur")
    ('cp1254', 'mac_roman', 'cp1252', 'cp1252')
    """
    if b"\r" in start and b"\n" not in start:  # as spreadsheets on a Mac save text
        return "mac_roman"
    if TURKISH.search(start) and not WESTERN.search(start):
        return "cp1254"
    return "iso8859-2" if ISO_CENTRAL.search(start) else "cp1250" if CENTRAL.search(start) else "cp1252"


READER = Reader(frozenset({"auto", "csv", "tsv", "excel"}), recognise, propose, read)
