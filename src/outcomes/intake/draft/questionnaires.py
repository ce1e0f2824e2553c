"""Which columns of a sheet are the items and the total of which instrument."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from outcomes.instruments import Instrument, read_instruments
from outcomes.intake.draft.alike import without_alike
from outcomes.intake.draft.claims import PIVOTED, Claim, claims_of
from outcomes.intake.draft.gaps import complete_by_place
from outcomes.intake.draft.questionnaire import SURE, Questionnaire, find_coding, judge, share_within
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.draft.vocabulary import read_vocabulary, squeeze, words_of
from outcomes.intake.values import to_numbers
from outcomes.intake.words import Array

GROUP = re.compile(
    r"(.*[A-Za-z_].*)[-/.]([A-Za-z][^-/.]*\d[^-/.]*)"
)  # of SurveyCTO, ODK and KoBo, or a list of JSON, before a question's name
BEFORE = frozenset({"pre", "before", "start", "vor", "vorher", "avant", "antes", "prima"})  # of a session
AFTER = frozenset({"post", "after", "end", "nach", "nachher", "apres", "despues", "depois", "dopo"})


def find_questionnaires(sheet: Sheet, free: set[str]) -> dict[str, Questionnaire]:
    """Return the questionnaires among some columns of a sheet, by instrument.

    An instrument whose columns occur more than once in a row (a wide export) or hold what is no answer is returned with
    its ``trouble``.
    """
    found: dict[str, Questionnaire] = {}
    asked = sheet.proposal.labels
    bare = _without_groups(sheet.fields)
    named = {
        name: claims_of(name) or claims_of(asked.get(name, "")) or claims_of(bare.get(name, ""))
        for name in sheet.fields
        if name in free
    }
    for instrument, definition in read_instruments().items():
        one = _by_name(sheet, instrument, definition, named)
        if one is not None:
            found.setdefault(one.instrument, one)
    # The column PHQ8 beside PHQ1 to PHQ7 is their eighth item, and no total of the PHQ-8, with a ninth and without.
    items = {column for one in found.values() for column in one.items} | _items_named(named)
    found = {name: one for name, one in found.items() if one.items or one.trouble or one.total not in items}
    taken = {column for one in found.values() for column in one.columns}
    for one in _by_position(sheet, free - taken, found):
        claimed = {name for column in one.items for name, item in named.get(column, ()) if item}
        if not claimed or one.instrument in claimed:  # phq_1 to phq_7 are no GAD-7
            found[one.instrument] = one
    found = found or _by_file(sheet, free)
    return {name: judge(sheet, read_instruments()[name], one) for name, one in found.items()}


def _without_groups(names: Iterable[str]) -> dict[str, str]:
    """Return the names of columns without the group of questions that a form writes before them; none where that tells columns apart.

    >>> _without_groups(["phq_grp-phq9_1", "phq_grp-phq9_2", "week1/gad7", "week2/gad7", "pre-phq9"])
    {'phq_grp-phq9_1': 'phq9_1', 'phq_grp-phq9_2': 'phq9_2'}
    """
    parted = [(name, match) for name in names if (match := GROUP.fullmatch(name))]
    times = Counter(match[2] for _, match in parted)
    return {
        name: match[2]
        for name, match in parted
        if times[match[2]] == 1 and not (BEFORE | AFTER) & set(words_of(match[1]))
    }


def _by_file(sheet: Sheet, free: set[str]) -> dict[str, Questionnaire]:
    """Return the questionnaire that a file, a sheet or all of its rows are named after, where its one column of totals has no name but that (Total)."""
    source = sheet.source
    title = f"{source.file.rsplit('/', 1)[-1]} {source.sheet or ''} {source.part or ''}"
    totals = set(read_vocabulary()["total"]) - {""}
    columns = [name for name in sheet.fields if name in free and squeeze(name) in totals and sheet.fields[name].filled]
    named = {
        instrument
        for instrument, entry in read_vocabulary()["instruments"].items()
        for name in entry["names"]
        if (match := re.fullmatch(r"([a-z]+)(\d+)", name))
        and re.search(rf"(?<![^\W_]){match[1]}[\W_]*{match[2]}(?!\d)", title, re.IGNORECASE)
    }
    rows = [value for values in sheet.source.rows.values() for value in values]
    named |= {instrument for value in rows for instrument, item in claims_of(value)[:1] if item is None}
    if len(named) != 1 or len(columns) != 1:
        return {}
    instrument, total = named.pop(), columns[0]
    if share_within(sheet.fields[total], read_instruments()[instrument]) < SURE:
        return {}
    check = f"{total!r} is taken for its total after the name of the {'rows' if rows else 'file'}"
    return {instrument: Questionnaire(instrument, (), total, check=check)}


def _items_named(named: dict[str, tuple[Claim, ...]]) -> set[str]:
    """Return the columns that are named after an item of an instrument of which most items are there."""
    items: dict[str, set[str]] = defaultdict(set)
    for name, claims in named.items():
        for instrument, item in claims:
            items[instrument] |= {name} if item else set()
    known = read_instruments()
    return {name for instrument, names in items.items() if 2 * len(names) > known[instrument].n_items for name in names}


def _by_name(
    sheet: Sheet, instrument: str, definition: Instrument, named: dict[str, tuple[Claim, ...]]
) -> Questionnaire | None:
    """Return an instrument that columns are named after."""
    places: dict[int | None, list[str]] = defaultdict(list)
    for name, claims in named.items():
        for claimed, item in claims:
            if claimed == instrument and sheet.fields[name].filled:
                places[item].append(name)
    items = {item: names for item, names in places.items() if item is not None}
    last = definition.n_items
    if last and last not in items and len(items) == last - 1:  # phq1 … phq8 and phq9, whose name is the total's too
        ninth = [name for name in places[None] if squeeze(name)[-1:] == str(last)]
        if ninth and not any(squeeze(first[0]).startswith(instrument) for first in items.values()):
            items[last] = ninth[:1]
            places[None] = [name for name in places[None] if name != ninth[0]]
    places[None], beside = _one_of_numbered(sheet, instrument, places[None])
    items = {item: without_alike(sheet, definition, names) for item, names in items.items()}
    doubled = sum(len(names) > 1 for names in items.values())
    if doubled or (len(places[None]) > 1 and not items):
        return Questionnaire(instrument, (), None, trouble=_wide(instrument, doubled, len(places[None])))
    total = max(places[None], key=lambda name: sheet.fields[name].filled, default=None)
    placed = (
        complete_by_place(sheet, definition, items, {name for name, claims in named.items() if not claims})
        if total is None
        else {}
    )
    items |= {number: [name] for number, name in placed.items()}
    complete = len(items) == last > 0
    if not complete and total is None and not items:
        before = _before_session(instrument, definition, named)
        if before is not None:
            return before
    if not complete and total is None:
        spread = _spread_over_columns(sheet, instrument, definition, named)
        return spread or _too_few(instrument, definition, {item: names[0] for item, names in items.items()})
    if items and not complete:
        return _shorter(sheet, instrument, items, last, total)
    ordered = tuple(items[number][0] for number in range(1, last + 1)) if complete else ()
    check = beside
    if total is not None and PIVOTED.match(total):
        check = f"{total!r} is of a pivot table: right where one of its rows is one questionnaire"
    if placed:
        asked = ", ".join(f"{number} ({name!r})" for number, name in sorted(placed.items()))
        check = f"item {asked} by its place among the others: no wording that is known"
    return Questionnaire(instrument, ordered, total, check=check)


def _shorter(
    sheet: Sheet, instrument: str, items: dict[int, list[str]], asked: int, total: str | None
) -> Questionnaire:
    """Return a total beside some of its items: the shorter form whose items these are, where it is their sum; else the total alone."""
    columns = tuple(items[number][0] for number in sorted(items))
    alone = Questionnaire(instrument, (), total, check=f"{len(items)} of {asked} items found; only the total is used")
    if total is None or 2 * len(items) < asked or _sum_column(sheet, columns, {total}) is None:
        return alone
    for name, definition in read_instruments().items():
        of = definition.derived_from
        if of is not None and (of.instrument, set(of.items)) == (instrument, set(items)):
            check = f"{total!r} is the sum of these {len(items)} items, the score of a shorter form, whatever it is named: read as {name}, which {instrument} is not"
            return Questionnaire(name, columns, total, check=check)
    return replace(
        alone,
        trouble=f"{instrument}: {len(items)} of {asked} items are found, and {total!r} is their sum, so that it is no total of {instrument}. Export the other items, or "
        "leave the column out",
    )


def _one_of_numbered(sheet: Sheet, instrument: str, totals: list[str]) -> tuple[list[str], str]:
    """Return the total that bears the instrument's number, where another that does not is smaller: the PHQ-2 as PHQ beside PHQ-9."""
    exact = [name for name in totals if instrument in squeeze(name)]
    others = [name for name in totals if name not in exact]
    if len(exact) != 1 or not others or not re.search(r"\d", instrument):
        return totals, ""
    numbers = _numbers(sheet.fields[exact[0]])
    if any(np.nansum(_numbers(sheet.fields[name]) > numbers) for name in others):
        return totals, ""
    shown = ", ".join(map(repr, others))
    return exact, f"{shown} beside {exact[0]!r} is never larger: a shorter form, and left out"


