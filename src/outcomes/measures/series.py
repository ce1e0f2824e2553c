"""Sessions → series: clusters by gap and change of arm, phase, ordinal, series day, and why a series fails its protocol.

Studies without sessions have one series a patient and arm; see ``scheduled``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.measures.arms import compute_arm, treatments_of
from outcomes.measures.history import find_before, find_scored
from outcomes.measures.order import Array, Bools, Ints, make_categorical, make_integers, sort_table
from outcomes.measures.scheduled import derive_scheduled_series
from outcomes.protocols import Protocol
from outcomes.settings.clinical import Arm, SeriesRules
from outcomes.settings.sources import Visit

log = logging.getLogger(__name__)

UNLIMITED = np.iinfo(np.int32).max
REPEATED = 3  # sessions of a series that is more than a trial
PHASES = ("induction", "maintenance")
REASONS = ("too_few_sessions", "too_long", "too_short")


def derive_series(
    sessions: pd.DataFrame,
    assessments: pd.DataFrame,
    patients: pd.DataFrame,
    arms: Sequence[Arm],
    protocols: Mapping[str, Protocol],
    rules: SeriesRules,
    visits: Sequence[Visit],
    within_days: int = 14,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Group the treatment of every patient into series.

    Parameters
    ----------
    sessions, assessments, patients
        Clean tables. With origin ``sessions`` only ``patient, study_day, ordinal, treatment`` of the sessions are used (and
        the days of the assessments where treatment begins with the first scored series), and
        their other columns passed on; otherwise ``arm`` of the patients and ``visit`` of the assessments.
    arms
        The study's arms; each names the treatments that mean it.
    protocols
        Protocol by arm id; an arm without one has no rule, and all its sessions are induction.
    rules
        Origin, gap, change of arm, and two records on one day.
    visits
        Scheduled visits.
    within_days
        Days before a series on which a questionnaire makes it a scored one.

    Returns
    -------
    series : pandas.DataFrame
        One series of treatment of one patient; key ``patient, series``.
    series_sessions : pandas.DataFrame
        A session with its place in a series; key ``patient, study_day, ordinal``. Sessions whose treatment means no arm, and
        second records of one session and series before the one where treatment begins to count, are left out and counted.

    Raises
    ------
    SettingsError
        One treatment means two arms.
    """
    if rules.origin != "sessions":
        return derive_scheduled_series(assessments, patients, arms, rules, visits, sessions)
    kept, arm = _select_sessions(sessions, arms, rules)
    courses = _cluster(kept, arm, rules)
    history = _find_history(courses, assessments, arms, protocols, rules, within_days)
    if history.any():
        log.info("left out %d sessions of series before the one where treatment begins to count", int(history.sum()))
        kept, arm = kept[~history].reset_index(drop=True), arm[~history]
        courses = _cluster(kept, arm, rules)
    induction = courses.mark_induction(arms, protocols)
    series = _describe_series(courses, induction, arms, protocols, rules)
    log.info("%d sessions form %d series of %d patients", len(kept), len(series), series["patient"].nunique())
    return series, _place_sessions(kept, courses, induction, arms)


@dataclass(frozen=True)
class _Courses:
    """Sessions in order of patient and day, cut into series. Arrays of one element a session, or a series."""

    patient: Ints  # session
    day: Ints  # session
    of: Ints  # session: place of its series
    first: Ints  # series: place of its first session
    arm: Array  # series: place among the arms
    sessions: Ints  # series: how many
    number: Ints  # series: the patient's first is 1

    @property
    def session(self) -> Ints:
        """Number of the session in its series, from 1."""
        return np.arange(len(self.of)) - self.first[self.of] + 1

    @property
    def series_day(self) -> Ints:
        """Days since the series' first session."""
        return np.asarray(self.day - self.day[self.first][self.of])

    def mark_induction(self, arms: Sequence[Arm], protocols: Mapping[str, Protocol]) -> Bools:
        """Return which sessions are induction: at most so many, at most so many days after the first."""
        most, days = (_read_limits(limit, UNLIMITED, arms, protocols) for limit in ("maximum_sessions", "maximum_days"))
        arm = self.arm[self.of]
        return np.asarray((self.session <= most[arm]) & (self.series_day <= days[arm]))


def _select_sessions(sessions: pd.DataFrame, arms: Sequence[Arm], rules: SeriesRules) -> tuple[pd.DataFrame, Array]:
    """Return the sessions that count, in order, and the place of each one's arm."""
    sessions = sort_table(sessions, ("patient", "study_day", "ordinal"))
    arm = compute_arm(sessions["treatment"], treatments_of(arms))
    keep = arm >= 0
    log.info("left out %d of %d sessions: their treatment means no arm", int((~keep).sum()), len(keep))
    if rules.same_day == "one_session":
        repeated = _find_repeated(sessions) & keep
        log.info("joined %d records to an earlier one of the same patient, day and treatment", int(repeated.sum()))
        keep &= ~repeated
    return (sessions, arm) if keep.all() else (sessions[keep].reset_index(drop=True), arm[keep])


def _find_repeated(sessions: pd.DataFrame) -> Bools:
    """Return which sessions repeat the treatment of an earlier record of that patient and day."""
    repeated = np.zeros(len(sessions), dtype=np.bool_)
    same = np.zeros(len(sessions) + 1, dtype=np.bool_)
    same[1:-1] = (np.diff(sessions["patient"].to_numpy()) == 0) & (np.diff(sessions["study_day"].to_numpy()) == 0)
    shared = np.flatnonzero(same[1:] | same[:-1])
    if len(shared):
        repeated[shared] = sessions.iloc[shared].duplicated(["patient", "study_day", "treatment"]).to_numpy()
    return repeated


