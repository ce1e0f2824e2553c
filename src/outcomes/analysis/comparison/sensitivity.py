"""Every other way to the answer, one row each."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from outcomes.analysis.comparison.model_rows import repeat_bootstrap, repeat_pooled, vary_model
from outcomes.analysis.comparison.people import ENDPOINTS
from outcomes.analysis.comparison.question_rows import question_effect
from outcomes.analysis.comparison.risk_rows import bound_risks, fit_odds, repeat_risks
from outcomes.analysis.comparison.setting import POINTS, Row, Setting, choose_timepoints

SENSITIVITY = [
    "endpoint", "analysis", "scale", "axis", "timepoint", "estimate", "lower", "upper", "n", "effective_n", "converged",
    "note",
]  # fmt: skip


def tabulate_sensitivity(
    setting: Setting, effects: pd.DataFrame, risks: pd.DataFrame, further: Iterable[Row] = ()
) -> pd.DataFrame:
    """Return the grid of sensitivity analyses.

    Parameters
    ----------
    setting : Setting
    effects, risks : DataFrame
        The primary analysis and the risks, whose rows are repeated here beside the others.
    further : iterable of Row
        Whole rows of other analyses.

    Returns
    -------
    DataFrame
        One row per endpoint, analysis, scale, axis, and time point, the key: the estimate treated − reference with its 95 % interval, patients
        in it, their effective number, whether it converged, and a note.
    """
    rows: list[Row] = []
    for axis, timepoint in choose_timepoints(setting.compared, setting.comparison).items():
        place = {"axis": axis, "timepoint": timepoint}
        rows += [{"endpoint": "change", "scale": POINTS} | row | place for row in vary_model(setting, axis, timepoint)]
        own = effects[(effects["axis"] == axis) & (effects["timepoint"] == timepoint)]
        rows += [{"endpoint": "change"} | row | place for row in (*repeat_bootstrap(own), *repeat_pooled(own))]
        rows += [{"endpoint": "change"} | row | place for row in question_effect(setting, own, axis, timepoint)]
        for endpoint in ENDPOINTS:
            some = risks[(risks["axis"] == axis) & (risks["timepoint"] == timepoint) & (risks["endpoint"] == endpoint)]
            rows += [{"endpoint": endpoint} | row | place for row in repeat_risks(some)]
            if len(some):
                rows += [
                    {"endpoint": endpoint} | row | place for row in bound_risks(setting, axis, timepoint, endpoint)
                ]
                rows.append({"endpoint": endpoint} | fit_odds(setting, axis, timepoint, endpoint) | place)
    table = pd.DataFrame([*rows, *further], columns=SENSITIVITY)
    return table.astype({"n": "Int64", "converged": bool})
