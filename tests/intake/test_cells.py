"""Two dates by one name, two tables in one sheet, scores within texts, answers ticked in a column each, codes of answers, and several patients in a cell: drafted and read, or entered in the ledger."""

from __future__ import annotations

import csv
import datetime as dt
import json

import numpy as np
import pytest
import yaml
from test_foreign_exports import ARMS, PEOPLE, WORDS, day, items, read_drafted, totals, visits

from outcomes.errors import InputError
from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.intake.readers.cells import UNREAD, find_score
from outcomes.settings.study import check_study


def write_rows(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def write_sessions(folder):
    write_rows(
        folder / "sessions.csv",
        [["record_id", "session_date", "treatment"], *([who, day(n, k), ARMS[n % 2]] for n, who, k in visits())],
    )


def expected(count=9):
    return {(who, 7 * k): float(sum(items(n, k, count))) for n, who, k in visits()}


NOTES = (
    "Tolerated well. PHQ-9: {p}, GAD-7: {g}. Plan: continue.",
    "Better (last PHQ-9: 22)\nPHQ-9 score {p}/27\nGAD-7 score {g}/21",
    "phq9={p} gad7={g}; BP 120/80, 40 mg",
)


def test_scores_of_notes_are_read_out_of_the_text_and_unclear_ones_entered(tmp_path):
    rows = [["Client", "Visit Date", "Service", "Progress note"]]
    for n, who, k in visits():
        note = NOTES[n % 3].format(p=sum(items(n, k)), g=sum(items(n, k, 7)))
        rows.append([who, day(n, k), ARMS[n % 2], "PHQ-9 18 -> 12. GAD-7: 9" if (n, k) == (5, 2) else note])
    write_rows(tmp_path / "visits.csv", rows)
    export, draft = read_drafted(tmp_path)
    unclear = (PEOPLE[5], 14)
    assert totals(export) == {key: total for key, total in expected().items() if key != unclear}
    assert totals(export, "gad7") == expected(7) | {unclear: 9.0}
    assert "fewer than 11 rows name it without one clear number" in draft.text
    entered = export.ledger[export.ledger["column"].astype(str) == "phq9.total"]
    assert len(entered) == 1
    assert "Tolerated" not in draft.text


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("PHQ-9: 14 (moderate)", "14"),
        ("PHQ 9 total score = 14/27", "14/27"),
        ("PHQ-9 (14)", "14"),
        ("PHQ-9 of 14; PHQ9: 14", "14"),
        ("PHQ-9: 14.", "14"),
        ("Slept 9 hours", ""),
        ("PHQ-2: 3", ""),
        ("PHQ-9: 14, PHQ-9: 12", UNREAD),
        ("baseline PHQ-9: 20", UNREAD),
        ("PHQ-9 14 last visit", UNREAD),
        ("PHQ-9 3/4/24: 14", UNREAD),
        ("PHQ-9 2 weeks ago 18", UNREAD),
        ("PHQ-9 item 9: 2", UNREAD),
        ("PHQ-9 1) 2 2) 3", UNREAD),
        ("PHQ-9/GAD-7: 14/9", UNREAD),
        ("PHQ-9 14-16", UNREAD),
        ("PHQ-9 not done", UNREAD),
        ("PHQ-9 down from 18 to 12", UNREAD),
    ],
)
def test_only_one_clear_number_behind_its_name_is_a_score(text, score):
    assert find_score(text, ["PHQ-9"]) == score


