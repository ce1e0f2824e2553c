"""Two files joined: scores that name an encounter, sessions whose treatment another file says once a patient."""

from __future__ import annotations

import pytest
import yaml
from exports import make_study, write

from outcomes.errors import InputError
from outcomes.intake import read_export
from outcomes.intake.draft import draft_study, links
from outcomes.intake.draft.long import patient_columns
from outcomes.intake.export import name_files
from outcomes.settings.study import check_study
from outcomes.workflow import inputs

PEOPLE = [f"K{n:03d}" for n in range(12)]
DAYS = ["2024-01-09", "2024-01-10", "2024-01-13", "2024-01-17"]  # a baseline, and three sessions
DRUGS = {who: ("IV ketamine", "Spravato")[n % 2] for n, who in enumerate(PEOPLE)}


def score(n: int, k: int) -> int:
    return (3 * n + 5 * k) % 28


def visits():
    return [
        (100 + 7 * (4 * n + k), who, day, k, score(n, k)) for n, who in enumerate(PEOPLE) for k, day in enumerate(DAYS)
    ]


def write_encounters(folder):
    lines = [f"{number},{who},{day},{DRUGS[who] if k else 'Intake evaluation'}" for number, who, day, k, _ in visits()]
    write(folder, "encounters.csv", *lines, header="encounter_id,patient_id,encounter_date,visit_type")
    write(
        folder, "scores.csv", *(f"{number},{total}" for number, *_, total in visits()), header="Encounter ID,phq9_total"
    )


def write_numbered(folder):
    lines = [f"{who},{k},{day},{DRUGS[who] if k else ''}" for _, who, day, k, _ in visits()]
    write(folder, "visits.csv", *lines, header="patient_id,visit_no,visit_date,treatment")
    write(
        folder,
        "scores.csv",
        *(f"{who},{k}.0,{total}" for _, who, _, k, total in visits()),
        header="patient_id,visit_no,phq9_total",
    )


def write_arms(folder):
    write(folder, "patients.csv", *(f"{who},41,{DRUGS[who]}" for who in PEOPLE), header="patient_id,age,treatment")
    write(
        folder,
        "sessions.csv",
        *(f"{who},{day}" for _, who, day, k, _ in visits() if k),
        header="patient_id,session_date",
    )
    write(
        folder,
        "scores.csv",
        *(f"{who},{day},{total}" for _, who, day, _, total in visits()),
        header="patient_id,date,phq9_total",
    )


@pytest.mark.parametrize("writer", [write_encounters, write_numbered, write_arms])
def test_a_draft_finds_in_another_file_what_one_lacks(tmp_path, writer):
    writer(tmp_path)
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == (), draft.summary
    assert "(join)" in draft.text  # what is joined is marked to be checked
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    names = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    scores = export.tables["assessments"]
    found = {
        (names[p], int(d)): t
        for p, d, t in zip(scores["patient"], scores["study_day"], scores["recorded_total"], strict=True)
    }
    assert found == {(who, (-1, 0, 3, 7)[k]): total for _, who, _, k, total in visits()}
    sessions = export.tables["sessions"]
    given = {
        (names[p], int(d)): str(t)
        for p, d, t in zip(sessions["patient"], sessions["study_day"], sessions["treatment"], strict=True)
    }
    arm = {"IV ketamine": "iv", "Spravato": "esketamine"}
    assert given == {(who, (-1, 0, 3, 7)[k]): arm[DRUGS[who]] for _, who, _, k, _ in visits() if k}


def test_nothing_is_joined_by_a_number_of_rows(tmp_path):
    write_encounters(tmp_path)
    write(tmp_path, "scores.csv", *(f"{n},{one[-1]}" for n, one in enumerate(visits(), 1)), header="id,phq9_total")
    write(
        tmp_path,
        "encounters.csv",
        *(f"{n},{one[1]},{one[2]},IV ketamine" for n, one in enumerate(visits(), 1)),
        header="id,patient_id,date,visit_type",
    )
    draft = draft_study(tmp_path, "mine")
    assert draft.missing
    assert "join:" not in draft.text


