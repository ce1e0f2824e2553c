"""Worst cases for the change: every missing score at an end of the scale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from outcomes.analysis.comparison.missing.ancova import build_ancova
from outcomes.analysis.comparison.missing.wide import Wide
from outcomes.analysis.comparison.precision import NO_VARIANCE, bound_estimate
from outcomes.analysis.comparison.sensitivity.bounds import fill_worst
from outcomes.analysis.comparison.weighting.weights import compute_effective_n
from outcomes.instruments import Instrument

CASES = {
    "worst_case_treated": "missing treated at the worst end of the scale, missing reference at the best",
    "worst_case_reference": "missing treated at the best end of the scale, missing reference at the worst",
}


def bound_change(wide: Wide, timepoint: str, instrument: Instrument) -> Iterator[dict[str, Any]]:
    """Yield the rows between which the difference lies, whatever the missing scores at a time point were."""
    place = wide.timepoints.index(timepoint)
    change = wide.change[:, place]
    best, worst = (
        (instrument.minimum, instrument.maximum)
        if instrument.higher_is_worse
        else (instrument.maximum, instrument.minimum)
    )
    ancova = build_ancova(wide.treated, wide.baseline, wide.weight)
    for case, note in CASES.items():
        good = fill_worst(np.full(len(change), np.nan), wide.treated, case)
        extreme = np.where(good == 1, best, worst) - wide.baseline
        estimates, variances = ancova.estimate(np.where(np.isnan(change), extreme, change)[:, None])
        estimate, scale = float(estimates[0]), instrument.maximum - instrument.minimum
        lower, upper, _ = bound_estimate(estimate, float(variances[0]), ancova.df, scale)
        bounds = {"estimate": estimate, "lower": lower, "upper": upper, "converged": np.isfinite(lower)}
        size = {"n": len(change), "effective_n": compute_effective_n(wide.weight)}
        yield {"analysis": case, "note": note if np.isfinite(lower) else f"{note}; {NO_VARIANCE}"} | bounds | size
