"""The whole comparison of two arms: every table of the compare step in one call."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.balance import (
    BALANCE,
    OVERLAP,
    POSITIVITY,
    tabulate_balance,
    tabulate_overlap,
    tabulate_positivity,
)
from outcomes.analysis.comparison.bootstrap import Progress, resample_differences, tabulate_bootstrap
from outcomes.analysis.comparison.confounder_imputation import (
    impute_confounders,
    lacks_confounders,
    pool_effects,
    vary_missing,
)
from outcomes.analysis.comparison.control_rows import compare_controls
from outcomes.analysis.comparison.delta import TIPPING, find_shares, tabulate_tipping
from outcomes.analysis.comparison.early_signals import EARLY_SIGNALS, tabulate_early_signals
from outcomes.analysis.comparison.eligibility import ELIGIBILITY, tabulate_eligibility
from outcomes.analysis.comparison.estimand import TARGET_TRIAL, check_estimand, tabulate_target_trial
from outcomes.analysis.comparison.missing import DROPOUT, IMPUTATIONS, analyse_missing
from outcomes.analysis.comparison.people import Compared, select_compared
from outcomes.analysis.comparison.primary import EFFECTS, tabulate_effects
from outcomes.analysis.comparison.risks import RISKS, tabulate_risks
from outcomes.analysis.comparison.sensitivity import SENSITIVITY, tabulate_sensitivity
from outcomes.analysis.comparison.setting import Row, Setting, build_setting, choose_timepoints
from outcomes.analysis.comparison.site_rows import vary_sites
from outcomes.analysis.comparison.statement import STATEMENT, tabulate_statement
from outcomes.analysis.comparison.subgroups import INTERACTIONS, SUBGROUPS, tabulate_subgroups
from outcomes.analysis.comparison.support import check_support
from outcomes.analysis.comparison.variant_rows import vary_derivations
from outcomes.analysis.comparison.weights import WEIGHTS, tabulate_weights
from outcomes.errors import ModelError
from outcomes.settings import Study
from outcomes.settings.comparison import Comparison
from outcomes.settings.variants import declare_variants

log = logging.getLogger(__name__)

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
}


def compare_arms(
    tables: Mapping[str, pd.DataFrame],
    comparison: Comparison | None,
    study: Study,
    progress: Progress = lambda numbers: numbers,
) -> dict[str, pd.DataFrame]:
    """Return every table of the comparison, before the disclosure gate.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``patients``, ``cohort``, ``series``, ``series_sessions``, ``endpoints``, and ``events``, as in their contracts; for
        more rows of the sensitivity grid also ``variants`` and ``pretreatment``.
    comparison : Comparison or None
        Without one, every table is there and empty.
    study : Study
        Arms, instruments, seed, and design.
    progress : callable
        Wraps the numbers of the bootstrap samples, as ``tqdm`` does.

    Returns
    -------
    dict of str to DataFrame
        By the released name; each tabulating function of this package says what a row of its table is.

    Raises
    ------
    ModelError
        The data cannot support the declared estimand, or the primary analysis did not converge.
    """
    empty = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    if comparison is None:
        return empty
    check_estimand(tables, comparison, study)
    compared = select_compared(tables, comparison)
    arms = comparison.estimand.treated, comparison.estimand.reference
    settings = build_settings(compared, comparison, study.seed)
    setting = settings[0]
    compared, confounders = setting.compared, setting.confounders
    positivity = tabulate_positivity(confounders, compared.treated, arms)
    check_support(setting, positivity)
    effects = estimate_effects(settings, study.seed, progress)
    risks = tabulate_risks(compared, confounders, setting.primary, compared.axes())
    missing = analyse_missing(setting, study)
    sensitivity = tabulate_sensitivity(setting, effects, risks, list_further(tables, setting, study))
    always = {
        "target_trial": tabulate_target_trial(compared, comparison, study),
        "eligibility": tabulate_eligibility(compared.steps, arms),
        "comparison_statement": tabulate_statement(setting, positivity, study),
        "positivity": positivity,
        "effects": effects,
        "risks": risks,
        "sensitivity": pd.concat([sensitivity, missing.sensitivity], ignore_index=True),
        "imputations": missing.imputations,
        "tipping": pd.concat([_tip(setting, effects), missing.tipping], ignore_index=True),
        "dropout": missing.dropout,
    }
    return empty | always | _tabulate_weighting(setting, arms) | _tabulate_declared(setting, effects, risks)


def _tabulate_weighting(setting: Setting, arms: tuple[str, str]) -> dict[str, pd.DataFrame]:
    """Return what the weights are and how alike they make the arms."""
    treated, weights = setting.compared.treated, setting.weights
    propensity = weights["overlap"].propensity
    assert propensity is not None
    return {
        "covariate_balance": tabulate_balance(setting.confounders, treated, weights),
        "score_overlap": tabulate_overlap(propensity.probability, treated, arms),
        "weights": tabulate_weights(weights, treated, arms),
    }


def _tabulate_declared(setting: Setting, effects: pd.DataFrame, risks: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables that are there only when the study file declares them: early signals, subgroups, interactions."""
    estimand, tables = setting.comparison.estimand, {}
    if setting.comparison.early_signals is not None:
        arms = estimand.treated, estimand.reference
        tables["early_signals"] = tabulate_early_signals(setting.compared, setting.comparison.early_signals, arms)
    if setting.comparison.subgroups is not None:
        kinds = setting.comparison.subgroups
        tables["subgroups"], tables["interactions"] = tabulate_subgroups(setting, effects, risks, kinds)
    return tables


