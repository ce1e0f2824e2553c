"""The whole comparison of two arms: every table of the compare step in one call."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.confounder_imputation import pool_effects
from outcomes.analysis.comparison.confounder_pooling import average_tables, pool_risk_tables
from outcomes.analysis.comparison.early_signals import EARLY_SIGNALS, tabulate_early_signals
from outcomes.analysis.comparison.effects.bootstrap import resample_setting, tabulate_bootstrap
from outcomes.analysis.comparison.effects.primary import EFFECTS, TOO_FEW_SITES, tabulate_effects
from outcomes.analysis.comparison.effects.risks import EVERYONE, RISKS, tabulate_risks
from outcomes.analysis.comparison.fewest import count_fewest
from outcomes.analysis.comparison.missing import DROPOUT, IMPUTATIONS, analyse_missing
from outcomes.analysis.comparison.population.eligibility import ELIGIBILITY, tabulate_eligibility
from outcomes.analysis.comparison.population.estimand import TARGET_TRIAL, tabulate_target_trial
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.prepare import prepare_comparison
from outcomes.analysis.comparison.sensitivity.alternatives import order_ways, tabulate_alternatives
from outcomes.analysis.comparison.sensitivity.delta import TIPPING, find_shares, pool_shares, tabulate_tipping
from outcomes.analysis.comparison.sensitivity.risk_rows import question_risk
from outcomes.analysis.comparison.sensitivity.whole import (
    SENSITIVITY,
    join_tables,
    tabulate_rows,
    tabulate_sensitivity,
)
from outcomes.analysis.comparison.setting import Row, Setting, choose_timepoints
from outcomes.analysis.comparison.sites.table import SITES, SPREAD, tabulate_sites
from outcomes.analysis.comparison.statement import STATEMENT, state_left_out, tabulate_statement
from outcomes.analysis.comparison.subgroups.whole import INTERACTIONS, SUBGROUPS, tabulate_subgroups
from outcomes.analysis.comparison.weighting.balance import (
    BALANCE,
    OVERLAP,
    POSITIVITY,
    tabulate_balance,
    tabulate_overlap,
)
from outcomes.analysis.comparison.weighting.weights import WEIGHTS, tabulate_weights
from outcomes.contracts.released.comparison import ComparisonStatement
from outcomes.errors import UnsupportedError
from outcomes.records import list_records
from outcomes.settings import Study
from outcomes.settings.comparison import Comparison

log = logging.getLogger(__name__)

NO_CLUSTERS = "fewer sites have scores than the declared variance between sites needs"
NO_RESULT = "the model of its primary analysis could not be fitted to these scores"

COLUMNS: dict[str, list[str]] = {
    "target_trial": TARGET_TRIAL,
    "eligibility": ELIGIBILITY,
    "comparison_statement": STATEMENT,
    "covariate_balance": BALANCE,
    "score_overlap": OVERLAP,
    "positivity": POSITIVITY,
    "weights": WEIGHTS,
    "effects": EFFECTS,
    "risks": RISKS,
    "sensitivity": SENSITIVITY,
    "imputations": IMPUTATIONS,
    "tipping": TIPPING,
    "dropout": DROPOUT,
    "early_signals": EARLY_SIGNALS,
    "subgroups": SUBGROUPS,
    "interactions": INTERACTIONS,
    "sites": SITES,
    "site_spread": SPREAD,
}


def compare_arms(
    tables: Mapping[str, pd.DataFrame],
    comparison: Comparison | None,
    study: Study,
    samples: pd.DataFrame | None = None,
    alternatives: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Return every table of the comparison, before the disclosure gate.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``patients``, ``cohort``, ``series``, ``series_sessions``, ``endpoints``, and ``events``, as in their contracts; for
        more rows of the sensitivity grid also ``variants`` and ``pretreatment``.
    comparison : Comparison or None
        Without one, every table is there and empty; of one that the data cannot carry too, but for the statement that says why.
    study : Study
        Arms, instruments, seed, and design.
    samples, alternatives : DataFrame or None
        As :func:`resample_setting` and :func:`tabulate_alternatives` return them, where they were made apart; else they are made here.

    Returns
    -------
    dict of str to DataFrame
        By the released name; each tabulating function of this package says what a row of its table is.

    Raises
    ------
    ModelError
        The comparison is declared wrongly for these data.
    """
    empty = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    if comparison is None:
        return empty
    try:
        return empty | _compare(tables, comparison, study, samples, alternatives)
    except UnsupportedError as error:
        log.warning("the comparison is left out: %s", error)
        return empty | {ComparisonStatement.name: state_left_out(error.reason)}


