"""The released tables and the study's names, as every part of the report reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from outcomes.records import list_records
from outcomes.release.arms import list_compared, order_arms
from outcomes.release.figures.plans.plan import Plan, read_rows
from outcomes.release.figures.plans.study import plan_figures
from outcomes.release.figures.plans.timepoints import find_headline, say_timepoint
from outcomes.release.left_out import LeftOut, find_left_out, keep_made
from outcomes.release.numbers import ABSENT, WITHHELD
from outcomes.settings import Study


@dataclass(frozen=True, eq=False)
class Material:
    """Released tables, the study's settings, planned figures, and provenance.

    The settings are those of what was made: of a comparison that could not be, ``left_out`` says why.
    """

    tables: Mapping[str, pd.DataFrame]
    study: Study
    plans: list[Plan]
    provenance: Mapping[str, Any]
    left_out: LeftOut | None = None
    _records: dict[str, list[dict[str, Any]]] = field(default_factory=dict, init=False, repr=False)

    def rows(self, name: str, **where: str) -> pd.DataFrame:
        """Return the rows of a released table with the given values; an empty table where the study has none."""
        rows = read_rows(self.tables, name)
        for column, value in where.items():
            rows = rows[rows[column] == value] if column in rows else rows.iloc[:0]
        return rows

    def one(self, name: str, **where: str) -> dict[str, Any]:
        """Return the single row with the given values; empty when there is none."""
        if name not in self._records:
            self._records[name] = list_records(self.rows(name))
        found = (row for row in self._records[name] if all(str(row.get(key)) == value for key, value in where.items()))
        return dict(next(found, {}))

    @property
    def primary(self) -> str:
        """The primary instrument."""
        return self.study.instruments[0]

    @property
    def arms(self) -> list[str]:
        """Arms in the released tables, in the order of the report."""
        scores = self.rows("scores")
        return order_arms(self.study, set(scores["arm"]) if len(scores) else ())

    @property
    def asked(self) -> list[str]:
        """The two arms that the study asks about, compared or not; none of a study that only describes."""
        return order_arms(self.study, self.left_out.pair) if self.left_out else list_compared(self.study)

    def arm(self, arm: str) -> str:
        """Return the printed name of an arm."""
        names = {entry.id: entry.label for entry in self.study.arms} | {"all": "All"}
        return names.get(arm, arm)

    def within(self, arm: str) -> str:
        """Return the name of an arm as it stands within a sentence."""
        return self.study.in_text(arm)

    def contrast(self, contrast: str) -> str:
        """Return the printed name of a contrast."""
        first, *others = contrast.split(" - ")
        return " minus ".join([self.arm(first), *map(self.within, others)])

    def instrument(self, instrument: str) -> str:
        """Return the printed name of an instrument."""
        known = instrument in self.study.instruments
        return self.study.instrument(instrument).name if known else instrument

    def timepoint(self, axis: str, timepoint: str) -> str:
        """Return a time point in words."""
        return say_timepoint(axis, timepoint)

    @cached_property
    def headline(self) -> tuple[str, str] | None:
        """Axis and time point of the headline result."""
        scores = self.rows("scores", instrument=self.primary)
        return find_headline(scores, self.study) if len(scores) else None


def gather(tables: Mapping[str, pd.DataFrame], study: Study, provenance: Mapping[str, Any]) -> Material:
    """Return the material of a report."""
    made = keep_made(tables, study)
    return Material(tables, made, plan_figures(tables, made), provenance, find_left_out(tables, study))


def shown(row: Mapping[str, Any], text: str) -> str:
    """Return a printed number; "withheld" where the row's flag says why there is none.

    A row can be withheld in part: what it still holds is printed.
    """
    missing = not row or text.startswith(ABSENT)
    return WITHHELD if missing and row.get("withheld") else text if row else ABSENT


def is_randomised(material: Material) -> bool:
    """Whether chance decided who got which arm, as the study file declares."""
    return material.study.report.design in ("randomised", "crossover")
