"""Questionnaires at labels of visits (`Week 4`) or at counted days, with dated sessions or without any date."""

from __future__ import annotations

import pytest
import yaml
from exports import make_study, write

from outcomes.errors import SettingsError
from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.intake.draft.visits import schedule_visits
from outcomes.settings.study import check_study

PEOPLE = [f"K{n:03d}" for n in range(36)]
ARMS = ("IV ketamine", "Spravato")
SESSIONS = (0, 3, 7, 14, 28)  # days since the first one
LABELS = ("Baseline", "Wk 1", "Wk 2", "Week 4", "Month 3", "End of treatment")


def score(n: int, k: int) -> int:
    return (3 * n + 5 * k) % 28


def write_sessions(folder):
    lines = [
        f"{who},2024-{1 + n % 9:02d}-{1 + day:02d},{ARMS[n % 2]}"
        for n, who in enumerate(PEOPLE)
        for day in SESSIONS[:4]
    ]
    write(folder, "sessions.csv", *lines, header="patient_id,session_date,treatment")


def write_long(folder):
    lines = [f"{who},{label},{score(n, k)}" for n, who in enumerate(PEOPLE) for k, label in enumerate(LABELS)]
    write(folder, "scores.csv", *lines, header="patient_id,when answered,PHQ-9")


def write_wide(folder):
    names = [label for label in LABELS if label != "End of treatment"]
    lines = [",".join([who, *(str(score(n, k)) for k in range(len(names)))]) for n, who in enumerate(PEOPLE)]
    write(folder, "scores.csv", *lines, header=",".join(["patient_id", *(f"PHQ-9 {name}" for name in names)]))


def write_wide_from_a_start(folder):
    """Write a wide file that dates nothing but the start of treatment."""
    write_wide(folder)
    header, *lines = (folder / "scores.csv").read_text().splitlines()
    dated = [line.replace(",", f",2024-{1 + n % 9:02d}-01,", 1) for n, line in enumerate(lines)]
    write(folder, "scores.csv", *dated, header=header.replace("patient_id,", "patient_id,Start date,"))


def read_drafted(folder):
    draft = draft_study(folder, "mine")
    assert draft.missing == (), draft.missing
    study = check_study(yaml.safe_load(draft.text))
    export = read_export(study, folder)
    names = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    table = export.tables["assessments"]
    found = {
        (names[p], str(v)): t for p, v, t in zip(table["patient"], table["visit"], table["recorded_total"], strict=True)
    }
    arms = {
        names[p]: str(arm)
        for p, arm in zip(export.tables["patients"]["patient"], export.tables["patients"]["arm"], strict=True)
    }
    return study, export, found, arms


@pytest.mark.parametrize("writer", [write_long, write_wide, write_wide_from_a_start])
def test_labels_beside_dated_sessions_are_scheduled_visits_of_what_was_given(tmp_path, writer):
    write_sessions(tmp_path)
    writer(tmp_path)
    study, export, found, arms = read_drafted(tmp_path)
    labels = LABELS if writer is write_long else LABELS[:-1]
    assert found == {(who, label): score(n, k) for n, who in enumerate(PEOPLE) for k, label in enumerate(labels)}
    assert arms == {who: ("iv", "esketamine")[n % 2] for n, who in enumerate(PEOPLE)}
    assert study.series.origin == "visits"
    assert {one.label: one.time for one in study.visits if one.used} == {
        "Baseline": 0,
        "Wk 1": 1,
        "Wk 2": 2,
        "Week 4": 4,
        "Month 3": 13,
    }
    assert [one.label for one in study.visits if one.baseline] == ["Baseline"]
    assert study.report.time_unit == "week"
    assert len(export.tables["sessions"]) == 4 * len(PEOPLE)
    assert export.tables["assessments"]["study_day"].isna().all()  # a label is no day


def test_a_patient_of_two_treatments_has_the_arm_of_most_sessions_with_an_entry(tmp_path):
    write_sessions(tmp_path)
    with (tmp_path / "sessions.csv").open("a") as file:
        file.write(f"{PEOPLE[0]},2024-10-01,Spravato\n")
    write_long(tmp_path)
    _, export, _, arms = read_drafted(tmp_path)
    assert arms[PEOPLE[0]] == "iv"
    noted = export.ledger[export.ledger["reason"].astype(str) == "inconsistent_attribute"]
    assert (noted["file"].astype(str).tolist(), noted["column"].tolist()) == (["sessions.csv"], ["arm"])


@pytest.mark.parametrize("writer", [write_long, write_wide])
def test_labels_without_any_date_take_the_arm_from_the_list_of_patients(tmp_path, writer):
    writer(tmp_path)
    write(
        tmp_path,
        "patients.csv",
        *(f"{who},40,{ARMS[n % 2]}" for n, who in enumerate(PEOPLE)),
        header="patient_id,age,treatment",
    )
    study, _, found, arms = read_drafted(tmp_path)
    assert len(found) == len(PEOPLE) * (len(LABELS) - (writer is write_wide))
    assert arms == {who: ARMS[n % 2] for n, who in enumerate(PEOPLE)}
    assert {one.label for one in study.visits if one.used and not one.baseline} == {"Wk 1", "Wk 2", "Week 4", "Month 3"}


