"""Which columns of a sheet are the items and the total of which instrument."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from outcomes.instruments import Instrument, read_instruments
from outcomes.intake.draft.claims import Claim, claims_of
from outcomes.intake.draft.incomplete import MOSTLY, find_known, judge_totals
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.draft.vocabulary import read_vocabulary, squeeze, words_of
from outcomes.intake.points import read_points, read_totals
from outcomes.intake.values import to_numbers
from outcomes.intake.words import Array

BEFORE = frozenset({"pre", "before", "start", "vor", "vorher", "avant", "antes", "prima"})  # of a session
AFTER = frozenset({"post", "after", "end", "nach", "nachher", "apres", "despues", "depois", "dopo"})
SURE = 0.95  # of the filled rows that must hold an allowed answer


@dataclass(frozen=True)
class Questionnaire:
    """One instrument in one sheet: item columns in order, the total's column, answers written otherwise, doubts."""

    instrument: str
    items: tuple[str, ...] = ()
    total: str | None = None
    answers: dict[str, int] = field(default_factory=dict)
    check: str = ""
    trouble: str = ""  # why it cannot be mapped; then it is not
    from_total: bool = False  # an item that alone is missing is what the total leaves for it

    @property
    def columns(self) -> set[str]:
        """The columns it takes."""
        return {*self.items, *([self.total] if self.total else [])}


def find_questionnaires(sheet: Sheet, free: set[str]) -> dict[str, Questionnaire]:
    """Return the questionnaires among some columns of a sheet, by instrument.

    An instrument whose columns occur more than once in a row (a wide export) or hold what is no answer is returned with
    its ``trouble``.
    """
    found: dict[str, Questionnaire] = {}
    named = {name: claims_of(name) for name in sheet.fields if name in free}
    for instrument, definition in read_instruments().items():
        one = _by_name(sheet, instrument, definition, named)
        if one is not None:
            found[instrument] = one
    items = {column for one in found.values() for column in one.items}
    # The column PHQ8 beside PHQ1 to PHQ9 is their eighth item, and no total of the PHQ-8.
    found = {name: one for name, one in found.items() if one.items or one.trouble or one.total not in items}
    taken = {column for one in found.values() for column in one.columns}
    for one in _by_position(sheet, free - taken, found):
        found[one.instrument] = one
    return {name: _judge(sheet, read_instruments()[name], one) for name, one in found.items()}


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
    doubled = sum(len(names) > 1 for names in items.values())
    if doubled or (len(places[None]) > 1 and not items):
        return Questionnaire(instrument, (), None, trouble=_wide(instrument, doubled, len(places[None])))
    total = max(places[None], key=lambda name: sheet.fields[name].filled, default=None)
    complete = len(items) == last > 0
    if not complete and total is None and not items:
        before = _before_session(instrument, definition, named)
        if before is not None:
            return before
    if not complete and total is None:
        return _spread_over_columns(sheet, instrument, definition, named)
    ordered = tuple(items[number][0] for number in range(1, last + 1)) if complete else ()
    check = f"{len(items)} of {last} items found; only the total is used" if items and not complete else ""
    return Questionnaire(instrument, ordered, total, check=check)


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
        for name in named
        if any(alias in squeeze(name) for alias in _long_names(instrument))
        and not set(words_of(name))
        & {"date", "complete", "timestamp", "difficulty", "severity", "band", "change", "time"}
        and _within(sheet.fields[name], definition) >= SURE
    ]
    if len(several) < 2:
        return None
    return Questionnaire(instrument, trouble=_wide(instrument, 0, len(several)))


def _within(column: Field, definition: Instrument) -> float:
    totals = read_totals(column.words.values, definition)
    return column.share((totals >= definition.minimum) & (totals <= definition.maximum))


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
        and _answer_coding(sheet, name, definition, items) is not None
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
        if _answer_coding(sheet, name, definition, own) is None:
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


def _answer_coding(
    sheet: Sheet, instrument: str, definition: Instrument, items: tuple[str, ...]
) -> dict[str, int] | None:
    """Return how answers are written: empty where they are the instrument's own numbers, None where it cannot be told."""
    assert definition.items is not None
    low, high = definition.items.minimum, definition.items.maximum
    columns = [sheet.fields[item] for item in items]
    rows = sum(column.filled for column in columns)
    if not rows:
        return None
    inside, over, under, refused = 0.0, 0.0, 0.0, 0.0
    for column in columns:
        points, _ = read_points(column.words.values, definition, {})
        allowed = (points == np.floor(points)) & (points >= low) & (points <= high)
        inside += column.share(allowed) * column.filled
        over += column.share(points == high + 1) * column.filled
        under += column.share(points == low) * column.filled
        refused += column.share(_refusals(column)) * column.filled
    rows -= int(min(refused, 0.4 * rows))
    if over > 0.01 * rows and under == 0 and inside + over >= SURE * rows:
        return {str(number): number - 1 for number in range(low + 1, high + 2)}
    return {} if inside >= SURE * rows else None


