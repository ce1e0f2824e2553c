"""Which figures a comparison of two arms has, and what they say. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.release.analyses import describe_analysis
from outcomes.release.definitions import BALANCED, COVERED, FEWEST_HEIGHTS, MOST_UNKNOWN, SCORE_STEP
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.figures.plans.timepoints import say_timepoint
from outcomes.release.levels import say_level
from outcomes.release.numbers import fixed, general
from outcomes.settings import Study

MOST_LEVELS = 60
CONTROL = "negative_control"
FOREST_SCALES = ("points", "risk difference", "standard deviations", "log odds ratio")
WEIGHTED = {
    "overlap": "overlap weights",
    "att": "weights for those treated",
    "ate": "weights for all",
    "none": "no weights",
}

FEWEST_ESTIMATES = 2  # that a forest of analyses shows


def plan_comparison(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the figures of the declared comparison; none when the study has none."""
    if study.comparison is None or read_rows(tables, "comparison_statement").empty:
        return []
    return [
        *_plan_overlap(tables, study),
        *_plan_balance(tables, study),
        *_plan_forests(tables, study),
    ]


def name_sides(study: Study) -> tuple[str, str]:
    """Return the treated and the reference arm as they stand within a sentence."""
    assert study.comparison is not None
    estimand = study.comparison.estimand
    return study.in_text(estimand.treated), study.in_text(estimand.reference)


def name_level(variable: str, level: str | float | None) -> str:
    """Return a confounder, or one level of it, in words."""
    name = str(variable).replace("_", " ")
    return f"{name[:1].upper()}{name[1:]}" + (f": {say_level(str(level))}" if pd.notna(level) and level != "" else "")


