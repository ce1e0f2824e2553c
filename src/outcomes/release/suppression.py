"""Which counts to withhold so that no small one can be read or worked out: complementary cell suppression.

The cells of a table and the sums that tie them together are a linear system. Small cells are withheld first; then, as long
as a withheld cell can be solved for, or withheld parts of a known total add up to a small count, one more cell goes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

Name = TypeVar("Name", bound=Hashable)


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
    """

    counts: dict[Hashable, int] = field(default_factory=dict)
    sums: list[tuple[Hashable, tuple[Hashable, ...]]] = field(default_factory=list)
    costs: dict[Hashable, float] = field(default_factory=dict)

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


def suppress(cells: Cells, minimum_cell: int) -> set[Hashable]:
    """Return the names of the cells to withhold.

    Counts from 1 to ``minimum_cell`` − 1 are withheld, and as many others as it takes that no withheld cell follows from the
    released ones by the sums, and that withheld parts of a released total do not add up to a small count. Zeros are
    released. Where there is a choice, the cell of least cost goes.

    Examples
    --------
    >>> cells = Cells()
    >>> for name, count in {"all": 100, "iv": 60, "esketamine": 36, "im": 4}.items():
    ...     _ = cells.add(name, count)
    >>> cells.tie("all", ["iv", "esketamine", "im"])
    >>> sorted(suppress(cells, 11))  # "esketamine" too: else "im" is 100 - 60 - 36
    ['esketamine', 'im']
    """
    hidden = {name for name, count in cells.counts.items() if 0 < count < minimum_cell}
    while hidden:
        exposed = next(_exposed(cells, hidden, minimum_cell), None)
        if exposed is None:
            break
        hidden.add(min(exposed, key=lambda name: (cells.costs[name], repr(name))))
    return hidden


def _exposed(cells: Cells, hidden: set[Hashable], minimum_cell: int) -> Iterator[list[Hashable]]:
    """Yield, for each weak place, the released cells of which withholding one would help."""
    for total, parts in cells.sums:
        inside = [part for part in parts if part in hidden]
        weak = len(inside) == 1 if total not in hidden else not inside
        if total not in hidden and inside:
            weak = weak or sum(cells.counts[part] for part in inside) < minimum_cell
        candidates = [name for name in (total, *parts) if name not in hidden and cells.counts[name] > 0]
        if weak and candidates:
            yield candidates
    for name, block in _solvable(cells.sums, hidden):
        yield _around(cells, hidden, {name}) or _around(cells, hidden, block)


def _around(cells: Cells, hidden: set[Hashable], names: set[Hashable]) -> list[Hashable]:
    """Return the released cells that share a sum with any of the names; those of a whole block are never none."""
    sums = [{total, *parts} for total, parts in cells.sums]
    near = set().union(*(group for group in sums if group & names))
    return [name for name in sorted(near, key=repr) if name not in hidden and cells.counts[name] > 0]


def _solvable(
    sums: Iterable[tuple[Hashable, tuple[Hashable, ...]]], hidden: set[Hashable]
) -> Iterator[tuple[Hashable, set[Hashable]]]:
    """Yield the withheld cells that the sums determine once the released cells are known, with all those tied to them."""
    for names, rows in _blocks([_signs(total, parts, hidden) for total, parts in sums]):
        matrix = np.array([[row.get(name, 0.0) for name in names] for row in rows])
        _, values, basis = np.linalg.svd(matrix)
        rank = int((values > 1e-9).sum())
        free = np.abs(basis[rank:]).max(axis=0, initial=0.0)
        yield from ((name, set(names)) for name, size in zip(names, free, strict=True) if size < 1e-9)


def _signs(total: Hashable, parts: tuple[Hashable, ...], hidden: set[Hashable]) -> Mapping[Hashable, float]:
    signs = {part: -1.0 for part in parts if part in hidden}
    return {**signs, total: 1.0} if total in hidden else signs


def _blocks(
    rows: Iterable[Mapping[Hashable, float]],
) -> Iterator[tuple[list[Hashable], list[Mapping[Hashable, float]]]]:
    """Yield the parts of the system that share no withheld cell, with the names of their cells."""
    blocks: list[tuple[set[Hashable], list[Mapping[Hashable, float]]]] = []
    for row in rows:
        touching = [block for block in blocks if block[0] & row.keys()]
        names = set(row).union(*(block[0] for block in touching))
        joined = [row, *(other for block in touching for other in block[1])]
        blocks = [block for block in blocks if block not in touching]
        if names:
            blocks.append((names, joined))
    for names, joined in blocks:
        yield sorted(names, key=repr), joined
