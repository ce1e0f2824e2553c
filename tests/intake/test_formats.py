"""Formats with readers of their own: REDCap's forms, FHIR, databases, statistics programs, old workbooks, survey programs."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import tracemalloc
import zipfile
from pathlib import Path
from typing import get_args

import duckdb
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from exports import PLACED, entries, make_study, write
from openpyxl.worksheet._reader import WorkSheetParser

from outcomes.errors import InputError
from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.intake.readers import READERS, File, propose_sources, read_source
from outcomes.settings import Source

SHARED = Path(__file__).parents[3] / "shared"
BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
TOTAL = {"assessments": {"columns": PLACED, "instruments": {"phq9": {"total": "phq9"}}}}
OMOP_TABLES = {
    "person": "CREATE TABLE person (person_id INTEGER, gender_source_value VARCHAR(10))",
    "measurement": "CREATE TABLE measurement (person_id INTEGER, measurement_concept_id INTEGER, measurement_date DATE, value_as_number NUMERIC)",
    "concept": "CREATE TABLE concept (concept_id INTEGER, concept_code VARCHAR(20), concept_name VARCHAR(80))",
}
OMOP_ROWS = {
    "person": [(1, "F"), (2, "M")],
    "measurement": [(1, 900, "2024-01-07", 18), (1, 901, "2024-01-07", 71), (2, 900, "2024-01-08", 9)],
    "concept": [(900, "44261-6", "PHQ-9 total score"), (901, "8867-4", "Heart rate")],
}
OMOP = {
    "format": "database", "part": "measurement",
    "pivot": {"rows": ["person_id", "measurement_date"], "name": "concept_code", "value": "value_as_number", "columns": {"phq9": "44261-6"}},
    "tables": {"assessments": {"columns": {"patient": "person_id", "date": "measurement_date"}, "instruments": {"phq9": {"total": "phq9"}}}},
}  # fmt: skip


def read(folder, *sources, **sections):
    return read_export(make_study(list(sources), **sections), folder)


def totals(export):
    table = export.tables["assessments"]
    return [None if pd.isna(one) else one for one in table["recorded_total"]]


# ── Databases ────────────────────────────────────────────────────────────────────────────────────────────────────────


def fill(connection, mark="?"):
    cursor = connection.cursor()
    for name, create in OMOP_TABLES.items():
        cursor.execute(create)
        for row in OMOP_ROWS[name]:
            cursor.execute(f"INSERT INTO {name} VALUES ({', '.join([mark] * len(row))})", row)
    cursor.close()


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_omop_in_a_database_file(tmp_path, kind):
    connection = (
        duckdb.connect(str(tmp_path / "omop.duckdb")) if kind == "duckdb" else sqlite3.connect(tmp_path / "omop.sqlite")
    )
    fill(connection)
    connection.commit()
    connection.close()
    export = read(tmp_path, {"file": f"omop.{kind}", **OMOP})
    assert totals(export) == [18, 9]
    assert [entry[1:3] for entry in entries(export)] == [("quarantined", "not_asked_for")]
    parts = [one.source.part for one in propose_sources(File(tmp_path / f"omop.{kind}", f"omop.{kind}"))]
    assert parts == ["person", "measurement"]
    with pytest.raises(InputError, match="no such table; the database has concept, measurement, person"):
        read(tmp_path, {"file": f"omop.{kind}", **OMOP, "part": "measurements"})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a PostgreSQL of one's own; yield its address."""
    if BIN is None:
        pytest.skip("no PostgreSQL on this machine (Debian: postgresql)")
    folder = tmp_path_factory.mktemp("postgres")
    user: dict[str, object] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        if shutil.which("runuser") is None or subprocess.run(["id", "postgres"], capture_output=True).returncode:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        shutil.chown(folder, "postgres")
        for parent in folder.parents[:3]:
            parent.chmod(parent.stat().st_mode | 0o055) if parent.owner() == "root" and parent != Path("/tmp") else None
        user = {"user": "postgres"}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*words):
        command = [str(BIN / words[0]), *words[1:]]
        return subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **user
        )

    run("initdb", "--pgdata", str(folder / "data"), "--auth", "trust", "--username", "clinic", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run("pg_ctl", "-D", str(folder / "data"), "-o", options, "-w", "-l", str(folder / "log"), "start")
    yield f"postgresql://clinic@127.0.0.1:{port}/postgres"
    run("pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "stop")


def test_omop_in_postgresql(tmp_path, server):
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        fill(connection, "%s")
    export = read(tmp_path, {"file": server, **OMOP})
    assert totals(export) == [18, 9]
    again = read(tmp_path, {"file": server, **OMOP})
    assert again.inputs == export.inputs
    assert "clinic@" not in json.dumps(export.inputs)
    with pytest.raises(InputError, match="no such table"):
        read(tmp_path, {"file": server, **OMOP, "part": "measurements"})


def test_a_server_that_is_not_there_and_a_password_in_the_study_file(tmp_path):
    with pytest.raises(InputError, match=r"postgresql://127.0.0.1:1/x: the server does not answer"):
        read(tmp_path, {"file": "postgresql://me@127.0.0.1:1/x", **OMOP})
    with pytest.raises(InputError, match="holds a password") as refused:
        read(tmp_path, {"file": "postgresql://me:opensesame@127.0.0.1:1/x", **OMOP})
    assert "opensesame" not in str(refused.value)


# ── Statistics programs and old workbooks ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ending", ["sav", "dta", "xpt", "parquet"])
def test_files_of_statistics_programs(tmp_path, ending):
    days = pd.to_datetime(["2024-01-07", "2024-01-14", "2024-01-08"])
    table = pd.DataFrame({"id": ["a", "a", "b"], "day": days, "sex": [2.0, 2.0, 1.0], "phq9": [18.0, None, 9.0]})
    labels = {"sex": {1.0: "male", 2.0: "female"}}
    path = str(tmp_path / f"file.{ending}")
    match ending:
        case "sav":
            pyreadstat.write_sav(table, path, variable_value_labels=labels)
        case "dta":
            pyreadstat.write_dta(table, path, variable_value_labels={"sex": {1: "male", 2: "female"}})
        case "xpt":
            pyreadstat.write_xport(table, path)
        case "parquet":
            table.to_parquet(path)
    sex = {"column": "sex", "values": {"female": "female", "male": "male", "2": "female", "1": "male"}}
    tables = TOTAL | {"patients": {"columns": {"patient": "id", "sex": sex}}}
    export = read(tmp_path, {"file": f"file.{ending}", "tables": tables})
    assert totals(export) == [18, None, 9]
    assert export.tables["assessments"]["study_day"].tolist() == [0, 7, 0]
    assert export.tables["patients"]["sex"].astype(str).tolist() == ["female", "male"]


def test_labels_that_repeat_their_codes_leave_the_codes(tmp_path):
    table = pd.DataFrame({"id": ["a", "b"], "q": [0.0, 2.0]})
    labels = {"q": {0.0: "0 Not at all", 1.0: "1 Several days", 2.0: "2 More than half"}}
    pyreadstat.write_sav(table, str(tmp_path / "file.sav"), variable_value_labels=labels)
    raw = read_source([File(tmp_path / "file.sav", "file.sav")], Source(file="file.sav"))
    assert raw.columns["q"].values[raw.columns["q"].codes].tolist() == ["0", "2"]


def open_document(folder: Path, *rows: tuple[str, ...]) -> None:
    """Write a spreadsheet of LibreOffice's kind by hand."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = f'<?xml version="1.0"?><office:document-content {spaces} office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Scores">{cells}</table:table></office:spreadsheet></office:body></office:document-content>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    with zipfile.ZipFile(folder / "file.ods", "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)


def test_a_spreadsheet_of_libreoffice(tmp_path):
    open_document(tmp_path, ("id", "day", "phq9"), ("a", "2024-01-07", "18"), ("b", "2024-01-08", "9"))
    assert totals(read(tmp_path, {"file": "file.ods", "tables": TOTAL})) == [18, 9]


def test_a_workbook_that_unpacks_to_far_more_than_it_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (80 << 20))
    with pytest.raises(InputError, match=r"bomb.xlsx: the workbook unpacks to 80 MB from \d+ KB"):
        read(tmp_path, {"file": "bomb.xlsx", "tables": TOTAL})


@pytest.mark.parametrize("cell", ["XFD1048576", "A20000"])
def test_a_stray_cell_far_below_a_table(tmp_path, cell):
    book = openpyxl.Workbook()
    for row in (("id", "day", "phq9"), ("a", "2024-01-07", 18)):
        book.active.append(row)
    book.active[cell] = "x"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(InputError, match=r"far.xlsx: a cell stands below [\d,]+ rows without any\. Delete the row"):
        read(tmp_path, {"file": "far.xlsx", "tables": TOTAL})


def test_blank_rows_within_a_table_keep_their_place(tmp_path):
    book = openpyxl.Workbook()
    for row in (("id", "day", "phq9"), ("a", "2024-01-07", 18)):
        book.active.append(row)
    for place, value in zip(("A500", "B500", "C500"), ("b", "2024-01-08", 9), strict=True):
        book.active[place] = value
    book.save(tmp_path / "gap.xlsx")
    assert totals(read(tmp_path, {"file": "gap.xlsx", "tables": TOTAL})) == [18, 9]


def test_a_workbook_that_does_not_say_its_size_is_parsed_once(tmp_path, monkeypatch):
    book = openpyxl.Workbook(write_only=True)
    for title, score in (("Scores", 18), ("Earlier", 9)):
        sheet = book.create_sheet(title)
        for row in (("id", "day", "phq9"), ("a", "2024-01-07", score)):
            sheet.append(row)
    book["Earlier"].sheet_state = "hidden"
    book.create_chartsheet("Chart")
    book.save(tmp_path / "streamed.xlsx")
    parsed = []
    parse = WorkSheetParser.parse
    monkeypatch.setattr(WorkSheetParser, "parse", lambda self: parsed.append(self) or parse(self))
    monkeypatch.setattr(
        WorkSheetParser, "parse_dimensions", lambda self: pytest.fail("the sheet is parsed for its size")
    )
    assert totals(read(tmp_path, {"file": "streamed.xlsx", "tables": TOTAL})) == [18]
    assert len(parsed) == 1
    assert totals(read(tmp_path, {"file": "streamed.xlsx", "sheet": "Earlier", "tables": TOTAL})) == [9]


# ── FHIR ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def response(who: str, day: str, *answers: dict[str, object], **more: object) -> dict[str, object]:
    items = [{"linkId": f"q{n}", "answer": [answer]} for n, answer in enumerate(answers, start=1)]
    return {"resourceType": "QuestionnaireResponse", "status": "completed", "subject": {"reference": f"Patient/{who}"},
            "authored": day, "item": [{"linkId": "group", "item": items}], **more}  # fmt: skip


def test_answers_of_fhir_in_every_type(tmp_path):
    score = "http://hl7.org/fhir/StructureDefinition/itemWeight"
    coded = {"system": "http://loinc.org", "code": "LA6570-1", "display": "More than half the days"}
    answers = [
        {"valueCoding": coded}, {"valueInteger": 1}, {"valueDecimal": 3.0}, {"valueString": "Several days"},
        {"valueCoding": coded | {"extension": [{"url": score, "valueDecimal": 2}]}},
        {"valueCoding": coded | {"extension": [{"url": score, "valueDecimal": 3}]}},  # the score is another's
        {"valueCoding": coded | {"display": "Not at all"}},  # the wording is another's
        {"valueQuantity": {"value": 0, "unit": "{score}"}}, {"valueCoding": {"display": "Nearly every day"}},
    ]  # fmt: skip
    (tmp_path / "r.ndjson").write_text(json.dumps(response("a", "2024-01-07", *answers)) + "\n")
    phq9 = {"items": [f"q{n}" for n in range(1, 10)]}
    tables = {"assessments": {"columns": {"patient": "patient", "date": "date"}, "instruments": {"phq9": phq9}}}
    export = read(tmp_path, {"file": "r.ndjson", "format": "fhir", "part": "QuestionnaireResponse", "tables": tables})
    items = export.tables["assessments"].filter(like="item_").fillna(-1).iloc[0].tolist()
    assert items == [2, 1, 3, 1, 2, -1, -1, 0, 3]
    assert [entry[2:4] for entry in entries(export)] == [
        ("contradicting_answer", "phq9.item_6"), ("contradicting_answer", "phq9.item_7")]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"resourceType": "Patient", "id": "a"}\n{"resourceType": ', "line 2 is no JSON"),
        ('{"resourceType": "Patient", "id": "a"}\n[1]\n', "entry 2 is no resource of FHIR"),
        ('{"resourceType": "Patient"}\n' + "[" * 100_000, "nested too deep|line 2 is no JSON"),
        ('{"resourceType": "Patient", "id": "a"}\n', "no resource of 'phq9'"),
    ],
)
def test_what_is_no_fhir_is_refused(tmp_path, content, message):
    (tmp_path / "r.ndjson").write_text(content)
    with pytest.raises(InputError, match=message):
        read(tmp_path, {"file": "r.ndjson", "format": "fhir", "part": "phq9", "tables": TOTAL})


def test_fhir_is_read_resource_by_resource(tmp_path):
    row = json.dumps(response("PAT", "2024-01-07", *[{"valueInteger": 1}] * 9, text={"div": "x" * 4000}))
    with (tmp_path / "r.ndjson").open("w") as file:
        for n in range(10_000):
            file.write(row.replace("PAT", str(n % 500)) + "\n")
    size = (tmp_path / "r.ndjson").stat().st_size
    tracemalloc.start()
    raw = read_source([File(tmp_path / "r.ndjson", "r.ndjson")], Source(file="r.ndjson", format="fhir"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert raw.size == 10_000
    assert peak < size / 4


# ── REDCap ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_dictionary_of_redcap_says_what_codes_mean(tmp_path):
    write(tmp_path, "x.csv", "1,,2,,", "1,2024-01-10,,1,2", "2,2024-01-11,,2,2",
          header="record_id,session_date,demographics_complete,drug,session_complete")  # fmt: skip
    write(tmp_path, "dictionary.csv", 'drug,session,radio,Drug,"1, IV ketamine | 2, Spravato"',
          header="Variable / Field Name,Form Name,Field Type,Field Label,Choices")  # fmt: skip
    source = Source(file="x.csv", format="redcap", part="session", dictionary="dictionary.csv")
    raw = read_source([File(tmp_path / "x.csv", "x.csv")], source)
    assert raw.columns["drug"].values[raw.columns["drug"].codes].tolist() == ["IV ketamine", "Spravato"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public files lie beside the project, and are not here")
@pytest.mark.parametrize("name", ["db_data_classic", "db_data_long", "db_mixed_structure"])
def test_public_redcap_files_keep_every_filled_field(name):
    path = SHARED / "data" / "redcap" / f"{name}.csv"
    forms = [one for one in propose_sources(File(path, path.name)) if not hasattr(one, "reason")]
    assert len(forms) > 2
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    filled = {
        column: int((table[column] != "").sum())
        for column in table
        if not column.endswith("_complete") and "___" not in column
    }
    for form in forms:
        raw = read_source([File(path, path.name)], form.source.model_copy(update={"dictionary": None}))
        for column, words in raw.columns.items():
            if column in filled and not column.startswith("redcap_") and column != table.columns[0]:
                assert (words.values[words.codes] != "").sum() == filled[column], (form.source.part, column)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public files lie beside the project, and are not here")
def test_public_fhir_and_synthea_files_give_what_is_in_them():
    found = draft_study(SHARED / "data" / "fhir_uscore", "mine").summary
    assert found.count("phq9 (9 items and total)") == 2  # the response, and the panel of observations
    found = draft_study(SHARED / "data" / "synthea", "mine").summary
    assert "phq9 (total), gad7 (total)" in found


def test_every_format_of_a_reader_can_be_declared():
    formats = [name for reader in READERS for name in reader.formats]
    assert len(set(formats)) == len(formats)
    assert set(formats) == set(get_args(Source.model_fields["format"].annotation))