def _too_few(instrument: str, definition: Instrument, items: dict[int, str]) -> Questionnaire | None:
    """Return the trouble where most items of an instrument are found, and neither the others nor a total."""
    if 2 * len(items) <= definition.n_items:
        return None
    absent = ", ".join(str(number) for number in range(1, definition.n_items + 1) if number not in items)
    return Questionnaire(
        instrument,
        trouble=f"{instrument}: {len(items)} of {definition.n_items} items are found, and no column reads as item {absent} or as the total. Name all of its columns "
        "under `instruments`, in order",
    )


def _before_session(instrument: str, definition: Instrument, named: Iterable[str]) -> Questionnaire | None:
    """Return the questionnaire of columns named as before a session (phq9_pre); those named as after it are left out."""
    moments: dict[str, dict[int | None, str]] = {"before": {}, "after": {}}
    for name in named:
        bare = [word for word in words_of(name) if word not in BEFORE | AFTER]
        said = (BEFORE | AFTER) & set(words_of(name))
        places = [item for claimed, item in claims_of(" ".join(bare)) if claimed == instrument]
        if len(said) == 1 and places:
            moments["before" if said & BEFORE else "after"][places[0]] = name
    columns = moments["before"]
    whole = bool(definition.n_items) and all(number in columns for number in range(1, definition.n_items + 1))
    if None not in columns and not whole:
        return None
    items = tuple(columns[number] for number in range(1, definition.n_items + 1)) if whole else ()
    check = "the score before the session, of its day"
    if moments["after"]:
        check += f"; {', '.join(repr(name) for name in moments['after'].values())}, after it, left out"
    return Questionnaire(instrument, items, columns.get(None), check=check)


