"""The figures of the main results: the course, and how sure and for whom. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.columns import BOUND
from outcomes.contracts.released.comparison import Effects, Sensitivity
from outcomes.contracts.released.subgroups import Interactions, Subgroups
from outcomes.records import list_records
from outcomes.release.analyses import describe_analysis, is_valid_analysis, name_main, rank_analysis
from outcomes.release.course import count_scored, find_place, find_trial_difference, is_compared, read_course
from outcomes.release.definitions import COVERED, SMALL
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.figures.plans.timepoints import say_timepoint
from outcomes.release.important import find_important
from outcomes.release.numbers import count, fixed, interval
from outcomes.settings import Study

CONFOUNDED, VALID, MAIN, LEVEL = "confounded", "valid", "main", "level"
EVERYONE = "all"


def plan_main_results(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the course of the primary instrument, and the analyses and subgroups of the primary difference."""
    found = (_plan_course(tables, study), _plan_analyses(tables, study))
    return [plan for plan in found if plan is not None]


def _times(tables: Mapping[str, pd.DataFrame], axis: str) -> pd.Series:
    scores = read_rows(tables, "scores")
    own = scores[scores["axis"] == axis].drop_duplicates("timepoint")
    return own.set_index("timepoint")["time"]


def _plan_course(tables: Mapping[str, pd.DataFrame], study: Study) -> Plan | None:
    """Return the adjusted mean change of each arm by time, long: of the compared arms where there are such."""
    scores = read_rows(tables, "scores")
    if scores.empty:
        return None
    if study.comparison is not None and is_compared(tables, study):
        estimand = study.comparison.estimand
        instrument, axis = estimand.instrument, str(estimand.axis)
        rows = _compared_course(tables, study)
    else:
        place = find_place(tables, study)
        if place is None:
            return None
        instrument, axis, _ = place
        rows = _described_course(tables, study, instrument, axis)
    if rows.empty:
        return None
    rows = rows.assign(time=rows["timepoint"].map(_times(tables, axis))).dropna(subset=["time", "change"])
    if "n" not in rows:
        rows = rows.merge(_counts(scores, instrument, axis), on=["arm", "timepoint"], how="left")
    rows = rows.sort_values("time", kind="stable")
    if rows.empty:
        return None
    name = study.instrument(instrument).name
    parts = [
        f"{name_arm(study, str(arm))}: "
        + ", ".join(f"{row['timepoint']} {fixed(row['change'])}" for row in list_records(own))
        for arm, own in rows.groupby("arm", sort=False)
        if arm != "difference"
    ]
    differences = rows[rows["arm"] == "difference"]
    noticed = "important" in differences and differences["important"].notna().any()
    dotted = ", and (dotted) the change that patients usually notice" if noticed else ""
    more = "" if differences.empty else f" B: their difference with its {COVERED} interval{dotted}."
    means = rows[rows["arm"] != "difference"]
    bars = f", with {COVERED} intervals" if "lower" in means and means["lower"].notna().any() else ""
    return Plan(
        "course",
        "course",
        f"{name} change from baseline",
        f"{'A: mean' if more else 'Mean'} change in {name} from baseline (adjusted){bars}, with the number scored below.{more}",
        f"Line chart of the mean change in {name}. {'; '.join(parts)}.",
        rows,
        instrument,
        axis,
    )


def _counts(scores: pd.DataFrame, instrument: str, axis: str) -> pd.DataFrame:
    own = scores[(scores["instrument"] == instrument) & (scores["axis"] == axis)]
    return own[["arm", "timepoint", *(name for name in ("n", f"n{BOUND}") if name in own)]]


