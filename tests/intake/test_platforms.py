"""Exports as programs that capture data write them: names with suffixes, headers in two rows, days and answers in ways of their own."""

from __future__ import annotations

import datetime as dt
import json
import random

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


def write_pcornet(folder):
    """Write scores by code in a table that also has columns for single items, which stay blank."""
    codes = {9: "44261-6", 7: "70274-6"}
    scores = [f"{who},{day(n, k)},,,{codes[of]},{sum(items(n, k, of))}" for n, who, k in visits() for of in codes]
    write(
        folder,
        "PRO_CM.csv",
        *scores,
        header="PATID,PRO_DATE,PRO_ITEM_NAME,PRO_RESPONSE_NUM,PRO_MEASURE_LOINC,PRO_MEASURE_SCORE",
    )
    given = [f"{who},{day(n, k)},{ARMS[n % 2]}" for n, who, k in visits()]
    write(folder, "MED_ADMIN.csv", *given, header="PATID,MEDADMIN_START_DATE,RAW_MEDADMIN_MED_NAME")


def write_concepts(folder):
    """Write tables of OMOP with numbers of concepts, and nothing in the columns that would name them."""
    concepts = {1: ("PHQ-9 total", "44261-6"), 2: ("GAD-7 total", "70274-6"), 3: (ARMS[0], "x"), 4: (ARMS[1], "y")}
    scores = [
        f"{n + 1},{kind},{day(n, k)},{sum(items(n, k, of))}," for n, _, k in visits() for kind, of in ((1, 9), (2, 7))
    ]
    write(
        folder,
        "measurement.csv",
        *scores,
        header="person_id,measurement_concept_id,measurement_date,value_as_number,measurement_source_value",
    )
    given = [f"{n + 1},{3 + n % 2},{day(n, k)}," for n, _, k in visits()]
    write(
        folder,
        "drug_exposure.csv",
        *given,
        header="person_id,drug_concept_id,drug_exposure_start_date,drug_source_value",
    )
    write(
        folder,
        "concept.csv",
        *(f"{number},{name},{code}" for number, (name, code) in concepts.items()),
        header="concept_id,concept_name,concept_code",
    )
    write(
        folder, "person.csv", *(f"{n + 1},{1960 + n}" for n, _ in enumerate(PEOPLE)), header="person_id,year_of_birth"
    )


def write_ticks(folder):
    """Write the checkboxes of REDCap, whose ninth question is named as a total would be."""
    boxes = [f"phq{place}___{points}" for place in range(1, 10) for points in range(4)]
    lines = [
        ",".join(map(str, [who, day(n, k), *(int(points == one) for one in items(n, k) for points in range(4)), sum(items(n, k, 7))]))
        for n, who, k in visits()
    ]  # fmt: skip
    write(folder, "boxes.csv", *lines, header=f"record_id,visit_date,{','.join(boxes)},gad7_total")
    write_log(folder)


def write_words(folder):
    """Write answers in the words of Japanese."""
    words = ("全くない", "数日", "半分以上", "ほとんど毎日")
    lines = [
        ",".join([who, str(day(n, k)), *(words[answer(n, k, of, place)] for of, place in ITEMS)])
        for n, who, k in visits()
    ]
    write(folder, "form.csv", *lines, header=",".join(["id", "date", *(f"{NAMES[of]}_{place}" for of, place in ITEMS)]))
    write_log(folder)


def write_sum_of_eight(folder):
    """Write nine items beside a total that is the sum of the first eight."""
    names = [f"phq9_{place}" for place in range(1, 10)]
    lines = [
        ",".join(map(str, [who, day(n, k), *items(n, k), sum(items(n, k)[:8]), sum(items(n, k, 7))]))
        for n, who, k in visits()
    ]
    write(folder, "form.csv", *lines, header=",".join(["id", "date", *names, "phq9_total", "gad7_total"]))
    write_log(folder)


@pytest.mark.parametrize(
    "make",
    [write_pcornet, write_concepts, write_ticks, write_words, write_sum_of_eight, write_openclinica, write_suffixes, write_old_qualtrics, write_viedoc, write_weeks, write_signs, write_seconds, write_encounters, write_numbered],
)  # fmt: skip
def test_what_a_program_writes_is_read(tmp_path, make):
    make(tmp_path)
    export, _ = read_drafted(tmp_path)
    scores, anxiety = totals(export), totals(export, "gad7")
    if make is write_concepts:  # numbers of people, and the year of birth alone
        scores, anxiety = (
            {(PEOPLE[int(who) - 1], at): total for (who, at), total in one.items()} for one in (scores, anxiety)
        )
        assert export.tables["patients"]["age"].between(39, 64).all()
    assert scores == truth()
    assert anxiety == truth(7)
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


