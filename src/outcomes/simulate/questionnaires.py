"""When patients answer, and what they leave out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.simulate.arms import ArmCourse, draw_session_noise
from outcomes.simulate.arrays import Bools, Floats, Ints
from outcomes.simulate.cohort import Cohort
from outcomes.simulate.course import answer
from outcomes.simulate.items import GAD7, ITEM_COUNT, PHQ9
from outcomes.simulate.parameters import Parameters, QuestionnaireParameters
from outcomes.simulate.schedule import NEVER, SLOTS
from outcomes.simulate.streams import Streams

PHQ9_ITEMS = [f"phq9_{number}" for number in range(1, PHQ9.size + 1)]
GAD7_ITEMS = [f"gad7_{number}" for number in range(1, GAD7.size + 1)]
CHECK_DAYS = (5, 10)
FOLLOW_UP_DAYS = (14, 31)
LATER_DAYS = (56, 84, 112)
ITEM_9 = PHQ9.size - 1


@dataclass(frozen=True)
class Occasion:
    """Moments of one kind at which a questionnaire may be answered, one entry per moment."""

    name: str
    who: Ints
    day: Ints
    chance: Floats  # that it is on record, before the patient's own tendency
    noise: Floats  # (moments, items)
    items: Ints | None = None  # already answered (screening and baseline)


def record_questionnaires(cohort: Cohort, course: ArmCourse, parameters: Parameters, streams: Streams) -> pd.DataFrame:
    """Return the questionnaires on record.

    Returns
    -------
    pandas.DataFrame
        One row per submission; key ``patient`` (index into the cohort), ``study_day``. Columns ``occasion``, the items
        (0 to 3, missing where left out).
    """
    rules = parameters.questionnaires
    tendency = streams.of("questionnaires/tendency").normal(0.0, rules.session_log_odds_sd, len(cohort))
    parts = []
    for occasion in list_occasions(cohort, course, rules, streams):
        kept = keep_answered(occasion, tendency, streams)
        items = occasion.items
        if items is None:
            noise = occasion.noise[kept]
            items = answer(cohort, course.actual, occasion.who[kept], occasion.day[kept], noise, parameters.course)
        else:
            items = items[kept]
        parts.append(tabulate_answers(occasion, kept, items))
    table = pd.concat(parts, ignore_index=True)
    table = table.drop_duplicates(["patient", "study_day"]).sort_values(["patient", "study_day"], ignore_index=True)
    return leave_out(table, rules, streams)


def keep_answered(occasion: Occasion, tendency: Floats, streams: Streams) -> Bools:
    """Draw which moments are on record; patients differ in how readily they answer."""
    odds = occasion.chance / (1 - occasion.chance) * np.exp(tendency[occasion.who])
    uniform = streams.of(f"questionnaires/{occasion.name}/kept").random(len(occasion.who))
    kept: Bools = uniform < odds / (1 + odds)
    return kept


def tabulate_answers(occasion: Occasion, kept: Bools, items: Ints) -> pd.DataFrame:
    """Return the answered moments as a table."""
    head = pd.DataFrame(
        {"patient": occasion.who[kept], "study_day": occasion.day[kept], "occasion": occasion.name},
    )
    return pd.concat([head, pd.DataFrame(items, columns=PHQ9_ITEMS + GAD7_ITEMS, dtype="float64")], axis=1)


def list_occasions(
    cohort: Cohort, course: ArmCourse, rules: QuestionnaireParameters, streams: Streams
) -> list[Occasion]:
    """Return all moments, those that win when two fall on one day first."""
    return [
        *list_untreated(cohort, rules),
        list_sessions(course, rules, streams),
        *list_after_series(course, rules, streams),
        list_between(course, rules, streams),
    ]


def list_untreated(cohort: Cohort, rules: QuestionnaireParameters) -> list[Occasion]:
    """Return the screening and the baseline."""
    everyone = np.arange(len(cohort))
    nothing = np.zeros((0, ITEM_COUNT))
    chance = np.ones(len(cohort))
    return [
        Occasion("baseline", everyone, cohort.baseline_day, chance * rules.baseline, nothing, cohort.baseline),
        Occasion("screening", everyone, cohort.screening_day, chance * rules.screening, nothing, cohort.screening),
    ]


def list_sessions(course: ArmCourse, rules: QuestionnaireParameters, streams: Streams) -> Occasion:
    """Return the days of sessions after the first; the answer is given before the session."""
    later = course.attended.copy()
    later[:, 0] = False
    who, slot = np.nonzero(later)
    noise = draw_session_noise(len(later), streams)
    return Occasion("session", who, course.day[who, slot], np.full(len(who), rules.session), noise[who, slot])


def list_between(course: ArmCourse, rules: QuestionnaireParameters, streams: Streams) -> Occasion:
    """Return one day between each pair of sessions that lie three or more days apart."""
    rng = streams.of("questionnaires/between/day")
    gap = course.actual.next_day - course.actual.day
    place = rng.random(gap.shape)
    noise = rng.standard_normal((*gap.shape, ITEM_COUNT))
    who, slot = np.nonzero(course.attended & (gap >= 3) & (gap < NEVER // 2))
    inside = 1 + np.floor(place[who, slot] * (gap[who, slot] - 1)).astype(np.int64)
    day = course.day[who, slot] + inside
    return Occasion("between", who, day, np.full(len(who), rules.between), noise[who, slot])


def list_after_series(course: ArmCourse, rules: QuestionnaireParameters, streams: Streams) -> list[Occasion]:
    """Return the check, the follow-up, and the later scores, counted from the last induction session attended."""
    rng = streams.of("questionnaires/after-series/day")
    count = len(course.day)
    everyone = np.arange(count)
    given = np.minimum(course.attended[:, :SLOTS].sum(axis=1), course.induction)
    completed = given == course.induction
    last = course.day[everyone, given - 1]
    windows = [CHECK_DAYS, FOLLOW_UP_DAYS, *((day - 3, day + 3) for day in LATER_DAYS)]
    names = ["check", "follow-up", *(f"week-{day // 7}" for day in LATER_DAYS)]
    chances = [rules.check, rules.follow_up, *[rules.later] * len(LATER_DAYS)]
    occasions = []
    for name, (low, high), chance in zip(names, windows, chances, strict=True):
        day = last + rng.integers(low, high + 1, count)
        noise = rng.standard_normal((count, ITEM_COUNT))
        stopped = rules.follow_up_stopped if name == "follow-up" else 0.0
        occasions.append(Occasion(name, everyone, day, np.where(completed, chance, stopped), noise))
    return occasions


def leave_out(table: pd.DataFrame, rules: QuestionnaireParameters, streams: Streams) -> pd.DataFrame:
    """Return the table with unanswered GAD-7 and left-out items as missing; item 9 is left out twice as often."""
    rng = streams.of("questionnaires/missing-items")
    rows = len(table)
    answers = table[PHQ9_ITEMS + GAD7_ITEMS].to_numpy(copy=True)
    careless = rng.random(rows) < rules.row_with_missing_items
    weight = np.ones(ITEM_COUNT)
    weight[ITEM_9] = 2.0
    for second in (np.ones(rows, dtype=bool), rng.random(rows) < 0.3):
        chosen = rng.choice(ITEM_COUNT, rows, p=weight / weight.sum())
        hit = np.flatnonzero(careless & second)
        answers[hit, chosen[hit]] = np.nan
    answers[rng.random(rows) >= rules.anxiety, PHQ9.size :] = np.nan
    return pd.concat(
        [table[["patient", "study_day", "occasion"]], pd.DataFrame(answers, columns=PHQ9_ITEMS + GAD7_ITEMS)], axis=1
    )
