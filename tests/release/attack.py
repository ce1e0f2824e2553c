"""An attacker who has everything released for a study, knows what its tables mean, and solves for what was withheld.

Shares no code with the gate. What is read: the tables, the rows behind the figures, and the study file; what each count
means is in :mod:`attack_meaning`, what can be read off statistics in :mod:`attack_statistics`. Every count, and every group
that a reader can form from counts ("started but not observed at day 28"), is an integer variable of at least 0; sums and
subsets are linear equations. For each variable, its smallest and largest value that all that is released allows is found by
integer programming (HiGHS). A variable that can only be from 1 to the minimum cell less one is found: a reader has proof
of a small group. What may be 0, or may be as large as the minimum cell, proves nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Name = tuple[Hashable, ...]


class ContradictionError(Exception):
    """What the attacker believes of the tables cannot be: the beliefs are wrong, so an attack that rests on them is void."""


@dataclass(frozen=True)
class Found:
    """A small group that a reader can prove: its name and the range that its count must lie in."""

    name: Name
    low: int
    high: int


@dataclass
class System:
    """Counts as variables with bounds, and the linear equations among them."""

    bounds: dict[Name, tuple[float, float]] = field(default_factory=dict)
    equations: list[dict[Name, float]] = field(default_factory=list)

    def narrow(self, name: Name, low: float = 0, high: float = np.inf) -> Name:
        """Note that a count lies in a range; it does not matter how often, or in which table."""
        before = self.bounds.get(name, (0.0, np.inf))
        both = max(before[0], low), min(before[1], high)
        if both[0] > both[1]:
            raise ContradictionError(f"{name}: {before} and {(low, high)}")
        self.bounds[name] = both
        return name

    def show(self, name: Name, value: float | None, floor: int = 0) -> Name:
        """Note a released count, or that it is withheld (missing); then it is at least ``floor``."""
        if value is None or np.isnan(value):
            return self.narrow(name, floor)
        return self.narrow(name, float(value), float(value))

    def known(self, name: Name) -> float | None:
        """Return the count where it is released."""
        low, high = self.bounds.get(name, (0.0, np.inf))
        return low if low == high else None

    def add(self, total: Name, parts: Iterable[Name]) -> None:
        """Note that a count is the sum of others, all of which must be there; otherwise nothing is known."""
        parts = list(parts)
        if parts and all(name in self.bounds for name in (total, *parts)):
            equation: dict[Name, float] = {total: 1.0}
            for part in parts:
                equation[part] = equation.get(part, 0.0) - 1
            self.equations.append({name: weight for name, weight in equation.items() if weight})

    def within(self, whole: Name, part: Name) -> None:
        """Note that a group is part of another; the rest is a group too."""
        if whole in self.bounds and part in self.bounds and whole != part:
            self.add(whole, [part, self.narrow(("rest", whole, part))])

    def near(self, one: Name, other: Name) -> None:
        """Presume that of two groups of the same patients at the same place the smaller is part of the larger."""
        first, second = self.known(one), self.known(other)
        if first is None or second is None:
            return
        self.within(*((one, other) if first >= second else (other, one)))

    def same(self, one: Name, other: Name) -> None:
        """Presume that two counts are of the same people, unless they are both released and differ."""
        if one in self.bounds and other in self.bounds and one != other:
            first, second = self.known(one), self.known(other)
            if first is None or second is None or first == second:
                self.add(one, [other])


def solve(system: System, minimum_cell: int) -> list[Found]:
    """Return every variable that must lie between 1 and the minimum cell less one."""
    found = [
        Found(name, int(low), int(high))
        for name, (low, high) in system.bounds.items()
        if low == high and 0 < low < minimum_cell
    ]
    for names, rows in _components(system):
        found.extend(_solve_component(system, names, rows, minimum_cell))
    return sorted(found, key=lambda one: repr(one.name))


def _components(system: System) -> Iterator[tuple[list[Name], list[tuple[Mapping[Name, float], float]]]]:
    """Yield the parts of the system that share no unknown, each equation as weights of unknowns and a constant."""
    parent: dict[Name, Name] = {name: name for name in system.bounds if system.known(name) is None}

    def root(name: Name) -> Name:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    rows = []
    for equation in system.equations:
        unknown = {name: weight for name, weight in equation.items() if name in parent}
        constant = -sum(weight * system.bounds[name][0] for name, weight in equation.items() if name not in parent)
        if not unknown:
            if constant:
                raise ContradictionError(f"{equation}")
            continue
        rows.append((unknown, constant))
        first, *others = unknown
        for name in others:
            parent[root(name)] = root(first)
    groups: dict[Name, tuple[list[Name], list[tuple[Mapping[Name, float], float]]]] = {}
    for name in parent:
        groups.setdefault(root(name), ([], []))[0].append(name)
    for unknown, constant in rows:
        groups[root(next(iter(unknown)))][1].append((unknown, constant))
    yield from groups.values()


def _solve_component(
    system: System, names: list[Name], rows: list[tuple[Mapping[Name, float], float]], minimum_cell: int
) -> Iterator[Found]:
    """Yield the findings among unknowns that hang together; a solution clears every unknown that it makes 0 or large."""
    place = {name: at for at, name in enumerate(names)}
    low = np.array([system.bounds[name][0] for name in names])
    high = np.array([system.bounds[name][1] for name in names])
    cap = 1000 + 10 * max((abs(constant) for _, constant in rows), default=0) + low.max(initial=0)
    limits = Bounds(low, np.minimum(high, cap))
    entries = [(at, place[name], weight) for at, (row, _) in enumerate(rows) for name, weight in row.items()]
    constraints = []
    if entries:
        row_of, column_of, weights = zip(*entries, strict=True)
        matrix = csr_array((weights, (row_of, column_of)), shape=(len(rows), len(names)))
        right = np.array([constant for _, constant in rows])
        constraints = [LinearConstraint(matrix, right, right)]

    def extreme(objective: np.ndarray) -> np.ndarray:
        result = milp(objective, integrality=np.ones(len(names)), bounds=limits, constraints=constraints)
        if result.x is None:
            raise ContradictionError(f"no solution: {names[:12]}")
        return np.round(result.x)

    open_ = np.ones(len(names), dtype=bool)

    def clear(solution: np.ndarray) -> None:
        open_[(solution < 1) | (solution >= minimum_cell)] = False

    for sign in (-1.0, 1.0):
        if open_.any():
            clear(extreme(sign * open_))
    for at in range(len(names)):
        if not open_[at]:
            continue
        alone = np.zeros(len(names))
        alone[at] = 1
        ends = []
        for sign in (-1.0, 1.0):
            if open_[at]:
                solution = extreme(sign * alone)
                clear(solution)
                ends.append(int(solution[at]))
        if open_[at]:
            yield Found(names[at], ends[1], ends[0])
