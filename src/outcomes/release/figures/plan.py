"""Which figures a study has, what each is called and says, and the released rows behind it. Draws nothing.

The report reads this module for captions and text alternatives without loading a plotting library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.figures.timeline import AXES, build_timeline, find_headline, say_timepoint
from outcomes.release.numbers import count, fixed, general, restyle_words, styled
from outcomes.settings import Study

WITHHELD = "*"


@dataclass(frozen=True, eq=False)
class Plan:
    """One figure: its name (of the file), family, words, and the released rows it draws."""

    name: str
    family: str
    title: str
    caption: str
    alt: str
    data: pd.DataFrame
    instrument: str | None = None
    axis: str | None = None
    timepoint: str | None = None


def plan_figures(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figures that the released tables of a study give rise to, in the order of the report."""
    from outcomes.release.figures.comparison_plan import plan_comparison
    from outcomes.release.figures.durability_plan import plan_durability
    from outcomes.release.figures.missing_plan import plan_missing
    from outcomes.release.figures.regression_plan import plan_regression
    from outcomes.release.figures.subgroup_plan import plan_subgroups

    with styled(study.report.style):
        plans = _plan_flow(tables, study)
        for instrument in study.instruments:
            plans += _plan_trajectories(tables, study, instrument)
            if study.instrument(instrument).derived_from is None:
                plans += _plan_rates(tables, study, instrument)
                plans += _plan_distribution(tables, study, instrument)
                plans += _plan_missingness(tables, study, instrument)
        plans += plan_regression(tables, study)
        plans += plan_comparison(tables, study)
        plans += plan_missing(tables, study)
        plans += plan_subgroups(tables, study)
        plans += plan_durability(tables, study)
        plans = [_explain_names(plan, find_replaced_names(study)) for plan in plans]
        return [
            replace(
                plan, title=restyle_words(plan.title), caption=restyle_words(plan.caption), alt=restyle_words(plan.alt)
            )
            for plan in plans
        ]


def find_replaced_names(study: Study) -> dict[str, tuple[str, str]]:
    """Return arm → (name in figures, its label) for each arm whose label the figures' typeface cannot write."""
    if all(arm.label.isascii() for arm in study.arms):
        return {}
    from outcomes.release.figures.lettering import name_arm_drawn, one_line

    drawn = {arm.id: (name_arm_drawn(arm.label, arm.id, i), one_line(arm.label)) for i, arm in enumerate(study.arms)}
    return {arm: names for arm, names in drawn.items() if names[0] != names[1]}


def _explain_names(plan: Plan, replaced: Mapping[str, tuple[str, str]]) -> Plan:
    present = set(plan.data["arm"]) if "arm" in plan.data else set(replaced)
    notes = [f" “{drawn}” stands for {label}." for arm, (drawn, label) in replaced.items() if arm in present]
    title = plan.title
    for drawn, label in replaced.values():
        title = title.replace(label, drawn)
    return replace(plan, title=title, caption=plan.caption + "".join(notes))


