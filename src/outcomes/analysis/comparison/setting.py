"""What every row of the sensitivity grid needs, and how a mixed model becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.effects.primary import (
    NO_VARIATION,
    TOO_FEW,
    UNCONNECTED,
    Specification,
    build_frame,
    estimate_differences,
    find_compared,
    find_identified,
    judge_timepoints,
)
from outcomes.analysis.comparison.population.confounders import Confounders, code_declared
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.weighting.weights import KINDS, Weights, compute_effective_n, compute_weights
from outcomes.settings.comparison import Comparison

SPREAD = "standard deviations"
POINTS, RISK, RATIO, ODDS = "points", "risk difference", "risk ratio", "log odds ratio"
NOBODY = "next to no one in an arm has it, so there is no ratio"
EVALUE, DELTA = "e-value", "delta in points"
Row = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What every row needs.

    Attributes
    ----------
    compared : Compared
    confounders : Confounders
    weights : mapping of str to Weights
        All kinds.
    comparison : Comparison
    """

    compared: Compared
    confounders: Confounders
    weights: Mapping[str, Weights]
    comparison: Comparison

    @property
    def primary(self) -> Weights:
        """Return the declared weights."""
        return self.weights[self.comparison.weights]

    def specify(self, axis: str, baseline: bool = True, vcov: str = "cr2") -> Specification:
        """Return the mixed model of an axis."""
        return Specification(axis, self.comparison.covariance, self.comparison.fallback, baseline, vcov)

    def specify_primary(self, axis: str) -> Specification:
        """Return the primary model of an axis, its variance clustered as the study declares."""
        specification = self.specify(axis)
        if self.comparison.cluster == "patient":
            return specification
        return replace(specification, cluster=dict(enumerate(self.name_sites())))

    def name_sites(self) -> list[str]:
        """Return the site of each person; one that is not recorded is a site of its own."""
        assert self.comparison.site is not None
        sites = self.compared.people[self.comparison.site].astype(object)
        return [str(one) for one in sites.map(str, na_action="ignore").fillna("missing")]


def choose_timepoints(compared: Compared, comparison: Comparison) -> dict[str, str]:
    """Return the time point of each axis that the grid shows: the primary one, and of any other axis the last that both arms can be compared at."""
    ones = np.ones(len(compared.people))
    chosen = {axis: (find_compared(compared, axis, ones) or compared.timepoints[axis])[-1] for axis in compared.axes()}
    return chosen | {comparison.estimand.axis: comparison.estimand.timepoint}


def build_setting(compared: Compared, comparison: Comparison) -> Setting:
    """Code the confounders of the compared patients and estimate all kinds of weights."""
    confounders = code_declared(compared.people, comparison)
    weights = {
        kind: compute_weights(compared.treated, confounders.design, kind, comparison.truncation) for kind in KINDS
    }
    return Setting(compared, confounders, weights, comparison)


def fit_row(
    analysis: str,
    setting: Setting,
    specification: Specification,
    timepoint: str,
    weights: Weights,
    covariates: Floats | None = None,
    note: str = "",
) -> Row:
    """Return the row of a mixed model of the compared patients' changes under the given weights."""
    if not weights.supported:
        size = {"n": len(weights.weight), "converged": False}
        return {"analysis": analysis, "note": "patients whom the weights stand for have no counterpart"} | size
    if covariates is not None:
        kept = find_identified(setting.compared, specification.axis, weights.weight, covariates)
        lost = covariates.shape[1] - len(kept)
        said = (
            f"{lost} of {covariates.shape[1]} columns of confounders left out, whose slopes these patients cannot tell"
        )
        note, covariates = "; ".join(one for one in (note, said if lost else "") if one), covariates[:, kept]
    reasons = judge_timepoints(setting.compared, specification.axis, weights.weight)
    frame = build_frame(setting.compared, specification.axis, weights.weight, covariates)
    if reasons.get(timepoint) in (NO_VARIATION, UNCONNECTED):
        note = "; ".join(one for one in (note, reasons[timepoint]) if one)
        return {"analysis": analysis, "n": int(frame["person"].nunique()), "converged": False, "note": note}
    return fit_frame(analysis, frame, specification, timepoint, note)


def fit_frame(analysis: str, frame: pd.DataFrame, specification: Specification, timepoint: str, note: str = "") -> Row:
    """Return the row of a mixed model of a frame: its numbers, or why there are none."""
    from outcomes import mixed

    people = frame.drop_duplicates("person")
    row: Row = {"analysis": analysis, "n": len(people), "converged": False}
    row["effective_n"] = compute_effective_n(people["weight"].to_numpy())
    if timepoint not in frame["timepoint"].cat.categories:
        return row | {"note": TOO_FEW}
    try:
        table, fit = estimate_differences(frame, specification)
    except mixed.MixedError as error:
        return row | {"note": str(error)}
    found = table.set_index("timepoint").reindex([timepoint]).iloc[0][["estimate", "lower", "upper"]]
    notes = "; ".join(one for one in (note, *fit.warnings) if one)
    values = {str(name): float(value) for name, value in found.items()}
    return row | values | {"converged": fit.converged, "note": notes}
