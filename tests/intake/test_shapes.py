"""Files of another shape than one row a record: title rows, hidden rows, several tables, wide and long files."""

from __future__ import annotations

import openpyxl
import pytest
from exports import PHQ9, PLACED, entries, make_study, read_one, write

from outcomes.errors import InputError, SettingsError
from outcomes.intake import read_export

SESSION = {"sessions": {"columns": {"patient": "id", "date": "day", "treatment": {"constant": "iv"}}}}
TOTAL = {"assessments": {"columns": {"patient": "id", "date": "day"}, "instruments": {"phq9": {"total": "phq9"}}}}


def read(folder, *sources, **sections):
    return read_export(make_study([{"file": "file.csv"} | source for source in sources], **sections), folder)


def totals(export):
    table = export.tables["assessments"]
    return list(zip(table["patient"], table["study_day"], table["recorded_total"], strict=True))


def balance(export):
    table = export.balance
    assert (table["raw"] == table["kept"] + table["merged"] + table["quarantined"]).all()
    return table[["raw", "kept", "merged", "quarantined"]].iloc[0].tolist()


def test_names_stand_in_two_rows_below_a_title(tmp_path):
    write(
        tmp_path,
        "file.csv",
        "Clinic export",
        "who,,PHQ-9,",
        "id,day,1,total",
        "a,2024-01-01,0,12",
        "a,2024-01-02,0,900",
    )
    tables = {
        "assessments": {
            "columns": {"patient": "who - id", "date": "who - day"},
            "instruments": {"phq9": {"total": "PHQ-9 - total"}},
        }
    }
    export = read(tmp_path, {"header": [2, 3], "tables": tables})
    assert totals(export) == [(1, 0, 12)]
    assert entries(export)[0][:3] == (5, "quarantined", "impossible_total")  # the number that a spreadsheet shows
    assert balance(export) == [2, 1, 0, 1]


def test_previews_are_left_out_and_said(tmp_path):
    write(tmp_path, "file.csv", "a,2024-01-01,12,0", "a,2024-01-02,9,1", header="id,day,phq9,Status")
    export = read(tmp_path, {"leave_out": {"Status": [1, 8]}, "tables": TOTAL})
    assert totals(export) == [(1, 0, 12)]
    assert [entry[:3] for entry in entries(export)] == [(3, "quarantined", "no_record")]


def test_one_file_with_rows_of_several_tables_counts_each_row_once(tmp_path):
    rows = ["a,session,2024-01-01,", "a,phq9,2024-01-02,11", "a,pulse,2024-01-02,", "b,phq9,2024-01-03,7", "b,phq9,,7"]
    write(tmp_path, "file.csv", *rows, header="id,form,day,phq9")
    export = read(
        tmp_path, {"rows": {"form": "session"}, "tables": SESSION}, {"rows": {"form": "phq9"}, "tables": TOTAL}
    )
    assert totals(export) == [(1, 1, 11), (2, 0, 7)]
    assert balance(export) == [5, 3, 0, 2]
    assert [entry[:3] for entry in entries(export)] == [
        (4, "quarantined", "not_asked_for"), (6, "quarantined", "no_time")]  # fmt: skip


def test_a_wide_file_gives_a_row_for_each_session(tmp_path):
    write(tmp_path, "file.csv", "a,2024-01-01,2024-01-04,14,", "b,2024-02-01,soon,9,8", "c,,,,",
          header="id,infusion 1 date,infusion 2 date,phq9_1,phq9_2")  # fmt: skip
    stack = {"columns": {"day": "infusion {} date", "phq9": "phq9_{}"}}
    export = read(tmp_path, {"stack": stack, "tables": SESSION | TOTAL})
    assert export.tables["sessions"]["study_day"].tolist() == [0, 3, 0]
    assert totals(export) == [(1, 0, 14), (2, 0, 9)]
    assert balance(export) == [3, 2, 0, 1]
    assert [entry[:3] for entry in entries(export)] == [
        (3, "corrected", "unreadable_date"), (4, "quarantined", "blank_row")]  # fmt: skip


