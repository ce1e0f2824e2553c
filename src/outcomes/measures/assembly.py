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

from outcomes.measures.baseline import BaselineScores, take
from outcomes.measures.courses import Courses
from outcomes.measures.effects import (
    Criteria,
    Truth,
    compute_percent_change,
    compute_reliable_change,
    compute_remission,
    compute_response,
    compute_worsening,
)
from outcomes.measures.lines import NO_DAY, Line
from outcomes.measures.order import Array, Ints, make_categorical, make_integers, spread, spread_array
from outcomes.measures.timepoints import Lines, Timepoint

RELIABLE = ("improved", "unchanged", "worse")
TRUTHS = ("response", "remission", "worsening")
EMPTY: dict[str, tuple[str, float]] = {  # column → type, value where nothing is known
    "score": ("f8", np.nan),
    "score_day": ("i4", NO_DAY),
    "baseline": ("f8", np.nan),
    "change": ("f8", np.nan),
    "percent_change": ("f8", np.nan),
    **dict.fromkeys((*TRUTHS, "reliable_change", "ideation", "baseline_ideation"), ("i1", -1)),
    "recall_overlap_days": ("i2", -1),
    "reached": ("?", True),
}


@dataclass(frozen=True)
class EndpointColumns:
    """The columns being filled; place 0 on the last axis is the baseline, the others are ``points``."""

    courses: Courses
    instruments: Sequence[str]
    points: Sequence[Timepoint]
    baseline_name: tuple[str, float]
    cross_sectional: bool
    columns: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = len(self.courses), len(self.instruments), 1 + len(self.points)
        self.columns.update({name: np.full(shape, empty, dtype=kind) for name, (kind, empty) in EMPTY.items()})

    def fill(self, instrument: int, lines: Lines, base: BaselineScores, criteria: Criteria, recall_days: int) -> None:
        """Fill one instrument's part."""
        at_baseline = take(base.line.ideation, base.place, -1)
        if not self.cross_sectional:
            self.columns["baseline"][:, instrument, :] = base.score[:, None]
            self.columns["baseline_ideation"][:, instrument, :] = at_baseline[:, None]
        self._put("score", instrument, 0, base.score)
        self._put("score_day", instrument, 0, self._score_day(base.line, base.place))
        self._put("ideation", instrument, 0, at_baseline)
        for place, point in enumerate(self.points, start=1):
            found = point.find(lines, self.courses)
            day = self._score_day(found.line, found.place)
            score = take(found.line.total, found.place, np.nan)
            self._put("reached", instrument, place, found.reached)
            self._put("score", instrument, place, score)
            self._put("score_day", instrument, place, day)
            self._put("ideation", instrument, place, take(found.line.ideation, found.place, -1))
            overlap = np.where(day == NO_DAY, -1, np.maximum(0, recall_days - day))
            self._put("recall_overlap_days", instrument, place, overlap)
            for name, values in compute_effects(score, self._reference(base), criteria).items():
                self._put(name, instrument, place, values)

    def _put(self, name: str, instrument: int, place: int, values: Array) -> None:
        self.columns[name][:, instrument, place] = values

    def _reference(self, base: BaselineScores) -> Array:
        return np.full(len(self.courses), np.nan) if self.cross_sectional else base.score

    def _score_day(self, line: Line, place: Ints) -> Ints:
        day = take(line.day, place, NO_DAY)
        return np.where(day == NO_DAY, NO_DAY, day - self.courses.start)

    def to_table(self) -> pd.DataFrame:
        """Return the table ``endpoints``, emptying the columns; rows of a visit that the series' arm does not have go."""
        courses, names = self.courses, [self.baseline_name[0], *(point.name for point in self.points)]
        axes = ["baseline", *(point.axis for point in self.points)]
        times = np.array([self.baseline_name[1], *(point.time for point in self.points)])
        n, m, t = self.columns["score"].shape
        keys = {
            "patient": spread_array(courses.patient.astype(np.int32), 1, m * t),
            "series": spread_array(courses.number.astype(np.int16), 1, m * t),
            "arm": spread(make_categorical(courses.arm, courses.arms), 1, m * t),
            "instrument": spread(make_categorical(np.arange(m), self.instruments), n, t),
            "axis": spread(_name(axes), n * m, 1),
            "timepoint": spread(_name(names), n * m, 1),
            "time": spread_array(times, n * m, 1),
        }
        table = pd.DataFrame({**keys, **_finish(self.columns)}, copy=False)
        keep = self._applicable()
        return table if keep is None else table[keep].reset_index(drop=True)

    def _applicable(self) -> Array | None:
        """Return which rows there are, None where all are."""
        applies = [np.ones(len(self.courses), dtype=np.bool_), *(point.applies(self.courses) for point in self.points)]
        if all(column.all() for column in applies):
            return None
        return np.repeat(np.stack(applies, axis=1)[:, None, :], len(self.instruments), axis=1).ravel()


def compute_effects(score: Array, baseline: Array, criteria: Criteria) -> dict[str, Array]:
    """Return change, percent change, and the endpoints; truth as 1, 0, and -1 for unknown."""
    change = score - baseline
    return {
        "change": change,
        "percent_change": compute_percent_change(change, baseline),
        "response": _encode(compute_response(score, baseline, criteria)),
        "remission": _encode(compute_remission(score, criteria)),
        "worsening": _encode(compute_worsening(change, criteria)),
        "reliable_change": compute_reliable_change(change, criteria),
    }


def _encode(truth: Truth) -> Array:
    return np.where(truth.missing, np.int8(-1), truth.value)


def _name(names: Sequence[str]) -> pd.Categorical[Any]:
    """Return names as a column of categories; a name may stand at several places."""
    distinct = sorted(set(names))
    return make_categorical(np.array([distinct.index(name) for name in names]), distinct)


def _finish(columns: dict[str, Array]) -> dict[str, Any]:
    """Return the columns in the contract's order and types, taking each out of ``columns`` so that none is held twice."""

    def pop(name: str) -> Array:
        return columns.pop(name).reshape(-1)

    def whole(name: str, missing: int, dtype: str) -> pd.api.extensions.ExtensionArray:
        values = pop(name)
        return make_integers(values, values == missing, dtype)

    def truth(name: str) -> pd.api.extensions.ExtensionArray:
        values = pop(name)
        return pd.arrays.BooleanArray(values == 1, values < 0)

    return {
        "reached": pop("reached"),
        "score_day": whole("score_day", NO_DAY, "int32"),
        **{name: pop(name) for name in ("score", "baseline", "change", "percent_change")},
        **{name: truth(name) for name in TRUTHS},
        "reliable_change": make_categorical(pop("reliable_change"), RELIABLE),
        **{name: whole(name, -1, "int8") for name in ("ideation", "baseline_ideation")},
        "recall_overlap_days": whole("recall_overlap_days", -1, "int16"),
    }
