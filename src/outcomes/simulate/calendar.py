"""Dates, codes, and the other fields that identify: made up here, and only here."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.simulate.arrays import Ints
from outcomes.simulate.parameters import ScheduleParameters
from outcomes.simulate.streams import Streams

UNASSIGNED_ZIP = (100, 499)  # 00100 to 00499 belong to no place
LARGEST_CODE = 999_999


def draw_first_days(count: int, parameters: ScheduleParameters, streams: Streams) -> pd.DatetimeIndex:
    """Draw the calendar day of each first session, Monday to Friday."""
    offset = streams.of("calendar/first-day").integers(0, parameters.start_span_days, count)
    day = np.datetime64(parameters.first_start, "D") + offset
    weekday = (day.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    return pd.DatetimeIndex(day + np.where(weekday >= 5, 7 - weekday, 0))


def draw_codes(count: int, streams: Streams) -> list[str]:
    """Draw network-wide patient codes such as ``K-004217``, all different."""
    numbers = streams.of("calendar/codes").choice(LARGEST_CODE, count, replace=False) + 1
    return [f"K-{number:06d}" for number in numbers]


def draw_births(first_day: pd.DatetimeIndex, age: Ints, streams: Streams) -> pd.DatetimeIndex:
    """Draw dates of birth that agree with the age in completed years at the first session."""
    into_year = streams.of("calendar/births").integers(5, 355, len(age))
    days = first_day.to_numpy().astype("datetime64[D]").astype(np.int64)
    born = days - np.floor(365.25 * age).astype(np.int64) - into_year
    return pd.DatetimeIndex(born.astype("datetime64[D]"))


def draw_zips(count: int, streams: Streams) -> list[str]:
    """Draw five-digit codes from a range that the postal service has not assigned."""
    numbers = streams.of("calendar/zips").integers(UNASSIGNED_ZIP[0], UNASSIGNED_ZIP[1] + 1, count)
    return [f"{number:05d}" for number in numbers]
