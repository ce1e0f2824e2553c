"""One synthetic network: its patients, what was done, what was answered, and the truth behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import SettingsError
from outcomes.simulate.arms import ArmCourse, pick_arm, simulate_arms
from outcomes.simulate.arrays import Floats, Ints
from outcomes.simulate.calendar import draw_births, draw_codes, draw_first_days, draw_zips
from outcomes.simulate.choice import compute_arm_probabilities, compute_propensity, draw_arm
from outcomes.simulate.cohort import Cohort, draw_cohort
from outcomes.simulate.durability import compute_durability
from outcomes.simulate.files import RawFile, count_mess, count_rows, deal_files
from outcomes.simulate.mess import Mess
from outcomes.simulate.parameters import ARMS, INDICATIONS, MODEL, PAYERS, Parameters, list_parameters
from outcomes.simulate.potential import simulate_potential
from outcomes.simulate.questionnaires import record_questionnaires
from outcomes.simulate.raw_patients import build_patient_rows, draw_moves
from outcomes.simulate.raw_questionnaires import build_event_rows, build_questionnaire_rows
from outcomes.simulate.raw_visits import build_visit_rows
from outcomes.simulate.secondary import describe_charges, describe_item_9
from outcomes.simulate.sessions import record_adverse_events, record_sessions
from outcomes.simulate.streams import Streams
from outcomes.simulate.truth import build_comparison, compute_estimands, compute_unadjusted, describe_populations
from outcomes.simulate.writing import write_files, write_truth

FEWEST_PATIENTS, MOST_PATIENTS = 50, 300_000
VISIT_MINUTES = (15 * 60, 22 * 60)  # UTC, so that the day is the local day all over North America
ANSWER_MINUTES = (13 * 60, 15 * 60)


@dataclass(frozen=True)
class Network:
    """A synthetic network in memory.

    Attributes
    ----------
    patients
        One row per patient (index ``patient``): code, traits, arm, probability of IV, baseline totals, and the
        identifiers that only the raw files have.
    sessions, questionnaires, adverse_events
        What happened, without any mess; keys ``patient`` and ``study_day``.
    potential
        Both potential outcomes of every patient at every time point.
    files
        The raw files with their mess.
    truth
        The content of ``truth.json``.
    """

    seed: int
    mess: Mess
    patients: pd.DataFrame
    sessions: pd.DataFrame
    questionnaires: pd.DataFrame
    adverse_events: pd.DataFrame
    potential: pd.DataFrame
    files: list[RawFile]
    truth: dict[str, Any]


def simulate_network(patients: int, seed: int, mess: Mess | None = Mess()) -> Network:  # noqa: B008 - frozen
    """Simulate a network of eight clinics whose truth is known.

    Parameters
    ----------
    patients
        Number of patients, 50 to 300,000.
    seed
        Seed of all random numbers, 0 or above; the same arguments give the same network.
    mess
        What is wrong with the raw files; None, like ``Mess.none()``, for a clean export.

    Raises
    ------
    SettingsError
        If the number of patients or the seed is out of range.

    Examples
    --------
    >>> network = simulate_network(60, seed=1)
    >>> network.truth["arms"]["iv"] + network.truth["arms"]["esketamine"] + network.truth["arms"]["im"]
    60
    """
    check_arguments(patients, seed)
    mess = Mess.none() if mess is None else mess
    streams = Streams(seed)
    first_day = draw_first_days(patients, MODEL.schedule, streams)
    cohort = draw_cohort(patients, MODEL, streams)
    shares = compute_arm_probabilities(cohort.people, cohort.baseline_phq9, MODEL.choice, streams)
    arm, propensity = draw_arm(shares, streams), compute_propensity(shares)
    courses = simulate_arms(cohort, first_day.day_of_week.to_numpy().astype(np.int64), MODEL, streams)
    course = pick_arm(courses, arm)
    people = tabulate_patients(cohort, arm, propensity, first_day, streams)
    sessions = record_sessions(cohort, course, MODEL, streams)
    questionnaires = record_questionnaires(cohort, course, MODEL, streams)
    events = record_adverse_events(sessions, MODEL.safety, streams)
    potential = simulate_potential(cohort, courses, MODEL.course, streams)
    files = build_files(people, sessions, questionnaires, events, first_day, mess, streams)
    truth = {
        **describe_network(patients, seed, arm, MODEL),
        **describe_truth(cohort, courses, arm, propensity, potential, streams),
        "raw_rows": {
            "description": "rows of each raw file or sheet, without header, with blank rows",
            "files": count_rows(files),
        },
        "mess": count_mess(files),
    }
    return Network(seed, mess, people, sessions, questionnaires, events, potential, files, truth)


def write_network(network: Network, folder: Path) -> None:
    """Write the raw files and ``truth.json`` below a folder, replacing files of the same name.

    Raises
    ------
    SettingsError
        If the folder cannot be made, for instance because a file has its name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise SettingsError(
            f"simulate: cannot write to {folder}: {problem.strerror}; choose another folder"
        ) from problem
    write_files(network.files, folder)
    write_truth(network.truth, folder)