def _spread_over_columns(
    sheet: Sheet, instrument: str, definition: Instrument, named: dict[str, tuple[Claim, ...]]
) -> Questionnaire | None:
    """Return the trouble where several columns hold one instrument at several times (phq9_week1, phq9_week2)."""
    several = [
        name
        for name, claims in named.items()
        if (not claims or any(claimed == instrument for claimed, _ in claims))  # phq8_1 is none of the PHQ-9
        and any(alias in squeeze(name) for alias in _long_names(instrument))
        and not set(words_of(name))
        & {"date", "complete", "timestamp", "difficulty", "severity", "band", "change", "time"}
        and share_within(sheet.fields[name], definition) >= SURE
    ]
    if len(several) < 2:
        return None
    return Questionnaire(instrument, trouble=_wide(instrument, 0, len(several)))


def _wide(instrument: str, doubled: int, totals: int) -> str:
    what = f"{doubled} items" if doubled else f"{totals} totals"
    return (
        f"{instrument}: {what} have more than one column, so that a row holds several questionnaires (a wide export). "
        "Export one row per questionnaire with its date (REDCap: one form at a time, events as rows)."
    )


def _by_position(sheet: Sheet, free: set[str], found: dict[str, Questionnaire]) -> list[Questionnaire]:
    """Return instruments whose items are numbered columns of any name: q1 … q9, item_1 … item_7."""
    series: dict[str, dict[int, str]] = defaultdict(dict)
    for name in sheet.fields:
        match = re.fullmatch(r"(.*?)0*(\d{1,2})", squeeze(name))
        if match and name in free and sheet.fields[name].filled:
            series[match[1]][int(match[2])] = name
    guesses = []
    for prefix, members in series.items():
        if set(members) == set(range(1, len(members) + 1)):
            items = tuple(members[number] for number in range(1, len(members) + 1))
            one = _fitting(sheet, prefix, items, free, found)
            guesses += [one] if one is not None else []
    return guesses


