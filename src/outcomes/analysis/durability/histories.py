"""What was known of each patient before each day: how far the last score lay inside the response, and how long ago it was."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints

BIN_DAYS = 2  # width of a step of the visit rate


@dataclass(frozen=True)
class Histories:
    """Patients of one arm in response at the landmark, and their later scores.

    Attributes
    ----------
    start : int
        The landmark: follow-up begins on the day after it.
    end : int
        Last day of follow-up.
    until : ndarray, shape (n,)
        Last day on which a score of the patient could be had, at most ``end``.
    retreated : ndarray of bool, shape (n,)
        Whether it is the last because of further treatment.
    margin : ndarray, shape (n,)
        By how much the landmark's score lay inside the response, in units of 4 points of a scale of 27.
    since : ndarray, shape (n,)
        Day of the landmark's score.
    person : ndarray of int, shape (m,)
        Patient of each later score, in order of patient and day.
    day, score_margin : ndarray, shape (m,)
    good : ndarray of bool, shape (m,)
        Whether the score is one in response.
    """

    start: int
    end: int
    until: Floats
    retreated: Bools
    margin: Floats
    since: Floats
    person: Ints
    day: Floats
    score_margin: Floats
    good: Bools

    @property
    def n(self) -> int:
        """Patients, those never seen again included."""
        return len(self.until)

    @property
    def days(self) -> Floats:
        """Every day of follow-up."""
        return np.arange(self.start + 1, self.end + 1, dtype=float)

    @property
    def seen(self) -> int:
        """Patients with a later score."""
        return len(np.unique(self.person))

    @cached_property
    def _known(self) -> tuple[Ints, Floats, Floats, Bools, Floats]:
        """Return all scores from the landmark's on: place of each patient's first, day, margin, good, and mean margin so far."""
        who = np.concatenate([np.arange(self.n), self.person])
        day = np.concatenate([self.since, self.day])
        order = np.lexsort((day, who))
        margin = np.concatenate([self.margin, self.score_margin])[order]
        good = np.concatenate([np.ones(self.n, dtype=bool), self.good])[order]
        first = np.searchsorted(who[order], np.arange(self.n))
        total = np.cumsum(margin)
        before = np.where(first > 0, total[first - 1], 0.0)
        count = np.arange(len(who)) - first[who[order]] + 1
        return first, day[order], margin, good, (total - before[who[order]]) / count

    def look_back(self, person: Ints, day: Floats) -> Floats:
        """Return what was known of patients before days.

        Returns
        -------
        ndarray, shape (rows, 5)
            Margin of the last score before the day, whether it was no response, days since it, mean margin so far, and whether
            none had been seen since the landmark.
        """
        first, known_day, margin, good, mean = self._known
        who = np.repeat(np.arange(self.n), np.diff(np.append(first, len(known_day))))
        span = self.end + 1000.0
        place = np.searchsorted(who * span + known_day + 500, person * span + day + 500, side="left") - 1
        place = np.maximum(place, first[person])
        columns = (margin[place], ~good[place], day - known_day[place], mean[place], place == first[person])
        return np.column_stack(columns).astype(float)

    @cached_property
    def visits(self) -> Floats:
        """History before each later score, shape (m, 5)."""
        return self.look_back(self.person, self.day)

    @cached_property
    def bins(self) -> tuple[Ints, Floats, Floats]:
        """Steps of ``BIN_DAYS`` days while a score could be had: patient, history at the start, and whether there was a score."""
        starts = np.arange(self.start + 1, self.end + 1, BIN_DAYS, dtype=float)
        inside = starts <= self.until[:, None]
        person, place = np.nonzero(inside)
        seen = np.zeros(inside.shape)
        seen[self.person, ((self.day - self.start - 1) // BIN_DAYS).astype(int)] = 1.0
        return person, self.look_back(person, starts[place]), seen[inside]