def read_rows(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return a released table with its words as text and its flag as a boolean; empty when the study has no such table."""
    table = tables.get(name)
    if table is None or table.empty:
        return pd.DataFrame()
    words = [c for c in ("arm", "instrument", "axis", "timepoint", "endpoint", "population", "contrast") if c in table]
    flag = table["withheld"].astype(str).str.lower().isin(["true", "1"]) if "withheld" in table else False
    return table.assign(**{name: table[name].map(str, na_action="ignore") for name in words}, withheld=flag)


def select_arms(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of single arms; rows over all arms are left to the tables."""
    return rows[rows["arm"] != "all"] if len(rows) else rows


def note_withheld(rows: pd.DataFrame, study: Study) -> list[str]:
    """Return the note on withheld numbers, when there are any."""
    if not rows["withheld"].any():
        return []
    return [
        f"{WITHHELD} or no marker: withheld, for a count below {study.privacy.minimum_cell} or one that would reveal it."
    ]


def name_arm(study: Study, arm: str) -> str:
    """Return the printed name of an arm."""
    return next((entry.label for entry in study.arms if entry.id == arm), arm)


def say_label(label: str, study: Study) -> str:
    """Return a label of the flow table with instruments by name and codes as words."""
    for name in study.instruments:
        label = re.sub(rf"\b{re.escape(name)}\b", study.instrument(name).name, label)
    label = re.sub(r", visit (?=\D)", ", ", label.replace("_", " "))
    label = re.sub(r"^population:(.+)", r"outside the study population (by \1)", label)
    return re.sub(r"\b(\w+) \1\b", r"\1", label)


def _plan_flow(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    rows = read_rows(tables, "flow")
    if rows.empty:
        return []
    steps = [
        f"{say_label(str(row['label']), study)}{'' if row['arm'] == 'all' else ', ' + name_arm(study, row['arm'])}: {_count(row['n'])}"
        for row in rows.to_dict("records")
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


def _plan_trajectories(tables: Mapping[str, pd.DataFrame], study: Study, instrument: str) -> list[Plan]:
    scores = select_arms(read_rows(tables, "scores"))
    if scores.empty:
        return []
    scores = scores[scores["instrument"] == instrument]
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


def _plan_rates(tables: Mapping[str, pd.DataFrame], study: Study, instrument: str) -> list[Plan]:
    response = read_rows(tables, "response")
    if response.empty:
        return []
    response = response[(response["instrument"] == instrument) & response["endpoint"].isin(["response", "remission"])]
    name = study.instrument(instrument).name
    plans = []
    for axis in AXES:
        rows = response[response["axis"] == axis]
        if len(rows):
            phrase = build_timeline(rows, study, axis).phrase
            ends = " and ".join(end for end in ("response", "remission") if (rows["endpoint"] == end).any())
            started = rows[(rows["population"] == "started") & (rows["endpoint"] == rows["endpoint"].iloc[0])]
            plans.append(
                Plan(
                    f"response_{instrument}_{axis}",
                    "response",
                    f"{name}: {ends} {phrase}",
                    f"{ends.capitalize()} on the {name} {phrase} with {COVERED} Wilson intervals. Filled markers and solid "
                    "intervals: of all who started, a missing score counting as none; open markers: of those observed.",
                    _describe(
                        started,
                        study,
                        "proportion",
                        f"Chart of {ends} on the {name} {phrase}; of all who started, {started['endpoint'].iloc[0]}",
                        100.0,
                        "percent",
                    ),
                    rows,
                    instrument,
                    axis,
                )
            )
    return plans


def _plan_distribution(tables: Mapping[str, pd.DataFrame], study: Study, instrument: str) -> list[Plan]:
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
    name, place = study.instrument(instrument).name, say_timepoint(*headline)
    return [
        Plan(
            f"distribution_{instrument}",
            "distribution",
            f"{name}: percent change from baseline, {place}",
            f"Cumulative distribution of the percent change of the {name} from baseline at {place}, of those "
            "observed: each height is the share of patients whose change is at or below that value. Changes are grouped in "
            "bins, so no single patient can be read off.",
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
        half = part[(part["cumulative"] >= 0.5) & part["bin_upper"].notna()].sort_values("bin_upper")
        found = f"half have a change of {general(half['bin_upper'].iloc[0])} % or lower" if len(half) else "not drawn"
        parts.append(f"{name_arm(study, str(arm))}: {found}")
    return f"{opening}. " + "; ".join(parts) + "."


def _plan_missingness(tables: Mapping[str, pd.DataFrame], study: Study, instrument: str) -> list[Plan]:
    rows = select_arms(read_rows(tables, "missingness"))
    if rows.empty:
        return []
    rows = rows[(rows["instrument"] == instrument) & rows["axis"].isin(AXES)]
    if rows.empty:
        return []
    first = rows[rows["axis"] == rows["axis"].iloc[0]]
    name = study.instrument(instrument).name
    return [
        Plan(
            f"missingness_{instrument}",
            "missingness",
            f"{name}: scores missing at each time point",
            f"Share of all started series without a {name} score at each time point. Below the axis: series that reached "
            "the time point and series with a score.",
            _describe(first, study, "missing_proportion", f"Line chart of missing {name} scores", 100.0, "percent"),
            rows,
            instrument,
        )
    ]


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
            parts.append(f"{name_arm(study, str(arm))}: withheld")
    return f"{opening}. " + "; ".join(parts) + "."


def _count(n: float) -> str:
    return "withheld" if pd.isna(n) else count(n)
