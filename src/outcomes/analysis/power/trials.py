"""Trials drawn from a design and analysed as the study would be, on the same engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes import mixed
from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.power.design import Design
from outcomes.mixed.errors import MixedError


@dataclass(frozen=True)
class Trials:
    """Simulated trials of one size, without any difference between the arms.

    Attributes
    ----------
    estimate, error, half : ndarray, shape (R,)
        Estimated difference at the target time point, its standard error, and half the width of its 95% interval; missing where
        the fit did not converge. A difference of δ points added to every treated patient moves the estimate by δ and leaves the
        other two as they are, as model and likelihood are equivariant: one set of trials serves every δ.
    """

    estimate: Floats
    error: Floats
    half: Floats

    @property
    def converged(self) -> Bools:
        """Which trials have an estimate."""
        return np.isfinite(self.half)


def simulate_trials(design: Design, per_arm: int, replicates: int, generator: np.random.Generator) -> Trials:
    """Draw trials with so many patients an arm and fit each: the change by baseline and arm at each time point.

    Weights cost patients: an arm is drawn with ``per_arm`` over its cost. Who is seen when is drawn as whole patterns of the
    study's own patients of that arm, so that dropout is missing at random.
    """
    found = np.full((replicates, 3), np.nan)
    root: Floats = np.asarray(np.linalg.cholesky(design.covariance), dtype=float)
    for trial in range(replicates):
        found[trial] = _fit(_draw(design, per_arm, root, generator), len(design.timepoints))
    return Trials(*found.T)


def _draw(design: Design, per_arm: int, root: Floats, generator: np.random.Generator) -> pd.DataFrame:
    parts = []
    for arm, (seen, cost) in enumerate(zip(design.seen, design.cost, strict=True)):
        n = max(2, round(per_arm / cost))
        baseline = generator.normal(*design.baseline, n)
        change = generator.standard_normal((n, len(root))) @ root.T
        there = seen[generator.integers(0, len(seen), n)]
        person, place = np.nonzero(there)
        parts.append(
            pd.DataFrame(
                {
                    "person": person + 1_000_000 * arm,
                    "timepoint": place,
                    "arm": float(arm),
                    "baseline": baseline[person] - design.baseline[0],
                    "change": change[person, place],
                }
            )
        )
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(timepoint=pd.Categorical(rows["timepoint"], range(len(root))))


def _fit(rows: pd.DataFrame, points: int) -> tuple[float, float, float]:
    """Return the coefficient of the arm, which is the difference at the first time point, its standard error and half width."""
    formula = "change ~ baseline*timepoint + arm*timepoint" if points > 1 else "change ~ baseline + arm"
    ladder = ("heterogeneous_toeplitz", "heterogeneous_ar1", "compound_symmetry")
    try:
        fit = mixed.fit(rows, formula, subject="person", visit="timepoint", fallback=ladder)
    except MixedError:
        return np.nan, np.nan, np.nan
    if not fit.converged:
        return np.nan, np.nan, np.nan
    own = fit.coefficients.set_index("term").loc["arm", ["estimate", "std_error", "upper"]].to_numpy(dtype=float)
    return float(own[0]), float(own[1]), float(own[2] - own[0])
