"""Series of studies without sessions: one a patient, or one a patient and arm in a crossover."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.contracts import CONTRACTS
from outcomes.measures.arms import compute_arm, treatments_of
from outcomes.measures.order import Array, Ints, make_categorical, make_integers, sort_table
from outcomes.measures.visits import Schedule
from outcomes.settings.clinical import Arm, SeriesRules
from outcomes.settings.sources import Visit

log = logging.getLogger(__name__)


def derive_scheduled_series(
    assessments: pd.DataFrame,
    patients: pd.DataFrame,
    arms: Sequence[Arm],
    rules: SeriesRules,
    visits: Sequence[Visit],
    sessions: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the series of a study whose time points are visits (origin ``visits``) or one moment (``none``).

    In a crossover (visits that name an arm) a patient has a series in every arm with an assessment, answered or not, at a
    visit of that arm; they are numbered in the order of the arms. Otherwise a patient has one series, in the patients' ``arm``;
    in the study's only arm where the export has no such column. Patients without an arm are left out and counted.

    Returns
    -------
    tuple of pandas.DataFrame
        Tables ``series`` and ``series_sessions``, the latter without rows.

    Raises
    ------
    SettingsError
        A visit names an arm that there is not, or there are several arms and nothing says who is in which.
    """
    schedule = Schedule.from_visits(visits)
    if schedule.is_crossover and rules.origin == "visits":
        patient, arm = _find_periods(assessments, schedule, [arm.id for arm in arms])
    else:
        patient, arm = _find_allocation(patients, arms)
    start = _find_start(assessments, schedule, patient) if rules.origin == "visits" else np.zeros_like(patient)
    log.info("%d series of %d patients", len(patient), len(np.unique(patient)))
    return _describe_series(patient, arm, start, [arm.id for arm in arms]), _no_sessions(sessions)


def _find_periods(assessments: pd.DataFrame, schedule: Schedule, ids: Sequence[str]) -> tuple[Ints, Array]:
    """Return patient and arm of every period of a crossover, in order."""
    arm_of_visit = schedule.arms(ids)
    rank = schedule.rank(assessments["visit"])
    arm = np.append(arm_of_visit, -1)[rank]
    inside = arm >= 0
    pairs = np.unique(np.stack([assessments["patient"].to_numpy()[inside], arm[inside]], axis=1), axis=0)
    return pairs[:, 0].astype(np.int64), pairs[:, 1]


def _find_allocation(patients: pd.DataFrame, arms: Sequence[Arm]) -> tuple[Ints, Array]:
    """Return patient and arm of everyone who has an arm, in order."""
    from outcomes.errors import SettingsError

    patients = sort_table(patients, ("patient",))
    patient = patients["patient"].to_numpy(dtype=np.int64)
    if "arm" in patients:
        arm = compute_arm(patients["arm"], treatments_of(arms))
        log.info("left out %d of %d patients: their arm is none of the study's", int((arm < 0).sum()), len(arm))
        return patient[arm >= 0], arm[arm >= 0]
    if len(arms) > 1:
        raise SettingsError(
            "series.origin: the study has several arms and no sessions; map the patients' `arm`, or name each visit's arm."
        )
    return patient, np.zeros(len(patient), dtype=np.int16)


def _find_start(assessments: pd.DataFrame, schedule: Schedule, patient: Ints) -> Ints:
    """Return the study day of the latest baseline visit of each series' patient; 0 where there is no day."""
    at_baseline = np.append(schedule.baseline, False)[schedule.rank(assessments["visit"])]
    dated = assessments.loc[at_baseline & assessments["study_day"].notna().to_numpy(), ["patient", "study_day"]]
    latest = dated.groupby("patient")["study_day"].max()
    return latest.reindex(patient).fillna(0).to_numpy(dtype=np.int64)


def _describe_series(patient: Ints, arm: Array, start: Ints, ids: Sequence[str]) -> pd.DataFrame:
    """Return the table ``series``; a series that has no sessions has nothing to fail."""
    place = np.arange(len(patient))
    new_patient = np.ones(len(patient), dtype=np.bool_)
    new_patient[1:] = patient[1:] != patient[:-1]
    none = np.zeros(len(patient), dtype=np.int16)
    day = start.astype(np.int32)
    return pd.DataFrame(
        {
            "patient": patient.astype(np.int32),
            "series": (place - np.maximum.accumulate(np.where(new_patient, place, 0)) + 1).astype(np.int16),
            "arm": make_categorical(arm, ids),
            "start_day": day,
            "induction_end_day": day.copy(),
            "end_day": day.copy(),
            "next_start_day": make_integers(none, np.ones(len(none), dtype=np.bool_), "int32"),
            "sessions": none,
            "induction_sessions": none.copy(),
            "maintenance_sessions": none.copy(),
            "complies": np.ones(len(none), dtype=np.bool_),
            "reason": make_categorical(none - 1, ()),
            "switched": np.zeros(len(none), dtype=np.bool_),
        }
    )


def _no_sessions(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``series_sessions`` without rows; sessions of such a study take no part."""
    if len(sessions):
        log.info("%d sessions take no part: the series do not start from sessions", len(sessions))
    fields = CONTRACTS["series_sessions"].fields
    table = pd.DataFrame({name: pd.Series(dtype=rule.dtype) for name, rule in fields.items()})
    none = np.empty(0, dtype=np.int8)
    return table.assign(arm=make_categorical(none, ()), phase=make_categorical(none, ("induction", "maintenance")))
