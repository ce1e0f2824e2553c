"""When response and remission were first seen, in days and in sessions, as intervals: they are seen only at a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from outcomes.criteria import Criteria, Truth, compute_remission, compute_response
from outcomes.measures.baseline import BaselineScores, take
from outcomes.measures.columns import Column
from outcomes.measures.courses import Courses
from outcomes.measures.lines import NO_DAY, Line, Span, expand, make_visit_span
from outcomes.measures.order import Bools, Ints, make_categorical, spread, spread_array
from outcomes.measures.timepoints import Lines
from outcomes.measures.visits import Schedule

ENDPOINTS = ("remission", "response")


@dataclass(frozen=True)
class FirstSeen:
    """The first observation of one endpoint, one element a series; NO_DAY stands for a missing day, -1 for no count."""

    event: Bools
    day: Ints
    last_without: Ints
    session: Ints


def compute_times(
    lines: Lines, courses: Courses, baseline: BaselineScores, criteria: Criteria, schedule: Schedule, origin: str
) -> dict[str, FirstSeen]:
    """Return when each endpoint was first seen in one instrument, among all scores of the series after baseline."""
    line, span = _follow_up(lines, courses, schedule, origin)
    places, owner, start = expand(*line.find(span))
    score, reference = line.total[places], baseline.score[owner]
    truths = {
        "remission": compute_remission(score, reference, criteria),
        "response": compute_response(score, reference, criteria),
    }
    clear = {
        "remission": np.isfinite(baseline.score) & ~compute_remission(baseline.score, baseline.score, criteria).value,
        "response": np.isfinite(baseline.score),
    }
    return {name: _find_first(truths[name], clear[name], line, places, owner, start, courses) for name in ENDPOINTS}


def _follow_up(lines: Lines, courses: Courses, schedule: Schedule, origin: str) -> tuple[Line, Span]:
    """Return the stretch of all scores after baseline and before the next series."""
    if origin == "sessions":
        return lines.by_day, courses.span(courses.first_after, courses.last_before_next)
    ranks = [schedule.follow_up_ranks(arm) if origin == "visits" else range(0) for arm in courses.arms]
    first = np.array([span.start for span in ranks], dtype=np.int64)[courses.arm]
    last = np.array([span.stop - 1 for span in ranks], dtype=np.int64)[courses.arm]
    return lines.by_visit, make_visit_span(courses.patient, first, last)


def _find_first(
    truth: Truth, clear: Bools, line: Line, places: Ints, owner: Ints, start: Ints, courses: Courses
) -> FirstSeen:
    """Return the first score with the endpoint, or the last score of a series without it.

    ``places``, ``owner`` and ``start`` are those of ``expand``; ``truth`` has one element a place, ``clear`` says of each series
    whether its baseline is known to be without the endpoint.
    """
    n = len(courses)
    event, at, before = np.zeros(n, dtype=np.bool_), np.full(n, -1), np.full(n, -1)
    if len(places):
        series = owner[start]
        index = np.arange(len(places))
        hit = np.minimum.reduceat(np.where(truth.value & ~truth.missing, index, len(places)), start)
        seen = hit < len(places)
        last = np.append(start[1:], len(places)) - 1
        known = ~truth.missing[start]
        event[series] = seen
        at[series] = np.where(known, places[np.where(seen, hit, last)], -1)
        previous = np.where(seen, hit - 1, last)
        before[series] = np.where(known & (previous >= start), places[np.maximum(previous, 0)], -1)
    day = _series_day(line, at, courses)
    without = np.where(before >= 0, _series_day(line, before, courses), np.where(clear & (day != NO_DAY), 0, NO_DAY))
    return FirstSeen(event, day, without, _count_sessions(line, at, courses))


def _series_day(line: Line, place: Ints, courses: Courses) -> Ints:
    day = take(line.day, place, NO_DAY)
    return np.where(day == NO_DAY, NO_DAY, day - courses.start)


def _count_sessions(line: Line, place: Ints, courses: Courses) -> Ints:
    day = take(line.day, place, NO_DAY)
    count = courses.sessions_by(np.arange(len(courses)), np.where(day == NO_DAY, courses.start, day))
    return np.where(day == NO_DAY, -1, count)


@dataclass(frozen=True)
class TimeColumns:
    """The columns of the table ``times`` being filled, of shape (series, instruments, endpoints): rows in order."""

    courses: Courses
    instruments: Sequence[str]
    columns: dict[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = len(self.courses), len(self.instruments), len(ENDPOINTS)
        for name in ("event", "day", "last_without", "session"):
            self.columns[name] = Column.empty("times", name, shape, -1 if name == "session" else NO_DAY)

    def fill(self, rows: slice, instrument: int, seen: dict[str, FirstSeen]) -> None:
        """Fill the part of one instrument and a stretch of series."""
        for place, endpoint in enumerate(ENDPOINTS):
            for name, column in self.columns.items():
                column.put((rows, instrument, place), getattr(seen[endpoint], name))

    def to_table(self) -> pd.DataFrame:
        """Return the table ``times``: one series, instrument and endpoint."""
        n, m, t = len(self.courses), len(self.instruments), len(ENDPOINTS)
        return pd.DataFrame(
            {
                "patient": spread_array(self.courses.patient.astype(np.int32), 1, m * t),
                "series": spread_array(self.courses.number.astype(np.int16), 1, m * t),
                "arm": spread(make_categorical(self.courses.arm, self.courses.arms), 1, m * t),
                "instrument": spread(make_categorical(np.arange(m), self.instruments), n, t),
                "endpoint": spread(make_categorical(np.arange(t), ENDPOINTS), n * m, 1),
                **{name: column.finish() for name, column in self.columns.items()},
            },
            copy=False,
        )
