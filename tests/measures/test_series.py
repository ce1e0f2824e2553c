"""How sessions form series, by hand; the days of every example are written out."""

import pandas as pd
import pytest
from measured import ARMS, PROTOCOLS, assessments, at_visits, daily, patients, sessions

from outcomes.contracts import check_table
from outcomes.errors import SettingsError
from outcomes.measures.series import derive_series
from outcomes.settings import Arm, SeriesRules, Visit


def derive(rows, arms=ARMS, protocols=PROTOCOLS, **rules):
    """Series and their sessions from (patient, day, treatment)."""
    table = sessions(rows)
    people = patients(int(table["patient"].max()) if len(table) else 0)
    series, placed = derive_series(table, daily([]), people, arms, protocols, SeriesRules(**rules), ())
    return check_table(series, "series"), check_table(placed, "series_sessions")


def course(*days, treatment="iv", patient=1):
    return [(patient, day, treatment) for day in days]


def test_six_infusions_and_a_booster():
    series, placed = derive(course(0, 3, 7, 10, 14, 17, 38))  # gap to the booster: 21 days, not above 30; day 38 > 28
    assert series.iloc[0].drop(["reason", "next_start_day"]).to_dict() == {
        "patient": 1,
        "series": 1,
        "arm": "iv",
        "start_day": 0,
        "induction_end_day": 17,
        "end_day": 38,
        "sessions": 7,
        "induction_sessions": 6,
        "maintenance_sessions": 1,
        "complies": True,
        "switched": False,
    }
    assert placed["session"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert placed["phase"].tolist() == ["induction"] * 6 + ["maintenance"]
    assert placed["series_day"].tolist() == [0, 3, 7, 10, 14, 17, 38]


def test_sessions_beyond_the_most_that_count_are_maintenance():
    # IV: at most eight sessions count as induction, however early the ninth is
    series, placed = derive(course(*range(0, 27, 3)))  # 0, 3 … 24: nine within 28 days
    assert series[["induction_sessions", "induction_end_day", "complies"]].to_numpy().tolist() == [[8, 21, True]]
    assert placed["phase"].tolist()[-1] == "maintenance"


@pytest.mark.parametrize(("gap", "n"), [(30, 1), (31, 2)])
def test_a_gap_of_more_than_thirty_days_starts_a_new_series(gap, n):
    series, _ = derive(course(0, gap))
    assert len(series) == n


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        ((0, 3, 7), "too_few_sessions"),  # three of at least four
        ((0, 14, 28, 42), "too_long"),  # four, but the fourth after day 28
        ((0, 1, 2, 3), "too_short"),  # four in 3 days, of at least 7
        ((0, 3, 5, 7), None),  # four in exactly 7 days
        ((0, 10, 20, 28), None),  # four in exactly 28 days
    ],
)
def test_why_a_series_fails_its_protocol(days, reason):
    series, _ = derive(course(*days))
    assert (None if series["complies"][0] else series["reason"][0]) == reason


def test_change_of_arm_inside_a_series():
    rows = course(0, 3) + course(7, 10, treatment="esketamine") + course(14)
    series, placed = derive(rows)
    assert series["arm"].tolist() == ["iv", "esketamine", "iv"]
    assert series["switched"].tolist() == [True, True, False]
    assert series["next_start_day"].tolist() == [7, 14, pd.NA]
    assert placed["session"].tolist() == [1, 2, 1, 2, 1]

    series, placed = derive(rows, change_of_arm="same_series")
    assert series[["arm", "sessions", "switched"]].to_numpy().tolist() == [["iv", 5, False]]
    assert set(placed["arm"]) == {"iv"}


def test_return_after_a_long_pause_in_another_arm_is_no_switch():
    series, _ = derive(course(0, 3) + course(60, treatment="esketamine"))  # 57 days later
    assert series["switched"].tolist() == [False, False]


@pytest.mark.parametrize(("pause", "switched"), [(30, True), (31, False)])
def test_a_switch_is_a_change_within_the_gap(pause, switched):
    series, _ = derive(course(0) + course(pause, treatment="esketamine"))
    assert series["switched"].tolist() == [switched, False]


def test_reinduction_starts_again_from_session_one():
    series, placed = derive(course(0, 3, 7, 10) + course(100, 103))
    assert series[["series", "start_day", "sessions"]].to_numpy().tolist() == [[1, 0, 4], [2, 100, 2]]
    assert placed["series_day"].tolist() == [0, 3, 7, 10, 0, 3]


