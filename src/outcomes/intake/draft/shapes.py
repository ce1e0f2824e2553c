"""Sheets of another shape than one row a record: wide files, long files, identifiers written once, rows of sums."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from outcomes.instruments import read_instruments
from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.dateforms import find_dates
from outcomes.intake.draft.survey import Field, Sheet, read_proposal
from outcomes.intake.draft.vocabulary import NEAR, PART, SAME, match_name, read_vocabulary, words_of
from outcomes.intake.points import read_points, read_totals
from outcomes.intake.readers import Proposal, Unread
from outcomes.settings import Pivot, Stack

LOINC = re.compile(r"/?\d{4,5}-\d")
SUMS = re.compile(
    r"(average|avg|mean|median|total|totals|sum|sd|std|std dev|stdev|min|max|count|n|overall)\b.{0,25}", re.I
)
LABEL = re.compile(
    r"(?:(?:week|wk|month|mo|day|visit|session|infusion|treatment|time|t|w|m|d|v|s|fu|follow[ _-]?up|tx|inf|dose)[ _.#-]*)?\d{1,3}"
    r"|baseline|base|bl|screening|screen|pre|post|before|after|start|end|final|intake|discharge|follow[ _-]?up|fu|initial|last|eot",
    re.I,
)
MOMENTS = frozenset({"pre", "post", "before", "after", "start", "end"})
MOST_NAMES = 5000  # distinct names of a long file


def reread_sheets(sheets: Sequence[Sheet], folder: Path) -> tuple[list[Sheet], list[Unread]]:
    """Return the sheets, those of another shape read again as one row a record; and what could not be read so."""
    again: list[Sheet | Unread] = []
    for sheet in sheets:
        again += [read_proposal(folder, one) for one in reshape(sheet)] or [sheet]
    return [one for one in again if isinstance(one, Sheet)], [one for one in again if isinstance(one, Unread)]


def reshape(sheet: Sheet) -> list[Proposal]:
    """Return how a sheet is to be read again, where its rows are no records as they stand; nothing where they are."""
    proposal = _fill_down(sheet, _without_sums(sheet, sheet.proposal))
    wide = _stack(sheet)
    if wide is not None:
        stack, note = wide
        return [_changed(proposal, note, stack=stack)]
    long = _pivot(sheet) if not _has_items(sheet) else []
    if long:
        return [_changed(proposal, note, pivot=pivot, **more) for pivot, note, more in long]
    return [proposal] if proposal != sheet.proposal else []


def _changed(proposal: Proposal, note: str, **changes: object) -> Proposal:
    return replace(proposal, source=proposal.source.model_copy(update=changes), notes=(*proposal.notes, note))


def _patient_columns(sheet: Sheet) -> list[str]:
    if sheet.source.format == "fhir":
        return ["patient"]
    names = read_vocabulary()["patient"]
    ranked = [(match_name(name, names), name) for name in sheet.fields]
    ranked = sorted((one for one in ranked if one[0][0] >= NEAR), key=lambda one: one[0], reverse=True)
    surely = [name for (level, _), name in ranked if level == SAME and len(sheet.fields[name].values) > 1]
    alone = [
        name for _, name in ranked if len(sheet.fields[name].values) < 2 and surely
    ]  # STUDYID, the same in every row
    return [name for _, name in ranked if name not in alone]


def _without_sums(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Leave out rows of averages and sums: their identifier is such a word."""
    for name in _patient_columns(sheet)[:1]:
        column = sheet.fields[name]
        sums = [value for value in column.values if SUMS.fullmatch(value)]
        if sums and len(sums) <= 6 and len(column.values) > 3 * len(sums):
            spelt = sorted({re.sub(r"\d+", "*", value) for value in sums})
            note = f"rows of sums ({', '.join(map(repr, spelt))} in {name!r}) are left out"
            left = {**proposal.source.leave_out, name: tuple(spelt)}
            return _changed(proposal, note, leave_out=left)
    return proposal


