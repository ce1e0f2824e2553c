"""Exports as programs that capture data write them: names with suffixes, headers in two rows, days and answers in ways of their own."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import yaml
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

from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.settings.study import check_study

ITEMS = [*((9, n) for n in range(1, 10)), *((7, n) for n in range(1, 8))]
NAMES = {9: "PHQ9", 7: "GAD7"}


def answer(n, k, of, place, first=0):
    return items(n, k, of)[place - 1] + first


def write_wide(folder, who_name, given_name, date_name, item_name):
    """Write one row a patient; the patterns are of columns of a visit."""
    header = [who_name, given_name]
    for k in range(4):
        header += [date_name.format(k + 2), *(item_name.format(NAMES[of], place, k + 2, of) for of, place in ITEMS)]
    lines = [
        ",".join(map(str, [who, ARMS[n % 2], *(cell for k in range(4) for cell in (day(n, k), *(answer(n, k, of, place) for of, place in ITEMS)))]))
        for n, who in enumerate(PEOPLE)
    ]  # fmt: skip
    write(folder, "wide.csv", *lines, header=",".join(header))


def write_two_rows(folder, upper, lower, first=0, coded=False):
    """Write a form whose columns have a name and, below it, what it means; ``upper`` and ``lower`` are of what stands before the answers."""
    asked = [*read_questions("phq9"), *read_questions("gad7")]
    names = [f"{NAMES[of]}_{place}" for of, place in ITEMS]
    lines = []
    for n, who, k in visits():
        before = {"who": who, "at": f"{day(n, k)} 09:00:00", "status": "0", "finished": "1"}
        said = [answer(n, k, of, place, first) for of, place in ITEMS]
        cells = [cell for points in said for cell in (WORDS[points], points)] if coded else said
        lines.append(",".join(map(str, [*(before.get(what, "x") for what in upper.values()), *cells])))
    codes = [cell for name in names for cell in (name, f"{name}CD")] if coded else names
    wordings = (
        [cell for text in asked for cell in (f'"{text}"', f'"{text} - Code"')]
        if coded
        else [f'"{text}"' for text in asked]
    )
    write(folder, "form.csv", ",".join([*lower, *wordings]), *lines, header=",".join([*upper, *codes]))


def write_openclinica(folder):
    write_wide(folder, "SubjectID", "Drug_E1_C1", "InfusionDate_E{}_C2", "{}_{}_E{}_C{}")


def write_suffixes(folder):
    write_wide(folder, "subjid", "arm", "txdate_v{}", "{}_{}_v{}")


def write_old_qualtrics(folder):
    upper = {"V1": "id", "V2": "set", "V3": "name", "V4": "who", "V7": "status", "V9": "at", "V10": "finished"}
    lower = ["ResponseID", "ResponseSet", "Name", "ExternalDataReference", "Status", "EndDate", "Finished"]
    write_two_rows(folder, upper, lower, first=1)
    write_log(folder)


def write_viedoc(folder):
    upper = {"Site name": "site", "Subject Id": "who", "Event name": "event", "Event date": "at", "Form name": "form"}
    write_two_rows(folder, upper, list(upper), coded=True)
    write_log(folder)


def write_weeks(folder):
    weeks = {(n, k): "{}-W{:02d}-{}".format(*day(n, k).isocalendar()) for n, _, k in visits()}
    lines = [f"{who},{weeks[n, k]},{ARMS[n % 2]},{sum(items(n, k))},{sum(items(n, k, 7))}" for n, who, k in visits()]
    write(folder, "log.csv", *lines, header="id,week,treatment,phq9,gad7")


def write_signs(folder):
    """Write days with the signs of Japanese, and the day of the week."""
    lines = [f"{who},{(d := day(n, k)).year}年{d.month}月{d.day}日({'月火水木金土日'[d.weekday()]}),{ARMS[n % 2]},{sum(items(n, k))},{sum(items(n, k, 7))}" for n, who, k in visits()]  # fmt: skip
    write(folder, "log.csv", *lines, header="ID,日付,treatment,phq9,gad7")


def seconds(n, k):
    return int(dt.datetime(2024, 1, 3, 14, tzinfo=dt.UTC).timestamp()) + 86_400 * (5 * n + 7 * k)


def write_seconds(folder, name="start"):
    scores = [f"{who},{seconds(n, k)},{sum(items(n, k))},{sum(items(n, k, 7))}" for n, who, k in visits()]
    write(folder, "scores.csv", *scores, header=f"user,{name},phq9,gad7")
    given = [f"{who},{seconds(n, k)},{ARMS[n % 2]}" for n, who, k in visits()]
    write(folder, "sessions.csv", *given, header="user,start,medication")


def write_encounters(folder):
    resources = []
    for n, who, k in visits():
        about = {"status": "finished", "subject": {"reference": f"Patient/{who}"}}
        given = {"type": [{"text": ARMS[n % 2]}], "period": {"start": f"{day(n, k)}T09:00:00-05:00"}}
        resources.append({"resourceType": "Encounter", **about, **given})
        for code, of in (("44261-6", 9), ("70274-6", 7)):
            score = {
                "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "valueInteger": sum(items(n, k, of)),
            }
            resources.append({"resourceType": "Observation", **about, "status": "final", "effectiveDateTime": given["period"]["start"], **score})  # fmt: skip
    (folder / "all.ndjson").write_text("\n".join(map(json.dumps, resources)))


def write_numbered(folder):
    """Write an answer a row, whose number counts from one beside the wording."""
    asked = {9: read_questions("phq9"), 7: read_questions("gad7")}
    lines = [
        f'{who},{day(n, k)} 09:00,{NAMES[of]},"{asked[of][place - 1]}",{answer(n, k, of, place, 1)} - {WORDS[answer(n, k, of, place)]}'
        for n, who, k in visits()
        for of, place in ITEMS
    ]
    write(folder, "answers.csv", *lines, header="patient_id,answered_at,form,question,answer")
    write_log(folder)


@pytest.mark.parametrize(
    "make",
    [write_openclinica, write_suffixes, write_old_qualtrics, write_viedoc, write_weeks, write_signs, write_seconds, write_encounters, write_numbered],
)  # fmt: skip
def test_what_a_program_writes_is_read(tmp_path, make):
    make(tmp_path)
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert totals(export, "gad7") == truth(7)
    sessions = export.tables["sessions"]
    assert sessions["study_day"].tolist() == [0, 7, 14, 21] * len(PEOPLE)
    assert set(sessions["treatment"].astype(str)) == {"iv", "esketamine"}


def test_days_of_visits_that_may_be_none_of_sessions_are_asked_about_with_the_lines_to_write(tmp_path):
    write_wide(tmp_path, "SubjectID", "Drug_E1_C1", "StartDate_E{}", "{}_{}_E{}_C{}")
    draft = draft_study(tmp_path, "mine")
    assert any("copy `assessments` of this source to `sessions`" in one for one in draft.missing)
    content = yaml.safe_load(draft.text)
    content.pop("to_do")
    source = content["sources"][0]
    placed = {name: source["tables"]["assessments"]["columns"][name] for name in ("patient", "date")}
    values = {ARMS[0].casefold(): "iv", ARMS[1].casefold(): "esketamine"}
    source["tables"]["sessions"] = {"columns": {**placed, "treatment": {"column": "Drug_E1_C1", "values": values}}}
    source["tables"].pop("patients", None)
    export = read_export(check_study(content), tmp_path)
    assert totals(export) == truth()
    assert len(export.tables["sessions"]) == len(visits())


def test_numbers_that_may_be_moments_under_any_name_are_asked_about(tmp_path):
    write_seconds(tmp_path, "mark")
    said = " ".join(draft_study(tmp_path, "mine").missing) + draft_study(tmp_path, "mine").summary
    assert "'mark'" in said
    assert "epoch s" in said
