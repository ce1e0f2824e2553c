"""The scores of one instrument on a line: sorted by patient and position, so that a stretch of it is two searches.

A position is a study day, or a visit's rank with the day inside it. Patient and position share one 64-bit key.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.measures.order import Array, Bools, Floats, Ints, compute_order

NO_DAY = np.iinfo(np.int32).min  # of scores without a study day
_ZERO = 2**31  # position 0 within the lower half of a key
_RANK = 2**24  # days that one visit's rank spans
_DAY = 2**23  # day 0 within them


@dataclass(frozen=True)
class Line:
    """Scores with a total; one element a score, in ascending order of ``key``."""

    key: Ints
    day: Ints  # study day, NO_DAY where there is none
    total: Floats  # points
    ideation: Array  # -1 where there is none

    @classmethod
    def from_arrays(cls, key: Ints, day: Ints, total: Floats, ideation: Array) -> Line:
        """Sort scores into a line; scores of equal key stay in the order they come in."""
        order = compute_order([key])
        return (
            cls(key, day, total, ideation)
            if order is None
            else cls(key[order], day[order], total[order], ideation[order])
        )

    def find(self, span: Span) -> tuple[Ints, Ints]:
        """Return the place of the first score in each stretch, and the place after the last; equal where it is empty."""
        first = np.searchsorted(self.key, span.lower, side="left")
        stop = np.searchsorted(self.key, span.upper, side="right")
        return first, np.maximum(first, stop)

    def pick_last(self, span: Span) -> Ints:
        """Return the place of the last score in each stretch, -1 where there is none."""
        place = np.searchsorted(self.key, span.upper, side="right") - 1
        return self._where_inside(place, place >= 0, span)

    def pick_first(self, span: Span) -> Ints:
        """Return the place of the first score in each stretch, -1 where there is none.

        Of several on that day it is the last, as everywhere.
        """
        place = np.searchsorted(self.key, span.lower, side="left")
        return self._last_of_day(self._where_inside(place, place < len(self.key), span))

    def pick_nearest(self, span: Span, target: Ints) -> Ints:
        """Return the place of the score nearest to the target key in each stretch, -1 where there is none; ties the later."""
        first, stop = self.find(span)
        if not len(self.key):
            return np.full(len(first), -1, dtype=np.int64)
        later = np.clip(np.searchsorted(self.key, target, side="left"), first, np.maximum(stop - 1, first))
        earlier = np.maximum(later - 1, first)
        last = len(self.key) - 1
        later, earlier = np.minimum(later, last), np.minimum(earlier, last)
        nearer = np.abs(self.key[later] - target) <= np.abs(self.key[earlier] - target)
        return np.where(stop > first, self._last_of_day(np.where(nearer, later, earlier)), -1)

    def _where_inside(self, place: Ints, exists: Bools, span: Span) -> Ints:
        """Return the places that exist and lie within the stretches, -1 for the others."""
        if not len(self.key):
            return np.full(len(place), -1, dtype=np.int64)
        key = self.key[np.where(exists, place, 0)]
        return np.where(exists & (key >= span.lower) & (key <= span.upper), place, -1)

    def _last_of_day(self, place: Ints) -> Ints:
        """Return the place of the last score with the same key; -1 stays."""
        if not len(self.key):
            return place
        return np.where(place < 0, -1, np.searchsorted(self.key, self.key[place], side="right") - 1)


@dataclass(frozen=True)
class Span:
    """A stretch of a line for each series, from key to key, both inclusive; empty where lower is above upper."""

    lower: Ints
    upper: Ints


def compute_day_key(patient: Ints, day: Ints) -> Ints:
    """Return the key of a study day; a day beyond 32 bits stands for the first or last there is."""
    return np.asarray((patient << 32) + np.clip(day + _ZERO, 0, 2 * _ZERO - 1), dtype=np.int64)


def compute_visit_key(patient: Ints, rank: Array, day: Ints) -> Ints:
    """Return the key of a visit, in order of its day; a score without a day is the last of its visit."""
    within = np.where(day == NO_DAY, _RANK - 1, np.clip(day + _DAY, 0, _RANK - 2))
    return np.asarray((patient << 32) + rank.astype(np.int64) * _RANK + within, dtype=np.int64)


def make_visit_span(patient: Ints, first_rank: Array, last_rank: Array) -> Span:
    """Return the stretch of whole visits, whatever their days."""
    start = patient << 32
    return Span(start + first_rank.astype(np.int64) * _RANK, start + (last_rank.astype(np.int64) + 1) * _RANK - 1)


def expand(first: Ints, stop: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the places of all scores in the stretches, one stretch after another.

    Returns
    -------
    places, owner, start
        Place of each score; the stretch that it is in; and, for each stretch that is not empty, where it starts in these.
    """
    count = stop - first
    filled = np.flatnonzero(count)
    sizes = count[filled]
    start = np.cumsum(sizes) - sizes
    owner = np.repeat(filled, sizes)
    places = np.arange(int(sizes.sum())) + np.repeat(first[filled] - start, sizes)
    return places, owner, start
