"""Which score belongs to which session, day window, visit, or clean window, by hand."""

import numpy as np
import pytest
from measured import ARMS, assessments, at, at_visits, daily, define, run, sessions

from outcomes.contracts import check_table
from outcomes.errors import SettingsError
from outcomes.settings import Arm, Baseline, SeriesRules, Timepoints, Visit, Window

SIX = [(1, day, "iv") for day in (0, 3, 7, 10, 14, 17)]


def place(answered, treated=SIX, same_day="before", visits=(), **timepoints):
    """Endpoints of patient 1 from (day, total)."""
    points = Timepoints(**{"clean_window": None, **timepoints})
    definitions = define(timepoints=points, baseline=Baseline(same_day=same_day), visits=visits)
    tables = run(sessions(treated), daily([(1, *row) for row in answered]), definitions)
    return check_table(tables["endpoints"], "endpoints")


@pytest.mark.parametrize(
    ("day", "same_day", "session"),
    [
        (0, "before", None),  # the baseline
        (0, "after", 1),
        (1, "before", 1),
        (3, "before", 1),  # the day of session 2, answered before it
        (3, "after", 2),
        (4, "before", 2),
        (16, "before", 5),
        (17, "after", 6),
        (31, "before", 6),  # 14 days after the last session
        (32, "before", None),
    ],
)
def test_a_score_belongs_to_the_last_session_before_it(day, same_day, session):
    table = place([(day, 9)], same_day=same_day, sessions=range(1, 7)).query("axis == 'session'")
    assert table["reached"].all()
    observed = table.dropna(subset=["score"])["time"].tolist()
    assert observed == ([] if session is None else [session])


def test_last_score_between_two_sessions_counts():
    table = place([(4, 12), (5, 11), (7, 10), (8, 9)], sessions=(2,))
    assert at(table, "session 2") == 10  # day 7: before session 3
    assert at(table, "session 2", "score_day") == 7


def test_session_that_was_not_reached():
    table = place([(1, 12), (40, 5)], treated=SIX[:2], sessions=(2, 3), session_days=60)
    assert at(table, "session 2") == 5
    assert at(table, "session 3", "reached") == np.False_
    assert at(table, "session 3") is None


def test_session_days_end_a_long_wait_within_the_series():
    treated = [(1, 0, "iv"), (1, 25, "iv")]
    assert at(place([(15, 9)], treated, sessions=(1,)), "session 1") is None
    assert at(place([(14, 9)], treated, sessions=(1,)), "session 1") == 9


@pytest.mark.parametrize(("day", "counts"), [(50, True), (51, False)])
def test_scores_after_the_next_series_has_started_do_not_count(day, counts):
    treated = [(1, 0, "iv"), (1, 50, "iv")]
    timepoints = {"sessions": (1,), "session_days": 90, "days": (Window(day=50, before=9, after=9),)}
    table = place([(day, 9)], treated, **timepoints, clean_window=(14, 60))
    for timepoint in ("session 1", "day 50", "clean window"):
        assert (at(table, timepoint) is not None) == counts, timepoint
    assert at(table, "session 1", series=2) == (None if counts else 9)


def test_two_sessions_on_one_day_share_no_score():
    treated = [(1, 0, "iv"), (1, 0, "iv"), (1, 4, "iv")]
    definitions = define(timepoints=Timepoints(sessions=(1, 2), clean_window=None), series=separate())
    table = run(sessions(treated), daily([(1, 2, 9)]), definitions)["endpoints"]
    assert [at(table, "session 1"), at(table, "session 2")] == [None, 9]


def separate():
    return SeriesRules(same_day="separate")


@pytest.mark.parametrize(
    ("answered", "score"),
    [
        ([(21, 9), (27, 8), (30, 7)], 8),  # 1 day off, not 2
        ([(26, 9), (30, 7)], 7),  # both 2 days off: the later
        ([(20, 9), (36, 7)], None),  # outside 21 to 35
        ([(21, 9)], 9),
        ([(35, 9)], 9),
        ([(27, None), (22, 6)], 6),  # unanswered ones do not count
    ],
)
def test_day_window_takes_the_nearest(answered, score):
    assert at(place(answered, days=(Window(day=28, before=7, after=7),)), "day 28") == score


def test_day_window_never_reaches_back_before_treatment():
    window = (Window(day=1, before=5, after=1),)
    assert at(place([(-1, 20), (0, 19)], days=window), "day 1") is None
    assert at(place([(0, 19)], days=window, same_day="after"), "day 1") == 19


def test_days_count_from_the_series_first_session():
    treated = [(1, 0, "iv"), (1, 100, "iv")]
    table = place([(128, 9)], treated, days=(Window(day=28, before=7, after=7),))
    assert at(table, "day 28", series=1) is None
    assert at(table, "day 28", series=2) == 9
    assert at(table, "day 28", "score_day", series=2) == 28


@pytest.mark.parametrize(("day", "counts"), [(30, False), (31, True), (48, True), (49, False)])
def test_clean_window_is_14_to_31_days_after_induction(day, counts):
    table = place([(day, 9)], clean_window=(14, 31))  # last induction session on day 17: days 31 to 48
    assert (at(table, "clean window") is not None) == counts


def test_clean_window_counts_from_the_last_induction_session_not_a_booster():
    treated = [*SIX, (1, 38, "iv")]
    table = place([(33, 9), (40, 5)], treated, clean_window=(14, 31))
    assert at(table, "clean window") == 9  # the first in the window
    assert at(table, "clean window", "score_day") == 33


