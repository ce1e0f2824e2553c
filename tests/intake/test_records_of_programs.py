"""How programs write records: what is one, what is none, and what says the same twice; each read as it is meant."""

from __future__ import annotations

import csv
import datetime as dt
import json

import openpyxl
import pytest
from exports import write
from test_foreign_exports import (
    ARMS,
    PEOPLE,
    WORDS,
    day,
    items,
    read_drafted,
    read_questions,
    totals,
    truth,
    visits,
    write_log,
)

from outcomes.intake.draft import draft_study

HEADER = ",".join(f"phq9_{place}" for place in range(1, 10))
LOINC = [f"442{code}" for code in ("50-9", "55-8", "59-0", "54-1", "51-7", "58-2", "52-5", "53-3", "60-8")]


def answers(n: int, k: int) -> str:
    return ",".join(map(str, items(n, k)))


def write_scores(folder, extra="", more=lambda n, k: (), tick=""):
    """Write a row a questionnaire, and the rows that ``more`` adds to it."""
    lines = []
    for n, who, k in visits():
        lines.append(f"{who},{day(n, k)},{answers(n, k)}{tick}")
        lines += more(n, k)
    write(folder, "phq.csv", *lines, header=f"patient_id,completed,{HEADER}{extra}")


def test_the_end_of_a_day_is_the_start_of_the_next(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},{day(n, k)}T09:00,{sum(items(n, k))}" for n, who, k in visits() if k != 1]
    lines += [f"{who},{day(n, 1) - dt.timedelta(days=1)}T24:00,{sum(items(n, 1))}" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "phq.csv", *lines, header="patient_id,completed,phq9_total")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


@pytest.mark.parametrize("spell", ["{}/27 ({}%)", "{}\u2009", "\u200b{}", "Total = {}"])
def test_totals_with_something_around_them(tmp_path, spell):
    write_log(tmp_path)
    lines = [f"{who},{day(n, k)},{spell.format(sum(items(n, k)), 52)}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patient_id,completed,PHQ-9")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


def test_a_time_behind_a_word_and_a_name_with_the_full_one_in_brackets(tmp_path):
    write_log(tmp_path)
    names = {9: "PHQ-9 (Patient Health Questionnaire)", 7: "GAD-7 (Generalized Anxiety Disorder)"}
    lines = [
        f'{who},{name},"{day(n, k):%b %-d, %Y} at 9:0{count} AM",{sum(items(n, k, count))}'
        for n, who, k in visits() for count, name in names.items()
    ]  # fmt: skip
    write(tmp_path, "measures.csv", *lines, header="patient_id,measure,completed,score")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert totals(export, "gad7") == truth(7)


def test_a_numbered_question_behind_the_items_makes_them_no_totals_of_many_visits(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},{day(n, k)},{answers(n, k)},{(n + k) % 4}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header=f"patient_id,completed,{HEADER},phq9_10")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


@pytest.mark.parametrize(
    ("name", "kept", "gone"),
    [
        ("is_deleted", "0", "1"),
        ("Voided", "no", "yes"),
        ("test record", "", "x"),
        ("status", "completed", "in progress"),
    ],
)
def test_records_that_were_deleted_or_never_sent_are_none(tmp_path, name, kept, gone):
    write_log(tmp_path)

    def more(n, k):
        yield from [f"{PEOPLE[n]},{day(n, k)},3,3,3,3,3,3,3,3,3,{gone}"] if k == n % 4 else []

    write_scores(tmp_path, f",{name}", more, f",{kept}")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert f"rows that '{name}'" in draft.text


