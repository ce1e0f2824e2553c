"""Response, remission, worsening, reliable change: cut-offs by hand, with the floating-point traps."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from outcomes.criteria import Criteria, compute_remission, compute_response
from outcomes.errors import SettingsError
from outcomes.instruments import Instrument, read_instruments
from outcomes.measures.effects import compute_percent_change, compute_reliable_change, compute_worsening
from outcomes.settings import Endpoints, ReliableChange

KNOWN = read_instruments()
PHQ9 = Criteria.of("phq9", KNOWN["phq9"], Endpoints())
WHO5 = Criteria.of("who5", KNOWN["who5"], Endpoints())


def answer(truth):
    """One yes, no, or None."""
    return None if truth.missing[0] else bool(truth.value[0])


def response(score, baseline, criteria=PHQ9):
    return answer(compute_response(np.array([score], dtype=float), np.array([baseline], dtype=float), criteria))


def with_percent(percent):
    return dataclasses.replace(PHQ9, response_percent=percent)


@pytest.mark.parametrize(
    ("score", "baseline", "responds"),
    [
        (8.5, 17, True),  # exactly half
        (9, 17, False),
        (8, 17, True),
        (10, 20, True),
        (11, 20, False),
        (25, 20, False),
        (0, 1, True),
        (np.nan, 20, None),
        (5, np.nan, None),
        (0, 0, False),  # nothing to drop from
        (5, 0, False),
        (-0.25, -0.25, False),  # an impossible total kept with a flag is not improved by standing still
        (3, -0.25, False),
    ],
)
def test_response_is_half(score, baseline, responds):
    assert response(score, baseline) == responds


@pytest.mark.parametrize(
    ("score", "baseline", "percent"),
    [
        (0.15, 0.1 + 0.2, 50),  # 0.1 + 0.2 is a little more than 0.3
        (0.3, 0.1 + 0.2 + 0.3, 50),  # the sum is a little more than 0.6
        (7, 10, 30),
        (4.9, 7, 30),  # 7 − 4.9 is 2.0999999999999996
        (2 / 3, 4 / 3, 50),
        ((14 + 15 + 15) / 3 / 2, (14 + 15 + 15) / 3, 50),  # half of a mean baseline
    ],
)
def test_exact_drop_is_a_response_in_binary_fractions_too(score, baseline, percent):
    assert response(score, baseline, with_percent(percent))
    assert not response(score + 1e-6, baseline, with_percent(percent))


def test_points_count_where_no_percent_is_declared():
    pcl5 = Criteria.of("pcl5", KNOWN["pcl5"], Endpoints())
    assert [response(score, 45, pcl5) for score in (35, 36)] == [True, False]  # 10 points
    assert response(0, 0, pcl5) is False  # no percent, so 0 is a number like any other


def test_high_scores_may_be_good():
    assert [response(score, 40, WHO5) for score in (50, 49, 20)] == [True, False, False]
    percent = dataclasses.replace(WHO5, response_percent=50, response_points=None)
    assert [response(score, 40, percent) for score in (60, 59, 20)] == [True, False, False]
    assert response(20, 0, percent) is None
    assert answer(compute_worsening(np.array([-4.0]), WHO5)) is True
    assert answer(compute_worsening(np.array([4.0]), WHO5)) is False


def test_remission_has_no_meaning_where_high_is_good():
    with pytest.raises(SettingsError, match="a high total of who5 is good"):
        Criteria.of("who5", KNOWN["who5"], Endpoints(remission_maximum={"who5": 50}))
    with pytest.raises(ValueError, match="no meaning where a high total is good"):
        Instrument.model_validate({**KNOWN["who5"].model_dump(), "remission_maximum": 50})


def test_an_instrument_without_a_response_has_none():
    assert response(5, 20, Criteria.of("cadss", KNOWN["cadss"], Endpoints())) is None


@pytest.mark.parametrize(
    ("score", "remits"),
    [(4, True), (4.5, False), (5, False), (0, True), (-0.25, True), (np.nan, None)],
)
def test_remission_is_at_most_four_on_the_phq9(score, remits):
    assert answer(compute_remission(np.array([score]), np.array([20.0]), PHQ9)) == remits


def test_nobody_is_seen_to_remit_without_a_baseline():
    assert answer(compute_remission(np.array([2.0]), np.array([np.nan]), PHQ9)) is None


def test_study_declares_cutoffs_of_its_own():
    declared = Endpoints(response_percent={"phq9": 30}, remission_maximum={"phq9": 9}, worsening_points=3)
    criteria = Criteria.of("phq9", KNOWN["phq9"], declared)
    assert response(14, 20, criteria)
    assert answer(compute_remission(np.array([9.0]), np.array([20.0]), criteria)) is True
    assert [answer(compute_worsening(np.array([change]), criteria)) for change in (3.0, 2.0)] == [True, False]


def test_reliable_change_index():
    # 1.96 · 5 · √(2 · (1 − 0.84)) = 9.8 · √0.32 = 9.8 · 0.565685 = 5.543717
    declared = ReliableChange(sd=5, reliability=0.84, source="worked example")
    assert declared.index == pytest.approx(5.543717, abs=1e-6)
    criteria = Criteria.of("phq9", KNOWN["phq9"], Endpoints(reliable_change={"phq9": declared}))
    change = np.array([-6.0, -5.543717, -5.0, 0.0, 5.0, 6.0, np.nan])
    assert compute_reliable_change(change, criteria).tolist() == [0, 1, 1, 1, 1, 2, -1]


def test_a_change_equal_to_the_index_is_not_reliable():
    # 1.96 · 10 · √(2 · 0.5) = 19.6 exactly
    declared = ReliableChange(sd=10, reliability=0.5, source="worked example")
    criteria = Criteria.of("phq9", KNOWN["phq9"], Endpoints(reliable_change={"phq9": declared}))
    assert compute_reliable_change(np.array([-19.6, -19.7, 19.6, 19.7]), criteria).tolist() == [1, 0, 1, 2]


def test_reliable_change_is_unknown_without_a_declared_index():
    assert compute_reliable_change(np.array([-20.0]), PHQ9).tolist() == [-1]


def test_percent_change():
    change, baseline = np.array([-5.0, 5.0, 3.0, 1.0]), np.array([20.0, 20.0, 0.0, -0.25])
    assert compute_percent_change(change, baseline).tolist()[:2] == [-25, 25]
    assert np.isnan(compute_percent_change(change, baseline)[2])
    assert compute_percent_change(change, baseline)[3] == 400  # worse is positive, whatever the baseline's sign


TOTAL = st.integers(0, 27)


@given(TOTAL, TOTAL, st.integers(1, 100))
@example(17, 9, 47)
def test_response_follows_its_definition(baseline, score, percent):
    assume(baseline > 0)
    expected = (baseline - score) * 100 >= percent * baseline  # whole numbers: exact
    assert response(score, baseline, with_percent(percent)) == expected
    change = compute_percent_change(np.array([score - baseline]), np.array([baseline]))[0]
    assert response(score, baseline, with_percent(percent)) == (change <= -percent + 1e-9)


@given(TOTAL, TOTAL)
def test_improvement_and_worsening_exclude_each_other(baseline, score):
    worse = answer(compute_worsening(np.array([float(score - baseline)]), PHQ9))
    assert not (worse and response(score, baseline))
    assert worse == (score >= baseline + 1)
