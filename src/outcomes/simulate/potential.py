"""Scores of every patient under IV and under esketamine, whichever was given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.simulate.arms import ArmCourse
from outcomes.simulate.arrays import Floats, Ints
from outcomes.simulate.cohort import Cohort
from outcomes.simulate.course import Course, answer
from outcomes.simulate.items import ITEM_COUNT, PHQ9
from outcomes.simulate.parameters import ARMS, CourseParameters
from outcomes.simulate.streams import Streams

COMPARED = ("iv", "esketamine")
SESSIONS = range(1, 7)
DAYS = (7, 14, 21, 28, 35, 56)
AFTER_INDUCTION_DAYS = 7
FOLLOW_UP_DAYS = 21

TIME_POINTS = {
    **{
        f"after_session_{count}": f"answered on the day of the next session, so after {count} session(s); after the last "
        f"session of an induction: {AFTER_INDUCTION_DAYS} days later"
        for count in SESSIONS
    },
    **{f"day_{day}": f"answered on study day {day} (day 0: first session)" for day in DAYS},
    "follow_up": f"answered {FOLLOW_UP_DAYS} days after the last induction session: no recall of days before the series",
}
VERSIONS = ("", "_no_recall", "_as_attended")


def list_days(course: ArmCourse) -> dict[str, Ints]:
    """Return the study day of every time point for every patient under one arm."""
    rows = np.arange(len(course.day))
    end = course.day[rows, course.induction - 1]
    days = {}
    for count in SESSIONS:
        following = course.day[:, count]
        days[f"after_session_{count}"] = np.where(count < course.induction, following, end + AFTER_INDUCTION_DAYS)
    days.update({f"day_{day}": np.full(len(rows), day) for day in DAYS})
    days["follow_up"] = end + FOLLOW_UP_DAYS
    return days


def simulate_potential(
    cohort: Cohort, courses: list[ArmCourse], parameters: CourseParameters, streams: Streams
) -> pd.DataFrame:
    """Return the potential outcomes, with the same answering noise under both arms.

    Returns
    -------
    pandas.DataFrame
        One row per ``patient``, ``arm``, and ``time_point``. ``phq9`` and ``gad7`` are totals of the instrument when
        no one stops, ``phq8`` and ``item_9`` parts of the former; ``…_no_recall`` the same without the recall window; ``…_as_attended`` when patients stop, switch,
        and go on as they do under that arm.
    """
    noise = streams.of("potential/answers").standard_normal((len(TIME_POINTS), len(cohort), ITEM_COUNT))
    parts = []
    for name in COMPARED:
        course = courses[ARMS.index(name)]
        for point, (label, day) in enumerate(list_days(course).items()):
            scores = score_versions(cohort, course, day, noise[point], parameters)
            head = {"patient": np.arange(len(cohort)), "arm": name, "time_point": label, "study_day": day}
            parts.append(pd.DataFrame({**head, **scores}))
    return pd.concat(parts, ignore_index=True)


def score_versions(
    cohort: Cohort, course: ArmCourse, day: Ints, noise: Floats, parameters: CourseParameters
) -> dict[str, Ints]:
    """Return the totals in each version, and item 9 in the first, for every patient on the given days."""
    versions: list[tuple[str, Course, bool]] = [
        (VERSIONS[0], course.planned, True),
        (VERSIONS[1], course.planned, False),
        (VERSIONS[2], course.actual, True),
    ]
    who = np.arange(len(cohort))
    scores = {}
    for suffix, path, recall in versions:
        items = answer(cohort, path, who, day, noise, parameters, recall=recall)
        scores[f"phq9{suffix}"] = items[:, : PHQ9.size].sum(axis=1)
        scores[f"gad7{suffix}"] = items[:, PHQ9.size :].sum(axis=1)
        if not suffix:
            scores["item_9"] = items[:, PHQ9.size - 1]
            scores["phq8"] = scores["phq9"] - scores["item_9"]
    return scores
