"""The columns of the table ``endpoints``, filled time point by time point in the final order of rows.

Every series has every instrument and time point, so a column is an array of shape (series, instruments, time points) whose
flat order is the order of the key: nothing has to be sorted, and nothing is held twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from outcomes.criteria import Criteria, Truth, compute_remission, compute_response
from outcomes.measures.baseline import BaselineScores, take
from outcomes.measures.columns import Column
from outcomes.measures.courses import Courses
from outcomes.measures.effects import compute_percent_change, compute_reliable_change, compute_worsening
from outcomes.measures.lines import NO_DAY
from outcomes.measures.order import Array, Floats, make_categorical, spread, spread_array
from outcomes.measures.timepoints import Found, Lines, Timepoint

Place = tuple[slice, int]  # a stretch of series, and the place of an instrument
RELIABLE = ("improved", "unchanged", "worse")
FILLED = (  # in the contract's order
    "reached",
    "score_day",
    "score",
    "baseline",
    "change",
    "percent_change",
    "response",
    "remission",
    "worsening",
    "reliable_change",
    "ideation",
    "baseline_ideation",
    "recall_overlap_days",
)


@dataclass(frozen=True)
class EndpointColumns:
    """The columns being filled; place 0 on the last axis is the baseline, the others are ``points``."""

    courses: Courses
    instruments: Sequence[str]
    points: Sequence[Timepoint]
    baseline_name: tuple[str, float]
    cross_sectional: bool
    columns: dict[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = len(self.courses), len(self.instruments), 1 + len(self.points)
        for name in FILLED:
            code = NO_DAY if name == "score_day" else -1
            categories = RELIABLE if name == "reliable_change" else ()
            self.columns[name] = Column.empty("endpoints", name, shape, code, categories)

    def fill(
        self, place: Place, courses: Courses, lines: Lines, base: BaselineScores, criteria: Criteria, recall_days: int
    ) -> None:
        """Fill the part of one instrument and a stretch of series."""
        rows, instrument = place
        reference = _forget(base, len(courses)) if self.cross_sectional else base
        before = {"baseline": reference.score, "baseline_ideation": take(base.line.ideation, reference.place, -1)}
        here = Found(base.line, base.place, np.ones(len(courses), dtype=np.bool_))
        first = observe(here, courses, base.score) | compute_effects(
            np.full(len(courses), np.nan), base.score, criteria
        )
        self._put((rows, instrument, 0), before | first | {"recall_overlap_days": np.full(len(courses), -1)})
        for t, point in enumerate(self.points, start=1):
            found = point.find(lines, courses)
            score = take(found.line.total, found.place, np.nan)
            seen = observe(found, courses, score)
            day = seen["score_day"]
            overlap = np.where(day == NO_DAY, -1, np.maximum(0, recall_days - day))
            effects = compute_effects(score, reference.score, criteria)
            self._put((rows, instrument, t), before | seen | effects | {"recall_overlap_days": overlap})

    def _put(self, where: tuple[slice, int, int], values: dict[str, Array]) -> None:
        for name, column in self.columns.items():
            column.put(where, values[name])

    def to_table(self) -> pd.DataFrame:
        """Return the table ``endpoints``, which shares its memory with the columns; rows of a visit that the series' arm does not have go."""
        courses, names = self.courses, [self.baseline_name[0], *(point.name for point in self.points)]
        axes = ["baseline", *(point.axis for point in self.points)]
        times = np.array([self.baseline_name[1], *(point.time for point in self.points)])
        n, m, t = self.columns["score"].values.shape
        keys = {
            "patient": spread_array(courses.patient.astype(np.int32), 1, m * t),
            "series": spread_array(courses.number.astype(np.int16), 1, m * t),
            "arm": spread(make_categorical(courses.arm, courses.arms), 1, m * t),
            "instrument": spread(make_categorical(np.arange(m), self.instruments), n, t),
            "axis": spread(_name(axes), n * m, 1),
            "timepoint": spread(_name(names), n * m, 1),
            "time": spread_array(times, n * m, 1),
        }
        filled = {name: column.finish() for name, column in self.columns.items()}
        table = pd.DataFrame({**keys, **filled}, copy=False)
        keep = self._applicable()
        return table if keep is None else table[keep].reset_index(drop=True)

    def _applicable(self) -> Array | None:
        """Return which rows there are, None where all are."""
        applies = [np.ones(len(self.courses), dtype=np.bool_), *(point.applies(self.courses) for point in self.points)]
        if all(column.all() for column in applies):
            return None
        return np.repeat(np.stack(applies, axis=1)[:, None, :], len(self.instruments), axis=1).ravel()


def observe(found: Found, courses: Courses, score: Floats) -> dict[str, Array]:
    """Return whether the time point was reached, and the score with its day and ideation answer."""
    day = take(found.line.day, found.place, NO_DAY)
    return {
        "reached": found.reached,
        "score": score,
        "score_day": np.where(day == NO_DAY, NO_DAY, day - courses.start),
        "ideation": take(found.line.ideation, found.place, -1),
    }


def _forget(base: BaselineScores, n: int) -> BaselineScores:
    """Return the lack of a baseline that a cross-section has."""
    return BaselineScores(base.line, np.full(n, -1), np.full(n, np.nan))


def compute_effects(score: Array, baseline: Array, criteria: Criteria) -> dict[str, Array]:
    """Return change, percent change, and the endpoints; truth as 1, 0, and -1 for unknown."""
    change = score - baseline
    return {
        "change": change,
        "percent_change": compute_percent_change(change, baseline),
        "response": _encode(compute_response(score, baseline, criteria)),
        "remission": _encode(compute_remission(score, baseline, criteria)),
        "worsening": _encode(compute_worsening(change, criteria)),
        "reliable_change": compute_reliable_change(change, criteria),
    }


def _encode(truth: Truth) -> Array:
    return np.where(truth.missing, np.int8(-1), truth.value)


def _name(names: Sequence[str]) -> pd.Categorical[Any]:
    """Return names as a column of categories; a name may stand at several places."""
    distinct = sorted(set(names))
    return make_categorical(np.array([distinct.index(name) for name in names]), distinct)
