"""All tables of exposure in one call."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.analysis.exposure.dose import derive_dose, tabulate_dose
from outcomes.analysis.exposure.dose_response import tabulate_dose_response
from outcomes.analysis.exposure.maintenance import tabulate_maintenance
from outcomes.analysis.exposure.sessions import tabulate_attendance, tabulate_exposure, tabulate_session_time
from outcomes.settings import Study


def describe_exposure(tables: Mapping[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    """Return every table of exposure, before release: everyone with a session, all series.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``series``, ``series_sessions``, ``assessments``, ``endpoints``, and ``cohort``, as in their contracts.
    study : Study
        Arms, their protocols, the primary instrument, and the seed.

    Returns
    -------
    dict of str to DataFrame
        By the released name; each function of this room says what a row of its table is.
    """
    arms = [arm.id for arm in study.arms]
    sessions, series = tables["series_sessions"], tables["series"]
    protocols = {arm.id: study.protocol(arm) for arm in study.arms}
    doses = {name: protocol.dose for name, protocol in protocols.items() if protocol and protocol.dose}
    by_weight = {name: dose.unit == "mg_per_kg" for name, dose in doses.items()}
    usual = {name: (dose.minimum, dose.maximum) for name, dose in doses.items()}
    seen = pd.concat([sessions[["patient", "study_day"]], tables["assessments"][["patient", "study_day"]]])
    last_day = seen.groupby("patient")["study_day"].max()
    dosed = derive_dose(sessions)
    return {
        "exposure": tabulate_exposure(sessions, series, arms),
        "attendance": tabulate_attendance(sessions, arms),
        "session_time": tabulate_session_time(sessions, arms),
        "dose": tabulate_dose(dosed, arms, by_weight, usual),
        "dose_response": tabulate_dose_response(dosed, tables, arms, by_weight, study.instruments[0]),
        "maintenance": tabulate_maintenance(sessions, series, last_day, arms),
    }
