"""Exposure of a clinic of three, by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma, norm, t

from outcomes.analysis.exposure.dose import derive_dose, tabulate_dose
from outcomes.analysis.exposure.maintenance import tabulate_maintenance
from outcomes.analysis.exposure.sessions import tabulate_attendance, tabulate_exposure, tabulate_session_time
from outcomes.poisson import bound_rate, compute_garwood

ARMS = ["iv", "esketamine"]


@pytest.fixture
def sessions():
    rows = [  # patient, day, arm, phase, mg, kg, minutes
        (1, 0, "iv", "induction", 40, 80, 40),
        (1, 3, "iv", "induction", 44, None, 50),
        (1, 40, "iv", "maintenance", 44, None, 45),
        (2, 0, "iv", "induction", 70, 70, 60),
        (2, 12, "iv", "induction", 35, 70, 40),
        (3, 0, "esketamine", "induction", 56, None, 120),
    ]
    table = pd.DataFrame(rows, columns=["patient", "study_day", "arm", "phase", "dose_mg", "weight_kg", "duration_min"])
    return table.assign(ordinal=1, series=1)


@pytest.fixture
def series():
    return pd.DataFrame(
        {
            "patient": [1, 2, 3],
            "series": 1,
            "arm": ["iv", "iv", "esketamine"],
            "complies": [True, True, False],
            "induction_end_day": [3, 12, 0],
        }
    )


def row(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_completion_and_milestones(sessions, series):
    table = tabulate_exposure(sessions, series, ARMS)
    done = row(table, milestone="induction completed", arm="iv")
    assert (done["reached"], done["patients"], done["sessions_median"]) == (2, 2, 2.5)
    assert row(table, milestone="9 sessions or more", arm="iv")["reached"] == 0
    assert row(table, milestone="induction completed", arm="esketamine")["reached"] == 0


def test_attendance(sessions):
    table = tabulate_attendance(sessions, ARMS)
    assert table.loc[table["arm"] == "iv", "attended"].tolist() == [2, 2, 1]
    assert table.loc[table["arm"] == "esketamine", "attended"].tolist() == [1, 0, 0]


def test_dose_by_weight_uses_the_last_weight_and_says_how_old(sessions):
    dosed = derive_dose(sessions)
    assert dosed.loc[dosed["patient"] == 1, "weight_age"].tolist() == [0, 3, 40]
    table = tabulate_dose(dosed, ARMS, {"iv": True}, {"iv": (0.1, 0.75), "esketamine": (28, 84)})
    first = row(table, arm="iv", session="1")
    assert first["mg_per_kg_median"] == pytest.approx((0.5 + 1.0) / 2)
    assert first["outside"] == 1
    third = row(table, arm="iv", session="3")
    assert (third["weighed"], third["carried"], third["unweighed"]) == (0, 1, 0)
    spray = row(table, arm="esketamine", session="1")
    assert np.isnan(spray["mg_per_kg_median"])
    assert (spray["unweighed"], spray["outside"]) == (1, 0)


def test_time_between_sessions(sessions):
    table = tabulate_session_time(sessions, ARMS)
    gaps = row(table, measure="days between sessions, induction", arm="iv")
    assert (gaps["patients"], gaps["median"], gaps["long_gaps"]) == (2, 7.5, 1)
    assert row(table, measure="minutes a session", arm="iv")["median"] == pytest.approx((45 + 50) / 2)
    assert pd.isna(row(table, measure="minutes a session", arm="iv")["long_gaps"])


def test_the_interval_of_a_rate_of_sessions_by_hand():
    counts = [0] * 8 + [1, 3, 8]  # mean 12/11, variance 6.0909: dispersion 5.5833, as sure as 2.1493 events
    assert np.var(counts, ddof=1) / np.mean(counts) == pytest.approx(5.58333, abs=1e-5)
    tail = norm.sf(t.ppf(0.975, 10))
    sure = 12 / 5.58333
    expected = [gamma.ppf(tail, sure) / sure * 12 / 11, gamma.isf(tail, sure + 1) / sure * 12 / 11]
    assert bound_rate(counts, np.ones(11), student=True) == pytest.approx(expected, rel=1e-5)


def test_an_interval_of_one_patients_sessions_holds_the_rate():
    lower, upper = bound_rate([0] * 10 + [9], np.ones(11), student=True)
    assert 0 < lower < 9 / 11 < upper < 9
    assert np.isnan(bound_rate([], [])).all()


def test_fewer_events_than_one_bound_a_rate_lower_than_one_does():
    assert compute_garwood(0.2, 1)[0] == pytest.approx(gamma.ppf(0.025, 0.2))


def test_sessions_after_the_induction(sessions, series):
    table = tabulate_maintenance(sessions, series, pd.Series({1: 100, 2: 45, 3: 0}), ARMS)
    assert row(table, arm="iv", month=1)[["patients", "returned"]].tolist() == [2, 0]
    second = row(table, arm="iv", month=2)  # day 40 is 37 days after the induction; patient 2 is followed for 33
    assert second[["patients", "returned", "rate"]].tolist() == [1, 1, 1.0]
    assert second["rate_lower"] < 1 < second["rate_upper"]
    none = row(table, arm="iv", month=1)
    assert none["rate_lower"] == 0
    assert none["rate_upper"] == pytest.approx(-np.log(0.025) / 2, rel=1e-3)
    assert row(table, arm="esketamine", month=1)["patients"] == 0