def test_a_list_of_administrations_by_drug_route_and_action(tmp_path):
    write_scores(tmp_path)
    drugs = ("KETAMINE 50 MG/ML INJECTION SOLUTION", "ESKETAMINE 84 MG (28 MG X 3) NASAL SPRAY")
    lines = []
    for n, who, k in visits():
        lines.append(
            f"{who},{day(n, k)},{drugs[n % 2]},{('New Bag', 'Given')[n % 2]},{('Intravenous', 'Each Nostril')[n % 2]}"
        )
        lines.append(f"{who},{day(n, k)},ONDANSETRON 4 MG DISINTEGRATING TABLET,Given,Oral")
        lines += [f"{who},{day(n, 9)},{drugs[n % 2]},Held,"] if k == 0 else []
    write(tmp_path, "mar.csv", *lines, header="patient_id,taken_time,medication_name,mar_action,route")
    export, draft = read_drafted(tmp_path)
    sessions = export.tables["sessions"]
    assert len(sessions) == len(visits())
    assert set(sessions["treatment"].astype(str)) == {"iv", "esketamine"}
    assert totals(export) == truth()
    assert "rows of other drugs in 'medication_name' (1 spellings) are left out" in draft.text


def test_the_name_of_a_project_in_every_row_is_no_treatment(tmp_path):
    write_log(tmp_path)
    lines = [f"KET,{who},{day(n, k)},{answers(n, k)}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header=f"project,patient_id,completed,{HEADER}")
    export, _ = read_drafted(tmp_path)
    assert len(export.tables["sessions"]) == len(visits())
    assert set(export.tables["sessions"]["treatment"].astype(str)) == {"iv", "esketamine"}


def test_a_shorter_form_beside_the_numbered_one_is_said_and_left_out(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},{day(n, k)},{sum(items(n, k)[:2])},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patient_id,completed,PHQ,PHQ-9")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert "'PHQ' beside 'PHQ-9' is never larger" in draft.text


@pytest.mark.parametrize("wrong", [0, 30])
def test_totals_in_a_file_of_their_own_are_copies_of_the_answers_unless_they_differ(tmp_path, wrong):
    write_log(tmp_path)
    write_scores(tmp_path)
    lines = [f"{who},{day(n, k)},{sum(items(n, k)) + (place < wrong)}" for place, (n, who, k) in enumerate(visits())]
    write(tmp_path, "totals.csv", *lines, header="patient_id,completed,phq9_total")
    if wrong:
        assert any("undecided_duplicates" in one for one in draft_study(tmp_path, "mine").missing)
        return
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    reasons = export.ledger["reason"].astype(str)
    assert (reasons == "duplicate_exact").sum() == len(visits())
    assert not (reasons == "duplicate_conflicting").any()


def test_an_observation_of_components_is_an_answer_each(tmp_path):
    write_log(tmp_path)
    code = lambda one: {"coding": [{"system": "http://loinc.org", "code": one}]}  # noqa: E731
    entries = [
        {"resource": {
            "resourceType": "Observation", "status": "final", "code": code("44249-1"), "subject": {"reference": f"Patient/{who}"},
            "effectiveDateTime": f"{day(n, k)}T09:00:00-05:00",
            "component": [{"code": code(one), "valueInteger": points} for one, points in zip(LOINC, items(n, k), strict=True)],
        }}
        for n, who, k in visits()
    ]  # fmt: skip
    (tmp_path / "bundle.json").write_text(json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}))
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


def test_a_patient_within_a_resource_is_named_by_its_identifier(tmp_path):
    write_log(tmp_path)
    responses = [
        {
            "resourceType": "QuestionnaireResponse", "status": "completed", "subject": {"reference": "#p"}, "authored": f"{day(n, k)}T09:00:00-05:00",
            "contained": [{"resourceType": "Patient", "id": "p", "identifier": [{"value": who}]}],
            "item": [{"linkId": one, "answer": [{"valueInteger": points}]} for one, points in zip(LOINC, items(n, k), strict=True)],
        }
        for n, who, k in visits()
    ]  # fmt: skip
    (tmp_path / "responses.ndjson").write_text("\n".join(map(json.dumps, responses)))
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    for one in responses:
        del one["contained"][0]["identifier"]
    (tmp_path / "responses.ndjson").write_text("\n".join(map(json.dumps, responses)))
    assert draft_study(tmp_path, "mine").missing  # nobody, and not one patient with everybody's answers


