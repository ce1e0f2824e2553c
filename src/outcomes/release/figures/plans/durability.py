"""The figures of durability: one for each declared end of a response, with the released rows behind it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.durability import DurabilityAtVisit, DurabilityCurve, DurabilityVisits
from outcomes.records import list_records
from outcomes.release.arms import list_compared, order_arms
from outcomes.release.definitions import COVERED, FEW
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.numbers import count, fixed
from outcomes.settings import Study

ENDS = {"loss": "In response after the induction", "relapse": "Not in relapse after the induction"}
TREATED = {
    "censor": "Follow-up ends at the next session; those who stay are weighed for those treated again after the same scores",
    "competing": "From the first further session on a patient does not count",
    "treatment_policy": "Further sessions change nothing",
}
FEWEST_SEEN = 10  # near a week, rounded to the nearest 5: eleven are told as ten
SOURCE = "source"  # of a row of the data: the curve, or the scores near a declared week


def plan_durability(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figures of durability, where the study has a curve."""
    curve, visits = read_rows(tables, DurabilityCurve.name), read_rows(tables, DurabilityAtVisit.name)
    if curve.empty or study.durability is None:
        return []
    visits = visits.sort_values("week", kind="stable") if "week" in visits else visits
    settings = study.durability
    instrument = study.instrument(settings.instrument).name
    plans = []
    for end, title in ENDS.items():
        own = curve[curve[DurabilityCurve.end] == end]
        ends = _find_ends(own)
        known = own[
            own[DurabilityCurve.share].notna()
            & (own[DurabilityCurve.week] <= own["arm"].map(ends))
            & own["arm"].isin(list_followed(tables))
        ]
        arms = [arm for arm in list_compared(study) if arm in set(known["arm"])] or order_arms(study, known["arm"])
        if not arms:
            continue
        own = own[own["arm"].isin(arms) & (own[DurabilityCurve.week] <= own["arm"].map(ends))]
        gone = [name_arm(study, arm) for arm in list_compared(study) if arm not in arms]
        seen = visits[(visits[DurabilityAtVisit.end] == end) & visits["arm"].isin(arms)] if len(visits) else visits
        plans.append(
            Plan(
                f"durability_{end}",
                "durability",
                f"{instrument}: {title[0].lower()}{title[1:]}",
                f"Share {title.split(' after')[0].lower()} each day, seen then or not, of patients in response at the landmark (day {settings.landmark.to_day}, end of the gray area). "
                f"It is weighted for how often patients with the same last score are seen. Bands: {COVERED} intervals. {_say_markers(seen, settings.visit_days)}"
                f"{TREATED[settings.maintenance]}."
                + (f" Not drawn, because too few are seen: {', '.join(gone)}." if gone else ""),
                _say(own, study, title),
                pd.concat([own.assign(**{SOURCE: "curve"}), seen.assign(**{SOURCE: "visit"})], ignore_index=True),
                settings.instrument,
            )
        )
    return plans


def _say_markers(seen: pd.DataFrame, days: int) -> str:
    """Return what the markers are, where any is drawn."""
    if seen.empty or seen[DurabilityAtVisit.share].isna().all():
        return ""
    return f"Markers: those with a score within {days} days of a declared week, unweighted. "


def _find_ends(curve: pd.DataFrame) -> pd.Series:
    """Return by arm the last week near which enough are seen to be told; no curve is drawn beyond it."""
    seen = curve[curve[DurabilityCurve.seen].ge(FEWEST_SEEN).fillna(False)]
    return seen.groupby("arm")[DurabilityCurve.week].max()


def list_followed(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the arms with enough responders seen later to be drawn; all where how many were seen is not released."""
    visits = read_rows(tables, DurabilityVisits.name)
    if visits.empty:
        return [str(arm) for arm in read_rows(tables, DurabilityCurve.name)["arm"].unique()]
    return [str(arm) for arm in visits.loc[visits[DurabilityVisits.seen].ge(FEW).fillna(False), "arm"]]


def _say(rows: pd.DataFrame, study: Study, title: str) -> str:
    """Say the curves in words: each arm's share at the declared weeks."""
    assert study.durability is not None
    own = rows[rows[DurabilityCurve.week].isin(study.durability.weeks)]
    parts = []
    for arm, part in own.groupby("arm", sort=False):
        values = [
            f"week {count(row['week'])} "
            + ("not shown" if pd.isna(row["share"]) else f"{fixed(100 * row['share'], 0)} percent")
            for row in list_records(part)
        ]
        parts.append(f"{name_arm(study, str(arm))}: {', '.join(values)}")
    return f"Curves by arm. {title}, whether seen or not. " + "; ".join(parts) + "."
