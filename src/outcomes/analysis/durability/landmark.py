"""Who is in response at the landmark after the induction, and until when each end of it was and was not seen."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.contracts.released.durability import DurabilityCohort
from outcomes.errors import ModelError
from outcomes.instruments import Instrument
from outcomes.settings import Study
from outcomes.settings.durability import Durability, End

log = logging.getLogger(__name__)

COHORT = DurabilityCohort.columns
STEPS = (
    "treated",
    "without_further_treatment",
    "scored",
    "in_response",
    "followed",
)
EPSILON = 1e-9
HALF_STEP = 0.5  # of a total: the boundary lies between two totals


@dataclass(frozen=True)
class Followed:
    """Patients in response at the landmark.

    Attributes
    ----------
    people : DataFrame
        One row per patient: ``patient``, ``arm``, ``baseline`` (points), ``further_day`` (days from the end of the induction
        to the next session of any kind, infinite without one), ``landmark_day`` and ``landmark_total`` (the score that made the
        patient enter), ``until`` (last day on which a score of the patient counts, at most the horizon), ``retreated`` (whether it
        is the last because of further treatment), and ``beyond`` (whether the patient was still there after it: a later score, or that
        treatment).
    visits : DataFrame
        One row per later score of these patients in order: ``person`` (row of ``people``), ``day`` (since the end of the
        induction), ``total`` (points). Where further treatment ends follow-up, scores after it are not there.
    steps : DataFrame
        One row per arm and step on the way to the cohort: ``arm``, ``step``, ``n``, in order.
    """

    people: pd.DataFrame
    visits: pd.DataFrame
    steps: pd.DataFrame


def select_followed(tables: Mapping[str, pd.DataFrame], durability: Durability, study: Study) -> Followed:
    """Return who is followed.

    Time is counted in days from the last induction session. The last score from ``from_day`` to ``to_day`` decides; only
    scores after ``to_day``, the landmark, can end a response, so nobody is safe from it by having to be seen first.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``patients``, ``scores``, ``series``, ``series_sessions``, ``endpoints``, and ``cohort``, as in their contracts.
    durability : Durability
    study : Study
        Arms, instruments, and on which side of a session a score of its day lies.
    """
    people = _list_people(tables, durability, study)
    scores = _place_scores(tables["scores"], people, durability, study)
    landmark = durability.landmark
    early = scores[scores["day"].between(landmark.from_day, landmark.to_day)].drop_duplicates("person", keep="last")
    instrument = study.instrument(durability.instrument)
    holds = np.zeros(len(people), dtype=bool)
    baseline = people["baseline"].to_numpy()[early["person"]]
    ends = (End(), *list_ends(durability).values())  # a response to the instrument, and none of its declared ends
    ended = [find_ended(early["total"].to_numpy(), baseline, end, instrument) for end in ends]
    holds[early["person"]] = ~np.logical_or.reduce(ended)
    people = _limit_follow_up(people, early, tables["patients"], durability, study)
    until = people["until"].to_numpy()[scores["person"]]
    later = scores[(scores["day"] > landmark.to_day) & (scores["day"] <= until)]
    free = _stay_free(people["further_day"].to_numpy(), durability)
    seen = people.index.isin(early["person"]) & free
    kept = seen & holds & (people["until"].to_numpy() >= landmark.to_day)  # whose data end before it are not there
    stages = (np.ones(len(people), dtype=bool), free, seen, kept, kept & people.index.isin(later["person"]))
    named = dict(zip(STEPS, stages, strict=True))
    if durability.maintenance == "treatment_policy":
        del named["without_further_treatment"]
    steps = _count_steps(people["arm"], named, [arm.id for arm in study.arms])
    log.info("of %d patients %d are in response at the landmark and followed", len(people), int(kept.sum()))
    place = pd.Series(np.cumsum(kept) - 1, people.index)
    latest = scores.groupby("person")["day"].max().reindex(people.index)
    people = people.assign(beyond=people["retreated"] | (latest > people["until"]))[kept].reset_index(drop=True)
    later = later[kept[later["person"]]]
    visits = later.assign(person=place.loc[later["person"]].to_numpy()).reset_index(drop=True)
    return Followed(people, visits, steps)


def _limit_follow_up(
    people: pd.DataFrame, early: pd.DataFrame, patients: pd.DataFrame, durability: Durability, study: Study
) -> pd.DataFrame:
    """Return the people with their landmark's score and with until when, and why no longer, they can be seen."""
    known = early.set_index("person")[["day", "total"]].reindex(people.index)
    until = np.full(len(people), 7.0 * durability.horizon_weeks)
    if durability.data_until is not None:
        last = people[["patient"]].merge(patients[["patient", durability.data_until]], on="patient", how="left")
        ends = last[durability.data_until].astype(float).to_numpy() - people["end_day"].to_numpy()
        until = np.fmin(until, np.floor(ends))
    further = people["further_day"].to_numpy() - (0 if study.baseline.same_day == "before" else 1)
    again = (durability.maintenance != "treatment_policy") & (further < until)
    return people.assign(
        landmark_day=known["day"], landmark_total=known["total"], until=np.where(again, further, until), retreated=again
    )


