"""The header of an export against the columns that a study names."""

from __future__ import annotations

import difflib
import itertools
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from outcomes.errors import InputError
from outcomes.personal import show_name
from outcomes.settings import Source

log = logging.getLogger(__name__)
ONE_COLUMN = (
    "row 1 names one column only. If that is a title, delete the rows above the column names; otherwise this is no table of an "
    "export."
)
SUBQUESTION = re.compile(r"(?<=\w)\[SQ[0-9]{3}\]$")  # how LimeSurvey numbers what is asked within a question


def name_columns(records: Sequence[Sequence[str]], source: Source, file: str) -> list[str]:
    """Return the column names that the header rows of a source give; several rows are joined by `` - ``.

    In a header of several rows, a blank cell of an upper row belongs to the cell on its left (as merged cells are written), unless all are blank.

    >>> name_columns([["", "PHQ-9", ""], ["ID", "1", "2"]], Source(file="a.csv", header=[1, 2]), "a.csv")
    ['ID', 'PHQ-9 - 1', 'PHQ-9 - 2']
    """
    if len(records) < source.header[-1]:
        raise InputError(
            f"{file}: 'header' names row {source.header[-1]}, and the file has {len(records)} row(s). Correct it."
        )
    rows = [[_trimmed(cell) for cell in records[number - 1]] for number in source.header]
    width = max(map(len, rows))
    rows = [row + [""] * (width - len(row)) for row in rows]
    upper = [_filled_right(row) for row in rows[:-1]]
    own = [any(cells) for cells in zip(*rows, strict=True)]
    names = [
        _join(cells) if named else "" for cells, named in zip(zip(*upper, rows[-1], strict=True), own, strict=True)
    ]
    return check_header(
        names if source.beside is None else _one_block(names, source.beside, file), file, source.header[0]
    )


def find_blocks(names: Sequence[str]) -> list[range]:
    """Return the runs of columns with a name, parted by columns without one.

    >>> find_blocks(["Patient", "Date", "", "Patient", "PHQ-9"])
    [range(0, 2), range(3, 5)]
    """
    edges = [place for place, name in enumerate(["", *names, ""]) if not name]
    return [range(start, stop - 1) for start, stop in itertools.pairwise(edges) if stop - start > 1]


def _one_block(names: list[str], block: int, file: str) -> list[str]:
    """Return the names with those of other tables beside the wanted one blank."""
    blocks = find_blocks(names)
    if block > len(blocks):
        raise InputError(
            f"{file}: 'beside' asks for table {block}, and {len(blocks)} stand beside one another. Correct it."
        )
    return [name if place in blocks[block - 1] else "" for place, name in enumerate(names)]


def _join(cells: Iterable[str]) -> str:
    """Return the cells of one column's header as one name, each word said once."""
    said: dict[str, str] = {}
    for cell in filter(None, cells):
        said.setdefault("".join(cell.casefold().split()), cell)
    return " - ".join(said.values())