def list_further(tables: Mapping[str, pd.DataFrame], setting: Setting, study: Study) -> Iterator[Row]:
    """Yield the rows of the sensitivity grid that need more than the compared patients and their weights."""
    for axis, timepoint in choose_timepoints(setting.compared, setting.comparison).items():
        place = {"endpoint": "change", "axis": axis, "timepoint": timepoint}
        yield from (place | row for row in vary_sites(setting, axis, timepoint))
    if "variants" in tables:
        yield from vary_derivations(tables, setting, declare_variants(study))
    yield from vary_missing(tables, setting, study.seed)
    yield from compare_controls(tables, setting)


def build_settings(compared: Compared, comparison: Comparison, seed: int) -> list[Setting]:
    """Return the patients with their confounders and weights: once, or as often as missing confounders are imputed."""
    filled = [compared]
    if comparison.missing == "impute" and lacks_confounders(compared, comparison):
        filled = impute_confounders(compared, comparison, seed)
        log.info("comparison: missing confounders imputed %d times", len(filled))
    return [build_setting(one, comparison) for one in filled]


def estimate_effects(settings: Sequence[Setting], seed: int, progress: Progress) -> pd.DataFrame:
    """Return the primary analysis on every axis, with the sandwich and, where declared, the bootstrap.

    Of several settings, which differ in imputed confounders, the differences are pooled; the bootstrap is then left out, for it
    would take the imputed values as observed.

    Raises
    ------
    ModelError
        The model of the primary axis did not converge.
    """
    setting = settings[0]
    comparison, compared = setting.comparison, setting.compared
    specifications = [setting.specify(axis) for axis in compared.axes()]
    if len(settings) > 1:
        tables = {axis: pool_effects(settings, axis) for axis in compared.axes()}
    else:
        tables = {one.axis: tabulate_effects(compared, setting.primary.weight, one) for one in specifications}
    primary = tables[comparison.estimand.axis]
    if not primary["converged"].all():
        raise ModelError(
            f"comparison: the primary analysis did not converge ({primary['note'].iloc[0]}); declare a simpler "
            "comparison.covariance, or more in comparison.fallback."
        )
    if comparison.replicates and len(settings) == 1:
        usable = [one for one in specifications if tables[one.axis]["converged"].all()]
        generator = np.random.default_rng([seed, *b"comparison/bootstrap"])
        kind, truncation = comparison.weights, comparison.truncation
        design = setting.confounders.design
        samples = resample_differences(
            compared, design, usable, kind, truncation, comparison.replicates, generator, progress
        )
        for axis, drawn in samples.items():
            tables[axis] = pd.concat([tables[axis], tabulate_bootstrap(tables[axis], drawn)], ignore_index=True)
    return pd.concat(tables.values(), ignore_index=True)


def _tip(setting: Setting, effects: pd.DataFrame) -> pd.DataFrame:
    estimand = setting.comparison.estimand
    place = (effects["axis"] == estimand.axis) & (effects["timepoint"] == estimand.timepoint)
    effect = effects[place & (effects["variance"] == "cr2")].iloc[0]
    shares = find_shares(setting.compared, estimand.axis, estimand.timepoint, setting.primary.weight)
    return tabulate_tipping(effect, shares, setting.comparison.deltas)
