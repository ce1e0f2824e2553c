"""Every cleaning rule by a small example, with the ledger's entry for it."""

import json

import numpy as np
import pytest
from exports import (
    ADVERSE,
    ANSWERS,
    PATIENTS,
    PHQ9,
    PLACED,
    SESSIONS,
    TOTALS,
    entries,
    make_study,
    read_one,
    reasons,
    write,
)

from outcomes.analysis.ledger import tabulate_balance, tabulate_ledger
from outcomes.errors import LedgerError
from outcomes.intake import describe_ledger, read_export
from outcomes.intake.ledger import Ledger
from outcomes.intake.rulebook import render_rules
from outcomes.intake.rules import RULES

ANSWERED = "id,day," + ",".join(
    [f"p{n}" for n in range(1, 10)] + ["ptotal"] + [f"g{n}" for n in range(1, 8)] + ["gtotal"]
)
NO_GAD7 = ",,,,,,,"


def phq9(items, total="", person="a", day="2024-01-01", gad7=NO_GAD7):
    return f"{person},{day},{','.join(items)},{total},{gad7}"


def only(export, instrument="phq9"):
    table = export.tables["assessments"]
    return table[table["instrument"] == instrument]


def test_a_total_that_agrees_stays_as_it_is(tmp_path):
    export = read_one(tmp_path, ANSWERS, ANSWERED, phq9("123012301", "13"))
    assert only(export)["recorded_total"].tolist() == [13]
    assert [int(only(export)[f"item_{n}"].iloc[0]) for n in range(1, 10)] == [1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert entries(export) == []


@pytest.mark.parametrize(
    ("items", "total", "kept", "entry"),
    [
        # 1+2+3+0+1+2+3+0+1 = 13
        ("123012301", "14", 13, ("corrected", "total_disagrees_with_items", "phq9.total", "14", "13")),
        ("123012301", "28", 13, ("corrected", "impossible_total", "phq9.total", "28", "13")),
        ("123012301", "12.5", 13, ("corrected", "total_disagrees_with_items", "phq9.total", "12.5", "13")),
        ("123012301", "many", np.nan, ("corrected", "total_not_a_number", "phq9.total", None, None)),
        # one missing: 12 without it, so 12 to 15 are possible
        (["1", "2", "3", "0", "", "2", "3", "0", "1"], "15", 15, None),
        (["1", "2", "3", "0", "", "2", "3", "0", "1"], "16", np.nan,
         ("corrected", "total_disagrees_with_items", "phq9.total", "16", None)),
        (["1", "2", "3", "0", "", "2", "3", "0", "1"], "13.5", np.nan,
         ("corrected", "total_disagrees_with_items", "phq9.total", "13.5", None)),
        # an item of 4, -1 or 1.5 is none: 12 without it
        ("123042301", "13", 13, ("corrected", "item_out_of_range", "phq9.item_5", "4", None)),
        (["1", "2", "3", "0", "-1", "2", "3", "0", "1"], "13", 13,
         ("corrected", "item_out_of_range", "phq9.item_5", "-1", None)),
        (["1", "2", "3", "0", "1.5", "2", "3", "0", "1"], "13", 13,
         ("corrected", "item_not_a_number", "phq9.item_5", "1.5", None)),
        (["1", "2", "3", "0", "yes", "2", "3", "0", "1"], "13", 13,
         ("corrected", "item_not_a_number", "phq9.item_5", None, None)),
    ],
)  # fmt: skip
def test_items_and_totals(items, total, kept, entry, tmp_path):
    export = read_one(tmp_path, ANSWERS, ANSWERED, phq9(items, total))
    np.testing.assert_equal(only(export)["recorded_total"].tolist(), [kept])
    assert entries(export) == ([] if entry is None else [(2, *entry)])
    if entry and entry[1].startswith("item"):
        assert only(export)["item_5"].isna().all()


def test_answer_codes_are_answers(tmp_path):
    codes = ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9", "0", "0", "0", "0", "0"]  # 0, 1, 2, 3
    export = read_one(tmp_path, ANSWERS, ANSWERED, phq9(codes, "6"))
    assert [int(only(export)[f"item_{n}"].iloc[0]) for n in range(1, 5)] == [0, 1, 2, 3]
    assert entries(export) == []


@pytest.mark.parametrize("effect", ["quarantine", "flag"])
def test_totals_that_stand_alone(effect, tmp_path):
    rows = ["a,2024-01-01,-0.5", "a,2024-01-02,27.5", "a,2024-01-03,12.5", "a,2024-01-04,NA", "a,2024-01-05,27"]
    rules = {"impossible_total": effect, "non_integer_total": effect}
    export = read_one(tmp_path, TOTALS, "id,day,ptotal", *rows, cleaning=rules)
    state = {"quarantine": "quarantined", "flag": "flagged"}[effect]
    assert [entry[:3] for entry in entries(export)] == [
        (2, state, "impossible_total"),
        (3, state, "impossible_total"),
        (4, state, "non_integer_total"),
        (5, "flagged", "no_score"),
    ]
    flags = only(export)["flag"].astype(object).where(only(export)["flag"].notna(), None).tolist()
    if effect == "flag":
        np.testing.assert_equal(only(export)["recorded_total"].tolist(), [-0.5, 27.5, 12.5, np.nan, 27])
        assert flags == ["impossible_total", "impossible_total", "non_integer_total", "no_score", None]
    else:
        np.testing.assert_equal(only(export)["recorded_total"].tolist(), [np.nan, 27])
        assert flags == ["no_score", None]


def test_one_questionnaire_left_out_and_another_kept_is_a_corrected_row(tmp_path):
    tables = {"assessments": {"columns": {"patient": "id", "date": "day"},
                              "instruments": {"phq9": {"total": "p"}, "gad7": {"total": "g"}}}}  # fmt: skip
    export = read_one(tmp_path, tables, "id,day,p,g", "a,2024-01-01,40,7")
    assert only(export).empty
    assert only(export, "gad7")["recorded_total"].tolist() == [7]
    assert entries(export) == [(2, "corrected", "impossible_total", "phq9.total", "40", None)]


@pytest.mark.parametrize(
    ("rule", "kept"),
    [("last", 9), ("first", 0), ("worst", 27), ("quarantine", None)],
)
def test_conflicting_questionnaires_of_one_day(rule, kept, tmp_path):
    rows = [phq9(item * 9, day=f"2024-01-01T{hour:02d}:00:00Z") for item, hour in (("3", 12), ("0", 8), ("1", 18))]
    export = read_one(tmp_path, ANSWERS, ANSWERED, *rows, cleaning={"conflicting_duplicates": rule})
    sums = only(export)[[f"item_{n}" for n in range(1, 10)]].sum(axis=1).tolist()
    assert sums == ([] if kept is None else [kept])
    assert reasons(export) == ["duplicate_conflicting"] * (3 if kept is None else 2)
    assert set(export.ledger["state"]) == {"quarantined" if kept is None else "merged"}


def test_without_a_time_the_fuller_and_then_the_larger_content_stays(tmp_path):
    fuller = phq9("000000001")
    emptier = phq9(["3"] * 8 + [""])
    export = read_one(tmp_path, ANSWERS, ANSWERED, emptier, fuller)
    assert only(export)["item_9"].tolist() == [1]
    export = read_one(tmp_path, ANSWERS, ANSWERED, phq9("100000000"), fuller)
    assert only(export)["item_1"].tolist() == [1]


def test_a_scored_questionnaire_beats_a_later_empty_one(tmp_path):
    rows = [phq9("1" * 9, day="2024-01-01T08:00:00Z"), phq9([""] * 9, day="2024-01-01T18:00:00Z")]
    export = read_one(tmp_path, ANSWERS, ANSWERED, *rows)
    assert only(export)["item_1"].tolist() == [1]
    assert only(export)["flag"].isna().all()


def test_submission_time_goes_before_the_time_of_day(tmp_path):
    tables = {"assessments": {"columns": {"patient": "id", "date": "day", "submitted": "sent"},
                              "instruments": {"phq9": {"total": "p"}}}}  # fmt: skip
    rows = ["a,2024-01-01T20:00:00Z,2024-01-02T08:00:00Z,5", "a,2024-01-01T08:00:00Z,2024-01-03T08:00:00Z,4"]
    assert only(read_one(tmp_path, tables, "id,day,sent,p", *rows))["recorded_total"].tolist() == [4]


def test_an_unreadable_submission_time_decides_nothing_and_is_in_the_ledger(tmp_path):
    tables = {"assessments": {"columns": {"patient": "id", "date": "day", "submitted": "sent"},
                              "instruments": {"phq9": {"total": "p"}}}}  # fmt: skip
    rows = [
        "a,2024-01-01,2024-01-02T08:00:00Z,5",
        "a,2024-01-01,yesterday,9",
        "a,2024-01-05,,3",
        "a,2024-01-09,1066-01-01,3",
    ]
    export = read_one(tmp_path, tables, "id,day,sent,p", *rows)
    assert export.tables["assessments"]["recorded_total"].tolist() == [5, 3, 3]
    assert [entry[:3] for entry in entries(export) if "submission" in entry[2]] == [
        (3, "corrected", "unreadable_submission"), (5, "corrected", "unreadable_submission")
    ]  # fmt: skip
    assert "yesterday" not in export.ledger.to_csv()


def test_a_submission_time_of_two_tables_is_entered_once(tmp_path):
    columns = {"patient": "id", "date": "day", "submitted": "sent"}
    tables = {"assessments": {"columns": columns, "instruments": {"phq9": {"total": "p"}}},
              "vitals": {"columns": {**columns, "heart_rate_before": "pulse"}}}  # fmt: skip
    export = read_one(tmp_path, tables, "id,day,sent,p,pulse", "a,2024-01-01,yesterday,5,70")
    assert reasons(export).count("unreadable_submission") == 1


def test_rows_that_are_left_out(tmp_path):
    rows = [",,,,", "NA,n/a,,,", ",2024-01-01,iv,40,80", "a,,iv,40,80", "a,soon,iv,40,80", "a,1999-01-01,iv,40,80",
            "a,2024-01-01,,40,80", "a,2024-01-01,ECT,40,80", "a,2024-01-02,Ketamine IV,40,80"]  # fmt: skip
    export = read_one(tmp_path, SESSIONS, "id,day,arm,dose,weight", *rows)
    expected = ["blank_row", "blank_row", "unknown_patient", "no_time", "unreadable_date", "date_out_of_range",
                "no_treatment", "unknown_value"]  # fmt: skip
    assert [entry[:3] for entry in entries(export)] == [
        (row, "quarantined", reason) for row, reason in enumerate(expected, start=2)
    ]
    assert export.tables["sessions"][["patient", "study_day", "treatment"]].to_numpy().tolist() == [[1, 0, "iv"]]


def test_day_zero_is_the_first_session_else_the_first_record(tmp_path):
    write(tmp_path, "visits.csv", "a,2024-01-10,iv,,", "a,2024-01-06,iv,,", header="id,day,arm,dose,weight")
    answers = [phq9("1" * 9, day="2024-01-01"), phq9("1" * 9, day="2024-03-01", person="b"),
               phq9("1" * 9, day="2024-02-28", person="b")]  # fmt: skip
    write(tmp_path, "answers.csv", *answers, header=ANSWERED)
    study = make_study([{"file": "visits.csv", "tables": SESSIONS}, {"file": "answers.csv", "tables": ANSWERS}])
    tables = read_export(study, tmp_path).tables
    assert tables["sessions"]["study_day"].tolist() == [0, 4]
    assert tables["assessments"][["patient", "study_day"]].to_numpy().tolist() == [[1, -5], [2, 0], [2, 2]]  # leap year


def test_duplicate_and_same_day_sessions(tmp_path):
    rows = ["a,2024-01-01,iv,40,80", "a,2024-01-01,IV,40,80", "a,2024-01-01,iv,42,80", "a,2024-01-01,Spravato,56,80"]
    export = read_one(tmp_path, SESSIONS, "id,day,arm,dose,weight", *rows)
    # the first two are one session; of the differing third, the larger dose stays; another treatment is another session
    assert sorted(reasons(export)) == ["duplicate_conflicting", "duplicate_conflicting"]
    assert export.tables["sessions"][["ordinal", "treatment", "dose_mg"]].to_numpy().tolist() == [
        [1, "esketamine", 56], [2, "iv", 42]]  # fmt: skip
    export = read_one(tmp_path, SESSIONS, "id,day,arm,dose,weight", *rows, series={"same_day": "separate"})
    assert sorted(reasons(export)) == ["same_day_sessions", "same_day_sessions"]
    assert export.tables["sessions"]["dose_mg"].tolist() == [56, 40, 40, 42]


def test_exact_copies_of_a_session_are_merged_into_the_uppermost(tmp_path):
    export = read_one(tmp_path, SESSIONS, "id,day,arm,dose,weight", *["a,2024-01-01,iv,40,80"] * 3)
    assert [entry[:3] for entry in entries(export)] == [
        (3, "merged", "duplicate_exact"),
        (4, "merged", "duplicate_exact"),
    ]


def test_adverse_events_of_a_list(tmp_path):
    rows = ["a,2024-01-01,nausea; headache,mild", "a,2024-01-01,Nausea,severe", "a,2024-01-02,none,", "a,2024-01-03,itch,",
            "a,2024-01-04,itch;headache,odd"]  # fmt: skip
    export = read_one(tmp_path, ADVERSE, "id,day,event,severity", *rows)
    table = export.tables["adverse_events"].astype(object)
    assert table.where(table.notna(), None).to_numpy().tolist() == [
        [1, 0, "headache", "mild"],
        [1, 0, "nausea", "severe"],  # of two records the one with the larger content
        [1, 3, "headache", None],
    ]
    assert [entry[:4] for entry in entries(export)] == [
        (2, "corrected", "duplicate_conflicting", "event"),  # its headache stays
        (4, "quarantined", "no_event", None),
        (5, "quarantined", "unknown_value", "event"),
        (6, "corrected", "unknown_value", "event"),
        (6, "corrected", "unknown_value", "severity"),
    ]


def test_vitals(tmp_path):
    tables = {"vitals": {"columns": {"patient": "id", "date": "day", "systolic_before": "s", "spo2_after": "o"}}}
    rows = ["a,2024-01-01,120,98", "a,2024-01-01,130,98", "a,2024-01-02,1200,x", "a,2024-01-03,,"]
    export = read_one(tmp_path, tables, "id,day,s,o", *rows)
    assert export.tables["vitals"].astype(object).to_numpy().tolist() == [
        [1, 0, "spo2", "after", 98.0], [1, 0, "systolic", "before", 130.0]]  # fmt: skip
    assert [entry[:4] for entry in entries(export)] == [
        (2, "corrected", "duplicate_conflicting", "vitals"),
        (3, "corrected", "duplicate_exact", "vitals"),  # its systolic pressure stays
        (4, "corrected", "not_a_number", "spo2_after"),
        (4, "corrected", "implausible_value", "systolic_before"),
        (4, "quarantined", "no_value", None),
        (5, "quarantined", "no_value", None),
    ]


def test_patients_of_two_sites_and_attributes_that_disagree(tmp_path):
    rows = ["a,south,40,self", "a,north,41,plan", "b,north,95,plan", "b,north,95,plan", "c,north,7,", "c,north,,plan"]
    export = read_one(tmp_path, PATIENTS, "id,site,age,payer", *rows)
    table = export.tables["patients"].astype(object)
    assert table.where(table.notna(), None).to_numpy().tolist() == [
        [1, "north", 41, "plan"], [2, "north", 90, "plan"], [3, "north", None, "plan"]]  # fmt: skip
    assert [entry[:4] for entry in entries(export)] == [
        (2, "flagged", "inconsistent_attribute", "age"),
        (2, "flagged", "inconsistent_attribute", "payer"),
        (2, "merged", "two_sites", None),
        (4, "corrected", "age_top_coded", "age"),
        (5, "corrected", "age_top_coded", "age"),
        (5, "merged", "duplicate_exact", None),
        (6, "corrected", "age_implausible", "age"),
        (6, "merged", "duplicate_patient", None),
    ]


def test_damaged_characters_are_restored(tmp_path):
    tables = {"sessions": {"columns": {"patient": "id", "date": "day",
                                       "treatment": {"column": "arm", "values": {"kétamine": "iv"}}}}}  # fmt: skip
    export = read_one(tmp_path, tables, "id,day,arm", "a,2024-01-01,kÃ©tamine")
    assert export.tables["sessions"]["treatment"].tolist() == ["iv"]
    assert entries(export) == [(2, "corrected", "mojibake_repaired", "treatment", None, None)]


def test_visits(tmp_path):
    tables = {"assessments": {"columns": {"patient": "id", "visit": "v"}, "instruments": {"phq9": {"total": "p"}}}}
    visits = [{"label": "w0", "baseline": True, "time": 0}, {"label": "w4", "time": 4}]
    rows = ["a,W0,10", "a,w4,5", "a,w9,4", "a,,3"]
    export = read_one(tmp_path, tables, "id,v,p", *rows, visits=visits)
    assert only(export)["visit"].tolist() == ["w0", "w4"]
    assert only(export)["study_day"].isna().all()
    assert [entry[:3] for entry in entries(export)] == [
        (4, "quarantined", "unknown_visit"),
        (5, "quarantined", "no_time"),
    ]


def test_a_visit_does_not_place_a_session(tmp_path):
    tables = {"sessions": {"columns": SESSIONS["sessions"]["columns"] | {"visit": "v"}}}
    visits = [{"label": "w0", "baseline": True, "time": 0}]
    rows = ["a,2024-01-05,iv,40,80,w0", "a,,iv,40,80,w0"]
    export = read_one(tmp_path, tables, "id,day,arm,dose,weight,v", *rows, visits=visits)
    assert export.tables["sessions"]["study_day"].tolist() == [0]
    assert [entry[:3] for entry in entries(export)] == [(3, "quarantined", "no_time")]


def test_study_days_are_whole_and_within_a_lifetime(tmp_path):
    tables = {"sessions": {"columns": {"patient": "id", "study_day": "day", "treatment": {"constant": "iv"}}}}
    export = read_one(tmp_path, tables, "id,day", "a,0", "a,3", "a,2.5", "a,1e300", "a,x")
    assert export.tables["sessions"]["study_day"].tolist() == [0, 3]
    assert [entry[:3] for entry in entries(export)] == [
        (row, *end) for row in (4, 5, 6) for end in (("corrected", "not_a_number"), ("quarantined", "no_time"))
    ]


def test_every_rule_is_shown_by_a_test_of_this_room():
    from pathlib import Path

    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [code for code in RULES if f'"{code}"' not in text] == []


def test_the_page_on_cleaning_rules_is_the_registry(root):
    assert (root / "docs/cleaning-rules.md").read_text(encoding="utf-8") == render_rules()


def test_a_row_without_an_end_is_an_error_of_the_program():
    ledger = Ledger(["file.csv"], [3])
    ledger.keep(np.array([0]), np.array([0]))
    ledger.note(0, np.array([1]), "blank_row")
    with pytest.raises(LedgerError, match=r"file.csv: 3 raw rows, but 1 kept \+ 0 merged \+ 1 quarantined = 2"):
        ledger.close()


def test_balance_of_the_example(example, root):
    balance = example.balance
    assert (balance["raw"] == balance["kept"] + balance["merged"] + balance["quarantined"]).all()
    truth = json.loads((root / "data/example/truth.json").read_text(encoding="utf-8"))["raw_rows"]["files"]
    raw = {
        name.replace(" [", "#").rstrip("]"): rows for name, rows in zip(balance["file"], balance["raw"], strict=True)
    }
    assert raw == truth
    text = describe_ledger(example.ledger, balance)
    assert f"{sum(truth.values()):,}" in text
    assert "duplicate_conflicting" in text


def test_rows_of_a_file_are_single_where_most_patients_have_one(example):
    balance = tabulate_balance(example.balance)
    of_patients = example.balance["file"].astype(str).str.contains("patients", case=False)
    assert (balance["unit"] == "single rows").tolist() == of_patients.tolist()
    ledger = tabulate_ledger(example.ledger, example.balance)
    assert set(ledger.loc[ledger["reason"] == "two_sites", "unit"]) == {"single rows"}


def test_rows_of_a_file_of_which_nothing_is_kept_are_single(tmp_path):
    tables = {"assessments": {"columns": PLACED, "instruments": {"phq9": {"items": PHQ9["items"]}}}}
    export = read_one(tmp_path, tables, "id,day," + ",".join(PHQ9["items"]), ",2024-01-01,0,0,0,0,0,0,0,0,0")
    assert export.balance["people"].tolist() == [0]
    assert tabulate_balance(export.balance)["unit"].tolist() == ["single rows"]


@pytest.mark.parametrize("spelling", ["4", "-1", "03", "127", "300", " 2 ", '"1"', "1.0", "0x2", "0X2", "LA6570-1"])
def test_items_read_as_numbers_are_those_read_as_text(spelling, tmp_path):
    """Where every answer is a small whole number the file is read in a faster way; one empty cell keeps it from that."""
    rows = [
        phq9([*"12301230", spelling], "13", gad7="1,2,3,0,1,2,3,12"),
        phq9("0" * 9, person="b", gad7="1,1,1,1,1,1,1,7"),
    ]
    fast = read_one(tmp_path, ANSWERS, ANSWERED, *rows)
    slow = read_one(tmp_path, ANSWERS, ANSWERED, *rows, phq9([*"12301230", ""], person="c"))
    table = slow.tables["assessments"]
    table = table[table["patient"] < 3].reset_index(drop=True)
    assert len(table) == 4
    assert fast.tables["assessments"].equals(table)
    assert entries(fast) == entries(slow)


def test_codes_with_leading_zeros_stay_apart(tmp_path):
    tables = {"assessments": {"columns": PLACED, "instruments": {"phq9": {"items": PHQ9["items"]}}}}
    header = "id,day," + ",".join(PHQ9["items"])
    export = read_one(tmp_path, tables, header, "1,2024-01-01,0,0,0,0,0,0,0,0,0", "01,2024-01-01,1,1,1,1,1,1,1,1,1")
    assert export.tables["key"]["identifier"].tolist() == ["01", "1"]
    assert export.tables["assessments"]["item_1"].tolist() == [1, 0]