def measure_margin(total: Floats, baseline: Floats, end: End, instrument: Instrument) -> Floats:
    """Return by how many points scores lie on the good side of the boundary at which a response ends; below 0: it has ended."""
    sign = 1.0 if instrument.higher_is_worse else -1.0
    if end.score_from is not None:
        return np.asarray(sign * (end.score_from - total) - HALF_STEP)
    percent = instrument.response_percent if end.improvement_below is None else end.improvement_below
    least = percent / 100 * np.abs(baseline) if percent is not None else np.asarray(instrument.response_points or 0.0)
    return np.asarray(np.floor(sign * baseline - least + EPSILON) + HALF_STEP - sign * total)


def list_ends(durability: Durability) -> dict[str, End]:
    """Return the declared ends of a response by name."""
    ends = {"loss": durability.loss}
    return ends if durability.relapse is None else {**ends, "relapse": durability.relapse}


def find_ended(total: Floats, baseline: Floats, end: End, instrument: Instrument) -> Bools:
    """Return which scores end a response."""
    sign = 1.0 if instrument.higher_is_worse else -1.0
    if end.score_from is not None:
        return np.asarray(sign * total >= sign * end.score_from - EPSILON)
    improvement = sign * (baseline - total)
    percent = instrument.response_percent if end.improvement_below is None else end.improvement_below
    if percent is not None:
        return np.asarray((100 * improvement < percent * np.abs(baseline) - EPSILON) | (baseline == 0))
    if instrument.response_points is None:
        raise ModelError(
            f"durability.loss: instrument {instrument.name} has no response cut-off; give improvement_below or score_from."
        )
    return np.asarray(improvement < instrument.response_points - EPSILON)


def _list_people(tables: Mapping[str, pd.DataFrame], durability: Durability, study: Study) -> pd.DataFrame:
    """Return each patient's first included series with a baseline, and the day of the next session after its induction."""
    cohort = tables["cohort"]
    included = cohort.loc[cohort["included"].astype(bool), ["patient", "series"]]
    chosen = tables["series"].merge(included, on=["patient", "series"]).sort_values(["patient", "series"])
    chosen = chosen.drop_duplicates("patient")
    own = tables["endpoints"]
    own = own[(own["instrument"] == durability.instrument) & (own["axis"] == "baseline")]
    chosen = chosen.merge(own[["patient", "series", "baseline"]], on=["patient", "series"])
    chosen = chosen[chosen["baseline"].notna()].reset_index(drop=True)
    end = chosen["induction_end_day"].astype(float)
    sessions = tables["series_sessions"].merge(chosen[["patient", "induction_end_day"]], on="patient")
    after = sessions[sessions["study_day"] > sessions["induction_end_day"]].groupby("patient")["study_day"].min()
    further = chosen["patient"].map(after).astype(float) - end
    people = pd.DataFrame(
        {
            "patient": chosen["patient"],
            "arm": chosen["arm"].astype(str),
            "baseline": chosen["baseline"].astype(float),
            "end_day": end,
            "further_day": further.fillna(np.inf),
        }
    )
    return people


def _place_scores(scores: pd.DataFrame, people: pd.DataFrame, durability: Durability, study: Study) -> pd.DataFrame:
    """Return the dated scores after the induction that count, in order of person and day."""
    own = scores[
        (scores["instrument"] == durability.instrument) & scores["total"].notna() & scores["study_day"].notna()
    ]
    place = pd.Series(people.index, people["patient"])
    own = own[own["patient"].isin(people["patient"])]
    person = own["patient"].map(place).astype(int).to_numpy()
    day = own["study_day"].astype(float).to_numpy() - people["end_day"].to_numpy()[person]
    table = pd.DataFrame({"person": person, "day": day, "total": own["total"].astype(float).to_numpy()})
    table = table[table["day"] > 0]
    if durability.maintenance != "treatment_policy":
        limit = people["further_day"].to_numpy()[table["person"]]
        before = study.baseline.same_day == "before"
        table = table[table["day"] <= limit] if before else table[table["day"] < limit]
    return table.sort_values(["person", "day"], kind="stable").reset_index(drop=True)


def _stay_free(further_day: Floats, durability: Durability) -> Bools:
    """Return who has had no further treatment by the landmark; everybody where it changes nothing."""
    if durability.maintenance == "treatment_policy":
        return np.ones(len(further_day), dtype=bool)
    return np.asarray(further_day > durability.landmark.to_day)


def _count_steps(arm: pd.Series, stages: Mapping[str, Bools], arms: list[str]) -> pd.DataFrame:
    names = arm.to_numpy()
    rows = [
        (one, step, int((inside & (names == one)).sum()))
        for one in arms
        if (names == one).any()
        for step, inside in stages.items()
    ]
    return pd.DataFrame(rows, columns=COHORT)