def _fill_down(sheet: Sheet, proposal: Proposal) -> Proposal:
    """Fill identifiers that are written once for all rows of a patient."""
    for name in _patient_columns(sheet)[:1]:
        column = sheet.fields[name]
        blank = column.words.spread(np.array([value == "" for value in column.words.values], dtype=bool))
        full = np.zeros(sheet.raw.size, dtype=bool)
        for other, words in sheet.raw.columns.items():
            if other != name:
                full |= words.spread(np.array([value != "" for value in words.values], dtype=bool))
        gaps = blank & full
        sums = {value for values in proposal.source.leave_out.values() for value in values}
        once = [value for value in column.values if not any(re.sub(r"\d+", "*", value) == one for one in sums)]
        written = sum(int(column.rows[column.words.values == value].sum()) for value in once)
        if gaps.sum() > 0.5 * full.sum() and not blank[0] and written == len(once):
            note = f"{name!r} is written once for all rows of a patient; the blank cells below it are filled"
            return replace(
                proposal,
                source=proposal.source.model_copy(update={"fill_down": (name,)}),
                checks=(*proposal.checks, note),
            )
    return proposal


# ── Wide ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Family:
    """Columns whose names differ in one place: what it is that they hold, and what differs → column."""

    pattern: str
    members: dict[str, str]
    kind: str  # item | total | date | other

    @property
    def name(self) -> str:
        """The name without what differs."""
        bare = re.sub(r"[\s_.\-–]*\{\}[\s_.\-–]*", " ", self.pattern).strip()
        return bare or "value"


def _stack(sheet: Sheet) -> tuple[Stack, str] | None:
    """Return how the columns of a wide sheet are put below one another."""
    families = _families(sheet)
    scores = [one for one in families if one.kind in ("item", "total")]
    dates = [one for one in families if one.kind == "date"]
    lead = max(scores or dates, key=lambda one: (len(one.members), one.kind == "total"), default=None)
    if lead is None or {label.casefold() for label in lead.members} <= MOMENTS:
        return None
    labels = set(lead.members)
    mine = [one for one in families if one.kind != "other" and len(labels & set(one.members)) >= 0.5 * len(one.members)]
    if not scores and len(labels) < 3:
        return None
    taken = {column for one in mine for column in one.members.values()}
    others = [one for one in families if one.kind == "other" and set(one.members) <= labels and len(one.members) > 1]
    for one in sorted(others, key=lambda one: -len(one.members)):
        if not taken & set(one.members.values()) and len(one.members) >= 0.5 * len(labels):
            mine.append(one)
            taken |= set(one.members.values())
    columns: dict[str, str | dict[str, str]] = {}
    for one in mine:
        columns[_free(one.name, {*columns, *sheet.fields})] = one.members if not _exact(one, sheet) else one.pattern
    label = _free("visit", {*columns, *sheet.fields})
    shown = ", ".join(dict.fromkeys(one.pattern for one in mine[:4]))
    return Stack(
        columns=columns, label=label
    ), f"a wide file: {shown} … become a row for each ({', '.join(list(lead.members)[:8])})"


def _exact(family: Family, sheet: Sheet) -> bool:
    """Tell whether the pattern finds just the family's columns, as a source's `stack` would."""
    form = re.compile("(.+)".join(map(re.escape, family.pattern.split("{}"))), re.I)
    found = {m[1].strip(): name for name in sheet.raw.columns if (m := form.fullmatch(name))}
    return family.pattern.count("{}") == 1 and found == family.members


def _free(name: str, taken: Iterable[str]) -> str:
    known, number, one = set(taken), 2, name
    while one in known:
        one, number = f"{name} {number}", number + 1
    return one


def _families(sheet: Sheet) -> list[Family]:
    """Return the families of columns, each column in one at most: questionnaires first, then dates, then others."""
    grouped: dict[str, dict[str, str]] = defaultdict(dict)
    for name in sheet.raw.columns:
        for match in re.finditer(
            rf"(?<![^\W_])(?:{LABEL.pattern})(?![^\W_])|(?<=[A-Za-z])\d{{1,2}}(?![^\W_])", name, re.I
        ):
            pattern = f"{name[: match.start()]}{{}}{name[match.end() :]}"
            grouped[pattern].setdefault(match[0].strip(), name)
    found = [
        Family(pattern, members, kind)
        for pattern, members in grouped.items()
        if len(members) > 1 and (kind := _kind(sheet, pattern, members)) is not None
    ]
    order = ("item", "total", "date", "other")
    chosen: list[Family] = []
    taken: set[str] = set()
    for one in sorted(found, key=lambda one: (order.index(one.kind), -len(one.members), one.pattern)):
        if not taken & set(one.members.values()):
            chosen.append(one)
            taken |= set(one.members.values())
    return chosen


