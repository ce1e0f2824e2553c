"""Differences of sites pooled: against R's metafor, at the edges, and what may never be pooled."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.random_effects import pool_differences

REFERENCE = json.loads((Path(__file__).parent / "reference" / "output" / "metafor.json").read_text())["cases"]
NUMBERS = ("estimate", "std_error", "lower", "upper", "p_value", "tau", "i2", "q", "q_p_value")
TOLERANCE = 1e-6  # metafor stops where a step of tau² is below 1e-12, ours at the root itself


@pytest.mark.parametrize("name", REFERENCE)
def test_random_effects_are_those_of_metafor(name):
    case = REFERENCE[name]
    pool = pool_differences(np.array(case["differences"]), np.array(case["variances"]), "random")
    for number in NUMBERS:
        assert getattr(pool, number) == pytest.approx(case["random"][number], rel=TOLERANCE, abs=TOLERANCE), number
    if pool.sites > 2:
        for number in ("predicted_lower", "predicted_upper"):
            assert getattr(pool, number) == pytest.approx(case["random"][number], rel=TOLERANCE, abs=TOLERANCE), number


@pytest.mark.parametrize("name", REFERENCE)
def test_a_common_effect_is_that_of_metafor(name):
    case = REFERENCE[name]
    pool = pool_differences(np.array(case["differences"]), np.array(case["variances"]), "fixed")
    for number in ("estimate", "std_error", "lower", "upper", "p_value", "q", "q_p_value"):
        assert getattr(pool, number) == pytest.approx(case["fixed"][number], rel=1e-9, abs=1e-12), number


def test_of_two_sites_nothing_is_predicted_and_the_interval_is_wide():
    pool = pool_differences(np.array([-1.0, -3.0]), np.array([0.5, 0.5]), "random")
    assert np.isnan(pool.predicted_lower)
    assert np.isnan(pool.predicted_upper)
    assert pool.lower == pytest.approx(-2 - 12.7062 * pool.std_error, rel=1e-5)  # t with one degree of freedom


@pytest.mark.parametrize(
    ("differences", "variances"),
    [([1.0], [0.5]), ([], []), ([1.0, 2.0], [0.5, 0.0]), ([1.0, np.nan], [0.5, 0.5]), ([1.0, 2.0], [0.5, np.inf])],
)
def test_what_cannot_be_pooled_is_refused(differences, variances):
    with pytest.raises(ValueError, match="at least two sites"):
        pool_differences(np.array(differences), np.array(variances), "random")


@given(
    st.lists(st.tuples(st.floats(-20, 20), st.floats(0.01, 30)), min_size=2, max_size=12),
    st.floats(-10, 10),
    st.randoms(use_true_random=False),
)
def test_the_order_of_sites_does_not_matter_and_a_shift_shifts_all(sites, shift, random):
    differences, variances = np.array(sites).T
    pool = pool_differences(differences, variances, "random")
    order = random.sample(range(len(sites)), len(sites))
    again = pool_differences(differences[order] + shift, variances[order], "random")
    assert again.estimate - shift == pytest.approx(pool.estimate, rel=1e-5, abs=1e-5)
    assert again.upper - again.lower == pytest.approx(pool.upper - pool.lower, rel=1e-4, abs=1e-4)
    assert pool.lower <= pool.estimate <= pool.upper
    assert 0 <= pool.i2 < 1
