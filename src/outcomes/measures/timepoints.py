"""Which score belongs to which time point: a session ordinal, a day window, a visit, or the clean window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from outcomes.errors import SettingsError
from outcomes.measures.courses import Courses
from outcomes.measures.definitions import Definitions
from outcomes.measures.lines import Line, Span, compute_day_key, compute_visit_key, make_visit_span
from outcomes.measures.order import Array, Bools, Ints
from outcomes.measures.visits import Schedule, name_of
from outcomes.settings.clinical import Window

CLEAN = "clean window"
BASELINE = "baseline"


@dataclass(frozen=True)
class Lines:
    """The scores of one instrument in order of day, and in order of visit."""

    by_day: Line
    by_visit: Line


@dataclass(frozen=True)
class Found:
    """The score of each series at one time point: its place on a line, -1 where there is none."""

    line: Line
    place: Ints
    reached: Bools


class Timepoint(Protocol):
    """A moment at which endpoints are formed."""

    @property
    def axis(self) -> str:
        """Kind of time point."""

    @property
    def name(self) -> str:
        """Name, unique on its axis."""

    @property
    def time(self) -> float:
        """Position on its axis, NaN where it has none."""

    def find(self, lines: Lines, courses: Courses) -> Found:
        """Return the score of each series that belongs here."""

    def applies(self, courses: Courses) -> Bools:
        """Return which series have this time point at all."""


@dataclass(frozen=True)
class AfterSession:
    """The last score after session k, before session k + 1, and within so many days."""

    k: int
    within_days: int
    axis: str = "session"

    @property
    def name(self) -> str:
        """Name, unique on its axis."""
        return f"session {self.k}"

    @property
    def time(self) -> float:
        """Number of the session."""
        return float(self.k)

    def find(self, lines: Lines, courses: Courses) -> Found:
        """Return the last score of the stretch; reached by the series that had session k."""
        span, had = courses.after_session(self.k, self.within_days)
        return Found(lines.by_day, lines.by_day.pick_last(span), had)

    def applies(self, courses: Courses) -> Bools:
        """Return true for every series."""
        return _everyone(courses)


@dataclass(frozen=True)
class AroundDay:
    """The score nearest to a day after the first session, within a window; of two as near the later."""

    window: Window
    axis: str = "day"

    @property
    def name(self) -> str:
        """Name, unique on its axis."""
        return f"day {self.window.day}"

    @property
    def time(self) -> float:
        """Days after the first session."""
        return float(self.window.day)

    def find(self, lines: Lines, courses: Courses) -> Found:
        """Return the nearest score after the first session and before the next series."""
        day = courses.start + self.window.day
        span = courses.follow_up(day - self.window.before, day + self.window.after)
        place = lines.by_day.pick_nearest(span, compute_day_key(courses.patient, day))
        return Found(lines.by_day, place, _everyone(courses))

    def applies(self, courses: Courses) -> Bools:
        """Return true for every series."""
        return _everyone(courses)


@dataclass(frozen=True)
class CleanWindow:
    """The first score within so many days after the last induction session and before the next series."""

    first: int
    last: int
    axis: str = "clean"
    name: str = CLEAN

    @property
    def time(self) -> float:
        """First day of the window, in days after the last induction session."""
        return float(self.first)

    def find(self, lines: Lines, courses: Courses) -> Found:
        """Return the first score of the window."""
        end = courses.induction_end
        span = courses.follow_up(end + max(self.first, courses.shift), end + self.last)
        return Found(lines.by_day, lines.by_day.pick_first(span), _everyone(courses))

    def applies(self, courses: Courses) -> Bools:
        """Return true for every series."""
        return _everyone(courses)


@dataclass(frozen=True)
class AtVisit:
    """The last score of a visit; in a crossover of the visit of the series' own period."""

    visit: str
    position: float
    schedule: Schedule
    dated: bool  # the series starts from a dated session: only scores after it and before the next series count
    axis: str = "visit"

    @property
    def name(self) -> str:
        """Name of the visit."""
        return self.visit

    @property
    def time(self) -> float:
        """Time of the visit as declared."""
        return self.position

    def find(self, lines: Lines, courses: Courses) -> Found:
        """Return the last score of the visit."""
        rank, patient = self._rank(courses), courses.patient
        span = make_visit_span(patient, rank, rank)
        if self.dated:
            span = Span(
                compute_visit_key(patient, rank, courses.first_after),
                compute_visit_key(patient, rank, courses.last_before_next),
            )
        place = np.where(rank >= 0, lines.by_visit.pick_last(span), -1)
        return Found(lines.by_visit, place, _everyone(courses))

    def applies(self, courses: Courses) -> Bools:
        """Return which series' arms have such a visit."""
        return np.asarray(self._rank(courses) >= 0)

    def _rank(self, courses: Courses) -> Array:
        return np.array([self.schedule.rank_of(self.visit, arm) for arm in courses.arms], dtype=np.int64)[courses.arm]


def declare_timepoints(definitions: Definitions, schedule: Schedule) -> list[Timepoint]:
    """Return the declared time points after baseline, in order of axis and name.

    Raises
    ------
    SettingsError
        A time point names a visit that is not declared, or not used.
    """
    declared = definitions.timepoints
    points: list[Timepoint] = [AfterSession(k, declared.session_days) for k in sorted(set(declared.sessions))]
    points += [AroundDay(window) for window in declared.days]
    if declared.clean_window is not None and definitions.series.origin == "sessions":
        points.append(CleanWindow(*declared.clean_window))
    positions = {name_of(visit): visit.time for visit in reversed(schedule.visits)}
    for name in dict.fromkeys(declared.visits):
        if name not in positions:
            raise SettingsError(
                f"timepoints.visits: {name!r} is not among the visits that are used ({', '.join(sorted(positions))})."
            )
        if name not in schedule.baseline_names:
            time = positions[name]
            dated = definitions.series.origin == "sessions"
            points.append(AtVisit(name, np.nan if time is None else time, schedule, dated))
    return sorted(points, key=lambda point: (point.axis, point.name))


def _everyone(courses: Courses) -> Bools:
    return np.ones(len(courses), dtype=np.bool_)
