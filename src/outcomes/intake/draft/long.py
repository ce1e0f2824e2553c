"""Long sheets, one answer or one score a row: which column says what, and how the rows are put side by side."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from outcomes.instruments import read_instruments
from outcomes.intake.draft.claims import claims_of
from outcomes.intake.draft.dateforms import find_dates
from outcomes.intake.draft.survey import Sheet
from outcomes.intake.draft.vocabulary import NEAR, PART, SAME, WHO, match_name, read_vocabulary, squeeze, words_of
from outcomes.intake.points import find_numbering, read_points, read_totals
from outcomes.settings import Pivot

LOINC = re.compile(r"/?\d{4,5}-\d")
MOST_DOUBLED = 0.3  # share of a person's days with several different totals of one instrument
MOST_ALIKE = 3  # rows of one person, day, name and value, beyond which they are answers and no scores
HINTS = frozenset({"answer", "response", "score", "value", "result", "points", "meas", "number"})
NAMED = 0.1  # what a telling name is worth, as share of the rows
PLACES = frozenset(
    {"visitnum", "avisitn", "visit", "seq", "qsseq", "instance"}
)  # numbers of visits and rows, which fit as totals
MOST_VALUES = 4  # columns that fit as scores, none of which is named so
LEAST = 0.3  # of the rows that a column must name
MOST_NAMES = 5000  # distinct names of a long file
FEWEST_ROWS = 10  # of a file in which a count of the rows can be told from numbers of patients
SEVERAL = 2.0  # rows a patient, of a file of visits or questionnaires


def patient_columns(sheet: Sheet) -> list[str]:
    """Return the columns that are named like patients' identifiers, the likeliest first; else the one that content shows."""
    if sheet.owner is not None:
        return [sheet.owner]
    if sheet.source.format == "fhir":
        return ["patient"]
    names = read_vocabulary()["patient"]
    ranked = [(match_name(name, names), name) for name in sheet.fields]
    counting = row_numbers(sheet)
    ranked = [one for one in ranked if one[0][0] >= NEAR and one[1] not in counting]
    ranked.sort(key=lambda one: one[0], reverse=True)
    surely = [name for (level, _), name in ranked if level == SAME and len(sheet.fields[name].values) > 1]
    alone = [
        name for _, name in ranked if len(sheet.fields[name].values) < 2 and surely
    ]  # STUDYID, the same in every row
    return [name for _, name in ranked if name not in alone]


def row_numbers(sheet: Sheet) -> set[str]:
    """Return columns named like identifiers that tell the rows, where another one so named stands in several rows.

    They count the rows from 1, in any order; or their bare name (``id``) says not whose, and the other's (``subject.patientId``) does.
    """
    names = [name for name in sheet.fields if match_name(name, read_vocabulary()["patient"])[0] >= NEAR]
    rows = max((len(sheet.fields[name].words.codes) for name in names), default=0)
    counted = {str(number + 1) for number in range(rows)}
    counting = {name for name in names if rows >= FEWEST_ROWS and set(sheet.fields[name].values) == counted}
    bare = {
        name
        for name in names
        if rows >= FEWEST_ROWS and not set(words_of(name)) & WHO and len(sheet.fields[name].values) == rows
    }
    if any(set(words_of(name)) & WHO for name in set(names) - bare):
        counting |= bare
    repeats = any(1 < SEVERAL * len(sheet.fields[name].values) <= rows for name in names if name not in counting)
    return counting if repeats else set()


def find_pivots(sheet: Sheet) -> list[tuple[Pivot, str, dict[str, object]]]:
    """Return how the rows of a long sheet are put side by side."""
    patient = next(iter(patient_columns(sheet)), None)
    dates = [name for name, column in sheet.fields.items() if name != patient and find_dates(column).share >= 0.7]
    if patient is None or not dates:
        return []
    said = [_names(sheet, name) for name in sheet.fields if name != patient and name not in dates]
    if not said:
        return []
    ranked = sorted(said, key=_rank_names, reverse=True)
    return next(filter(None, (_by_names(sheet, patient, dates, *one) for one in ranked)), [])


def _rank_names(said: tuple[float, str, dict[str, list[str]]]) -> tuple[bool, float, int]:
    """Return how likely a column names what a row holds: one that names answers goes before one that names whole questionnaires."""
    share, _, spelt = said
    answers = sum(not new.endswith("_total") for new in spelt)
    return share >= LEAST and answers > 0, share, answers


