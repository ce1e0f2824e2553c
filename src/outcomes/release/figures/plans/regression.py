"""Which figures show regression to the mean, and what they say. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.figures.plans.timeline import AXES, find_headline, say_timepoint
from outcomes.release.numbers import fixed
from outcomes.settings import Study


def plan_regression(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return a figure for each instrument for which the study declares what to expect."""
    return [plan for name in study.regression_to_mean for plan in _plan_instrument(tables, study, name)]


def choose_rows(tables: Mapping[str, pd.DataFrame], study: Study, table: str, instrument: str) -> pd.DataFrame:
    """Return the rows at the headline, the time points of the tables of rates, and that of the comparison, in their order."""
    rows = read_rows(tables, table)
    rows = rows[rows["instrument"] == instrument] if len(rows) else rows
    scores = read_rows(tables, "scores")
    if rows.empty or scores.empty:
        return rows
    headline = find_headline(scores[scores["instrument"] == study.instruments[0]], study)
    places = {headline} if headline else set()
    if study.comparison is not None:
        places.add((study.comparison.estimand.axis, study.comparison.estimand.timepoint))
    pairs = zip(rows["axis"], rows["timepoint"], strict=True)
    rows = rows[[(axis, timepoint) in places or timepoint in study.report.also for axis, timepoint in pairs]]
    axes, arms = [*AXES, "clean"], ["all", *(arm.id for arm in study.arms)]
    order = rows.assign(axis=rows["axis"].map(axes.index), arm=rows["arm"].map(arms.index))
    return rows.loc[order.sort_values(["axis", "time", "timepoint", "arm"], kind="stable").index]


def _plan_instrument(tables: Mapping[str, pd.DataFrame], study: Study, instrument: str) -> list[Plan]:
    rows = choose_rows(tables, study, "regression_to_mean", instrument)
    if rows.empty:
        return []
    name = study.instrument(instrument).name
    return [
        Plan(
            f"regression_{instrument}",
            "regression",
            f"{name}: observed change, and what regression to the mean would give",
            f"Mean change of the {name} from baseline with {COVERED} intervals of complete cases, beside the change that regression to the mean "
            "alone would give. What lies between the two is not the effect of a treatment: it holds the natural course, expectation, and all "
            "other care.",
            _describe(rows, study),
            rows,
            instrument,
        )
    ]


def _describe(rows: pd.DataFrame, study: Study) -> str:
    parts = []
    for row in rows.to_dict("records"):
        who = "All" if row["arm"] == "all" else name_arm(study, str(row["arm"]))
        place = say_timepoint(str(row["axis"]), str(row["timepoint"]))
        known = pd.notna(row["observed"]) and pd.notna(row["expected"])
        values = (
            f"observed {fixed(row['observed'])}, expected {fixed(row['expected'])} points" if known else "not reported"
        )
        parts.append(f"{who} at {place}: {values}")
    return f"Dot chart of observed and expected change. {'; '.join(parts)}."