def test_visits_that_two_files_number_from_different_starts_are_not_joined(tmp_path):
    """From 0 in one and from 1 in the other, three of four scores would meet the day of another visit."""
    write_numbered(tmp_path)
    lines = [f"{who},{k + 1},{total}" for _, who, _, k, total in visits()]
    write(tmp_path, "scores.csv", *lines, header="patient_id,visit_no,phq9_total")
    lines = [
        f"{who},{k},{day},{DRUGS[who]}"
        for _, who, day, k, _ in [*visits(), *((0, who, "2024-01-20", 4, 0) for who in PEOPLE)]
    ]
    write(tmp_path, "visits.csv", *lines, header="patient_id,visit_no,visit_date,treatment")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing
    assert "join:" not in draft.text


def test_a_patient_of_two_treatments_is_not_joined(tmp_path):
    write_arms(tmp_path)
    with (tmp_path / "patients.csv").open("a") as file:
        file.write(f"{PEOPLE[0]},41,Spravato\n")
    draft = draft_study(tmp_path, "mine")
    [asked] = draft.missing
    assert (
        "sessions.csv has the days of sessions ('session_date') and not what was given, and patients.csv says it once a patient"
        in asked
    )
    assert "join:" not in draft.text


def test_an_encounter_of_two_days_is_asked_about(tmp_path):
    write_encounters(tmp_path)
    with (tmp_path / "encounters.csv").open("a") as file:
        file.write(f"100,{PEOPLE[0]},2024-05-05,IV ketamine\n")
    draft = draft_study(tmp_path, "mine")
    assert any(
        "'Encounter ID' is in encounters.csv too, which has the patients and the dates" in one for one in draft.missing
    )
    assert "join:" not in draft.text


VISITS = {
    "file": "visits.csv",
    "tables": {"sessions": {"columns": {"patient": "patient", "date": "date", "treatment": "drug"}}},
}
SCORES = {"assessments": {"columns": {"patient": "patient", "date": "day"}, "instruments": {"phq9": {"total": "phq9"}}}}


def read_joined(folder, *rows, join=None):
    write(folder, "visits.csv", *rows, header="number,patient,date,drug")
    write(folder, "scores.csv", "1,20", "2.0,12", "9,11", ",5", header="visit,phq9")
    join = {"file": "visits.csv", "by": {"visit": "number"}, "columns": {"patient": "patient", "day": "date"}} | (
        join or {}
    )
    study = make_study(
        [VISITS, {"file": "scores.csv", "join": join, "tables": SCORES}], dates={"formats": ["%Y-%m-%d"]}
    )
    return study, read_export(study, folder)


def test_rows_without_a_key_in_the_other_file_stand_in_the_ledger(tmp_path):
    _, export = read_joined(tmp_path, "1,A,2024-01-01,iv", "2,A,2024-01-04,iv")
    assert export.tables["assessments"]["recorded_total"].tolist() == [20, 12]
    out = export.ledger[export.ledger["file"].astype(str) == "scores.csv"]
    assert list(zip(out["row"], out["reason"].astype(str), strict=True)) == [
        (4, "unknown_patient"),
        (5, "unknown_patient"),
    ]
    assert export.balance.set_index("file").loc["scores.csv", ["raw", "kept", "quarantined"]].tolist() == [4, 2, 2]


def test_a_key_with_two_answers_is_refused_with_its_row(tmp_path):
    with pytest.raises(InputError, match=r"1 row\(s\) say another 'date' .* 'number' \(rows 4\)"):
        read_joined(tmp_path, "1,A,2024-01-01,iv", "2,A,2024-01-04,iv", "2,A,2024-01-05,iv")


def test_a_join_that_matches_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no row has its .visit. in visits\.csv"):
        read_joined(tmp_path, "101,A,2024-01-01,iv")


def test_a_name_that_the_file_has_is_not_taken_twice(tmp_path):
    with pytest.raises(InputError, match="'join' makes column\\(s\\) that the file has: phq9"):
        read_joined(tmp_path, "1,A,2024-01-01,iv", join={"columns": {"phq9": "date"}})