def check_arguments(patients: int, seed: int) -> None:
    """Refuse numbers that the generator was not made for."""
    if not FEWEST_PATIENTS <= patients <= MOST_PATIENTS:
        raise SettingsError(f"simulate: patients is {patients}; allowed: {FEWEST_PATIENTS} to {MOST_PATIENTS}")
    if seed < 0:
        raise SettingsError(f"simulate: seed is {seed}; allowed: 0 or above")


def tabulate_patients(
    cohort: Cohort, arm: Ints, propensity: Floats, first_day: pd.DatetimeIndex, streams: Streams
) -> pd.DataFrame:
    """Return one row per patient."""
    people = cohort.people
    return pd.DataFrame(
        {
            "patient": np.arange(len(cohort)),
            "code": draw_codes(len(cohort), streams),
            "site": people.site,
            "age": people.age,
            "sex": np.where(people.female, "female", "male"),
            "payer": np.array(PAYERS)[people.payer],
            "failures": people.failures,
            "indication": np.array(INDICATIONS)[people.indication],
            "integration": people.integration,
            "antidepressant": people.antidepressant,
            "arm": np.array(ARMS)[arm],
            "propensity_iv": propensity,
            "baseline_phq9": cohort.baseline_phq9,
            "baseline_gad7": cohort.baseline_gad7,
            "first_day": first_day,
            "date_of_birth": draw_births(first_day, people.age, streams),
            "zip_code": draw_zips(len(cohort), streams),
        }
    )


def build_files(
    patients: pd.DataFrame,
    sessions: pd.DataFrame,
    questionnaires: pd.DataFrame,
    events: pd.DataFrame,
    first_day: pd.DatetimeIndex,
    mess: Mess,
    streams: Streams,
) -> list[RawFile]:
    """Return the raw files of all sites."""
    moves = draw_moves(patients, sessions, mess, streams)

    def date(table: pd.DataFrame, task: str, minutes: tuple[int, int]) -> pd.DatetimeIndex:
        clock = 5 * (streams.of(task).integers(*minutes, len(table)) // 5)
        days = first_day.to_numpy()[table["patient"]].astype("datetime64[m]")
        return pd.DatetimeIndex(days + (1440 * table["study_day"].to_numpy() + clock).astype("timedelta64[m]"))

    visited = date(sessions, "clock/visits", VISIT_MINUTES)
    answered = date(questionnaires, "clock/questionnaires", ANSWER_MINUTES)
    noted = date(events, "clock/events", VISIT_MINUTES)
    return deal_files(
        {
            "patients": build_patient_rows(patients, moves, mess, streams),
            "visits": build_visit_rows(patients, sessions, events, visited, moves, mess, streams),
            "questionnaires": build_questionnaire_rows(patients, questionnaires, answered, moves, mess, streams),
            "adverse_events": build_event_rows(patients, events, noted, moves, mess, streams),
        },
        mess,
    )


def describe_network(patients: int, seed: int, arm: Ints, parameters: Parameters) -> dict[str, Any]:
    """Return the part of the truth that says what was simulated."""
    numbers: dict[str, dict[str, Any]] = {}
    for part, name, value, meaning, source in list_parameters(parameters):
        numbers.setdefault(part, {})[name] = {"value": value, "description": meaning, "source": source}
    return {
        "description": "True values of a synthetic network, from both potential outcomes of every patient. Differences "
        "are IV - esketamine. Patients treated with IM are in no comparison.",
        "seed": seed,
        "patients": patients,
        "arms": {
            "description": "patients by the arm they started with",
            **{name: int((arm == index).sum()) for index, name in enumerate(ARMS)},
        },
        "parameters": numbers,
    }


def describe_truth(
    cohort: Cohort, courses: list[ArmCourse], arm: Ints, propensity: Floats, potential: pd.DataFrame, streams: Streams
) -> dict[str, Any]:
    """Return the part of the truth that says what is true."""
    comparison = build_comparison(cohort, arm, propensity)
    return {
        "populations": describe_populations(),
        **compute_estimands(potential, comparison),
        "unadjusted": compute_unadjusted(potential, comparison, arm),
        "item_9": describe_item_9(potential, cohort, comparison.compared),
        "charges": describe_charges(potential, cohort, courses, comparison.compared, MODEL, streams),
        "durability_without_maintenance": compute_durability(cohort, courses, comparison.compared, MODEL, streams),
    }
