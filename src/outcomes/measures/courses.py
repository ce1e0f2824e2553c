"""The series as arrays: where each begins and ends, and on which day each of its sessions was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from outcomes.measures.lines import Span, compute_day_key
from outcomes.measures.order import Array, Bools, Ints, compute_codes, compute_integers

FAR = 2**40  # a day that never comes
PART = 2**15  # series worked on at a time


@dataclass(frozen=True)
class Courses:
    """Series in order of patient and number; one element a series unless said otherwise.

    ``shift`` says on which side of a session a questionnaire of its own day lies: with 1 it was answered before the session,
    so the scores after a session on day d are those from day d + 1 on; with 0 after it, and they are those from day d on.
    """

    patient: Ints
    number: Ints
    arm: Array  # place among ``arms``
    arms: list[str]
    start: Ints  # study day
    induction_end: Ints  # study day
    next_start: Ints  # study day, FAR where no series follows
    previous_end: Ints  # study day, -FAR where none precedes
    sessions: Ints  # how many
    offset: Ints  # place of the first session in the next two
    session_day: Ints  # one a session of all series: study day
    session_key: Ints  # one a session of all series: patient and study day
    shift: int

    @classmethod
    def from_tables(
        cls, series: pd.DataFrame, series_sessions: pd.DataFrame, same_day: Literal["before", "after"]
    ) -> Courses:
        """Read sorted tables ``series`` and ``series_sessions``."""
        patient = series["patient"].to_numpy(dtype=np.int64)
        arm, arms = compute_codes(series["arm"])
        end = series["end_day"].to_numpy(dtype=np.int64)
        previous = np.full(len(patient), -FAR, dtype=np.int64)
        previous[1:] = np.where(patient[1:] == patient[:-1], end[:-1], -FAR)
        sessions = series["sessions"].to_numpy(dtype=np.int64)
        if not len(series_sessions):
            previous[:] = -FAR
        session_day = series_sessions["study_day"].to_numpy(dtype=np.int64)
        return cls(
            patient=patient,
            number=series["series"].to_numpy(dtype=np.int64),
            arm=arm,
            arms=arms,
            start=series["start_day"].to_numpy(dtype=np.int64),
            induction_end=series["induction_end_day"].to_numpy(dtype=np.int64),
            next_start=compute_integers(series["next_start_day"], FAR),
            previous_end=previous,
            sessions=sessions,
            offset=np.cumsum(sessions) - sessions,
            session_day=session_day,
            session_key=compute_day_key(series_sessions["patient"].to_numpy(dtype=np.int64), session_day),
            shift=1 if same_day == "before" else 0,
        )

    def __len__(self) -> int:
        return len(self.patient)

    def parts(self) -> Iterator[tuple[slice, Courses]]:
        """Yield the series a few thousand at a time, with where they stand: what is derived from these fits the cache."""
        per_series = (
            "patient",
            "number",
            "arm",
            "start",
            "induction_end",
            "next_start",
            "previous_end",
            "sessions",
            "offset",
        )
        for first in range(0, len(self), PART):
            rows = slice(first, first + PART)
            yield rows, replace(self, **{name: getattr(self, name)[rows] for name in per_series})

    def span(self, first_day: Ints, last_day: Ints) -> Span:
        """Return the stretch from day to day, both inclusive."""
        return Span(compute_day_key(self.patient, first_day), compute_day_key(self.patient, last_day))

    @property
    def first_after(self) -> Ints:
        """First study day whose scores come after the first session."""
        return self.start + self.shift

    @property
    def last_before_next(self) -> Ints:
        """Last study day whose scores come before the next series."""
        return self.next_start + self.shift - 1

    def follow_up(self, first_day: Ints, last_day: Ints) -> Span:
        """Return the stretch from day to day, cut to after the first session and before the next series."""
        return self.span(np.maximum(first_day, self.first_after), np.minimum(last_day, self.last_before_next))

    def day_of_session(self, k: int) -> tuple[Ints, Bools]:
        """Return the study day of session k, and which series had it; the next series' first session ends the last one's."""
        had = self.sessions >= k
        place = np.where(had, self.offset + k - 1, 0)
        day = self.session_day[place] if len(self.session_day) else np.zeros(len(self), dtype=np.int64)
        return np.where(had, day, self.next_start), had

    def after_session(self, k: int, within_days: int) -> tuple[Span, Bools]:
        """Return the stretch after session k and before session k + 1, and which series had session k."""
        day, had = self.day_of_session(k)
        following, _ = self.day_of_session(k + 1)
        first, last = day + self.shift, np.minimum(following + self.shift - 1, day + within_days)
        return self.span(np.where(had, first, FAR), np.where(had, last, -FAR)), had

    def sessions_by(self, owner: Ints, day: Ints) -> Ints:
        """Return how many sessions the owning series had had when a score of that study day was answered."""
        if not len(self.session_day):
            return np.zeros(len(owner), dtype=np.int64)
        reached = np.searchsorted(
            self.session_key, compute_day_key(self.patient[owner], day - self.shift), side="right"
        )
        return np.asarray(np.clip(reached - self.offset[owner], 0, self.sessions[owner]))
