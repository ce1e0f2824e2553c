"""Who is followed after the induction and when each end was seen, worked by hand; wrong settings refused."""

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.durability.curves import Grid, tabulate_curve
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


def test_further_treatment_as_an_outcome_of_its_own():
    ends, _ = describe(maintenance="competing")
    assert seen(ends)[4] == ("further_treatment", 25, 25, 25)
    assert 5 not in seen(ends)


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
    assert set(seen(ends)) == {1, 4}


def test_the_horizon_ends_follow_up():
    ends, _ = describe(horizon_weeks=8, weeks=[4, 8])
    assert seen(ends)[1] == ("none", 30, None, 30)


def test_held_at_the_visit_is_read_at_the_nearest_score():
    _, estimates = describe(weeks=[4, 10], visit_days=7, maintenance="treatment_policy")
    held = estimates["durability_held"].query("method == 'at_visit' and arm == 'iv'").set_index("week")
    assert held.loc[4, ["seen", "events", "n"]].tolist() == [4, 2, 5]  # 1 and 4 hold at days 30 and 25; 5 and 6 do not
    assert held.loc[10, ["seen", "events"]].tolist() == [1, 1]  # patient 6 on day 70
    assert held.loc[4, "share"] == 0.5


def test_counts_beside_kaplan_meier_add_up():
    _, estimates = describe(maintenance="competing", relapse={"improvement_below": 20})
    curve = estimates["durability_curve"]
    own = curve[curve["method"] == "kaplan_meier"]
    assert set(own.loc[own["arm"] == "iv", ["at_risk", "events", "treated", "censored"]].sum(axis=1)) == {4}
    states = own.pivot(index=["arm", "end", "week"], columns="state", values="share").dropna()
    assert states.sum(axis=1).to_numpy() == pytest.approx(np.ones(len(states)))


def test_too_few_events_give_no_ratio_and_say_so():
    _, estimates = describe()
    effect = estimates["durability_effect"]
    assert effect["hazard_ratio"].isna().all()
    assert set(effect["note"]) == {"fewer than 5 events in an arm"}


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


def test_further_treatment_counts_on_its_own_day_however_long_nobody_was_seen_before_it():
    """Treated again on days 20, 40, and 60, last seen at the landmark; a fourth patient holds until day 90."""
    rows = pd.DataFrame(
        {
            "arm": "iv",
            "end": "loss",
            "outcome": ["further_treatment"] * 3 + ["none"],
            "lower": [14.0, 14.0, 14.0, 90.0],
            "upper": [20.0, 40.0, 60.0, np.inf],
            "last_day": [20.0, 40.0, 60.0, 90.0],
        }
    )
    curve = tabulate_curve(rows, Grid((2, 4, 7, 12), 20, competing=True), np.random.default_rng(1))
    for method in ("kaplan_meier", "turnbull"):
        own = curve[curve["method"] == method].set_index(["state", "week"])["share"]
        np.testing.assert_allclose(own["further_treatment"], [0, 0.25, 0.5, 0.75], atol=1e-9)
        np.testing.assert_allclose(own["held"], [1, 0.75, 0.5, 0.25], atol=1e-9)
