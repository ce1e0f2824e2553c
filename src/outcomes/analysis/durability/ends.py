"""From later scores to when each end of a response was seen: between which visits, or not at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools
from outcomes.analysis.durability.landmark import Followed, find_ended, list_ends
from outcomes.settings import Study
from outcomes.settings.durability import Durability, End

OUTCOMES = ("none", "ended")


def derive_ends(followed: Followed, durability: Durability, study: Study) -> pd.DataFrame:
    """Return when each end was seen, as a private table.

    Returns
    -------
    DataFrame
        One row per patient and end, the key: ``arm``; ``outcome`` (``none`` or ``ended``); it came after day ``lower`` and by day
        ``upper`` (infinite where none was seen) since the end of the induction; ``last_day`` is that of the first score that shows
        the end; without one it is that until which scores count where the patient was there after it, so that a visit would have shown the end,
        and that of the last score where not. ``lower`` is at least the landmark. Further treatment ends what is looked at
        unless it changes nothing.
    """
    rows = [_derive_end(followed, name, end, durability, study) for name, end in list_ends(durability).items()]
    return pd.concat(rows, ignore_index=True)


def _derive_end(followed: Followed, name: str, end: End, durability: Durability, study: Study) -> pd.DataFrame:
    people, visits = followed.people, followed.visits
    person, day = visits["person"].to_numpy(), visits["day"].to_numpy()
    baseline = people["baseline"].to_numpy()[person]
    bad = find_ended(visits["total"].to_numpy(), baseline, end, study.instrument(durability.instrument))
    first = _find_first(person, bad, len(people), end.confirmed)
    ended = first < len(visits)
    held = ~bad & (np.arange(len(visits)) < first[person])
    lower = np.full(len(people), float(durability.landmark.to_day))
    np.maximum.at(lower, person[held], day[held])
    upper = np.where(ended, np.append(day, np.inf)[first], np.inf)
    lower = np.where(ended, np.minimum(lower, upper - 1), lower)  # two scores on one day: it came on that day
    outcome = np.where(ended, 1, 0)
    return pd.DataFrame(
        {
            "patient": people["patient"],
            "arm": people["arm"],
            "end": name,
            "outcome": np.array(OUTCOMES)[outcome],
            "lower": lower,
            "upper": upper,
            "last_day": np.where(
                outcome > 0, upper, np.where(people["beyond"], np.maximum(people["until"], lower), lower)
            ),
        }
    )


def _find_first(person: np.ndarray, bad: Bools, people: int, confirmed: bool) -> np.ndarray:
    """Return the place of the first score that ends each person's response; the number of scores where none does."""
    if confirmed:
        followed = np.zeros(len(bad), dtype=bool)
        followed[:-1] = bad[1:] & (person[1:] == person[:-1])
        bad = bad & followed
    first = np.full(people, len(bad))
    places = np.flatnonzero(bad)
    np.minimum.at(first, person[places], places)
    return first
