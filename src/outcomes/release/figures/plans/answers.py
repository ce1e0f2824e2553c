"""The small pictures beside the answers of the first page. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.comparison import Effects, Interactions, Subgroups
from outcomes.contracts.released.durability import DurabilityCurve
from outcomes.release.definitions import COVERED, UNLIKELY
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.important import find_important
from outcomes.release.numbers import count, fixed, interval
from outcomes.settings import Study

EVERYONE = "all"


def plan_answers(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the course, the difference, the levels of a subgroup that differs, and the shares still in response."""
    plans = (
        []
        if study.comparison is None
        else [_plan_course(tables, study), _plan_difference(tables, study), _plan_levels(tables, study)]
    )
    return [plan for plan in (*plans, _plan_response(tables, study)) if plan is not None]


def _effects(tables: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    assert study.comparison is not None
    rows = read_rows(tables, "effects")
    if rows.empty:
        return rows
    rows = rows[(rows[Effects.axis] == study.comparison.estimand.axis) & (rows[Effects.variance] == "cr2")]
    return rows.dropna(
        subset=[Effects.treated_mean, Effects.reference_mean, Effects.estimate, Effects.lower, Effects.upper]
    )


def _plan_course(tables: Mapping[str, pd.DataFrame], study: Study) -> Plan | None:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    rows, scores = _effects(tables, study), read_rows(tables, "scores")
    if rows.empty or scores.empty:
        return None
    times = scores[scores["axis"] == estimand.axis].drop_duplicates("timepoint").set_index("timepoint")["time"]
    rows = rows.assign(time=rows[Effects.timepoint].map(times)).dropna(subset=["time"]).sort_values("time")
    if rows.empty:
        return None
    name = study.instrument(estimand.instrument).name
    said = "; ".join(
        f"{row[Effects.timepoint]}: {fixed(row[Effects.treated_mean])} and {fixed(row[Effects.reference_mean])}"
        for row in rows.to_dict("records")
    )
    title = f"{name} change from baseline, by {estimand.axis}"
    first, second = (name_arm(study, arm) for arm in (estimand.treated, estimand.reference))
    return Plan(
        "answer_works",
        "answers",
        title,
        f"{title}, adjusted means.",
        f"Line chart. {title}, {first} and {second}: {said}.",
        rows,
    )


def _plan_difference(tables: Mapping[str, pd.DataFrame], study: Study) -> Plan | None:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    rows = _effects(tables, study)
    rows = rows[rows[Effects.timepoint] == estimand.timepoint] if len(rows) else rows
    if rows.empty:
        return None
    rows = rows.assign(important=find_important(tables, study))
    row = rows.iloc[0]
    first, second = (name_arm(study, arm) for arm in (estimand.treated, estimand.reference))
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
        for row in rows.to_dict("records")
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


def _plan_response(tables: Mapping[str, pd.DataFrame], study: Study) -> Plan | None:
    rows = read_rows(tables, DurabilityCurve.name)
    if rows.empty or study.durability is None:
        return None
    chosen = (rows[DurabilityCurve.end] == "loss") & rows[DurabilityCurve.week].isin(study.durability.weeks)
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
        for row in rows.to_dict("records")
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
