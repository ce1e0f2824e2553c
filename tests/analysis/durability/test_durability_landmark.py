"""Who is followed after the induction and when each end was seen, worked by hand; wrong settings refused."""

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.durability.describe import describe_durability
from outcomes.contracts import check_table, empty_table
from outcomes.errors import ModelError, SettingsError
from outcomes.settings import check_study

INDUCTION_END = 18
CONTENT = {
    "study": "by-hand",
    "data": "nowhere",
    "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
    "instruments": ["phq9"],
    "arms": [{"id": "esketamine", "label": "Esketamine"}, {"id": "iv", "label": "IV"}],
    "report": {"title": "By hand"},
}
# patient: arm, baseline, day of the next session after the induction (None: none), {days after the induction: total}
PATIENTS = {
    1: ("iv", 20, None, {5: 8, 30: 9, 60: 12}),  # 10 or less responds: lost between days 30 and 60
    2: ("iv", 20, None, {5: 12, 20: 4}),  # not in response at the landmark; a response seen later makes nobody enter
    3: ("iv", 20, None, {20: 4, 40: 4}),  # no score in the window
    4: ("iv", 20, 25, {7: 9, 25: 10, 40: 15}),  # the score of day 25 was answered before that day's session
    5: ("iv", 20, 10, {7: 9, 30: 15}),  # treated again before the landmark
    6: ("iv", 20, None, {3: 12, 13: 10, 30: 11, 44: 10, 70: 17, 85: 18}),  # the last score of the window counts
    7: ("iv", 20, None, {9: 10}),  # never seen later
    8: ("esketamine", 20, None, {9: 10, 15: 16}),
}


def build_tables():
    rows = {name: [] for name in ("series", "series_sessions", "scores", "endpoints", "cohort", "patients")}
    for patient, (arm, baseline, further, scores) in PATIENTS.items():
        key = {"patient": patient, "series": 1, "arm": arm}
        days = [0, INDUCTION_END] + ([] if further is None else [INDUCTION_END + further])
        rows["series"].append({**key, "induction_end_day": INDUCTION_END})
        rows["series_sessions"] += [{**key, "study_day": day} for day in days]
        rows["cohort"].append({**key, "included": True})
        rows["endpoints"].append({**key, "instrument": "phq9", "axis": "baseline", "baseline": float(baseline)})
        rows["patients"].append({"patient": patient})
        rows["scores"] += [
            {"patient": patient, "instrument": "phq9", "study_day": INDUCTION_END + day, "total": float(total)}
            for day, total in {-10: 15, **scores}.items()
        ]
    return {name: pd.DataFrame(entries) for name, entries in rows.items()}


def describe(**settings):
    content = {**CONTENT, "durability": {"instrument": "phq9", "replicates": 0, **settings}}
    study = check_study(content)
    ends, estimates = describe_durability(build_tables(), study.durability, study)
    check_table(ends, "durability")
    return ends, estimates


def seen(ends, end="loss"):
    own = ends[ends["end"] == end]
    upper = [None if pd.isna(day) else int(day) for day in own["upper"]]
    return dict(
        zip(own["patient"], zip(own["outcome"], own["lower"], upper, own["last_day"], strict=True), strict=True)
    )


def test_intervals_when_further_treatment_ends_follow_up():
    ends, estimates = describe(maintenance="censor")
    assert seen(ends) == {
        1: ("ended", 30, 60, 60),
        4: ("none", 25, None, 25),
        6: ("ended", 14, 30, 30),
        7: ("none", 14, None, 14),
        8: ("ended", 14, 15, 15),
    }
    steps = estimates["durability_cohort"].query("arm == 'iv'").set_index("step")["n"]
    assert steps.to_dict() == {
        "treated": 7,
        "without_further_treatment": 6,
        "scored": 5,
        "in_response": 4,
        "followed": 3,
    }


def test_further_treatment_that_counts_as_not_in_response():
    ends, estimates = describe(maintenance="competing")
    assert seen(ends)[4] == ("none", 25, None, 25)
    assert 5 not in seen(ends)
    again = estimates["durability_first"].query("end == 'further_treatment' and arm == 'iv'")["share"]
    np.testing.assert_allclose(again, [3 / 4] * 3)  # of 1, 4, 6, and 7 patient 4, on day 25


