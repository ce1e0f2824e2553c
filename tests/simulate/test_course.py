"""The latent course against hand calculation and against brute-force integration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.simulate.course import build_course, compute_benefit, compute_context
from outcomes.simulate.parameters import MODEL
from outcomes.simulate.schedule import NEVER


def one_patient(days: list[int], given_: list[bool], target: float, step: float, lasting: float):
    shape = (1, len(days))
    return build_course(
        np.array([days]), np.array([given_]), np.full(shape, target), np.full(shape, step), np.array([lasting])
    )


def test_levels_after_sessions_by_hand() -> None:
    """Target 0.6, step 0.5, time constant 10: 0.3; faded to 0.3 exp(-0.3) = 0.22225, then 0.22225 + 0.5 x 0.37775."""
    course = one_patient([0, 3], [True, True], 0.6, 0.5, 10.0)
    assert course.level[0] == pytest.approx([0.3, 0.41112], abs=1e-5)
    assert course.next_day[0].tolist() == [3, NEVER]


def test_a_session_not_given_changes_nothing() -> None:
    with_gap = one_patient([0, 3, 7], [True, False, True], 0.6, 0.5, 10.0)
    without = one_patient([0, 7], [True, True], 0.6, 0.5, 10.0)
    who = np.zeros(30, dtype=np.int64)
    days = np.arange(30)
    for one, other in zip(
        compute_benefit(with_gap, who, days, 14), compute_benefit(without, who, days, 14), strict=True
    ):
        assert one == pytest.approx(other)


def test_a_session_on_the_day_of_the_answer_does_not_count() -> None:
    course = one_patient([0], [True], 0.6, 0.5, 10.0)
    today, window = compute_benefit(course, np.array([0, 0]), np.array([0, 1]), 14)
    assert today == pytest.approx([0.0, 0.3 * np.exp(-0.1)])
    assert window == pytest.approx([0.0, 0.3 * 10 * (1 - np.exp(-0.1)) / 14])


@given(
    gaps=st.lists(st.integers(1, 20), min_size=0, max_size=8),
    day=st.integers(0, 120),
    target=st.floats(-0.5, 0.97),
    lasting=st.floats(5, 500),
)
def test_the_average_over_the_window_is_the_integral(gaps: list[int], day: int, target: float, lasting: float) -> None:
    """Midpoint rule on a grid of 1/50 day; sessions fall on whole days, so no step lies inside a cell."""
    days = [0, *np.cumsum(gaps).tolist()]
    course = one_patient(days, [True] * len(days), target, 0.4, lasting)
    _, average = compute_benefit(course, np.array([0]), np.array([day]), 14)
    moments = day - 14 + (np.arange(14 * 50) + 0.5) / 50
    last = np.searchsorted(days, moments, side="right") - 1
    since = moments - np.asarray(days)[last]
    values = np.where(last >= 0, course.level[0][last] * np.exp(-np.maximum(since, 0) / lasting), 0.0)
    assert average[0] == pytest.approx(values.mean(), abs=1e-5)


def test_the_context_average_is_the_integral() -> None:
    for day in (0, 3, 14, 40):
        today, average = compute_context(np.array([day]), 14, MODEL.course)
        moments = np.maximum(day - 14 + (np.arange(1400) + 0.5) / 100, 0)
        values = MODEL.course.context_benefit * (1 - np.exp(-moments / MODEL.course.context_days))
        assert average[0] == pytest.approx(values.mean(), abs=1e-6)
        assert today[0] >= average[0]
