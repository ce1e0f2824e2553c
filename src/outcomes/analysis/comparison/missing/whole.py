"""Every table on missing scores in one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.confounders import code_confounders
from outcomes.analysis.comparison.delta import TIPPING
from outcomes.analysis.comparison.missing.bounds import bound_change
from outcomes.analysis.comparison.missing.censoring import estimate_weighted
from outcomes.analysis.comparison.missing.dropout import DROPOUT, tabulate_dropout
from outcomes.analysis.comparison.missing.imputations import (
    IMPUTATIONS,
    impute_axis,
    tabulate_failure,
    tabulate_imputations,
    tabulate_imputed_tipping,
)
from outcomes.analysis.comparison.missing.responders import Judge
from outcomes.analysis.comparison.missing.wide import Wide, spread_changes
from outcomes.analysis.comparison.sensitivity import SENSITIVITY
from outcomes.analysis.comparison.setting import POINTS, RATIO, Setting, choose_timepoints
from outcomes.criteria import Criteria
from outcomes.errors import ModelError
from outcomes.settings import Study

BOUND = "points at the ends of the scale"


@dataclass(frozen=True)
class MissingTables:
    """What the comparison says of missing scores.

    Attributes
    ----------
    imputations : DataFrame
        As :func:`tabulate_imputations` returns it, of every axis.
    tipping : DataFrame
        As :func:`tabulate_imputed_tipping` returns it, of the primary time point.
    dropout : DataFrame
        As :func:`tabulate_dropout` returns it, of every axis.
    sensitivity : DataFrame
        Rows of the grid of sensitivity analyses.
    """

    imputations: pd.DataFrame
    tipping: pd.DataFrame
    dropout: pd.DataFrame
    sensitivity: pd.DataFrame


def analyse_missing(setting: Setting, study: Study) -> MissingTables:
    """Impute missing scores, weight for staying, bound the difference in change, and count who left, on every axis."""
    comparison, compared = setting.comparison, setting.compared
    estimand = comparison.estimand
    arms, instrument = (estimand.treated, estimand.reference), study.instrument(estimand.instrument)
    criteria = Criteria.of(estimand.instrument, instrument, study.endpoints)
    judge = Judge(criteria, instrument.multiplier, setting.primary)
    names = [name for name in comparison.confounders if name != "baseline"]
    covariates = code_confounders(compared.people, names).design
    chosen = choose_timepoints(compared, comparison)
    imputed, tipping, dropout, rows = [], [], [], []
    for axis in compared.axes():
        wide = spread_changes(compared, axis, setting.primary.weight, covariates)
        dropout.append(tabulate_dropout(wide, instrument, arms))
        table, grid = _impute(setting, axis, covariates, study.seed, judge)
        imputed.append(table)
        tipping.append(grid)
        place = {"axis": axis, "timepoint": chosen[axis]}
        rows += [place | row for row in _list_rows(setting, wide, chosen[axis], table)]
        if chosen[axis] in wide.timepoints:
            own = place | {"endpoint": "change"}
            rows += [own | row | {"scale": BOUND} for row in bound_change(wide, chosen[axis], instrument)]
    return MissingTables(
        _stack(imputed, IMPUTATIONS),
        _stack(tipping, TIPPING),
        _stack(dropout, DROPOUT),
        pd.DataFrame(rows, columns=SENSITIVITY).astype({"n": "Int64", "converged": bool}),
    )


def _impute(
    setting: Setting, axis: str, covariates: Floats, seed: int, judge: Judge
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the imputations of an axis and, of the primary one, the tipping points from them.

    Where the strategies for response and remission make other scores missing than those for the change, their scores are imputed
    apart.
    """
    comparison, imputation, compared = setting.comparison, setting.comparison.imputation, setting.compared
    empty = pd.DataFrame(columns=TIPPING)
    if not imputation.draws:
        return pd.DataFrame(columns=IMPUTATIONS), empty
    specification, weight = setting.specify(axis, vcov="model"), setting.primary.weight
    other = compared.follow_binary()
    apart = other is not compared
    generator = np.random.default_rng([seed, *f"comparison/imputation/{axis}".encode()])
    try:
        analysed = impute_axis(
            compared, specification, weight, covariates, imputation, generator, None if apart else judge
        )
        table = tabulate_imputations(analysed)
        if apart:
            generator = np.random.default_rng([seed, *f"comparison/imputation/{axis}/binary".encode()])
            second = impute_axis(other, specification, weight, covariates, imputation, generator, judge)
            risks = tabulate_imputations(second)
            table = pd.concat([table, risks[risks["scale"] != POINTS]], ignore_index=True)
    except ModelError as error:
        return tabulate_failure(compared, axis, imputation, len(covariates), error), empty
    if axis != comparison.estimand.axis:
        return table, empty
    return table, tabulate_imputed_tipping(analysed, comparison.estimand.timepoint, comparison.deltas)


def _list_rows(setting: Setting, wide: Wide, timepoint: str, imputed: pd.DataFrame) -> Iterator[dict[str, Any]]:
    kept = ["endpoint", "scale", "analysis", "estimate", "lower", "upper", "n", "effective_n", "converged"]
    shown = imputed[(imputed["timepoint"] == timepoint) & (imputed["scale"] != RATIO)]
    for row in shown.to_dict("records"):
        note = f"{row['draws']} imputations, Rubin's rules" if row["converged"] else ""
        yield {name: row[name] for name in kept} | {"note": "; ".join(one for one in (note, row["note"]) if one)}
    if timepoint in wide.timepoints:
        place = {"endpoint": "change", "scale": POINTS}
        yield place | estimate_weighted(wide, timepoint, setting.comparison.censoring_truncation)


def _stack(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    full = [table for table in tables if len(table)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=columns)
