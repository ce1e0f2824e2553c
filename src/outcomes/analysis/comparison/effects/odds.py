"""Response and remission over all time points of an axis at once: estimating equations with weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.effects.primary import ARMS
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.weighting.weights import TINY
from outcomes.mixed.separation import find_separation


def build_binary_frame(compared: Compared, axis: str, endpoint: str, weight: Floats) -> pd.DataFrame:
    """Return the observed answers to a binary endpoint on an axis as the engine takes them.

    Returns
    -------
    DataFrame
        One row per person and observed time point at which arm and baseline do not tell the endpoint for certain, so that its odds ratio is
        finite and those of the other time points are not drawn along; ``arm`` (reference first), ``timepoint``, ``event`` (1, 0), ``baseline``, ``weight``.
    """
    rows = compared.scores[(compared.scores["axis"] == axis) & compared.scores[endpoint].notna()]
    person = rows["person"].to_numpy()
    frame = pd.DataFrame(
        {
            "person": person,
            "timepoint": rows["timepoint"].to_numpy(),
            "event": rows[endpoint].to_numpy(),
            "arm": pd.Categorical(np.array(ARMS)[compared.treated.astype(int)[person]], list(ARMS)),
            "baseline": compared.people["baseline"].to_numpy()[person],
            "weight": weight[person],
        }
    )
    frame = frame[frame["weight"] > TINY]
    kept = [name for name in compared.timepoints[axis] if _is_finite(frame[frame["timepoint"] == name])]
    frame = frame[frame["timepoint"].isin(kept)]
    return frame.assign(timepoint=pd.Categorical(frame["timepoint"], kept))


def _is_finite(own: pd.DataFrame) -> bool:
    """Tell whether a time point has a finite odds ratio given the baseline, which does not vary in all."""
    treated = (own["arm"] == ARMS[1]).to_numpy()
    if not 0 < treated.sum() < len(own):
        return False
    baseline = own["baseline"].to_numpy(dtype=float)
    columns = [
        np.ones(len(own)),
        treated.astype(float),
        *([baseline - baseline.mean()] if np.ptp(baseline) > 0 else []),
    ]
    return not find_separation(np.column_stack(columns), own["event"].to_numpy(dtype=float)).any()


def estimate_odds(frame: pd.DataFrame, working: str = "exchangeable") -> tuple[pd.DataFrame, Any]:
    """Return the log odds ratio of the treated arm at every time point, given the baseline (Liang & Zeger 1986, 10.1093/biomet/73.1.13).

    Returns
    -------
    table : DataFrame
        One row per ``timepoint``: ``estimate``, ``lower``, ``upper``, by the plain sandwich clustered by patient.
    fit : GeeFit
    """
    from outcomes import mixed

    crossed = len(frame["timepoint"].cat.categories) > 1
    terms = ["arm", *(["baseline"] if len(set(frame["baseline"])) > 1 else [])]
    formula = f"event ~ {' + '.join(f'{term}*timepoint' if crossed else term for term in terms)}"
    fit = mixed.fit_gee(
        frame, formula, subject="person", visit="timepoint", working=working, vcov="cr0", df="normal", weights="weight"
    )
    if not crossed:
        table = mixed.differences(fit, "arm").assign(timepoint=frame["timepoint"].iloc[0])
    else:
        table = mixed.differences(fit, "arm", by="timepoint")
    return table[["timepoint", "estimate", "lower", "upper"]].astype({"timepoint": str}), fit
