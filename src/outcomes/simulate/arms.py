"""Every patient's course under every arm: the potential outcomes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from outcomes.simulate.arrays import Bools, Floats, Ints
from outcomes.simulate.cohort import Cohort
from outcomes.simulate.course import Course, answer, build_course
from outcomes.simulate.dropout import draw_attendance, find_switchers
from outcomes.simulate.items import ITEM_COUNT, PHQ9
from outcomes.simulate.parameters import ARMS, Parameters
from outcomes.simulate.patients import SELF_PAY
from outcomes.simulate.schedule import NEVER, SLOTS, Schedule, draw_schedule
from outcomes.simulate.streams import Streams

SWITCH_SLOTS = 8
SWITCH_GAP_DAYS = (7, 21)
OTHER_ARM = {"iv": "esketamine", "esketamine": "iv"}


@dataclass(frozen=True)
class ArmCourse:
    """Sessions and latent course under one arm; arrays of shape (patients, SLOTS + SWITCH_SLOTS)."""

    session_arm: Ints  # index into ARMS
    day: Ints  # study day
    attended: Bools
    induction: Ints  # (patients,), sessions of the planned induction
    planned: Course  # every planned session given: no one stops
    actual: Course  # sessions as attended


def simulate_arms(cohort: Cohort, weekday: Ints, parameters: Parameters, streams: Streams) -> list[ArmCourse]:
    """Return the course of every patient under every arm, in the order of ARMS, with common random numbers."""
    schedules = [draw_schedule(arm, weekday, parameters.schedule, streams) for arm in range(len(ARMS))]
    noise = draw_session_noise(len(cohort), streams)
    return [simulate_arm(schedule, schedules, cohort, noise, parameters, streams) for schedule in schedules]


def draw_session_noise(count: int, streams: Streams) -> Floats:
    """Return the answering noise on session days, shape (patients, SLOTS + SWITCH_SLOTS, items)."""
    return streams.of("sessions/answers").standard_normal((count, SLOTS + SWITCH_SLOTS, ITEM_COUNT))


def simulate_arm(
    schedule: Schedule,
    schedules: list[Schedule],
    cohort: Cohort,
    noise: Floats,
    parameters: Parameters,
    streams: Streams,
) -> ArmCourse:
    """Return every patient's course under one arm."""
    rng = streams.of("dropout")
    stop, switch = rng.random((len(cohort), SLOTS)), rng.random(len(cohort))
    arms = np.full(schedule.day.shape, schedule.arm)
    planned = follow(cohort, arms, schedule.day, schedule.planned, parameters)
    totals = score_sessions(cohort, planned, schedule, noise, parameters)
    self_pay = cohort.people.payer == SELF_PAY
    attended = draw_attendance(schedule, totals, self_pay, stop, parameters.dropout)
    switchers = find_switchers(schedule, attended, totals, switch, parameters.dropout)
    extra_arm, extra_day, extra = plan_switch(schedule, schedules, attended, switchers, streams)
    session_arm = np.hstack([arms, extra_arm])
    day = np.hstack([schedule.day, extra_day])
    attended = np.hstack([attended, extra])
    actual = follow(cohort, session_arm, day, attended, parameters)
    return ArmCourse(session_arm, day, attended, schedule.induction, planned, actual)


def follow(cohort: Cohort, arms: Ints, day: Ints, given: Bools, parameters: Parameters) -> Course:
    """Return the latent course through the given sessions."""
    course = parameters.course
    steps = np.array([course.step_iv, course.step_im, course.step_esketamine])
    target = np.take_along_axis(cohort.benefit.fraction, arms, axis=1)
    return build_course(day, given, target, steps[arms], cohort.benefit.lasting)


def score_sessions(cohort: Cohort, planned: Course, schedule: Schedule, noise: Floats, parameters: Parameters) -> Ints:
    """Return PHQ-9 totals on the day of every planned session, shape (patients, slots); column 0 is the baseline."""
    who, slot = np.nonzero(schedule.planned)
    items = answer(cohort, planned, who, schedule.day[who, slot], noise[who, slot], parameters.course)
    totals = np.zeros(schedule.day.shape, dtype=np.int64)
    totals[who, slot] = items[:, : PHQ9.size].sum(axis=1)
    totals[:, 0] = cohort.baseline_phq9
    return totals


def plan_switch(
    schedule: Schedule, schedules: list[Schedule], attended: Bools, switchers: Bools, streams: Streams
) -> tuple[Ints, Ints, Bools]:
    """Return arm, day, and attendance of the sessions after a switch, each of shape (patients, SWITCH_SLOTS)."""
    count = len(attended)
    shape = (count, SWITCH_SLOTS)
    name = OTHER_ARM.get(ARMS[schedule.arm])
    if name is None:
        return np.full(shape, schedule.arm), np.full(shape, NEVER), np.zeros(shape, dtype=bool)
    other = schedules[ARMS.index(name)]
    last = schedule.day[np.arange(count), attended.sum(axis=1) - 1]
    gap = streams.of("switch/gap").integers(SWITCH_GAP_DAYS[0], SWITCH_GAP_DAYS[1] + 1, count)
    day = (last + gap)[:, None] + other.day[:, :SWITCH_SLOTS]
    given = switchers[:, None] & (np.arange(SWITCH_SLOTS) < other.induction[:, None])
    return np.full(shape, other.arm), np.where(given, day, NEVER), given


def pick_arm(courses: list[ArmCourse], arm: Ints) -> ArmCourse:
    """Return each patient's course under the arm that was chosen."""
    rows = np.arange(len(arm))

    def pick(parts: list[Any]) -> Any:
        return np.stack(parts)[arm, rows]

    def pick_course(parts: list[Course]) -> Course:
        return Course(**{part.name: pick([getattr(one, part.name) for one in parts]) for part in fields(Course)})

    return ArmCourse(
        session_arm=pick([course.session_arm for course in courses]),
        day=pick([course.day for course in courses]),
        attended=np.stack([course.attended for course in courses])[arm, rows],
        induction=pick([course.induction for course in courses]),
        planned=pick_course([course.planned for course in courses]),
        actual=pick_course([course.actual for course in courses]),
    )
