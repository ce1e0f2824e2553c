"""Response on two instruments in made-up arms, as it is released."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def make_pair_tables(instruments: Sequence[str], arms: list[str], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return response on the first instrument and each other one after session 6; nothing of a study of one instrument."""
    rows = []
    for other in instruments[1:]:
        for arm in arms:
            n = 5 * int(rng.integers(40, 90))
            first, second = 5 * int(rng.integers(5, 9)), 5 * int(rng.integers(3, 5))
            both = float(np.round(rng.uniform(0.15, 0.35), 2))
            neither = round(1 - both - (first + second) / n, 2)
            place = {"arm": arm, "instrument": instruments[0], "other": other, "axis": "session", "timepoint": "6"}
            counts = {"n": n, "same": n - first - second, "first_only": first, "second_only": second}
            shares = {"both": both, "neither": neither, "agreement": round(both + neither, 2)}
            agreement = {"kappa": 0.4, "kappa_lower": 0.3, "kappa_upper": 0.5}
            apart = round((second - first) / n, 2)
            bounds = {"difference": apart, "difference_lower": apart - 0.06, "difference_upper": apart + 0.06}
            found = {**place, "relation": "different", "time": 6.0, **counts, **shares, **agreement, **bounds}
            rows.append(found | {"p_value": 0.001})
    return {"joint_response": pd.DataFrame(rows)} if rows else {}