def test_a_long_file_gives_a_questionnaire_for_its_answers(tmp_path):
    rows = [f"a,2024-01-01,Question {n},{9 if n == 4 else 1}" for n in range(1, 10)]
    rows += ["a,2024-01-01,Pulse,70", "b,2024-01-01,question 1,2"]
    write(tmp_path, "file.csv", *rows, header="id,day,what,answer")
    pivot = {
        "rows": ["id", "day"],
        "name": "what",
        "value": "answer",
        "columns": {f"p{n}": f"Question {n}" for n in range(1, 10)},
    }
    tables = {"assessments": {"columns": PLACED, "instruments": {"phq9": {"items": PHQ9["items"]}}}}
    export = read(tmp_path, {"pivot": pivot, "tables": tables})
    assert export.tables["assessments"].filter(like="item_").fillna(-1).to_numpy().tolist() == [
        [1, 1, 1, -1, 1, 1, 1, 1, 1], [2, *[-1] * 8]]  # fmt: skip
    assert balance(export) == [11, 10, 0, 1]
    assert [entry[:4] for entry in entries(export)] == [
        (5, "corrected", "item_out_of_range", "phq9.item_4"), (11, "quarantined", "not_asked_for", None)]  # fmt: skip


def test_answers_given_twice_are_two_questionnaires_and_duplicates_as_any(tmp_path):
    pivot = {"rows": ["id", "day"], "name": "what", "value": "answer", "columns": {"phq9": "PHQ-9"}}
    write(
        tmp_path,
        "file.csv",
        "a,2024-01-01,PHQ-9,12",
        "a,2024-01-01,PHQ-9,12",
        "a,2024-01-01,PHQ-9,15",
        header="id,day,what,answer",
    )
    export = read(tmp_path, {"pivot": pivot, "tables": TOTAL})
    assert totals(export) == [(1, 0, 15)]
    assert [entry[1:3] for entry in entries(export)] == [("merged", "duplicate_conflicting")] * 2


def test_an_identifier_written_once_stands_for_the_rows_below(tmp_path):
    write(tmp_path, "file.csv", "a,2024-01-01,12", ",2024-01-08,9", ",,", "b,2024-01-01,7", header="id,day,phq9")
    export = read(tmp_path, {"fill_down": ["id"], "tables": TOTAL})
    assert totals(export) == [(1, 0, 12), (1, 7, 9), (2, 0, 7)]


def test_files_of_a_pattern_are_read_as_one_and_not_named(tmp_path):
    for name, row in (("Zeta", "a,2024-01-01,12"), ("Quartz", "b,2024-01-01,7")):
        write(tmp_path / "phq", f"{name}.csv", row, header="id,day,phq9")
    export = read_export(make_study([{"file": "phq/*.csv", "tables": TOTAL}]), tmp_path)
    assert totals(export) == [(1, 0, 7), (2, 0, 12)] or totals(export) == [(1, 0, 12), (2, 0, 7)]
    assert [entry["name"] for entry in export.inputs.values()] == ["phq/*.csv"]
    assert balance(export) == [2, 2, 0, 0]
    write(tmp_path / "phq", "Mica.csv", "c,2024-01-01,7", header="id,day,score")
    with pytest.raises(InputError, match=r"phq/\*.csv \(file 1\): the study file maps 1 column"):
        read_export(make_study([{"file": "phq/*.csv", "tables": TOTAL}]), tmp_path)


def test_identifiers_lose_what_is_no_part_of_them(tmp_path):
    write(tmp_path, "file.csv", "Patient/7,2024-01-01,12", "Patient/7.0,2024-01-08,9", header="id,day,phq9")
    export = read(tmp_path, {"patient_strip": "Patient/", "patient_digits": 3, "tables": TOTAL})
    assert export.tables["key"]["identifier"].tolist() == ["007"]


@pytest.mark.parametrize(("case", "people"), [(None, ["KT-1", "kt-1"]), ("upper", ["KT-1"]), ("lower", ["kt-1"])])
def test_identifiers_are_written_in_the_case_that_a_source_wants(tmp_path, case, people):
    write(tmp_path, "file.csv", "kt-1\u00a0,2024-01-01,12", " KT-1,2024-01-08,9", header="id,day,phq9")
    export = read(tmp_path, {"patient_case": case, "tables": TOTAL})
    assert export.tables["key"]["identifier"].tolist() == people