def _compare(
    tables: Mapping[str, pd.DataFrame],
    comparison: Comparison,
    study: Study,
    samples: pd.DataFrame | None,
    alternatives: pd.DataFrame | None,
) -> dict[str, pd.DataFrame]:
    compared, settings, positivity = prepare_comparison(tables, comparison, study)
    arms = comparison.estimand.treated, comparison.estimand.reference
    effects = estimate_effects(settings, study.seed, samples)
    observed = pool_risk_tables(
        [tabulate_risks(one.compared, one.confounders, one.primary, compared.axes()) for one in settings]
    )
    missing = analyse_missing(settings, study)
    risks = join_tables([observed, missing.risks])
    if alternatives is None:
        alternatives = tabulate_alternatives(tables, settings, study)
    further = [order_ways(alternatives), tabulate_rows(question_everyone(settings[0], risks))]
    scale = study.instrument(comparison.estimand.instrument)
    sensitivity = tabulate_sensitivity(settings, effects, observed, scale.maximum - scale.minimum, further)
    always = {
        "target_trial": tabulate_target_trial(compared, comparison, study),
        "eligibility": tabulate_eligibility(compared.steps, arms),
        "comparison_statement": tabulate_statement(settings, positivity, study),
        "positivity": positivity,
        "effects": effects,
        "risks": risks,
        "sensitivity": join_tables([sensitivity, missing.sensitivity]),
        "imputations": missing.imputations,
        "tipping": join_tables([_tip(settings, effects), missing.tipping]),
        "dropout": missing.dropout,
    }
    declared = _tabulate_declared(settings, compared, effects, risks, missing.answers, tables["patients"])
    sites = tabulate_sites(compared, comparison, study.privacy.minimum_cell)
    return always | count_fewest(always, compared) | _tabulate_weighting(settings, arms) | declared | sites


def question_everyone(setting: Setting, risks: pd.DataFrame) -> Iterator[Row]:
    """Yield the E-values of the risks of everyone compared, at the time points that the grid shows."""
    for axis, timepoint in choose_timepoints(setting.compared, setting.comparison).items():
        place = (risks["axis"] == axis) & (risks["timepoint"] == timepoint) & (risks["population"] == EVERYONE)
        place &= risks["converged"]
        for row in list_records(risks[place]):
            yield {"axis": axis, "timepoint": timepoint, "endpoint": row["endpoint"]} | question_risk(row)


def _tabulate_weighting(settings: Sequence[Setting], arms: tuple[str, str]) -> dict[str, pd.DataFrame]:
    """Return what the weights are and how alike they make the arms: means where missing confounders were imputed."""
    treated = settings[0].compared.treated
    scores = [one.weights["overlap"].propensity for one in settings]
    score = np.mean([one.probability for one in scores if one is not None], axis=0)
    balance = [tabulate_balance(one.confounders, treated, one.weights) for one in settings]
    weights = [tabulate_weights(one.weights, treated, arms) for one in settings]
    return {
        "covariate_balance": average_tables(balance, ("n_treated", "n_reference"), ("weights", "variable")),
        "score_overlap": tabulate_overlap(score, treated, arms),
        "weights": average_tables(weights, ("n", "truncated", "without_weight"), ("weights", "arm")),
    }


def _tabulate_declared(
    settings: Sequence[Setting],
    observed: Compared,
    effects: pd.DataFrame,
    risks: pd.DataFrame,
    answers: Sequence[Floats],
    patients: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Return the tables that are there only when the study file declares them: early signals, subgroups, interactions."""
    comparison, tables = settings[0].comparison, {}
    if comparison.early_signals is not None:
        arms = comparison.estimand.treated, comparison.estimand.reference
        tables["early_signals"] = tabulate_early_signals(observed, comparison.early_signals, arms)
    if comparison.subgroups is not None:
        found = tabulate_subgroups(settings, observed, effects, risks, comparison.subgroups, answers, patients)
        tables["subgroups"], tables["interactions"] = found
    return tables


def estimate_effects(settings: Sequence[Setting], seed: int, samples: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the primary analysis on every axis, with the sandwich and, where declared, the bootstrap, of samples that are drawn here or given.

    Of several settings, which differ in imputed confounders, the differences are pooled; the bootstrap is then left out, for it
    would take the imputed values as observed.

    Raises
    ------
    UnsupportedError
        The model of the primary axis did not converge.
    """
    setting = settings[0]
    comparison, compared = setting.comparison, setting.compared
    specifications = [setting.specify_primary(axis) for axis in compared.axes()]
    if len(settings) > 1:
        tables = {axis: pool_effects(settings, axis) for axis in compared.axes()}
    else:
        tables = {one.axis: tabulate_effects(compared, setting.primary.weight, one) for one in specifications}
    primary = tables[comparison.estimand.axis]
    at_point = primary[primary["timepoint"] == comparison.estimand.timepoint]
    if not at_point["converged"].all():
        sites = comparison.cluster == "site" and at_point["note"].iloc[0].startswith(TOO_FEW_SITES)
        raise UnsupportedError(
            f"comparison: the primary analysis gave no result ({at_point['note'].iloc[0]}). Where the covariance is at fault, declare a "
            "simpler comparison.covariance, or more in comparison.fallback; where sites are too few, comparison.cluster: patient.",
            NO_CLUSTERS if sites else NO_RESULT,
        )
    if comparison.replicates and len(settings) == 1:
        drawn = resample_setting(setting, seed) if samples is None else samples
        for axis, table in tables.items():
            if table["converged"].any():
                bootstrapped = tabulate_bootstrap(table, drawn[drawn["axis"] == axis], comparison.replicates)
                tables[axis] = pd.concat([table, bootstrapped], ignore_index=True)
    return pd.concat(tables.values(), ignore_index=True)


def _tip(settings: Sequence[Setting], effects: pd.DataFrame) -> pd.DataFrame:
    estimand = settings[0].comparison.estimand
    place = (effects["axis"] == estimand.axis) & (effects["timepoint"] == estimand.timepoint)
    effect = effects[place & (effects["variance"] == "cr2")].iloc[0]
    shares = [find_shares(one.compared, estimand.axis, estimand.timepoint, one.primary.weight) for one in settings]
    return tabulate_tipping(effect, pool_shares(shares), settings[0].comparison.deltas)
