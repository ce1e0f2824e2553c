"""No identifier, calendar date or free text passes intake, but in the private key."""

import logging
import re

import pandas as pd
import pytest
from exports import PATIENTS, PLACED, SESSIONS, TREATMENT, make_study, read_one

from outcomes.errors import InputError, SettingsError
from outcomes.intake import read_export
from outcomes.settings import read_study

HEADER = "id,day,arm,dose,weight"
ROW = "Zeta-Quartz,2024-05-17,iv,41,80"


def texts(table):
    """Return every text in a table, categories included."""
    found = set(table.columns)
    for column in table:
        if isinstance(table[column].dtype, pd.CategoricalDtype):
            found |= {str(category) for category in table[column].cat.categories}
        elif not pd.api.types.is_numeric_dtype(table[column]):
            found |= {str(value) for value in table[column].dropna().unique()}
    return found


def test_nothing_of_the_examples_private_columns_passes(root, caplog):
    with caplog.at_level(logging.DEBUG):
        export = read_export(read_study(root / "config/example.yaml"), root / "data/example")
    private = set()
    for file, separator in (("site-1/patients.csv", ","), ("site-3/patients.csv", ";"), ("site-1/visits.csv", ",")):
        raw = pd.read_csv(root / "data/example" / file, sep=separator, dtype=str, encoding="cp1252").rename(
            columns=str.lower
        )
        for name in ("patient_code", "date_of_birth", "zip_code", "clinician", "note", "visit_date"):
            private |= set(raw.get(name, pd.Series(dtype=str)).dropna())
    assert len(private) > 1000
    found = (
        set(export.inputs)
        | {entry["sha256"] for entry in export.inputs.values()}
        | {line for record in caplog.records for line in record.getMessage().split(" ")}
    )
    for name, table in [*export.tables.items(), ("ledger", export.ledger), ("balance", export.balance)]:
        if name == "key":
            assert private & texts(table)
            continue
        found |= texts(table)
        assert not any(column.dtype.kind == "M" for _, column in table.items() if hasattr(column.dtype, "kind"))
    assert found & private == set()
    date = re.compile(r"\d{1,4}[-/]\d{1,2}[-/]\d{2,4}")
    assert [text for text in found if date.search(text)] == []
    days = pd.concat([table["study_day"] for table in export.tables.values() if "study_day" in table])
    assert days.abs().max() < 3000  # days since the first session, and no day numbers of a calendar


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("dob", "x"), ("born", "Date of Birth"), ("area", "ZIP Code"), ("area", "patient_zip"), ("who", "Clinician"),
        ("remarks", "x"), ("memo", "NOTE"), ("mail", "contact-email"), ("first_infusion_date", "x"), ("when", "LastVisitDate"),
        ("mrn", "x"), ("contact", "Home Phone"), ("who", "patient name"), ("id_again", "id"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("table", ["patients", "sessions"])
def test_mappings_that_look_like_identifiers_are_refused(name, column, table, tmp_path):
    columns = {"patients": {"patient": "id"}, "sessions": {**PLACED, "treatment": TREATMENT}}[table]
    with pytest.raises(SettingsError, match=r"would pass intake|must not pass intake"):
        read_one(tmp_path, {table: {"columns": columns | {name: column}}}, HEADER, ROW)


def test_a_date_of_birth_is_no_date_of_a_record(tmp_path):
    with pytest.raises(SettingsError, match="looks like an identifier or a date"):
        read_one(tmp_path, {"sessions": {"columns": {**PLACED, "treatment": TREATMENT, "date": "dob"}}}, HEADER, ROW)


@pytest.mark.parametrize(("table", "name", "column"), [("patients", "years", "Age"), ("sessions", "age", "x")])
def test_ages_go_to_the_one_place_where_they_are_top_coded(table, name, column, tmp_path):
    columns = {"patients": {"patient": "id"}, "sessions": {**PLACED, "treatment": TREATMENT}}[table]
    with pytest.raises(SettingsError, match="Map it to 'age' of the table patients"):
        read_one(tmp_path, {table: {"columns": columns | {name: column}}}, HEADER, ROW)


def test_ages_above_89_are_one_class(tmp_path):
    rows = [f"p{age},north,{age},x" for age in (88, 89, 90, 91, 104)]
    ages = read_one(tmp_path, PATIENTS, "id,site,age,payer", *rows).tables["patients"]["age"]
    assert ages.sort_values().tolist() == [88, 89, 90, 90, 90]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([f"text{n}" for n in range(201)], "has 201 different texts"),
        (["x" * 81], "holds text of more than 80 characters"),
        (["03/14/2024", "other"], "holds dates"),
        (["45365", "45370"], "all look like dates"),
        (["20240314", "20240601"], "all look like dates"),
    ],
)
@pytest.mark.parametrize("table", ["patients", "sessions"])
def test_values_that_are_no_category(values, message, table, tmp_path):
    columns = {"patients": {"patient": "id"}, "sessions": {**PLACED, "treatment": TREATMENT}}[table]
    rows = [f"p{number},2024-01-01,iv,{value}" for number, value in enumerate(values)]
    with pytest.raises(InputError, match=message) as refused:
        read_one(tmp_path, {table: {"columns": columns | {"extra": "extra"}}}, "id,day,arm,extra", *rows)
    assert [value for value in values if value in str(refused.value)] == []


