"""The generator lands near published cohorts; bands are several Monte-Carlo errors wide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.simulate import Network
from outcomes.simulate.items import GAD7, PHQ9
from outcomes.simulate.parameters import list_parameters
from outcomes.simulate.questionnaires import GAD7_ITEMS, PHQ9_ITEMS


def get(network: Network, instrument: str, point: str, endpoint: str, arm: str) -> float:
    return network.truth["estimands"][instrument][point][endpoint]["ate"][arm]


def test_baseline_is_that_of_published_cohorts(large: Network) -> None:
    assert 16.5 < large.patients["baseline_phq9"].mean() < 17.7
    assert 4.6 < large.patients["baseline_phq9"].std() < 5.5
    assert 12.5 < large.patients["baseline_gad7"].mean() < 14.5


def test_iv_after_six_sessions_is_near_published_figures(large: Network) -> None:
    """Response 50 and 53.6 %, remission 20 and 28.9 %, worse 8.4 % (10.4088/JCP.21m14336, 10.1016/j.jad.2021.12.097)."""
    assert 0.49 < get(large, "phq9", "after_session_6", "response", "iv") < 0.56
    assert 0.20 < get(large, "phq9", "after_session_6", "remission", "iv") < 0.29
    assert 0.05 < get(large, "phq9", "after_session_6", "worsening", "iv") < 0.11


def test_observed_follow_up_of_iv_is_near_published_figures(large: Network) -> None:
    """14 to 31 days after the induction, in those with a score, as McInnes 2022 counts."""
    answers = large.questionnaires
    total = answers[PHQ9_ITEMS].sum(axis=1, skipna=False)
    follow_up = answers.assign(total=total)[answers["occasion"] == "follow-up"].dropna(subset="total")
    joined = follow_up.merge(large.patients, on="patient")
    iv = joined[joined["arm"] == "iv"]
    assert 0.48 < (2 * iv["total"] <= iv["baseline_phq9"]).mean() < 0.58
    change = iv["baseline_phq9"] - iv["total"]
    assert 1.2 < change.mean() / change.std() < 1.7


def test_esketamine_does_less_per_session_and_anxiety_falls_less(large: Network) -> None:
    for point in ("after_session_3", "after_session_6", "day_28"):
        assert get(large, "phq9", point, "mean_change", "difference") < -0.5
    baseline = {name: large.patients[f"baseline_{name}"].mean() for name in ("phq9", "gad7")}
    fall = {name: -get(large, name, "after_session_6", "mean_change", "iv") / baseline[name] for name in baseline}
    assert 0.27 < fall["gad7"] < 0.38
    assert fall["phq9"] > fall["gad7"] + 0.05


def test_response_fades_without_maintenance(large: Network) -> None:
    held = large.truth["durability_without_maintenance"]["iv"]
    assert 0.62 < held["week_4"] < 0.85
    assert held["week_4"] > held["week_8"] > held["week_12"] > 0.35


def test_item_nine_is_rarer_than_any_other_item(large: Network) -> None:
    baseline = large.questionnaires[large.questionnaires["occasion"] == "baseline"]
    endorsed = (baseline[PHQ9_ITEMS] > 0).mean()
    assert 0.40 < endorsed["phq9_9"] < 0.60
    assert endorsed.drop("phq9_9").min() > endorsed["phq9_9"] + 0.1


def test_items_of_an_instrument_correlate(large: Network) -> None:
    baseline = large.questionnaires[large.questionnaires["occasion"] == "baseline"]
    for names in (PHQ9_ITEMS, GAD7_ITEMS):
        between = baseline[names].corr().to_numpy()[np.triu_indices(len(names), 1)]
        assert between.min() > 0.05


@pytest.mark.parametrize("model", [PHQ9, GAD7])
def test_a_state_in_points_has_that_expected_total(model) -> None:
    rng = np.random.default_rng(1)
    for points in (5.0, 10.0, 17.0):
        shift, noise = rng.standard_normal((2, 20_000, model.size))
        answers = model.compute_answers(np.full(20_000, points), shift, noise)
        assert answers.sum(axis=1).mean() == pytest.approx(points, abs=0.12)


def test_scores_regress_to_the_mean_after_entry_by_threshold(large: Network) -> None:
    answers = large.questionnaires.assign(total=large.questionnaires[PHQ9_ITEMS].sum(axis=1, skipna=False))
    totals = {
        name: answers[answers["occasion"] == name].set_index("patient")["total"] for name in ("screening", "baseline")
    }
    wide = pd.DataFrame(totals)
    both = wide.dropna()
    assert both["screening"].min() == 10
    assert both["baseline"].min() < 10
    assert both["screening"].mean() - both["baseline"].mean() > 0.15


def test_schedules_follow_the_protocols(large: Network) -> None:
    first = large.sessions[large.sessions["series"] == 1]
    sixth = first[(first["arm"] == "iv") & (first["ordinal"] == 6)]["study_day"]
    assert sixth.between(14, 21).mean() > 0.8
    eighth = first[(first["arm"] == "esketamine") & (first["ordinal"] == 8)]["study_day"]
    assert 24 < eighth.median() < 31
    assert not large.sessions.duplicated(["patient", "study_day"]).any()


def test_those_who_stop_are_those_who_did_not_improve_or_are_well(large: Network) -> None:
    """Dropout depends on the last score: unimproved patients give fewer sessions than the rest."""
    answers = large.questionnaires.assign(total=large.questionnaires[PHQ9_ITEMS].sum(axis=1, skipna=False))
    third = large.sessions[(large.sessions["ordinal"] == 3) & (large.sessions["arm"] == "iv")]
    scored = third.merge(answers, on=["patient", "study_day"]).merge(large.patients, on="patient")
    given = large.sessions.groupby("patient").size()
    finished = scored["patient"].map(given) >= 6
    unimproved = scored["total"] > 0.8 * scored["baseline_phq9"]
    assert finished[unimproved].mean() < finished[~unimproved].mean() - 0.05


def test_payer_severity_and_failures_choose_the_arm(large: Network) -> None:
    people = large.patients[large.patients["arm"] != "im"]
    iv = people["arm"] == "iv"
    assert iv[people["payer"] == "self_pay"].mean() > 0.75
    assert iv[people["payer"] == "medicaid"].mean() < 0.4
    assert people.groupby("arm")["failures"].mean()["esketamine"] > people.groupby("arm")["failures"].mean()["iv"] + 0.2
    assert (
        people.groupby("arm")["baseline_phq9"].mean()["iv"]
        > people.groupby("arm")["baseline_phq9"].mean()["esketamine"]
    )
    assert set(large.patients.loc[large.patients["arm"] == "im", "site"]) == {3, 6}


def test_esketamine_doses_are_56_or_84_and_ketamine_goes_by_weight(large: Network) -> None:
    sessions = large.sessions.dropna(subset="weight_kg")
    assert set(sessions.loc[sessions["arm"] == "esketamine", "dose_mg"]) == {56.0, 84.0}
    iv = sessions[sessions["arm"] == "iv"]
    assert (iv["dose_mg"] / iv["weight_kg"]).between(0.28, 1.25).all()


def test_every_parameter_has_a_meaning_and_a_source() -> None:
    table = pd.DataFrame(list(list_parameters()), columns=["part", "name", "value", "meaning", "source"])
    assert len(table) > 60
    assert (table["meaning"].str.len() > 5).all()
    assert (table["source"].str.len() > 5).all()
    assert not table.duplicated(["part", "name"]).any()
