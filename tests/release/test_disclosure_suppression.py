"""Complementary suppression against an attacker who solves what is left by linear programming."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from outcomes.release.disclosure.suppression import Cells, suppress

MINIMUM = 11


def attack(cells, hidden):
    """Return, by withheld cell, the smallest and largest count that the released cells allow."""
    names = sorted(cells.counts, key=repr)
    rows, right = [], []
    for total, parts in cells.sums:
        rows.append([(name == total) - (name in parts) for name in names])
        right.append(0)
    bounds = [(0, None) if name in hidden else (cells.counts[name],) * 2 for name in names]
    found = {}
    for name in hidden:
        cost = np.array([float(other == name) for other in names])
        low, high = (linprog(sign * cost, A_eq=rows or None, b_eq=right or None, bounds=bounds) for sign in (1, -1))
        found[name] = (low.fun, np.inf if high.status == 3 else -high.fun)
    return found


def make_grid(counts):
    """Return a two-way table with margins and the grand total."""
    cells = Cells()
    counts = np.array(counts)
    for (i, j), count in np.ndenumerate(counts):
        cells.add((i, j), count)
    n, m = counts.shape
    for i in range(n):
        cells.add((i, "all"), counts[i].sum())
        cells.tie((i, "all"), [(i, j) for j in range(m)])
    for j in range(m):
        cells.add(("all", j), counts[:, j].sum())
        cells.tie(("all", j), [(i, j) for i in range(n)])
    cells.add(("all", "all"), counts.sum())
    cells.tie(("all", "all"), [(i, "all") for i in range(n)])
    cells.tie(("all", "all"), [("all", j) for j in range(m)])
    return cells


COUNT = st.one_of(st.just(0), st.integers(1, 10), st.integers(11, 60))
GRID = st.integers(2, 4).flatmap(lambda m: st.lists(st.lists(COUNT, min_size=m, max_size=m), min_size=2, max_size=4))


@settings(max_examples=100, deadline=None)
@given(GRID)
def test_no_small_cell_of_a_two_way_table_can_be_proven_small(counts):
    cells = make_grid(counts)
    hidden = suppress(cells, MINIMUM)
    for name, count in cells.counts.items():
        if 0 < count < MINIMUM:
            assert name in hidden
    for name, (low, high) in attack(cells, hidden).items():
        if 0 < cells.counts[name] < MINIMUM:
            assert low < 0.5 or high > MINIMUM - 0.5, (name, low, high)


@settings(max_examples=100, deadline=None)
@given(GRID)
def test_withheld_parts_of_a_released_total_are_not_few(counts):
    cells = make_grid(counts)
    hidden = suppress(cells, MINIMUM)
    for total, parts in cells.sums:
        withheld = [cells.counts[part] for part in parts if part in hidden]
        if total not in hidden and any(0 < count < MINIMUM for count in withheld):
            assert sum(withheld) >= MINIMUM


def test_complement_may_have_to_be_found_further_away():
    counts = [[0, 11, 0, 0], [0, 1, 0, 1], [1, 0, 1, 9]]  # all that is near the cell (1, 3) is withheld or zero
    cells = make_grid(counts)
    ranges = attack(cells, suppress(cells, MINIMUM))
    assert ranges[1, 3][1] - ranges[1, 3][0] > 0.5


def test_nothing_small_is_nothing_withheld():
    assert suppress(make_grid([[20, 30], [0, 40]]), MINIMUM) == set()


def test_cheapest_complement_goes():
    cells = Cells()
    for name, count in {"all": 65, "a": 5, "b": 40, "c": 20}.items():
        cells.add(name, count)
    cells.tie("all", ["a", "b", "c"])
    assert suppress(cells, MINIMUM) == {"a", "c"}
    cells.costs["all"] = 0
    assert suppress(cells, MINIMUM) == {"a", "all"}


def test_two_small_cells_of_a_released_total_are_not_enough():
    cells = Cells()
    for name, count in {"all": 47, "a": 3, "b": 4, "c": 40}.items():
        cells.add(name, count)
    cells.tie("all", ["a", "b", "c"])
    assert suppress(cells, MINIMUM) == {"a", "b", "c"}  # a + b = 7 would itself be a small count


def test_sums_that_do_not_hold_are_not_used():
    cells = Cells()
    for name, count in {"all": 30, "a": 5, "b": 29}.items():  # patients in two arms
        cells.add(name, count)
    cells.tie("all", ["a", "b"])
    assert suppress(cells, MINIMUM) == {"a"}