def test_hidden_rows_and_sheets_are_left_out_and_merged_cells_filled(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Scores of the clinic"],
        ["id", "day", "phq9"],
        ["a", "2024-01-01", 12],
        [None, "2024-01-08", 9],
        ["b", "2024-01-01", 7],
    ):
        sheet.append(row)
    sheet.merge_cells("A3:A4")
    sheet.row_dimensions[5].hidden = True
    book.create_sheet("old").sheet_state = "hidden"
    book.save(tmp_path / "file.xlsx")
    source = {"file": "file.xlsx", "header": 2, "tables": TOTAL}
    export = read(tmp_path, source)
    assert totals(export) == [(1, 0, 12), (1, 7, 9)]
    assert [entry[:3] for entry in entries(export)] == [(5, "quarantined", "hidden_row")]
    assert len(totals(read(tmp_path, source | {"hidden_rows": "read"}))) == 3


def test_bare_day_numbers_of_a_1904_workbook_are_its_own(tmp_path):
    for epoch, first in ((1900, 45292), (1904, 45292 - 1462)):
        book = openpyxl.Workbook()
        book.epoch = openpyxl.utils.datetime.MAC_EPOCH if epoch == 1904 else openpyxl.utils.datetime.WINDOWS_EPOCH
        for row in (["id", "day", "phq9"], ["a", first, 12]):
            book.active.append(row)
        book.save(tmp_path / f"{epoch}.xlsx")
    write(tmp_path, "log.csv", "a,2024-01-01", header="id,day")
    for epoch in (1900, 1904):
        export = read(tmp_path, {"file": "log.csv", "tables": SESSION}, {"file": f"{epoch}.xlsx", "tables": TOTAL})
        assert totals(export) == [(1, 0, 12)], epoch


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "cp1252"])
def test_text_in_other_encodings_is_read(tmp_path, encoding):
    (tmp_path / "file.csv").write_bytes("id;day;phq9\né;2024-01-01;12\n".encode(encoding))
    declared = {"encoding": encoding} if encoding == "cp1252" else {}
    assert read(tmp_path, {"tables": TOTAL, **declared}).tables["key"]["identifier"].tolist() == ["é"]


def test_a_header_of_many_thousand_names_is_no_crash(tmp_path):
    """At another delimiter the whole line is one field, longer than the csv module takes by itself."""
    names = ",".join(f"c{number}" for number in range(30_000))
    with pytest.raises(InputError, match="30000 column"):
        read_one(tmp_path, {"patients": {"columns": {"patient": "id"}}}, names, ",".join(["1"] * 30_000))


def test_columns_of_one_question_are_one_and_a_row_that_fills_two_is_refused(tmp_path):
    written = ["a,2024-01-01,12,", "a,2024-01-02,,9", "b,2024-01-01,7,7", "b,2024-01-02,,"]
    write(tmp_path, "file.csv", *written, header="id,day,PHQ-9,PHQ-9 score")
    source = {"combine": {"phq9": ["PHQ-9", "PHQ-9 score"]}, "tables": TOTAL}
    export = read(tmp_path, source)
    assert [one for one in totals(export) if one[2] == one[2]] == [(1, 0, 12), (1, 1, 9), (2, 0, 7)]
    assert balance(export)[0] == 4
    write(tmp_path, "file.csv", *written, "c,2024-01-01,7,8", header="id,day,PHQ-9,PHQ-9 score")
    with pytest.raises(
        InputError, match=r"file.csv: 1 row\(s\) fill several of the columns that 'combine' makes 'phq9'.*rows 6\)"
    ):
        read(tmp_path, source)
    with pytest.raises(InputError, match=r"the source's 'combine' 1 column\(s\) that the file does not have"):
        read(tmp_path, {"combine": {"phq9": ["PHQ-9", "PHQ"]}, "tables": TOTAL})


def test_one_column_is_not_combined():
    with pytest.raises(SettingsError, match="'combine' names two columns or more"):
        make_study([{"file": "file.csv", "combine": {"phq9": ["PHQ-9"]}, "tables": TOTAL}])
