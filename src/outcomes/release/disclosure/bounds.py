"""Which withheld counts a reader could prove to be small, and from which sums: linear programming on the gate's own cells."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-6


def find_proven(
    rows: Sequence[Mapping[Hashable, int]],
    right: Sequence[int],
    names: Sequence[Hashable],
    small: set[Hashable],
    minimum_cell: int,
) -> Iterator[tuple[Hashable, list[int]]]:
    """Yield each small cell that the equations prove to be small, with the equations that bound it from above.

    Parameters
    ----------
    rows : sequence of mapping
        Equations among unknown cells, as name → weight.
    right : sequence of int
        Their right-hand sides.
    names : sequence of name
        The unknown cells.
    small : set of name
        The unknown cells to protect.
    minimum_cell : int
        A cell is proven small when it must be at least 1 and less than this.

    Yields
    ------
    name, list of int
        The cell, and the numbers of the rows with a dual value in the cell's upper bound; withholding a released cell of one of them loosens it.
    """
    place = {name: at for at, name in enumerate(names)}
    program = _Program(rows, right, place)
    open_ = np.array([name in small for name in names])

    def clear(solution: NDArray[np.float64]) -> None:
        """Cells that a solution makes 0, or as large as the minimum cell, are proven nothing of."""
        open_[(solution >= minimum_cell - TOLERANCE) | (solution <= TOLERANCE)] = False

    before = 0
    while (
        open_.any() and open_.sum() != before
    ):  # each question makes the open cells as large, or small, as they can be together
        before = open_.sum()
        for sign in (-1.0, 1.0):
            clear(program.ask(sign * open_)[0])
    for at in np.flatnonzero(open_).tolist():
        if not open_[at]:
            continue
        one = np.zeros(len(names))
        one[at] = 1
        most, duals = program.ask(-one)
        clear(most)
        if open_[at]:
            clear(program.ask(one)[0])
        if open_[at]:
            yield names[at], np.flatnonzero(np.abs(duals) > TOLERANCE).tolist()


class _Program:
    """The linear program that all questions about a block share."""

    def __init__(
        self,
        rows: Sequence[Mapping[Hashable, int]],
        right: Sequence[int],
        place: Mapping[Hashable, int],
    ) -> None:
        from scipy.sparse import csr_array

        entries = [(at, place[name], weight) for at, row in enumerate(rows) for name, weight in row.items()]
        at, column, weights = zip(*entries, strict=True)
        self.matrix = csr_array((weights, (at, column)), shape=(len(rows), len(place)))
        self.right = np.array(right, dtype=float)
        most = 10.0 * np.abs(self.right).max(initial=0) + 1e4
        self.bounds = [(0.0, most)] * len(place)

    def ask(self, objective: NDArray[np.float64]) -> tuple[Any, Any]:
        """Return the solution with the least objective, and the equations' dual values."""
        from scipy.optimize import linprog

        result = linprog(objective, A_eq=self.matrix, b_eq=self.right, bounds=self.bounds, method="highs")
        return result.x, result.eqlin.marginals
