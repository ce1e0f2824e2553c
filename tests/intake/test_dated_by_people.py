"""Rows that a form dates in several ways: the day that people entered, and the stamps of a program."""

from __future__ import annotations

import datetime as dt

import pytest
import yaml
from exports import write

from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.settings.study import check_study


def list_visits():
    """Return person and number of each of four weekly visits of 24 people, their day, and that of the form's upload."""
    for n in range(24):
        for k in range(4):
            day = dt.date(2024, 1, 3) + dt.timedelta(days=3 * n + 7 * k)
            yield n, k, day, day + dt.timedelta(days=(n + k) % 3)


def assert_weekly(folder):
    draft = draft_study(folder, "mine")
    assert draft.missing == ()
    export = read_export(check_study(yaml.safe_load(draft.text)), folder)
    for name in ("sessions", "assessments"):
        assert export.tables[name]["study_day"].tolist() == [0, 7, 14, 21] * 24


def write_forms(folder, form, session, forms, sessions):
    """Write a file of forms and one of sessions, a row a visit; the rows are templates of who, number, day, upload, score and drug."""
    for name, header, template in (("forms.csv", forms, form), ("given.csv", sessions, session)):
        lines = [
            template.format(who=f"K{n:03d}", k=k, day=day, sent=sent, score=20 - 3 * k, arm=n % 2, iv=("intravenous", "intranasal")[n % 2])
            for n, k, day, sent in list_visits()
        ]  # fmt: skip
        write(folder, name, *lines, header=header)


def test_the_day_of_a_form_of_kobo_goes_before_the_stamp_of_its_upload(tmp_path):
    write_forms(
        tmp_path,
        "{day}T08:10:00.000+02:00,{day},{who},{score},u{who}-{k},{sent}T19:00:00",
        "{day},{who},{iv},{sent}T19:30:00",
        "start,today,patient_id,phq9_total,_uuid,_submission_time",
        "today,patient_id,treatment/drug,_submission_time",
    )
    assert_weekly(tmp_path)


def test_the_visit_of_a_form_with_groups_of_questions_goes_before_the_day_it_was_sent(tmp_path):
    write_forms(
        tmp_path,
        "{sent}T19:00:00.123Z,{who},{day},{score},u{who}-{k}",
        "{sent}T19:30:00.001Z,{who},{day},{iv}",
        "SubmissionDate,visit-client_code,visit-visit_date,phq9_total,KEY",
        "SubmissionDate,visit-client_code,visit-visit_date,tx-route",
    )
    assert_weekly(tmp_path)


def test_items_within_groups_of_questions_are_items(tmp_path):
    names = ",".join(f"phq_grp-phq9_{number}" for number in range(1, 10))
    items = "3,3,3,3,3,{k},0,0,0"
    write_forms(tmp_path, f"{{who}},{{day}},{items}", "{who},{day},{iv}", f"pid,visit_date,{names}", "pid,tx_date,tx-route")  # fmt: skip
    assert_weekly(tmp_path)


ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.mark.parametrize("day", ["{:%Y%m%dT0815}", "{:%Y%m%dT081500Z}", "{:%Y%j}", "{:%d-%b-%y}"])
@pytest.mark.parametrize("digits", [{}, ARABIC], ids=["0-9", "arabic"])
def test_days_are_read_as_programs_and_people_write_them(tmp_path, day, digits):
    rows = [f"K{n:03d},{day.format(at).translate(digits)},{('iv', 'esketamine')[n % 2]},{20 - 3 * k}" for n, k, at, _ in list_visits()]  # fmt: skip
    write(tmp_path, "log.csv", *rows, header="patient_id,visit_date,treatment,phq9_total")
    draft = draft_study(tmp_path, "mine", zone="as written")
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    assert export.tables["sessions"]["study_day"].tolist() == [0, 7, 14, 21] * 24


def test_a_date_in_no_known_way_is_named_with_its_shape(tmp_path):
    rows = [f"K{n:03d},{at:%y.%j},{20 - 3 * k}" for n, k, at, _ in list_visits()]
    write(tmp_path, "log.csv", *rows, header="patient_id,visit_date,phq9_total")
    (said,) = draft_study(tmp_path, "mine").missing
    assert "'visit_date' of log.csv is named like a date, and its cells look like `99.999`" in said