@pytest.mark.parametrize(
    ("labels", "unit", "times", "baseline"),
    [
        (["BL", "W1", "W2", "M3"], "week", [0, 1, 2, 13], "BL"),
        (["Day 1", "Day 8", "Day 29", "Month 3"], "day", [1, 8, 29, 91.3], "Day 1"),
        (["T0", "T1", "T2"], None, [0, 1, 2], "T0"),
        (["Screening", "Baseline", "4 wks post"], "week", [None, 0, 4], "Baseline"),
        (["0", "3", "6"], "month", [0, 3, 6], "0"),
        (["baseline_arm_1", "month_6_arm_1", "visit_2_arm_1"], "month", [0, 6, None], "baseline_arm_1"),
        (["vor Behandlung", "Woche 2", "6 Monate"], "week", [0, 2, 26.1], "vor Behandlung"),
        (["Pre-treatment", "2 weeks", "1 year"], "week", [0, 2, 52.2], "Pre-treatment"),
    ],
)
def test_labels_stand_on_one_axis(labels, unit, times, baseline):
    visits, axis, _ = schedule_visits(labels, "month" if labels[0] == "0" else None)
    assert axis == unit
    assert {one.label: one.time for one in visits} == dict(zip(labels, times, strict=True))
    assert [one.label for one in visits if one.baseline] == [label for label in labels if label == baseline]


def counted(folder, name, shift=0):
    write_sessions(folder)
    lines = [
        f"{who},{day + shift if k else -1},{score(n, k)}"
        for n, who in enumerate(PEOPLE)
        for k, day in enumerate(SESSIONS[:4])
    ]
    write(folder, "scores.csv", *lines, header=f"patient_id,{name},phq9_total")


@pytest.mark.parametrize("name", ["days_since_first_infusion", "study day"])
def test_days_since_the_first_session_are_read_beside_its_date(tmp_path, name):
    counted(tmp_path, name)
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    assert "is taken to count from each patient's first session" in draft.text
    study = check_study(yaml.safe_load(draft.text))
    table = read_export(study, tmp_path).tables["assessments"]
    assert sorted(table["study_day"].tolist()) == sorted([-1, 3, 7, 14] * len(PEOPLE))
    apart = study.model_copy(update={"dates": study.dates.model_copy(update={"study_days": "own"})})
    with pytest.raises(SettingsError, match="study_days: first_session"):
        read_export(apart, tmp_path)


def test_days_of_another_day_0_are_asked_about(tmp_path):
    counted(tmp_path, "study day", shift=2)
    [asked] = draft_study(tmp_path, "mine").missing
    assert "'study day' counts days, while the sessions are dated" in asked


def test_study_days_beside_dates_need_to_be_declared(tmp_path):
    counted(tmp_path, "day")
    maps = [
        {"file": "sessions.csv", "tables": {"sessions": {"columns": {"patient": "patient_id", "date": "session_date", "treatment": "treatment"}}}},
        {"file": "scores.csv", "tables": {"assessments": {"columns": {"patient": "patient_id", "study_day": "day"}, "instruments": {"phq9": {"total": "phq9_total"}}}}},
    ]  # fmt: skip
    with pytest.raises(SettingsError, match="whose day 0 is not known"):
        read_export(make_study(maps), tmp_path)


def test_a_column_named_day_is_counted_and_no_date(tmp_path):
    counted(tmp_path, "day", shift=2)
    [asked] = draft_study(tmp_path, "mine").missing
    assert "'day' counts days, while the sessions are dated, and its day 0 need not be the first session" in asked


def test_numbers_of_weeks_place_scores_after_a_start_that_another_file_dates(tmp_path):
    starts = [f"{who},2024-{1 + n % 9:02d}-{3 + n % 5:02d},{ARMS[n % 2]}" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "patients.csv", *starts, header="patient_id,Start date,treatment")
    lines = [f"{who},{week},{score(n, week)}" for n, who in enumerate(PEOPLE) for week in (0, 1, 4)]
    write(tmp_path, "scores.csv", *lines, header="patient_id,Week,PHQ-9")
    study, _, found, _ = read_drafted(tmp_path)
    assert found == {(who, str(week)): score(n, week) for n, who in enumerate(PEOPLE) for week in (0, 1, 4)}
    assert [(one.name, one.time, one.baseline) for one in study.visits] == [("week 0", 0, True), ("week 1", 1, False), ("week 4", 4, False)]  # fmt: skip


def test_a_baseline_without_a_date_is_asked_about_with_what_to_write(tmp_path):
    write_sessions(tmp_path)
    write(tmp_path, "baseline.csv", *(f"{who},{n % 2},{score(n, 0)}" for n, who in enumerate(PEOPLE)), header="patient_id,sex,PHQ-9")  # fmt: skip
    later = [f"{who},2024-{1 + n % 9:02d}-28,{score(n, 1)}" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "later.csv", *later, header="patient_id,date,PHQ-9")
    draft = draft_study(tmp_path, "mine")
    (asked,) = draft.missing
    assert asked.startswith("questionnaires: baseline.csv: phq9 without a date")
    content = {key: value for key, value in yaml.safe_load(draft.text).items() if key != "to_do"}
    columns = {"patient": "patient_id", "study_day": {"constant": 0}}
    tables = {"assessments": {"columns": columns, "instruments": {"phq9": {"total": "PHQ-9"}}}}
    content["sources"].append({"file": "baseline.csv", "tables": tables})
    content["dates"] = {**content.get("dates", {}), "study_days": "first_session"}
    export = read_export(check_study(content), tmp_path)
    assert export.tables["assessments"]["study_day"].tolist()[::2] == [0] * len(PEOPLE)
