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
    frame = _collect(compared, axis, endpoint, weight)
    kept = [name for name in compared.timepoints[axis] if not _say_separation(frame, name)]
    frame = frame[frame["timepoint"].isin(kept)]
    return frame.assign(timepoint=pd.Categorical(frame["timepoint"], kept))


def say_separation(compared: Compared, axis: str, endpoint: str, weight: Floats, timepoint: str) -> str:
    """Return which patients leave a time point without a finite odds ratio, and why; '' where there is one."""
    return _say_separation(_collect(compared, axis, endpoint, weight), timepoint)


def _collect(compared: Compared, axis: str, endpoint: str, weight: Floats) -> pd.DataFrame:
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
    return frame[frame["weight"] > TINY]


def _say_separation(frame: pd.DataFrame, timepoint: str) -> str:
    """Say what, of arm and baseline (which does not vary in all), tells the outcome of some at a time point for certain."""
    own = frame[frame["timepoint"] == timepoint]
    shares = own.groupby("arm", observed=False)["event"].mean().astype(float)
    if shares.isna().any():
        return f"no one of the {shares.index[shares.isna()][0]} arm has a score there"
    treated, baseline = (own["arm"] == ARMS[1]).to_numpy(dtype=float), own["baseline"].to_numpy(dtype=float)
    varying = [baseline - baseline.mean()] if np.ptp(baseline) > 0 else []
    design = np.column_stack([np.ones(len(own)), treated, *varying])
    if not find_separation(design, own["event"].to_numpy(dtype=float)).any():
        return ""
    sure = [
        f"{'no one' if share == 0 else 'everyone'} of the {arm} arm has it"
        for arm, share in shares.items()
        if share in (0, 1)
    ]
    return " and ".join(sure) or "the arm and the baseline score together tell for certain who has it"


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
