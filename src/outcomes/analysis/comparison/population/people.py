"""Who is compared, and their scores after the declared strategies for intercurrent events."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.arrays import Bools, Floats, Ints
from outcomes.analysis.comparison.population.eligibility import (
    REQUIRED_BASELINE,
    REQUIRED_CONFOUNDERS,
    Step,
    apply_rules,
    check_columns,
    check_size,
)
from outcomes.analysis.comparison.population.events import SameDay, apply_strategies, derive_event_days
from outcomes.analysis.selection import select_included, select_timed
from outcomes.settings.comparison import Comparison

log = logging.getLogger(__name__)

AXES = ("day", "session", "visit")
ENDPOINTS = ("response", "remission")
SCORE_COLUMNS = ["axis", "timepoint", "time", "score_day", "reached", "change", *ENDPOINTS]


@dataclass(frozen=True)
class Compared:
    """Two arms' patients and scores.

    Attributes
    ----------
    people : DataFrame
        One row per patient: ``patient``, ``treated`` (bool), ``baseline`` (points), the confounders, and the columns
        of eligibility rules and subgroups.
    scores : DataFrame
        One row per patient, axis, and time point, observed or not: ``person`` (row of ``people``), ``axis``, ``timepoint``,
        ``time``, ``score_day``, ``reached``, ``change`` (points), ``response``, ``remission`` (1, 0, missing), and ``binary_change``: the change
        under the strategies for response and remission, as :func:`apply_strategies` says.
    timepoints : mapping of str to tuple of str
        By axis: its time points in order of time, of those declared the ones at which someone's answer is known.
    left_out : mapping of str to int
        Patients who are not compared, by reason.
    steps : tuple of Step
        Patients of the two arms whose first series is included, and how many of them each rule left out.
    same_day : {"before", "after"}
        Whether a score of a session's own day was given before or after that session.
    """

    people: pd.DataFrame
    scores: pd.DataFrame
    timepoints: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, int]
    steps: tuple[Step, ...] = ()
    same_day: SameDay = "before"

    @property
    def treated(self) -> Bools:
        """Return which patients had the treated arm."""
        return self.people["treated"].to_numpy(dtype=bool)

    def axes(self) -> list[str]:
        """Return the axes that have time points."""
        return list(self.timepoints)

    def keep_changes(self, axis: str) -> Compared:
        """Return the same patients with the observed changes of one axis only."""
        rows = (self.scores["axis"] == axis) & self.scores["change"].notna()
        return replace(self, scores=self.scores.loc[rows, ["person", "axis", "timepoint", "change"]])

    def follow_binary(self) -> Compared:
        """Return the same patients with the changes that response and remission follow; the very same ones where strategies agree."""
        if self.scores["binary_change"].equals(self.scores["change"]):
            return self
        return replace(self, scores=self.scores.assign(change=self.scores["binary_change"]))

    def at(self, axis: str, timepoint: str, column: str) -> Floats:
        """Return one value per patient at a time point, missing where there is none."""
        rows = ((self.scores["axis"] == axis) & (self.scores["timepoint"] == timepoint)).to_numpy()
        values = np.full(len(self.people), np.nan)
        values[self.scores["person"].to_numpy()[rows]] = self.scores[column].to_numpy(dtype=float)[rows]
        return values

    def changes(self, axis: str) -> Floats:
        """Return the changes of an axis, one row per patient and one column per time point, missing where there is none."""
        return np.column_stack([self.at(axis, point, "change") for point in self.timepoints[axis]])

    def take(self, rows: Ints) -> Compared:
        """Return the chosen patients as new ones, in the given order; a patient may be taken more than once."""
        order = np.argsort(self.scores["person"].to_numpy(), kind="stable")
        counts = np.bincount(self.scores["person"], minlength=len(self.people))
        starts = np.cumsum(counts) - counts
        sizes = counts[rows]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        picked = order[np.repeat(starts[rows], sizes) + within]
        scores = self.scores.take(picked).reset_index(drop=True)
        scores["person"] = np.repeat(np.arange(len(rows)), sizes)
        return replace(self, people=self.people.take(rows).reset_index(drop=True), scores=scores)


def select_compared(
    tables: Mapping[str, pd.DataFrame], comparison: Comparison, same_day: SameDay = "before"
) -> Compared:
    """Return the patients and scores of the declared comparison.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``patients``, ``cohort``, ``series``, ``series_sessions``, ``endpoints``, and ``events``, as in their contracts.
    comparison : Comparison
        Arms, instrument, confounders, and strategies.
    same_day : {"before", "after"}
        Whether a score of a session's own day was given before or after that session.

    Raises
    ------
    ModelError
        A column that no table has, a rule that does not fit its column, or too few patients in an arm.
    """
    estimand = comparison.estimand
    first = tables["cohort"][tables["cohort"]["series"] == 1]
    chosen = first[first["included"] & first["arm"].isin([estimand.treated, estimand.reference])]
    scores = select_included(tables["endpoints"], chosen.astype({"included": bool}))
    scores = scores[scores["instrument"] == estimand.instrument]
    people = _describe_people(chosen, scores, tables["patients"], comparison)
    people, steps = _leave_out(people.sort_values("patient", ignore_index=True), comparison, tables["patients"])
    check_size(people["treated"].to_numpy(dtype=bool), steps, estimand)
    counts = {
        "not included": int((~first["included"]).sum()),
        "first series in another arm": int(first["included"].sum() - len(chosen)),
        **{step.reason: sum(step.n) for step in steps[1:-1]},
    }
    log.info("compared %d patients; left out: %s", len(people), counts)
    days = derive_event_days(tables, people["patient"], estimand)
    rows = apply_strategies(_collect_scores(scores, people), days, estimand, same_day)
    rows = rows.astype({"axis": "category", "timepoint": "category"})
    return Compared(people, rows, order_timepoints(rows), counts, steps, same_day)


def _leave_out(
    people: pd.DataFrame, comparison: Comparison, patients: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Step, ...]]:
    """Return who is compared, and the steps that led there."""
    rules: list[tuple[str, Bools]] = list(apply_rules(people, comparison.estimand.eligibility, patients))
    rules.append((REQUIRED_BASELINE, people["baseline"].notna().to_numpy()))
    if comparison.missing == "exclude":
        known = people[list(comparison.confounders)].notna().all(axis=1)
        rules.append((REQUIRED_CONFOUNDERS, known.to_numpy()))
    treated = people["treated"].to_numpy(dtype=bool)
    left = np.ones(len(people), dtype=bool)
    steps = [Step.count("", left, treated)]
    for reason, met in rules:
        steps.append(Step.count(reason, left & ~met, treated))
        left &= met
    return people[left].reset_index(drop=True), (*steps, Step.count("", left, treated))


def order_timepoints(scores: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the time points of each axis at which someone's answer is known, in order of time, axes in order of ``AXES``."""
    known = scores[[name for name in ("change", *ENDPOINTS) if name in scores]].notna().any(axis=1)
    points = scores.loc[known, ["axis", "timepoint", "time"]].drop_duplicates(["axis", "timepoint"])
    points = points.sort_values(["time", "timepoint"])
    own = {axis: tuple(points.loc[points["axis"] == axis, "timepoint"]) for axis in AXES}
    return {axis: names for axis, names in own.items() if names}