@pytest.mark.parametrize(
    "tables",
    [
        {"sessions": {"columns": {**PLACED, "treatment": "text"}}},
        {"events": {"columns": {**PLACED, "event": "text"}}},
        {"adverse_events": {"columns": {**PLACED, "event": {"constant": "nausea"}, "severity": "text"}}},
        {"patients": {"columns": {"patient": "id", "sex": "text"}}},
    ],
)
def test_free_text_does_not_pass_as_a_kind(tables, tmp_path):
    with pytest.raises(InputError, match="free text"):
        read_one(tmp_path, tables, "id,day,text", "a,2024-01-01," + "she said that " * 8)


def test_the_ledger_shows_declared_values_and_small_numbers_only(tmp_path):
    tables = {"assessments": {"columns": PLACED, "instruments": {"phq9": {"total": "p"}}}}
    rows = ["a,2024-01-01,45365", "a,2024-01-02,Zeta Quartz", "a,2024-01-03,40"]
    ledger = read_one(tmp_path, tables, "id,day,p", *rows).ledger
    assert ledger["old"].dropna().tolist() == ["40"]
    rows = ["a,north,40,Zeta-Quartz", "a,north,41,Mica-Onyx"]
    ledger = read_one(tmp_path, PATIENTS, "id,site,age,payer", *rows).ledger
    assert set(ledger["old"].dropna()) | set(ledger["new"].dropna()) <= {"40", "41"}


def test_logs_name_columns_and_count_rows(tmp_path, caplog):
    with caplog.at_level(logging.DEBUG):
        read_one(tmp_path, SESSIONS, HEADER + ",nickname", ROW + ",Zeta", "Mica-Onyx,soon,iv,41,80,Mica")
    assert "dropped and not listed under 'ignore': 'nickname'" in caplog.text
    assert re.search("Zeta|Mica|Quartz|Onyx|2024", caplog.text) is None


def test_dropped_columns_are_not_kept_in_memory(tmp_path):
    from outcomes.intake.batch import wanted_columns
    from outcomes.intake.readers.text import read_text

    (tmp_path / "file.csv").write_text(f"{HEADER},note\n{ROW},x\n")
    source = make_study([{"file": "file.csv", "tables": SESSIONS}])
    wanted = wanted_columns(source, source.sources[0])
    raw = read_text(tmp_path / "file.csv", "file.csv", source.sources[0], wanted)
    assert set(raw.columns) == {"id", "day", "arm", "dose", "weight"}
