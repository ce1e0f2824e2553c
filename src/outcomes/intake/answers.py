"""Answers of one questionnaire: items, stored total, and how far the two can be true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from outcomes.instruments import Instrument, Items
from outcomes.intake.batch import Batch
from outcomes.intake.columns import note_by_value
from outcomes.intake.ledger import Ledger, show_numbers
from outcomes.intake.points import CONTRADICTED, read_points, read_totals
from outcomes.intake.values import is_missing
from outcomes.intake.words import Array, text_array
from outcomes.settings import Study

NO_ANSWER = -128
FLAGS = ("impossible_total", "non_integer_total", "no_score")
NO_FLAG = -1


@dataclass(frozen=True)
class Answers:
    """One instrument's answers, one element a row."""

    has: Array  # there is a record of this instrument
    items: tuple[Array, ...]  # int8 points, NO_ANSWER where missing
    total: Array  # NaN where missing
    flag: Array  # index into FLAGS or NO_FLAG

    @classmethod
    def none(cls, size: int, items: int) -> Answers:
        """Return no answers at all."""
        missing = np.full(size, NO_ANSWER, dtype=np.int8)
        return cls(
            np.zeros(size, bool), (missing,) * items, np.full(size, np.nan), np.full(size, NO_FLAG, dtype=np.int8)
        )

    def contents(self, rows: Array) -> list[Array]:
        """Return total and items of some rows as numbers; minus infinity is a missing value."""
        total = np.where(np.isnan(self.total[rows]), -np.inf, self.total[rows])
        items = [item[rows].astype(np.float32) for item in self.items]
        return [total, *(np.where(item == NO_ANSWER, np.float32(-np.inf), item) for item in items)]


def read_answers(batch: Batch, name: str, study: Study, ledger: Ledger) -> tuple[Answers, Array]:
    """Return one instrument's answers, and which rows had a record that was left out."""
    instrument, columns = study.instrument(name), batch.mapping.instruments[name]
    items = tuple(
        _read_item(batch, column, f"{name}.item_{number}", instrument, columns.answers, study, ledger)
        for number, column in enumerate(columns.items, start=1)
    )
    total = _read_total(batch, columns.total, instrument, f"{name}.total", study, ledger)
    answered, points = _sum_items(items, len(batch.rows))
    total = _let_items_win(batch, instrument, f"{name}.total", total, answered, points, ledger)
    if columns.missing_item == "from_total":
        items = _fill_from_total(batch, instrument, name, items, total, answered, points, ledger)
    flag, out = _judge_totals(batch, instrument, f"{name}.total", total, answered, study, ledger)
    has = ((answered > 0) | ~np.isnan(total)) & ~out
    if not items:
        items = Answers.none(len(batch.rows), instrument.n_items).items
    return Answers(has, items, total, flag), out


def _read_item(
    batch: Batch,
    column: str,
    label: str,
    instrument: Instrument,
    answers: Mapping[str, int],
    study: Study,
    ledger: Ledger,
) -> Array:
    words = batch.text(column)
    missing = is_missing(words.values, study.cleaning)
    points, states = read_points(words.values, instrument, answers)
    assert instrument.items is not None
    clash = ~missing & (states == CONTRADICTED)
    wrong = ~missing & ~clash & ~(points == np.floor(points))
    outside = ~missing & ~wrong & ~clash & ((points < instrument.items.minimum) | (points > instrument.items.maximum))
    note_by_value(batch, ledger, "item_not_a_number", label, words, wrong, old=show_numbers(points))
    note_by_value(batch, ledger, "contradicting_answer", label, words, clash)
    note_by_value(batch, ledger, "item_out_of_range", label, words, outside, old=show_numbers(points))
    return words.spread(np.where(missing | wrong | outside | clash, NO_ANSWER, points).astype(np.int8))


def _read_total(
    batch: Batch, column: str | None, instrument: Instrument, label: str, study: Study, ledger: Ledger
) -> Array:
    if column is None:
        return np.full(len(batch.rows), np.nan)
    words = batch.text(column)
    numbers = read_totals(words.values, instrument)
    wrong = np.isnan(numbers) & ~is_missing(words.values, study.cleaning)
    note_by_value(batch, ledger, "total_not_a_number", label, words, wrong)
    return words.spread(numbers)


