"""The figures of durability: one for each declared end of a response, with the released rows behind it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.numbers import count, fixed
from outcomes.settings import Study

ENDS = {"loss": "Response held after the induction", "relapse": "Free of relapse after the induction"}
TREATED = {
    "censor": "Follow-up ends at the next session",
    "competing": "A further session is an outcome of its own and counts as not held",
    "treatment_policy": "Further sessions change nothing",
}


def plan_durability(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figures of durability, where the study has a curve of which something is released."""
    curve, cohort = read_rows(tables, "durability_curve"), read_rows(tables, "durability_cohort")
    if curve.empty or study.durability is None:
        return []
    rows = curve[curve["state"] == "held"]
    instrument = study.instrument(study.durability.instrument).name
    plans = []
    for end, title in ENDS.items():
        own = rows[rows["end"] == end]
        if own.empty:
            continue
        plans.append(
            Plan(
                f"durability_{end}",
                "durability",
                f"{instrument}: {title[0].lower()}{title[1:]}",
                f"{title}, of patients in response at the landmark (day {study.durability.landmark.to_day}). Kaplan–Meier takes "
                "the first visit that shows the end as its day; the interval-censored estimate (Turnbull) only that it came "
                f"between two visits, and so usually lies lower. Bands: {COVERED}. Markers stand where a number may be released; "
                "the lines only join them. "
                f"{TREATED[study.durability.maintenance]}.",
                _say(own, study, title),
                _start(own, cohort, study),
                study.durability.instrument,
            )
        )
    return plans


def _start(rows: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the rows with each curve's start at the landmark, where all hold."""
    assert study.durability is not None
    sizes = cohort[cohort["step"] == "in_response"].set_index("arm")["n"]
    first = rows.drop_duplicates(["arm", "method"])
    first = first.assign(week=study.durability.landmark.to_day / 7, share=1.0, lower=1.0, upper=1.0, withheld=False)
    first = first.assign(at_risk=first["arm"].map(sizes), events=0, treated=0, censored=0)
    return pd.concat([first, rows], ignore_index=True).sort_values(["method", "arm", "week"], kind="stable")


def _say(rows: pd.DataFrame, study: Study, title: str) -> str:
    """Say the curves in words: each arm's share at the declared weeks."""
    assert study.durability is not None
    own = rows[(rows["method"] == "turnbull") & rows["week"].isin(study.durability.weeks)]
    parts = []
    for arm, part in own.groupby("arm", sort=False):
        values = [
            f"week {count(row['week'])} "
            + ("not reported" if pd.isna(row["share"]) else f"{fixed(100 * row['share'], 0)} percent")
            for row in part.to_dict("records")
        ]
        parts.append(f"{name_arm(study, str(arm))}: {', '.join(values)}")
    return f"Curves by arm. {title}, interval-censored. " + "; ".join(parts) + "."
