"""Who stops coming: informative dropout driven by the patient's own last score."""

from __future__ import annotations

import numpy as np

from outcomes.simulate.arrays import Bools, Floats, Ints
from outcomes.simulate.parameters import DropoutParameters
from outcomes.simulate.schedule import Schedule

UNIMPROVED_ABOVE = 0.8  # score as a share of baseline
WELL_BELOW = 5  # PHQ-9 remission
JUDGED_FROM = 3  # sessions before a lack of effect counts
WELL_FROM = 4  # sessions before feeling well counts


def draw_attendance(
    schedule: Schedule, totals: Ints, self_pay: Bools, uniform: Floats, parameters: DropoutParameters
) -> Bools:
    """Return which planned sessions take place, shape (patients, slots).

    Parameters
    ----------
    totals
        PHQ-9 answered on the day of each session, shape (patients, slots); column 0 is the baseline.
    uniform
        Uniform draws of the same shape, shared by all arms.
    """
    attended = schedule.planned.copy()
    for slot in range(attended.shape[1] - 1):
        hazard = compute_stop_chance(slot + 1, schedule, totals[:, 0], totals[:, slot], self_pay, parameters)
        attended[:, slot + 1] &= attended[:, slot] & (uniform[:, slot] >= hazard)
    return attended


def compute_stop_chance(
    sessions: int,
    schedule: Schedule,
    baseline: Ints,
    last: Ints,
    self_pay: Bools,
    parameters: DropoutParameters,
) -> Floats:
    """Return the chance of not returning after a number of sessions, given the last score."""
    phase = np.sign(sessions - schedule.induction) + 1
    intercept = np.array([parameters.base, parameters.no_maintenance, parameters.maintenance])[phase]
    log_odds = (
        intercept
        + parameters.unimproved * ((sessions >= JUDGED_FROM) & (last > UNIMPROVED_ABOVE * baseline))
        + parameters.well * ((sessions >= WELL_FROM) & (last < WELL_BELOW))
        + parameters.self_pay * self_pay
    )
    chance: Floats = 1 / (1 + np.exp(-log_odds))
    return chance


def find_switchers(
    schedule: Schedule, attended: Bools, totals: Ints, uniform: Floats, parameters: DropoutParameters
) -> Bools:
    """Return who stops unimproved and starts another series with the other drug."""
    given = attended.sum(axis=1)
    stopped = given < schedule.planned.sum(axis=1)
    last = totals[np.arange(len(totals)), given - 1]
    unimproved = (given >= JUDGED_FROM) & (last > UNIMPROVED_ABOVE * totals[:, 0])
    switch: Bools = stopped & unimproved & (uniform < parameters.switch_share)
    return switch