def test_further_treatment_that_changes_nothing():
    ends, estimates = describe(maintenance="treatment_policy")
    assert seen(ends)[4] == ("ended", 25, 40, 40)
    assert seen(ends)[5] == ("ended", 14, 30, 30)
    assert "without_further_treatment" not in set(estimates["durability_cohort"]["step"])


def test_a_confirmed_loss_needs_the_next_score():
    ends, _ = describe(loss={"confirmed": True})
    assert seen(ends)[6] == ("ended", 44, 70, 70)  # day 30 alone is no loss, days 70 and 85 are
    assert seen(ends)[1] == ("none", 30, None, 30)  # the last score has no next one


def test_relapse_in_percent_or_in_points():
    ends, _ = describe(relapse={"improvement_below": 20})  # above 16
    assert seen(ends, "relapse")[6] == ("ended", 44, 70, 70)
    assert seen(ends, "relapse")[1][0] == "none"
    ends, _ = describe(relapse={"score_from": 12})
    assert seen(ends, "relapse")[1] == ("ended", 30, 60, 60)
    assert seen(ends, "relapse")[6] == ("ended", 44, 70, 70)


def test_who_already_relapsed_at_the_landmark_is_not_followed():
    ends, _ = describe(relapse={"score_from": 10})
    assert set(seen(ends)) == {1, 4, 5}


def test_the_horizon_ends_follow_up():
    ends, _ = describe(horizon_weeks=8, weeks=[4, 8])
    assert seen(ends)[1] == ("none", 30, None, 56)  # a score on day 60: a visit would have shown a bad one by day 56
    assert seen(ends)[7] == ("none", 14, None, 14)


def test_who_is_there_after_the_horizon_counts_as_followed_until_it():
    """Counted until their last score before the horizon, those in response left the risk set just before it, and the share fell by 15 points."""
    _, estimates = describe(horizon_weeks=9, weeks=[4, 9], loss={"score_from": 17})
    shares = (
        estimates["durability_first"]
        .query("method == 'kaplan_meier' and end == 'loss' and arm == 'iv'")
        .set_index("week")["share"]
    )
    assert shares[9] == 1  # patient 6 is seen on days 44 and 70


def test_response_at_the_visit_is_read_at_the_nearest_score():
    _, estimates = describe(weeks=[4, 10], visit_days=7, maintenance="treatment_policy")
    held = estimates["durability_at_visit"].query("arm == 'iv'").set_index("week")
    assert held.loc[4, ["seen", "held"]].tolist() == [4, 2]  # 1 and 4 hold at days 30 and 25; 5 and 6 do not
    assert held.loc[10, ["seen", "held"]].tolist() == [1, 0]  # patient 6 on day 70
    assert held.loc[4, "share"] == 0.5


def test_scores_are_counted_and_who_is_not_seen_again():
    _, estimates = describe(maintenance="treatment_policy")
    visits = estimates["durability_visits"].set_index("arm").loc["iv"]
    # 1: 5, 30, 60; 4: 7, 25, 40; 5: 7, 30; 6: 13, 30, 44, 70, 85; 7: 9
    assert visits[["n", "seen", "scores"]].tolist() == [5, 4, 9]
    gaps = [25, 30, 18, 15, 23, 17, 14, 26, 15]
    assert visits["median_gap_days"] == np.median(gaps)
    # two median gaps are 36 days: after good scores of days 5, 30, 7, 25, 7, 13, 44, and 9 only the last saw nobody again
    assert visits[["good", "good_last", "bad", "bad_last"]].tolist() == [8, 1, 5, 3]
    windows = estimates["durability_attendance"].query("arm == 'iv'").set_index("window")
    assert windows.loc["2 to 6", ["n", "none", "one", "several"]].tolist() == [5, 1, 3, 1]  # 4 twice; 1, 5, and 6 once


