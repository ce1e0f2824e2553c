"""All tables of harms in one call."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.analysis.harms.ascertainment import find_unlike, tabulate_ascertainment
from outcomes.analysis.harms.attribution import attach_events, keep_asked, number_sessions
from outcomes.analysis.harms.dissociation import tabulate_dissociation
from outcomes.analysis.harms.pressure import arrange_pressure, tabulate_blood_pressure, tabulate_pressure_rise
from outcomes.analysis.harms.rare import pool_rare_words
from outcomes.analysis.harms.rates import tabulate_harm_rates
from outcomes.analysis.harms.risks import tabulate_harm_differences, tabulate_harms
from outcomes.analysis.harms.sessions import tabulate_harm_sessions
from outcomes.analysis.harms.severity import tabulate_harm_details, tabulate_severity
from outcomes.analysis.harms.stopping import tabulate_stopping
from outcomes.settings import Study


def describe_harms(tables: Mapping[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    """Return every table of harms, before release: all sessions of all series, whoever is analysed for efficacy.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``patients``, ``series``, ``series_sessions``, ``adverse_events``, ``vitals``, and ``events``, as in their contracts.
    study : Study
        Arms, the arms compared, and whether rare words for harms are put together.

    Returns
    -------
    dict of str to DataFrame
        By the released name; each function of this room says what a row of its table is.
    """
    arms = [arm.id for arm in study.arms]
    events = pool_rare_words(tables["adverse_events"], study.privacy)
    held = tables["series_sessions"].sort_values(["patient", "study_day", "ordinal"], kind="stable", ignore_index=True)
    held = held[held["arm"].astype(str).isin(arms)].reset_index(drop=True)
    sessions = number_sessions(held, tables["patients"], events)
    attached = attach_events(events, sessions)
    score = held["cadss"] if "cadss" in held else pd.Series(float("nan"), held.index)
    ascertainment = tabulate_ascertainment(sessions, attached, tables["vitals"], score.notna(), arms)
    counted = keep_asked(attached, sessions)
    harms = tabulate_harms(sessions, counted, arms)
    pairs = [(arm, arms[0]) for arm in arms[1:]]
    if study.comparison is not None:  # the pair that the study compares first, whichever arm is subtracted
        declared = (study.comparison.estimand.treated, study.comparison.estimand.reference)
        pairs = [declared, *(pair for pair in pairs if set(pair) != set(declared))]
    contrasts = [(arm, reference, find_unlike(ascertainment, arm, reference)) for arm, reference in pairs]
    pressure = arrange_pressure(tables["vitals"], sessions)
    return {
        "ascertainment": ascertainment,
        "harms": harms,
        "harm_differences": tabulate_harm_differences(harms, contrasts),
        "harm_sessions": tabulate_harm_sessions(sessions, counted, arms),
        "harm_severity": tabulate_severity(counted, arms),
        "harm_details": tabulate_harm_details(attached, sessions, arms),
        "harm_rates": tabulate_harm_rates(sessions, counted, arms),
        "blood_pressure": tabulate_blood_pressure(pressure, arms),
        "pressure_rise": tabulate_pressure_rise(pressure, arms),
        "dissociation": tabulate_dissociation(sessions, score, arms),
        "stopping": tabulate_stopping(tables["series"], tables["events"], arms),
    }