@pytest.mark.parametrize(
    ("name", "answers", "mark", "none"),
    [
        ("phq9_{}___{}", "0123", "1", "0"),
        ("PHQ-9 Q{} [{}]", WORDS, "X", ""),
        ("PHQ-9 item {} (choice={})", WORDS, "Checked", "Unchecked"),
    ],
)
def test_one_of_several_ticked_columns_is_the_answer(name, answers, mark, none, tmp_path):
    rows = [["record_id", "survey_date", *(name.format(i, a) for i in range(1, 10) for a in answers)]]
    for n, who, k in visits():
        cells = [mark if one == at else none for one in items(n, k) for at in range(4)]
        if (n, k) == (3, 1):
            cells[:4] = [mark, mark, none, none]  # two answers to the first question
        rows.append([who, day(n, k), *cells])
    write_rows(tmp_path / "survey.csv", rows)
    write_sessions(tmp_path)
    export, draft = read_drafted(tmp_path)
    table = export.tables["assessments"].set_index(["patient", "study_day"]).drop(columns=["visit", "instrument"])
    answered = table[[f"item_{i}" for i in range(1, 10)]]
    sums = answered.sum(axis=1, min_count=9)
    want = np.array(list(expected().values()))
    twice = int(np.flatnonzero(sums.isna())[0])
    assert int(sums.isna().sum()) == 1
    assert (np.delete(sums.to_numpy(), twice) == np.delete(want, twice)).all()
    entered = export.ledger[export.ledger["column"].astype(str) == "phq9.item_1"]
    assert len(entered) == 1
    assert "ticked" in draft.text


@pytest.mark.parametrize("codes", [("A1", "A2", "A3", "A4"), ("AO00", "AO01", "AO02", "AO03")])
def test_codes_of_answers_are_taken_in_their_order_and_said(codes, tmp_path):
    head = ["id", "submitdate", "lastpage", "startlanguage", "token", *(f"phq9[SQ{i:03d}]" for i in range(1, 10))]
    rows = [
        [f"{n}{k}", f"{day(n, k)} 09:10:00", 4, "en", who, *(codes[one] for one in items(n, k))]
        for n, who, k in visits()
    ]
    write_rows(tmp_path / "results.csv", [head, *rows])
    write_sessions(tmp_path)
    export, draft = read_drafted(tmp_path)
    assert totals(export) == expected()
    assert f"CHECK: answers are codes, and taken in their order ({codes[0]} is 0" in draft.text


def test_a_list_of_types_and_scores_is_a_column_for_each_type(tmp_path):
    scored = [("PHQ-9", 9), ("GAD-7", 7)]
    objects = [
        {
            "clientId": who,
            "sessionDate": str(day(n, k)),
            "treatment": ARMS[n % 2],
            "assessments": [{"type": name, "score": sum(items(n, k, count)), "band": "x"} for name, count in scored],
        }
        for n, who, k in visits()
    ]
    (tmp_path / "export.json").write_text(json.dumps(objects), encoding="utf-8")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == expected()
    assert totals(export, "gad7") == expected(7)


def test_a_prefix_of_an_identifier_is_no_second_patient_in_the_cell(tmp_path):
    """`Patient/P-01` was taken for two patients, one of them by the name of Patient."""
    visits_of = [[f"Patient/{who}", day(n, k), "IM ketamine"] for n, who, k in visits()]
    scores = [[who, day(n, k), 20 - 2 * k] for n, who, k in visits()]
    write_rows(tmp_path / "visits.csv", [["subject.reference", "Date", "Treatment"], *visits_of])
    write_rows(tmp_path / "scores.csv", [["patient", "date", "phq9"], *scores])
    assert "several patients" not in draft_study(tmp_path, "mine").text


def test_dates_and_pressures_are_no_groups_of_patients_with_small_numbers(tmp_path):
    rows = [
        [n + 1, f"{k + 1}/{n + 1}/2024", "IM ketamine", f"{n + 1}/{n + 2}", 20 - 2 * k]
        for n in range(24)
        for k in range(4)
    ]
    write_rows(tmp_path / "visits.csv", [["Patient", "Date", "Treatment", "BP", "PHQ-9"], *rows])
    write_rows(tmp_path / "patients.csv", [["Patient", "Sex"], *([n + 1, "FM"[n % 2]] for n in range(24))])
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    assert "several patients" not in draft.text


