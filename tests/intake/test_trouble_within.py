"""Exports whose files are well formed, and whose content is not what it seems: read right, or asked about."""

from __future__ import annotations

import datetime as dt
import sqlite3

import openpyxl
import pytest
import yaml
from exports import write

from outcomes.intake import read_export, refuse
from outcomes.intake.draft import draft_study
from outcomes.intake.health.identifiers import near_form
from outcomes.settings.study import check_study

PEOPLE = [f"K{n:03d}" for n in range(24)]
ARMS = ("iv", "esketamine")


def day(n, k):
    return dt.date(2024, 1, 3) + dt.timedelta(days=5 * n + 7 * k)


def answers(n, k):
    return [(n + 2 * k + place * (k + 1)) % 4 for place in range(9)]


def visits():
    return [(n, who, k) for n, who in enumerate(PEOPLE) for k in range(4)]


def write_log(folder, name="log.csv", before="", header="patient_id,session_date,treatment"):
    numbered = enumerate(visits(), 1)
    lines = [f"{before.format(row)}{who},{day(n, k)},{ARMS[n % 2]}" for row, (n, who, k) in numbered]
    write(folder, name, *lines, header=header)


def read_drafted(folder):
    draft = draft_study(folder, "mine")
    assert draft.missing == ()
    export = read_export(check_study(yaml.safe_load(draft.text)), folder)
    refuse(export.findings, {})
    return export, draft


def totals(export, instrument="phq9"):
    table = export.tables["assessments"]
    table = table[table["instrument"].astype(str) == instrument]
    names = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    rows = zip(table["patient"], table["study_day"], table["recorded_total"], strict=True)
    return {(names[patient], int(days)): int(total) for patient, days, total in rows}


def test_a_column_that_counts_the_rows_names_no_patient(tmp_path):
    write_log(tmp_path, before="{},", header="id,client_id,session_date,treatment")
    lines = [f"{row},{who},{day(n, k)},{sum(answers(n, k))}" for row, (n, who, k) in enumerate(visits(), 1)]
    write(tmp_path, "scores.csv", *lines, header="id,client_id,date,phq9_total")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == {(who, 7 * k): sum(answers(n, k)) for n, who, k in visits()}


def test_a_count_of_the_rows_that_alone_names_the_scores_is_asked_about(tmp_path):
    write_log(tmp_path, before="{},", header="id,client_id,session_date,treatment")
    lines = [f"{row},{day(n, k)},{sum(answers(n, k))}" for row, (n, _, k) in enumerate(visits(), 1)]
    write(tmp_path, "scores.csv", *lines, header="id,date,phq9_total")
    asked = draft_study(tmp_path, "mine").missing
    assert any("no identifier of the questionnaires occurs among the sessions" in one for one in asked)


def test_numbers_of_patients_in_a_list_with_one_row_each_are_no_count_of_rows(tmp_path):
    lines = [f"{n + 1},{day(n, k)},{ARMS[n % 2]},{sum(answers(n, k))}" for n, _, k in visits()]
    write(tmp_path, "log.csv", *lines, header="id,session_date,treatment,phq9_total")
    write(tmp_path, "people.csv", *(f"{n + 1},{30 + n}" for n in range(len(PEOPLE))), header="id,age")
    export, _ = read_drafted(tmp_path)
    assert len(export.tables["patients"]) == len(PEOPLE)
    assert export.tables["patients"]["age"].notna().all()


def test_eight_items_of_the_phq_and_their_sum_are_a_phq8_whatever_they_are_named(tmp_path):
    write_log(tmp_path)
    lines = [
        f"{who},{day(n, k)},{','.join(map(str, answers(n, k)[:8]))},{sum(answers(n, k)[:8])},{(n + 5 * k) % 22}"
        for n, who, k in visits()
    ]
    asked = ",".join(f"phq_{n}" for n in range(1, 9))
    write(tmp_path, "scores.csv", *lines, header=f"patient_id,date,{asked},phq9_total,gad7_total")
    export, draft = read_drafted(tmp_path)
    assert set(export.tables["assessments"]["instrument"].astype(str)) == {"phq8", "gad7"}
    assert totals(export, "gad7") == {(who, 7 * k): (n + 5 * k) % 22 for n, who, k in visits()}
    assert totals(export, "phq8") == {(who, 7 * k): sum(answers(n, k)[:8]) for n, who, k in visits()}
    assert "'phq9_total' is the sum of these 8 items, the score of a shorter form" in draft.text
    assert "phq9:" not in draft.text