def test_a_file_that_is_only_joined_is_an_input(tmp_path):
    write(tmp_path, "list.csv", "1,A,2024-01-01", "2,A,2024-01-04", header="number,patient,date")
    study, export = read_joined(tmp_path, "1,A,2024-01-01,iv", join={"file": "list.csv"})
    assert [one["name"] for one in export.inputs.values()] == ["visits.csv", "scores.csv", "list.csv"]
    assert name_files(study, tmp_path) == {"visits.csv", "scores.csv", "list.csv"}
    assert str(tmp_path / "list.csv") in inputs(study, str(tmp_path))
    (tmp_path / "list.csv").unlink()
    with pytest.raises(InputError, match=r"list\.csv: no such file"):
        read_export(study, tmp_path)


def test_a_list_of_courses_is_not_taken_for_the_sessions(tmp_path):
    write_arms(tmp_path)
    (tmp_path / "patients.csv").unlink()
    lines = [f"{who},{DRUGS[who]},2024-01-10" for who in PEOPLE] + [f"{PEOPLE[0]},Spravato,2024-06-01"]
    write(tmp_path, "courses.csv", *lines, header="patient_id,treatment,course_start")
    [asked] = draft_study(tmp_path, "mine").missing
    assert (
        "sessions.csv has days of sessions ('session_date', 36 rows) and not what was given, while courses.csv says that in 13 rows"
        in asked
    )


NUMBERED = [str(1000 + n) for n in range(12)]


def write_linked(folder, theirs, header="study_id", link="patient_id,study_id"):
    """Write sessions by one identifier, scores by another, and a list that has both."""
    own = NUMBERED
    write(folder, "infusions.csv", *(f"{own[n]},{day},{DRUGS[who]}" for n, who in enumerate(PEOPLE) for day in DAYS[1:]), header="patient_id,session_date,treatment")  # fmt: skip
    write(folder, "scores.csv", *(f"{theirs[n]},{day},{score(n, k)}" for n in range(12) for k, day in enumerate(DAYS)), header=f"{header},date,phq9_total")  # fmt: skip
    write(folder, "key.csv", *(f"{own[n]},{theirs[n]}" for n in range(12)), header=link)


@pytest.mark.parametrize(
    ("theirs", "header", "link"),
    [
        (PEOPLE, "study_id", "patient_id,study_id"),
        (PEOPLE, "record", "chart_no,study no"),  # no name in common: the values tell
        ([*NUMBERED[5:], *NUMBERED[:5]], "app_user", "patient_id,app_user"),  # two numberings that overlap
    ],
)
def test_two_identifiers_of_one_person_are_joined_by_the_list_that_has_both(tmp_path, theirs, header, link):
    write_linked(tmp_path, theirs, header, link)
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    assert "is another identifier than that of other files: key.csv says whose each is" in draft.summary
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    key = export.tables["key"]
    people = dict(zip(key["identifier"], key["patient"], strict=True))
    found = {(p, d): int(t) for p, d, t in export.tables["assessments"][["patient", "study_day", "recorded_total"]].itertuples(index=False)}  # fmt: skip
    days = (-1, 0, 3, 7)
    kept = NUMBERED if NUMBERED[0] in people else theirs
    assert found == {(people[kept[n]], days[k]): score(n, k) for n in range(12) for k in range(4)}


def test_who_a_file_is_about_is_looked_for_once_a_file_and_not_for_every_pair_of_columns(tmp_path, monkeypatch):
    write_linked(tmp_path, PEOPLE)
    asked = []
    monkeypatch.setattr(links, "_naming_columns", lambda sheet: asked.append(sheet.name) or patient_columns(sheet))
    draft_study(tmp_path, "mine")
    assert sorted(asked) == ["infusions.csv", "key.csv", "scores.csv"]


def test_a_list_that_gives_one_identifier_to_two_people_joins_nothing(tmp_path):
    write_linked(tmp_path, PEOPLE)
    write(tmp_path, "key.csv", *(f"{NUMBERED[n]},{PEOPLE[n // 2]}" for n in range(12)), header="patient_id,study_id")
    assert any("no identifier of the questionnaires occurs among the sessions" in one for one in draft_study(tmp_path, "mine").missing)  # fmt: skip
