"""Which values counts can have that are tied by sums: solutions are looked for, at first near those that are known (integer programming: HiGHS)."""

from __future__ import annotations

import random
from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Name = tuple[Hashable, ...]
Equation = dict[Name, float]  # the total first
Floats = NDArray[np.float64]
FEWEST = 3
LONGEST = 10  # seconds that one search may take; what is not known then is counted as undecided
MOST = 1_000_000  # where nothing bounds a count
TURNS = 60
REPAIRS = 80  # sums that one step away from a solution may upset


def search_values(
    names: list[Name], rows: list[Equation], low: Floats, high: Floats, open_: NDArray[np.intp]
) -> tuple[tuple[Floats, Floats], NDArray[np.bool_]]:
    """Return the smallest and largest value of every open count, and whether that is certain.

    A count is left alone as soon as solutions give it ``FEWEST`` values or zero: it is neither recovered nor narrowed then.
    """
    asked = _Asked(names, rows, low, np.minimum(high, MOST))
    generator, told = np.random.default_rng(len(names)), np.ones(len(names), dtype=bool)
    left, idle = open_, 0
    for turn in range(TURNS):  # most counts are seen to have values enough; the others are asked one by one
        objective, before = np.zeros(len(names)), len(left)
        chosen = left if turn % 2 == 0 else generator.choice(left, -(-len(left) // 5), replace=False)
        objective[chosen] = (1.0, -1.0)[turn // 2] if turn < 4 else generator.choice([-1.0, 1.0], len(chosen))
        asked.solve(objective)
        asked.walk(left)
        left = asked.keep_open(open_)
        idle = idle + 1 if len(left) == before else 0
        if len(left) < 4 or (turn > 4 and idle > 2):
            break
    for at in left:
        alone = np.zeros(len(names))
        alone[at] = 1.0
        for sign in (1.0, -1.0):
            if len(asked.keep_open(np.array([at]))):
                told[at] &= asked.solve(sign * alone)
        told[at] |= not len(asked.keep_open(np.array([at])))
    return (asked.least, asked.most), told


class _Asked:
    """Sums that must come to nothing, and the values that solutions have given each count so far."""

    def __init__(self, names: list[Name], rows: list[Equation], low: Floats, high: Floats) -> None:
        place = {name: at for at, name in enumerate(names)}
        self.rows = [[(place[name], int(weight)) for name, weight in row.items()] for row in rows]
        self.uses: list[list[tuple[int, int]]] = [[] for _ in names]
        for number, row in enumerate(self.rows):
            for at, weight in row:
                self.uses[at].append((number, weight))
        entries = [(number, at, weight) for number, row in enumerate(self.rows) for at, weight in row]
        row_of, column_of, weights = zip(*entries, strict=True)
        matrix = csr_array((weights, (row_of, column_of)), shape=(len(rows), len(names)))
        self.constraints = [LinearConstraint(matrix, np.zeros(len(rows)), np.zeros(len(rows)))]
        self.limits, self.low, self.high = Bounds(low, high), low.astype(int).tolist(), high.astype(int).tolist()
        self.least, self.most = np.full(len(names), np.inf), np.full(len(names), -np.inf)
        self.at: list[int] = []
        self.random = random.Random(len(names))

    def keep_open(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the counts that no solution has shown to be zero, or to have values enough."""
        few = self.most[places] - self.least[places] + 1 < FEWEST
        return places[few & (self.least[places] > 0)]

    def solve(self, objective: Floats) -> bool:
        """Go to the solution with the smallest objective, and tell whether it is certain that none is smaller."""
        result = milp(
            objective, integrality=np.ones(len(self.uses)), bounds=self.limits, constraints=self.constraints,
            options={"time_limit": LONGEST},
        )  # fmt: skip
        if result.x is not None:
            self.at = np.round(result.x).astype(int).tolist()
            assert all(sum(weight * self.at[at] for at, weight in row) == 0 for row in self.rows)
            np.minimum(self.least, self.at, out=self.least)
            np.maximum(self.most, self.at, out=self.most)
        return bool(result.status == 0)

    def walk(self, places: NDArray[np.intp]) -> None:
        """Look for solutions near the last one, in which each of some counts is one or two more or less."""
        for at in places.tolist() if self.at else []:
            for step in (1, -1, 2, -2):
                if self.low[at] <= self.at[at] + step <= self.high[at] and len(self.keep_open(np.array([at]))):
                    self._step(at, step)

    def _step(self, first: int, step: int) -> None:
        """Change one count, then others that stand in a sum with it until all sums hold; or go back."""
        before, off, upset = {first: self.at[first]}, dict[int, int](), list[int]()

        def change(at: int, step: int) -> None:
            self.at[at] += step
            for number, weight in self.uses[at]:
                off[number] = off.get(number, 0) + weight * step
                upset.append(number)

        change(first, step)
        for _ in range(REPAIRS):
            number = next((one for one in iter(lambda: self._draw(upset), None) if off[one]), None)
            if number is None:
                break
            free = [
                (len(self.uses[at]), self.random.random(), at, -weight * off[number])
                for at, weight in self.rows[number]
                if at not in before and self.low[at] <= self.at[at] - weight * off[number] <= self.high[at]
            ]
            if not free:
                break
            *_, at, by = min(free)
            before[at] = self.at[at]
            change(at, by)
        if any(off.values()):
            for at, value in before.items():
                self.at[at] = value
            return
        for at in before:
            self.least[at], self.most[at] = min(self.least[at], self.at[at]), max(self.most[at], self.at[at])

    def _draw(self, upset: list[int]) -> int | None:
        return upset.pop(self.random.randrange(len(upset))) if upset else None
