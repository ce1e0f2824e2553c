"""Rows of the sensitivity grid on what it would take to explain the difference away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.precision import drop_dust
from outcomes.analysis.comparison.sensitivity.delta import find_shares, find_tipping_point, pool_shares
from outcomes.analysis.comparison.sensitivity.evalue import compute_evalue, compute_interval_evalue, convert_difference
from outcomes.analysis.comparison.setting import DELTA, EVALUE, Row, Setting


def question_effect(
    settings: Sequence[Setting], own: pd.DataFrame, axis: str, timepoint: str, span: float
) -> Iterator[Row]:
    """Return what it would take to explain the primary difference away: confounding, or worse missing scores.

    No score can be moved by more than the instrument's ``span``, in points: where that is not enough there is no tipping point.
    """
    primary = own[own["variance"] == "cr2"]
    if primary.empty or not primary["converged"].iloc[0]:
        return
    effect, compared = primary.iloc[0], settings[0].compared
    size = {"n": effect["n_treated"] + effect["n_reference"], "effective_n": effect["effective_n"], "converged": True}
    change = compared.at(axis, timepoint, "change")
    spread = np.sqrt(np.mean([np.nanvar(change[side], ddof=1) for side in (compared.treated, ~compared.treated)]))
    if not float(drop_dust(spread**2, np.nanmax(np.abs(change)))) > 0:
        return
    ratios = [convert_difference(effect[name], float(spread)) for name in ("estimate", "lower", "upper")]
    note = "of the difference in standard deviations, as a risk ratio; lower: of the interval's bound nearer to none"
    nearer = compute_interval_evalue(ratios[1], ratios[2])
    yield size | {
        "analysis": "e_value",
        "scale": EVALUE,
        "estimate": compute_evalue(ratios[0]),
        "lower": nearer,
        "note": note,
    }
    shares = pool_shares([find_shares(one.compared, axis, timepoint, one.primary.weight) for one in settings])
    for place, arm in enumerate(("treated", "reference")):
        note = f"added to the missing scores of the {arm} arm, until the interval touches 0"
        point = find_tipping_point(effect, shares, place)
        if abs(point) > span:
            point, note = (
                np.nan,
                f"no shift within the scale of the missing scores of the {arm} arm makes the interval touch 0",
            )
        yield size | {"analysis": f"tipping_point_{arm}", "scale": DELTA, "estimate": point, "note": note}
