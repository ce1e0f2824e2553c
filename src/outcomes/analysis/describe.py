"""The whole description of a cohort: every table of the rates step in one call."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.analysis.baseline import tabulate_baseline
from outcomes.analysis.criteria_met import tabulate_criteria
from outcomes.analysis.flow import tabulate_flow
from outcomes.analysis.ideation import tabulate_ideation, tabulate_ideation_change
from outcomes.analysis.imbalance import tabulate_imbalance
from outcomes.analysis.instruments.describe import describe_instruments
from outcomes.analysis.last_treatment import tabulate_last_change
from outcomes.analysis.ledger import tabulate_balance, tabulate_health, tabulate_ledger
from outcomes.analysis.published import tabulate_published
from outcomes.analysis.rates import tabulate_differences, tabulate_missingness, tabulate_response
from outcomes.analysis.regression import build_expectation, tabulate_regression
from outcomes.analysis.reliable_change import tabulate_reliable_change
from outcomes.analysis.scores import (
    tabulate_change_distribution,
    tabulate_enrolment,
    tabulate_recall,
    tabulate_scores,
)
from outcomes.analysis.two_baselines import measure_reliability, tabulate_two_baselines
from outcomes.settings import Study


def describe_cohort(tables: Mapping[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    """Return every descriptive table of a study, before the disclosure gate.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``patients``, ``scores``, ``ledger``, ``balance``, ``health``, ``series``, ``endpoints``, and ``cohort``, as in their contracts.
    study : Study
        Arms, instruments, time points, and the report's columns and headline.

    Returns
    -------
    dict of str to DataFrame
        By the released name; each function of this package says what a row of its table is.
    """
    endpoints, cohort = tables["endpoints"], tables["cohort"]
    arms = [arm.id for arm in study.arms]
    instruments = {name: study.instrument(name) for name in study.instruments}
    given, primary = (endpoints, cohort, arms), study.instruments[0]
    raw = (tables["balance"], tables["ledger"], tables["series"])
    before = {
        name: entry for name, entry in instruments.items() if entry.response_maximum is None
    }  # no rating of change
    described = (endpoints, cohort, tables["patients"], arms, study.report.baseline_columns, before)
    response = tabulate_response(*given, study.timepoints.measured_share)
    enrolled = tabulate_enrolment(tables["scores"], tables["patients"], study.population, study.visits)
    expected = measure_reliability(
        endpoints,
        cohort,
        tables["series"],
        tables["scores"],
        {name: build_expectation(study, name) for name in study.regression_to_mean},
    )
    return {
        "flow": tabulate_flow(
            *raw, cohort, endpoints, tables["patients"], arms, primary, study.report.headline, instruments[primary].name
        ),
        "baseline": tabulate_baseline(*described),
        "criteria_met": tabulate_criteria(tables["series"], tables["patients"], study.eligibility, arms),
        "baseline_smd": tabulate_imbalance(*described),
        "scores": pd.concat([enrolled, tabulate_scores(*given)], ignore_index=True),
        "response": response,
        "differences": tabulate_differences(*given),
        "change_distribution": tabulate_change_distribution(*given),
        "missingness": tabulate_missingness(*given),
        "ideation": tabulate_ideation(*given),
        "ideation_change": tabulate_ideation_change(*given),
        "recall": tabulate_recall(*given),
        "reliable_change": tabulate_reliable_change(*given, study.endpoints.reliable_change, instruments),
        "regression_to_mean": tabulate_regression(*given, expected),
        "two_baselines": tabulate_two_baselines(endpoints, cohort, tables["series"], tables["scores"], arms, expected),
        **describe_instruments(tables, study),
        "published": _set_beside(tables, study, response),
        "ledger": tabulate_ledger(tables["ledger"], tables["balance"]),
        "balance": tabulate_balance(tables["balance"]),
        "data_health": tabulate_health(tables["health"], tables["balance"]),
    }


def _set_beside(tables: Mapping[str, pd.DataFrame], study: Study, response: pd.DataFrame) -> pd.DataFrame:
    """Return published results beside the study's own, of everyone and of the series that follow their protocol."""
    endpoints, cohort = tables["endpoints"], tables["cohort"]
    arms = [arm.id for arm in study.arms]
    following = cohort[cohort["complies"].astype("boolean").fillna(False)]
    return tabulate_published(
        response,
        tabulate_response(endpoints, following, arms, study.timepoints.measured_share),
        tabulate_last_change(endpoints, cohort, tables["series"], tables["scores"], arms),
        study.arms,
        {arm.id: study.protocol(arm) for arm in study.arms},
        study.timepoints,
        study.published,
    )