def find_dropout(change: Floats) -> Ints:
    """Return, for rows of changes in order of time, the place after the last that is not missing.

    Examples
    --------
    >>> import numpy as np
    >>> nan = np.nan
    >>> find_dropout(np.array([[1, 2, 3], [1, nan, 3], [1, nan, nan], [nan, nan, nan]])).tolist()
    [3, 3, 1, 0]
    """
    places = np.arange(1, change.shape[1] + 1)
    return np.asarray((~np.isnan(change) * places).max(axis=1, initial=0), dtype=np.int64)


def _describe_people(
    chosen: pd.DataFrame, scores: pd.DataFrame, patients: pd.DataFrame, comparison: Comparison
) -> pd.DataFrame:
    rules = [rule.column for rule in comparison.estimand.eligibility]
    by = comparison.subgroups.by if comparison.subgroups else ()
    places = {"confounders": list(comparison.confounders), "estimand.eligibility": rules}
    places["subgroups.by"] = [one.column for one in by]
    for place, names in places.items():
        check_columns(names, patients, f"comparison.{place}")
    every = dict.fromkeys(name for names in places.values() for name in names)
    own = [name for name in every if name != "baseline"]
    baseline = scores.groupby("patient")["baseline"].first()
    people = chosen[["patient", "arm"]].merge(patients[["patient", *own]], on="patient", how="left")
    people = people.assign(
        treated=(people["arm"] == comparison.estimand.treated).to_numpy(),
        baseline=people["patient"].map(baseline).astype(float),
    )
    return people.drop(columns="arm")


def _collect_scores(scores: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    place = pd.Series(people.index, people["patient"])
    rows = select_timed(scores[scores["axis"].isin(AXES) & scores["patient"].isin(people["patient"])])
    rows = rows.assign(person=rows["patient"].map(place).astype(int))[["person", *SCORE_COLUMNS]]
    rows = rows.astype(
        {"axis": str, "timepoint": str, "score_day": float, "change": float} | dict.fromkeys(ENDPOINTS, float)
    )
    return rows.sort_values(["person", "axis", "time", "timepoint"], kind="stable", ignore_index=True)
