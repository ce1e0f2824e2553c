"""The cells of all tables under way, and the relations that can be stated of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from outcomes.release.disclosure.cells import EVERYONE, NEVER
from outcomes.release.disclosure.groups import Group, Tables
from outcomes.release.disclosure.suppression import Cells

SIDES = ("treated", "reference")
# What it costs to withhold a group: who started is shown everywhere; then scores, rates, the comparison, and the rest.
COSTS = {
    "started": NEVER, "compared": 1e8, "compared at risk": 1e8, "observed": 1e5, "known": 5e4, "event": 4e4,
    "counted": 3e4, "scored": 2.5e4, "settled": 2e4, "settled event": 2e4, "n_subjects": 1e4, "analysis": 5e3,
    "n_observations": 1e3, "reached": 100, "step": 1e7, "regressed": 20, "two baselines": 20, "dropped_rows": 50, "dropped_subjects": 50, "recalled": 10, "overlapping": 10,
}  # fmt: skip


@dataclass
class System:
    """The cells under way, and what the relations need to know of the study."""

    cells: Cells
    minimum_cell: int
    arms: Mapping[str, str]  # side of the comparison → arm
    ranks: Mapping[str, int]  # instrument → place among the study's instruments
    derived: Mapping[str, str]  # instrument → instrument that it is computed from

    def near(self, *groups: Hashable) -> None:
        """Where two of the groups differ by less than the minimum cell, make the difference a cell of its own."""
        counts = self.cells.counts
        there = sorted({group for group in groups if group in counts}, key=lambda group: (counts[group], repr(group)))
        for small, large in combinations(there, 2):
            rest = counts[large] - counts[small]
            if rest == 0:
                self.cells.tie(large, [small])
            elif rest < self.minimum_cell:
                self.cells.tie(large, [small, self.cells.add(("rest", large, small), rest)])

    def split(self, whole: Hashable, part: Hashable) -> None:
        """Make those of a group who are not in its part a cell."""
        counts = self.cells.counts
        if whole in counts and part in counts and counts[whole] >= counts[part]:
            self.cells.tie(whole, [part, self.cells.add(("others", whole, part), counts[whole] - counts[part], 0)])

    def add_up(self, total: Hashable, parts: Iterable[Hashable]) -> None:
        """Tie a total to its parts where all are there; the total may be one that no table shows."""
        names = list(parts)
        if names and all(name in self.cells.counts for name in names):
            if total not in self.cells.counts:
                self.cells.add(total, sum(self.cells.counts[name] for name in names), 0)
            self.cells.tie(total, names)


def price_group(group: Group, count: int, ranks: Mapping[str, int]) -> float:
    """Return what it costs to withhold a group: the primary instrument's ten times the second's."""
    cost = COSTS.get(str(group[0]), float(count))
    if group[0] == "observed" and group[1] == EVERYONE:
        return 0
    return cost * 10.0 ** -ranks.get(str(group[2]), 0) if len(group) > 2 else cost


def name_sides(tables: Tables) -> dict[str, str]:
    """Return which arm is the treated and which the reference; the table of weights lists the treated first."""
    if "weights" not in tables or tables["weights"].empty:
        return {}
    return dict(zip(SIDES, tables["weights"]["arm"].drop_duplicates(), strict=True))