def _plan_overlap(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    rows = read_rows(tables, "score_overlap")
    if rows.empty:
        return []
    unknown = rows["n"].isna().groupby(rows["arm"]).mean()
    if rows.groupby("arm")["cumulative"].nunique().min() < FEWEST_HEIGHTS or unknown.max() > MOST_UNKNOWN:
        return []
    treated, reference = name_sides(study)
    parts = []
    for arm, part in rows.groupby("arm", sort=False):
        half = part[part["cumulative"] >= 0.5]
        middle = f"half at or below {fixed(half['bin_upper'].iloc[0], 'estimate')}" if len(half) else "not reported"
        parts.append(f"{name_arm(study, str(arm))}: {middle}")
    return [
        Plan(
            "score_overlap",
            "overlap",
            "Overlap of the propensity score",
            f"Estimated probability of {treated} given the confounders, in patients who had it (above) and in those who had "
            f"{reference} (below). Heights: share of each arm for every {general(SCORE_STEP)} of the score. Neighbouring bins with few patients are "
            "merged.",
            f"Two histograms of the propensity score, one above and one below a common axis. {'; '.join(parts)}.",
            rows,
        )
    ]


def _plan_balance(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    assert study.comparison is not None
    kind = study.comparison.weights
    rows = read_rows(tables, "covariate_balance")
    rows = rows[rows["weights"] == kind] if len(rows) else rows
    if rows.empty:
        return []
    note = ""
    if len(rows) > MOST_LEVELS:
        worst = rows["smd_before"].abs().fillna(0).groupby(rows["variable"], sort=False).idxmax()
        rows, note = rows.loc[worst], " Of each variable the level that differs most."
    before, after = rows["smd_before"].abs(), rows["smd_after"].abs()
    known = int(before.notna().sum())
    largest = (
        f"The largest difference is {fixed(before.max(), 'smd')} before and {fixed(after.max(), 'smd')} after."
        if known
        else ""
    )
    return [
        Plan(
            "covariate_balance",
            "balance",
            "Balance of the confounders",
            f"Standardised differences between the arms before and after weighting ({WEIGHTED[kind]}), without sign. Dotted line: "
            f"{general(BALANCED)}.{note}",
            f"Dot chart of standardised differences of {len(rows)} confounders and levels. Before weighting "
            f"{int((before > BALANCED).sum())} of {known} are above {general(BALANCED)}, after it {int((after > BALANCED).sum())}. {largest}".strip(),
            rows,
        )
    ]


def _plan_forests(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    table = read_rows(tables, "sensitivity")
    if table.empty:
        return []
    treated, reference = name_sides(study)
    name = study.instrument(estimand.instrument).name
    plans = []
    shown = table[table["scale"].isin(FOREST_SCALES) & (table["endpoint"] != CONTROL)]
    places = shown[["endpoint", "axis", "timepoint"]].drop_duplicates().itertuples(index=False, name=None)
    for endpoint, axis, timepoint in sorted(places, key=lambda one: (one[1] != estimand.axis, *map(str, one))):
        rows = shown[(shown["endpoint"] == endpoint) & (shown["axis"] == axis) & (shown["timepoint"] == timepoint)]
        if rows["estimate"].notna().sum() < FEWEST_ESTIMATES:
            continue
        place = say_timepoint(str(axis), str(timepoint))
        plans.append(
            Plan(
                f"sensitivity_{endpoint}_{axis}",
                "forest",
                f"{name}, {endpoint} at {place}: every analysis",
                f"Difference {treated} minus {reference} in {endpoint} at {place} by every analysis of the sensitivity grid. Beside: {COVERED} "
                "intervals, the number of patients, and the effective number under the weights. Filled diamond and dotted line: the "
                f"declared analysis. Worst cases may lie beyond the axis, where an arrow stands.{_note_contrary(rows)}",
                _describe_forest(rows, study),
                rows,
                estimand.instrument,
                str(axis),
                str(timepoint),
            )
        )
    controls = table[table["scale"].isin(FOREST_SCALES) & (table["endpoint"] == CONTROL)]
    return [*plans, *([_plan_controls(controls, study)] if controls["estimate"].notna().any() else [])]


def _note_contrary(rows: pd.DataFrame) -> str:
    """Say what those whose signs differ from the difference of all treated patients have in common; empty where none do."""
    started = rows.loc[rows["analysis"] == "weighted_started", "estimate"].dropna()
    observed = rows["analysis"].astype(str).str.endswith("_observed") | (rows["scale"] == "log odds ratio")
    others = rows.loc[observed, "estimate"].dropna()
    if started.empty or not (others * float(started.iloc[0]) < 0).any():
        return ""
    return (
        " Analyses of all treated patients, which count a missing score as no event, and of complete cases (the odds among them) "
        "point in opposite directions here."
    )


def _plan_controls(rows: pd.DataFrame, study: Study) -> Plan:
    assert study.comparison is not None
    treated, reference = name_sides(study)
    return Plan(
        "sensitivity_negative_control",
        "forest",
        "Negative controls",
        f"Weighted difference {treated} minus {reference} in what the treatment cannot have changed, with {COVERED} intervals. "
        "A difference here is confounding that the weights have left.",
        _describe_forest(rows, study),
        rows,
        study.comparison.estimand.instrument,
        study.comparison.estimand.axis,
        study.comparison.estimand.timepoint,
    )


def _describe_forest(rows: pd.DataFrame, study: Study) -> str:
    assert study.comparison is not None
    parts = []
    for (scale, axis, timepoint), own in rows.groupby(["scale", "axis", "timepoint"], sort=False):
        known = own[own["estimate"].notna()]
        place = f"{scale} at {say_timepoint(str(axis), str(timepoint))}"
        if known.empty:
            parts.append(f"{place}: not reported")
            continue
        known = known.sort_values("estimate", kind="stable")
        low, high = known.iloc[0], known.iloc[-1]
        ends = [
            f"{fixed(row['estimate'], 'estimate')} ({describe_analysis(str(row['analysis']))[1]})"
            for row in (low, high)
        ]
        parts.append(f"{place}: {len(known)} estimates from {ends[0]} to {ends[1]}")
    treated, reference = name_sides(study)
    return f"Forest plot of the difference {treated} minus {reference}. {'; '.join(parts)}."
