"""Every other way to the answer, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from outcomes.analysis.comparison.confounder_pooling import pool_rows
from outcomes.analysis.comparison.population.people import ENDPOINTS
from outcomes.analysis.comparison.sensitivity.model_rows import repeat_bootstrap, repeat_pooled, vary_model
from outcomes.analysis.comparison.sensitivity.question_rows import question_effect
from outcomes.analysis.comparison.sensitivity.risk_rows import bound_risks, fit_odds, repeat_risks
from outcomes.analysis.comparison.setting import POINTS, Row, Setting, choose_timepoints
from outcomes.contracts import CONTRACTS
from outcomes.contracts.released.comparison import Sensitivity

SENSITIVITY = Sensitivity.columns


def tabulate_sensitivity(
    settings: Sequence[Setting],
    effects: pd.DataFrame,
    risks: pd.DataFrame,
    span: float,
    further: Sequence[pd.DataFrame] = (),
) -> pd.DataFrame:
    """Return the grid of sensitivity analyses.

    Parameters
    ----------
    settings : sequence of Setting
        Several where missing confounders were imputed; each row is then pooled over them.
    effects, risks : DataFrame
        The primary analysis and the risks, whose rows are repeated here beside the others.
    span : float
        From the smallest to the largest total of the estimand's instrument, in points.
    further : sequence of DataFrame
        Rows of other analyses, of the same columns.

    Returns
    -------
    DataFrame
        One row per endpoint, analysis, scale, axis, and time point, the key: the estimate treated − reference with its 95% interval, patients
        in it, their effective number, whether it converged, and a note.
    """
    rows: list[Row] = []
    for axis, timepoint in choose_timepoints(settings[0].compared, settings[0].comparison).items():
        place = {"axis": axis, "timepoint": timepoint}
        varied = pool_rows(vary_model(one, axis, timepoint) for one in settings)
        rows += [{"endpoint": "change", "scale": POINTS} | row | place for row in varied]
        own = effects[(effects["axis"] == axis) & (effects["timepoint"] == timepoint)]
        rows += [{"endpoint": "change"} | row | place for row in (*repeat_bootstrap(own), *repeat_pooled(own))]
        rows += [{"endpoint": "change"} | row | place for row in question_effect(settings, own, axis, timepoint, span)]
        for endpoint in ENDPOINTS:
            some = risks[(risks["axis"] == axis) & (risks["timepoint"] == timepoint) & (risks["endpoint"] == endpoint)]
            rows += [{"endpoint": endpoint} | row | place for row in repeat_risks(some)]
            if len(some):
                bounds = pool_rows(bound_risks(one, axis, timepoint, endpoint) for one in settings)
                odds = pool_rows([fit_odds(one, axis, timepoint, endpoint)] for one in settings)
                rows += [{"endpoint": endpoint} | row | place for row in (*bounds, *odds)]
    return join_tables([tabulate_rows(rows), *further])


def tabulate_rows(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows of the grid as a table."""
    types = {name: field.dtype for name, field in CONTRACTS["alternatives"].fields.items() if name in SENSITIVITY}
    return pd.DataFrame(list(rows), columns=SENSITIVITY).astype(types)


def join_tables(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of the same columns as one."""
    full = [table for table in tables if len(table)]
    return pd.concat(full, ignore_index=True) if full else tables[0]
