"""Every bad input: one clear error, exit code 2, nothing written, and nothing of a patient in the message."""

import os
import subprocess
import sys
import zipfile

import openpyxl
import pytest
import yaml
from exports import ARMS, make_study, read_one

from outcomes.__main__ import main
from outcomes.intake import read_export
from outcomes.intake.draft.survey import read_folder

HEADER = "code,visit day,drug,dose"
ROWS = ["Zeta-Quartz,2024-05-17,iv,41", "Zeta-Quartz,2024-05-21,iv,41", "Mica-Onyx,2024-05-18,iv,43"]
SECRETS = ("Zeta", "Quartz", "Mica", "Onyx", "2024-05", "45429")
COLUMNS = {
    "patient": "code",
    "date": "visit day",
    "treatment": {"column": "drug", "values": {"iv": "iv"}},
    "dose_mg": "dose",
}


@pytest.fixture
def refuse(tmp_path, monkeypatch, capfd):
    """Return a function that runs intake on a file of the given bytes and returns the error's text."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw").mkdir()

    def run(content, name="visits.csv", columns=COLUMNS, exists=True, **source):
        path = tmp_path / "raw" / name
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        source = {"file": name, "tables": {"sessions": {"columns": columns}}} | source
        study = {"study": "bad", "data": "raw", "sources": [source], "instruments": ["phq9"], "arms": ARMS,
                 "report": {"title": "T"}}  # fmt: skip
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
        assert main(["intake", "study.yaml"]) == 2
        error = capfd.readouterr().err
        assert error.count("error:") == 1
        assert "Traceback" not in error
        assert [secret for secret in SECRETS if secret in error] == []
        assert not (tmp_path / "data").exists()
        return error[error.index("error:") :]

    return run


def lines(*rows, header=HEADER):
    return "\n".join([header, *rows]) + "\n"


def test_missing_file(refuse):
    assert "visits.csv: no such file in raw" in refuse(None)


def test_missing_folder(tmp_path, refuse):
    (tmp_path / "raw").rmdir()
    assert "raw: no such folder of raw exports" in refuse(None)


def test_folder_instead_of_a_file(tmp_path, refuse):
    (tmp_path / "raw" / "visits.csv").mkdir()
    assert "visits.csv: a folder, not a file" in refuse(None)


def test_pipe_instead_of_a_file(tmp_path, refuse):
    os.mkfifo(tmp_path / "raw" / "visits.csv")
    assert "visits.csv: a pipe or a device, not a file" in refuse(None)


def test_a_draft_follows_no_link_out_of_the_folder(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "elsewhere.csv").write_text(lines(*ROWS))
    (tmp_path / "raw" / "visits.csv").symlink_to(tmp_path / "elsewhere.csv")
    sheets, unread = read_folder(tmp_path / "raw")
    assert (sheets, [(one.name, "a link that leads out" in one.reason) for one in unread]) == (
        [],
        [("visits.csv", True)],
    )


def test_a_link_that_leads_out_of_the_folder(tmp_path, refuse):
    (tmp_path / "elsewhere.csv").write_text(lines(*ROWS))
    (tmp_path / "raw" / "visits.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert "visits.csv: a link that leads out of the data folder" in refuse(None)
    (tmp_path / "raw" / "north").symlink_to(tmp_path, target_is_directory=True)
    assert "a link that leads out of the data folder" in refuse(None, file="north/elsewhere.csv")


def test_a_link_within_the_folder_and_one_that_is_allowed_are_read(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for place in (raw / "kept.csv", tmp_path / "elsewhere.csv"):
        place.write_text(lines(*ROWS))
        (raw / place.stem).symlink_to(place)
    linked = tmp_path / "linked"  # the data folder may be a link itself
    linked.symlink_to(raw)
    own = {"format": "csv", "tables": {"sessions": {"columns": COLUMNS}}}
    for source in ({"file": "kept", **own}, {"file": "elsewhere", "allow_outside": True, **own}):
        assert len(read_export(make_study([source]), linked).tables["sessions"]) == 3


def test_all_optional_files_absent(refuse):
    assert "none of the study's 1 files is there" in refuse(None, optional=True)


def test_wrong_delimiter(refuse):
    error = refuse(lines(*ROWS), delimiter=";")
    assert "with the delimiter ';' everything is in one column; ',' would give 4 columns" in error


def test_delimiter_of_several_characters(refuse):
    assert "the delimiter ',,' is not one character" in refuse(lines(*ROWS), delimiter=",,")


def test_no_delimiter_at_all(refuse):
    assert "everything is in one column, and the study file maps 4" in refuse("code\nx\n")


def test_unknown_column_with_the_nearest_names(refuse):
    error = refuse(lines(*ROWS), columns=COLUMNS | {"dose_mg": "doze"})
    assert "maps 1 column(s) that the file does not have:\n  'doze' – nearest: 'dose'" in error
    assert "The file has 4 column(s): 'code', 'visit day', 'drug', 'dose'." in error


def test_renamed_column_that_is_absent(refuse):
    error = refuse(lines(*ROWS), rename={"Dosis": "dose"})
    assert "'rename' names 1 column(s) that the file does not have:\n  'Dosis' – nearest: 'dose'" in error


def test_a_file_without_a_header_shows_nothing_of_its_first_row(refuse):
    error = refuse("\n".join(ROWS))
    assert "Is row 1 the row of column names?" in error


def test_a_first_row_with_repeated_values_is_not_shown(refuse):
    assert "none has such a name" in refuse("Zeta-Quartz,2024-05-17,2024-05-17,41\n")


def test_duplicate_column_names(refuse):
    error = refuse(lines("a,b,c,d,e", header=HEADER + ",dose"))
    assert "'dose' – occurs 2 times; write 'dose (1)', 'dose (2)'" in error


def test_two_columns_renamed_to_one(refuse):
    error = refuse(lines("a,b,c,d,e", header=HEADER + ",more"), rename={"more": "dose"})
    assert "'rename' gives two columns one name: 'dose'" in error


def test_empty_file(refuse):
    assert "visits.csv: the file is empty" in refuse(b"")


@pytest.mark.parametrize("content", [HEADER, HEADER + "\n", HEADER + "\r\n"])
def test_header_only(content, refuse):
    assert "there is a header and no row below it" in refuse(content)


def test_blank_header(refuse):
    assert "row 1 is blank" in refuse("\n" + lines(*ROWS))


def test_undecodable_bytes_with_their_rows(refuse):
    content = lines(*ROWS).encode() + "Zeta-Quartz,2024-05-29,k\xe9tamine,41\n".encode("latin-1")
    error = refuse(content)
    assert "1 row(s) hold bytes that are not utf-8: row 5" in error
    assert "cp1252" in error


def test_undecodable_bytes_in_an_unused_column_are_no_concern(tmp_path):
    (tmp_path / "raw").mkdir()
    path = tmp_path / "raw" / "file.csv"
    tables = {"sessions": {"columns": COLUMNS}}
    export = read_one(tmp_path / "raw", tables, HEADER + ",note", *(row + ",x" for row in ROWS))
    path.write_bytes(path.read_bytes().replace(b",x", b",\xe9"))
    again = read_export(make_study([{"file": "file.csv", "tables": tables}]), tmp_path / "raw")
    assert again.tables["sessions"].equals(export.tables["sessions"])


def test_unknown_encoding(refuse):
    assert "unknown encoding 'utf-9'" in refuse(lines(*ROWS), encoding="utf-9")


def test_ragged_rows_with_their_numbers(refuse):
    error = refuse(lines(ROWS[0], ROWS[1] + ",5", ROWS[2], "Zeta-Quartz,2024-05-29"))
    assert "2 row(s) do not have the header's 4 columns: rows 3, 5" in error


def test_many_ragged_rows_are_counted(refuse):
    assert "rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 4,990 more" in refuse(lines(*[ROWS[0] + ",5"] * 5000))


def test_zero_bytes(refuse):
    assert "row 3 holds a zero byte" in refuse(lines(*ROWS).encode().replace(b"05-21,iv", b"05-21,\0"))


def test_zero_bytes_of_utf_16_without_a_mark(refuse):
    assert "zero byte" in refuse(lines(*ROWS).encode("utf-16-le"))


@pytest.mark.parametrize("encoding", ["rot13", "base64", "hex", "zlib", "nonesuch", "idna"])
def test_codecs_that_are_no_text(encoding, refuse):
    assert "visits.csv:" in refuse(lines(*ROWS), encoding=encoding)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_text_damaged_in_wide_encodings(encoding, refuse):
    refuse(lines(*ROWS).encode(encoding)[:-5] + b"\xd8", encoding=encoding)


@pytest.mark.parametrize("end", ["", "\n"])
def test_unclosed_quote(end, refuse):
    error = refuse(lines(ROWS[0], 'Zeta-Quartz,2024-05-21,"iv,41', ROWS[2]).rstrip("\n") + end)
    assert "a quote opened in row 3 is never closed" in error


def test_quote_inside_a_quoted_value(refuse):
    error = refuse(lines(ROWS[0], '"Zeta"Quartz",2024-05-21,iv,41', ROWS[2]))
    assert "row 3 has a quote inside a quoted value" in error


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of the process from /proc")
def test_a_line_of_200_megabytes_is_refused_in_bounded_memory(tmp_path):
    path = tmp_path / "visits.csv"
    with path.open("wb") as file:
        for _ in range(200):
            file.write(b"x" * 2**20)
    study = {"study": "bad", "data": str(tmp_path), "instruments": ["phq9"], "arms": ARMS, "report": {"title": "T"},
             "sources": [{"file": "visits.csv", "tables": {"sessions": {"columns": COLUMNS}}}]}  # fmt: skip
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    code = (
        "import sys; from outcomes.__main__ import main; status = main(['intake', 'study.yaml']); "
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    path.unlink()
    assert done.returncode == 2
    assert "line 1 has more than 1,048,576 characters" in done.stderr
    assert int(done.stdout) < 300 * 1024  # KiB at the peak; the file alone is 200 MiB


def test_a_long_line_below_others(refuse):
    assert "line 5 has more than" in refuse(lines(*ROWS) + "y" * 3_000_000)


def workbook(tmp_path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet)
        for row in [HEADER, *ROWS]:
            page.append(row.split(","))
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path.read_bytes()


def test_wrong_sheet_lists_the_sheets(tmp_path, refuse):
    error = refuse(workbook(tmp_path, "Now", "Then"), name="visits.xlsx", sheet="When")
    assert "visits.xlsx: no sheet 'When'; the workbook has 'Now', 'Then'." in error.replace(" [When]", "")


def test_several_sheets_and_none_named(tmp_path, refuse):
    assert "the workbook has 2 sheets: 'Now', 'Then'" in refuse(workbook(tmp_path, "Now", "Then"), name="visits.xlsx")


def test_headed_sheet_without_rows(tmp_path, refuse):
    book = openpyxl.Workbook()
    book.active.append(HEADER.split(","))
    book.save(tmp_path / "head.xlsx")
    assert "no row below it" in refuse((tmp_path / "head.xlsx").read_bytes(), name="visits.xlsx")


@pytest.mark.parametrize("content", [b"PK not a workbook", b"\xd0\xcf\x11\xe0 an old one", b""])
def test_not_a_workbook(content, refuse):
    error = refuse(content, name="visits.xlsx")
    assert "not a readable Excel workbook" in error or "protected by a password" in error or "is empty" in error


def test_text_that_is_named_as_a_workbook_is_read_as_text(refuse):
    assert "Is row 1 the row of column names?" in refuse(b"just,text\n1,2\n", name="visits.xlsx")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_truncated_workbook(share, tmp_path, refuse):
    whole = workbook(tmp_path, "Now")
    assert "not a readable Excel workbook" in refuse(whole[: int(len(whole) * share)], name="visits.xlsx")


def test_workbook_with_a_damaged_sheet(tmp_path, refuse):
    whole = tmp_path / "whole.xlsx"
    whole.write_bytes(workbook(tmp_path, "Now"))
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(tmp_path / "cut.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    assert "not a readable Excel workbook" in refuse((tmp_path / "cut.xlsx").read_bytes(), name="visits.xlsx")


def test_altered_bytes_in_a_workbook(tmp_path, refuse):
    whole = bytearray(workbook(tmp_path, "Now"))
    with zipfile.ZipFile(tmp_path / "book.xlsx") as book:
        start = book.getinfo("xl/worksheets/sheet1.xml").header_offset
    whole[start + 60 : start + 120] = b"\xff" * 60
    assert "not a readable Excel workbook" in refuse(bytes(whole), name="visits.xlsx")


def test_unreadable_file(refuse, monkeypatch):
    def deny(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("outcomes.intake.readers.tables.read_text", deny)
    assert "visits.csv: cannot be read (Permission denied)" in refuse(lines(*ROWS))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"date": "visit day", "treatment": "drug"}, "map a column of the export to 'patient'"),
        ({"patient": "code", "treatment": "drug"}, "map 'date' or 'study_day'"),
        ({"patient": "code", "date": "visit day"}, "map 'treatment', or give it as a constant"),
        (COLUMNS | {"visit": "drug"}, "the study declares no 'visits'"),
    ],
)
def test_mappings_that_cannot_give_their_table(columns, message, refuse):
    assert message in refuse(lines(*ROWS), columns=columns)


def test_days_and_dates_do_not_mix(refuse):
    error = refuse(lines(*ROWS), tables={"sessions": {"columns": COLUMNS},
        "events": {"columns": {"patient": "code", "study_day": "dose", "event": {"constant": "x"}}}})  # fmt: skip
    assert "Map one of the two throughout" in error
