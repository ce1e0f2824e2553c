"""Columns that a draft leaves out are named with what to write, and what it says can be written."""

from __future__ import annotations

import datetime as dt

import pytest
import yaml
from exports import write

from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.settings.study import check_study

VISITS = [(f"K{n:03d}", k, dt.date(2024, 1, 8) + dt.timedelta(days=n + 4 * k)) for n in range(12) for k in range(3)]


@pytest.fixture
def clinic(tmp_path):
    """A file of sessions with boxes for side effects, and one of what was charged."""
    rows = [f"{who},{day},iv,{20 - k},{'X' if k == 1 else ''},,{20 - k} → {18 - k}" for who, k, day in VISITS]
    write(tmp_path, "log.csv", *rows, header="patient_id,date,treatment,phq9,AE Nausea,Side effect: headache,Mood")
    charges = [f'{who},{day},"$1,250.00"' for who, _, day in VISITS]
    write(tmp_path, "charges.csv", *charges, header="patient_id,service_date,charge_amount")
    return tmp_path


def read_changed(folder, change):
    content = yaml.safe_load(draft_study(folder, "mine").text)
    change(content["sources"])
    return read_export(check_study(content), folder).tables


def test_side_effects_in_boxes_are_read_as_the_draft_says(clinic):
    draft = draft_study(clinic, "mine")
    assert "'AE Nausea', 'Side effect: headache': named after side effects, and read by no table" in draft.text
    assert "'Mood' holds two scores a cell, before and after" in draft.text

    def change(sources):
        boxes = {"nausea": "AE Nausea", "headache": "Side effect: headache"}
        columns = {"patient": "patient_id", "date": "date", "event": "event"}
        stack = {"columns": {"ticked": boxes}, "label": "event"}
        sources.append({"file": "log.csv", "stack": stack, "tables": {"adverse_events": {"columns": columns}}})

    events = read_changed(clinic, change)["adverse_events"]
    assert events["event"].astype(str).tolist() == ["nausea"] * 12
    assert events["study_day"].tolist() == [4] * 12


def test_charges_in_a_file_of_their_own_are_put_beside_the_sessions_as_the_draft_says(clinic):
    assert "it has charges ('charge_amount') and not what was given" in draft_study(clinic, "mine").summary

    def change(sources):
        by = {"patient_id": "patient_id", "date": "service_date"}
        sources[0]["join"] = {"file": "charges.csv", "by": by, "columns": {"charge": "charge_amount"}}
        sources[0]["tables"]["sessions"]["columns"]["charge_usd"] = "charge"

    assert set(read_changed(clinic, change)["sessions"]["charge_usd"]) == {1250}


def test_terms_with_their_codes_are_side_effects(tmp_path):
    write(tmp_path, "log.csv", *(f"{who},{day},iv,{20 - k}" for who, k, day in VISITS), header="id,date,treatment,phq9")
    rows = [f"{who},{day},{('10028813 Nausea', '10019211 Headache')[k % 2]},{k + 1}" for who, k, day in VISITS]
    write(tmp_path, "ae.csv", *rows, header="id,onset date,CTCAE term,CTCAE grade")
    events = read_changed(tmp_path, lambda sources: None)["adverse_events"]
    assert set(events["event"].astype(str)) == {"nausea", "headache"}
    assert set(events["severity"].astype(str)) >= {"mild", "moderate"}
