"""Onset of a clinic of six, by hand; Turnbull's masses beside plain iteration; the interval over drawn clinics."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.onset.estimate import KEY, estimate_onset, tabulate_onset
from outcomes.analysis.onset.intervals import Onset, choose_people, find_onset, limit_onset
from outcomes.analysis.onset.late import tabulate_late_response
from outcomes.analysis.onset.looks import Looks, find_looks, list_endpoints, tabulate_looks
from outcomes.contracts.released.onset import LateResponse, OnsetLooks
from outcomes.contracts.released.onset import Onset as OnsetTable
from outcomes.settings import read_study

ROOT = Path(__file__).parents[3]
BENCHMARKS = ROOT / "benchmarks" / "onset"
ARMS = ["iv"]
SESSIONS = {1: (0, 3, 7, 10, 14, 17), 2: (0, 4, 8), 3: (0,), 4: (0, 3, 7), 5: (0, 3, 7, 10), 6: (0, 3, 7)}
SCORES = [  # patient, day, total: the baseline is 20, so that 10 is a response and 4 a remission
    (1, 3, 18), (1, 7, 10), (1, 10, 9), (1, 17, 3), (1, 30, 12),
    (2, 8, 10), (2, 12, 15),
    (3, 40, 5),
    (4, 0, 1), (4, 3, 20), (4, 7, 12), (4, 20, 10),
    (5, 3, 20), (5, 4, 10),
]  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return read_study(ROOT / "config" / "example.yaml")


@pytest.fixture(scope="module")
def tables():
    held = [(patient, day) for patient, days in SESSIONS.items() for day in days]
    sessions = pd.DataFrame(held, columns=["patient", "study_day"]).assign(series=1, arm="iv", ordinal=1)
    people = pd.DataFrame({"patient": list(SESSIONS), "series": 1, "arm": "iv"})
    last = [days[-1] for days in SESSIONS.values()]
    few = people["patient"].map(lambda patient: "too_few_sessions" if patient == 3 else None)
    return {
        "scores": pd.DataFrame(SCORES, columns=["patient", "study_day", "total"]).assign(instrument="phq9"),
        "series": people.assign(
            start_day=0, end_day=last, next_start_day=pd.array([pd.NA] * 6, "Int32"), reason=few,
            sessions=[len(days) for days in SESSIONS.values()],
        ),
        "series_sessions": sessions,
        "endpoints": people.assign(instrument="phq9", axis="baseline", baseline=[20.0, 20, 20, 20, 20, np.nan]),
        "cohort": people.assign(included=True),
    }  # fmt: skip


@pytest.fixture(scope="module")
def looks(tables, study):
    return find_looks(tables, "phq9", study)


def test_looks_come_after_the_first_session_and_know_how_many_they_follow(looks):
    own = looks.rows[looks.rows["person"] == 0]
    assert own["session"].tolist() == [1, 2, 3, 5, 6]  # a score of a session's day was answered before it
    assert own["near"].tolist() == [True, True, True, True, True]
    assert looks.rows.loc[looks.rows["person"] == 3, "day"].tolist() == [3, 7, 20]  # that of day 0 is the baseline's
    assert looks.rows.loc[looks.rows["person"] == 2, "near"].tolist() == [False]  # 40 days after the only session
    assert len(looks.people) == 5  # the sixth has no baseline


def test_a_score_of_a_session_day_may_come_after_it(tables, study):
    after = study.model_copy(update={"baseline": study.baseline.model_copy(update={"same_day": "after"})})
    own = find_looks(tables, "phq9", after).rows
    assert own.loc[own["person"] == 0, "session"].tolist() == [2, 3, 4, 6, 6]
    assert own.loc[own["person"] == 3, "day"].tolist() == [0, 3, 7, 20]


def test_windows_say_what_two_weeks_of_recall_cannot(looks, study):
    table = tabulate_looks(looks, ARMS, "phq9", study).set_index("window")
    assert table["scored"].tolist() == [0, 3, 3]  # patients 1, 4 and 5; patient 2 is first seen on day 8
    assert table["patients"].tolist() == [5, 5, 5]
    assert not table["answerable"].any()
    assert table["responded"].isna().all()
    assert table.loc["72 hours", "overlap_days"] == 11


def test_a_day_of_recall_answers_for_a_day(looks, study):
    day = study.instrument("phq9").model_copy(update={"recall_days": 3})
    short = study.model_copy(update={"own_instruments": {"phq9": day}})
    table = tabulate_looks(looks, ARMS, "phq9", short).set_index("window")
    assert table["answerable"].tolist() == [False, True, True]
    assert table["responded"].tolist()[1:] == [0, 2]  # patients 1 and 5, on days 7 and 4
    assert table.loc["7 days", "responded_proportion"] == 2 / 3


def test_first_and_confirmed_onset_by_hand(looks):
    first = find_onset(looks, "response", "first", "day")
    assert first.without.tolist() == [3, 0, 0, 7, 3]
    assert first.seen.tolist() == [7, 8, 40, 20, 4]
    assert first.stopped.tolist() == [False, False, True, False, False]  # one session; day 40 is long after it
    sure = find_onset(looks, "response", "confirmed", "day")
    assert sure.seen.tolist() == [7, np.inf, np.inf, np.inf, np.inf]
    assert sure.without.tolist() == [3, 12, 0, 7, 3]  # a last score with a response says nothing of a confirmed one
    by_session = find_onset(looks, "response", "first", "session")
    assert by_session.seen.tolist() == [2, 2, np.inf, 3, 2]
    assert by_session.without.tolist() == [1, 0, 0, 2, 1]


def test_two_looks_after_one_session_are_before_and_after_it():
    people = pd.DataFrame({"arm": ["iv"], "last_session": [0], "early": [False]})
    rows = pd.DataFrame({"person": 0, "day": [2, 5], "session": 1, "near": True, "response": [False, True]})
    onset = find_onset(Looks(people, rows), "response", "first", "session")
    assert (onset.without[0], onset.seen[0]) == (0, 1)


def test_who_stops_early_never_begins(looks):
    found = limit_onset(find_onset(looks, "response", "first", "day"), 44.0)
    assert found.lower.tolist() == [3, 0, 44, 7, 3]
    assert found.upper.tolist() == [7, 8, np.inf, 20, 4]
    table = tabulate_onset(looks, ARMS, "phq9", ("response",), [1])
    last = table[(table["onset"] == "first") & (table["axis"] == "day") & (table["time"] == 42)].iloc[0]
    assert (last["patients"], last["looked"], last["begun"]) == (5, 5, 4)
    assert last["probability"] == pytest.approx(0.8)
    assert not table.duplicated(list(KEY)).any()


def test_who_is_in_remission_already_cannot_remit(looks):
    people = looks.people.assign(remitted_before=[True, False, False, False, False])
    assert len(choose_people(Looks(people, looks.rows), "remission", "iv").people) == 4
    assert len(choose_people(Looks(people, looks.rows), "response", "iv").people) == 5


def test_an_instrument_without_a_cut_off_has_no_onset(study):
    assert list_endpoints("phq9", study) == ("response", "remission")
    assert list_endpoints("phq8", study) == ()


def test_late_response_by_hand(looks):
    table = tabulate_late_response(looks, ARMS, "phq9").set_index("session")
    first = table.loc[1]  # not in response after session 1: patients 1, 4 and 5 (day 3, before session 2); all went on
    assert (first["went_on"], first["looked"], first["responded"]) == (3, 3, 3)
    assert first["further_sessions"] == 3  # 5, 2, and 3
    third = table.loc[3]  # patient 2, whose score of day 12 follows the third session; no further session
    assert third["went_on"] == 0
    assert np.isnan(third["proportion"])


def test_columns_are_those_declared(looks, study):
    made = tabulate_looks(looks, ARMS, "phq9", study), tabulate_late_response(looks, ARMS, "phq9")
    made += (tabulate_onset(looks, ARMS, "phq9", ("response", "remission"), [1]),)
    for table, declared in zip(made, (OnsetLooks, LateResponse, OnsetTable), strict=True):
        assert set(table.columns) == set(declared.columns)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_estimate_is_the_one_of_plain_self_consistency(seed):
    """Turnbull's own iteration over all days (10.1111/j.2517-6161.1976.tb01597.x), a mass for each, thousands of times."""
    rng = np.random.default_rng(seed)
    without = rng.integers(0, 30, 80).astype(float)
    seen = without + rng.integers(1, 9, 80)
    seen[rng.random(80) < 0.3] = np.inf
    times = np.arange(1.0, 36.0)
    ours = estimate_onset(Onset(without, seen, np.zeros(80, bool), np.ones(80, bool)), times, rng, blur=0)[0]
    days = np.arange(1.0, 40.0)  # the last stands for later, or never
    last = np.where(seen > times[-1], np.inf, seen)
    may = (days > without[:, None]) & ((days <= last[:, None]) | np.isinf(last)[:, None])
    masses = np.full(len(days), 1 / len(days))
    for _ in range(60_000):
        weights = may * masses
        masses = (weights / weights.sum(axis=1, keepdims=True)).mean(axis=0)
    ends = [
        end
        for end in np.unique(last[np.isfinite(last)])
        if not np.any((last < end) & (last > without[without < end].max()))
    ]
    assert len(ends) > 3
    for time in ends:  # within an interval the data do not say where the mass lies
        assert ours[times == time][0] == pytest.approx(masses[days <= time].sum(), abs=2e-5)


