"""One questionnaire in one sheet: its columns, how its answers are written, and whether its total fits them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from outcomes.instruments import Instrument, read_instruments
from outcomes.intake.draft.incomplete import MOSTLY, find_known, find_unasked, judge_totals, tell_percent
from outcomes.intake.draft.survey import Field, Sheet
from outcomes.intake.draft.vocabulary import words_of
from outcomes.intake.points import find_numbering, read_points, read_totals
from outcomes.intake.words import Array

SURE = 0.95  # of the filled rows that must hold an allowed answer
ALL_BUT_FEW = 0.05  # of the complete rows whose total may be another than the sum


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


def share_within(column: Field, definition: Instrument) -> float:
    """Return the share of the filled rows that hold a total of the instrument."""
    totals = read_totals(column.words.values, definition)
    return column.share((totals >= definition.minimum) & (totals <= definition.maximum))


def find_coding(sheet: Sheet, definition: Instrument, items: tuple[str, ...]) -> dict[str, int] | None:
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
    if inside >= SURE * rows:
        return {}
    spelt = {value for column in columns for value in column.values if not is_refusal(value)}
    return find_numbering(spelt, definition) or _find_codes(columns, low, high)


def _find_codes(columns: Sequence[Field], low: int, high: int) -> dict[str, int] | None:
    """Return what codes of answers mean that are a letter or two and a number (A1 to A4), each of as many as there are answers."""
    spelt = {value.strip().casefold() for column in columns for value in column.values if not is_refusal(value)}
    codes = {one: match for one in spelt if (match := re.fullmatch(r"([a-z]{1,2})0?(\d)", one))}
    numbers = sorted(int(match[2]) for match in codes.values())
    if len(codes) < len(spelt) or len({match[1] for match in codes.values()}) != 1:
        return None
    if numbers not in (list(range(low, high + 1)), list(range(low + 1, high + 2))):
        return None
    return {one: int(match[2]) - numbers[0] + low for one, match in sorted(codes.items())}


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


def judge(sheet: Sheet, definition: Instrument, one: Questionnaire) -> Questionnaire:
    """Return a questionnaire after a look at its answers and totals."""
    if one.trouble:
        return one
    if one.items:
        assert definition.items is not None
        answers = find_coding(sheet, definition, one.items)
        if answers is None:
            allowed = f"{definition.items.minimum} to {definition.items.maximum}"
            if one.total is None:
                trouble = (
                    f"{one.instrument}: the columns named after its items hold neither whole numbers from {allowed} nor the wording of the answers in a language that is known. Where they "
                    f"hold answers, name the columns as `items`, and list the answers in their order beside them: `answers: {{first: {definition.items.minimum}, …, last: {definition.items.maximum}}}`"
                )
                return Questionnaire(one.instrument, trouble=trouble)
            return replace(one, items=(), check=f"its item columns do not hold {allowed}; only the total is used")
        if str(definition.items.maximum + 1) in answers:
            return _count_from_one(sheet, definition, one, answers)
        refused = sum(
            sheet.fields[item].filled * sheet.fields[item].share(_refusals(sheet.fields[item])) for item in one.items
        )
        every = sum(sheet.fields[item].filled for item in one.items)
        if refused > 0.01 * every:
            note = f"{refused / every:.0%} of the answers say that none was given: missing, so that their totals are (scoring)"
            one = replace(one, check="; ".join(filter(None, [one.check, note])))
        coded = ", ".join(f"{code if ' ' in code else code.upper()} is {points}" for code, points in answers.items())
        note = f"answers are codes, and taken in their order ({coded})" if answers else ""
        one = replace(one, answers=answers, check="; ".join(filter(None, [one.check, note])))
        one = _hold_against_total(sheet, definition, one)
        if one.trouble:
            return one
        told, unasked = _total_knows(sheet, definition, one), ""
        if one.total is not None:
            columns = [sheet.fields[item] for item in one.items]
            unasked = find_unasked(columns, sheet.fields[one.total], definition, one.answers)
        one = replace(one, from_total=bool(told), check="; ".join(filter(None, [one.check, told, unasked])))
    if one.total is not None:
        numbers = read_totals(sheet.fields[one.total].words.values, definition)
        if share_within(sheet.fields[one.total], definition) < 0.8 and not one.items:
            trouble = (
                f"{one.instrument}: the column named after it does not hold totals from 0 to {definition.maximum:g}."
            )
            percent = tell_percent(sheet.fields[one.total], definition)
            return Questionnaire(one.instrument, trouble=f"{one.instrument}: {percent}" if percent else trouble)
        if definition.multiplier != 1 and np.nanmax(numbers) * definition.multiplier <= definition.maximum:
            raw = definition.maximum / definition.multiplier
            return replace(
                one, check=f"no total is above {raw:g}: raw sums? The total is {definition.multiplier:g} times them"
            )
    return one


def _count_from_one(sheet: Sheet, definition: Instrument, one: Questionnaire, answers: dict[str, int]) -> Questionnaire:
    """Return a questionnaire whose answers are counted from one, upwards unless the stored totals show that they are counted downwards."""
    assert definition.items is not None
    if one.total is not None:
        items, total = [sheet.fields[item] for item in one.items], sheet.fields[one.total]
        _, turned = judge_totals(items, total, definition, answers)
        if turned:
            low, high = definition.items.minimum, definition.items.maximum
            check = f"the answers are counted from {high + 1} (not at all) down to {low + 1}, as the stored totals show, and are taken so"
            down = {code: low + high - points for code, points in answers.items()}
            return replace(one, answers=down, check=check)
    check = "answers are one point higher than the instrument's, and taken so" + (
        f"; {one.total!r} is left out, as it may be their sum" if one.total else ""
    )
    return replace(one, answers=answers, total=None, check=check)


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
    shorter = _of_shorter(sheet, one) if wrong > MOSTLY else None
    if shorter is not None:
        note = f"{one.total!r} is the sum of the items of {shorter}, whatever it is named, and no total of {one.instrument}: left out, and the items are read"
        return replace(one, total=None, check="; ".join(filter(None, [one.check, note])))
    if wrong > MOSTLY:
        return Questionnaire(
            one.instrument,
            trouble=f"{one.instrument}: in {wrong:.0%} of the complete rows {one.total!r} is not the sum of the items, so that one of the two is something else. Look which "
            "is right, and map the items alone or the total alone",
        )
    return one


def _of_shorter(sheet: Sheet, one: Questionnaire) -> str | None:
    """Return the shorter form of the same items whose sum the stored totals are."""
    for name, definition in read_instruments().items():
        of = definition.derived_from
        if of is not None and of.instrument == one.instrument and one.total is not None:
            items = [sheet.fields[one.items[number - 1]] for number in of.items]
            if judge_totals(items, sheet.fields[one.total], definition, one.answers)[0] <= ALL_BUT_FEW:
                return name
    return None


def _total_knows(sheet: Sheet, definition: Instrument, one: Questionnaire) -> str:
    """Return what says that the stored totals know an answer that alone is missing; nothing where they do not, or there is none."""
    if one.total is None:
        return ""
    return find_known([sheet.fields[item] for item in one.items], sheet.fields[one.total], definition, one.answers)