def _kind(sheet: Sheet, pattern: str, members: dict[str, str]) -> str | None:
    """Return what a family holds: an item or a total at several times, dates, or anything else; None for a series of items."""
    bare = Family(pattern, members, "").name
    fields = [sheet.fields[name] for name in members.values()]
    claims = claims_of(bare)
    if claims:
        instrument, item = claims[0]
        definition = read_instruments()[instrument]
        numbered = sorted(int(label) for label in members if label.isdecimal()) == list(range(1, len(members) + 1))
        if item is None and numbered and len(members) == definition.n_items and _are_items(fields, instrument):
            return None
        if all(_fits(one, instrument, item) for one in fields if one.filled):
            return "item" if item else "total"
        return None
    if all(find_dates(one).share >= 0.7 for one in fields if one.filled) and any(one.filled for one in fields):
        return "date"
    own = [claims_of(name) for name in members.values()]
    return None if any(own) else "other"


def _are_items(fields: Sequence[Field], instrument: str) -> bool:
    definition = read_instruments()[instrument]
    largest = definition.items.maximum + 1 if definition.items else 0
    read = [read_points(one.words.values, definition, {})[0] for one in fields]
    return all(one.share(points <= largest) > 0.8 for one, points in zip(fields, read, strict=True) if one.filled)


def _fits(column: Field, instrument: str, item: int | None) -> bool:
    definition = read_instruments()[instrument]
    if item is None:
        totals = read_totals(column.words.values, definition)
        return column.share((totals >= definition.minimum) & (totals <= definition.maximum)) >= 0.8
    points, _ = read_points(column.words.values, definition, {})
    return column.share(~np.isnan(points)) >= 0.6


# ── Long ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _pivot(sheet: Sheet) -> list[tuple[Pivot, str, dict[str, object]]]:
    """Return how the rows of a long sheet are put side by side."""
    patient = next(iter(_patient_columns(sheet)), None)
    dates = [name for name, column in sheet.fields.items() if name != patient and find_dates(column).share >= 0.7]
    if patient is None or not dates:
        return []
    best = max(
        (_names(sheet, name) for name in sheet.fields if name != patient and name not in dates), key=lambda one: one[0]
    )
    share, name, spelt = best
    codes = sum(
        int(sheet.fields[name].rows[sheet.fields[name].words.values == one].sum())
        for of in spelt.values()
        for one in of
        if LOINC.fullmatch(one)
    )
    if (share < 0.3 and codes < 5) or sheet.fields[patient].filled < 1.5 * len(sheet.fields[patient].values):
        return []
    value = _value(sheet, name, spelt, {patient, name, *dates})
    if value is None:
        return []
    when = _when(sheet, dates)
    by_item = _items_of_names(sheet, name, spelt, {patient, name, value, *dates})
    if by_item is None:
        return []
    note = f"a long file: one row for each {{}}, put side by side by {patient!r} and {when!r}"
    if by_item:
        return [
            (
                Pivot(rows=(patient, when), name=item, value=value, columns=columns),
                note.format(repr(item)),
                {"rows": {name: of}},
            )
            for item, of, columns in by_item
        ]
    pivot = Pivot(rows=(patient, when), name=name, value=value, columns={new: tuple(of) for new, of in spelt.items()})
    rest = f"; {1 - share:.0%} of its rows hold something else and are left out" if share < 0.995 else ""
    return [(pivot, note.format(repr(name)) + rest, {})]


def _items_of_names(
    sheet: Sheet, name: str, spelt: dict[str, list[str]], taken: set[str]
) -> list[tuple[str, tuple[str, ...], dict[str, tuple[str, ...]]]] | None:
    """Return the column that numbers the items of named instruments, with the spellings of each instrument and of its items.

    Nothing where each named row is a score; None where neither is so.
    """
    if any(not new.endswith("_total") for new in spelt):
        return []
    found = []
    names = sheet.fields[name].words
    for new, spellings in spelt.items():
        instrument = new.removesuffix("_total")
        mine = names.spread(np.isin(names.values, spellings))
        for other, column in sheet.fields.items():
            values = {} if other in taken else _numbered(column.words.values[np.unique(column.words.codes[mine])])
            if values and set(values) == set(range(1, read_instruments()[instrument].n_items + 1)):
                found.append(
                    (
                        other,
                        tuple(spellings),
                        {f"{instrument}_{n}": (spelling,) for n, spelling in sorted(values.items())},
                    )
                )
                break
    if len(found) == len(spelt):
        return found
    free = [
        other
        for other in sheet.fields
        if other not in taken and set(words_of(other)) & {"item", "question", "number", "nr"}
    ]
    return None if free else []


