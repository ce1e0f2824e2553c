"""The latent course of depression and anxiety between and after sessions.

A session removes a share of what benefit remains to be gained; between sessions the benefit fades exponentially.
With level L (fraction of severity removed), target f, step r, and time constant T:

    after a session        L <- L + r (f - L)
    d days later           L exp(-d / T)

An answer blends the level of the day with its average over the recall window, so that early change looks smaller than
it is. The average has a closed form, so nothing is stepped day by day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.simulate.arrays import Bools, Floats, Ints
from outcomes.simulate.cohort import Cohort, answer_both
from outcomes.simulate.mood import compute_mood
from outcomes.simulate.parameters import CourseParameters
from outcomes.simulate.schedule import NEVER


@dataclass(frozen=True)
class Course:
    """The benefit that each given session leaves; arrays of shape (patients, sessions)."""

    day: Floats  # study day, NEVER where no session was given
    next_day: Floats  # study day of the next session given, NEVER after the last
    level: Floats  # fraction of severity removed, right after the session
    lasting: Floats  # (patients,), time constant of fading, days


def build_course(day: Ints, given: Bools, target: Floats, step: Floats, lasting: Floats) -> Course:
    """Follow the benefit through the sessions that were given; all but ``lasting`` of shape (patients, sessions)."""
    level = np.zeros(len(day))
    last = np.zeros(len(day))
    levels = np.zeros(day.shape)
    for slot in range(day.shape[1]):
        kept = level * np.exp(-np.where(given[:, slot], day[:, slot] - last, 0.0) / lasting)
        level = np.where(given[:, slot], kept + step[:, slot] * (target[:, slot] - kept), level)
        last = np.where(given[:, slot], day[:, slot], last)
        levels[:, slot] = level
    held = np.where(given, day, NEVER).astype(np.float64)
    return Course(held, find_next_day(held), levels, lasting)


def find_next_day(day: Floats) -> Floats:
    """Return the day of the next given session for every slot, NEVER where there is none."""
    later = np.full(day.shape, float(NEVER))
    for slot in range(day.shape[1] - 2, -1, -1):
        later[:, slot] = np.minimum(day[:, slot + 1], later[:, slot + 1])
    return later


def compute_benefit(course: Course, who: Ints, day: Ints, window: int) -> tuple[Floats, Floats]:
    """Return the fraction of severity removed on a day, and its average over the ``window`` days up to it.

    A session on the day itself does not count: questionnaires are answered before it.
    """
    start, end, level = course.day[who], course.next_day[who], course.level[who]
    lasting = course.lasting[who][:, None]
    now = day[:, None].astype(np.float64)
    holds = (start < now) & (now <= end)
    today = np.where(holds, level * np.exp(-np.where(holds, now - start, 0.0) / lasting), 0.0).sum(axis=1)
    begin = np.maximum(start, now - window)
    finish = np.maximum(np.minimum(end, now), begin)
    faded = np.exp(-(begin - start) / lasting) - np.exp(-(finish - start) / lasting)
    return today, (level * lasting * faded).sum(axis=1) / window


def compute_context(day: Ints, window: int, parameters: CourseParameters) -> tuple[Floats, Floats]:
    """Return the fraction of severity lost without drug effect on a day, and its average over the window."""
    scale = parameters.context_days
    since = np.maximum(day, 0).astype(np.float64)
    before = np.maximum(day - window, 0).astype(np.float64)
    today = parameters.context_benefit * (1 - np.exp(-since / scale))
    area = (since - before) - scale * (np.exp(-before / scale) - np.exp(-since / scale))
    return today, parameters.context_benefit * area / window


def compute_points(
    cohort: Cohort, course: Course, who: Ints, day: Ints, recall_share: float, parameters: CourseParameters
) -> tuple[Floats, Floats]:
    """Return latent depression and anxiety in points as an answer on that day sees them."""
    window = parameters.recall_days
    benefit_today, benefit_window = compute_benefit(course, who, day, window)
    context_today, context_window = compute_context(day, window, parameters)
    benefit = (1 - recall_share) * benefit_today + recall_share * benefit_window
    context = (1 - recall_share) * context_today + recall_share * context_window
    depression = cohort.people.severity[who] * (1 - benefit) * (1 - context)
    anxiety = cohort.people.anxiety[who] * (1 - cohort.benefit.anxiety_share[who] * benefit) * (1 - context)
    return (
        depression + compute_mood(cohort.style.mood, who, day),
        anxiety + compute_mood(cohort.style.anxiety_mood, who, day),
    )


def answer(
    cohort: Cohort,
    course: Course,
    who: Ints,
    day: Ints,
    noise: Floats,
    parameters: CourseParameters,
    recall: bool = True,
) -> Ints:
    """Return the items of both instruments, shape (rows, items), answered by patients ``who`` on study days ``day``.

    With ``recall=False`` the answer reflects the day alone (no recall window).
    """
    share = parameters.recall_share if recall else 0.0
    depression, anxiety = compute_points(cohort, course, who, day, share, parameters)
    return answer_both(depression, anxiety, cohort.style.shift[who], noise)