def _refusals(column: Field) -> Array:
    return np.array([is_refusal(value) for value in column.words.values], dtype=bool)


def is_refusal(value: str) -> bool:
    """Tell whether a cell says that no answer was given.

    >>> is_refusal("Prefer not to answer"), is_refusal("Several days")
    (True, False)
    """
    return bool(
        {
            "prefer",
            "decline",
            "declined",
            "refused",
            "refuse",
            "skipped",
            "unanswered",
            "unknown",
            "unk",
            "nask",
            "asku",
        }
        & set(words_of(value))
    )


def _judge(sheet: Sheet, definition: Instrument, one: Questionnaire) -> Questionnaire:
    """Return a questionnaire after a look at its answers and totals."""
    if one.trouble:
        return one
    if one.items:
        assert definition.items is not None
        answers = _answer_coding(sheet, one.instrument, definition, one.items)
        if answers is None:
            allowed = f"{definition.items.minimum} to {definition.items.maximum}"
            if one.total is None:
                trouble = (
                    f"{one.instrument}: the columns named after its items do not hold whole numbers from {allowed}."
                )
                return Questionnaire(one.instrument, trouble=trouble)
            return replace(one, items=(), check=f"its item columns do not hold {allowed}; only the total is used")
        if str(definition.items.maximum + 1) in answers:
            check = "answers are one point higher than the instrument's, and taken so" + (
                f"; {one.total!r} is left out, as it may be their sum" if one.total else ""
            )
            return replace(one, answers=answers, total=None, check=check)
        refused = sum(
            sheet.fields[item].filled * sheet.fields[item].share(_refusals(sheet.fields[item])) for item in one.items
        )
        every = sum(sheet.fields[item].filled for item in one.items)
        if refused > 0.01 * every:
            note = f"{refused / every:.0%} of the answers say that none was given: missing, so that their totals are (scoring)"
            one = replace(one, check="; ".join(filter(None, [one.check, note])))
        one = replace(one, answers=answers)
        one = _hold_against_total(sheet, definition, one)
        if one.trouble:
            return one
        told = _total_knows(sheet, definition, one)
        one = replace(one, from_total=bool(told), check="; ".join(filter(None, [one.check, told])))
    if one.total is not None:
        numbers = read_totals(sheet.fields[one.total].words.values, definition)
        if _within(sheet.fields[one.total], definition) < 0.8 and not one.items:
            trouble = (
                f"{one.instrument}: the column named after it does not hold totals from 0 to {definition.maximum:g}."
            )
            return Questionnaire(one.instrument, trouble=trouble)
        if definition.multiplier != 1 and np.nanmax(numbers) * definition.multiplier <= definition.maximum:
            raw = definition.maximum / definition.multiplier
            return replace(
                one, check=f"no total is above {raw:g}: raw sums? The total is {definition.multiplier:g} times them"
            )
    return one


def _hold_against_total(sheet: Sheet, definition: Instrument, one: Questionnaire) -> Questionnaire:
    """Return a questionnaire whose stored totals tell that its answers are counted from the other end, or are no answers to it."""
    if one.total is None or definition.items is None:
        return one
    wrong, turned = judge_totals(
        [sheet.fields[item] for item in one.items], sheet.fields[one.total], definition, one.answers
    )
    if turned and not one.answers:
        low, high = definition.items.minimum, definition.items.maximum
        answers = {str(number): low + high - number for number in range(low, high + 1)}
        note = f"the answers are counted from the other end ({high} is not at all), as the stored totals show, and are taken so"
        return replace(one, answers=answers, check="; ".join(filter(None, [one.check, note])))
    if wrong > MOSTLY:
        return Questionnaire(
            one.instrument,
            trouble=f"{one.instrument}: in {wrong:.0%} of the complete rows {one.total!r} is not the sum of the items, so that one of the two is something else. Look which "
            "is right, and map the items alone or the total alone",
        )
    return one


def _total_knows(sheet: Sheet, definition: Instrument, one: Questionnaire) -> str:
    """Return what says that the stored totals know an answer that alone is missing; nothing where they do not, or there is none."""
    if one.total is None:
        return ""
    return find_known([sheet.fields[item] for item in one.items], sheet.fields[one.total], definition, one.answers)
