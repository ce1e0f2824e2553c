"""Which figure shows the groups of course, and what it says. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.courses import CourseGroups, Courses
from outcomes.records import list_records
from outcomes.release.figures.plans.plan import Plan, read_rows, write_size
from outcomes.release.numbers import fixed
from outcomes.settings import Study

ALL = "all"


def plan_courses(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figure of mean scores by group of course; none where there is one group, or no mean was released."""
    rows, groups = read_rows(tables, Courses.name), read_rows(tables, CourseGroups.name)
    if rows.empty or groups.empty:
        return []
    rows = rows[rows[Courses.group].astype(str) != ALL].assign(group=lambda table: table[Courses.group].astype(str))
    rows = rows.sort_values([Courses.group, Courses.time], kind="stable")
    if rows[Courses.mean].isna().all():
        return []
    instrument = str(rows[Courses.instrument].iloc[0])
    axis = next((str(one) for one in rows[Courses.axis] if one != "baseline"), "session")
    name = study.instrument(instrument).name
    return [
        Plan(
            "courses",
            "courses",
            f"{name}: groups of course",
            f"Mean {name} total of the patients most probably in each group; shaded: first to third quartile. Groups were formed from these scores, so that they "
            "differ in them by construction.",
            _say(rows, groups),
            rows,
            instrument,
            axis,
        )
    ]


def _say(rows: pd.DataFrame, groups: pd.DataFrame) -> str:
    sizes = {str(row[CourseGroups.group]): write_size(row, CourseGroups.patients) for row in list_records(groups)}
    parts = []
    for group, own in rows[rows[Courses.mean].notna()].groupby(Courses.group, sort=False):
        first, last = own.iloc[0], own.iloc[-1]
        means = f"{fixed(first[Courses.mean])} to {fixed(last[Courses.mean])}"
        parts.append(f"group {group}, {sizes.get(str(group), '')} patients: {means}")
    return f"Lines of mean score over time by group of course. {'; '.join(parts)}."
