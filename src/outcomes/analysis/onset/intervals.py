"""Between which two looks each patient's response began: first, and confirmed by the look after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.durability.turnbull import Seen
from outcomes.analysis.onset.looks import Looks

KINDS = ("first", "confirmed")
AXES = ("day", "session")
GRACE_DAYS = 7  # a look so many days after the last session still belongs to treatment


@dataclass(frozen=True)
class Onset:
    """What the looks tell of each person's onset.

    Attributes
    ----------
    without, seen : ndarray, shape (n,)
        The onset lies after ``without`` and at or before ``seen``, in days or sessions; ``seen`` is infinite where none was seen.
    stopped : ndarray of bool, shape (n,)
        Treatment ended early, before one was seen.
    looked : ndarray of bool, shape (n,)
        Whether there was any look.
    """

    without: Floats
    seen: Floats
    stopped: Bools
    looked: Bools


def find_onset(looks: Looks, endpoint: str, kind: str, axis: str) -> Onset:
    """Return between which looks an endpoint began.

    Parameters
    ----------
    looks : Looks
    endpoint : str
        ``response`` or ``remission``.
    kind : str
        ``first``: the first look with it; ``confirmed``: the first look with it that the next look bears out. A last look with
        it is not borne out, and says nothing of a confirmed onset.
    axis : str
        ``day`` since the first session, or ``session``: how many had been given.

    Notes
    -----
    Before the first session there is none. Two looks after the same session count as after and before it. Who stopped the
    treatment early, without an onset seen within seven days of the last session, is taken for having none: stopping competes.
    """
    n = len(looks.people)
    rows = looks.rows if axis == "day" else looks.rows[looks.rows["near"]]
    person, place = rows["person"].to_numpy(), rows[axis].to_numpy(dtype=float)
    shown = rows[endpoint].to_numpy(dtype=bool)
    following = np.append(person[1:] == person[:-1], False)
    hit = shown if kind == "first" else shown & following & np.append(shown[1:], False)
    unknown = shown & ~hit & ~following  # of a last look that nothing bears out
    seen, at_day = np.full(n, np.inf), np.full(n, np.inf)
    first = np.flatnonzero(hit)[::-1]
    seen[person[first]], at_day[person[first]] = place[first], rows["day"].to_numpy(dtype=float)[first]
    before = (rows["day"].to_numpy() < at_day[person]) & ~unknown
    without = np.zeros(n)
    np.maximum.at(without, person[before], place[before])
    without = np.minimum(without, seen - 1)
    looked = np.zeros(n, dtype=bool)
    looked[person] = True
    limit = looks.people["last_session"].to_numpy(dtype=float) + GRACE_DAYS
    stopped = looks.people["early"].to_numpy(dtype=bool) & (at_day > limit)
    return Onset(without, seen, stopped, looked)


def limit_onset(onset: Onset, horizon: float) -> Seen:
    """Return the intervals for the estimate up to a horizon: what comes later, or after stopping, lies beyond it."""
    beyond = (onset.seen > horizon) | onset.stopped
    upper = np.where(beyond, np.inf, onset.seen)
    lower = np.where(onset.stopped, horizon, np.minimum(onset.without, horizon))
    return Seen(lower, upper, ~beyond)


def choose_people(looks: Looks, endpoint: str, arm: str) -> Looks:
    """Return the people of an arm who are not in remission already, where that is asked, with their looks."""
    chosen = (looks.people["arm"] == arm).to_numpy()
    if endpoint == "remission":
        chosen = chosen & ~looks.people["remitted_before"].to_numpy(dtype=bool)
    place = np.cumsum(chosen) - 1
    rows = looks.rows[chosen[looks.rows["person"]]]
    rows = rows.assign(person=place[rows["person"]])
    people: pd.DataFrame = looks.people[chosen].reset_index(drop=True)
    return Looks(people, rows.reset_index(drop=True))