def _by_names(
    sheet: Sheet, patient: str, dates: Sequence[str], share: float, name: str, spelt: dict[str, list[str]]
) -> list[tuple[Pivot, str, dict[str, object]]]:
    """Return how the rows are put side by side by what one column says of them; nothing where it does not tell them apart."""
    codes = sum(
        int(sheet.fields[name].rows[sheet.fields[name].words.values == one].sum())
        for of in spelt.values()
        for one in of
        if LOINC.fullmatch(one)
    )
    numbered = all(
        re.search(r"[A-Za-z]\W?\d", one) and new.endswith("_total") for new, of in spelt.items() for one in of
    )
    least = 0.05 if numbered and spelt else LEAST  # PHQ-9 among the names of other scales
    if (share < least and codes < 5) or sheet.fields[patient].filled < 1.5 * len(sheet.fields[patient].values):
        return []
    value = _value(sheet, name, spelt, {patient, name, *dates})
    if value is None or _holds_answers(sheet, spelt):
        return []
    when = _when(sheet, dates)
    by_item = _items_of_names(sheet, name, spelt, {patient, name, value, *dates})
    left = [one for one in sheet.proposal.source.leave_out if one in sheet.fields]
    if by_item is None or (not by_item and _is_of_items(sheet, (patient, when, *left, name), value, spelt)):
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
    totals = _shared_total(sheet, name, spelt, {patient, name, value, *dates})
    if totals is not None:
        told, parts = totals
        value = _value(sheet, name, parts[0][1], {patient, name, told, *dates}) or value
        return [
            (
                Pivot(
                    rows=(patient, when),
                    name=name,
                    value=value,
                    columns={new: tuple(of) for new, of in columns.items()},
                ),
                note.format(repr(name)) + f", of those that {told!r} calls {', '.join(map(repr, of))}",
                {"rows": {told: of}},
            )
            for of, columns in parts
        ]
    pivot = Pivot(rows=(patient, when), name=name, value=value, columns={new: tuple(of) for new, of in spelt.items()})
    rest = f"; {1 - share:.0%} of its rows hold something else and are left out" if share < 0.995 else ""
    return [(pivot, note.format(repr(name)) + rest, {})]


def _holds_answers(sheet: Sheet, spelt: Iterable[str]) -> bool:
    """Tell whether rows that name instruments hold all answers of one, in numbered columns (`q1` to `q9`): such a row is a questionnaire, and no score."""
    stems: dict[str, set[int]] = defaultdict(set)
    for name, column in sheet.fields.items():
        match = re.fullmatch(r"(.*\D)?0*(\d{1,2})", name)
        if match and column.filled:
            stems[match[1] or ""].add(int(match[2]))
    sizes = {read_instruments()[new.removesuffix("_total")].n_items for new in spelt if new.endswith("_total")} - {0, 1}
    return any(set(range(1, size + 1)) <= numbers for size in sizes for numbers in stems.values())


def _shared_total(
    sheet: Sheet, name: str, spelt: dict[str, list[str]], taken: set[str]
) -> tuple[str, list[tuple[tuple[str, ...], dict[str, list[str]]]]] | None:
    """Return the column that says which questionnaire a row is of, where rows of several are named alike (Total Score); with each one's spellings and new columns."""
    known = set(read_vocabulary()["total"]) - {""}
    alike = [value for value in sheet.fields[name].values if squeeze(value) in known]
    for other, column in sheet.fields.items() if alike else ():
        if other in taken or not 2 <= len(column.values) <= MOST_NAMES:
            continue
        mine = column.words.codes[sheet.fields[name].words.spread(np.isin(sheet.fields[name].words.values, alike))]
        of: dict[str, list[str]] = defaultdict(list)
        for value in column.words.values[np.unique(mine)]:
            for instrument, item in claims_of(value)[:1]:
                of[instrument] += [] if item else [value]
        if len(of) > 1 and all(of.values()):
            parts = [
                (
                    tuple(named),
                    {new: its for new, its in spelt.items() if new.startswith(f"{instrument}_")}
                    | {f"{instrument}_total": alike},
                )
                for instrument, named in sorted(of.items())
            ]
            return other, sorted(parts, key=lambda part: -len(part[1]))
    return None


def _is_of_items(sheet: Sheet, rows: Sequence[str], value: str, spelt: dict[str, list[str]]) -> bool:
    """Tell whether rows that name an instrument are its answers: the same person has several different ones on most of its days, or one many times."""
    names = sheet.fields[rows[-1]].words
    mine = names.spread(
        np.isin(names.values, [one for new, of in spelt.items() if new.endswith("_total") for one in of])
    )
    if not mine.any():
        return False
    keys = np.column_stack([sheet.fields[name].words.codes[mine] for name in rows])
    _, group = np.unique(keys, axis=0, return_inverse=True)
    pairs = np.unique(np.column_stack([group.ravel(), sheet.fields[value].words.codes[mine]]), axis=0)
    alike = np.bincount(group.ravel()) > MOST_ALIKE
    return bool((np.bincount(pairs[:, 0]) > 1).mean() > MOST_DOUBLED or alike.mean() > MOST_DOUBLED)


