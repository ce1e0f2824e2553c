"""What time points are called, and which one the report leads with."""

from __future__ import annotations

import pandas as pd

from outcomes.settings import Study

AXES = ("session", "day", "visit")


def find_headline(rows: pd.DataFrame, study: Study) -> tuple[str, str] | None:
    """Return axis and time point of the headline result: the declared one, else the last of the first axis in use."""
    places = rows.loc[rows["axis"].isin([*AXES, "clean"]), ["axis", "timepoint", "time"]].drop_duplicates()
    names = [say_timepoint(axis, name) for axis, name in zip(places["axis"], places["timepoint"], strict=True)]
    declared = places[
        (places["timepoint"] == study.report.headline) | (pd.Series(names, places.index) == study.report.headline)
    ]
    if len(declared):
        return str(declared["axis"].iloc[0]), str(declared["timepoint"].iloc[0])
    for axis in (*AXES, "clean"):
        here = places[places["axis"] == axis]
        if len(here):
            last = here.sort_values("time", kind="stable", na_position="first").iloc[-1]
            return axis, str(last["timepoint"])
    return None


def say_timepoint(axis: str, timepoint: str) -> str:
    """Return a time point in words.

    Examples
    --------
    >>> say_timepoint("session", "6"), say_timepoint("day", "day 28")
    ('session 6', 'day 28')
    """
    return f"{axis} {timepoint}" if timepoint.replace(".", "").isdigit() else timepoint


def drop_unscored(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows of time points at which anyone was scored, by arm; a bound stands for someone."""
    some = (rows[column] != 0).groupby([rows["axis"], rows["timepoint"]], sort=False).transform("any")
    return rows[some]
