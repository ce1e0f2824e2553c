"""Every table on missing scores in one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.confounder_pooling import pool_rows
from outcomes.analysis.comparison.effects.risks import RISKS
from outcomes.analysis.comparison.missing.bounds import bound_change
from outcomes.analysis.comparison.missing.censoring import estimate_weighted
from outcomes.analysis.comparison.missing.dropout import DROPOUT, tabulate_dropout
from outcomes.analysis.comparison.missing.imputations import (
    IMPUTATIONS,
    Analysed,
    Kept,
    impute_axis,
    tabulate_everyone,
    tabulate_failure,
    tabulate_imputations,
)
from outcomes.analysis.comparison.missing.responders import Judge
from outcomes.analysis.comparison.missing.tipping import tabulate_imputed_tipping
from outcomes.analysis.comparison.missing.wide import Wide, spread_changes
from outcomes.analysis.comparison.population.confounders import code_declared
from outcomes.analysis.comparison.sensitivity.delta import TIPPING
from outcomes.analysis.comparison.sensitivity.whole import SENSITIVITY
from outcomes.analysis.comparison.setting import POINTS, RATIO, Setting, choose_timepoints
from outcomes.criteria import Criteria
from outcomes.errors import ModelError
from outcomes.records import list_records
from outcomes.settings import Study
from outcomes.settings.comparison import Comparison
from outcomes.settings.imputation import Imputation

BOUND = "points at the ends of the scale"


@dataclass(frozen=True)
class MissingTables:
    """What the comparison says of missing scores.

    Attributes
    ----------
    imputations : DataFrame
        As :func:`tabulate_imputations` returns it, of every axis.
    risks : DataFrame
        As :func:`tabulate_everyone` returns it, of every axis.
    answers : tuple of ndarray, each shape (draws, people)
        Of every data set with filled confounders, the declared binary endpoint of everyone at the primary time point, imputed where missing;
        missing for those without a weight. Empty where it could not be imputed.
    tipping : DataFrame
        As :func:`outcomes.analysis.comparison.missing.tipping.tabulate_imputed_tipping` returns it, of the primary time point.
    dropout : DataFrame
        As :func:`tabulate_dropout` returns it, of every axis.
    sensitivity : DataFrame
        Rows of the grid of sensitivity analyses.
    """

    imputations: pd.DataFrame
    risks: pd.DataFrame
    answers: tuple[Floats, ...]
    tipping: pd.DataFrame
    dropout: pd.DataFrame
    sensitivity: pd.DataFrame


def analyse_missing(settings: Sequence[Setting], study: Study) -> MissingTables:
    """Impute missing scores, weight for staying, bound the difference in change, and count who left, on every axis.

    Of several settings, which differ in imputed confounders, the estimates are pooled; who left is the same in each.
    """
    comparison, compared = settings[0].comparison, settings[0].compared
    estimand = comparison.estimand
    arms, instrument = (estimand.treated, estimand.reference), study.instrument(estimand.instrument)
    parts = [_prepare(one, study) for one in settings]
    chosen = choose_timepoints(compared, comparison)
    imputed, risks, tipping, dropout, rows = [], [], [], [], []
    answers: tuple[Floats, ...] = ()
    for axis in compared.axes():
        wides = [spread_changes(one.setting.compared, axis, one.judge.weights.weight, one.covariates) for one in parts]
        if wides[0].timepoints:
            dropout.append(tabulate_dropout(wides[0], instrument, arms))
        found = _impute(parts, axis, study.seed)
        table = found.table
        imputed.append(table)
        if comparison.imputation.draws:
            risks.append(tabulate_everyone(found.judged, compared, axis, estimand.binary.missing))
        tipping.append(found.tipping)
        if axis == estimand.axis:
            answers = _find_answers(found.judged)
        place = {"axis": axis, "timepoint": chosen[axis]}
        rows += [place | row for row in _list_rows(comparison, wides, chosen[axis], table)]
        if chosen[axis] in wides[0].timepoints:
            own = place | {"endpoint": "change", "scale": BOUND}
            rows += [own | row for row in pool_rows(bound_change(one, chosen[axis], instrument) for one in wides)]
    return MissingTables(
        _stack(imputed, IMPUTATIONS),
        _stack(risks, RISKS),
        answers,
        _stack(tipping, TIPPING),
        _stack(dropout, DROPOUT),
        pd.DataFrame(rows, columns=SENSITIVITY).astype({"n": "Int64", "converged": bool}),
    )


@dataclass(frozen=True)
class _Part:
    """One data set: its setting, coded confounders other than the baseline, and how imputed scores are judged in it."""

    setting: Setting
    covariates: Floats
    judge: Judge


def _prepare(setting: Setting, study: Study) -> _Part:
    instrument = study.instrument(setting.comparison.estimand.instrument)
    criteria = Criteria.of(setting.comparison.estimand.instrument, instrument, study.endpoints)
    names = [name for name in setting.comparison.confounders if name != "baseline"]
    covariates = code_declared(setting.compared.people, setting.comparison, names).design
    return _Part(setting, covariates, Judge(criteria, instrument.multiplier, setting.primary))


@dataclass(frozen=True)
class _Imputed:
    """The imputations of an axis, the tipping points of the primary one, and the data sets whose scores were judged (none without)."""

    table: pd.DataFrame
    tipping: pd.DataFrame
    judged: Sequence[Analysed]


def _find_answers(judged: Sequence[Analysed]) -> tuple[Floats, ...]:
    """Return the declared binary endpoint of everyone at the primary time point."""
    return tuple(one.answered for one in judged if one.answered is not None)


def _impute(parts: Sequence[_Part], axis: str, seed: int) -> _Imputed:
    """Return the imputations of an axis and, of the primary one, the tipping points from them.

    Where the strategies for response and remission make other scores missing than those for the change, their scores are imputed
    apart.
    """
    comparison, compared = parts[0].setting.comparison, parts[0].setting.compared
    imputation = comparison.imputation
    empty = pd.DataFrame(columns=TIPPING)
    if not imputation.draws:
        return _Imputed(pd.DataFrame(columns=IMPUTATIONS), empty, ())
    each = imputation.model_copy(update={"draws": max(2, -(-imputation.draws // len(parts)))})
    apart = compared.follow_binary() is not compared
    name = f"comparison/imputation/{axis}"
    try:
        analysed = _analyse(parts, axis, each, np.random.default_rng([seed, *name.encode()]), not apart)
        table, judged = tabulate_imputations(analysed), analysed
        if apart:
            others = [
                replace(one, setting=replace(one.setting, compared=one.setting.compared.follow_binary()))
                for one in parts
            ]
            generator = np.random.default_rng([seed, *f"{name}/binary".encode()])
            judged = _analyse(others, axis, each, generator, True)
            risks = tabulate_imputations(judged)
            table = pd.concat([table, risks[risks["scale"] != POINTS]], ignore_index=True)
    except ModelError as error:
        failed = tabulate_failure(compared, axis, imputation, int(parts[0].judge.weights.present.sum()), error)
        return _Imputed(failed, empty, ())
    estimand = comparison.estimand
    if axis != estimand.axis or estimand.timepoint not in analysed[0].wide.timepoints:
        return _Imputed(table, empty, judged)
    return _Imputed(table, tabulate_imputed_tipping(analysed, estimand.timepoint, comparison.deltas), judged)


def _analyse(
    parts: Sequence[_Part], axis: str, imputation: Imputation, generator: np.random.Generator, judged: bool
) -> list[Analysed]:
    """Impute and analyse every data set in turn."""
    estimand = parts[0].setting.comparison.estimand
    binary = estimand.binary
    kept = Kept(binary.missing, binary.endpoint, estimand.timepoint) if judged and axis == estimand.axis else None
    return [
        impute_axis(
            one.setting.compared,
            one.setting.specify(axis, vcov="model"),
            one.judge.weights.weight,
            one.covariates,
            imputation,
            generator,
            one.judge if judged else None,
            kept,
        )
        for one in parts
    ]


def _list_rows(
    comparison: Comparison, wides: Sequence[Wide], timepoint: str, imputed: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    kept = ["endpoint", "scale", "analysis", "estimate", "lower", "upper", "n", "effective_n", "converged"]
    shown = imputed[(imputed["timepoint"] == timepoint) & (imputed["scale"] != RATIO)]
    for row in list_records(shown):
        note = f"{row['draws']} imputations, Rubin's rules" if row["converged"] else ""
        yield {name: row[name] for name in kept} | {"note": "; ".join(one for one in (note, row["note"]) if one)}
    if timepoint in wides[0].timepoints:
        place = {"endpoint": "change", "scale": POINTS}
        limit = comparison.censoring_truncation
        yield from (place | row for row in pool_rows([estimate_weighted(one, timepoint, limit)] for one in wides))


def _stack(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    full = [table for table in tables if len(table)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=columns)
