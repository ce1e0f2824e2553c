"""How often each arm is seen, who is not seen again, and the response of those who are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.durability.landmark import Followed, find_ended, list_ends
from outcomes.contracts.released.durability import DurabilityAttendance, DurabilityAtVisit, DurabilityVisits
from outcomes.proportions import compute_wilson
from outcomes.settings import Study
from outcomes.settings.durability import Durability

WINDOW_WEEKS = 4
GAPS = 2  # median gaps without a score after which a patient counts as not seen again


def find_gaps(followed: Followed, arm: str) -> Floats:
    """Return the days between one score of a patient and the next, the landmark's the first, over an arm."""
    person, day = _list_scores(followed)
    inside = (followed.people["arm"] == arm).to_numpy()[person]
    same = (person[1:] == person[:-1]) & inside[1:]
    return np.asarray(np.diff(day)[same])


def _list_scores(followed: Followed) -> tuple[Ints, Floats]:
    """Return patient and day of every score from the landmark's on, in order."""
    people, visits = followed.people, followed.visits
    person = np.concatenate([np.arange(len(people)), visits["person"].to_numpy()])
    day = np.concatenate([people["landmark_day"].to_numpy(float), visits["day"].to_numpy(float)])
    order = np.lexsort((day, person))
    return person[order].astype(np.int64), day[order]


def tabulate_visits(followed: Followed, durability: Durability, study: Study) -> pd.DataFrame:
    """Return how often each arm is seen; rows as :class:`DurabilityVisits` declares them."""
    people, visits = followed.people, followed.visits
    person, day = _list_scores(followed)
    totals = np.concatenate([people["landmark_total"].to_numpy(float), visits["total"].to_numpy(float)])
    order = np.lexsort(
        (
            np.concatenate([people["landmark_day"].to_numpy(float), visits["day"].to_numpy(float)]),
            np.concatenate([np.arange(len(people)), visits["person"].to_numpy()]),
        )
    )
    bad = find_ended(
        totals[order],
        people["baseline"].to_numpy()[person],
        durability.loss,
        study.instrument(durability.instrument),
    )
    following = np.append(np.where(person[1:] == person[:-1], day[1:], np.inf), np.inf)
    until, arms = people["until"].to_numpy()[person], people["arm"].to_numpy()
    table = DurabilityVisits
    rows = []
    for arm in _order_arms(followed, study):
        inside, gaps = arms == arm, find_gaps(followed, arm)
        gap = float(np.median(gaps)) if len(gaps) else np.nan
        row = {table.arm: arm, table.n: int(inside.sum()), table.median_gap_days: gap}
        row[table.seen] = len(np.unique(visits["person"][inside[visits["person"]]]))
        row[table.scores] = int(inside[visits["person"]].sum())
        known = inside[person] & (day + GAPS * gap <= until)
        gone = following > day + GAPS * gap
        row |= {table.good: int((known & ~bad).sum()), table.good_last: int((known & ~bad & gone).sum())}
        row |= {table.bad: int((known & bad).sum()), table.bad_last: int((known & bad & gone).sum())}
        rows.append(row)
    return pd.DataFrame(rows, columns=table.columns)


def tabulate_attendance(followed: Followed, durability: Durability, study: Study) -> pd.DataFrame:
    """Return how many of each arm had no, one, or more scores in every four weeks."""
    people, visits = followed.people, followed.visits
    table, rows = DurabilityAttendance, []
    first = durability.landmark.to_day
    for start in range(first, 7 * durability.horizon_weeks - 7 * WINDOW_WEEKS + 1, 7 * WINDOW_WEEKS):
        end = start + 7 * WINDOW_WEEKS
        inside = (visits["day"] > start) & (visits["day"] <= end)
        scores = np.bincount(visits["person"][inside], minlength=len(people))
        for arm in _order_arms(followed, study):
            own = scores[((people["arm"] == arm) & (people["until"] >= end)).to_numpy()]
            counts = (len(own), int((own == 0).sum()), int((own == 1).sum()), int((own > 1).sum()))
            rows.append((arm, f"{start / 7:g} to {end / 7:g}", *counts))
    return pd.DataFrame(rows, columns=table.columns)


def find_near(followed: Followed, week: int, days: int) -> pd.DataFrame:
    """Return each patient's score nearest to a week, at most so many days off, the earlier of two: ``person``, ``total``."""
    distance = (followed.visits["day"] - 7 * week).abs()
    near = followed.visits.assign(distance=distance)[distance <= days]
    return near.sort_values(["person", "distance", "day"], kind="stable").drop_duplicates("person")


def tabulate_at_visit(followed: Followed, durability: Durability, study: Study) -> pd.DataFrame:
    """Return who is in response at the score nearest to each declared week, of those with one; Wilson's interval."""
    instrument, people = study.instrument(durability.instrument), followed.people
    arms = people["arm"].to_numpy()
    rows = []
    for name, end in list_ends(durability).items():
        for arm in _order_arms(followed, study):
            for week in durability.weeks:
                near = find_near(followed, week, durability.visit_days)
                person = near["person"].to_numpy()
                held: Bools = ~find_ended(
                    near["total"].to_numpy(), people["baseline"].to_numpy()[person], end, instrument
                )
                here = arms[person] == arm
                seen, events = int(here.sum()), int((held & here).sum())
                lower, upper = compute_wilson(events, seen)
                share = events / seen if seen else np.nan
                rows.append((arm, name, week, seen, events, share, float(lower), float(upper)))
    return pd.DataFrame(rows, columns=DurabilityAtVisit.columns)


def _order_arms(followed: Followed, study: Study) -> list[str]:
    there = set(followed.people["arm"])
    return [arm.id for arm in study.arms if arm.id in there]
