"""Treatment before what looks like the start of a series: day 0 stays that of an arm, and earlier courses are asked about."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from clinic_files import SOURCES, START, read_clinic
from exports import make_study

from outcomes.errors import InputError
from outcomes.intake import refuse
from outcomes.measures.history import find_before, find_scored
from outcomes.measures.series import derive_series


def before(*days, people=8, drug=None):
    """Return what adds sessions some days before the first one, to the first people of the clinic."""

    def spoil(rows):
        for number in range(people):
            own = START + dt.timedelta(days=number)
            given = drug or ("iv" if number % 3 else "esketamine")
            rows["visits.csv"] += [
                [f"{number + 101:05d}", (own - dt.timedelta(days=day)).isoformat(), given, "40"] for day in days
            ]

    return spoil


def starts(export, **rules):
    """Return the study day and the size of every patient's first series."""
    study = make(**rules)
    protocols = {arm.id: study.protocol(arm) for arm in study.arms}
    tables = export.tables
    series, _ = derive_series(
        tables["sessions"], tables["assessments"], tables["patients"], study.arms, protocols, study.series, study.visits
    )
    first = series[series["series"] == 1]
    return list(zip(first["start_day"].tolist(), first["sessions"].tolist(), strict=True))


def make(**rules):
    return make_study(SOURCES, **({"series": rules} if rules else {}))


def found(export, check="earlier_courses"):
    return [(one.count, one.of, one.stops) for one in export.findings if one.check == check]


def test_treatment_that_is_no_arm_moves_no_day(tmp_path):
    plain = read_clinic(tmp_path / "plain")
    export = read_clinic(tmp_path / "oral", before(60, 53, 46, 4, drug="oral"))
    days = export.tables["assessments"][["patient", "study_day", "recorded_total"]]
    assert days.equals(plain.tables["assessments"][["patient", "study_day", "recorded_total"]])
    held = export.tables["sessions"]
    assert sorted(held.loc[held["study_day"] < 0, "study_day"].unique()) == [-60, -53, -46, -4]
    assert set(held.loc[held["study_day"] < 0, "treatment"].astype(str)) == {"oral"}
    assert found(export, "other_treatment_before") == [(8, 30, False)]
    assert found(export) == []
    assert starts(export) == starts(plain) == [(0, 6)] * 30
    refuse(export.findings, {})


@pytest.mark.parametrize(
    ("days", "answer", "said"),
    [
        ((720, 717, 713, 710, 706, 703), "first_scored", "no questionnaire"),
        ((45,), "first_repeated", "a longer series later"),
        ((45,), "first_scored", "no questionnaire"),
        ((100, 97), "first_repeated", "a longer series later"),
    ],
)
def test_an_earlier_course_is_asked_about_and_answered_in_the_study_file(days, answer, said, tmp_path):
    export = read_clinic(tmp_path, before(*days))
    assert found(export) == [(8, 30, True)]
    with pytest.raises(InputError, match="day 0 and the baseline are those of the earlier treatment") as refused:
        refuse(export.findings, {})
    assert said in str(refused.value)
    assert f"begins: {answer}" in str(refused.value)
    assert starts(export)[:8] == [(0, len(days))] * 8  # as it is, the earlier course is the one that is analysed
    rules = {"begins": answer}
    answered = read_clinic(tmp_path, before(*days), series=rules)
    refuse(answered.findings, {})
    assert starts(answered, **rules) == [(days[0], 6)] * 8 + [(0, 6)] * 22
    refuse(read_clinic(tmp_path, before(*days), series={"begins": "first_session"}).findings, {})


def test_one_dose_and_a_pause_within_the_gap(tmp_path):
    export = read_clinic(tmp_path, before(20))
    assert found(export) == [(8, 30, True)]
    assert starts(export)[:8] == [(0, 7)] * 8
    rules = {"begins": "first_repeated", "gap_days": 10}
    answered = read_clinic(tmp_path, before(20), series=rules)
    refuse(answered.findings, {})
    assert starts(answered, **rules)[:8] == [(20, 6)] * 8


@pytest.mark.parametrize(
    ("days", "drug", "people"),
    [((12,), "iv", 0), ((4,), None, 8), ((8, 4), None, 8)],
)
def test_a_usual_course_is_not_asked_about(days, drug, people, tmp_path):
    export = read_clinic(tmp_path, before(*days, people=people, drug=drug))
    assert found(export) == []
    refuse(export.findings, {})


def test_a_booster_after_a_long_gap_is_a_series_of_its_own_and_no_question(tmp_path):
    def spoil(rows):
        for number in range(30):
            later = START + dt.timedelta(days=number + 20 + 90)
            rows["visits.csv"].append(
                [f"{number + 101:05d}", later.isoformat(), "iv" if number % 3 else "esketamine", "40"]
            )
            rows["scores.csv"].append([f"{number + 101:05d}", later.isoformat(), "14"])

    export = read_clinic(tmp_path, spoil)
    assert found(export) == []
    assert starts(export) == [(0, 6)] * 30


def test_few_of_many_are_noted_only(tmp_path):
    def spoil(rows):
        before(45, people=1)(rows)
        for copy in range(1, 3):
            for name, lines in rows.items():
                if name != "patients.csv":
                    lines += [
                        [f"{copy}{row[0]}", *row[1:]] for row in lines[1:] if len(row[0]) == 5 and row[0] != "00101"
                    ]

    assert found(read_clinic(tmp_path, spoil)) == [(1, 88, False)]


def test_scored_on_the_day_of_the_first_session_or_within_the_days_before():
    patient, start = np.array([1, 1, 2, 3]), np.array([0, 60, 0, 5])
    answered, day = np.array([1, 1, 2, 3]), np.array([1.0, 46.0, -14.0, 6.0])
    assert find_scored(patient, start, answered, day, 14).tolist() == [False, True, True, False]
    assert find_scored(patient, start, answered, day, 13).tolist() == [False, False, False, False]
    assert find_before(patient, np.array([False, True, True, False])).tolist() == [True, False, False, False]
