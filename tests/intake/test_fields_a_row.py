"""Exports of one field a row, whose dates are fields too: a listing of Rave, and REDCap's EAV."""

from __future__ import annotations

import pytest
from exports import write
from test_foreign_exports import (
    ARMS,
    PEOPLE,
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

RAVE = "Project,Subject,Folder,Form,FormRepeat,Field,FieldLabel,Value"
EAV = "record,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,field_name,value"


def fields(n: int, k: int):
    """Return form, field and value of what stands in one visit."""
    yield from (("Dosing", "EXDAT", f"{day(n, k):%d %b %Y}"), ("Dosing", "EXTRT", ARMS[n % 2]))
    yield "PHQ-9", "QSDAT", f"{day(n, k):%d %b %Y}"
    yield from (("PHQ-9", f"PHQ01{place:02}", points) for place, points in enumerate(items(n, k), start=1))
    yield "GAD-7", "QSDAT", f"{day(n, k):%d %b %Y}"  # the same field in another form
    yield from (("GAD-7", f"GAD01{place:02}", points) for place, points in enumerate(items(n, k, 7), start=1))


def write_rave(folder, *more):
    lines = [
        f"KET,{who},V{k},{form},1,{field},About {field},{value}"
        for n, who, k in visits()
        for form, field, value in fields(n, k)
    ]
    write(folder, "listing.csv", *lines, *more, header=RAVE)


def test_a_listing_of_fields_is_read_form_by_form(tmp_path):
    write_rave(tmp_path, *(f"KET,{who},V9,Other,1,NAME,Name,secret {who}" for who in PEOPLE[:3]))
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert totals(export, "gad7") == truth(7)
    assert len(export.tables["sessions"]) == len(visits())
    assert "Other" not in draft.text  # a form of fewer than 11 patients
    assert "secret" not in draft.text


def test_a_listing_with_what_was_changed_is_not_read_as_one_of_fields(tmp_path):
    write_rave(tmp_path, *(f"KET,{who},V{k},PHQ-9,1,PHQ0101,About,{k % 4}" for n, who, k in visits()))
    draft = draft_study(tmp_path, "mine")
    assert any(f"{len(visits())} rows hold a field that another row" in one for one in draft.missing)
    assert "what 'Field' names" not in draft.text


def test_neither_numbers_of_questions_nor_of_rows_are_taken_for_answers_and_patients(tmp_path):
    questions = read_questions("phq9")
    write_log(tmp_path)
    lines = [
        f'{n:x}{k}{place:x}f,{who},PHQ-9,{place + 1},"{question}",{points},{day(n, k)}'
        for n, who, k in visits()
        for place, (question, points) in enumerate(zip(questions, items(n, k), strict=True))
    ]
    write(
        tmp_path,
        "answers.csv",
        *lines,
        header="id,patientId,survey,question_number,question_text,answer_value,submitted_at",
    )
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


@pytest.mark.parametrize("repeats", [True, False])
def test_a_field_a_row_of_redcap(tmp_path, repeats):
    def rows():
        yield from (f"{n + 1},baseline_arm_1,,,age,{30 + n}" for n in range(len(PEOPLE)))
        for n, _, k in visits():
            said = [
                ("session", "tx_date", day(n, k)),
                ("session", "tx_drug", ARMS[n % 2]),
                ("phq9", "phq9_date", day(n, k)),
            ]
            said += [("phq9", f"phq9_{place}", points) for place, points in enumerate(items(n, k), start=1)]
            for form, field, value in said:
                where = f"treatment_arm_1,{form},{k + 1}" if repeats else f"visit_{k + 1}_arm_1,,"
                yield f"{n + 1},{where},{field},{value}"

    write(tmp_path, "Registry_EAV.csv", *rows(), header=EAV)
    export, _ = read_drafted(tmp_path)
    assert totals(export) == {(str(PEOPLE.index(who) + 1), at): total for (who, at), total in truth().items()}
    assert len(export.tables["sessions"]) == len(visits())
    assert export.tables["patients"]["age"].notna().all() == repeats
