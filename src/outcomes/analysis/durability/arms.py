"""The patients followed as the estimators of the share in response read them: one arm, one end of a response."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Ints
from outcomes.analysis.durability.estimate import Arm
from outcomes.analysis.durability.histories import Histories
from outcomes.analysis.durability.landmark import Followed, find_ended, measure_margin
from outcomes.analysis.durability.likelihood import Scores
from outcomes.settings import Study
from outcomes.settings.durability import Durability, End

UNIT = 4 / 27  # of a scale's range: what a margin is measured in


def arrange_arms(
    followed: Followed, end: End, groups: Sequence[Bools], durability: Durability, study: Study
) -> list[Arm]:
    """Return arms whose patients are numbered through, the first arm's first.

    Parameters
    ----------
    followed : Followed
    end : End
        What a score must not show to count as in response.
    groups : sequence of ndarray of bool, shape (people,)
        Who belongs to each arm.
    durability : Durability
    study : Study
    """
    arms, first = [], 0
    for group in groups:
        arms.append(_arrange(followed, end, np.flatnonzero(group), first, durability, study))
        first += int(group.sum())
    return arms


def _arrange(followed: Followed, end: End, who: Ints, first: int, durability: Durability, study: Study) -> Arm:
    instrument = study.instrument(durability.instrument)
    sign = 1.0 if instrument.higher_is_worse else -1.0
    unit = UNIT * (instrument.maximum - instrument.minimum)
    people = followed.people.iloc[who]
    place = np.full(len(followed.people), -1)
    place[who] = np.arange(len(who))
    visits = followed.visits[place[followed.visits["person"]] >= 0]
    person = place[visits["person"].to_numpy()]
    baseline, total = people["baseline"].to_numpy(), visits["total"].to_numpy()
    landmark = people["landmark_total"].to_numpy(dtype=float)
    margin = measure_margin(landmark, baseline, end, instrument)
    histories = Histories(
        start=durability.landmark.to_day,
        end=7 * durability.horizon_weeks,
        until=people["until"].to_numpy(dtype=float),
        retreated=people["retreated"].to_numpy(dtype=bool),
        margin=margin / unit,
        since=people["landmark_day"].to_numpy(dtype=float),
        person=person,
        day=visits["day"].to_numpy(dtype=float),
        score_margin=measure_margin(total, baseline[person], end, instrument) / unit,
        good=~find_ended(total, baseline[person], end, instrument),
    )
    scores = Scores(sign * baseline, sign * landmark + margin, sign * landmark, sign * total)
    return Arm(histories, first + np.arange(len(who)), scores)
