"""True values beside the main estimands: item-9 endorsement and charges, averaged over all compared patients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.simulate.arms import ArmCourse
from outcomes.simulate.arrays import Bools, Floats
from outcomes.simulate.cohort import Cohort
from outcomes.simulate.costs import compute_charges
from outcomes.simulate.items import PHQ9
from outcomes.simulate.parameters import ARMS, Parameters
from outcomes.simulate.potential import COMPARED, TIME_POINTS
from outcomes.simulate.streams import Streams

ITEM_9 = PHQ9.size - 1
CHARGED_UNTIL_DAY = 56


def describe_item_9(potential: pd.DataFrame, cohort: Cohort, compared: Bools) -> dict[str, Any]:
    """Return how often item-9 endorsement ends, and how often it begins, under each arm."""
    before = cohort.baseline[:, ITEM_9] > 0
    result: dict[str, Any] = {
        "description": "item-9 endorsement (any answer but 'not at all'), not suicide risk. ended: of patients who endorse "
        "it at baseline, the share who do not at the time point; begun: of those who do not, the share who do. All "
        "patients compared, no one stops"
    }
    for point in TIME_POINTS:
        result[point] = {}
        for arm in COMPARED:
            rows = potential[(potential["time_point"] == point) & (potential["arm"] == arm)].sort_values("patient")
            after = rows["item_9"].to_numpy() > 0
            result[point][arm] = {
                "ended": float(1 - after[before & compared].mean()),
                "begun": float(after[~before & compared].mean()),
            }
    return result


def describe_charges(
    potential: pd.DataFrame,
    cohort: Cohort,
    courses: list[ArmCourse],
    compared: Bools,
    parameters: Parameters,
    streams: Streams,
) -> dict[str, Any]:
    """Return mean charges and charges per responder under each arm."""
    point = f"day_{CHARGED_UNTIL_DAY}"
    result: dict[str, Any] = {
        "description": f"US dollars charged up to study day {CHARGED_UNTIL_DAY} for the sessions that take place when "
        f"patients stop, switch, and go on as they do; per_responder divides by the share with a PHQ-9 response on day "
        f"{CHARGED_UNTIL_DAY}"
    }
    for arm in COMPARED:
        charges = sum_charges(cohort, courses[ARMS.index(arm)], parameters, streams)
        rows = potential[(potential["time_point"] == point) & (potential["arm"] == arm)].sort_values("patient")
        responds = (2 * rows["phq9_as_attended"].to_numpy() <= cohort.baseline_phq9) & (cohort.baseline_phq9 > 0)
        mean, share = float(charges[compared].mean()), float(responds[compared].mean())
        result[arm] = {"per_patient": mean, "per_responder": mean / share if share else None}
    return result


def sum_charges(cohort: Cohort, course: ArmCourse, parameters: Parameters, streams: Streams) -> Floats:
    """Return each patient's charges up to the chosen day."""
    who, slot = np.nonzero(course.attended & (course.day <= CHARGED_UNTIL_DAY))
    charges = compute_charges(cohort.people, who, course.session_arm[who, slot], parameters.costs, streams)
    return np.bincount(who, weights=charges, minlength=len(cohort)).astype(np.float64)