def test_a_shorter_form_among_the_names_of_a_long_file_is_no_item(tmp_path):
    write_log(tmp_path)
    lines = []
    for n, who, k in visits():
        lines += [f"{who},{day(n, k)},PHQ-9,{sum(answers(n, k))}", f"{who},{day(n, k)},PHQ-2,{sum(answers(n, k)[:2])}"]
        lines += [f"{who},{day(n, k)},GAD-7,{(n + 5 * k) % 22}"]
    write(tmp_path, "long.csv", *lines, header="Client,Date,Instrument,Score")
    export, draft = read_drafted(tmp_path)
    assert "phq9_2" not in draft.text
    assert "items found" not in draft.text
    assert totals(export) == {(who, 7 * k): sum(answers(n, k)) for n, who, k in visits()}


def test_identifiers_with_other_signs_are_near(tmp_path):
    write_log(tmp_path)
    spelt = {"K003": "K-003", "K011": "K_011", "K020": "k 020"}
    lines = [f"{spelt.get(who, who)},{day(n, k)},{sum(answers(n, k))}" for n, who, k in visits()]
    write(tmp_path, "scores.csv", *lines, header="patient_id,date,phq9_total")
    asked = draft_study(tmp_path, "mine").missing
    assert any("dashes or other signs" in one and "3 people may count twice" in one for one in asked)


@pytest.mark.parametrize(("one", "other"), [("1-12", "11-2"), ("A1-1", "A11"), ("2.1", "21"), ("S1/03", "S10-3")])
def test_a_sign_between_digits_tells_people_apart(one, other):
    assert near_form(one) != near_form(other)


@pytest.mark.parametrize("pounds", [0, 5, 12, 19, 24])
def test_weights_in_two_units_are_told_and_left_out(tmp_path, pounds):
    weight = lambda n: 55 + 2.5 * (n * 7 % 24)  # noqa: E731
    lines = [
        f"{who},{('south', 'north')[n < pounds]},{day(n, k)},{ARMS[n % 2]},{weight(n) * (2.2046 if n < pounds else 1):.0f},{sum(answers(n, k))}"
        for n, who, k in visits()
    ]
    write(tmp_path, "log.csv", *lines, header="patient_id,site,session_date,treatment,weight,phq9_total")
    export, draft = read_drafted(tmp_path)
    mixed = 0 < pounds < len(PEOPLE)
    assert ("seems to hold pounds in some rows and kg in others" in draft.text) == mixed
    assert ("weight_kg" in export.tables["sessions"] and export.tables["sessions"]["weight_kg"].notna().all()) != mixed


@pytest.mark.parametrize("shape", ["long", "plain"])
def test_answers_of_relatives_are_no_score_of_the_patient(tmp_path, shape):
    write_log(tmp_path)
    lines = []
    for n, who, k in visits():
        total, form = sum(answers(n, k)), ",PHQ-9" if shape == "long" else ""
        if (n + k) % 5:
            lines.append(f"{who},{day(n, k)},Self{form},{total}")
        lines.append(f"{who},{day(n, k)},Caregiver{form},{total // 2}")
        lines += [f"{who},{day(n, k)},Clinician,MADRS,{total + 9}"] if shape == "long" else []
    header = "Client,Date,Completed by,Instrument,Score" if shape == "long" else "Client,Date,Completed by,phq9_total"
    write(tmp_path, "answers.csv", *lines, header=header)
    export, draft = read_drafted(tmp_path)
    assert totals(export) == {(who, 7 * k): sum(answers(n, k)) for n, who, k in visits() if (n + k) % 5}
    assert "answered by 'Caregiver' are left out" in draft.text
    instruments = set(export.tables["assessments"]["instrument"].astype(str))
    assert instruments == ({"phq9", "madrs"} if shape == "long" else {"phq9"})


@pytest.mark.parametrize(("name", "asked"), [("log_old.csv", True), ("Copy of log.csv", True), ("log2.csv", False)])
def test_an_older_copy_beside_a_file_is_asked_about(tmp_path, name, asked):
    write_log(tmp_path)
    moved = [f"{who},{day(n, k) + dt.timedelta(days=n % 6 == 0)},{ARMS[n % 2]}" for n, who, k in visits()]
    write(tmp_path, name, *moved, header="patient_id,session_date,treatment")
    lines = [f"{who},{day(n, k)},{sum(answers(n, k))}" for n, who, k in visits()]
    write(tmp_path, "scores.csv", *lines, header="patient_id,date,phq9_total")
    said = [one for one in draft_study(tmp_path, "mine").missing if one.startswith("copies: ")]
    told = (
        f"{name} is named as an older copy of log.csv"
        if asked
        else "log.csv and log2.csv are exports of the same records"
    )
    assert [one.startswith(f"copies: {told}") for one in said] == [True]


