"""Which counts to withhold so that no small one can be read or worked out: complementary cell suppression.

The cells of all tables and the sums that tie them together are a linear system. Small cells are withheld first; then, as long
as a withheld cell can be solved for, or withheld parts of a known total leave a small one too little room, one more cell goes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from outcomes.release.disclosure.bounds import find_proven
from outcomes.release.disclosure.elimination import join_rows, solve_rows

Name = TypeVar("Name", bound=Hashable)
Sum = tuple[Hashable, tuple[Hashable, ...]]


@dataclass
class Cells:
    """Counts by name and the sums among them.

    Attributes
    ----------
    counts : dict
        Name of the cell → count. A cell may be one that no table shows but that a reader can work out.
    sums : list of (total, parts)
        Names whose counts obey total = Σ parts.
    costs : dict
        Name → how much it hurts to withhold the cell; by default its count.
    unseen : set
        Names that no table shows; they can be worked out, but not withheld.
    """

    counts: dict[Hashable, int] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)
    costs: dict[Hashable, float] = field(default_factory=dict)
    unseen: set[Hashable] = field(default_factory=set)

    def add(self, name: Name, count: int, cost: float | None = None) -> Name:
        """Add a cell and return its name."""
        self.counts[name] = int(count)
        self.costs[name] = float(count if cost is None else cost)
        return name

    def tie(self, total: Hashable, parts: Iterable[Hashable]) -> None:
        """State that a cell is the sum of others; cells that are not there count nothing.

        A total that differs from the sum (patients in two arms, say) is no relation that a reader could use.
        """
        known = tuple(part for part in parts if part in self.counts)
        if (
            total in self.counts
            and known
            and total not in known
            and self.counts[total] == sum(self.counts[part] for part in known)
        ):
            self.sums.append((total, known))

    def include(self, other: Cells, table: str) -> None:
        """Take over the cells of one table under the names (table, name)."""
        self.unseen |= {(table, name) for name in other.unseen}
        self.counts |= {(table, name): count for name, count in other.counts.items()}
        self.costs |= {(table, name): cost for name, cost in other.costs.items()}
        self.sums += [((table, total), tuple((table, part) for part in parts)) for total, parts in other.sums]


def suppress(cells: Cells, minimum_cell: int, withheld: Iterable[Hashable] = (), proof: bool = True) -> set[Hashable]:
    """Return the names of the cells to withhold.

    Counts from 1 to ``minimum_cell`` − 1 are withheld, those that are ``withheld`` already, and as many others as it takes that
    no small cell follows from the released ones by the sums, and that withheld parts of a released total with a small one among
    them are at least ``minimum_cell`` together. Zeros beside a small part of the same total are withheld with it, so that a
    withheld cell may be 0; other zeros are released. Where there is a choice, the cell of least cost goes. With ``proof``, none
    that is left can be proven small by linear
    programming either; one table by itself, of which all will be looked at together, can do without.

    Examples
    --------
    >>> cells = Cells()
    >>> for name, count in {"all": 100, "iv": 60, "esketamine": 36, "im": 4}.items():
    ...     _ = cells.add(name, count)
    >>> cells.tie("all", ["iv", "esketamine", "im"])
    >>> sorted(suppress(cells, 11))  # "esketamine" too: else "im" is 100 - 60 - 36
    ['esketamine', 'im']
    """
    small = {name for name, count in cells.counts.items() if 0 < count < minimum_cell}
    state = _State(cells, minimum_cell, small, small | set(withheld))
    waiting = deque(range(len(cells.sums)))
    while True:
        while waiting:
            if candidates := state.weaken(cells.sums[waiting.popleft()]):
                waiting.extend(state.hide(candidates))
        waiting.extend(state.break_all(state.solve()))
        if not waiting and proof:
            waiting.extend(state.break_all(state.prove()))
        if not waiting:
            hidden = state.hidden - cells.unseen | (small & cells.unseen) | state.find_zeros()
            return hidden - state.find_certain(hidden)


@dataclass
class _State:
    """What is withheld so far."""

    cells: Cells
    minimum_cell: int
    small: set[Hashable]
    hidden: set[Hashable]
    places: dict[Hashable, list[int]] = field(default_factory=dict)
    checked: set[frozenset[Hashable]] = field(default_factory=set)
    open: set[Hashable] = field(default_factory=set)  # small cells not yet seen to be safe; what is safe stays so

    def __post_init__(self) -> None:
        self.open = set(self.small)
        for at, (total, parts) in enumerate(self.cells.sums):
            for name in (total, *parts):
                self.places.setdefault(name, []).append(at)

    def is_unknown(self, name: Hashable) -> bool:
        """Tell whether a reader does not see the cell."""
        return name in self.hidden or name in self.cells.unseen

    def hide(self, candidates: Iterable[Hashable]) -> list[int]:
        """Withhold the cheapest candidate and return the sums that it is in."""
        chosen = min(candidates, key=lambda name: (self.cells.costs[name], repr(name)))
        self.hidden.add(chosen)
        return self.places[chosen]

    def break_all(self, found: Iterable[list[Hashable]]) -> list[int]:
        """Withhold a cell of each list from which something follows, unless one of them went already; return their sums."""
        before = set(self.hidden)
        touched: list[int] = []
        for sources in found:
            candidates = self.choose(sources)
            if candidates and not (self.hidden - before).intersection(sources):
                touched.extend(self.hide(candidates))
        return touched

    def weaken(self, row: Sum) -> list[Hashable]:
        """Return the cells of a sum of which withholding one would help; none where the sum gives nothing away."""
        total, parts = row
        unknown = [name for name in (total, *parts) if self.is_unknown(name)]
        weak = (len(unknown) == 1 or total not in unknown) and self.is_weak(unknown)
        return self.choose((total, *parts)) if weak else []

    def is_weak(self, unknown: list[Hashable]) -> bool:
        """Tell whether unknown cells whose sum is known leave a small one among them too little room."""
        if self.small.isdisjoint(unknown):
            return False
        return len(unknown) == 1 or sum(self.cells.counts[name] for name in unknown) < self.minimum_cell

    def choose(self, names: Iterable[Hashable]) -> list[Hashable]:
        """Return those of the names that could be withheld."""
        return [name for name in names if not self.is_unknown(name) and self.cells.counts[name] > 0]

    def find_zeros(self) -> set[Hashable]:
        """Return the shown zeros that are parts of a total of which a small part is withheld."""
        zeros: set[Hashable] = set()
        for _, parts in self.cells.sums:
            if not self.small.isdisjoint(parts):
                zeros |= {part for part in parts if self.cells.counts[part] == 0}
        return zeros - self.cells.unseen

    def find_certain(self, hidden: set[Hashable]) -> set[Hashable]:
        """Return the withheld cells, none of them small, that anyone can compute from those shown: to withhold them hides nothing.

        Left withheld is one that stands beside small ones too few to be all that a shown total withholds.
        """
        unknown = hidden | self.cells.unseen
        signed = [(self.sign(row), [name for name in (row[0], *row[1]) if name in unknown]) for row in self.cells.sums]
        solved = (solve_rows(rows, names) for names, rows in join_rows([one for one in signed if one[1]]))
        certain = {left[0] for block in solved for left, _ in block if len(left) == 1} - self.small - self.cells.unseen
        left = unknown - certain
        few = {at for at in range(len(self.cells.sums)) if self._leaves_few(self.cells.sums[at], left)}
        return {name for name in certain if few.isdisjoint(self.places[name])}

    def _leaves_few(self, row: Sum, unknown: set[Hashable]) -> bool:
        names = [name for name in row[1] if name in unknown]
        return row[0] not in unknown and bool(names) and self.is_weak(names)

    def solve(self) -> Iterator[list[Hashable]]:
        """Yield, from each part of the system with a small cell that its sums determine, the cells that it is computed from.

        Parts found in order are noted and not looked at again.
        """
        for names, rows in self.find_blocks():
            key = frozenset(names)
            if key in self.checked:
                continue
            weak = [sources for left, sources in solve_rows(rows, names) if self.is_weak(left)]
            if weak:
                yield from sorted(weak, key=lambda sources: (len(sources), repr(sources)))
            else:
                self.checked.add(key)

    def prove(self) -> Iterator[list[Hashable]]:
        """Yield, for each small cell that the sums bound to be small, the cells of those sums."""
        signed = [
            (self.sign(row), [name for name in (row[0], *row[1]) if self.is_unknown(name)]) for row in self.cells.sums
        ]
        still: set[Hashable] = set()
        for names, rows in join_rows([one for one in signed if one[1]]):
            if self.open.isdisjoint(names):
                continue
            right = [-sum(w * self.cells.counts[name] for name, w in row.items() if name not in names) for row in rows]
            inside = [{name: weight for name, weight in row.items() if name in names} for row in rows]
            found = dict(find_proven(inside, right, sorted(names, key=repr), self.open & names, self.minimum_cell))
            still |= found.keys()
            for tight in found.values():
                yield [name for at in tight for name in rows[at]]
        self.open &= still

    @staticmethod
    def sign(row: Sum) -> dict[Hashable, int]:
        """Return the cells of a sum with their signs."""
        return {**dict.fromkeys(row[1], -1), row[0]: 1}

    def find_blocks(self) -> list[tuple[set[Hashable], list[dict[Hashable, int]]]]:
        """Return the parts of the system that share no unknown cell, each with its unknowns and its sums.

        Left out are sums with an unknown of their own that is not small: it can be anything.
        """
        rows = [self.cells.sums[at] for at in self.find_closed()]
        return join_rows(
            [(self.sign(row), [name for name in (row[0], *row[1]) if self.is_unknown(name)]) for row in rows]
        )

    def find_closed(self) -> list[int]:
        """Return the sums with unknown cells, each of which is small or in another such sum as well."""
        inside = {
            at: [name for name in (row[0], *row[1]) if self.is_unknown(name)] for at, row in enumerate(self.cells.sums)
        }
        inside = {at: names for at, names in inside.items() if names}
        uses: dict[Hashable, set[int]] = {}
        for at, names in inside.items():
            for name in names:
                uses.setdefault(name, set()).add(at)
        waiting = deque(name for name, where in uses.items() if len(where) == 1 and name not in self.small)
        while waiting:
            where = uses[waiting.popleft()]
            if len(where) != 1:
                continue
            at = where.pop()
            for other in inside.pop(at):
                uses[other].discard(at)
                if len(uses[other]) == 1 and other not in self.small:
                    waiting.append(other)
        return list(inside)
