"""Rows that a form dates in several ways: the day that people entered, and the stamps of a program."""

from __future__ import annotations

import datetime as dt

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


def test_the_day_of_a_form_of_kobo_goes_before_the_stamp_of_its_upload(tmp_path):
    forms, sessions = [], []
    for n, k, day, sent in list_visits():
        forms.append(f"{day}T08:10:00.000+02:00,{day},K{n:03d},{20 - 3 * k},u{n}-{k},{sent}T19:00:00")
        sessions.append(f"{day},K{n:03d},{('iv', 'esketamine')[n % 2]},{sent}T19:30:00")
    write(tmp_path, "forms.csv", *forms, header="start,today,patient_id,phq9_total,_uuid,_submission_time")
    write(tmp_path, "sessions.csv", *sessions, header="today,patient_id,treatment/drug,_submission_time")
    assert_weekly(tmp_path)


def test_the_visit_of_a_form_with_groups_of_questions_goes_before_the_day_it_was_sent(tmp_path):
    forms, sessions = [], []
    for n, k, day, sent in list_visits():
        forms.append(f"{sent}T19:00:00.123Z,K{n:03d},{day},{20 - 3 * k},u{n}-{k}")
        sessions.append(f"{sent}T19:30:00.001Z,K{n:03d},{day},{('intravenous', 'intranasal')[n % 2]}")
    write(tmp_path, "forms.csv", *forms, header="SubmissionDate,visit-client_code,visit-visit_date,phq9_total,KEY")
    write(tmp_path, "given.csv", *sessions, header="SubmissionDate,visit-client_code,visit-visit_date,tx-route")
    assert_weekly(tmp_path)