@pytest.mark.parametrize("seen", [np.full(12, np.inf), np.full(12, 3.0)])
def test_none_and_all(seen):
    onset = Onset(np.where(np.isfinite(seen), 2.0, 30.0), seen, np.zeros(12, bool), np.ones(12, bool))
    share, lower, upper = estimate_onset(onset, np.array([10.0]), np.random.default_rng(1))
    assert share[0] == np.isfinite(seen[0])
    assert lower[0] <= share[0] <= upper[0]
    assert upper[0] - lower[0] > 0.1


def test_days_between_two_common_looks_are_not_told():
    """Twenty patients, all looked at on days 7 and 28: none has it on day 7, half on day 28. Day 14 may have none of them or ten."""
    seen = np.where(np.arange(20) < 10, 28.0, np.inf)
    onset = Onset(np.where(seen < 50, 7.0, 28.0), seen, np.zeros(20, bool), np.ones(20, bool))
    share, lower, upper = estimate_onset(onset, np.array([5.0, 7, 10, 14, 21, 28, 42]), np.random.default_rng(1), 0.0)
    np.testing.assert_allclose(share, [0, 0, np.nan, np.nan, np.nan, 0.5, np.nan], atol=1e-9)
    assert (np.isnan(lower) == np.isnan(share)).all()
    assert (np.isnan(upper) == np.isnan(share)).all()
    spread = Onset(np.arange(20.0), np.arange(20.0) + 3, np.zeros(20, bool), np.ones(20, bool))
    assert np.isfinite(estimate_onset(spread, np.array([7.0, 14]), np.random.default_rng(1))[0]).all()


def test_nobody_looked_at_is_no_estimate():
    onset = Onset(np.zeros(9), np.full(9, np.inf), np.zeros(9, bool), np.zeros(9, bool))
    assert np.isnan(estimate_onset(onset, np.array([10.0]), np.random.default_rng(1))).all()


def test_the_interval_holds_the_truth_as_often_as_it_says(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from coverage_of_onset import TIMES, compute_truth, draw_clinic

    truth, inside = compute_truth(TIMES), []
    for clinic in range(60):
        rng = np.random.default_rng([9, clinic])
        _, lower, upper = estimate_onset(draw_clinic(150, rng), TIMES, rng)
        inside.append((lower <= truth) & (truth <= upper))
    assert np.mean(inside) > 0.88
    committed = pd.read_csv(BENCHMARKS / "coverage.csv")
    assert committed["covered"].between(0.90, 0.99).all()
    assert committed["covered"].mean() == pytest.approx(0.95, abs=0.02)
