"""The smallest number shown is one more than a multiple of five: what totals, and totals less a part, leave to parts in other tables.

Every interval of true totals is enumerated, alone and less that of one part that is shown, with one, two, and three parts that are hidden:
a part may be as small, or as large, as the others leave it.
"""

import itertools

import pytest

from outcomes.release.disclosure.rounding import Rounding
from outcomes.settings.analysis import Privacy, raise_minimum

MOST = 51  # the largest minimum that is enumerated
MINIMA = sorted({raise_minimum(k) for k in range(3, MOST)})


def list_printed(minimum):
    """Return every printed number up to three times the largest hidden one, with room, and the true counts that it stands for."""
    counts = range(minimum, 4 * minimum + 20)
    rounding = Rounding(minimum)
    printed = {rounding.round(count) for count in counts}
    return {
        one: [count for count in range(minimum, 5 * minimum + 30) if rounding.round(count) == one] for one in printed
    }


def count_values(sums, hidden, minimum):
    """Return how many values one of some hidden parts can have whose sum is one of those; None where there is no such sum.

    The parts are 1 to the minimum less one, and any of them may stand for all.
    """
    values = {
        part
        for part, total in itertools.product(range(1, minimum), sums)
        if hidden - 1 <= total - part <= (hidden - 1) * (minimum - 1)
    }
    return len(values) or None


def find_fewest(minimum, hidden, less):
    """Return the fewest values that a hidden part is left with, and whether a printed total, less a part or not, leaves so few."""
    found = {}
    printed = list_printed(minimum)
    for total, trues in printed.items():
        for part, parts in printed.items() if less else [(0, [0])]:
            sums = {one - other for one, other in itertools.product(trues, parts)}
            if (values := count_values(sums, hidden, minimum)) is not None:
                found[total, part] = values
    return found


@pytest.mark.parametrize("minimum", MINIMA)
@pytest.mark.parametrize(("hidden", "less"), [(2, False), (3, False), (1, True), (2, True), (3, True)])
def test_hidden_parts_in_other_tables_keep_three_values(minimum, hidden, less):
    found = find_fewest(minimum, hidden, less)
    few = {place: values for place, values in found.items() if values < 3}
    if hidden == 3 and less:  # three who are left over of 43 to 47 beside 43 to 47: each is 1 or 2, and one of each
        assert all(total == part for total, part in few)
        few = {place: values for place, values in few.items() if values < 2}
    assert few == {}
    assert found


@pytest.mark.parametrize(
    ("minimum", "hidden", "less"),
    [
        (5, 2, False),
        (10, 2, False),
        (15, 2, False),
        (20, 2, False),
        (8, 2, False),
        (12, 3, False),
        (12, 1, True),
        (7, 2, True),
    ],
)
def test_other_minima_would_leave_less(minimum, hidden, less):
    """Of 8 to 12 with parts below 5, both are 4."""
    assert min(find_fewest(minimum, hidden, less).values()) < 3


def test_a_declared_minimum_is_raised_to_the_next_of_these():
    assert [Privacy(minimum_cell=k).minimum_cell for k in (5, 6, 7, 10, 11, 12, 20)] == [6, 6, 11, 11, 11, 16, 21]
    assert all(k <= raise_minimum(k) < k + 5 and raise_minimum(k) % 5 == 1 for k in range(3, MOST))