def test_files_put_below_one_another_with_their_marks_and_headers(tmp_path):
    write_log(tmp_path)
    write_scores(tmp_path)
    lines = (tmp_path / "phq.csv").read_text().splitlines()
    (tmp_path / "phq.csv").write_text("\n".join([*lines[:40], f"\ufeff{lines[0]}", *lines[40:]]), encoding="utf-8")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


def test_tests_of_sdtm_beside_the_category_that_only_names_the_instrument(tmp_path):
    write_log(tmp_path)
    lines = [
        f"{who},{scale},{code}010{place},{points},{day(n, k)}"
        for n, who, k in visits() for scale, code, count in (("PHQ-9", "PHQ", 9), ("GAD-7", "GAD", 7))
        for place, points in enumerate(items(n, k, count), 1)
    ]  # fmt: skip
    write(tmp_path, "qs.csv", *lines, header="USUBJID,QSCAT,QSTESTCD,QSSTRESN,QSDTC")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert totals(export, "gad7") == truth(7)


def test_tests_of_sdtm_with_a_total_numbers_of_visits_and_what_was_not_done(tmp_path):
    write_log(tmp_path)
    lines = []
    for n, who, k in visits():
        answers = [*items(n, k), sum(items(n, k))]
        codes = [*range(1, 10), 11]
        lines += [
            f"{who},PHQ-9,PHQ01{code:02d},{points},{k + 1},VISIT {k + 1},{day(n, k)},,"
            for code, points in zip(codes, answers, strict=True)
        ]
        lines.append(f"{who},PHQ-9,QSALL,,{k + 1},VISIT {k + 1},{day(n, k) + dt.timedelta(days=2)},NOT DONE,")
    write(tmp_path, "qs.csv", *lines, header="USUBJID,QSCAT,QSTESTCD,QSSTRESN,VISITNUM,VISIT,QSDTC,QSSTAT,QSREASND")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


@pytest.mark.parametrize("names", [("PHQ0111", "GAD02TS"), ("PHQ01-Total Score", "GAD02-Total Score - Analysis")])
def test_tests_of_sdtm_and_parameters_of_adam_that_are_totals(tmp_path, names):
    """PHQ0110 is how difficult things were: 0 to 3, and no total."""
    write_log(tmp_path)
    lines = [
        f'{who},"{name}",{points},{day(n, k)}'
        for n, who, k in visits()
        for name, points in ((names[0], sum(items(n, k))), (names[1], sum(items(n, k, 7))), ("PHQ0110", n % 4))
    ]
    write(tmp_path, "qs.csv", *lines, header="USUBJID,PARAM,AVAL,ADT")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert totals(export, "gad7") == truth(7)


def test_a_row_an_answer_beside_the_questionnaire_s_name_and_nothing_that_numbers_it_is_no_list_of_scores(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},PHQ-9,{k},{points},{day(n, k)}" for n, who, k in visits() for points in items(n, k)]
    write(tmp_path, "app.csv", *lines, header="patient_id,scale,episode,points,completed")
    assert any("questionnaires" in one for one in draft_study(tmp_path, "mine").missing)


@pytest.mark.parametrize("number", ["{}", "{}.0"])
def test_the_dictionary_of_redcap_says_what_fields_ask_and_codes_mean(tmp_path, number):
    choices = " | ".join(f"{points}, {word}" for points, word in enumerate(WORDS))
    fields = [
        ("record_id", "visit", "Record", ""),
        ("q_date", "visit", "Date completed", ""),
        ("agent", "visit", "Agent given", f"1, {ARMS[0]} | 2, {ARMS[1]}"),
    ]
    fields += [("given_on", "visit", "Date of treatment", "")]
    fields += [
        (f"mood_{letter}", "mood", text, choices)
        for letter, text in zip("abcdefghi", read_questions("phq9"), strict=True)
    ]
    with (tmp_path / "dictionary.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            [
                "Variable / Field Name",
                "Form Name",
                "Field Type",
                "Field Label",
                "Choices, Calculations, OR Slider Labels",
            ]
        )
        rows.writerows([name, form, "radio", label, of] for name, form, label, of in fields)
    header = (
        "record_id,redcap_event_name,given_on,agent,visit_complete,q_date,"
        + ",".join(f"mood_{letter}" for letter in "abcdefghi")
        + ",mood_complete"
    )
    lines = [
        f"{who},visit_{k}_arm_1,{day(n, k)},{number.format(1 + n % 2)},2,{day(n, k)},{','.join(number.format(one) for one in items(n, k))},2"
        for n, who, k in visits()
    ]  # fmt: skip
    write(tmp_path, "clinic_DATA.csv", *lines, header=header)
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert set(export.tables["sessions"]["treatment"].astype(str)) == {"iv", "esketamine"}