def _sum_items(items: tuple[Array, ...], size: int) -> tuple[Array, Array]:
    """Return the number of answered items and the sum of their points."""
    answered, points = np.zeros(size, dtype=np.int16), np.zeros(size, dtype=np.int16)
    for item in items:
        given = item != NO_ANSWER
        answered += given
        points += np.where(given, item, np.int8(0))
    return answered, points


def _let_items_win(
    batch: Batch, instrument: Instrument, label: str, total: Array, answered: Array, points: Array, ledger: Ledger
) -> Array:
    """Return the totals with those replaced that the items contradict."""
    if instrument.items is None or not answered.any():
        return total
    factor = instrument.multiplier
    low, high = _bounds(instrument.items, answered, points)
    wrong = np.nonzero((answered > 0) & ((total < low * factor) | (total > high * factor)))[0]
    fractional = np.nonzero((answered > 0) & (answered < instrument.items.count) & (total != np.floor(total)))[0]
    wrong = np.union1d(wrong, fractional[~np.isnan(total[fractional])])
    if not len(wrong):
        return total
    complete = answered[wrong] == instrument.items.count
    new = np.where(complete, points[wrong] * factor, np.nan)
    old = total[wrong]
    outside = (old < instrument.minimum) | (old > instrument.maximum)
    for reason, hit in (("impossible_total", outside), ("total_disagrees_with_items", ~outside)):
        ledger.note(
            batch.file, batch.rows[wrong[hit]], reason, label,
            state="corrected", old=show_numbers(old[hit]), new=show_numbers(new[hit]),
        )  # fmt: skip
    total = total.copy()
    total[wrong] = new
    return total


def _fill_from_total(
    batch: Batch,
    instrument: Instrument,
    name: str,
    items: tuple[Array, ...],
    total: Array,
    answered: Array,
    points: Array,
    ledger: Ledger,
) -> tuple[Array, ...]:
    """Return the items with one that alone is missing as what the stored total leaves for it; never one that is not to be imputed."""
    alone = (answered == len(items) - 1) & ~np.isnan(total)
    filled = []
    for number, item in enumerate(items, start=1):
        places = (
            np.nonzero(alone & (item == NO_ANSWER))[0]
            if number not in instrument.never_imputed
            else np.empty(0, np.int64)
        )
        new = item.copy()
        new[places] = (total[places] / instrument.multiplier - points[places]).astype(np.int8)
        ledger.note(
            batch.file, batch.rows[places], "item_from_total", f"{name}.item_{number}",
            state="corrected", old=text_array([None] * len(places)), new=show_numbers(new[places].astype(np.float64)),
        )  # fmt: skip
        filled.append(new)
    return tuple(filled)


def _bounds(items: Items, answered: Array, points: Array) -> tuple[Array, Array]:
    """Return the smallest and the largest sum that the missing items leave possible."""
    absent = items.count - answered
    if not absent.any():
        return points, points
    return points + absent * items.minimum, points + absent * items.maximum


def _judge_totals(
    batch: Batch, instrument: Instrument, label: str, total: Array, answered: Array, study: Study, ledger: Ledger
) -> tuple[Array, Array]:
    """Return the flags of totals that stand alone, and which records are left out."""
    flag = np.full(len(total), NO_FLAG, dtype=np.int8)
    out = np.zeros(len(total), dtype=bool)
    alone = (answered == 0) & ~np.isnan(total)
    if not alone.any():
        return flag, out
    impossible = alone & ((total < instrument.minimum) | (total > instrument.maximum))
    fractional = alone & ~impossible & (total != np.floor(total))
    for reason, hit, effect in (
        ("impossible_total", impossible, study.cleaning.impossible_total),
        ("non_integer_total", fractional, study.cleaning.non_integer_total),
    ):
        state = "quarantined" if effect == "quarantine" else "flagged"
        shown = show_numbers(total[hit])
        ledger.note(
            batch.file, batch.rows[hit], reason, label, state=state, old=shown, new=text_array([None] * len(shown))
        )
        if effect == "quarantine":
            out |= hit
        else:
            flag[hit] = FLAGS.index(reason)
    return flag, out