def _trimmed(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").split())


def _filled_right(row: list[str]) -> list[str]:
    filled, last = [], ""
    for cell in row:
        last = cell or last
        filled.append(last)
    return filled


def check_header(names: list[str], file: str, row: int = 1) -> list[str]:
    """Return the trimmed column names; those that occur more than once are numbered: ``Complete? (1)``, ``Complete? (2)``.

    Raises
    ------
    InputError
        The header is blank.
    """
    names = [name.strip().removeprefix("\ufeff").strip() for name in names]
    if not any(names):
        raise InputError(
            f"{file}: row {row} is blank; it must hold the column names. Delete the rows above the header, or name its row "
            "with 'header' of this source."
        )
    return number_repeated(names)


def number_repeated(names: Sequence[str]) -> list[str]:
    """Return names with those numbered that occur more than once."""
    counts, seen = Counter(names), Counter[str]()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(f"{name} ({seen[name]})" if name and counts[name] > 1 else name)
    return numbered


Wanted = set[str] | Callable[[list[str]], set[str]] | None


def choose_columns(wanted: Wanted, names: list[str]) -> set[str]:
    """Return the names of the columns to read: all that have a name, the named ones, or those that a function names."""
    if wanted is None:
        return set(filter(None, names))
    return wanted(names) if callable(wanted) else wanted


def rename_header(names: list[str], rename: Mapping[str, str], file: str) -> list[str]:
    """Return the names with a site's variants replaced by the layout's names.

    Raises
    ------
    InputError
        A name to be replaced is absent, or two columns get one name.
    """
    find_columns(rename, names, file, "the source's 'rename' names")
    renamed = [rename.get(name, name) for name in names]
    twice = sorted(name for name, count in Counter(renamed).items() if name and count > 1)
    if twice:
        raise InputError(
            f"{file}: 'rename' gives two columns one name: {_listed(twice)}. Rename one of them otherwise."
        )
    return renamed


def find_columns(
    wanted: Iterable[str], names: list[str], file: str, who: str = "the study file maps"
) -> dict[str, int]:
    """Return the position of every wanted column, in the file's order.

    Raises
    ------
    InputError
        Columns that the file has not, each with the nearest names that it has.
    """
    place = {name: position for position, name in enumerate(names)}
    wanted = sorted(set(wanted))
    absent = [name for name in wanted if name not in place]
    if absent:
        known = len(absent) < len(wanted) or any(_nearest(name, names) for name in absent)
        lines = [f"  {name!r}{_repeats(name, names) or _nearest(name, names)}" for name in absent]
        raise InputError(
            f"{file}: {who} {len(absent)} column(s) that the file does not have:\n"
            + "\n".join(lines)
            + f"\nThe file has {len(names)} column(s){_names_shown(names, known)}. Correct the names in the study file"
            + (", or its 'delimiter'." if len(names) == 1 else ".")
        )
    return {name: place[name] for name in sorted(wanted, key=place.__getitem__)}


def report_columns(names: list[str], used: Iterable[str], ignore: Iterable[str], file: str) -> None:
    """Log the columns that are read and those that are dropped, by name."""
    used, ignore = set(used), set(ignore)
    dropped = [name for name in names if name not in used]
    unknown = [name for name in dropped if name and name not in ignore]
    log.info("%s: %d of %d columns used, %d dropped", file, len(used), len(names), len(dropped))
    if unknown:
        log.info("%s: dropped and not listed under 'ignore': %s", file, _listed(map(show_name, unknown)))


def _repeats(name: str, names: list[str]) -> str:
    """Return that a name occurs more than once in the header, where it does."""
    count = sum(other.startswith(f"{name} (") and other[len(name) + 2 : -1].isdecimal() for other in names)
    return f" – occurs {count} times; write {f'{name} (1)'!r}, {f'{name} (2)'!r} … from left to right" if count else ""


def _names_shown(names: list[str], known: bool) -> str:
    """Return the file's column names; none where not one is known, as row 1 may then be a patient's."""
    if known:
        return f": {_listed(filter(is_name, names))}"
    return "; none has such a name. Is row 1 the row of column names?"


def is_name(name: str) -> bool:
    """Tell whether a cell of row 1 reads as a column name, and not as a code, a date or a number."""
    bare = SUBQUESTION.sub("", name)
    return any(c.isalpha() for c in name) and re.search(r"[0-9]{3}", bare) is None and show_name(bare) == bare


def _nearest(name: str, names: list[str]) -> str:
    lower = {other.casefold(): other for other in names}
    near = [lower[other] for other in difflib.get_close_matches(name.casefold(), lower, n=3, cutoff=0.6)]
    near = [other for other in near if is_name(other)]
    return f" – nearest: {_listed(near)}" if near else ""


def _listed(names: Iterable[str], most: int = 40) -> str:
    shown = [name if len(name) <= 80 else name[:77] + "…" for name in names]
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(repr(name) for name in shown[:most]) + more
