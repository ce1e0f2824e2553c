"""Counts as integer variables, what is printed as their bounds, sums as equations; solved by integer programming (HiGHS).

Shares no code with the gate. A count is *recovered* when all that is released leaves it one value from 1 to the minimum cell less
one, and *narrowed* when it leaves fewer than three.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from attack_search import FEWEST, Equation, Floats, Name, search_values
from numpy.typing import NDArray


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
    equations: list[Equation] = field(default_factory=list)
    coarse: dict[Name, float] = field(default_factory=dict)
    spared: set[Name] = field(default_factory=set)

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

    def forgive(self, truth: Mapping[Name, tuple[float, float]]) -> None:
        """Take back what the reader believes and is not so: totals that were rounded more coarsely, zeros that are hidden, false sums.

        No reader is told which these are. Whoever is draws no false conclusion, so all that is found is recovered indeed.
        """
        known = {name: low for name, (low, high) in truth.items() if low == high}
        self.equations = [one for one in self.equations if _holds(one, known)]
        for name, (low, high) in list(self.bounds.items()):
            true = known.get(name)
            if true is None:
                continue
            if not low <= true <= high:
                self.bounds[name] = self._widen(name, true)
            if true == 0:
                self.spared.add(name)

    def _widen(self, name: Name, true: float) -> tuple[float, float]:
        """Return what a count may be that was rounded more coarsely: to which base, nobody is told but by the number itself."""
        printed = self.coarse.get(name, np.inf)
        base = next((one for one in (100, 50, 20, 10) if printed % one == 0), 10)
        low, high = max(printed - base / 2, 0.0), printed + base / 2
        return (low, high) if low <= true <= high else (0.0, np.inf)


def join(before: System, after: System, known: tuple[Mapping[Name, float], Mapping[Name, float]]) -> System:
    """Return two releases as one system, of a reader who knows that exactly one patient was added between them.

    Every count has then grown by one or not at all; ``known`` are the true counts of both, so that what one patient moves by more
    (sessions, levels put together anew) is not tied.
    """
    both = System(before.minimum)
    for time, one in enumerate((before, after)):
        both.bounds |= {(time, *name): limits for name, limits in one.bounds.items()}
        both.hidden |= {(time, *name) for name in one.hidden}
        both.spared |= {(time, *name) for name in one.spared}
        both.wholes |= {(time, *part): (time, *whole) for part, whole in one.wholes.items()}
        both.equations += [{(time, *name): weight for name, weight in row.items()} for row in one.equations]
    for name in before.bounds.keys() & after.bounds.keys():
        more = known[1].get(name, 0.0) - known[0].get(name, 0.0)
        if more in (0, 1):
            grown = both.narrow(("grown", *name), more if name == ("patients", "all") else 0.0, 1.0)
            both.add((1, *name), [(0, *name), grown])
    return both


def _holds(equation: Equation, known: Mapping[Name, float]) -> bool:
    total, *parts = equation
    missing = [name for name in (total, *parts) if name not in known]
    rest = known.get(total, 0.0) - sum(known.get(name, 0.0) for name in parts)
    return rest == 0 if not missing else total in missing or rest >= 0


@dataclass(frozen=True)
class Found:
    """A count that is left with few values."""

    name: Name
    low: int
    high: int


@dataclass
class Solved:
    """What was found, and of how many hidden counts nothing could be said: their equations contradict, or the search took too long."""

    found: list[Found] = field(default_factory=list)
    undecided: int = 0


def solve(system: System, search: bool = True) -> Solved:
    """Return every count that can only be small and has fewer than three values left, hidden or implied by others.

    Without ``search`` bounds are carried through all sums, and no more.
    """
    solved = Solved()
    for names, rows in _components(list(system.bounds), system.equations):
        low, high = _start(system, names, rows)
        if (low > high).any():
            solved.undecided += sum(name in system.hidden for name in names)
            continue
        place = {name: at for at, name in enumerate(names)}
        for own, few in _components(names, _keep_binding(names, rows, low, high, system.minimum)):
            at = [place[name] for name in own]
            _solve_component(solved, system.minimum, own, few, low[at], high[at], search)
    solved.found.sort(key=lambda one: repr(one.name))
    return solved


def _find_root(parent: dict[Name, Name], name: Name) -> Name:
    while parent[name] != name:
        parent[name] = parent[parent[name]]
        name = parent[name]
    return name


def _is_forest(names: list[Name], rows: list[Equation], known: NDArray[np.bool_]) -> bool:
    """Tell whether no two equations are tied in a ring, counts that are known apart."""
    parent = {name: name for name, one in zip(names, known, strict=True) if not one}
    for row in rows:
        roots = [_find_root(parent, name) for name in row if name in parent]
        if len({*roots}) < len(roots):
            return False
        parent |= dict.fromkeys(roots, roots[0]) if roots else {}
    return True


def _components(names: list[Name], equations: list[Equation]) -> Iterator[tuple[list[Name], list[Equation]]]:
    parent = {name: name for name in names}
    for equation in equations:
        first, *others = equation
        for name in others:
            parent[_find_root(parent, name)] = _find_root(parent, first)
    groups: dict[Name, tuple[list[Name], list[Equation]]] = {}
    for name in parent:
        groups.setdefault(_find_root(parent, name), ([], []))[0].append(name)
    for equation in equations:
        groups[_find_root(parent, next(iter(equation)))][1].append(equation)
    yield from groups.values()


def _start(system: System, names: list[Name], rows: list[Equation]) -> tuple[Floats, Floats]:
    """Return the bounds of counts, carried through the equations."""
    low, high = (np.array([system.bounds[name][side] for name in names]) for side in (0, 1))
    return _lift_zeros(system, names, rows, *_propagate(names, rows, low, high))


def _lift_zeros(
    system: System, names: list[Name], rows: list[Equation], low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """A zero is printed as a zero but in a group that is small itself: in groups that are known not to be, what is hidden is at least 1."""
    place = {name: at for at, name in enumerate(names)}
    groups: dict[Name, list[Name]] = {}
    for total, *parts in map(list, rows):
        for part in parts:
            groups.setdefault(part, []).append(total)
    for name in (system.hidden - system.spared) & set(names):
        wholes = [place[one] for one in {*groups.get(name, []), system.wholes.get(name)} if one in place]
        if wholes and (low[wholes] >= system.minimum).all():
            low[place[name]] = max(low[place[name]], 1.0)
    return _propagate(names, rows, low, high)


def _keep_binding(names: list[Name], rows: list[Equation], low: Floats, high: Floats, minimum: int) -> list[Equation]:
    """Return the equations that may still say something: not those in which a count of no interest takes up whatever the others are."""
    place = {name: at for at, name in enumerate(names)}
    left, dropped = list(rows), True
    while dropped:
        uses = Counter(name for row in left for name in row)
        kept = [row for row in left if not _is_slack(row, uses, place, low, high, minimum)]
        left, dropped = kept, len(kept) < len(left)
    return left


def _is_slack(
    row: Equation, uses: Counter[Name], place: dict[Name, int], low: Floats, high: Floats, minimum: int
) -> bool:
    total, *parts = (place[name] for name in row)
    for name, at in zip(row, (total, *parts), strict=True):
        if uses[name] > 1 or 1 <= high[at] < minimum:
            continue
        others = [part for part in parts if part != at]
        least, most = low[others].sum(), high[others].sum()
        if at != total:
            least, most = low[total] - most, high[total] - least
        if low[at] <= least and most <= high[at]:
            return True
    return False


def _solve_component(
    solved: Solved,
    minimum: int,
    names: list[Name],
    rows: list[Equation],
    low: Floats,
    high: Floats,
    search: bool,
) -> None:
    open_ = np.flatnonzero((high < minimum) & (high >= 1))
    if not len(open_):
        return
    if not search or _is_forest(names, rows, low == high):  # what bounds say of each count, some solution attains
        seen, told = (low, high), np.ones(len(names), dtype=bool)
    else:
        seen, told = search_values(names, rows, low, high, open_)
    solved.undecided += int((~told[open_]).sum())
    for at in open_:
        if told[at] and seen[1][at] - seen[0][at] + 1 < FEWEST and seen[0][at] >= 1:
            solved.found.append(Found(names[at], int(seen[0][at]), int(seen[1][at])))


def _propagate(names: list[Name], rows: list[Equation], low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Carry bounds through the equations until nothing changes, or contradicts."""
    place = {name: at for at, name in enumerate(names)}
    indexed = [(place[next(iter(row))], [place[name] for name in list(row)[1:]]) for row in rows]
    low, high = low.tolist(), high.tolist()
    for _ in range(200):
        before = (list(low), list(high))
        for total, parts in indexed:
            lows, highs = sum(low[one] for one in parts), sum(high[one] for one in parts)
            low[total], high[total] = max(low[total], lows), min(high[total], highs)
            for part in parts:
                others = highs - high[part] if math.isfinite(highs) else sum(high[one] for one in parts if one != part)
                new = max(low[part], low[total] - others), min(high[part], high[total] - (lows - low[part]))
                lows, highs = lows + new[0] - low[part], others + new[1]
                low[part], high[part] = new
        if before == (low, high) or any(one > other for one, other in zip(low, high, strict=True)):
            break
    return np.array(low), np.array(high)
