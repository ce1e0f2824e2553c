"""Questionnaires that lack one answer and have a stored total: whether the total knows the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from outcomes.instruments import Instrument
from outcomes.intake.draft.spellings import state_rows
from outcomes.intake.draft.survey import Field
from outcomes.intake.points import read_points, read_totals
from outcomes.intake.values import to_numbers

FEWEST_ZERO = 3  # totals of zero without an answer
FEWEST, MOSTLY, NEARLY = (
    10,
    0.5,
    0.95,
)  # complete rows with a total; share that contradicts; share that a coding must explain


def judge_totals(
    items: Sequence[Field], total: Field, definition: Instrument, answers: Mapping[str, int]
) -> tuple[float, bool]:
    """Return the share of complete rows whose total is not the items' sum, and whether answers counted from the other end explain it."""
    assert definition.items is not None
    points = np.array([one.words.spread(read_points(one.words.values, definition, answers)[0]) for one in items])
    stored = total.words.spread(read_totals(total.words.values, definition)) / definition.multiplier
    whole = ~np.isnan(points).any(axis=0) & ~np.isnan(stored)
    if whole.sum() < FEWEST:
        return 0.0, False
    summed, stored = points[:, whole].sum(axis=0), stored[whole]
    turned = len(items) * (definition.items.minimum + definition.items.maximum) - summed
    return float((summed != stored).mean()), bool((turned == stored).mean() >= NEARLY > (summed == stored).mean())


def tell_percent(total: Field, definition: Instrument) -> str:
    """Return what says that a column holds percentages of the largest total in place of totals; nothing where it does not seem to."""
    signed = np.array([value.strip().endswith("%") for value in total.words.values], dtype=bool)
    numbers = to_numbers(np.array([value.strip().rstrip("% ") for value in total.words.values], dtype=object))
    points = numbers / 100 * definition.maximum
    fits = (numbers >= 0) & (numbers <= 100) & (np.abs(numbers - np.round(points) / definition.maximum * 100) <= 0.5)
    if total.share(signed) < NEARLY and (
        total.share(fits) < NEARLY or (np.nan_to_num(numbers) <= definition.maximum).all()
    ):
        return ""
    return (
        f"{total.name!r} seems to hold percentages of the largest total ({definition.maximum:g}) in place of totals. Export the points, or divide by 100 and "
        f"multiply by {definition.maximum:g} in the export"
    )


def find_unasked(items: Sequence[Field], total: Field, definition: Instrument, answers: Mapping[str, int]) -> str:
    """Return what says that totals of zero stand where nothing was answered, as a program sums nothing; else nothing."""
    points = np.array([one.words.spread(read_points(one.words.values, definition, answers)[0]) for one in items])
    stored = total.words.spread(read_totals(total.words.values, definition))
    unanswered = np.isnan(points).all(axis=0) & ~np.isnan(stored)
    zero = int((unanswered & (stored == definition.minimum)).sum())
    if zero < FEWEST_ZERO or zero < NEARLY * unanswered.sum() or unanswered.sum() > MOSTLY * len(unanswered):
        return ""
    return (
        f"{state_rows(zero)} have no answer and a total of {definition.minimum:g} in {total.name!r}, which is the sum of nothing if nobody asked: "
        "then leave such rows out of the export, or map the items without the total"
    )


def find_known(items: Sequence[Field], total: Field, definition: Instrument, answers: Mapping[str, int]) -> str:
    """Return what says that totals know an answer that alone is missing: neither counted as zero nor prorated; else nothing."""
    assert definition.items is not None
    columns = [(one.words, read_points(one.words.values, definition, answers)[0]) for one in items]
    points = np.array([words.spread(read) for words, read in columns])
    stored = total.words.spread(read_totals(total.words.values, definition))
    kept = [number - 1 for number in definition.never_imputed]
    alone = (np.isnan(points).sum(axis=0) == 1) & ~np.isnan(stored) & ~np.isnan(points[kept]).any(axis=0)
    summed, full = np.nansum(points, axis=0)[alone], stored[alone] / definition.multiplier
    left = full - summed
    if (
        not len(left)
        or (left < definition.items.minimum).any()
        or (left > definition.items.maximum).any()
        or (left % 1).any()
    ):
        return ""
    known = (left > 0) & (np.abs(full - summed * len(items) / (len(items) - 1)) > 0.5)
    if known.sum() < 2 or known.mean() < 0.25:
        return ""
    return (
        f"{state_rows(int(alone.sum()))} lack one answer and have a total that knows it (it is neither left out of the total nor prorated): "
        "the answer is what the total leaves for it, with an entry (missing_item)"
    )
