"""The header of an export against the columns that a study names."""

from __future__ import annotations

import difflib
import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from outcomes.errors import InputError

log = logging.getLogger(__name__)
ONE_COLUMN = (
    "row 1 names one column only. If that is a title, delete the rows above the column names; otherwise this is no table of an "
    "export."
)


def check_header(names: list[str], file: str) -> list[str]:
    """Return the trimmed column names.

    Raises
    ------
    InputError
        The header is blank, or two columns have one name.
    """
    names = [name.strip().removeprefix("\ufeff").strip() for name in names]
    if not any(names):
        raise InputError(f"{file}: row 1 is blank; it must hold the column names. Delete the rows above the header.")
    repeated = sorted(name for name, count in Counter(names).items() if name and count > 1)
    if repeated:
        raise InputError(
            f"{file}: {len(repeated)} column name(s) occur more than once: {_shown(repeated, names)}. "
            "Rename the columns in the export so that each is unique; row 1 must hold the column names."
        )
    return names


def rename_header(names: list[str], rename: Mapping[str, str], file: str) -> list[str]:
    """Return the names with a site's variants replaced by the layout's names.

    Raises
    ------
    InputError
        A name to be replaced is absent, or two columns get one name.
    """
    find_columns(rename, names, file, "the source's 'rename' names")
    return check_header([rename.get(name, name) for name in names], file)


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
        lines = [f"  {name!r}{_nearest(name, names)}" for name in absent]
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
        log.info("%s: dropped and not listed under 'ignore': %s", file, _listed(unknown))


def _names_shown(names: list[str], known: bool) -> str:
    """Return the file's column names; none where not one is known, as row 1 may then be a patient's."""
    if known:
        return f": {_listed(filter(is_name, names))}"
    return "; none has such a name. Is row 1 the row of column names?"


def is_name(name: str) -> bool:
    """Tell whether a cell of row 1 reads as a column name, and not as a code, a date or a number."""
    return any(c.isalpha() for c in name) and re.search(r"[0-9]{3}", name) is None


def _shown(repeated: list[str], names: list[str]) -> str:
    columns = [str(place) for place, name in enumerate(names, start=1) if name in repeated and not is_name(name)]
    spelt = _listed(filter(is_name, repeated))
    return "; ".join(filter(None, [spelt, "columns " + ", ".join(columns) if columns else ""]))


def _nearest(name: str, names: list[str]) -> str:
    lower = {other.casefold(): other for other in names}
    near = [lower[other] for other in difflib.get_close_matches(name.casefold(), lower, n=3, cutoff=0.6)]
    near = [other for other in near if is_name(other)]
    return f" – nearest: {_listed(near)}" if near else ""


def _listed(names: Iterable[str], most: int = 40) -> str:
    shown = [name if len(name) <= 80 else name[:77] + "…" for name in names]
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(repr(name) for name in shown[:most]) + more
