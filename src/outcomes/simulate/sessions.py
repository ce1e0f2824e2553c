"""What a clinic writes down at a session: weight, dose, vital signs, side effects, charge."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.simulate.arms import ArmCourse
from outcomes.simulate.arrays import Bools, Floats, Ints
from outcomes.simulate.cohort import Cohort
from outcomes.simulate.costs import compute_charges
from outcomes.simulate.parameters import ARMS, Parameters, SafetyParameters
from outcomes.simulate.schedule import SLOTS
from outcomes.simulate.streams import Streams

ESKETAMINE = ARMS.index("esketamine")
VITALS_ON_RECORD = 0.965
WEIGHT_ON_RECORD = 0.93
CLINICIANS_PER_SITE = 3


def record_sessions(cohort: Cohort, course: ArmCourse, parameters: Parameters, streams: Streams) -> pd.DataFrame:
    """Return the sessions that took place.

    Returns
    -------
    pandas.DataFrame
        One row per session; key ``patient``, ``study_day``. Columns ``arm``, ``series`` (2 after a switch), ``ordinal``
        within the series, ``dose_mg``, ``weight_kg``, ``duration_min``, blood pressure in mmHg, ``heart_rate``,
        ``spo2``, ``cadss_peak``, ``charge_usd``, ``clinician``.
    """
    who, slot = np.nonzero(course.attended)
    arm = course.session_arm[who, slot]
    series = np.where(slot < SLOTS, 1, 2)
    ordinal = np.where(slot < SLOTS, slot, slot - SLOTS) + 1
    safety = parameters.safety
    weight = draw_weight(cohort, who, safety, streams)
    table = pd.DataFrame(
        {
            "patient": who,
            "study_day": course.day[who, slot],
            "arm": np.array(ARMS)[arm],
            "series": series,
            "ordinal": ordinal,
            "dose_mg": draw_dose(len(cohort), who, arm, ordinal, weight, safety, streams),
            "weight_kg": drop_some(weight, WEIGHT_ON_RECORD, "weight/on-record", streams),
            "duration_min": draw_minutes(arm, parameters.schedule.minutes, streams),
            **draw_vitals(len(cohort), who, arm, safety, streams),
            "cadss_peak": draw_cadss(arm, ordinal, safety, streams),
            "charge_usd": compute_charges(cohort.people, who, arm, parameters.costs, streams),
            "clinician": draw_clinician(cohort.people.site[who], streams),
        }
    )
    return table.sort_values(["patient", "study_day"], ignore_index=True)


def drop_some(values: Floats, kept: float, task: str, streams: Streams) -> Floats:
    """Return the values with a share missing."""
    return np.where(streams.of(task).random(len(values)) < kept, values, np.nan)


def draw_weight(cohort: Cohort, who: Ints, parameters: SafetyParameters, streams: Streams) -> Floats:
    """Draw body weight at each session, kg, one decimal."""
    rng = streams.of("weight")
    mean = np.where(cohort.people.female, parameters.weight_kg[1], parameters.weight_kg[0])
    usual = np.clip(mean + parameters.weight_sd * rng.standard_normal(len(cohort)), 42.0, 165.0)
    return np.round(usual[who] + 0.7 * rng.standard_normal(len(who)), 1)


def draw_dose(
    count: int, who: Ints, arm: Ints, ordinal: Ints, weight: Floats, parameters: SafetyParameters, streams: Streams
) -> Floats:
    """Draw the dose at each session, mg: by weight and rising for ketamine, 56 or 84 for esketamine."""
    rng = streams.of("dose")
    start = parameters.dose_sd * rng.standard_normal(count)
    rise = np.clip(parameters.dose_step + 0.02 * rng.standard_normal(count), 0.0, None)
    raised = rng.random(count) < parameters.esketamine_raised
    first = np.array([*parameters.dose_mg_per_kg, 0.0])[arm]
    per_kg = np.clip(first + start[who] + rise[who] * np.minimum(ordinal - 1, 5), 0.3, 1.2)
    spray = np.where(raised[who] & (ordinal > 1), 84.0, 56.0)
    return np.where(arm == ESKETAMINE, spray, np.round(per_kg * weight))


def draw_minutes(arm: Ints, minutes: tuple[tuple[int, int], ...], streams: Streams) -> Ints:
    """Draw the length of each session in steps of five minutes."""
    limits = np.asarray(minutes)[arm]
    uniform = streams.of("minutes").random(len(arm))
    steps: Ints = np.round((limits[:, 0] + uniform * (limits[:, 1] - limits[:, 0])) / 5).astype(np.int64)
    return 5 * steps


def draw_vitals(count: int, who: Ints, arm: Ints, parameters: SafetyParameters, streams: Streams) -> dict[str, Floats]:
    """Draw blood pressure before, at the peak, and after, heart rate, and oxygen saturation."""
    rng = streams.of("vitals")
    mean, sd = parameters.systolic
    own = rng.standard_normal(count)
    rows = len(who)
    before = mean + sd * (0.8 * own[who] + 0.6 * rng.standard_normal(rows))
    rise = np.maximum(np.asarray(parameters.systolic_rise)[arm] + 8.0 * rng.standard_normal(rows), 0.0)
    lower = 0.42 * (before - mean) + 78.0 + 5.0 * rng.standard_normal(rows)
    after = before + 0.25 * rise + 4.0 * rng.standard_normal(rows)
    recorded = rng.random(rows) < VITALS_ON_RECORD
    columns = {
        "sbp_before": before,
        "dbp_before": lower,
        "sbp_peak": before + rise,
        "dbp_peak": lower + 0.6 * rise,
        "sbp_after": after,
        "dbp_after": lower + 0.15 * rise,
        "heart_rate": 74.0 + 9.0 * rng.standard_normal(rows),
        "spo2": np.minimum(97.2 + 1.1 * rng.standard_normal(rows), 100.0),
    }
    return {name: np.where(recorded, np.round(values), np.nan) for name, values in columns.items()}


def draw_cadss(arm: Ints, ordinal: Ints, parameters: SafetyParameters, streams: Streams) -> Floats:
    """Draw peak dissociation, 0 to 92; it fades over the first sessions, and one session in three is not rated."""
    rng = streams.of("cadss")
    mean = np.asarray(parameters.cadss)[arm] * (0.6 + 0.4 * np.exp(-(ordinal - 1) / 3))
    peak = np.minimum(np.round(rng.gamma(1.6, 1.0, len(arm)) * mean / 1.6), 92.0)
    return np.where(rng.random(len(arm)) < 2 / 3, peak, np.nan)


def draw_clinician(site: Ints, streams: Streams) -> Ints:
    """Draw the number of the clinician; each site has three of its own."""
    return CLINICIANS_PER_SITE * (site - 1) + streams.of("clinician").integers(1, CLINICIANS_PER_SITE + 1, len(site))


def record_adverse_events(sessions: pd.DataFrame, parameters: SafetyParameters, streams: Streams) -> pd.DataFrame:
    """Return side effects, one row per event: ``patient``, ``study_day``, ``event``, ``severity``, ``resolved``."""
    rng = streams.of("adverse-events")
    arm = pd.Categorical(sessions["arm"], categories=ARMS).codes.astype(np.int64)
    chances = np.array([effect[1:] for effect in parameters.side_effects])
    count = int(sessions["patient"].max()) + 1
    prone = np.exp(0.8 * rng.standard_normal(count) - 0.32)[sessions["patient"]]
    happens = rng.random((len(sessions), len(chances))) < np.minimum(chances.T[arm] * prone[:, None], 0.9)
    pressure: Bools = (sessions["sbp_peak"] >= parameters.raised_pressure_mmhg).to_numpy()
    row, kind = np.nonzero(np.column_stack([happens, pressure]))
    names = np.array([*(effect[0] for effect in parameters.side_effects), "raised blood pressure"])
    return pd.DataFrame(
        {
            "patient": sessions["patient"].to_numpy()[row],
            "study_day": sessions["study_day"].to_numpy()[row],
            "event": names[kind],
            "severity": rng.choice(["mild", "moderate", "severe"], len(row), p=[0.72, 0.25, 0.03]),
            "resolved": rng.random(len(row)) < 0.95,
        }
    )
