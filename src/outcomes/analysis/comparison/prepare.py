"""What every part of the comparison starts from: who is compared, their confounders and weights, and whether they can be compared."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.confounder_imputation import build_settings
from outcomes.analysis.comparison.effects.primary import find_compared
from outcomes.analysis.comparison.population.confounders import MISSING, code_confounders
from outcomes.analysis.comparison.population.estimand import check_estimand
from outcomes.analysis.comparison.population.people import Compared, select_compared
from outcomes.analysis.comparison.setting import Setting
from outcomes.analysis.comparison.support import check_support, check_timepoint
from outcomes.analysis.comparison.weighting.balance import tabulate_positivity
from outcomes.settings import Study
from outcomes.settings.comparison import Comparison

log = logging.getLogger(__name__)


class Prepared(NamedTuple):
    """The compared patients as observed, their settings, and who is absent from which level.

    ``settings`` has one entry, or as many as missing confounders are imputed times.
    """

    compared: Compared
    settings: Sequence[Setting]
    positivity: pd.DataFrame


def prepare_comparison(tables: Mapping[str, pd.DataFrame], comparison: Comparison, study: Study) -> Prepared:
    """Return who is compared, with confounders and weights.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``patients``, ``cohort``, ``series``, ``series_sessions``, ``endpoints``, and ``events``, as in their contracts.
    comparison : Comparison
    study : Study
        Arms, instruments, seed, and design.

    Raises
    ------
    ModelError
        The data cannot support the declared estimand.
    """
    check_estimand(tables, comparison, study)
    compared = keep_shared(select_compared(tables, comparison, study.baseline.same_day), comparison.estimand.axis)
    settings = build_settings(compared, comparison, study.seed)
    positivity = _find_absent(compared, comparison)
    unsupported = next((one for one in settings if not one.primary.supported), settings[0])
    check_support(unsupported, positivity, study.privacy.minimum_cell)
    check_timepoint(settings[0])
    return Prepared(compared, settings, positivity)


def keep_shared(compared: Compared, primary: str) -> Compared:
    """Return the comparison without axes other than the primary one on which the arms meet nowhere, as sessions that one arm alone has."""
    ones = np.ones(len(compared.people))
    kept = {
        axis: names
        for axis, names in compared.timepoints.items()
        if axis == primary or find_compared(compared, axis, ones)
    }
    for axis in sorted(compared.timepoints.keys() - kept):
        log.info("the arms are not compared by %s: no time point has scores of both that differ", axis)
    return replace(compared, timepoints=kept)


def _find_absent(compared: Compared, comparison: Comparison) -> pd.DataFrame:
    """Return the strata that an arm lacks; no one is in a stratum by an imputed value."""
    arms = comparison.estimand.treated, comparison.estimand.reference
    positivity = tabulate_positivity(code_confounders(compared.people, comparison.confounders), compared.treated, arms)
    if comparison.missing == "impute":
        positivity = positivity[positivity["level"] != MISSING].reset_index(drop=True)
    return positivity
