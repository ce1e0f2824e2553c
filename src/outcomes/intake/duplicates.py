"""Duplicates: which of several records of one thing stays. Content decides, never the order of rows or files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from outcomes.intake.words import Array, Words

STAYS, EXACT, CONFLICTING, OUT = 0, 1, 2, 3


def compose_key(*columns: Array) -> Array:
    """Return one integer per row that orders as the integer columns do, the first one foremost."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        if len(column):
            low, high = int(column.min()), int(column.max())
            key *= high - low + 1
            key += column
            key -= low
    return key


def whole(days: Array) -> Array:
    """Return days as integers; a missing day comes before all others."""
    absent = np.isnan(days)
    low = 0.0 if absent.all() else np.nanmin(days) - 1
    return np.where(absent, low, np.floor(days)).astype(np.int64)


def find_repeats(key: Array) -> Array:
    """Return the positions of rows whose key occurs more than once."""
    if bool((key[1:] > key[:-1]).all()):
        return np.empty(0, dtype=np.int64)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    same = ordered[1:] == ordered[:-1]
    member = np.zeros(len(key), dtype=bool)
    member[1:] |= same
    member[:-1] |= same
    repeats: Array = order[member]
    return repeats


def judge(key: Array, contents: Sequence[Array], rule: str) -> Array:
    """Return what becomes of ranked rows (equal keys beside one another): stays, exact, conflicting, or out."""
    new = np.ones(len(key), dtype=bool)
    new[1:] = key[1:] != key[:-1]
    group = np.cumsum(new) - 1
    starts = np.nonzero(new)[0]
    ends = np.append(starts[1:], len(key)) - 1
    winner = (starts if rule == "first" else ends)[group]
    equal = np.ones(len(key), dtype=bool)
    for content in contents:
        equal &= content == content[winner]
    states = np.where(equal, EXACT, CONFLICTING).astype(np.int8)
    states[winner] = STAYS
    if rule == "quarantine":
        mixed = np.bincount(group, weights=states == CONFLICTING) > 0
        states[mixed[group]] = OUT
    return states


def rank_rows(
    key: Array, lead: Sequence[Array], contents: Sequence[Array], submitted: Array, ties: Sequence[Array], rule: str
) -> Array:
    """Return the order of the rows by key, and within a key so that the preferred row is last (``first``: first).

    What leads decides first, then the time of submission, then the number of values, then the values, then the ties
    (what the raw row says, and where it stands: of copies the uppermost is preferred). Nothing may be NaN but ``submitted``.
    """
    sign = -1 if rule == "first" else 1
    ranks = [*(sign * column for column in lead), fill(submitted), sign * count_filled(contents), *contents]
    raw, place = ties
    order: Array = np.lexsort((-sign * place, raw, *reversed(ranks), key))
    return order


def settle(
    key: Array,
    describe: Callable[[Array], Sequence[Array]],
    submitted: Array,
    ties: Callable[[Array], Sequence[Array]],
    rule: str,
) -> tuple[Array, Array]:
    """Return what becomes of every row, and its rank among the rows of its key.

    ``describe`` gives the content of the named rows as columns of numbers, minus infinity being a missing value, and
    ``ties`` what decides between rows of one content (see ``rank_rows``).
    """
    states, ranks = np.zeros(len(key), dtype=np.int8), np.zeros(len(key), dtype=np.int32)
    repeats = find_repeats(key)
    if len(repeats):
        contents = describe(repeats)
        order = rank_rows(key[repeats], [], contents, submitted[repeats], ties(repeats), rule)
        ranked = repeats[order]
        states[ranked] = judge(key[ranked], [content[order] for content in contents], rule)
        ranks[ranked] = np.arange(len(ranked))
    return states, ranks


def fill(numbers: Array) -> Array:
    """Return numbers with the missing ones before all others."""
    return np.where(np.isnan(numbers), -np.inf, numbers)


def count_filled(columns: Sequence[Array]) -> Array:
    """Return how many of the columns have a value (fewer is less preferred)."""
    filled: Array = np.sum([~np.isneginf(np.asarray(column, dtype=np.float64)) for column in columns], axis=0)
    return filled if columns else np.zeros(1)


def fingerprint(columns: Sequence[Words], rows: Array) -> Array:
    """Return a number per row that is the same where all columns hold the same text."""
    import pandas as pd

    print_ = np.zeros(len(rows), dtype=np.uint64)
    for words in columns:
        codes, at = np.unique(words.codes[rows], return_inverse=True)
        hashes = pd.util.hash_array(words.values[codes].astype(object), categorize=False)
        print_ = print_ * np.uint64(0x9E3779B97F4A7C15) + hashes[at]
    return print_
