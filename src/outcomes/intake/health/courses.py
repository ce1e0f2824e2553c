"""Treatment before what looks like its start: other routes, series of years before, and trial doses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from outcomes.intake.health.finding import Finding
from outcomes.intake.words import Array
from outcomes.settings import Study

if TYPE_CHECKING:
    import pandas as pd

SHARE = 0.02  # of the treated people, from which a run stops
MANY = 3  # sessions of a series that is more than a trial, unless its protocol asks for fewer
PAUSE, REGULAR = 10, 2  # days after a trial dose, and by how much these exceed the gaps that follow
FOLLOWING = 3  # sessions after the pause that are looked at
BEFORE, AFTER = 30, 14  # days around a series within which a questionnaire is of it
SCALE = 1 << 32  # parts the days of one patient from those of the next


@dataclass(frozen=True)
class Treated:
    """The sessions of treatments that mean an arm, in order of patient and day; ``of`` is the place of each one's series."""

    patient: Array
    day: Array
    arm: Array
    of: Array

    @property
    def first(self) -> Array:
        """Place of the first session of every series."""
        return np.flatnonzero(np.diff(self.of, prepend=-1))


def find_earlier(study: Study, tables: Mapping[str, pd.DataFrame]) -> Iterable[Finding]:
    """Return what people had before the sessions with which the study would begin, of a study with dated sessions."""
    sessions = tables["sessions"]
    if not len(sessions) or study.series.origin != "sessions":
        return
    treated = cut_series(sessions, study)
    people = len(np.unique(treated.patient))
    other = len(np.unique(sessions.loc[sessions["study_day"] < 0, "patient"].to_numpy()))
    if other:
        yield Finding(
            "other_treatment_before", False, other, people, "people",
            f"{other:,} of {people:,} people had sessions of a treatment that is no arm (oral, for example) before their first session of one; day 0 is "
            "the first session of an arm",
        )  # fmt: skip
    if people and "begins" not in study.series.model_fields_set:
        yield from _find_courses(treated, study, tables["assessments"], people)


def cut_series(sessions: pd.DataFrame, study: Study) -> Treated:
    """Return the sessions of arms, cut into series by the study's gap and change of arm."""
    places = {name: place for place, arm in enumerate(study.arms) for name in arm.meant_by}
    arm = np.array([places.get(value, -1) for value in sessions["treatment"].astype(str)], dtype=np.int64)
    rows = np.flatnonzero(arm >= 0)
    patient, day, arm = (
        values[rows] for values in (sessions["patient"].to_numpy(), sessions["study_day"].to_numpy(np.int64), arm)
    )
    order = np.lexsort((day, patient))
    patient, day, arm = patient[order], day[order], arm[order]
    begins = np.ones(len(rows), dtype=bool)
    begins[1:] = (np.diff(patient) != 0) | (np.diff(day) > study.series.gap_days)
    if study.series.change_of_arm == "new_series":
        begins[1:] |= np.diff(arm) != 0
    return Treated(patient, day, arm, np.cumsum(begins) - 1)


def _find_courses(treated: Treated, study: Study, assessments: pd.DataFrame, people: int) -> Iterable[Finding]:
    """Yield one finding on the people whose first session may not be the start of what is studied."""
    first = treated.first
    owner, start = treated.patient[first], treated.day[first]
    size = np.diff(first, append=len(treated.of))
    end = treated.day[first + size - 1]
    answered = _keys_of(assessments)
    before = _between(answered, owner, start - BEFORE, start)
    ever = _between(answered, owner, start - BEFORE, end + AFTER)
    protocols = [study.protocol(arm) for arm in study.arms]
    asked = np.array([MANY if one is None else one.induction.minimum_sessions for one in protocols], dtype=np.int64)
    fewest = np.minimum(MANY, asked)[treated.arm[first]]
    opening = np.diff(owner, prepend=-1) != 0
    unscored = owner[opening & ~ever & _follows(owner, before)]
    trial = owner[opening & (size < fewest) & _follows(owner, size >= fewest)]
    early = owner[opening & _opens_early(treated, first, size)]
    kinds = (
        (unscored, "whose first series has no questionnaire, and a later one has"),
        (trial, "with a session or two, and a longer series later"),
        (early, f"with one dose, a pause of more than {PAUSE} days, and then a regular series"),
    )
    found = len(np.unique(np.concatenate([who for who, _ in kinds])))
    if found:
        parts = "; ".join(f"{len(who):,} {words}" for who, words in kinds if len(who))
        yield Finding(
            "earlier_courses", found >= SHARE * people, found, people, "people",
            f"{found:,} of {people:,} people have treatment before what looks like the start of their series: {parts}. Taken as it is, day 0 and the "
            "baseline are those of the earlier treatment",
            _cure(bool(len(early))),
        )  # fmt: skip


def _cure(early: bool) -> str:
    """Return how a study file says where treatment begins to count."""
    shorter = " (with `gap_days: 10`, so that the pause after a single dose parts the two)" if early else ""
    return (
        "say in the study file where treatment begins to count: `series: {begins: first_scored}` leaves out series before the first one with a "
        f"questionnaire, `begins: first_repeated` one or two sessions before the first longer series{shorter}, and `begins: first_session` keeps all"
    )


def _keys_of(assessments: pd.DataFrame) -> Array:
    """Return a number for every dated questionnaire, in order of patient and day."""
    dated = assessments[assessments["study_day"].notna()]
    return np.sort(dated["patient"].to_numpy(np.int64) * SCALE + dated["study_day"].to_numpy(np.int64))


def _between(answered: Array, owner: Array, low: Array, high: Array) -> Array:
    """Tell of every patient whether a questionnaire lies between two days of theirs."""
    own = owner.astype(np.int64) * SCALE
    found: Array = np.searchsorted(answered, own + high, side="right") > np.searchsorted(answered, own + low)
    return found


def _follows(owner: Array, such: Array) -> Array:
    """Return which series have a later one of the same patient that is such."""
    last: dict[int, int] = {int(owner[place]): int(place) for place in np.flatnonzero(such)}
    return np.array([last.get(int(who), -1) > place for place, who in enumerate(owner)], dtype=bool)


def _opens_early(treated: Treated, first: Array, size: Array) -> Array:
    """Return which series open with one dose, then a pause that is long beside the gaps that follow it."""
    found = np.zeros(len(first), dtype=bool)
    for place in np.flatnonzero(size > FOLLOWING):
        gaps = np.diff(treated.day[first[place] : first[place] + FOLLOWING + 1])
        found[place] = gaps[0] > PAUSE and gaps[0] > REGULAR * max(gaps[1:].max(), 1)
    return found
