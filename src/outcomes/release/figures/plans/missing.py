"""Which figures show missing scores in the comparison of two arms, and what they say. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.records import list_records
from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.comparison import name_sides
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.figures.plans.timepoints import AXES, say_timepoint
from outcomes.release.numbers import fixed
from outcomes.settings import Study

EVERY_TIME = "all"
LEAST_SHOWN = 2 / 3  # of the pairs, or shares by band: with fewer told there is no picture
METHODS = {"imputed": "by multiple imputation", "closed_form": "by the closed form of the primary analysis"}


def plan_missing(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the grid of tipping points and the share that left by the last score; none without a comparison."""
    if study.comparison is None:
        return []
    return [*_plan_tipping(tables, study), *_plan_dropout(tables, study)]


def choose_method(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the tipping points by imputation, or in closed form where nothing was imputed."""
    imputed = rows[rows["method"] == "imputed"]
    return imputed if len(imputed) else rows


def find_excluded(rows: pd.DataFrame) -> pd.Series[bool]:
    """Return which intervals hold no 'no difference'."""
    return (rows["lower"] > 0) | (rows["upper"] < 0)


def _plan_tipping(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    rows = read_rows(tables, "tipping")
    if rows.empty:
        return []
    rows = choose_method(rows)
    treated, reference = name_sides(study)
    place = say_timepoint(estimand.axis, estimand.timepoint)
    known = rows[rows["estimate"].notna()]
    if len(known) < LEAST_SHOWN * len(rows):
        return []
    pairs = f"Of {len(known)} pairs {int(find_excluded(known).sum())} have an interval without zero."
    ends = f"The difference is from {fixed(known['estimate'].min())} to {fixed(known['estimate'].max())} points."
    return [
        Plan(
            "tipping_points",
            "tipping",
            "Tipping points of the difference",
            f"Difference {treated} minus {reference} in the change of the {study.instrument(estimand.instrument).name} at {place}. So "
            f"many points are added to the scores that each arm's patients lack after their last one, {METHODS[rows['method'].iloc[0]]}. Heavy "
            f"line: on one side the {COVERED} interval excludes zero, on the other it does not.",
            f"Heat map of the difference by points added in either arm. {pairs} {ends}",
            rows,
            estimand.instrument,
            estimand.axis,
            estimand.timepoint,
        )
    ]


def _plan_dropout(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    assert study.comparison is not None
    instrument = study.comparison.estimand.instrument
    rows = read_rows(tables, "dropout")
    if rows.empty:
        return []
    rows = rows[(rows["timepoint"] == EVERY_TIME) & rows["axis"].isin(AXES)]
    if rows.loc[rows["n"].isna() | (rows["n"] > 0), "dropped_proportion"].notna().mean() < LEAST_SHOWN:
        return []
    name = study.instrument(instrument).name
    return [
        Plan(
            "dropout",
            "dropout",
            f"Who left, by the last {name} score",
            f"Of the patients compared and still there, the share who had no {name} score at a time point or later, over all time points. "
            "It is shown by the severity of the last score before, which can be the baseline. n: patients at time points. Scores fall over time while more leave, so that the two go together in part by "
            "time alone.",
            _describe_dropout(rows, study),
            rows,
            instrument,
        )
    ]


def _describe_dropout(rows: pd.DataFrame, study: Study) -> str:
    parts = []
    for (axis, arm), own in rows.groupby(["axis", "arm"], sort=False):
        known = own[own["dropped_proportion"].notna()]
        values = ", ".join(f"{row['band']} {fixed(100 * row['dropped_proportion'], 0)}%" for row in list_records(known))
        parts.append(f"{name_arm(study, str(arm))} by {axis}: {values or 'not reported'}")
    return f"Line chart of the share who left by the severity of the last score. {'; '.join(parts)}."
