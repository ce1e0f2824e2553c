"""What is held at the declared weeks: from the curves, and as seen at the visit nearest to each week."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.analysis.durability.landmark import Followed, find_ended, list_ends
from outcomes.contracts.released.durability import DurabilityHeld
from outcomes.proportions import compute_wilson
from outcomes.settings import Study
from outcomes.settings.durability import Durability

HELD = DurabilityHeld.columns


def tabulate_held(curve: pd.DataFrame, followed: Followed, durability: Durability, study: Study) -> pd.DataFrame:
    """Return the share that holds at the declared weeks.

    Returns
    -------
    DataFrame
        One row per arm, end, ``method``, ``state``, and ``week``: ``share`` with its 95 % interval and the patients followed,
        ``n``. Methods ``kaplan_meier`` and ``turnbull`` are read from the curves: never seen to have ended until then.
        ``at_visit`` is another quantity: of the patients with a score within ``visit_days`` of the week, ``seen``, those who
        hold at the nearest one, whatever lay between; ``events`` are those who do not; Wilson's interval.
    """
    sizes = followed.people["arm"].value_counts()
    read = curve[curve["week"].isin(durability.weeks)]
    read = read.assign(n=read["arm"].map(sizes).astype("Int64"), seen=np.nan, events=np.nan)[HELD]
    visits = [
        _see_at(followed, name, week, durability, study) for name in list_ends(durability) for week in durability.weeks
    ]
    table = pd.concat([read, *visits], ignore_index=True).astype(dict.fromkeys(("n", "seen", "events"), "Int64"))
    ranks = {"arm": [arm.id for arm in study.arms], "end": list(list_ends(durability))}
    ranks |= {"method": ["kaplan_meier", "turnbull", "at_visit"], "state": ["held", "ended", "further_treatment"]}
    return table.sort_values(
        ["end", "arm", "method", "state", "week"],
        key=lambda column: column.map(ranks[str(column.name)].index) if column.name in ranks else column,
        kind="stable",
        ignore_index=True,
    )


def _see_at(followed: Followed, name: str, week: int, durability: Durability, study: Study) -> pd.DataFrame:
    """Return who still holds at the score nearest to a week, by arm."""
    visits, people = followed.visits, followed.people
    distance = (visits["day"] - 7 * week).abs()
    near = visits.assign(distance=distance)[distance <= durability.visit_days]
    near = near.sort_values(["person", "distance", "day"], kind="stable").drop_duplicates("person")
    person = near["person"].to_numpy()
    ended = find_ended(
        near["total"].to_numpy(),
        people["baseline"].to_numpy()[person],
        list_ends(durability)[name],
        study.instrument(durability.instrument),
    )
    arm = people["arm"].to_numpy()
    rows = []
    for one, n in people["arm"].value_counts().items():
        here = arm[person] == one
        seen, events = int(here.sum()), int((ended & here).sum())
        lower, upper = compute_wilson(seen - events, seen)
        share = 1 - events / seen if seen else np.nan
        rows.append((one, name, "at_visit", "held", week, share, float(lower), float(upper), n, seen, events))
    return pd.DataFrame(rows, columns=HELD)
