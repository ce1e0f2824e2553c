"""The change that patients with a study's baseline usually notice, in points of the compared instrument."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.comparison import CovariateBalance
from outcomes.contracts.released.describe import Scores
from outcomes.settings import Study


def find_important(tables: Mapping[str, pd.DataFrame], study: Study) -> float | None:
    """Return the first published share of the baseline that patients notice, times the mean baseline of those compared.

    The mean is weighted where the comparison is. None without a comparison, a published share, or a released baseline.
    """
    comparison = study.comparison
    share = study.instrument(comparison.estimand.instrument).important_share if comparison else None
    baseline = find_baseline(tables, study)
    return None if share is None or baseline is None else share / 100 * baseline


def find_baseline(tables: Mapping[str, pd.DataFrame], study: Study) -> float | None:
    """Return the mean baseline of those compared, weighted where the comparison is; None without a comparison or a released baseline."""
    comparison = study.comparison
    if comparison is None:
        return None
    baseline = _weighted(tables.get("covariate_balance"), comparison.weights)
    if baseline is None:
        arms = (comparison.estimand.treated, comparison.estimand.reference)
        baseline = _observed(tables.get("scores"), comparison.estimand.instrument, arms)
    return baseline


def _weighted(balance: pd.DataFrame | None, weights: str) -> float | None:
    if balance is None or balance.empty:
        return None
    own = balance[(balance[CovariateBalance.weights] == weights) & (balance[CovariateBalance.variable] == "baseline")]
    sides = own[[CovariateBalance.treated_after, CovariateBalance.reference_after]].astype("float64")
    return None if sides.empty or sides.iloc[0].isna().any() else float(sides.iloc[0].mean())


def _observed(scores: pd.DataFrame | None, instrument: str, arms: tuple[str, str]) -> float | None:
    if scores is None or scores.empty:
        return None
    own = scores[
        (scores[Scores.instrument] == instrument) & (scores[Scores.axis] == "baseline") & scores[Scores.arm].isin(arms)
    ]
    means = own[Scores.mean].dropna()
    return float(means.mean()) if len(means) else None