def _fitting(
    sheet: Sheet, prefix: str, items: tuple[str, ...], free: set[str], found: dict[str, Questionnaire]
) -> Questionnaire | None:
    """Return the one instrument that so many items with such answers can be."""
    fits = [
        name
        for name, definition in read_instruments().items()
        if definition.n_items == len(items) and (name not in found or not found[name].items) and not definition.derived_from
        and find_coding(sheet, definition, items) is not None
    ]  # fmt: skip
    hinted = [name for name in fits if any(alias in squeeze(sheet.name) for alias in _long_names(name))]
    if not hinted:
        one = _with_difficulty(sheet, items, free, found)
        if one is not None:
            return one
    if len(hinted or fits) != 1 or (not hinted and _levels(sheet, items) < 3):
        return None
    instrument = (hinted or fits)[0]
    total = found[instrument].total if instrument in found else _sum_column(sheet, items, free - set(items))
    sure = bool(hinted) or instrument in found or total is not None
    check = "" if sure else f"guessed from {len(items)} columns with such answers: {prefix}1 … {prefix}{len(items)}"
    return Questionnaire(instrument, items, total, check=check)


def _with_difficulty(
    sheet: Sheet, items: tuple[str, ...], free: set[str], found: dict[str, Questionnaire]
) -> Questionnaire | None:
    """Return the instrument of all columns but the last, which asks how difficult the problems made things and is no item.

    The file is named after the instrument, or a column holds the sum of its items.
    """
    own = items[:-1]
    for name, definition in read_instruments().items():
        if definition.items is None or definition.n_items != len(own) or definition.derived_from:
            continue
        if name in found and found[name].items:
            continue
        if find_coding(sheet, definition, own) is None:
            continue
        total = found[name].total if name in found else _sum_column(sheet, own, free - set(items))
        if total is not None or any(alias in squeeze(sheet.name) for alias in _long_names(name)):
            return Questionnaire(
                name,
                own,
                total,
                check=f"{items[-1]!r} beside its {len(own)} items (how difficult?) is none of them, and left out",
            )
    return None


def _levels(sheet: Sheet, items: tuple[str, ...]) -> int:
    """Return how many different answers there are: ticked boxes have two, and are no scale."""
    return len({value for item in items for value in sheet.fields[item].values})


def _long_names(instrument: str) -> list[str]:
    return [alias for alias in read_vocabulary()["instruments"].get(instrument, {}).get("names", ()) if len(alias) > 2]


def _sum_column(sheet: Sheet, items: tuple[str, ...], free: set[str]) -> str | None:
    """Return the column that holds the sum of the items in nearly every complete row."""
    sums = np.sum([_numbers(sheet.fields[item]) for item in items], axis=0)
    for name in sorted(free):
        both = ~np.isnan(sums) & ~np.isnan(column := _numbers(sheet.fields[name]))
        if both.sum() >= 5 and np.ptp(sums[both]) > 0 and (sums[both] == column[both]).mean() >= 0.9:
            return name
    return None


def _numbers(column: Field) -> Array:
    return column.words.spread(to_numbers(column.words.values))
