"""The flow of patients, in one unit, from all with a first series to those scored at the primary time point. Draws nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.contracts.released.comparison import Effects, Eligibility
from outcomes.contracts.released.describe import Missingness
from outcomes.contracts.released.quality import Flow
from outcomes.records import list_records
from outcomes.release.arms import SERIES, list_compared, list_too_small, order_arms
from outcomes.release.course import find_place, is_compared
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows, say_label
from outcomes.release.figures.plans.timepoints import say_timepoint
from outcomes.release.numbers import count
from outcomes.settings import Study

ALL = "all"
MODELLED = "In the model"
IN_MODEL = f"{MODELLED}: patients with a later score, where both treatments were given."
REPEATED = "not_first_series"  # a series of a patient who is counted by the first


def plan_participants(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the flow of patients; none where a patient may count in an arm with several series."""
    flow = read_rows(tables, "flow")
    if flow.empty or not (study.series.use == "first" or _in_periods(study)):
        return []
    rows = pd.DataFrame([*_trunk(flow, study, list_too_small(tables, study)), *_branches(tables, study)])
    if rows.empty or rows["n"].isna().all():
        return []
    if study.privacy.release == "rounded":  # two numbers that round alike need not be all of them
        rows["share"] = rows["share"].where(rows["share"] < 1)
    rows.insert(0, "order", range(len(rows)))
    said = [
        f"{row['label']}{'' if row['arm'] == ALL else ', ' + name_arm(study, row['arm'])}: {count(row['n'])}"
        for row in list_records(rows)
        if pd.notna(row["n"])
    ]
    first = "" if _in_periods(study) else "first "
    notes = [f"From all patients with a {first}treatment series to those scored at the primary time point."]
    notes += ["A patient may stand in every arm."] if _in_periods(study) else []
    notes += [IN_MODEL] if MODELLED in set(rows["label"]) else []
    notes += ["Percent: of those in the box above."] if rows["share"].notna().any() else []
    notes += ["Numbers are rounded and need not add up."] if study.privacy.release == "rounded" else []
    return [
        Plan(
            "participants",
            "flow",
            "Flow of patients",
            " ".join(notes),
            "Flow diagram. " + "; ".join(said) + ".",
            rows,
        )
    ]


def _in_periods(study: Study) -> bool:
    """Whether each patient has every arm in turn, once, as scheduled visits say: patients then stand in several arms."""
    return study.report.design == "crossover" and study.series.origin == "visits"


def _row(
    arm: str, label: str, n: Any, reason: str | None = None, bound: Any = None, of: float | None = None
) -> dict[str, Any]:
    share = min(1.0, n / of) if pd.notna(n) and pd.notna(of) and of else None
    return {"arm": arm, "label": label, "reason": reason, "n": n, "n_bound": bound, "share": share}


def _find(rows: pd.DataFrame, label: str, arm: str = ALL, column: str = Flow.n) -> Any:
    own = rows[(rows[Flow.label] == label) & (rows[Flow.arm] == arm)]
    return own[column].iloc[0] if len(own) and column in own else None


def _trunk(flow: pd.DataFrame, study: Study, small: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield all patients, why some were not analysed (arms together, and arms that are too small), and those analysed."""
    start, end = _find(flow, "Patients with a series"), _find(flow, "Patients analysed")
    if start is not None:
        yield _row(ALL, f"Patients with a {'' if _in_periods(study) else 'first '}treatment series", start)
    if start is not None and end is not None and pd.notna(start) and pd.notna(end) and start > end:
        yield _row(ALL, "Not analyzed", start - end, "not analyzed")
    flow = flow.sort_values(Flow.order, kind="stable")
    lost = flow[(flow[Flow.arm] == ALL) & (flow[Flow.unit] == "series") & flow[Flow.reason].fillna("").ne("")]
    for row in [] if _in_periods(study) else list_records(lost[lost[Flow.reason] != REPEATED]):
        if pd.notna(row[Flow.n]):
            reason = say_label(str(row[Flow.label]), study)
            yield _row(ALL, reason, row[Flow.n], str(row[Flow.reason]))
    for arm in study.arms:
        if arm.id in small:
            n, bound = (_find(flow, SERIES, arm.id, column) for column in (Flow.n, Flow.n.bound))
            yield _row(ALL, f"{arm.label}, too few to analyze", n, "too few", bound)
    if end is not None:
        yield _row(ALL, "Patients analyzed", end)
    if study.comparison is not None:
        compared = (study.comparison.estimand.treated, study.comparison.estimand.reference)
        for arm in study.arms:
            n = _find(flow, "Series analysed", arm.id)
            if arm.id not in (*compared, *small) and n is not None:
                bound = _find(flow, "Series analysed", arm.id, Flow.n.bound)
                yield _row(ALL, f"{arm.label}, not compared", n, "not compared", bound)


def _branches(tables: Mapping[str, pd.DataFrame], study: Study) -> Iterator[dict[str, Any]]:
    """Yield the boxes of each arm: of the comparison, or where none is made those analysed and scored at the place that the report tells of."""
    if is_compared(tables, study):
        yield from _compared(tables, study)
        return
    place, missing = find_place(tables, study), read_rows(tables, "missingness")
    if place is None or missing.empty:
        return
    instrument, axis, timepoint = place
    here = missing[
        (missing[Missingness.instrument] == instrument)
        & (missing[Missingness.axis] == axis)
        & (missing[Missingness.timepoint] == timepoint)
    ]
    asked = list_compared(study) if study.comparison is not None else order_arms(study)
    for arm in asked:
        own = here[here[Missingness.arm] == arm]
        if len(own):
            started, observed = own[[Missingness.started, Missingness.observed]].iloc[0]
            if len(study.arms) > 1:  # else those of the box above
                yield _row(arm, "Analyzed", started)
            yield _row(
                arm, f"{study.instrument(instrument).name} at {say_timepoint(axis, timepoint)}", observed, of=started
            )


def _compared(tables: Mapping[str, pd.DataFrame], study: Study) -> Iterator[dict[str, Any]]:
    """Yield, for either arm, those compared, those in the model, and those scored at the primary time point."""
    assert study.comparison is not None
    estimand = study.comparison.estimand
    steps, effects = read_rows(tables, "eligibility"), read_rows(tables, "effects")
    steps = steps.sort_values(Eligibility.order, kind="stable") if len(steps) else steps
    here = effects
    if len(effects):
        here = effects[
            (effects[Effects.axis] == estimand.axis)
            & (effects[Effects.timepoint] == estimand.timepoint)
            & (effects[Effects.variance] == "cr2")
        ]
    where = f"{study.instrument(estimand.instrument).name} at {say_timepoint(estimand.axis, estimand.timepoint)}"
    for arm, side in ((estimand.treated, "treated"), (estimand.reference, "reference")):
        own = steps[steps[Eligibility.arm] == arm] if len(steps) else steps
        for row in list_records(own):
            left_out = pd.notna(row[Eligibility.reason]) and str(row[Eligibility.reason])
            if left_out and pd.notna(row[Eligibility.n]) and row[Eligibility.n] > 0:
                yield _row(arm, str(row[Eligibility.reason]), row[Eligibility.n], str(row[Eligibility.reason]))
            elif row[Eligibility.step] == "Compared":
                yield _row(arm, "Compared", row[Eligibility.n])
        if len(here):
            modelled = here[f"n_{side}"].iloc[0]
            yield _row(arm, MODELLED, modelled)
            yield _row(arm, where, here[f"observed_{side}"].iloc[0], of=modelled)
