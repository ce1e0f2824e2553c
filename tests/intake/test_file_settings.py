"""What one file of an export may do otherwise: decimal mark, dates, answers in words, patients numbered like another's."""

from __future__ import annotations

import pytest
from exports import ANSWERS, PATIENTS, SESSIONS, entries, make_study, read_one, write

from outcomes.errors import InputError, SettingsError
from outcomes.intake import Export, read_export

LOG = "id;day;arm;dose;weight"


def read_log(folder, *lines: str, **source) -> Export:
    write(folder, "file.csv", *lines, header=LOG)
    return read_export(make_study([{"file": "file.csv", "tables": SESSIONS, **source}]), folder)


def test_a_decimal_comma_is_read_where_the_file_declares_it(tmp_path):
    rows = ("a;2024-01-01;iv;32,5 mg = 0,5 mg/kg;65,0", "a;2024-01-03;iv;0,4 mg/kg;1.065,5", "a;2024-01-05;iv;33;65.5")
    sessions = read_log(tmp_path, *rows, decimal=",").tables["sessions"]
    assert sessions["dose_mg"].fillna(-1).tolist() == [32.5, -1, 33]  # 1,065.5 kg is implausible: no weight, no dose
    assert sessions["weight_kg"].fillna(-1).tolist() == [65, -1, 65.5]
    assert read_log(tmp_path, *rows).tables["sessions"]["weight_kg"].fillna(-1).tolist() == [-1, -1, 65.5]


def test_a_file_has_dates_of_its_own(tmp_path):
    write(tmp_path, "us.csv", "a;03/04/2024;iv;30;60", "a;03/06/2024;iv;30;60", header=LOG)
    write(tmp_path, "eu.csv", "a;05/04/2024;iv;30;60", header=LOG)
    both = [
        {"file": "us.csv", "tables": SESSIONS},
        {"file": "eu.csv", "tables": SESSIONS, "date_formats": ["%d/%m/%Y"]},
    ]
    dates = {"formats": ["%m/%d/%Y"]}
    days = read_export(make_study(both, dates=dates), tmp_path).tables["sessions"]["study_day"]
    assert days.tolist() == [0, 2, 32]  # 4 and 6 March, 5 April
    other = [both[0], {"file": "eu.csv", "tables": SESSIONS}]
    assert read_export(make_study(other, dates=dates), tmp_path).tables["sessions"]["study_day"].tolist() == [0, 2, 61]


def test_dates_in_a_format_of_one_file_do_not_pass_as_a_category(tmp_path):
    write(tmp_path, "file.csv", "a,north,40,Jan.2024.03", header="id,site,age,payer")
    study = make_study([{"file": "file.csv", "tables": PATIENTS, "date_formats": ["%b.%Y.%d"]}])
    with pytest.raises(InputError, match="holds dates, which must not pass intake"):
        read_export(study, tmp_path)


def answered(folder, answers: dict[str, int], *rows: str) -> Export:
    phq9 = {"items": [f"p{n}" for n in range(1, 10)], "answers": answers}
    tables = {"assessments": {"columns": ANSWERS["assessments"]["columns"], "instruments": {"phq9": phq9}}}
    header = ",".join(["id", "day", *(f"p{n}" for n in range(1, 10))])
    return read_one(folder, tables, header, *rows)


def test_answers_in_words_are_points_and_any_other_is_missing_with_an_entry(tmp_path):
    words = {"Not at all": 0, "several days": 1, "nearly every day": 3}
    row = "a,2024-01-01,not at all,Several Days, NEARLY EVERY DAY ,,2,often,not at all,not at all,not at all"
    export = answered(tmp_path, words, row)
    items = export.tables["assessments"].filter(like="item_").iloc[0]
    assert items.fillna(-1).tolist() == [0, 1, 3, -1, -1, -1, 0, 0, 0]
    assert [(entry[2], entry[3]) for entry in entries(export)] == [("item_not_a_number", "phq9.item_5"), ("item_not_a_number", "phq9.item_6")]  # fmt: skip


def test_answers_counted_from_one_are_shifted(tmp_path):
    export = answered(tmp_path, {"1": 0, "2": 1, "3": 2, "4": 3}, "a,2024-01-01,1,2,3,4,1,1,1,1,0")
    items = export.tables["assessments"].filter(like="item_").iloc[0]
    assert items.fillna(-1).tolist() == [0, 1, 2, 3, 0, 0, 0, 0, -1]


def test_sites_that_number_their_patients_alike_are_kept_apart_by_a_prefix(tmp_path):
    for site in ("north", "south"):
        write(tmp_path, f"{site}.csv", "1;2024-01-01;iv;30;60", "NA;2024-01-01;iv;30;60", header=LOG)
    names = ("north", "south")
    sources = [{"file": f"{site}.csv", "tables": SESSIONS, "patient_prefix": f"{site}-"} for site in names]
    export = read_export(make_study(sources), tmp_path)
    assert export.tables["key"]["identifier"].tolist() == ["north-1", "south-1"]
    assert export.ledger["reason"].tolist() == ["unknown_patient"] * 2
    alike = [{"file": f"{site}.csv", "tables": SESSIONS} for site in names]
    assert len(read_export(make_study(alike), tmp_path).tables["key"]) == 1


def test_only_a_point_or_a_comma_is_a_decimal_mark(tmp_path):
    with pytest.raises(SettingsError, match="decimal"):
        read_log(tmp_path, "a;2024-01-01;iv;30;60", decimal=";")


def test_questionnaires_of_a_visit_that_is_declared_no_session_stay(tmp_path):
    treatment = {"column": "arm", "values": {"iv": "iv", "follow-up": None}}
    sessions = {"sessions": {"columns": {"patient": "id", "date": "day", "treatment": treatment}}}
    assessments = {
        "assessments": {"columns": {"patient": "id", "date": "day"}, "instruments": {"phq9": {"total": "phq"}}}
    }
    rows = (
        "a,2024-01-01,iv,20",
        "a,2024-02-05,Follow-up,7",
        "a,2024-02-09,,6",
        "a,2024-02-10,spa,5",
        "b,2024-01-02,FOLLOW-UP,9",
    )
    export = read_one(tmp_path, sessions | assessments, "id,day,arm,phq", *rows)
    assert export.tables["sessions"]["study_day"].tolist() == [0]
    scores = export.tables["assessments"]
    placed = list(zip(scores["patient"], scores["study_day"], scores["recorded_total"], strict=True))
    assert placed == [(1, 0, 20), (1, 35, 7), (2, 0, 9)]
    assert [(entry[0], entry[2]) for entry in entries(export)] == [(4, "no_treatment"), (5, "unknown_value")]
    balance = export.balance.iloc[0]
    assert (balance["raw"], balance["kept"], balance["quarantined"]) == (5, 3, 2)
    alone = read_one(tmp_path, sessions, "id,day,arm,phq", *rows)  # without questionnaires such rows are of no use
    assert alone.ledger["reason"].tolist().count("no_treatment") == 3
