"""Dissociation during the session, on the clinician-administered scale (CADSS), by session number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.proportions import compute_clopper_pearson
from outcomes.quantiles import QUARTILES, find_quantile

MARKED = 4
LAST = 7


def tabulate_dissociation(sessions: pd.DataFrame, score: pd.Series, arms: Sequence[str]) -> pd.DataFrame:
    """Return the distribution of the peak score by arm and session.

    Parameters
    ----------
    sessions : DataFrame
        Result of :func:`~outcomes.analysis.harms.attribution.number_sessions`.
    score : Series
        Peak score of each of these sessions, 0 to 92, missing where not scored.
    arms : sequence of str
        Arm ids in the study's order.

    Returns
    -------
    DataFrame
        One row per arm and ``session`` ("1" to "6", "7+": the first scored of the later ones), the key: ``patients``
        scored, each once, ``median``, ``q1``, ``q3``, ``mean``, ``sd``; ``above``: those with a score above 4, the trials' cut, with
        ``proportion`` and its exact 95% interval. The scale is not the adverse event of the same name: a score is found
        by asking, an event is what was written down.
    """
    rows = sessions.assign(score=score.to_numpy(float))
    rows = rows[rows["score"].notna()]
    rows = rows.assign(place=np.minimum(rows["number"], LAST)).drop_duplicates(["patient", "arm", "place"])
    records: list[dict[str, Any]] = []
    for arm in arms:
        for place in range(1, LAST + 1):
            values = rows.loc[(rows["arm"] == arm) & (rows["place"] == place), "score"]
            known = len(values) > 0
            records.append(
                {
                    "arm": arm,
                    "session": str(place) if place < LAST else f"{LAST}+",
                    "patients": len(values),
                    **{name: find_quantile(values, q) for name, q in QUARTILES.items()},
                    "mean": values.mean() if known else np.nan,
                    "sd": values.std(),
                    "above": int((values > MARKED).sum()),
                }
            )
    table = pd.DataFrame(records)
    lower, upper = compute_clopper_pearson(table["above"], table["patients"])
    return table.assign(
        proportion=table["above"] / table["patients"].where(table["patients"] > 0), lower=lower, upper=upper
    )
