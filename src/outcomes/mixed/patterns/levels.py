"""How many subjects of each pattern share each combination of levels, as anybody can tell from the saved sums."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement, product

import numpy as np

from outcomes.mixed.arrays import Floats
from outcomes.mixed.design.visit_loadings import Design, Source
from outcomes.mixed.errors import MomentsError
from outcomes.mixed.patterns.pattern_sums import PatternSums

NEGLIGIBLE = 1e-6
MOST = 3000  # combinations of levels that are looked into at once


def list_shared(sums: PatternSums) -> Iterator[tuple[tuple[str, ...], Floats]]:
    """Yield factors, and how many subjects of each pattern (rows) share each combination of their levels (columns).

    Sums of products of the columns of two factors are counts of their combinations. Only counts that the sums determine are there; of weighted
    sums, the share of the pattern's weight times its subjects.

    Raises
    ------
    MomentsError
        So many combinations that they are not looked into.
    """
    q = len(sums.design.subject_sources)
    scale = sums.counts / np.where(sums.gram[:, 0, 0] > 0, sums.gram[:, 0, 0], 1.0)
    for names, pairs, products in _list_tables(sums.design):
        told = sums.gram[:, :q, :q][:, [i for i, _ in pairs], [j for _, j in pairs]] * scale[:, None]
        inverse = np.linalg.pinv(products)
        known = np.abs(np.diag(inverse @ products) - 1) < NEGLIGIBLE
        yield names, (told @ inverse.T)[:, known]


def _list_tables(design: Design) -> Iterator[tuple[tuple[str, ...], list[tuple[int, int]], Floats]]:
    """Yield factors, the pairs of sources that are of them alone, and each pair's product at each combination of their levels."""
    pure = {
        place: source
        for place, source in enumerate(design.subject_sources)
        if all(isinstance(key, tuple) for _, key in source)
    }
    pairs = list(combinations_with_replacement(pure, 2))
    together = {frozenset(name for name, _ in pure[i] | pure[j]) for i, j in pairs} - {frozenset()}
    for names in sorted(map(sorted, together)):
        cells = list(product(*(range(len(design.factors[name].levels)) for name in names)))
        if len(cells) > MOST:
            raise MomentsError(
                f"{' and '.join(names)} have {len(cells)} combinations of levels, too many to see whether few subjects share one; "
                "for a file that stays with the rows, save(path, fewest=1)"
            )
        own = [(i, j) for i, j in pairs if {name for name, _ in pure[i] | pure[j]} <= set(names)]
        values = {
            place: np.array([_value(pure[place], names, cell) for cell in cells]) for pair in own for place in pair
        }
        yield tuple(names), own, np.array([values[i] * values[j] for i, j in own])


def _value(source: Source, names: list[str], cell: tuple[int, ...]) -> float:
    return float(np.prod([key[cell[names.index(name)]] for name, key in source]))
