"""Who responds later, of those without a response after a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.onset.looks import Looks
from outcomes.proportions import compute_clopper_pearson

AFTER = (1, 3, 6)


def tabulate_late_response(looks: Looks, arms: Sequence[str], instrument: str) -> pd.DataFrame:
    """Return how many of those not in response after session k went on, and how many of them responded later.

    Returns
    -------
    DataFrame
        One row per arm and ``session`` k, the key beside ``instrument``: of the patients whose last score after session k and
        before the next shows no response, how many ``went_on`` with a further session, ``looked`` of them at after it, ``responded`` at
        any such score, with its ``proportion`` of those who went on (no score counts as no) and exact interval; the median of
        the further sessions that they had. All patients without a response are not counted: with those who have one, in the table of responses,
        they would bound the numbers of both more closely than rounding allows.
    """
    records: list[dict[str, Any]] = []
    rows, people = looks.rows, looks.people
    for k in AFTER:
        after = rows[(rows["session"] == k) & rows["near"]].drop_duplicates("person", keep="last")
        none = after.loc[~after["response"], "person"].to_numpy()
        later = rows[rows["session"] > k]
        seen, responded = set(later["person"]), set(later.loc[later["response"], "person"])
        for arm in arms:
            own = none[(people["arm"].to_numpy() == arm)[none]]
            further = people["sessions"].to_numpy()[own] - k
            on = own[further > 0]
            records.append(
                {
                    "arm": arm,
                    "instrument": instrument,
                    "session": k,
                    "went_on": len(on),
                    "looked": sum(one in seen for one in on),
                    "responded": sum(one in responded for one in on),
                    "further_sessions": float(np.median(further[further > 0])) if len(on) else np.nan,
                }
            )
    table = pd.DataFrame(records)
    lower, upper = compute_clopper_pearson(table["responded"], table["went_on"])
    share = table["responded"] / table["went_on"].where(table["went_on"] > 0)
    return table.assign(proportion=share, lower=lower, upper=upper)