def _compared_course(tables: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    rows = read_rows(tables, "effects")
    if rows.empty:
        return rows
    rows = rows[(rows[Effects.axis] == estimand.axis) & (rows[Effects.variance] == "cr2")]
    important = find_important(tables, study)
    sides = (
        (estimand.treated, Effects.treated_mean, Effects.treated_lower, Effects.treated_upper, Effects.observed_treated),
        (estimand.reference, Effects.reference_mean, Effects.reference_lower, Effects.reference_upper, Effects.observed_reference),
    )  # fmt: skip
    parts = []
    for arm, mean, lower, upper, observed in sides:
        names = {mean: "change", lower: "lower", upper: "upper", observed: "n", observed.bound: f"n{BOUND}"}
        own = [name for name in (Effects.timepoint, *names) if name in rows]
        parts.append(rows[own].rename(columns=names).assign(arm=arm))
    columns = {
        "timepoint": rows[Effects.timepoint],
        "change": rows[Effects.estimate],
        "lower": rows[Effects.lower],
        "upper": rows[Effects.upper],
    }
    parts.append(pd.DataFrame({"arm": "difference", **columns, "important": important}))
    return pd.concat([part.astype({"change": "float64"}) for part in parts], ignore_index=True)


def _described_course(tables: Mapping[str, pd.DataFrame], study: Study, instrument: str, axis: str) -> pd.DataFrame:
    """Return the course of each arm, and beside it the difference of the two arms of a trial."""
    rows, apart = read_course(tables, instrument, axis), find_trial_difference(tables, study, axis)
    if apart.empty:
        return rows
    apart = apart.rename(columns={"estimate": "change"}).assign(arm="difference", important=float("nan"))
    return pd.concat([rows, apart], ignore_index=True)


def _plan_analyses(tables: Mapping[str, pd.DataFrame], study: Study) -> Plan | None:
    """Return the primary difference by every valid analysis, and by level of each declared subgroup."""
    if study.comparison is None or not is_compared(tables, study):
        return None
    estimand, scored = study.comparison.estimand, count_scored(tables, study)
    levels = pd.DataFrame() if scored is None or min(scored) < SMALL else _levels(tables, study)
    rows = pd.concat([_analyses(tables, study), levels], ignore_index=True)
    if (
        rows.empty or rows[rows["kind"] == MAIN].dropna(subset=["estimate", "lower"]).empty
    ):  # nothing to set the others beside
        return None
    rows, left_out = _leave_out(rows)
    rows["important"] = find_important(tables, study)
    name, place = study.instrument(estimand.instrument).name, say_timepoint(estimand.axis, estimand.timepoint)
    first, second = study.in_text(estimand.treated), study.in_text(estimand.reference)
    of_levels = (
        f" B: declared subgroups (exploratory), n with {first} / {second}. Whether groups differ is told by the interaction, not by which intervals exclude zero."
        if (rows["kind"] == LEVEL).any()
        else ""
    )
    title = f"{name} change at {place}: other analyses" + (", and subgroups" if of_levels else "")
    known = rows.dropna(subset=["estimate", "lower", "upper"])
    said = "; ".join(
        f"{row['group'] + ', ' if row['group'] else ''}{row['name']} {fixed(row['estimate'])} ({interval(row['lower'], row['upper'])})"
        for row in list_records(known)
    )
    return Plan(
        "analyses",
        "analyses",
        title,
        f"Difference in {name} change at {place}, {first} minus {second}, with {COVERED} intervals. {'A: the' if of_levels else 'The'} same question analyzed in other valid ways; open "
        f"squares leave out confounders and are for reference only; n: patients in the analysis.{of_levels} Dashed line: primary estimate; dotted: change that patients "
        f"usually notice.{left_out}",
        f"Forest plot. {said}.",
        rows,
        estimand.instrument,
        estimand.axis,
        estimand.timepoint,
    )


def _leave_out(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the analyses that could be estimated and the subgroups with an estimated level, and what was left out in words."""
    known = rows["estimate"].notna() & rows["lower"].notna()
    level = rows["kind"] == LEVEL
    groups = set(rows.loc[level & known, "group"])
    failed = int((~known & ~level).sum())
    few = list(dict.fromkeys(one for one in rows.loc[level, "group"] if one not in groups))
    said = f" Not estimated: {count(failed)} other {'analysis' if failed == 1 else 'analyses'}." if failed else ""
    said += f" Too few patients: {', '.join(few)}." if few else ""
    kept = rows[(known & ~level) | (level & rows["group"].isin(groups))]
    return kept.reset_index(drop=True), said


def _analyses(tables: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    assert study.comparison is not None
    estimand = study.comparison.estimand
    rows = read_rows(tables, "sensitivity")
    if rows.empty:
        return rows
    chosen = (rows[Sensitivity.endpoint] == "change") & (rows[Sensitivity.scale] == "points")
    chosen &= (rows[Sensitivity.axis] == estimand.axis) & (rows[Sensitivity.timepoint] == estimand.timepoint)
    rows = rows[chosen]
    main = name_main("change", study.comparison.weights)
    kinds = {
        name: MAIN
        if name == main
        else VALID
        if is_valid_analysis(name, study.comparison.weights)
        else CONFOUNDED
        if name == "unadjusted" or name.startswith("without_")
        else ""
        for name in rows[Sensitivity.analysis].astype(str)
    }
    rows = rows.assign(kind=rows[Sensitivity.analysis].map(kinds), group="", p_value=float("nan"))
    rows = rows[rows["kind"] != ""].assign(
        name=lambda frame: [describe_analysis(str(one))[1] for one in frame[Sensitivity.analysis]]
    )
    order = {MAIN: 0, VALID: 1, CONFOUNDED: 2}
    place = [
        (order[kind], *rank_analysis(str(one)))
        for kind, one in zip(rows["kind"], rows[Sensitivity.analysis], strict=True)
    ]
    ranked = sorted(range(len(rows)), key=lambda index: place[index])
    return rows.iloc[ranked][["kind", "group", "name", "estimate", "lower", "upper", "p_value", Sensitivity.n]]


def _levels(tables: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    rows, tests = read_rows(tables, "subgroups"), read_rows(tables, "interactions")
    if rows.empty:
        return rows
    rows = rows.sort_values(Subgroups.order, kind="stable")
    rows = rows[
        (rows[Subgroups.endpoint] == "change")
        & (rows[Subgroups.variable] != EVERYONE)
        & ~rows[Subgroups.variable].isin(["site"])
    ]
    tests = tests[tests[Interactions.endpoint] == "change"] if len(tests) else tests
    p = dict(zip(tests[Interactions.variable], tests[Interactions.p_adjusted], strict=True)) if len(tests) else {}
    return pd.DataFrame(
        {
            "kind": LEVEL,
            "group": rows[Subgroups.label],
            "name": rows[Subgroups.level].astype(str),
            "estimate": rows[Subgroups.estimate],
            "lower": rows[Subgroups.lower],
            "upper": rows[Subgroups.upper],
            "p_value": rows[Subgroups.variable].map(p),
            "n_treated": rows[Subgroups.n_treated],
            "n_reference": rows[Subgroups.n_reference],
        }
    )