def test_a_count_of_the_rows_of_a_database_is_no_patient_in_whatever_order_its_rows_come(tmp_path):
    file = sqlite3.connect(tmp_path / "app.sqlite3")
    file.executescript(
        "create table given (id integer primary key, user_id integer, given_on text, kind text);"
        "create table forms (id integer primary key, user_id integer, type text, completed_at text, total integer)"
    )
    for n, _, k in visits():
        file.execute(
            "insert into given (user_id, given_on, kind) values (?, ?, ?)",
            (n + 7, f"{day(n, k)}", f"ketamine_{'iv' if n % 2 else 'im'}"),
        )
        for name, total in (("PHQ9", sum(answers(n, k))), ("GAD7", sum(answers(n, k)[:7]))):
            file.execute(
                "insert into forms (user_id, type, completed_at, total) values (?, ?, ?, ?)",
                (n + 7, name, f"{day(n, k)} 08:00:00", total),
            )
    file.commit()
    file.close()
    export, _ = read_drafted(tmp_path)
    assert totals(export) == {(str(n + 7), 7 * k): sum(answers(n, k)) for n, _, k in visits()}
    assert len(export.tables["sessions"]) == len(visits())


def test_sheets_of_blocks_and_on_their_side_are_read_as_such(tmp_path):
    blocks, book = [], openpyxl.Workbook()
    for n, who in enumerate(PEOPLE[:5]):
        blocks += [["Patient:", who, "Treatment:", ARMS[n % 2]], ["Date", "PHQ-9", "GAD-7", "Dose"]]
        blocks += [[day(n, k), sum(answers(n, k)), 10 - k, 40] for k in range(4)]
    for row in [["Ketamine clinic"], [], *blocks]:
        book.active.append(row)
    book.save(tmp_path / "tracker.xlsx")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    assert export.tables["key"]["identifier"].tolist() == PEOPLE[:5]
    assert len(export.tables["sessions"]) == 20
    side = openpyxl.Workbook()
    for row in (
        ["Patient", "K001"],
        ["Date", *(day(1, k) for k in range(4))],
        ["PHQ-9", *(sum(answers(1, k)) for k in range(4))],
    ):
        side.active.append(row)
    side.save(tmp_path / "tracker.xlsx")
    draft = draft_study(tmp_path, "mine")
    assert [one[:18] for one in draft.missing] == ["treatment sessions"]
    assert "assessments: 4 of 1 patients" in draft.summary


def test_treatments_that_only_a_text_names_are_pointed_to(tmp_path):
    lines = [
        f"{who},{day(n, k)},{sum(answers(n, k))},{f'IV ketamine {40 + n} mg over {40 + k} min; BP {110 + n}/70' if k else 'phone call'}"
        for n, who, k in visits()
    ]
    write(tmp_path, "log.csv", *lines, header="patient_id,date,phq9_total,Notes")
    (asked,) = draft_study(tmp_path, "mine").missing
    assert "the texts of 'Notes' in log.csv name one in 72 rows: write what was given into a column of its own" in asked


@pytest.mark.parametrize("form", ["{:%-d %b}", "{:%B %-d}", "{:%m/%d}"])
def test_days_and_months_without_a_year_are_named_as_such(tmp_path, form):
    lines = [f"{who},{form.format(day(n, k))},{ARMS[n % 2]},{sum(answers(n, k))}" for n, who, k in visits()]
    write(tmp_path, "log.csv", *lines, header="patient_id,date,treatment,phq9_total")
    (asked,) = draft_study(tmp_path, "mine").missing
    assert asked.startswith(
        "time: 'date' of log.csv has days and months without a year. Write the year into every date"
    )


def test_dates_that_were_cut_to_months_are_asked_about(tmp_path):
    for cut in (True, False):
        lines = [
            f"{who},{day(n, k).replace(day=1) if cut else day(n, k)},{ARMS[n % 2]},{sum(answers(n, k))}"
            for n, who, k in visits()
        ]
        write(tmp_path, "log.csv", *lines, header="patient_id,session_date,treatment,phq9_total")
        asked = [
            one
            for one in draft_study(tmp_path, "mine").missing
            if one.startswith("dates: every date in 'session_date'")
        ]
        assert len(asked) == cut
