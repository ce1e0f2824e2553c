"""Exact elimination in sparse linear systems of named unknowns."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping

PRIME = 2**61 - 1


def solve_rows(
    rows: Iterable[Mapping[Hashable, int]], unknown: set[Hashable]
) -> Iterator[tuple[list[Hashable], list[Hashable]]]:
    """Yield unknowns of which the equations determine the sum, or a single one, with the known cells that it comes from.

    They are those of a row of the reduced row echelon form in which all have the same weight. Elimination is exact, in whole
    numbers modulo a prime.
    """
    pivots: dict[Hashable, dict[Hashable, int]] = {}
    users: dict[Hashable, set[Hashable]] = {}
    for row in rows:
        left = dict(row)
        for name in [name for name in left if name in pivots]:
            _subtract(left, pivots[name], left[name])
        free = [name for name in left if name in unknown]
        if not free:
            continue
        pivot = min(free, key=lambda name: len(users.get(name, ())))
        scale = pow(left[pivot], -1, PRIME)
        left = {name: weight * scale % PRIME for name, weight in left.items()}
        for other in users.pop(pivot, set()):
            changed = pivots[other]
            before = unknown.intersection(changed)
            _subtract(changed, left, changed[pivot])
            for name in before ^ unknown.intersection(changed):
                if name != pivot:
                    (users.setdefault(name, set()).add if name in changed else users[name].discard)(other)
        pivots[pivot] = left
        for name in free:
            if name != pivot:
                users.setdefault(name, set()).add(pivot)
    for reduced in pivots.values():
        inside = [name for name in reduced if name in unknown]
        if all(reduced[name] == 1 for name in inside):
            yield inside, [name for name in reduced if name not in unknown]


def _subtract(row: dict[Hashable, int], other: Mapping[Hashable, int], weight: int) -> None:
    for name, own in other.items():
        rest = (row.get(name, 0) - weight * own) % PRIME
        if rest:
            row[name] = rest
        else:
            row.pop(name, None)


def join_rows(
    rows: list[tuple[dict[Hashable, int], list[Hashable]]],
) -> list[tuple[set[Hashable], list[dict[Hashable, int]]]]:
    """Return the equations in groups that share no unknown, with the unknowns of each."""
    parent: dict[Hashable, Hashable] = {}

    def root(name: Hashable) -> Hashable:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for _, names in rows:
        for name in names:
            parent.setdefault(name, name)
        for name in names[1:]:
            parent[root(name)] = root(names[0])
    joined: dict[Hashable, tuple[set[Hashable], list[dict[Hashable, int]]]] = {}
    for row, names in rows:
        block = joined.setdefault(root(names[0]), (set(), []))
        block[0].update(names)
        block[1].append(row)
    return list(joined.values())