def _items_of_names(
    sheet: Sheet, name: str, spelt: dict[str, list[str]], taken: set[str]
) -> list[tuple[str, tuple[str, ...], dict[str, tuple[str, ...]]]] | None:
    """Return the column that numbers the items of named instruments, with the spellings of each instrument and of its items.

    Nothing where each named row is a score; None where neither is so.
    """
    if any(not new.endswith("_total") for new in spelt):
        return []
    found: list[tuple[str, tuple[str, ...], dict[str, tuple[str, ...]]]] = []
    names = sheet.fields[name].words
    known, summed = set(read_vocabulary()["total"]) - {""}, 0
    for new, spellings in spelt.items():
        instrument = new.removesuffix("_total")
        mine = names.spread(np.isin(names.values, spellings))
        for other, column in sheet.fields.items():
            said = [] if other in taken else column.words.values[np.unique(column.words.codes[mine])].tolist()
            sums = [value for value in said if squeeze(value) in known]
            values = _numbered(value for value in said if value not in sums)
            if values and set(values) == set(range(1, read_instruments()[instrument].n_items + 1)) and len(sums) < 2:
                items = {f"{instrument}_{n}": (spelling,) for n, spelling in sorted(values.items())}
                found.append((other, tuple(spellings), items | ({new: tuple(sums)} if sums else {})))
                break
            if sums and len(sums) == len(said):
                summed += 1
                break
    if summed == len(spelt):
        return []
    if len(found) == len(spelt):
        return found
    free = [
        other
        for other in sheet.fields
        if other not in taken
        and sheet.fields[other].filled
        and set(words_of(other)) & {"item", "question", "number", "nr"}
    ]
    return None if free else []


def _numbered(values: Iterable[str]) -> dict[int, str]:
    """Return the numbers that spellings end in (``3``, ``Q3``, ``item 3``); nothing where one has none, or two have the same."""
    matches = [
        (re.fullmatch(r"(?:[A-Za-z][A-Za-z -]*\D)?0*(\d{1,2})(?:\.0)?", value.strip()), value) for value in values
    ]
    numbers = {int(match[1]): value for match, value in matches if match}
    return numbers if len(numbers) == len(matches) else {}


def has_items(sheet: Sheet) -> bool:
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
    spelt = {new: of for new, of in claimed.items() if _is_whole(new.rpartition("_")[0], claimed, new)}
    if any(len(of) > 2 for of in spelt.values()):
        return 0.0, name, {}
    named = {value for of in spelt.values() for value in of}
    return column.share(np.array([value in named for value in column.words.values], dtype=bool)), name, spelt


def _is_whole(instrument: str, claimed: Iterable[str], new: str) -> bool:
    """Tell whether a name is a total, or an item beside most others: PHQ-2 and PHQ-8 beside PHQ-9 are shorter forms, and no items."""
    total = f"{instrument}_total"
    items = sum(one.startswith(f"{instrument}_") and one != total for one in claimed)
    return new == total or items >= 0.6 * read_instruments()[instrument].n_items > 0


def _value(sheet: Sheet, name: str, spelt: dict[str, list[str]], taken: set[str]) -> str | None:
    """Return the column of answers and scores: the one whose values are allowed ones in most of the named rows.

    Rows without a value (not done) do not count, up to half of them; a telling name outweighs a few values more that fit.
    """
    names = sheet.fields[name].words
    best: list[tuple[float, bool, str]] = []
    for other, column in sheet.fields.items():
        if other in taken or not column.filled or set(words_of(other)) & PLACES:
            continue
        good = rows = 0.0
        told = any(
            not new.endswith("_total") for new in spelt
        )  # the column only numbers the items: each has its own value
        for new, spellings in spelt.items():
            instrument, _, item = new.rpartition("_")
            definition = read_instruments()[instrument]
            mine = names.spread(np.isin(names.values, spellings))
            codes = column.words.codes[mine]
            if item == "total":
                totals = read_totals(column.words.values, definition)
                fine = (totals >= definition.minimum) & (totals <= definition.maximum)
            else:
                given = column.words.values[np.unique(codes)]
                given = given[[bool(one) for one in given]]
                points, _ = read_points(column.words.values, definition, find_numbering(given, definition))
                fine = ~np.isnan(points) & (
                    points <= (definition.items or definition).maximum + 1
                )  # or counted from one
                told &= len(codes) >= FEWEST_ROWS and len(np.unique(codes)) == 1
            good += float((fine & ~column.missing)[codes].sum())
            rows += max(float((~column.missing)[codes].sum()), len(codes) / 2)
        if told and len(spelt) > 1:
            continue
        hint = bool(set(words_of(other)) & HINTS or re.fullmatch(r"(?:QS|RS)(?:ORRES|STRES[CN])|AVALC?", other.upper()))
        best.append((good / max(rows, 1), hint, other))
    likely = [(share + NAMED * hint, hint, other) for share, hint, other in best if share >= 0.6]
    if len(likely) > MOST_VALUES and not any(hint for _, hint, _ in likely):
        return None  # answers side by side, whatever they are called
    return max(likely)[2] if likely else None


def _when(sheet: Sheet, dates: Sequence[str]) -> str:
    """Return the column of dates that tells one questionnaire from another: the best named."""
    names = read_vocabulary()["date"]
    exact = {"recorded time", "recorded", "completed", "completed at", "measurement date", "effective", "observation date", "authored", "completion date"}  # fmt: skip
    first = next((name for name in dates if " ".join(words_of(name)) in exact), None)
    best = max(dates, key=lambda name: match_name(name, names))
    return first or (best if match_name(best, names)[0] >= PART else dates[0])