def test_too_few_are_not_compared_and_the_reason_stands_there():
    _, estimates = describe()
    effect = estimates["durability_effect"]
    assert effect["difference"].isna().all()
    assert set(effect["note"]) == {"too few patients of an arm have a later score"}
    assert estimates["durability_curve"]["share"].isna().all()
    assert estimates["durability_tilt"].empty


def test_a_good_and_a_bad_score_on_one_day_are_an_end_on_that_day():
    tables = build_tables()
    tables["scores"].loc[len(tables["scores"])] = [1, "phq9", INDUCTION_END + 60, 5.0]
    tables["scores"] = tables["scores"].sort_values(["patient", "study_day", "total"], ignore_index=True)
    study = check_study({**CONTENT, "durability": {"instrument": "phq9", "replicates": 20}})
    ends, estimates = describe_durability(tables, study.durability, study)
    assert seen(ends)[1] == ("ended", 59, 60, 60)
    assert estimates["durability_first"].query("method == 'turnbull'")["share"].notna().any()


def test_follow_up_ends_with_the_export():
    tables = build_tables()
    tables["patients"]["export_day"] = INDUCTION_END + 50
    tables["patients"].loc[tables["patients"]["patient"] == 8, "export_day"] = INDUCTION_END + 14
    study = check_study({**CONTENT, "durability": {"instrument": "phq9", "data_until": "export_day"}})
    ends, estimates = describe_durability(tables, study.durability, study)
    assert seen(ends)[1] == ("none", 30, None, 50)
    followed = estimates["durability_cohort"].query("step == 'followed'").set_index("arm")["n"]
    assert followed.to_dict() == {"esketamine": 0, "iv": 4}  # patient 8 was counted, whose score came a day later
    assert followed.to_dict() == estimates["durability_visits"].set_index("arm")["seen"].to_dict()
    windows = estimates["durability_attendance"].query("arm == 'iv'").set_index("window")["n"]
    assert windows.to_dict() == {"2 to 6": 5, "6 to 10": 0, "10 to 14": 0}
    before = estimates["durability_first"].set_index("arm")["n"].groupby("arm").first()
    tables["patients"].loc[tables["patients"]["patient"].isin([7, 8]), "export_day"] = INDUCTION_END + 13
    ends, estimates = describe_durability(
        tables, study.durability, study
    )  # both are in response, and gone by the landmark
    assert before.to_dict() == {"esketamine": 1, "iv": 5}
    assert set(estimates["durability_first"]["n"]) == {4}
    assert not {7, 8} & set(ends["patient"])
    study = check_study({**CONTENT, "durability": {"instrument": "phq9", "data_until": "export"}})
    with pytest.raises(ModelError, match=r"durability\.data_until: the patients have no column 'export' of numbers"):
        describe_durability(tables, study.durability, study)


def test_without_the_section_all_is_empty():
    study = check_study(CONTENT)
    ends, estimates = describe_durability({}, None, study)
    pd.testing.assert_frame_equal(ends, empty_table("durability"))
    assert all(table.empty for table in estimates.values())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"weeks": [2, 8]}, "week 2 is not after the landmark"),
        ({"weeks": [8, 4]}, "weeks must rise"),
        ({"weeks": [4, 20]}, "beyond horizon_weeks"),
        ({"relapse": {}}, "give 'improvement_below' or 'score_from'"),
        ({"loss": {"improvement_below": 50, "score_from": 10}}, "not both"),
        ({"landmark": {"from_day": 9, "to_day": 8}}, "lies before from_day"),
        ({"maintenance": "ignore"}, "maintenance"),
    ],
)
def test_wrong_settings_are_refused_with_the_way_out(settings, words):
    with pytest.raises(SettingsError, match="durability") as error:
        describe(**settings)
    assert words in str(error.value)


def test_an_instrument_that_is_not_the_studys_and_a_study_without_sessions():
    with pytest.raises(ModelError, match=r"durability.instrument: 'gad7' is not among phq9"):
        describe(instrument="gad7")
    content = {**CONTENT, "durability": {"instrument": "phq9"}, "series": {"origin": "visits"}}
    study = check_study(content)
    with pytest.raises(ModelError, match="no dated sessions"):
        describe_durability(build_tables(), study.durability, study)
