"""The small pictures beside the answers of the first page. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.comparison import Effects
from outcomes.contracts.released.durability import DurabilityCurve
from outcomes.contracts.released.harms import ALL_SESSIONS, HarmDifferences, Harms
from outcomes.contracts.released.subgroups import Interactions, Subgroups
from outcomes.records import list_records
from outcomes.release.arms import list_compared, order_arms
from outcomes.release.course import count_scored, find_place, find_trial_difference, is_compared, read_course
from outcomes.release.definitions import COVERED, FEWEST_EFFECTS, SMALL, UNLIKELY
from outcomes.release.figures.plans.durability import list_followed
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.important import find_important
from outcomes.release.numbers import count, fixed, interval
from outcomes.settings import Study

HEADS = ("any", "any severe")
MOST_EFFECTS = 4


def plan_answers(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the course, the difference, the levels of a subgroup that differs, and the shares still in response."""
    plans = [_plan_course(tables, study), _plan_difference(tables, study)]
    plans += [] if study.comparison is None or _is_small(tables, study) else [_plan_levels(tables, study)]
    plans += [_plan_effects(tables, study), _plan_response(tables, study)]
    return [plan for plan in plans if plan is not None]


def _effects(tables: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    assert study.comparison is not None
    rows = read_rows(tables, "effects")
    if rows.empty:
        return rows
    rows = rows[(rows[Effects.axis] == study.comparison.estimand.axis) & (rows[Effects.variance] == "cr2")]
    return rows.dropna(
        subset=[Effects.treated_mean, Effects.reference_mean, Effects.estimate, Effects.lower, Effects.upper]
    )


def _is_small(tables: Mapping[str, pd.DataFrame], study: Study) -> bool:
    scored = count_scored(tables, study)
    return scored is None or min(scored) < SMALL


def _plan_course(tables: Mapping[str, pd.DataFrame], study: Study) -> Plan | None:
    """Return the adjusted mean change of each arm by time: of the compared arms where there are such."""
    place, scores = find_place(tables, study), read_rows(tables, "scores")
    if place is None or scores.empty:
        return None
    instrument, axis, timepoint = place
    effects = _effects(tables, study) if is_compared(tables, study) else pd.DataFrame()
    if len(effects):
        sides = zip(list_compared(study), (Effects.treated_mean, Effects.reference_mean), strict=True)
        parts = [
            effects[[Effects.timepoint, name]].set_axis(["timepoint", "change"], axis=1).assign(arm=arm)
            for arm, name in sides
        ]
        rows = pd.concat(parts, ignore_index=True)
    else:
        rows = read_course(tables, instrument, axis)[["arm", "timepoint", "change"]]
    own = scores[(scores["axis"] == axis) & (scores["instrument"] == instrument)]
    times = own.drop_duplicates("timepoint").set_index("timepoint")["time"]
    rows = rows.assign(time=rows["timepoint"].map(times), here=rows["timepoint"] == timepoint).dropna(subset=["time"])
    if rows.empty:
        return None
    rows = rows.sort_values("time", kind="stable").reset_index(drop=True)
    name = study.instrument(instrument).name
    said = "; ".join(
        f"{name_arm(study, str(arm))}: "
        + ", ".join(f"{row['timepoint']} {fixed(row['change'])}" for row in list_records(part))
        for arm, part in rows.groupby("arm", sort=False)
    )
    title = f"{name} change from baseline, by {axis}"
    return Plan(
        "answer_works", "answers", title, f"{title}, adjusted means.", f"Line chart. {title}. {said}.", rows, None, axis
    )


def _plan_difference(tables: Mapping[str, pd.DataFrame], study: Study) -> Plan | None:
    """Return the difference at the time point of the first page, of the comparison or of a trial's own model."""
    place, pair = find_place(tables, study), list_compared(study)
    if place is None or not pair:
        return None
    rows = find_trial_difference(tables, study, place[1]) if study.comparison is None else pd.DataFrame()
    if is_compared(tables, study):
        rows = _effects(tables, study)
    rows = rows[rows["timepoint"] == place[2]] if len(rows) else rows
    if rows.empty:
        return None
    rows = rows.assign(important=find_important(tables, study))
    row = rows.iloc[0]
    first, second = (name_arm(study, arm) for arm in pair)
    title = "Difference in change, points"
    said = (
        f"{fixed(row[Effects.estimate])} points, {COVERED} interval {interval(row[Effects.lower], row[Effects.upper])}"
    )
    return Plan(
        "answer_better",
        "answers",
        title,
        f"{title}, with its {COVERED} interval.",
        f"Dot with its interval. {first} minus {second}: {said}.",
        rows,
    )


def _plan_levels(tables: Mapping[str, pd.DataFrame], study: Study) -> Plan | None:
    rows, tests = read_rows(tables, "subgroups"), read_rows(tables, "interactions")
    if rows.empty or tests.empty:
        return None
    tests = tests[(tests[Interactions.endpoint] == "change") & (tests[Interactions.p_adjusted] < UNLIKELY)]
    rows = rows[(rows[Subgroups.endpoint] == "change") & rows[Subgroups.variable].isin(tests[Interactions.variable])]
    rows = rows.dropna(subset=[Subgroups.estimate, Subgroups.lower, Subgroups.upper])
    rows = rows.sort_values(Subgroups.order, kind="stable")
    if rows.empty:
        return None
    said = "; ".join(
        f"{row[Subgroups.level]}: {fixed(row[Subgroups.estimate])}, interval {interval(row[Subgroups.lower], row[Subgroups.upper])}"
        for row in list_records(rows)
    )
    title = "Difference in change, points"
    return Plan(
        "answer_whom",
        "answers",
        title,
        f"{title}, within levels, with {COVERED} intervals.",
        f"Forest of levels. {said}.",
        rows,
    )


def _plan_effects(tables: Mapping[str, pd.DataFrame], study: Study) -> Plan | None:
    """Return the adverse effects that differ between the arms most, else the most frequent ones, with the share of patients by arm; one alone is said in words."""
    rows = read_rows(tables, Harms.name)
    if rows.empty:
        return None
    rows = rows[(rows[Harms.block] == ALL_SESSIONS) & rows[Harms.proportion].notna()]
    compared = list_compared(study)
    arms = [arm for arm in compared if arm in set(rows[Harms.arm])] or order_arms(study, rows[Harms.arm])
    rows = rows[rows[Harms.arm].isin(arms)]
    whole = rows.groupby(Harms.event)[Harms.arm].nunique()
    rows = rows[rows[Harms.event].map(whole) == len(arms)]
    events = choose_effects(read_rows(tables, HarmDifferences.name), compared)
    events = [event for event in events if event in set(rows[Harms.event])]
    ranked = rows.groupby(Harms.event, sort=True)[Harms.proportion].max().sort_values(ascending=False, kind="stable")
    events = (events or [event for event in ranked.index if event not in HEADS])[:MOST_EFFECTS]
    if len(events) < FEWEST_EFFECTS:
        return None
    parts = [rows[rows[Harms.event] == event] for event in events]
    said = "; ".join(
        f"{event}: "
        + ", ".join(
            f"{name_arm(study, row[Harms.arm])} {fixed(100 * row[Harms.proportion], 0)} percent"
            for row in list_records(part)
        )
        for event, part in zip(events, parts, strict=True)
    )
    title = "Patients with it, %"
    return Plan(
        "answer_safe",
        "answers",
        title,
        f"{title}.",
        f"Dots for each arm. Patients with an adverse effect: {said}.",
        pd.concat(parts, ignore_index=True),
    )


def choose_effects(differences: pd.DataFrame, compared: list[str]) -> list[str]:
    """Return the adverse effects whose difference between the compared arms has an interval without zero, the largest first."""
    if differences.empty or not compared:
        return []
    rows = differences[differences[HarmDifferences.block] == ALL_SESSIONS]
    rows = rows[(rows[HarmDifferences.contrast] == " - ".join(compared)) & ~rows[HarmDifferences.event].isin(HEADS)]
    clear = rows[(rows[HarmDifferences.lower] > 0) | (rows[HarmDifferences.upper] < 0)]
    order = clear[HarmDifferences.difference].abs().sort_values(ascending=False, kind="stable").index
    return [str(event) for event in clear.loc[order, HarmDifferences.event]]


def _plan_response(tables: Mapping[str, pd.DataFrame], study: Study) -> Plan | None:
    rows = read_rows(tables, DurabilityCurve.name)
    if rows.empty or study.durability is None:
        return None
    chosen = (rows[DurabilityCurve.end] == "loss") & rows[DurabilityCurve.week].isin(study.durability.weeks)
    chosen &= rows[DurabilityCurve.arm].isin(list_followed(tables))
    rows = rows[chosen].dropna(subset=[DurabilityCurve.share, DurabilityCurve.lower, DurabilityCurve.upper])
    rows = rows.sort_values([DurabilityCurve.arm, DurabilityCurve.week], kind="stable")
    if study.comparison is not None:
        rows = rows[
            rows[DurabilityCurve.arm].isin((study.comparison.estimand.treated, study.comparison.estimand.reference))
        ]
    if rows.empty:
        return None
    said = "; ".join(
        f"{name_arm(study, str(row[DurabilityCurve.arm]))}, week {count(row[DurabilityCurve.week])}: {fixed(100 * row[DurabilityCurve.share], 0)} percent"
        for row in list_records(rows)
    )
    title = "In response, %, by week"
    return Plan(
        "answer_long",
        "answers",
        title,
        f"{title}, with {COVERED} intervals.",
        f"Dots with intervals. {title}: {said}.",
        rows,
    )
