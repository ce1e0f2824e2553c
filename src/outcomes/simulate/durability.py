"""How long a response would last if no maintenance session followed the induction."""

from __future__ import annotations

from typing import Any

import numpy as np

from outcomes.simulate.arms import ArmCourse, follow
from outcomes.simulate.arrays import Bools, Floats, Ints
from outcomes.simulate.cohort import Cohort
from outcomes.simulate.course import Course, answer
from outcomes.simulate.items import ITEM_COUNT, PHQ9
from outcomes.simulate.parameters import ARMS, Parameters
from outcomes.simulate.potential import AFTER_INDUCTION_DAYS, COMPARED
from outcomes.simulate.streams import Streams

LATER_WEEKS = (4, 8, 12)


def compute_durability(
    cohort: Cohort, courses: list[ArmCourse], compared: Bools, parameters: Parameters, streams: Streams
) -> dict[str, Any]:
    """Return, for responders after the induction, the share that still responds some weeks later."""
    noise = streams.of("durability/answers").standard_normal((1 + len(LATER_WEEKS), len(cohort), ITEM_COUNT))
    result: dict[str, Any] = {
        "description": f"of patients with a PHQ-9 response {AFTER_INDUCTION_DAYS} days after an induction that is followed "
        "by no other session, the share with a response on a day that many weeks after the induction"
    }
    for name in COMPARED:
        course = courses[ARMS.index(name)]
        alone = stop_after_induction(cohort, course, parameters)
        responds = [
            respond(cohort, alone, course, AFTER_INDUCTION_DAYS, noise[0], parameters) & compared,
            *(
                respond(cohort, alone, course, 7 * week, noise[place], parameters)
                for place, week in enumerate(LATER_WEEKS, 1)
            ),
        ]
        first = responds[0]
        result[name] = {
            f"week_{week}": float(later[first].mean()) if first.any() else None
            for week, later in zip(LATER_WEEKS, responds[1:], strict=True)
        }
    return result


def stop_after_induction(cohort: Cohort, course: ArmCourse, parameters: Parameters) -> Course:
    """Return the latent course when the induction is all there is."""
    given = np.arange(course.day.shape[1]) < course.induction[:, None]
    arms = np.where(given, course.session_arm, course.session_arm[:, :1])
    return follow(cohort, arms, course.day, given, parameters)


def respond(
    cohort: Cohort, alone: Course, course: ArmCourse, after: int, noise: Floats, parameters: Parameters
) -> Bools:
    """Return who has at most half of the baseline PHQ-9 some days after the last induction session."""
    who: Ints = np.arange(len(cohort))
    day = course.day[who, course.induction - 1] + after
    total = answer(cohort, alone, who, day, noise, parameters.course)[:, : PHQ9.size].sum(axis=1)
    held: Bools = (2 * total <= cohort.baseline_phq9) & (cohort.baseline_phq9 > 0)
    return held
