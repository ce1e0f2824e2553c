"""What every part of the comparison starts from: who is compared, their confounders and weights, and whether they can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from outcomes.analysis.comparison.confounder_imputation import build_settings
from outcomes.analysis.comparison.population.confounders import MISSING, code_confounders
from outcomes.analysis.comparison.population.estimand import check_estimand
from outcomes.analysis.comparison.population.people import Compared, select_compared
from outcomes.analysis.comparison.setting import Setting
from outcomes.analysis.comparison.support import check_support, check_timepoint
from outcomes.analysis.comparison.weighting.balance import tabulate_positivity
from outcomes.settings import Study
from outcomes.settings.comparison import Comparison


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
    compared = select_compared(tables, comparison, study.baseline.same_day)
    settings = build_settings(compared, comparison, study.seed)
    positivity = _find_absent(compared, comparison)
    unsupported = next((one for one in settings if not one.primary.supported), settings[0])
    check_support(unsupported, positivity, study.privacy.minimum_cell)
    check_timepoint(settings[0])
    return Prepared(compared, settings, positivity)


def _find_absent(compared: Compared, comparison: Comparison) -> pd.DataFrame:
    """Return the strata that an arm lacks; no one is in a stratum by an imputed value."""
    arms = comparison.estimand.treated, comparison.estimand.reference
    positivity = tabulate_positivity(code_confounders(compared.people, comparison.confounders), compared.treated, arms)
    if comparison.missing == "impute":
        positivity = positivity[positivity["level"] != MISSING].reset_index(drop=True)
    return positivity