@pytest.mark.parametrize("between", ["; ", ", ", " / "])
def test_a_group_session_is_a_session_of_each_of_its_patients(between, tmp_path):
    rows = [["Date", "Treatment", "Patients"]]
    scores = [["patient", "date", "phq9"]]
    for group in range(8):
        mine = PEOPLE[3 * group : 3 * group + 3]
        for k in range(4):
            rows.append([day(group, k), "IM ketamine", between.join(mine)])
            scores += [[who, day(group, k), 20 - 2 * k + place] for place, who in enumerate(mine)]
    write_rows(tmp_path / "groups.csv", rows)
    write_rows(tmp_path / "scores.csv", scores)
    export, draft = read_drafted(tmp_path)
    sessions = export.tables["sessions"]
    assert len(sessions) == 24 * 4
    assert sorted(set(sessions["study_day"])) == [0, 7, 14, 21]
    assert totals(export) == {(who, 7 * k): float(20 - 2 * k + n % 3) for n, who, k in visits()}
    counted = export.balance.set_index("file")["raw"]
    assert sorted(counted) == [8 * 4, 96]
    assert "several patients in one cell of 'Patients'" in draft.text


def test_of_two_dates_by_one_name_each_is_of_the_columns_behind_it(tmp_path):
    rows = [["Patient", "Date", "Drug", "Date", "PHQ-9"]]
    for n, who, k in visits():
        rows.append([who, day(n, k), ARMS[n % 2], day(n, k) - dt.timedelta(days=1), sum(items(n, k))])
    write_rows(tmp_path / "log.csv", rows)
    export, draft = read_drafted(tmp_path)
    assert sorted(set(export.tables["sessions"]["study_day"])) == [0, 7, 14, 21]
    assert totals(export) == {(who, at - 1): total for (who, at), total in expected().items()}
    assert draft.text.count("CHECK: two columns are called 'Date'") == 2


def test_two_dates_by_one_name_before_everything_are_asked_about(tmp_path):
    rows = [["Patient", "Date", "Date", "Drug", "PHQ-9"]]
    for n, who, k in visits():
        rows.append([who, day(n, k), day(n, k) - dt.timedelta(days=1), ARMS[n % 2], sum(items(n, k))])
    write_rows(tmp_path / "log.csv", rows)
    draft = draft_study(tmp_path, "mine")
    assert "does not tell which is of the session and which of the questionnaires" in draft.text


def test_text_of_fixed_widths_is_read_by_its_blanks_and_a_value_too_long_is_refused(tmp_path):
    lines = ["PATIENT   DATE        DRUG          PHQ9  GAD7"]
    for n, who, k in visits():
        p, g = sum(items(n, k)), sum(items(n, k, 7))
        lines.append(f"{who:<10}{day(n, k)}  {ARMS[n % 2]:<12}  {p:>4}  {g:>4}")
    (tmp_path / "report.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == expected()
    assert totals(export, "gad7") == expected(7)
    lines[60] = lines[60].replace("  2024", "0002024")
    (tmp_path / "report.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"1 row\(s\) hold a value that reaches into the next column.*: row 61\."):
        read_export(check_study(yaml.safe_load(draft.text)), tmp_path)


def test_two_tables_beside_one_another_are_each_read_for_themselves(tmp_path):
    rows = [["Patient", "Date", "Treatment", "", "Patient", "Date", "PHQ-9", "GAD-7"]]
    sessions = [[who, day(n, k), ARMS[n % 2]] for n, who, k in visits()]
    scores = [[who, day(n, k), sum(items(n, k)), sum(items(n, k, 7))] for n, who, k in visits()][::-1]
    rows += [[*one, "", *two] for one, two in zip(sessions, [*scores[4:], *[[""] * 4] * 4], strict=True)]
    write_rows(tmp_path / "tracker.csv", rows)
    export, draft = read_drafted(tmp_path)
    last = {PEOPLE[-1]}
    assert totals(export) == {key: total for key, total in expected().items() if key[0] not in last}
    assert totals(export, "gad7") == {key: total for key, total in expected(7).items() if key[0] not in last}
    assert len(export.tables["sessions"]) == 24 * 4
    assert int(export.balance["raw"].iloc[0]) == 24 * 4
    assert "beside: 2" in draft.text
