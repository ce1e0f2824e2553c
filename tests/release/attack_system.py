"""Counts as integer variables, what is printed as their bounds, sums as equations; solved by integer programming (HiGHS).

Shares no code with the gate. A count is *recovered* when all that is released leaves it one value from 1 to the minimum cell less
one, and *narrowed* when it leaves fewer than three.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Name = tuple[Hashable, ...]
FEWEST = 3


def read_printed(text: str, minimum: int, base: int = 5) -> tuple[float, float] | None:
    """Return the counts that are printed so, as the documentation says how counts are printed; None for an empty cell."""
    if text == "":
        return None
    if text.startswith("<"):
        return 0, float(text[1:]) - 1
    value = float(text)
    if value == 0:
        return 0, 0
    least = base * -(-minimum // base)
    low = np.ceil(value - base / 2)
    return (float(minimum) if value <= least else float(low)), float(np.ceil(value + base / 2) - 1)


@dataclass
class System:
    """Counts with bounds, and the equations among them; with ``exact`` texts it is the truth."""

    minimum: int
    exact: bool = False
    bounds: dict[Name, tuple[float, float]] = field(default_factory=dict)
    hidden: set[Name] = field(default_factory=set)
    wholes: dict[Name, Name] = field(default_factory=dict)
    equations: list[dict[Name, float]] = field(default_factory=list)
    coarse: dict[Name, float] = field(default_factory=dict)

    def narrow(self, name: Name, low: float = 0, high: float = np.inf) -> Name:
        """Note that a count lies in a range."""
        before = self.bounds.get(name, (0.0, np.inf))
        self.bounds[name] = max(before[0], low), min(before[1], high)
        return name

    def show(self, name: Name, text: str, whole: Name | None = None) -> Name:
        """Note a printed count, and the group that it is a part of."""
        if text == "" or (self.exact and text.startswith("<")):
            self.bounds.setdefault(name, (0.0, np.inf))
        elif self.exact:
            self.narrow(name, float(text), float(text))
        else:
            printed = read_printed(text, self.minimum)
            assert printed is not None
            if text.startswith("<"):
                self.hidden.add(name)
            else:
                self.coarse[name] = float(text)
            before = self.bounds.get(name, (0.0, np.inf))
            if max(before[0], printed[0]) > min(before[1], printed[1]):  # printed twice, once more coarsely
                printed = min(before[0], printed[0]), max(before[1], printed[1])
                self.bounds[name] = printed
            self.narrow(name, *printed)
        if whole is not None:
            self.wholes[name] = whole
            self.within(whole, name)
        return name

    def within(self, whole: Name, part: Name) -> None:
        """Note that a group is part of another; the rest is a group too."""
        if whole != part and whole in self.bounds and part in self.bounds:
            self.add(whole, [part, self.narrow(("rest", whole, part))])

    def add(self, total: Name, parts: Iterable[Name]) -> None:
        """Note that a count is the sum of others, all of which must be there."""
        parts = list(dict.fromkeys(parts))
        if parts and all(name in self.bounds for name in (total, *parts)) and total not in parts:
            self.equations.append({total: 1.0} | dict.fromkeys(parts, -1.0))

    def lift_zeros(self) -> None:
        """A zero is printed as a zero but in a group that is small itself: elsewhere what is hidden is at least 1."""
        for name in self.hidden:
            whole = self.wholes.get(name)
            if whole is not None and self.bounds.get(whole, (0.0, 0.0))[0] >= self.minimum:
                self.narrow(name, 1)


@dataclass(frozen=True)
class Found:
    """A count that is left with few values."""

    name: Name
    low: int
    high: int


def solve(system: System) -> list[Found]:
    """Return every count that can only be small and has fewer than three values left, hidden or implied by others."""
    system.lift_zeros()
    found: list[Found] = []
    for names, rows in _components(system):
        found += _solve_component(system, names, rows)
    return sorted(found, key=lambda one: repr(one.name))


def _components(system: System) -> Iterator[tuple[list[Name], list[dict[Name, float]]]]:
    parent = {name: name for name in system.bounds}

    def root(name: Name) -> Name:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for equation in system.equations:
        first, *others = equation
        for name in others:
            parent[root(name)] = root(first)
    groups: dict[Name, tuple[list[Name], list[dict[Name, float]]]] = {}
    for name in parent:
        groups.setdefault(root(name), ([], []))[0].append(name)
    for equation in system.equations:
        groups[root(next(iter(equation)))][1].append(equation)
    yield from groups.values()


def _solve_component(system: System, names: list[Name], rows: list[dict[Name, float]]) -> Iterator[Found]:
    low, high = (np.array([system.bounds[name][side] for name in names]) for side in (0, 1))
    low, high = _propagate(names, rows, low, high)
    for base in (10, 20, 50, 100):  # totals may be rounded more coarsely: a reader learns so when nothing else fits
        if (low <= high).all():
            break
        low, high = (np.array([system.bounds[name][side] for name in names]) for side in (0, 1))
        for at, name in enumerate(names):
            value = system.coarse.get(name, 1.0)
            if value % base == 0 and value > 0:
                low[at], high[at] = min(low[at], value - base / 2), max(high[at], value + base / 2)
        low, high = _propagate(names, rows, low, high)
    open_ = (high < system.minimum) & (high >= 1) & (low <= high)
    if not open_.any():
        return
    place = {name: at for at, name in enumerate(names)}
    constraints = []
    if rows:
        entries = [(at, place[name], weight) for at, row in enumerate(rows) for name, weight in row.items()]
        row_of, column_of, weights = zip(*entries, strict=True)
        matrix = csr_array((weights, (row_of, column_of)), shape=(len(rows), len(names)))
        constraints = [LinearConstraint(matrix, np.zeros(len(rows)), np.zeros(len(rows)))]
    limits = Bounds(low, np.minimum(high, 1e6))
    seen_low, seen_high = np.full(len(names), np.inf), np.full(len(names), -np.inf)

    def visit(objective: np.ndarray) -> bool:
        result = milp(
            objective,
            integrality=np.ones(len(names)),
            bounds=limits,
            constraints=constraints,
            options={"time_limit": 5},
        )
        if result.x is None:
            return False
        solution = np.round(result.x)
        np.minimum(seen_low, solution, out=seen_low)
        np.maximum(seen_high, solution, out=seen_high)
        return True

    for sign in (1.0, -1.0):
        if not visit(sign * open_):
            return
    for at in np.flatnonzero(open_):
        alone = np.zeros(len(names))
        alone[at] = 1.0
        for sign in (1.0, -1.0):
            if seen_high[at] - seen_low[at] + 1 < FEWEST:
                visit(sign * alone)
        if seen_high[at] - seen_low[at] + 1 < FEWEST and seen_low[at] >= 1:
            yield Found(names[at], int(seen_low[at]), int(seen_high[at]))


def _propagate(
    names: list[Name], rows: list[dict[Name, float]], low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Carry bounds through the equations; a first, cheap answer that integer programming then completes."""
    place = {name: at for at, name in enumerate(names)}
    indexed = [(place[next(iter(row))], [place[name] for name in list(row)[1:]]) for row in rows]
    for _ in range(4):
        for total, parts in indexed:
            lows, highs = low[parts].sum(), high[parts].sum()
            low[total], high[total] = max(low[total], lows), min(high[total], highs)
            for part in parts:
                others = highs - high[part] if np.isfinite(highs) else sum(high[one] for one in parts if one != part)
                low[part] = max(low[part], low[total] - others)
                high[part] = min(high[part], high[total] - (lows - low[part]))
    return low, high