def _numbered(values: Iterable[str]) -> dict[int, str]:
    """Return the numbers that spellings end in (``3``, ``Q3``, ``item 3``); nothing where one has none, or two have the same."""
    matches = [
        (re.fullmatch(r"(?:[A-Za-z][A-Za-z -]*\D)?0*(\d{1,2})(?:\.0)?", value.strip()), value) for value in values
    ]
    numbers = {int(match[1]): value for match, value in matches if match}
    return numbers if len(numbers) == len(matches) else {}


def _has_items(sheet: Sheet) -> bool:
    """Tell whether columns are named after items, so that a column of instruments' names only says which was asked."""
    return sum(any(item for _, item in claims_of(name)) for name in sheet.fields) >= 5


def _names(sheet: Sheet, name: str) -> tuple[float, str, dict[str, list[str]]]:
    """Return the share of a column's rows that name an item or a total, and new column → spellings.

    A few words that happen to occur in some question are no questionnaire: without its total, most of its items must be there.
    """
    column = sheet.fields[name]
    claimed: dict[str, list[str]] = defaultdict(list)
    if not 1 <= len(column.values) <= MOST_NAMES:
        return 0.0, name, {}
    for value in column.values:
        claims = claims_of(value) if any(c.isalpha() for c in value) or LOINC.fullmatch(value) else ()
        if claims:
            claimed[f"{claims[0][0]}_{claims[0][1] or 'total'}"].append(value)
    spelt = {new: of for new, of in claimed.items() if _is_whole(new.rpartition("_")[0], claimed)}
    if any(len(of) > 2 for of in spelt.values()):
        return 0.0, name, {}
    named = {value for of in spelt.values() for value in of}
    return column.share(np.array([value in named for value in column.words.values], dtype=bool)), name, spelt


def _is_whole(instrument: str, claimed: Iterable[str]) -> bool:
    found = sum(new.startswith(f"{instrument}_") for new in claimed)
    return f"{instrument}_total" in claimed or found >= 0.6 * read_instruments()[instrument].n_items > 0


def _value(sheet: Sheet, name: str, spelt: dict[str, list[str]], taken: set[str]) -> str | None:
    """Return the column of answers and scores: the one whose values are allowed ones in most of the named rows."""
    names = sheet.fields[name].words
    best: list[tuple[float, bool, str]] = []
    for other, column in sheet.fields.items():
        if other in taken or not column.filled:
            continue
        good = rows = 0.0
        for new, spellings in spelt.items():
            instrument, _, item = new.rpartition("_")
            definition = read_instruments()[instrument]
            mine = names.spread(np.isin(names.values, spellings))
            codes = column.words.codes[mine]
            if item == "total":
                totals = read_totals(column.words.values, definition)
                fine = (totals >= definition.minimum) & (totals <= definition.maximum)
            else:
                points, _ = read_points(column.words.values, definition, {})
                fine = ~np.isnan(points) & (points <= definition.maximum)
            good += float(fine[codes].sum())
            rows += len(codes)
        hint = bool(
            set(words_of(other)) & {"answer", "response", "score", "value", "result", "points", "meas", "number"}
        )
        best.append((good / max(rows, 1), hint, other))
    share, _, column_name = max(best, default=(0.0, False, ""))
    return column_name if share >= 0.6 else None


def _when(sheet: Sheet, dates: Sequence[str]) -> str:
    """Return the column of dates that tells one questionnaire from another: the best named."""
    names = read_vocabulary()["date"]
    exact = {"recorded time", "recorded", "completed", "completed at", "measurement date", "effective", "observation date", "authored", "completion date"}  # fmt: skip
    first = next((name for name in dates if " ".join(words_of(name)) in exact), None)
    best = max(dates, key=lambda name: match_name(name, names))
    return first or (best if match_name(best, names)[0] >= PART else dates[0])