def test_two_records_on_one_day():
    rows = course(0, 0, 3)
    one, placed = derive(rows)
    assert one["sessions"].tolist() == [2]
    assert placed["ordinal"].tolist() == [1, 1]
    separate, placed = derive(rows, same_day="separate")
    assert separate["sessions"].tolist() == [3]
    assert placed["session"].tolist() == [1, 2, 3]


def test_a_repeated_record_is_found_behind_another_treatment():
    rows = [(1, 0, "iv"), (1, 0, "esketamine"), (1, 0, "iv")]
    series, placed = derive(rows, change_of_arm="same_series")
    assert placed["ordinal"].tolist() == [1, 2]
    assert series["sessions"].tolist() == [2]


def test_treatments_of_no_arm_are_left_out_and_counted(caplog):
    caplog.set_level("INFO")
    series, placed = derive(course(0, treatment="saline") + course(5, 8))
    assert series["start_day"].tolist() == [5]
    assert len(placed) == 2
    assert "left out 1 of 3 sessions" in caplog.text


def test_an_arm_of_several_treatments_and_no_protocol():
    arms = (Arm(id="any", label="Any", treatments=("iv", "esketamine")),)
    series, placed = derive(course(0, 400) + course(3, treatment="esketamine"), arms, {}, gap_days=500)
    assert series[["arm", "sessions", "induction_sessions", "complies"]].to_numpy().tolist() == [["any", 3, 3, True]]
    assert set(placed["phase"]) == {"induction"}


def test_a_treatment_means_one_arm():
    arms = (Arm(id="a", label="A", treatments=("iv",)), Arm(id="iv", label="IV"))
    with pytest.raises(SettingsError, match="'iv' is named by both 'a' and 'iv'"):
        derive(course(0), arms)


def test_further_columns_of_a_session_pass_through():
    table = sessions(course(0, 3)).assign(dose_mg=[35.0, 40.0])
    _, placed = derive_series(table, daily([]), patients(1), ARMS, PROTOCOLS, SeriesRules(), ())
    assert placed["dose_mg"].tolist() == [35.0, 40.0]


def test_no_sessions():
    series, placed = derive([])
    assert len(series) == len(placed) == 0


VISITS = (
    Visit(label="b", baseline=True),
    Visit(label="k2", name="day 2", arm="ketamine"),
    Visit(label="p2", name="day 2", arm="placebo"),
    Visit(label="x", used=False, arm="placebo"),
)
CROSSOVER = (Arm(id="placebo", label="P"), Arm(id="ketamine", label="K"))


def scheduled(answered, people, arms=CROSSOVER, visits=VISITS, origin="visits"):
    rules = SeriesRules(origin=origin)
    series, placed = derive_series(sessions([]), answered, people, arms, {}, rules, visits)
    assert len(check_table(placed, "series_sessions")) == 0
    return check_table(series, "series")


def test_crossover_has_a_series_for_each_period_with_a_row():
    answered = at_visits(
        [(1, "b", 30), (1, "k2", None), (1, "p2", 20), (2, "b", 30), (2, "k2", 10), (3, "b", 30), (4, "x", 3)]
    )
    series = scheduled(answered, patients(4))
    assert series[["patient", "series", "arm"]].to_numpy().tolist() == [
        [1, 1, "placebo"],  # in the order of the arms
        [1, 2, "ketamine"],  # a row without an answer is enough
        [2, 1, "ketamine"],
    ]


def test_parallel_groups_have_a_series_a_patient():
    people = patients(3, arm=pd.Series(["P", "K", None], dtype="str").astype("category"))
    arms = (Arm(id="placebo", label="P", treatments=("P",)), Arm(id="ketamine", label="K", treatments=("K",)))
    series = scheduled(at_visits([]), people, arms, VISITS[:1])
    assert series[["patient", "arm", "sessions"]].to_numpy().tolist() == [[1, "placebo", 0], [2, "ketamine", 0]]


def test_one_arm_needs_no_allocation():
    series = scheduled(at_visits([]), patients(2), CROSSOVER[:1], (), origin="none")
    assert series["arm"].tolist() == ["placebo", "placebo"]


def test_several_arms_need_an_allocation():
    with pytest.raises(SettingsError, match="map the patients' `arm`"):
        scheduled(at_visits([]), patients(2), CROSSOVER, VISITS[:1])


def test_a_visit_names_an_arm_that_exists():
    with pytest.raises(SettingsError, match="arm ketamine is not among the arms"):
        scheduled(at_visits([(1, "k2", 3)]), patients(1), CROSSOVER[:1], VISITS[:2])


def test_dated_visits_start_at_the_baseline_visit():
    answered = assessments([(1, "phq9", 5, "b", 30), (1, "phq9", 9, "k2", 20)])
    assert scheduled(answered, patients(1))["start_day"].tolist() == [5]