def write_scores(folder, given, name=lambda n: "PHQ-9", header="patient_id,session_date,treatment"):
    lines = [f"{who},{name(n)},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    write(folder, "scores.csv", *lines, header="patient_id,measure,date,score")
    write(folder, "given.csv", *(f"{who},{day(n, k)},{given(n)}" for n, who, k in visits()), header=header)


@pytest.mark.parametrize(
    ("given", "name", "header", "said"),
    [
        (lambda n: ARMS[n % 2], lambda n: "PHQ-9" if n % 6 else "PHQ-9M", "patient_id,session_date,treatment", "'PHQ-9M', a form named after phq9"),
        (lambda n: ARMS[n % 2], lambda n: "PHQ-9", "patient_id,date_ordered,medication", "given.csv lists orders of treatments"),
        (lambda n: 1 + n // 18, lambda n: "PHQ-9", "patient_id,session_date,treatment", "(1; others that fewer than 11 patients share"),
    ],
)  # fmt: skip
def test_what_people_must_say_is_asked_with_its_cause(tmp_path, given, name, header, said):
    write_scores(tmp_path, given, name, header)
    assert said in " ".join(draft_study(tmp_path, "mine").missing)


def test_codes_that_few_share_are_answered_as_others_are(tmp_path):
    write_scores(tmp_path, lambda n: 1 + n // 18)
    export, _ = read_drafted(tmp_path, treatments={"1": "iv", "2": "esketamine"})
    assert export.tables["sessions"]["treatment"].astype(str).value_counts().to_dict() == {"iv": 72, "esketamine": 24}


@pytest.mark.parametrize("copied", [0, 2])
def test_people_with_the_same_answers_are_asked_about_whatever_their_days(tmp_path, copied):
    """Each person answers otherwise; then one has the answers of another at visits of its own days."""
    who_answers = {n: (n if n >= copied else 0) for n in range(len(PEOPLE))}
    draws = {(n, k): random.Random(10 * n + k).choices(range(4), k=9) for n, _, k in visits()}
    lines = [",".join(map(str, [who, day(n, k), *draws[who_answers[n], k]])) for n, who, k in visits()]
    write(tmp_path, "form.csv", *lines, header=",".join(["id", "date", *(f"phq9_{place}" for place in range(1, 10))]))
    write_log(tmp_path)
    draft = draft_study(tmp_path, "mine")
    content = yaml.safe_load(draft.text)
    content.pop("to_do", None)
    said = [one.text for one in read_export(check_study(content), tmp_path).findings if one.check == "copied_rows"]
    assert [one[:8] for one in said] == (["2 people"] if copied else [])


def test_people_who_answer_nearly_everything_alike_are_not_taken_for_copies(tmp_path):
    """Of the very ill all answers are at the top but one or two."""
    alike = {(n, k): [3] * (k + 1) + [2] + [3] * (7 - k) for n, _, k in visits()}
    lines = [",".join(map(str, [who, day(n, k), *alike[n, k]])) for n, who, k in visits() if n < 3]
    draws = {(n, k): random.Random(10 * n + k).choices(range(4), k=9) for n, _, k in visits()}
    lines += [",".join(map(str, [who, day(n, k), *draws[n, k]])) for n, who, k in visits() if n >= 3]
    write(tmp_path, "form.csv", *lines, header=",".join(["id", "date", *(f"phq9_{place}" for place in range(1, 10))]))
    write_log(tmp_path)
    assert not [one for one in draft_study(tmp_path, "mine").missing if "copied_rows" in one]


@pytest.mark.parametrize("typed", [False, True])
def test_the_arm_of_each_patient_beside_scores_makes_no_session_unasked(tmp_path, typed):
    """A column named after arms says nothing of the day of a score."""
    kinds = {"PHQ-9": 9, "GAD-7": 7}
    rows = [
        f"{who},{ARMS[n % 2]},{day(n, k)},{kind},{','.join(map(str, items(n, k, of)))}{',' * (9 - of)}"
        for n, who, k in visits()
        for kind, of in kinds.items()
    ]
    plain = [f"{who},{ARMS[n % 2]},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    header = f"id,arm,date,{'type,' + ','.join(f'q{place}' for place in range(1, 10)) if typed else 'phq9'}"
    write(tmp_path, "scores.csv", *(rows if typed else plain), header=header)
    assert any(
        "nothing there says that the days in 'date' are of sessions" in one
        for one in draft_study(tmp_path, "mine").missing
    )


def test_encounters_of_other_kinds_are_no_sessions(tmp_path):
    resources = []
    for n, who, k in visits():
        about = {"subject": {"reference": f"Patient/{who}"}, "status": "finished"}
        for kind, at in (
            (f"{ARMS[n % 2]} visit", day(n, k)),
            ("Telehealth follow-up", day(n, k) + dt.timedelta(days=2)),
        ):
            named = {
                "type": [{"coding": [{"code": kind[:3], "display": kind}]}],
                "period": {"start": f"{at}T09:00:00-05:00"},
            }
            resources.append({"resourceType": "Encounter", **about, **named})
    (tmp_path / "encounters.ndjson").write_text("\n".join(map(json.dumps, resources)))
    scores = [f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "scores.csv", *scores, header="patient,date,phq9")
    export, _ = read_drafted(tmp_path)
    assert export.tables["sessions"]["study_day"].tolist() == [0, 7, 14, 21] * len(PEOPLE)


def test_weeks_without_a_day_are_said_to_be_none(tmp_path):
    write_log(tmp_path)
    scores = [f"{who},{day(n, k).strftime('%G-W%V')},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "scores.csv", *scores, header="patient_id,date,phq9")
    assert "weeks of the year (2024-W03), which say no day" in " ".join(draft_study(tmp_path, "mine").missing)
