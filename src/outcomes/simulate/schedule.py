"""When sessions would take place under each arm, with the jitter of real calendars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.simulate.arrays import Bools, Ints
from outcomes.simulate.parameters import ARMS, ScheduleParameters
from outcomes.simulate.streams import Streams

SLOTS = 16  # sessions of the longest first series with its maintenance
NEVER = 1_000_000  # study day of a session that does not take place


@dataclass(frozen=True)
class Schedule:
    """Planned sessions under one arm."""

    arm: int  # index into ARMS
    day: Ints  # (patients, SLOTS), study day, NEVER where nothing is planned
    induction: Ints  # (patients,), sessions of the induction

    @property
    def planned(self) -> Bools:
        """Which slots hold a session, shape (patients, SLOTS)."""
        held: Bools = self.day < NEVER
        return held

    @property
    def induction_end(self) -> Ints:
        """Study day of the last induction session."""
        day: Ints = self.day[np.arange(len(self.day)), self.induction - 1]
        return day


def draw_schedule(arm: int, weekday: Ints, parameters: ScheduleParameters, streams: Streams) -> Schedule:
    """Draw the planned sessions of every patient under one arm; ``weekday`` is that of day 0, Monday 0.

    The same jitter is used under every arm (common random numbers).
    """
    count = len(weekday)
    induction = draw_induction_length(arm, count, parameters, streams)
    gaps = lay_out_gaps(arm, induction, parameters)
    rng = streams.of("schedule/jitter")
    jitter = rng.choice(parameters.jitter_days, (count, SLOTS - 1), p=parameters.jitter_shares)
    day = np.zeros((count, SLOTS), dtype=np.int64)
    day[:, 1:] = np.cumsum(np.maximum(gaps + jitter, 1), axis=1)
    day = skip_weekends(day, weekday)
    day[:, 1:][gaps == 0] = NEVER
    return Schedule(arm, day, induction)


def draw_induction_length(arm: int, count: int, parameters: ScheduleParameters, streams: Streams) -> Ints:
    """Return the number of induction sessions; IM clinics give four to six, the other arms keep to theirs."""
    length = np.full(count, parameters.induction_sessions[arm], dtype=np.int64)
    if ARMS[arm] == "im":
        length += streams.of("schedule/im-length").integers(-1, 2, count)
    return length


def lay_out_gaps(arm: int, induction: Ints, parameters: ScheduleParameters) -> Ints:
    """Return planned gaps, shape (patients, SLOTS - 1): induction, then maintenance, then 0."""
    first = np.asarray(parameters.induction_gaps[arm])
    later = np.asarray(parameters.maintenance_gaps[arm])
    slot = np.arange(SLOTS - 1)[None, :]
    within = slot < induction[:, None] - 1
    place = slot - (induction[:, None] - 1)
    maintenance = np.where(place < len(later), later[np.clip(place, 0, len(later) - 1)], 0)
    return np.where(within, first[np.clip(slot, 0, len(first) - 1)], maintenance)


def skip_weekends(day: Ints, weekday: Ints) -> Ints:
    """Move sessions off Saturday and Sunday to Monday, and keep days strictly increasing."""
    fall = (weekday[:, None] + day) % 7
    moved = day + np.where(fall >= 5, 7 - fall, 0)
    for slot in range(1, moved.shape[1]):
        moved[:, slot] = np.maximum(moved[:, slot], moved[:, slot - 1] + 1)
    return moved
