"""Who is analysed and why not, and when an endpoint was first seen, by hand."""

import pandas as pd
import pytest
from measured import at_visits, daily, define, patients, run, sessions

from outcomes.contracts import check_table
from outcomes.errors import SettingsError
from outcomes.measures.cohort import leave_out_small_arms
from outcomes.settings import Arm, Baseline, Population, SeriesRules, Visit

FOUR = (0, 3, 7, 10)


def treat(*patients_days):
    """IV sessions: for each patient the days."""
    return sessions([(n, day, "iv") for n, days in enumerate(patients_days, start=1) for day in days])


def exclusions(treated, answered, people=None, **parts):
    tables = run(treated, daily(answered), define(**parts), people)
    cohort = check_table(tables["cohort"], "cohort")
    assert (cohort["included"] == cohort["exclusion"].isna()).all()
    return [None if pd.isna(reason) else reason for reason in cohort["exclusion"]]


def test_new_users_only():
    treated = treat((0, 3, 60, 90, 130), (0,))
    assert exclusions(treated, []) == [None, "not_first_series", "not_first_series", None]
    assert exclusions(treated, [], series=SeriesRules(use="all")) == [None] * 4


def test_population_by_a_column_of_the_patients():
    people = patients(
        4,
        group=pd.Series(["MDD", "BP", None, "HC"], dtype="str").astype("category"),
        failed=[2.0, 2.0, 2.0, None],
        veteran=pd.array([True, False, None, True], dtype="boolean"),
    )
    treated = treat((0,), (0,), (0,), (0,))

    def included(**include):
        found = exclusions(treated, [], people, population=Population(include=include))
        return [reason is None for reason in found]

    assert included(group=("MDD", "HC")) == [True, False, False, True]
    assert included(failed=("2",)) == [True, True, True, False]
    assert included(veteran=("true",)) == [True, False, False, True]
    with pytest.raises(SettingsError, match="no column 'missing'"):
        included(missing=("x",))


def test_protocol_is_counted_always_and_required_on_demand():
    treated = treat(FOUR, (0, 3))
    assert exclusions(treated, []) == [None, None]
    required = SeriesRules(require_protocol=True)
    assert exclusions(treated, [], series=required) == [None, "protocol:too_few_sessions"]


def test_entry_threshold_and_baseline():
    treated = treat((0,), (0,), (0,))
    answered = [(1, -1, 10), (2, -1, 9)]
    assert exclusions(treated, answered) == [None, None, None]
    assert exclusions(treated, answered, baseline=Baseline(minimum={"phq9": 10})) == [
        None,
        "below_entry_threshold",
        "no_baseline",  # a threshold that cannot be checked is not met
    ]
    assert exclusions(treated, answered, population=Population(require_baseline=True)) == [None, None, "no_baseline"]


def test_first_reason_in_the_declared_order():
    people = patients(1, group=pd.Series(["HC"], dtype="str").astype("category"))
    strict = {
        "series": SeriesRules(require_protocol=True),
        "population": Population(include={"group": ("MDD",)}, require_baseline=True),
        "baseline": Baseline(minimum={"phq9": 10}),
    }
    assert exclusions(treat((0, 60)), [], people, **strict) == ["population:group", "not_first_series"]


def times(answered, endpoint="response", days=FOUR, **parts):
    """Event, day, last day without, and sessions had, of patient 1."""
    tables = run(treat(days), daily([(1, *row) for row in answered]), define(**parts))
    row = check_table(tables["times"], "times").query("endpoint == @endpoint and patient == 1 and series == 1").iloc[0]
    return [None if pd.isna(row[name]) else row[name] for name in ("event", "day", "last_without", "session")]


@pytest.mark.parametrize(
    ("answered", "seen"),
    [
        # baseline 20: a response is 10 or less; sessions on days 0, 3, 7, 10
        ([(-1, 20), (2, 18), (5, 12), (9, 10), (12, 18)], [True, 9, 5, 3]),  # on day 9 three sessions were had
        ([(-1, 20), (2, 9)], [True, 2, 0, 1]),  # the first score: the baseline was without
        ([(-1, 20), (2, 18), (12, 15)], [False, 12, 12, 4]),  # never: the last score
        ([(-1, 20)], [False, None, None, None]),  # no score after the first session
        ([(2, 9)], [False, None, None, None]),  # no baseline, so no response
        ([(-1, 20), (3, 9)], [True, 3, 0, 1]),  # answered before session 2 of that day
    ],
)
def test_first_response(answered, seen):
    assert times(answered) == seen


@pytest.mark.parametrize(
    ("answered", "seen"),
    [
        ([(-1, 20), (2, 5), (5, 4)], [True, 5, 2, 2]),
        ([(-1, 4), (2, 3)], [True, 2, None, 1]),  # in remission at baseline: no score without it
        ([(2, 3)], [False, None, None, None]),  # no baseline: nobody was seen ill
        ([(0, 14), (2, 9), (5, 3)], [True, 5, 2, 2]),
    ],
)
def test_first_remission(answered, seen):
    assert times(answered, "remission") == seen


def test_score_on_a_session_day_answered_after_it():
    assert times([(-1, 20), (3, 9)], baseline=Baseline(same_day="after")) == [True, 3, 0, 2]


def test_times_end_where_the_next_series_starts():
    assert times([(-1, 20), (20, 18), (61, 3)], days=(0, 60)) == [False, 20, 20, 1]


def test_times_of_visits_know_the_event_and_no_day():
    visits = (Visit(label="0", baseline=True), Visit(label="1"), Visit(label="2"))
    definitions = define(series=SeriesRules(origin="visits"), visits=visits)
    answered = at_visits([(1, "0", 20), (1, "1", 15), (1, "2", 9), (2, "0", 20), (2, "1", 15)])
    arms = [Arm(id="a", label="A")]
    table = run(sessions([]), answered, definitions, arms=arms, protocols={})["times"]
    check_table(table, "times")
    assert table.query("endpoint == 'response'")["event"].tolist() == [True, False]
    assert table["day"].isna().all()


class TestSmallArms:
    """Three patients in one arm, twelve in another: with fewer than eleven, nothing of the first would be shown."""

    COHORT = pd.DataFrame(
        {
            "patient": pd.array(range(1, 16), dtype="int32"),
            "series": pd.array([1] * 15, dtype="int16"),
            "arm": pd.Categorical(["im"] * 3 + ["iv"] * 12),
            "included": [True] * 14 + [False],
            "exclusion": pd.Categorical([None] * 14 + ["no_baseline"]),
        }
    )

    def test_a_small_arm_is_left_out_and_counted(self):
        cohort = leave_out_small_arms(self.COHORT, 11)
        assert cohort["included"].tolist() == [False] * 3 + [True] * 11 + [False]
        assert cohort["exclusion"].astype(object).tolist()[:3] == ["small_arm"] * 3
        assert cohort["exclusion"].iloc[14] == "no_baseline"

    def test_one_that_is_compared_stays_and_so_do_all_where_all_are_small(self):
        pd.testing.assert_frame_equal(leave_out_small_arms(self.COHORT, 11, ("im", "iv")), self.COHORT)
        pd.testing.assert_frame_equal(leave_out_small_arms(self.COHORT, 20), self.COHORT)
