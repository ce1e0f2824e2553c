"""What a study has learned that a trial can be planned by: how scores scatter, who is still seen, what the weights cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes import mixed
from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.selection import select_included
from outcomes.errors import ModelError
from outcomes.settings import Study

FEWEST = 20  # patients of an arm from whom who stays is learned


@dataclass(frozen=True)
class Design:
    """What the simulated patients are drawn from.

    Attributes
    ----------
    covariance : ndarray, shape (T, T)
        Of the changes at the time points, given baseline and arm; the target comes first.
    timepoints : tuple of str
        Their names, the target first.
    seen : tuple of two ndarray of bool, shape (patients, T)
        At which time points each patient of the reference and of the treated arm has a score: whole patterns are drawn from these.
    cost : tuple of float
        Patients per effective patient in either arm under the declared weights, 1 + CV² of the weights; 1 without weights.
    baseline : tuple of float
        Mean and standard deviation of the baseline, in points.
    """

    covariance: Floats
    timepoints: tuple[str, ...]
    seen: tuple[Bools, Bools]
    cost: tuple[float, float]
    baseline: tuple[float, float]


def learn_design(tables: Mapping[str, pd.DataFrame], study: Study) -> Design:
    """Return the design that the compared arms of a study show; the observed difference between them takes no part.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``endpoints``, ``cohort``; and the estimate ``weights`` where weights are declared.
    study : Study
        Its comparison: arms, instrument, axis, and time point.

    Raises
    ------
    ModelError
        An arm has fewer than 20 patients, the time point has no score, or the covariance could not be fitted.
    """
    assert study.comparison is not None
    estimand = study.comparison.estimand
    rows = select_included(tables["endpoints"], tables["cohort"])
    arms = (estimand.reference, estimand.treated)
    rows = rows[(rows["instrument"] == estimand.instrument) & (rows["axis"] == estimand.axis)]
    rows = rows[rows["arm"].isin(arms) & rows["baseline"].notna()].astype({"timepoint": str, "arm": str})
    wide = rows.assign(there=rows["change"].notna()).pivot_table(
        index=["arm", "patient", "series"], columns="timepoint", values="there", aggfunc="any", sort=False
    )
    points = [estimand.timepoint, *(name for name in wide.columns if name != estimand.timepoint)]
    if estimand.timepoint not in wide or not wide[estimand.timepoint].any():
        raise ModelError(f"power: no score of {estimand.instrument} at {estimand.timepoint}.")
    points = [name for name in points if wide[name].any()]
    seen = tuple(wide.loc[wide.index.get_level_values(0) == arm, points].to_numpy(dtype=bool) for arm in arms)
    for arm, own in zip(arms, seen, strict=True):
        if len(own) < FEWEST:
            raise ModelError(
                f"power: arm {arm} has {len(own)} patients with a baseline; it takes {FEWEST} to learn from."
            )
    fitted = _fit_covariance(rows[rows["change"].notna()], points)
    base = rows.drop_duplicates(["patient", "series"])["baseline"].astype(float)
    cost = tuple(_find_cost(tables, arm, study.comparison.weights) for arm in arms)
    return Design(fitted, tuple(points), (seen[0], seen[1]), (cost[0], cost[1]), (base.mean(), base.std(ddof=1)))


def _fit_covariance(rows: pd.DataFrame, points: list[str]) -> Floats:
    """Return the fitted covariance of the changes, whatever the arms' means."""
    data = rows.assign(
        timepoint=pd.Categorical(rows["timepoint"], points),
        person=rows["patient"].astype(str) + "/" + rows["series"].astype(str),
        baseline=rows["baseline"].astype(float),
        change=rows["change"].astype(float),
    )
    means: Any = "baseline*timepoint + arm*timepoint" if len(points) > 1 else "baseline + arm"
    for structure in ("unstructured", "heterogeneous_ar1", "compound_symmetry"):
        fit = mixed.fit(data, f"change ~ {means}", subject="person", visit="timepoint", covariance=structure)
        if fit.converged:
            found: Floats = np.asarray(fit.covariance.loc[points, points], dtype=float)
            return found
    raise ModelError("power: the covariance of the scores could not be fitted.")


def _find_cost(tables: Mapping[str, pd.DataFrame], arm: str, weights: str) -> float:
    """Return patients per effective patient of an arm, 1 + CV² (Kish, 10.1002/bimj.19680100122)."""
    if "weights" not in tables:
        return 1.0
    rows = tables["weights"]
    rows = rows[(rows["arm"].astype(str) == arm) & (rows["weights"].astype(str) == weights)]
    return float(rows["n"].iloc[0] / rows["effective_n"].iloc[0]) if len(rows) else 1.0