def test_a_page_of_instructions_beside_the_sheets_of_patients(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Read me"
    book.active.append(["One sheet for each patient"])
    for n, who in enumerate(PEOPLE):
        sheet = book.create_sheet(who)
        sheet.append(["Date", "Treatment", "PHQ-9"])
        for k in range(4):
            sheet.append([day(n, k), ARMS[n % 2], sum(items(n, k))])
    book.save(tmp_path / "tracker.xlsx")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert "leave_out_sheets: [Read me]" in draft.text


@pytest.mark.parametrize("tell", ["labels", "doses", "nothing", "title"])
def test_what_stands_above_the_sheet_of_a_patient_and_which_of_its_rows_are_sessions(tmp_path, tell):
    book = openpyxl.Workbook()
    groups = [ARMS[0], ARMS[1]] if tell == "title" else PEOPLE
    for place, title in enumerate(groups):
        sheet = book.create_sheet(title)
        if tell != "title":
            sheet.append(["Patient:", title])
            sheet.append(["Treatment", ARMS[place % 2]])
            sheet.append([])
        sheet.append(["Patient", "Date", "Visit", "Dose", "PHQ-9"][tell != "title" :])
        for n, who, k in visits():
            if title in (who, ARMS[n % 2]):
                visit = {"nothing": "room 2", "doses": "room 2"}.get(tell, f"Tx {k}" if k else "Intake")
                dose = 40 if tell == "doses" and k else None
                sheet.append([who, day(n, k), visit, dose, sum(items(n, k))][tell != "title" :])
    del book[book.sheetnames[0]]
    book.save(tmp_path / "tracker.xlsx")
    if tell == "nothing":
        draft = draft_study(tmp_path, "mine")
        assert any("above the table says what each patient got" in one for one in draft.missing)
        return
    export, _ = read_drafted(tmp_path)
    assert totals(export) == {
        (who, d - 7): score for (who, d), score in truth().items()
    }  # the first session is the second visit
    sessions = export.tables["sessions"]
    assert len(sessions) == 3 * len(PEOPLE)
    assert set(sessions["treatment"].astype(str)) == {"iv", "esketamine"}


def test_scores_of_before_treatment_in_the_list_of_patients_and_those_that_nothing_dates(tmp_path):
    lines = [f"{who},{day(n, k)},{ARMS[n % 2]},{sum(items(n, k))}" for n, who, k in visits() if k]
    write(tmp_path, "sessions.csv", *lines, header="patient_id,session_date,treatment,phq9")
    lines = [f"{who},{'fm'[n % 2]},{day(n, 0)},{sum(items(n, 0))},{n % 20}" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "patients.csv", *lines, header="patient_id,sex,intake_date,intake_phq9,worst_phq9")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == {(who, d - 7): score for (who, d), score in truth().items()}
    assert "'worst_phq9': named after a questionnaire, and read by no table" in draft.text


def test_a_list_of_arms_with_a_day_is_no_log_of_sessions(tmp_path):
    write_log(tmp_path)
    write_scores(tmp_path)
    lines = [f"{who},{day(n, 0) - dt.timedelta(days=3)},{ARMS[n % 2]}" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "dm.csv", *lines, header="USUBJID,RFSTDTC,ARM")
    export, _ = read_drafted(tmp_path)
    assert len(export.tables["sessions"]) == len(visits())
    assert totals(export) == truth()


def test_one_number_at_several_sites_is_asked_about(tmp_path):
    half = len(PEOPLE) // 2
    lines = [f"{'AB'[n < half]},{n % half + 1},{day(n, k)},{ARMS[n % 2]}" for n, _, k in visits()]
    write(tmp_path, "log.csv", *lines, header="clinic,patient_id,session_date,treatment")
    lines = [f"{'AB'[n < half]},{n % half + 1},{day(n, k)},{sum(items(n, k))}" for n, _, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="clinic,patient_id,completed,phq9_total")
    [asked] = draft_study(tmp_path, "mine").missing
    assert "12 of 12 identifiers" in asked
    assert "occur at several sites ('clinic')" in asked


def test_totals_of_zero_where_nothing_was_answered_are_asked_about(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},{day(n, k)},{answers(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    lines += [f"{who},{day(n, 9)},{',' * 8},0" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "phq.csv", *lines, header=f"patient_id,completed,{HEADER},phq9_total")
    assert "24 rows have no answer and a total of 0 in 'phq9_total'" in draft_study(tmp_path, "mine").text


def test_one_scale_among_many_others_and_names_with_the_marks_of_their_makers(tmp_path):
    drugs = ("Ketalar® (ketamine HCl) i.v. infusion", "SPRAVATO™ (esketamine) CIII nasal spray")
    lines = [f"{who},{day(n, k)},{drugs[n % 2]}" for n, who, k in visits()]
    write(tmp_path, "log.csv", *lines, header="patient_id,session_date,medication")
    scales = {"PHQ-9": 0, "EPDS": 10, "PHQ-15": 12, "AUDIT": 3, "ISI": 9}
    lines = [
        f"{who},{day(n, k)},{scale},{score or sum(items(n, k))}"
        for n, who, k in visits()
        for scale, score in scales.items()
    ]
    write(tmp_path, "scales.csv", *lines, header="patient_id,completed,measure,score")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert set(export.tables["sessions"]["treatment"].astype(str)) == {"iv", "esketamine"}


def test_numbered_sessions_and_numbered_questionnaires_of_one_row_have_each_its_own_day(tmp_path):
    lines = []
    for n, who in enumerate(PEOPLE):
        days = [f"{day(n, k)},{day(n, k) - dt.timedelta(days=2)},{sum(items(n, k))}" for k in range(4)]
        lines.append(f"{who},{ARMS[n % 2]},{','.join(days)}")
    header = ",".join(f"tx{k}_date,phq{k}_date,phq9_{k}" for k in range(1, 5))
    write(tmp_path, "wide.csv", *lines, header=f"id,drug,{header}")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == {(who, d - 2): score for (who, d), score in truth().items()}
    assert sorted(set(export.tables["sessions"]["study_day"])) == [0, 7, 14, 21]


@pytest.mark.parametrize("lists", [1, 2])
def test_lists_of_visits_or_of_treatments_and_scores_within_each_patient_of_json(tmp_path, lists):
    patients = []
    for n, who in enumerate(PEOPLE):
        given = [{"when": str(day(n, k)), "drug": ARMS[n % 2] if k else None} for k in range(4)]
        asked = [{"when": str(day(n, k)), "phq9": None if k == 1 else sum(items(n, k))} for k in range(4)]
        both = [one | {"scores": two} for one, two in zip(given, asked, strict=True)]
        for one in both:
            one["scores"].pop("when")
        apart = {
            "treatments": given[1:],
            "assessments": [{"when": str(day(n, k)), "phq9": sum(items(n, k))} for k in (0, 2, 3)],
        }
        patients.append({"id": who} | ({"visits": both} if lists == 1 else apart))
    (tmp_path / "export.json").write_text(json.dumps({"patients": patients}))
    export, _ = read_drafted(tmp_path)
    scored = {place: score for place, score in totals(export).items() if score == score}
    assert scored == {(who, d - 7): score for (who, d), score in truth().items() if d != 7}
    assert len(export.tables["sessions"]) == 3 * len(PEOPLE)
    assert set(export.tables["sessions"]["treatment"].astype(str)) == {"iv", "esketamine"}
