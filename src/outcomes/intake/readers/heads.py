"""Where the column names of a table stand: below a title, in two rows, or as survey programs write them."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from outcomes.intake.readers.furniture import is_rule
from outcomes.intake.readers.header import is_name, name_columns
from outcomes.settings import Column, Source, Table

Records = Sequence[Sequence[str]]
DEEPEST = 15  # rows of a file in which its column names are looked for
# What Qualtrics calls responses that nobody gave, or nobody finished: codes and words.
PREVIEWS = {
    "Status": ("1", "2", "9", "17", "Survey Preview", "Survey Test", "Spam Preview", "Offline Survey Preview", "Offline Preview"),
    "DistributionChannel": ("preview", "test"),
    "Finished": ("0", "False"),
}  # fmt: skip
LEGACY = {
    "ExternalDataReference": "ExternalReference",
    "ResponseID": "ResponseId",
    "ResponseSet": "ResponseSet",
    "Finished": "Finished",
}  # its older names
FEWEST_AGAIN = 2  # columns whose name stands in both rows of a header


@dataclass(frozen=True)
class Head:
    """How a source reads a header, and what the kind of header says of its columns."""

    header: tuple[int, ...] = (1,)
    first_row: int | None = None
    leave_out: dict[str, tuple[str, ...]] = field(default_factory=dict)
    columns: dict[Table, dict[str, Column]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def apply(self, source: Source) -> Source:
        """Return the source with this header."""
        changes = {"header": self.header, "first_row": self.first_row, "leave_out": self.leave_out}
        return source.model_copy(update=changes)


def find_head(records: Records, source: Source) -> Head:
    """Return how the header of a table is read, from its first rows."""
    known = _qualtrics(records, source) or _surveymonkey(records, source) or _said_again(records, source)
    return known or _above_rule(records, _below_title(records))


def _above_rule(records: Records, head: Head) -> Head:
    """Return the header with the rows below the rule that a program for databases draws under it."""
    first = (head.first_row or head.header[-1] + 1) - 1
    return replace(head, first_row=first + 2) if is_rule(list(itertools.chain(*records[first : first + 1]))) else head


def _qualtrics(records: Records, source: Source) -> Head | None:
    """Return the header of an export of Qualtrics: names, questions, and a row of identifiers in braces."""
    for place, record in enumerate(records[:4]):
        filled = [cell for cell in record if cell.strip()]
        if place and filled and sum(cell.strip().startswith('{"ImportId"') for cell in filled) * 2 > len(filled):
            break
    else:
        return None
    return _of_qualtrics(records, source, tuple(range(1, place + 1)), place + 2, 0)


def _of_qualtrics(records: Records, source: Source, header: tuple[int, ...], first_row: int, named: int) -> Head:
    """Return a header of Qualtrics whose row ``named`` (from 0) has its own names of columns."""
    names = name_columns(records, source.model_copy(update={"header": header}), source.file)
    known = dict(zip((cell.strip().removeprefix("\ufeff") for cell in records[named]), names, strict=False))
    known |= {LEGACY[own]: name for own, name in known.items() if own in LEGACY}
    first = records[first_row - 1 :]
    used = {own: name for at, (own, name) in enumerate(known.items()) if any(row[at : at + 1] != [""] for row in first)}
    leave_out = {known[column]: values for column, values in PREVIEWS.items() if column in known}
    given = {"patient": "ExternalReference", "date": "EndDate", "submitted": "RecordedDate"}
    columns = {name: Column(column=used[own], constant=None) for name, own in given.items() if own in used}
    note = "an export of Qualtrics: its rows of header are read as one, and previews, tests and unfinished responses are left out"
    return Head(header, first_row, leave_out, {"assessments": columns}, (note,))


def _said_again(records: Records, source: Source) -> Head | None:
    """Return a header of two rows of which the lower says in words what the upper names, and some names again (Viedoc; V1, V2 … of an old Qualtrics)."""
    if len(records) < 3 or len(records[0]) != len(records[1]):
        return None
    upper, lower = ([cell.strip().removeprefix("\ufeff") for cell in record] for record in records[:2])
    if set(LEGACY) <= set(lower):
        return _of_qualtrics(records, source, (1, 2), 3, 1)
    alike = [one == other and bool(one) for one, other in zip(upper, lower, strict=True)]
    told = [cell for cell, same in zip(lower, alike, strict=True) if cell and not same]
    if sum(alike) < FEWEST_AGAIN or not told or not _are_names(told):
        return None
    return Head((1, 2), 3, notes=("the names of the columns and what they mean stand in rows 1 and 2",))


def _surveymonkey(records: Records, source: Source) -> Head | None:
    """Return the header of an export of SurveyMonkey: questions, and below them what is asked within each."""
    if len(records) < 3 or not {"respondent id", "collector id"} <= {cell.strip().casefold() for cell in records[0]}:
        return None
    names = name_columns(records, source.model_copy(update={"header": (1, 2)}), source.file)
    own = [cell.strip().casefold() for cell in records[0]]  # of several, when it was finished
    date = next(
        (own.index(one) for one in ("date modified", "end date", "date created", "start date") if one in own), None
    )
    columns = {} if date is None else {"date": Column(column=names[date], constant=None)}
    note = "an export of SurveyMonkey: its two rows of header are read as one"
    return Head((1, 2), 3, {}, {"assessments": columns}, (note,))


def _below_title(records: Records) -> Head:
    """Return the header below rows of title: the first row about as wide as the rows below it that holds names."""
    widths = [sum(1 for cell in record if cell.strip()) for record in records]
    if not widths:
        return Head()
    typical = sorted(widths[1:] or widths)[len(widths[1:] or widths) // 2]
    for place in range(min(DEEPEST, len(records))):
        grouped = _groups(records, place + 1) if widths[place] >= max(0.6 * typical, 2) else None
        if grouped is not None:
            return grouped
        names = [cell for cell in records[place] if cell.strip()]
        pair = (
            widths[place] == 2 < typical and max(widths[place + 1 : place + 4], default=0) > 2
        )  # Treatment | IV ketamine
        different = not pair and len(set(names)) >= max(
            0.5 * len(names), 2
        )  # a title merged over the table is one name
        different = different or _below_groups(records[:place], names)
        if widths[place] >= max(0.6 * typical, 2) and different and _are_names(names):
            break
    else:
        return Head()
    if place == 0:
        return _two_rows(records, 1) or Head()
    note = f"the column names stand in row {place + 1}"
    above = records[place - 1]
    upper = len({cell.strip() for cell in above if cell.strip()}) >= 2
    if upper and _repeated(records[place]):
        return Head((place, place + 1), place + 2, notes=(f"the column names stand in rows {place} and {place + 1}",))
    return Head((place + 1,), place + 2, notes=(note,))


def _below_groups(above: Records, names: Sequence[str]) -> bool:
    """Tell whether names come again below the titles of groups, each written once (Session 1, and the next cells blank)."""
    titles = [cell.strip() for cell in above[-1] if cell.strip()] if above else []
    times = max(Counter(names).values(), default=0)
    return len(set(titles)) == len(titles) >= 2 and times == len(titles) and _are_names(titles)


def _two_rows(records: Records, row: int) -> Head | None:
    """Return a header of two rows, where the upper one names groups and the lower one repeats names within them."""
    if len(records) < row + 2:
        return None
    upper, lower = records[row - 1], records[row]
    filled = [cell for cell in lower if cell.strip()]
    gaps = any(not cell.strip() for cell in upper[:-1])
    if not gaps or not _repeated(lower) or not _are_names(filled) or any(_is_value(cell) for cell in filled):
        return None
    return Head((row, row + 1), row + 2, notes=(f"the column names stand in rows {row} and {row + 1}",))


def _groups(records: Records, row: int) -> Head | None:
    """Return a header of two rows whose upper cells are merged over the same names again and again (Session 1: Date, PHQ-9)."""
    if len(records) < row + 2:
        return None
    upper, lower, first = ([cell.strip() for cell in record] for record in records[row - 1 : row + 2])
    groups: dict[str, list[int]] = {}
    for place, name in enumerate(upper):
        groups.setdefault(name, []).append(place)
    lower += [""] * (len(upper) - len(lower))
    below = Counter(tuple(lower[at] for at in places) for places in groups.values() if len(places) > 1)
    alike, count = max(below.items(), key=lambda one: one[1], default=((), 0))
    different = len(set(alike)) == len(alike) and all(alike) and not set(alike) & set(first)
    if count < 2 or not different or not _are_names(alike):
        return None
    return Head((row, row + 1), row + 2, notes=(f"the column names stand in rows {row} and {row + 1}",))


def _repeated(record: Sequence[str]) -> bool:
    names = [cell.strip() for cell in record if cell.strip()]
    return len(set(names)) < len(names)


def _are_names(cells: Sequence[str]) -> bool:
    """Tell whether most cells read as names: with a letter, and neither dates nor codes."""
    return sum(is_name(cell) and not _is_value(cell) for cell in cells) >= 0.6 * len(cells) > 0


def _is_value(cell: str) -> bool:
    return re.fullmatch(r"[-+]?[\d.,/: ]+|\d{4}-\d{2}-\d{2}.*", cell.strip()) is not None
