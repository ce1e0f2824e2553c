"""Which figures show the flow, scores, rates, changes, and missing scores, and what they say. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.records import list_records
from outcomes.release.definitions import COVERED, FEWEST_HEIGHTS, LEAST_SPAN
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows, say_label, select_arms
from outcomes.release.figures.plans.timeline import build_timeline
from outcomes.release.figures.plans.timepoints import AXES, drop_unscored, find_headline, say_timepoint
from outcomes.release.numbers import count, fixed, general
from outcomes.settings import Study


def plan_flow(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the flow diagram."""
    rows = read_rows(tables, "flow")
    if rows.empty:
        return []
    steps = [
        f"{say_label(str(row['label']), study)}{'' if row['arm'] == 'all' else ', ' + name_arm(study, row['arm'])}: {_count(row['n'])}"
        for row in list_records(rows)
    ]
    return [
        Plan(
            "flow",
            "flow",
            "Flow of records and participants",
            "Flow from the raw export to the analysis. Every box is drawn from the ledger and the table of series.",
            "Flow diagram. " + "; ".join(steps) + ".",
            rows,
        )
    ]


def plan_trajectories(tables: Mapping[str, pd.DataFrame], study: Study, instrument: str) -> list[Plan]:
    """Return the mean score over time, one figure an axis."""
    scores = select_arms(read_rows(tables, "scores"))
    if scores.empty:
        return []
    scores = drop_unscored(scores[scores["instrument"] == instrument], "n")
    name = study.instrument(instrument).name
    plans = []
    for axis in AXES:
        if (scores["axis"] == axis).any():
            rows = scores[scores["axis"].isin(["baseline", axis])]
            phrase = build_timeline(rows, study, axis).phrase
            plans.append(
                Plan(
                    f"trajectory_{instrument}_{axis}",
                    "trajectory",
                    f"Mean {name} {phrase}",
                    f"Mean {name} total {phrase} with {COVERED} confidence bands of the mean, of the scores observed at each "
                    "time point; n is the number of scores. Patients differ between time points because some have no score.",
                    _describe(rows, study, "mean", f"Line chart of the mean {name} {phrase}", 1.0, "points"),
                    rows,
                    instrument,
                    axis,
                )
            )
    return plans


def plan_distribution(tables: Mapping[str, pd.DataFrame], study: Study, instrument: str) -> list[Plan]:
    """Return the distribution of the percent change at the headline time point."""
    rows = select_arms(read_rows(tables, "change_distribution"))
    scores = read_rows(tables, "scores")
    if rows.empty or scores.empty:
        return []
    rows = rows[rows["instrument"] == instrument]
    times = scores.loc[scores["instrument"] == instrument, ["axis", "timepoint", "time"]]
    headline = find_headline(times[times["timepoint"].isin(rows["timepoint"])], study)
    if headline is None:
        return []
    rows = rows[(rows["axis"] == headline[0]) & (rows["timepoint"] == headline[1])]
    by_arm = rows.groupby("arm", sort=False)["cumulative"]
    drawn = (by_arm.nunique() >= FEWEST_HEIGHTS) & (by_arm.max() - by_arm.min() >= LEAST_SPAN)
    rows = rows[rows["arm"].isin(drawn.index[drawn])]
    if rows.empty:
        return []
    few = ", ".join(study.in_text(str(arm)) for arm in drawn.index[~drawn])
    name, place = study.instrument(instrument).name, say_timepoint(*headline)
    return [
        Plan(
            f"distribution_{instrument}",
            "distribution",
            f"{name}: percent change from baseline, {place}",
            f"Cumulative distribution of the percent change of the {name} from baseline at {place}, of complete "
            "cases. Each height is the share of patients whose change is at or below that value. Changes are grouped in "
            "bins, so no single patient can be read off." + (f" Too few to draw: {few}." if few else ""),
            _describe_shares(rows, study, f"Line chart of the cumulative distribution of {name} change at {place}"),
            rows,
            instrument,
            headline[0],
            headline[1],
        )
    ]


def _describe_shares(rows: pd.DataFrame, study: Study, opening: str) -> str:
    """Say a cumulative distribution in words: the change by which at least half of each arm's patients are reached."""
    parts = []
    for arm, part in rows.groupby("arm", sort=False):
        part = part[part["bin_upper"].notna()].sort_values("bin_upper").reset_index(drop=True)
        half = part.index[part["cumulative"] >= 0.5]
        known = len(half) and (half[0] == 0 or pd.notna(part["cumulative"][half[0] - 1]))
        found = (
            f"half have a change of {general(part['bin_upper'][half[0]])}% or lower" if known else "middle not reported"
        )
        parts.append(f"{name_arm(study, str(arm))}: {found}")
    return f"{opening}. " + "; ".join(parts) + "."


def plan_missingness(tables: Mapping[str, pd.DataFrame], study: Study, instrument: str) -> list[Plan]:
    """Return the missing scores at each time point; nothing of an instrument that lacks as many as one before it, whose caption says so."""
    rows = _list_missing(tables, instrument)
    if rows.empty:
        return []
    own = [name for name in study.instruments if study.instrument(name).derived_from is None]
    alike = [name for name in own if _are_alike(rows, _list_missing(tables, name))]
    if alike[0] != instrument:
        return []
    others = ", ".join(study.instrument(name).name for name in alike[1:])
    first = rows[rows["axis"] == rows["axis"].iloc[0]]
    name = study.instrument(instrument).name
    return [
        Plan(
            f"missingness_{instrument}",
            "missingness",
            f"{name}: scores missing at each time point",
            f"Share of all treatment series without a {name} score at each time point. Below the axis: series that reached "
            "the time point and series with a score." + (f" The same holds for {others}." if others else ""),
            _describe(first, study, "missing_proportion", f"Line chart of missing {name} scores", 100.0, "percent"),
            rows,
            instrument,
        )
    ]


def _list_missing(tables: Mapping[str, pd.DataFrame], instrument: str) -> pd.DataFrame:
    """Return the rows of an instrument; an arm without any score at a time point was not measured there, it has not lost everyone."""
    rows = select_arms(read_rows(tables, "missingness"))
    if rows.empty:
        return rows
    return rows[(rows["instrument"] == instrument) & rows["axis"].isin(AXES) & (rows["observed"] != 0)]


def _are_alike(rows: pd.DataFrame, others: pd.DataFrame) -> bool:
    """Whether two instruments have the same rows but for their name."""
    return (
        rows.drop(columns="instrument")
        .reset_index(drop=True)
        .equals(others.drop(columns="instrument").reset_index(drop=True))
    )


def _describe(rows: pd.DataFrame, study: Study, column: str, opening: str, factor: float, unit: str) -> str:
    """Say a chart in words: each arm's first and last value."""
    parts = []
    for arm, part in rows.groupby("arm", sort=False):
        known = part[part[column].notna()]
        if len(known):
            ends = [known.iloc[0], known.iloc[-1]] if len(known) > 1 else [known.iloc[0]]
            values = " and ".join(
                f"{fixed(end[column] * factor, 'percent' if factor > 1 else 'score')} {unit} at {say_timepoint(end['axis'], end['timepoint'])}"
                for end in ends
            )
            parts.append(f"{name_arm(study, str(arm))}: {values}")
        else:
            parts.append(f"{name_arm(study, str(arm))}: not reported")
    return f"{opening}. " + "; ".join(parts) + "."


def _count(n: float) -> str:
    return "not reported" if pd.isna(n) else count(n)