@pytest.mark.parametrize(("same_day", "score"), [("before", 5), ("after", 9)])
def test_clean_window_from_day_0_starts_after_the_last_induction_session(same_day, score):
    table = place([(17, 9), (18, 5)], same_day=same_day, clean_window=(0, 31))  # session 6 is on day 17
    assert at(table, "clean window") == score


@pytest.mark.parametrize(("day", "overlap"), [(3, 11), (13, 1), (14, 0), (17, 0)])
def test_recall_overlap(day, overlap):
    # 14 days of recall; a score on day 3 looks back over 3 days of treatment and 11 before it
    table = place([(day, 9)], days=(Window(day=10, before=9, after=9),))
    assert at(table, "day 10", "recall_overlap_days") == overlap
    assert at(table, "baseline", "recall_overlap_days") is None


def test_two_questionnaires_on_one_day_at_different_visits():
    rows = [(1, "phq9", 9, "a", 12), (1, "phq9", 9, "b", 7)]
    definitions = define(timepoints=Timepoints(days=(Window(day=9, before=1, after=1),), clean_window=(0, 31)))
    table = run(sessions([(1, 0, "iv")]), assessments(rows), definitions)["endpoints"]
    assert [at(table, "day 9"), at(table, "clean window")] == [7, 7]  # the last by visit, on every axis


VISITS = (
    Visit(label="0", name="month 0", time=0, baseline=True),
    Visit(label="1", name="month 1", time=1),
    Visit(label="one", name="month 1", time=1),
    Visit(label="end", name="end"),
    Visit(label="odd", used=False, reason="no month of its own"),
)


def visit(rows, visits=VISITS, named=("month 0", "month 1", "end"), arms=ARMS[:1]):
    points = Timepoints(visits=named, clean_window=None)
    definitions = define(timepoints=points, series=SeriesRules(origin="visits"), visits=visits)
    tables = run(sessions([]), at_visits(rows), definitions, arms=arms, protocols={})
    return check_table(tables["endpoints"], "endpoints")


def test_visits_by_label_and_by_name():
    table = visit([(1, "0", 20), (1, "month 1", 15), (1, "end", 8), (2, "one", 9)])
    assert [at(table, name) for name in ("month 0", "month 1", "end")] == [20, 15, 8]
    assert at(table, "month 1", patient=2) == 9
    assert at(table, "end", "time") is None
    assert len(table) == 2 * 3  # the baseline visit has one row, on the axis baseline
    assert set(table.query("timepoint == 'month 0'")["axis"]) == {"baseline"}


def test_visit_that_is_not_used():
    assert visit([(1, "odd", 3)])["score"].isna().all()
    with pytest.raises(SettingsError, match="'odd' is not among the visits that are used"):
        visit([], named=("odd",))


def test_crossover_series_have_the_visits_of_their_arm_only():
    visits = (
        VISITS[0],
        Visit(label="k2", name="day 2", arm="iv"),
        Visit(label="k9", name="day 9", arm="iv"),
        Visit(label="e2", name="day 2", arm="esketamine"),
    )
    table = visit([(1, "0", 30), (1, "k2", 10), (1, "e2", 20)], visits, ("day 2", "day 9"), ARMS)
    rows = table[["arm", "timepoint", "score"]].fillna({"score": -1}).to_numpy().tolist()
    assert rows == [
        ["iv", "month 0", 30],
        ["iv", "day 2", 10],
        ["iv", "day 9", -1],
        ["esketamine", "month 0", 30],
        ["esketamine", "day 2", 20],
    ]


def test_visit_labels_beside_dated_sessions():
    # the visit of the second series is another one, though it bears the same label
    visits = (Visit(label="w4", name="week 4", time=4),)
    rows = [(1, "phq9", 28, "w4", 9), (1, "phq9", 128, "w4", 5)]
    definitions = define(timepoints=Timepoints(visits=("week 4",), clean_window=None), visits=visits)
    treated = sessions([(1, 0, "iv"), (1, 100, "iv")])
    table = run(treated, assessments(rows), definitions)["endpoints"]
    assert [at(table, "week 4", series=series) for series in (1, 2)] == [9, 5]


def test_every_series_instrument_and_time_point_is_a_row():
    treated = sessions([(1, 0, "iv"), (1, 50, "iv"), (2, 0, "esketamine")])
    points = Timepoints(sessions=(1, 10), days=(Window(day=7, before=1, after=1),))
    definitions = define(("phq9", "gad7"), timepoints=points)
    table = run(treated, daily([]), definitions)["endpoints"]
    assert len(table) == 3 * 2 * (1 + 2 + 1 + 1)
    assert table["score"].isna().all()
    assert table.query("timepoint == 'session 10'")["reached"].eq(False).all()


def test_more_arms_than_two_and_an_instrument_without_cutoffs():
    arms = [Arm(id=name, label=name) for name in "abc"]
    treated = sessions([(1, 0, "a"), (2, 0, "b"), (3, 0, "c")])
    definitions = define(("cadss",), timepoints=Timepoints(sessions=(1,), clean_window=None))
    answered = daily([(patient, day, 30 + day) for patient in (1, 2, 3) for day in (0, 1)], "cadss")
    tables = run(treated, answered, definitions, arms=arms, protocols={})
    rows = tables["endpoints"].query("axis == 'session'")
    assert rows["arm"].tolist() == ["a", "b", "c"]
    assert rows["change"].tolist() == [1, 1, 1]
    assert rows[["response", "remission"]].isna().all(axis=None)
