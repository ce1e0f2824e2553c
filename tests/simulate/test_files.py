"""Formats, dates, and private columns of the raw files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from pathlib import Path

import openpyxl
import pytest

from outcomes.simulate import Network, write_network
from outcomes.simulate.files import RawFile
from outcomes.simulate.writing import list_records, to_cell

FORMATS = {
    1: (",", "utf-8"),
    2: (",", "utf-8-sig"),
    3: (";", "cp1252"),
    5: ("\t", "utf-8"),
    6: (",", "utf-8"),
    7: (",", "latin-1"),
    8: (",", "utf-8"),
}
MDY = r"\d\d/\d\d/\d{4}"
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z"
SERIAL = r"\d{5}(\.\d{1,2})?"


@pytest.fixture(scope="module")
def folder(messy: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("messy")
    write_network(messy, path)
    return path


def find(network: Network, key: str) -> RawFile:
    return next(file for file in network.files if file.key == key)


def read(folder: Path, site: int, name: str) -> list[list[str]]:
    delimiter, encoding = FORMATS[site]
    text = (folder / f"site-{site}" / name).read_bytes().decode(encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def column(table: list[list[str]], name: str) -> list[str]:
    place = table[0].index(name)
    return [row[place] for row in table[1:] if any(row)]


@pytest.mark.parametrize("site", FORMATS)
def test_every_row_has_as_many_cells_as_the_header(folder: Path, site: int) -> None:
    for path in sorted((folder / f"site-{site}").iterdir()):
        table = read(folder, site, path.name)
        assert {len(row) for row in table} == {len(table[0])}


@pytest.mark.parametrize(
    ("site", "name", "heading", "pattern"),
    [
        (1, "visits.csv", "visit_date", MDY),
        (2, "phq9.csv", "Completed At", ISO),
        (3, "questionnaires.csv", "COMPLETED_AT", MDY),
        (5, "questionnaires.tsv", "completed_at", ISO),
        (7, "visits.csv", "Date", MDY),
        (8, "visits.csv", "visit_date", r"\d{5}"),
        (8, "questionnaires.csv", "completed_at", SERIAL),
    ],
)
def test_sites_keep_to_their_date_format(folder: Path, site: int, name: str, heading: str, pattern: str) -> None:
    assert all(re.fullmatch(pattern, text) for text in column(read(folder, site, name), heading))


def test_one_site_mixes_three_date_formats_within_a_file(folder: Path) -> None:
    dates = column(read(folder, 6, "visits.csv"), "visit_date")
    kinds = {name: sum(bool(re.fullmatch(name, text)) for text in dates) for name in (MDY, ISO, SERIAL)}
    assert all(kinds.values())
    assert sum(kinds.values()) == len(dates)


def test_byte_order_mark_line_ends_and_quotes(folder: Path) -> None:
    assert (folder / "site-2" / "visits.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert (folder / "site-8" / "visits.csv").read_bytes().startswith(b'"patient_code","visit_date"')
    assert b"\r\n" in (folder / "site-8" / "visits.csv").read_bytes()
    assert b"\r" not in (folder / "site-1" / "visits.csv").read_bytes()


@pytest.mark.parametrize("site", [3, 7])
def test_some_files_are_not_utf8(folder: Path, site: int) -> None:
    with pytest.raises(UnicodeDecodeError):
        (folder / f"site-{site}" / "visits.csv").read_bytes().decode("utf-8")


def test_the_workbook_has_two_generations_of_visits(messy: Network, folder: Path) -> None:
    workbook = openpyxl.load_workbook(folder / "site-4" / "export.xlsx")
    assert workbook.sheetnames == ["Patients", "Current", "Prior Version", "Questionnaires", "Adverse Events"]
    current, prior = workbook["Current"], workbook["Prior Version"]
    assert [cell.value for cell in current[1]][:3] == ["Patient Code", "Visit Date", "Treatment"]
    assert [cell.value for cell in prior[1]][:3] == ["Pt Code", "Date of Service", "Medication"]
    assert {type(row[1]) for row in current.iter_rows(min_row=2, values_only=True) if row[0]} == {dt.datetime}
    assert {type(row[1]) for row in prior.iter_rows(min_row=2, values_only=True) if row[0]} == {int}


def test_one_day_is_one_day_in_every_format(messy: Network) -> None:
    file = find(messy, "site-6/questionnaires.csv")
    place = file.columns.index("completed_at")
    epoch = dt.date(1899, 12, 30)
    for record, when in zip(list_records(file), file.rows.meta["when"], strict=True):
        text = record[place]
        if text is None:
            continue
        if isinstance(text, float):
            day = epoch + dt.timedelta(days=int(text))
        elif "/" in text:
            day = dt.datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=dt.UTC).date()
        else:
            day = dt.datetime.fromisoformat(text).date()
        assert day == when.date()


def test_private_columns_are_present_and_invented(messy: Network) -> None:
    seen = {"date_of_birth": 0, "zip_code": 0, "clinician": 0, "note": 0}
    for file in messy.files:
        for name in set(seen) & set(file.columns):
            seen[name] += 1
    assert seen == {"date_of_birth": 8, "zip_code": 8, "clinician": 9, "note": 9}
    assert messy.patients["zip_code"].between("00100", "00499").all()
    visits = find(messy, "site-1/visits.csv").rows.cells
    assert visits["clinician"].dropna().str.fullmatch(r"Clinician \d+").all()


def test_excel_cells_are_numbers_where_the_text_is_one() -> None:
    assert [to_cell(text) for text in ("3", "-1", "0.5", "38 mg", "", "NA")] == [3, -1, 0.5, "38 mg", None, "NA"]


def test_age_agrees_with_the_date_of_birth(messy: Network) -> None:
    first, born = messy.patients["first_day"], messy.patients["date_of_birth"]
    birthday_passed = (first.dt.month * 100 + first.dt.day) >= (born.dt.month * 100 + born.dt.day)
    years = first.dt.year - born.dt.year - (~birthday_passed).astype(int)
    assert (years == messy.patients["age"]).all()
