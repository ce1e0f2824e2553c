"""Which score is the baseline, by hand. First session on day 0 unless said otherwise."""

import pytest
from measured import at, at_visits, daily, define, run, sessions

from outcomes.contracts import check_table
from outcomes.instruments import read_instruments
from outcomes.settings import Baseline, SeriesRules, Visit

ONE = [(1, 0, "iv")]


def baseline(answered, treated=ONE, column="score", series=1, instrument="phq9", **rule):
    """The baseline score of patient 1 from (day, total)."""
    rows = daily([(1, day, total) for day, total in answered], instrument)
    tables = run(sessions(treated), rows, define((instrument,), baseline=Baseline(**rule)))
    return at(check_table(tables["endpoints"], "endpoints"), "baseline", column, series=series)


@pytest.mark.parametrize(
    ("rule", "score", "day"),
    [("last", 15, -1), ("mean", 16, -1), ("worst", 19, -6)],  # mean of 14, 19, 15 = 48/3
)
def test_rules(rule, score, day):
    answered = [(-9, 14), (-6, 19), (-1, 15), (2, 27)]
    assert baseline(answered, rule=rule) == score
    assert baseline(answered, rule=rule, column="score_day") == day


def test_worst_is_the_lowest_where_high_is_good():
    assert baseline([(-9, 60), (-6, 20), (-1, 40)], instrument="who5", rule="worst") == 20


def test_worst_takes_the_latest_of_several_as_bad():
    assert baseline([(-9, 19), (-6, 19), (-1, 15)], rule="worst", column="score_day") == -6


@pytest.mark.parametrize(("day", "within"), [(-14, True), (-15, False), (0, True), (1, False)])
def test_window_is_two_weeks_up_to_the_first_session(day, within):
    assert (baseline([(day, 18)]) is not None) == within


@pytest.mark.parametrize(("same_day", "score"), [("before", 12), ("after", 18)])
def test_questionnaire_of_the_first_session_day(same_day, score):
    assert baseline([(-3, 18), (0, 12)], same_day=same_day) == score


def test_unanswered_questionnaire_is_no_baseline():
    assert baseline([(-3, 18), (-1, None)]) == 18


def test_no_score_before_the_first_session():
    assert baseline([(3, 18)]) is None


def test_sessions_before_any_score_do_not_borrow_a_later_one():
    assert baseline([(2, 18), (5, 16)], treated=[(1, -40, "iv"), (1, 0, "iv")], series=1) is None


REINDUCED = [(1, 0, "iv"), (1, 3, "iv"), (1, 40, "iv")]


@pytest.mark.parametrize(
    ("day", "same_day", "counts"),
    [
        (3, "before", False),  # the last session of the first series is on day 3: answered before it
        (3, "after", True),  # answered after it
        (4, "before", True),
        (2, "after", False),
    ],
)
def test_baseline_of_reinduction_does_not_reach_into_the_series_before(day, same_day, counts):
    score = baseline([(day, 18)], REINDUCED, series=2, within_days=60, same_day=same_day)
    assert (score is not None) == counts


def test_no_room_for_a_baseline_when_the_arm_changes_on_one_day():
    treated = [(1, 0, "iv"), (1, 0, "esketamine")]
    assert baseline([(0, 18)], treated, series=1) == 18
    assert baseline([(0, 18)], treated, series=2) is None


def test_baseline_visits():
    visits = (Visit(label="screen", baseline=True), Visit(label="start", baseline=True), Visit(label="m1", time=1))
    answered = at_visits([(1, "screen", 20), (1, "start", 17), (1, "m1", 4)])
    for rule, score in {"last": 17, "mean": 18.5, "worst": 20}.items():
        definitions = define(baseline=Baseline(rule=rule), series=SeriesRules(origin="visits"), visits=visits)
        tables = run(sessions([]), answered, definitions, arms=[arm("iv")], protocols={})
        assert at(tables["endpoints"], "baseline") == score  # two names, so the row is called baseline


def test_baseline_row_bears_the_name_and_time_of_the_only_baseline_visit():
    visits = (Visit(label="0", name="month 0", time=0, baseline=True),)
    definitions = define(series=SeriesRules(origin="visits"), visits=visits)
    tables = run(sessions([]), at_visits([(1, "0", 20)]), definitions, arms=[arm("iv")], protocols={})
    assert at(tables["endpoints"], "month 0") == 20
    assert at(tables["endpoints"], "month 0", "time") == 0


def test_an_arm_may_have_a_baseline_visit_of_its_own():
    visits = (
        Visit(label="b", baseline=True),
        Visit(label="pb", baseline=True, arm="placebo"),
        Visit(label="k", arm="ketamine"),
        Visit(label="p", arm="placebo"),
    )
    answered = at_visits([(1, "b", 30), (1, "pb", 25), (1, "k", 9), (1, "p", 20)])
    definitions = define(series=SeriesRules(origin="visits"), visits=visits)
    arms = [arm("ketamine"), arm("placebo")]
    tables = run(sessions([]), answered, definitions, arms=arms, protocols={})
    assert [at(tables["endpoints"], "baseline", series=series) for series in (1, 2)] == [30, 25]


def test_cross_section_without_visits_takes_every_score():
    definitions = define(series=SeriesRules(origin="none"))
    tables = run(sessions([]), at_visits([(1, "any", 20)]), definitions, arms=[arm("iv")], protocols={})
    assert at(tables["endpoints"], "baseline") == 20
    assert at(tables["endpoints"], "baseline", "baseline") is None


def arm(name):
    from outcomes.settings import Arm

    return Arm(id=name, label=name)


def test_ideation_at_baseline_is_that_of_the_baseline_score():
    from measured import assessments

    answers = {-6: [3] * 8 + [2], -1: [1] * 8 + [0]}  # totals 26 and 8
    rows = [(1, "phq9", day, None, None, *items) for day, items in answers.items()]
    for rule, ideation in {"worst": 2, "last": 0, "mean": 0}.items():
        tables = run(sessions(ONE), assessments(rows, items=9), define(baseline=Baseline(rule=rule)))
        assert at(tables["endpoints"], "baseline", "ideation") == ideation
        assert at(tables["endpoints"], "baseline", "baseline_ideation") == ideation
    assert read_instruments()["phq9"].named_items == {"ideation": 9}
