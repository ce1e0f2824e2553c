"""Which score is a series' baseline: the last, the mean or the worst within its window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.measures.courses import Courses
from outcomes.measures.definitions import Definitions
from outcomes.measures.lines import Line, Span, expand, make_visit_span
from outcomes.measures.order import Array, Floats, Ints
from outcomes.measures.timepoints import BASELINE, Lines
from outcomes.measures.visits import Schedule


@dataclass(frozen=True)
class BaselineScores:
    """The baseline of every series in one instrument.

    ``place`` is that of the score which gives day and ideation answer: the baseline itself, or with the mean the last of
    those averaged; -1 where there is no baseline.
    """

    line: Line
    place: Ints
    score: Floats  # NaN where there is none


def compute_baseline(
    lines: Lines, courses: Courses, definitions: Definitions, schedule: Schedule, higher_is_worse: bool
) -> BaselineScores:
    """Return the baseline of every series.

    With sessions, candidates are the scores on or before the first session's day (that day counted as ``same_day`` says),
    at most ``within_days`` before it, and after the last session of the patient's previous series. With visits they are the
    scores of the baseline visits. Without either (cross-sectional), all scores of the baseline visit, or else of the patient.
    """
    if definitions.series.origin == "sessions":
        line, span = lines.by_day, window_before(courses, definitions.baseline.within_days)
    else:
        line, span = lines.by_visit, _at_baseline_visits(courses, schedule, definitions.series.origin == "none")
    first, stop = line.find(span)
    place = np.where(stop > first, stop - 1, -1)
    if definitions.baseline.rule == "mean":
        return BaselineScores(line, place, compute_mean(line, first, stop))
    if definitions.baseline.rule == "worst":
        place = pick_worst(line, first, stop, higher_is_worse)
    return BaselineScores(line, place, take(line.total, place, np.nan))


def window_before(courses: Courses, within_days: int) -> Span:
    """Return the baseline window of series that start with a session."""
    earliest = np.maximum(courses.start - within_days, courses.previous_end + courses.shift)
    return courses.span(earliest, courses.first_after - 1)


def _at_baseline_visits(courses: Courses, schedule: Schedule, anything: bool) -> Span:
    ranks = [schedule.baseline_ranks(arm) for arm in courses.arms]
    if anything and not schedule.baseline_names:
        ranks = [range(len(schedule) + 1)] * len(courses.arms)
    first = np.array([span.start for span in ranks], dtype=np.int64)[courses.arm]
    last = np.array([span.stop - 1 for span in ranks], dtype=np.int64)[courses.arm]
    return make_visit_span(courses.patient, first, last)


def compute_mean(line: Line, first: Ints, stop: Ints) -> Floats:
    """Return the mean total of each stretch, NaN where it is empty."""
    mean = np.full(len(first), np.nan)
    places, owner, start = expand(first, stop)
    if len(places):
        filled = owner[start]
        mean[filled] = np.add.reduceat(line.total[places], start) / (stop - first)[filled]
    return mean


def pick_worst(line: Line, first: Ints, stop: Ints, higher_is_worse: bool) -> Ints:
    """Return the place of the worst score of each stretch, the latest of several as bad; -1 where it is empty."""
    worst = np.full(len(first), -1, dtype=np.int64)
    places, owner, start = expand(first, stop)
    if len(places):
        badness = line.total[places] if higher_is_worse else -line.total[places]
        most = np.full(len(first), np.nan)
        most[owner[start]] = np.maximum.reduceat(badness, start)
        worst[owner[start]] = np.maximum.reduceat(np.where(badness == most[owner], places, -1), start)
    return worst


def take(values: Array, place: Ints, missing: float) -> Array:
    """Return the value at each place, and ``missing`` at -1."""
    if not len(values):
        return np.full(len(place), missing, dtype=values.dtype)
    return np.where(place >= 0, values[place], np.asarray(missing, dtype=values.dtype))


def name_baseline(definitions: Definitions, schedule: Schedule) -> tuple[str, float]:
    """Return the name and time of the baseline: those of the baseline visit where there is exactly one name."""
    if definitions.series.origin == "sessions":
        return BASELINE, 0.0
    names = schedule.baseline_names
    times = [visit.time for visit in schedule.visits if visit.baseline and visit.time is not None]
    time = times[-1] if times else np.nan
    return (names[0] if len(names) == 1 else BASELINE), float(time)