def _cluster(sessions: pd.DataFrame, arm: Array, rules: SeriesRules) -> _Courses:
    """Cut sessions into series at a new patient, a long gap, and (if so ruled) a change of arm."""
    patient = sessions["patient"].to_numpy()
    day = sessions["study_day"].to_numpy()
    begins = np.ones(len(sessions), dtype=np.bool_)
    begins[1:] = (patient[1:] != patient[:-1]) | (np.diff(day.astype(np.int64)) > rules.gap_days)
    if rules.change_of_arm == "new_series":
        begins[1:] |= arm[1:] != arm[:-1]
    first = np.flatnonzero(begins)
    owner = patient[first]
    place = np.arange(len(first))
    new_patient = np.ones(len(first), dtype=np.bool_)
    new_patient[1:] = owner[1:] != owner[:-1]
    return _Courses(
        patient=patient,
        day=day,
        of=np.cumsum(begins) - 1,
        first=first,
        arm=arm[first],
        sessions=np.diff(first, append=len(sessions)),
        number=place - np.maximum.accumulate(np.where(new_patient, place, 0)) + 1,
    )


def _find_history(
    courses: _Courses,
    assessments: pd.DataFrame,
    arms: Sequence[Arm],
    protocols: Mapping[str, Protocol],
    rules: SeriesRules,
    within_days: int,
) -> Bools:
    """Return which sessions are of series before the one where the patient's treatment begins to count."""
    if rules.begins == "first_session" or not len(courses.first):
        return np.zeros(len(courses.of), dtype=np.bool_)
    if rules.begins == "first_repeated":
        fewest = np.minimum(REPEATED, _read_limits("minimum_sessions", REPEATED, arms, protocols))
        begins = courses.sessions >= fewest[courses.arm]
    else:
        dated = assessments["study_day"].notna().to_numpy()
        begins = find_scored(
            courses.patient[courses.first],
            courses.day[courses.first],
            assessments["patient"].to_numpy()[dated],
            assessments["study_day"].to_numpy(dtype="float64", na_value=np.nan)[dated],
            within_days,
        )
    return find_before(courses.patient[courses.first], begins)[courses.of]


def _describe_series(
    courses: _Courses,
    induction: Bools,
    arms: Sequence[Arm],
    protocols: Mapping[str, Protocol],
    rules: SeriesRules,
) -> pd.DataFrame:
    """Return the table ``series``."""
    patient, day, first = courses.patient[courses.first], courses.day, courses.first
    n_induction = np.bincount(courses.of[induction], minlength=len(first))
    start, end = day[first], day[first + courses.sessions - 1]
    induction_end = day[first + n_induction - 1]
    followed = np.zeros(len(first), dtype=np.bool_)
    followed[:-1] = patient[1:] == patient[:-1]
    following = np.where(followed, np.roll(start, -1), 0)
    reason = compute_reason(courses.sessions, n_induction, induction_end - start, courses.arm, arms, protocols)
    return pd.DataFrame(
        {
            "patient": patient.astype(np.int32),
            "series": courses.number.astype(np.int16),
            "arm": make_categorical(courses.arm, [arm.id for arm in arms]),
            "start_day": start.astype(np.int32),
            "induction_end_day": induction_end.astype(np.int32),
            "end_day": end.astype(np.int32),
            "next_start_day": make_integers(following, ~followed, "int32"),
            "sessions": courses.sessions.astype(np.int16),
            "induction_sessions": n_induction.astype(np.int16),
            "maintenance_sessions": (courses.sessions - n_induction).astype(np.int16),
            "complies": reason < 0,
            "reason": make_categorical(reason, REASONS),
            "switched": followed & (following - end <= rules.gap_days) & (np.roll(courses.arm, -1) != courses.arm),
        }
    )


def compute_reason(
    sessions: Array,
    induction_sessions: Array,
    induction_days: Array,
    arm: Array,
    arms: Sequence[Arm],
    protocols: Mapping[str, Protocol],
) -> Array:
    """Return why each series fails its protocol, as a place in ``REASONS``; -1 where it meets it or has none.

    ``too_few_sessions``: the whole series has fewer sessions than the protocol asks for. ``too_long``: it has enough, but
    not within the days that count as induction. ``too_short``: enough within them, but in too few days. There is no
    "too many": sessions beyond the most that count as induction are maintenance.
    """
    fewest, days = (_read_limits(limit, 0, arms, protocols) for limit in ("minimum_sessions", "minimum_days"))
    enough = fewest[arm]
    return np.select(
        [sessions < enough, induction_sessions < enough, induction_days < days[arm]],
        [REASONS.index("too_few_sessions"), REASONS.index("too_long"), REASONS.index("too_short")],
        default=-1,
    )


def _read_limits(limit: str, none: int, arms: Sequence[Arm], protocols: Mapping[str, Protocol]) -> Ints:
    """Return a limit of the induction of every arm's protocol; ``none`` for an arm without one."""
    found = [protocols.get(arm.id) for arm in arms]
    return np.array([none if one is None else getattr(one.induction, limit) for one in found], dtype=np.int64)


def _place_sessions(sessions: pd.DataFrame, courses: _Courses, induction: Bools, arms: Sequence[Arm]) -> pd.DataFrame:
    """Return the table ``series_sessions``: the sessions' own columns with their place in a series."""
    placed: dict[str, Any] = {
        "series": courses.number[courses.of].astype(np.int16),
        "arm": make_categorical(courses.arm[courses.of], [arm.id for arm in arms]),
        "phase": make_categorical(np.where(induction, 0, 1), PHASES),
        "session": courses.session.astype(np.int16),
        "series_day": courses.series_day.astype(np.int32),
    }
    return sessions.drop(columns=list(placed), errors="ignore").assign(**placed)
