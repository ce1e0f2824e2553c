"""``outcomes draft``: from names and content to a study file, which says what is unsure and asks what it cannot know."""

from __future__ import annotations

import random
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from exports import write

from outcomes.__main__ import main
from outcomes.errors import InputError, SettingsError
from outcomes.instruments import read_instruments
from outcomes.intake import read_export
from outcomes.intake.draft import Draft, draft_study
from outcomes.intake.draft.vocabulary import read_vocabulary, recognise
from outcomes.settings import Study, check_study, read_study

PHQ9 = [f"phq9_{n}" for n in range(1, 10)]


def study_of(draft: Draft) -> Study:
    return check_study(yaml.safe_load(draft.text))


def visits(
    date=lambda n: f"{n % 12 + 1:02d}/{n % 28 + 1:02d}/2024", patients: int = 24, sessions: int = 3
) -> list[str]:
    """Return rows of a log of sessions: client, date, drug, dose, weight."""
    rows = []
    for n in range(patients * sessions):
        drug = "Spravato" if n % 2 else "Ketamine IV"
        rows.append(f"c{n % patients},{date(n)},{drug},{84 if n % 2 else 40},{70 + n % 20}")
    return rows


def answers(date=lambda n: f"{n % 12 + 1:02d}/{n % 28 + 1:02d}/2024", patients: int = 24, times: int = 3) -> list[str]:
    """Return rows of questionnaires: client, date, nine items, total."""
    rows = []
    for n in range(patients * times):
        items = [(n + k) % 4 for k in range(9)]
        rows.append(",".join(map(str, [f"c{n % patients}", date(n), *items, sum(items)])))
    return rows


LOG, ASKED = "client_id,visit_date,drug,dose,weight", ",".join(["client_id", "date", *PHQ9, "phq9_total"])


def clinic(folder: Path, **dates) -> Path:
    """Write a small export of two files."""
    write(folder, "log.csv", *visits(**dates), header=LOG)
    write(folder, "phq.csv", *answers(**dates), header=ASKED)
    return folder


# ── The example ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def drafted(root) -> Draft:
    return draft_study(root / "data/example", "mine", zone="as written")


@pytest.fixture(scope="module")
def drafted_export(drafted, root):
    return read_export(study_of(drafted), root / "data/example")


def test_the_examples_draft_gives_the_same_tables_and_ledger_as_its_study_file(drafted, drafted_export, example):
    assert drafted.missing == ()
    for name, table in example.tables.items():
        told = table.drop(columns="harms_mode", errors="ignore")  # no file says in which way harms were asked about
        pd.testing.assert_frame_equal(drafted_export.tables[name], told)
    entries = drafted_export.ledger  # the study file reads ages alone, which are those at the first session
    births = entries["column"].astype(str) == "birth_date"
    assert set(entries.loc[births, "reason"].astype(str)) <= {"age_top_coded"}
    for ours, theirs in ((entries[~births], example.ledger), (drafted_export.balance, example.balance)):
        both = [one.astype(str).sort_values(list(one)).reset_index(drop=True) for one in (ours, theirs)]
        pd.testing.assert_frame_equal(*both)  # the order of the files is another


BIRTHS = {"date_of_birth", "Date of Birth", "DATE_OF_BIRTH", "DOB"}


def resolved(study: Study) -> dict[tuple[str, ...], str]:
    """Return every place of every file's mapping with the column of the export that fills it, and the columns ignored."""
    places = {}
    for source in study.sources:
        own = {theirs: name for name, theirs in source.rename.items()}
        name = f"{source.file} {source.sheet}"
        places |= {(name, "ignore", column): column for column in source.ignore}
        for table, mapping in study.tables_of(source).items():
            for canonical, column in mapping.columns.items():
                places[name, table, canonical] = own.get(str(column.column), str(column.column))
            for instrument, columns in mapping.instruments.items():
                named = [*columns.items, *([columns.total] if columns.total else [])]
                places |= {(name, instrument, str(n)): own.get(column, column) for n, column in enumerate(named)}
    return places


def written_births(study: Study) -> set[tuple[tuple[str, ...], str]]:
    return {(key, name) for key, name in resolved(study).items() if name in BIRTHS}


def spellings(study: Study) -> dict[tuple[str, str, str], str | float | None]:
    return {
        (table, canonical, spelling.casefold()): meaning
        for source in study.sources
        for table, mapping in study.tables_of(source).items()
        for canonical, column in mapping.columns.items()
        for spelling, meaning in column.values.items()
    }


def test_the_examples_draft_finds_every_column_and_spelling_of_its_study_file(drafted, root):
    written, found = read_study(root / "config/example.yaml"), study_of(drafted)
    assert len(resolved(written)) > 400
    births = [written_births(one) for one in (found, written)]
    assert resolved(found).items() - births[0] == resolved(written).items() - births[1]
    assert {key[0] for key, _ in births[0]} == {key[0] for key, _ in births[1]}
    assert sum(key[2] == "birth_date" for key, _ in births[0]) == 6  # two sites write days and months in several orders
    assert spellings(found) == spellings(written)
    assert (found.instruments, found.arms) == (written.instruments, written.arms)
    assert set(found.dates.formats) == {"%m/%d/%Y", "%Y-%m-%dT%H:%M:%SZ"}


def test_files_of_one_form_share_a_layout_and_one_of_its_own_does_not(drafted):
    study = study_of(drafted)
    layouts = {source.file: source.layout for source in study.sources if source.sheet is None}
    assert layouts["site-1/visits.csv"] == layouts["site-3/visits.csv"] == layouts["site-6/visits.csv"] == "visits"
    assert layouts["site-7/visits.csv"] == layouts["site-8/visits.csv"] != "visits"
    assert layouts["site-2/gad7.csv"] is None


def test_the_draft_does_not_depend_on_the_order_of_rows(tmp_path):
    clinic(tmp_path / "one")
    for name in ("log.csv", "phq.csv"):
        header, *rows = (tmp_path / "one" / name).read_text().splitlines()
        write(tmp_path / "two", name, *reversed(rows), header=header)
    one, two = (draft_study(tmp_path / name, "mine").text.replace(f"/{name}", "") for name in ("one", "two"))
    assert sorted(one.splitlines()) == sorted(two.splitlines())


# ── Names and formats ────────────────────────────────────────────────────────────────────────────────────────────────


def test_names_of_other_kinds_are_recognised(tmp_path):
    header = "MRN,Date of Service,Medication,Dose Given (mg),Wt (lbs),BP Sys Pre,Pulse,Provider,Comments"
    rows = [
        f"{n % 20},{n // 20 + 1}/{n % 28 + 1}/2024,IV ketamine infusion,{40 + n % 5},{150 + n % 40},120,70,Dr X,fine"
        for n in range(60)
    ]
    write(tmp_path, "log.csv", *rows, header=header)
    asked = "Subject ID;Completed;" + ";".join(f"GAD-7 Item {n}" for n in range(1, 8)) + ";GAD-7 Score"
    write(
        tmp_path,
        "g.csv",
        *(f"{n % 20};2024-0{n // 20 + 1}-{n % 28 + 1:02d};0;1;2;3;1;0;{n % 2};{7 + n % 2}" for n in range(60)),
        header=asked,
    )
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    tables = {source.file: source.tables for source in study_of(draft).sources}
    columns = {name: column.column for name, column in tables["log.csv"]["sessions"].columns.items()}
    assert columns == {
        "patient": "MRN",
        "date": "Date of Service",
        "treatment": "Medication",
        "dose_mg": "Dose Given (mg)",
        "weight_kg": "Wt (lbs)",
    }
    assert tables["log.csv"]["sessions"].columns["weight_kg"].unit == "lb"
    assert set(tables["log.csv"]["vitals"].columns) == {"patient", "date", "systolic_before", "heart_rate_before"}
    assert tables["g.csv"]["assessments"].instruments["gad7"].total == "GAD-7 Score"
    assert {"Provider", "Comments"} == set(study_of(draft).sources[1].ignore)


def test_semicolons_decimal_commas_and_days_first(tmp_path):
    rows = [
        f"{n % 20};{n % 28 + 1:02d}.{n % 12 + 1:02d}.2024;Ketamine i.v.;{40 + n % 3},5 mg;{70 + n % 20},5"
        for n in range(60)
    ]
    write(tmp_path, "sessions.csv", *rows, header="Patient No.;Date;Substance;Dose;Body weight")
    asked = "Patient No.;Date;" + ";".join(f"PHQ{n}" for n in range(1, 10)) + ";MADRS"
    rows = [
        f"{n % 20};{n % 28 + 1:02d}.{n % 12 + 1:02d}.2024;" + ";".join(str((n + k) % 4) for k in range(9)) + ";21"
        for n in range(60)
    ]
    write(tmp_path, "scores.csv", *rows, header=asked)
    draft = draft_study(tmp_path, "mine")
    study = study_of(draft)
    assert draft.missing == ()
    assert study.dates.formats == ("%d.%m.%Y",)
    assert {source.file: source.decimal for source in study.sources} == {"sessions.csv": ",", "scores.csv": "."}
    sessions = read_export(study, tmp_path).tables["sessions"]
    assert sorted(sessions["dose_mg"].unique()) == [40.5, 41.5, 42.5]
    assert sessions["weight_kg"].between(70.5, 89.5).all()
    assert set(study.instruments) == {"phq9", "madrs", "phq8"}


def test_a_workbook_is_read_sheet_by_sheet(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "About"
    book.active.append(["What this workbook is"])
    for title, header, rows in (("Log", LOG, visits()), ("PHQ", ASKED, answers())):
        sheet = book.create_sheet(title)
        sheet.append(header.split(","))
        for row in rows:
            sheet.append([int(cell) if cell.isdecimal() else cell for cell in row.split(",")])
    book.save(tmp_path / "export.xlsx")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    assert [source.sheet for source in study_of(draft).sources] == ["Log", "PHQ"]
    assert "export.xlsx [About]: left out" in draft.summary


WORDS = ("Not at all", "Several days", "More than half the days", "Nearly every day")


@pytest.mark.parametrize(
    ("spelt", "expected"),
    [(WORDS, {}), (("1", "2", "3", "4"), {"1": 0, "2": 1, "3": 2, "4": 3})],
    ids=["words", "from 1"],
)
def test_answers_in_words_or_counted_from_one_become_points(tmp_path, spelt, expected):
    write(tmp_path, "log.csv", *visits(), header=LOG)
    rows = []
    for row in answers():
        client, date, *items, _total = row.split(",")
        rows.append(",".join([client, date, *(spelt[int(item)] for item in items)]))
    write(tmp_path, "phq.csv", *rows, header=",".join(["client_id", "date", *PHQ9]))
    draft = draft_study(tmp_path, "mine")
    study = study_of(draft)
    columns = (
        next(source for source in study.sources if source.file == "phq.csv").tables["assessments"].instruments["phq9"]
    )
    assert columns.answers == expected
    items = read_export(study, tmp_path).tables["assessments"].filter(like="item_")
    assert sorted(pd.unique(items.to_numpy().ravel())) == [0, 1, 2, 3]


def test_items_of_any_name_are_found_by_their_answers_and_their_sum(tmp_path):
    write(tmp_path, "log.csv", *visits(), header=LOG)
    header = ",".join(["client_id", "date", *(f"x{n}" for n in range(1, 10)), "overall"])
    write(tmp_path, "form.csv", *answers(), header=header)
    one = study_of(draft_study(tmp_path, "mine")).sources[0].tables["assessments"].instruments["phq9"]
    assert one.items == tuple(f"x{n}" for n in range(1, 10))
    assert one.total == "overall"
    write(tmp_path, "form.csv", *(row.rpartition(",")[0] for row in answers()), header=header.removesuffix(",overall"))
    assert "phq9:    # CHECK: guessed from 9 columns with such answers: x1 … x9" in draft_study(tmp_path, "mine").text


def test_drug_and_route_in_two_columns_settle_one_another(tmp_path):
    rows = [
        f"c{n % 24},{n % 12 + 1}/{n % 28 + 1}/2024,{drug},{route}"
        for n in range(72)
        for drug, route in [[("Ketamine", "IM"), ("Ketamine", "IV"), ("Spravato", "Intranasal")][n % 3]]
    ]
    write(tmp_path, "log.csv", *rows, header="client_id,date,drug,route")
    write(tmp_path, "phq.csv", *answers(), header=ASKED)
    treatment = study_of(draft_study(tmp_path, "mine")).sources[0].tables["sessions"].columns["treatment"]
    assert treatment.column == "route"
    assert treatment.values == {"im": "im", "iv": "iv", "intranasal": "esketamine"}


# ── Dates ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def early(n: int) -> str:
    """Return a date that fits day first and month first."""
    return f"{(n + n // 24) % 12 + 1:02d}/{(n * 5) % 12 + 1:02d}/2024"


def test_day_or_month_first_is_asked_and_never_guessed(tmp_path):
    draft = draft_study(clinic(tmp_path, date=early), "mine")
    assert len(draft.missing) == 1
    assert "--first day or --first month" in draft.missing[0]
    assert "# formats: ['%d/%m/%Y']    # day first" in draft.text
    assert "# formats: ['%m/%d/%Y']    # month first" in draft.text
    content = yaml.safe_load(draft.text)
    with pytest.raises(SettingsError, match="to_do: the draft of this file lists 1 thing"):
        check_study(content)
    del content["to_do"]  # without an answer the file is refused all the same, and does not fall back on a default
    with pytest.raises(SettingsError, match=r"dates.formats: .*found a question"):
        check_study(content)


@pytest.mark.parametrize(("first", "form"), [("day", "%d/%m/%Y"), ("month", "%m/%d/%Y")])
def test_the_answer_is_taken(tmp_path, first, form):
    draft = draft_study(clinic(tmp_path, date=early), "mine", first)
    assert draft.missing == ()
    assert study_of(draft).dates.formats == (form,)


@pytest.mark.parametrize(("date", "form"), [("{m:02d}/{d:02d}/2024", "%m/%d/%Y"), ("{d}/{m}/24", "%d/%m/%y"), ("{d:02d}-{m:02d}-2024 09:30", "%d-%m-%Y %H:%M"), ("2024-{m:02d}-{d:02d}", "%Y-%m-%d"), ("{m}/{d}/2024 9:05:00 PM", "%m/%d/%Y %I:%M:%S %p"), ("2024{m:02d}{d:02d}", "%Y%m%d")])  # fmt: skip
def test_dates_that_tell_are_read(tmp_path, date, form):
    draft = draft_study(clinic(tmp_path, date=lambda n: date.format(m=n % 12 + 1, d=n % 28 + 1)), "mine")
    assert draft.missing == ()
    assert study_of(draft).dates.formats == (form,)
    assert "0 are left out" in draft.summary


def test_excel_day_numbers_need_no_format(tmp_path):
    draft = draft_study(clinic(tmp_path, date=lambda n: str(45292 + n)), "mine")
    assert draft.missing == ()
    assert "Excel day numbers" in draft.summary
    assert "dates" not in yaml.safe_load(draft.text)


def test_files_that_write_dates_in_different_orders_keep_their_own(tmp_path):
    write(tmp_path, "log.csv", *visits(), header=LOG)
    write(tmp_path, "phq.csv", *answers(date=lambda n: f"{n % 28 + 1:02d}/{n % 12 + 1:02d}/2024"), header=ASKED)
    study = study_of(draft_study(tmp_path, "mine"))
    formats = {source.file: source.date_formats or study.dates.formats for source in study.sources}
    assert formats == {"log.csv": ("%m/%d/%Y",), "phq.csv": ("%d/%m/%Y",)}
    assert (read_export(study, tmp_path).ledger["reason"] != "unreadable_date").all()


def test_dates_that_contradict_one_another_are_refused(tmp_path):
    draft = draft_study(clinic(tmp_path, date=lambda n: ["13/02/2024", "02/13/2024"][n % 2]), "mine")
    assert any("some dates can only be day first, and others only month first" in one for one in draft.missing)


# ── What cannot be drafted ───────────────────────────────────────────────────────────────────────────────────────────


def test_files_that_are_no_export_are_named_with_the_reason(tmp_path):
    clinic(tmp_path)
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF")
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    (tmp_path / "~$open.xlsx").write_bytes(b"lock")
    write(tmp_path, "twice.csv", "1,2,3", header="client_id,score,score")
    write(tmp_path, "header.csv", header="client_id,score")
    write(tmp_path, "letter.txt", "Dear colleague", "we met in March")
    write(tmp_path, "bare.csv", "c1,02/03/2024,12", "c2,02/04/2024,13", header="c0,02/02/2024,11")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    for name, reason in (("empty.csv", "the file is empty"), ("scan.pdf", "not a table"), ("broken.xlsx", "not a readable Excel"), ("twice.csv", "no column that any table needs"), ("header.csv", "no row below it"), ("letter.txt", "one column"), ("bare.csv", "row 1 does not read")):  # fmt: skip
        assert any(line.startswith(f"{name}: left out: ") and reason in line for line in draft.summary.splitlines()), (
            name
        )
    assert "open.xlsx" not in draft.summary + draft.text


def test_a_folder_without_a_file_is_an_error_and_one_without_an_export_a_study_file_with_slots(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        draft_study(tmp_path / "none", "mine")
    with pytest.raises(InputError, match="no file in this folder"):
        draft_study(tmp_path, "mine")
    write(tmp_path, "shopping.csv", "milk,2", header="thing,number")
    draft = draft_study(tmp_path, "mine")
    assert "shopping.csv: no column named like patients' identifiers" in draft.missing[0]
    assert yaml.safe_load(draft.text)["sources"] == []
    with pytest.raises(SettingsError, match="to_do: the draft of this file lists 1 thing"):
        study_of(draft)


def test_a_row_per_item_is_refused_with_the_way_out(tmp_path):
    write(tmp_path, "log.csv", *visits(), header=LOG)
    rows = [f"c{n % 24},{n % 12 + 1}/{n % 28 + 1}/2024,Q{k},{(n + k) % 4}" for n in range(48) for k in range(1, 10)]
    write(tmp_path, "phq9.csv", *rows, header="client_id,date,question,answer")
    draft = draft_study(tmp_path, "mine")
    assert "phq9.csv: left out: one row per answer or score ('question', 'answer')" in draft.summary
    assert any(one.startswith("questionnaires: phq9.csv: one row per answer or score") for one in draft.missing)


@pytest.mark.parametrize("names", [["phq9_total_w0", "phq9_total_w4", "phq9_total_w8"], [f"{when}_phq9_{n}" for when in ("base", "week4") for n in range(1, 10)]], ids=["totals", "items"])  # fmt: skip
def test_several_questionnaires_in_a_row_without_a_date_are_scheduled_visits(tmp_path, names):
    write(tmp_path, "log.csv", *visits(), header=LOG)
    rows = [",".join([f"c{n}", str(30 + n), *(str((n + k) % 4) for k in range(len(names)))]) for n in range(24)]
    write(tmp_path, "wide.csv", *rows, header=",".join(["client_id", "age", *names]))
    draft = draft_study(tmp_path, "mine")
    assert "a wide file: " in draft.summary
    assert draft.missing == ()
    study = study_of(draft)
    assert study.series.origin == "visits"
    assert [one.time for one in study.visits] == ([0, 4, 8] if len(names) == 3 else [0, 4])
    assert [one.baseline for one in study.visits][:2] == [True, False]


def test_redcap_rows_of_several_forms_are_read_form_by_form(tmp_path):
    write(tmp_path, "all.csv", *(f"{n},,,3{n},,,," for n in range(1, 9)),
          *(f"{n},session,{k},,2024-01-{k:02d},iv ketamine,," for n in range(1, 9) for k in (10, 14)),
          *(f"{n},phq9,{k},,,,2024-01-{k:02d},{n + k}" for n in range(1, 9) for k in (10, 14)),
          header="record_id,redcap_repeat_instrument,redcap_repeat_instance,age,session_date,treatment,phq9_timestamp,phq9_total")  # fmt: skip
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    parts = {source.part: list(source.tables) for source in study_of(draft).sources}
    assert parts == {"record": ["patients"], "session": ["sessions"], "phq9": ["assessments"]}
    export = read_export(study_of(draft), tmp_path)
    assert export.balance[["raw", "kept"]].iloc[0].tolist() == [40, 40]
    assert len(export.tables["patients"]) == 8


def test_sessions_without_a_treatment_are_asked_about_or_named_after_the_file(tmp_path):
    rows = [",".join(part for k, part in enumerate(row.split(",")) if k != 2) for row in visits()]
    write(tmp_path, "log.csv", *rows, header=LOG.replace("drug,", ""))
    write(tmp_path, "phq.csv", *answers(), header=ASKED)
    assert any("no column says which treatment was given" in one for one in draft_study(tmp_path, "mine").missing)
    (tmp_path / "log.csv").rename(tmp_path / "spravato log.csv")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    assert [arm.id for arm in study_of(draft).arms] == ["esketamine"]


def test_the_time_that_a_form_took_makes_no_sessions_of_it(tmp_path):
    write(tmp_path, "log.csv", *visits(), header=LOG)
    write(
        tmp_path,
        "phq.csv",
        *(f"{row},{n % 9 + 2}" for n, row in enumerate(answers())),
        header=f"{ASKED},Duration (min)",
    )
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    assert set(study_of(draft).sources[1].tables) == {"assessments"}


@pytest.mark.parametrize("weighed", [True, False])
def test_doses_per_kg_without_a_unit_are_not_taken_for_mg(tmp_path, weighed):
    rows = [row.split(",") for row in visits()]
    given = [[*row[:3], "0.5" if number % 4 == 0 else row[3], row[4]] for number, row in enumerate(rows)]
    write(tmp_path, "log.csv", *(",".join(row[: 4 + weighed]) for row in given), header=LOG if weighed else LOG[:-7])
    write(tmp_path, "phq.csv", *answers(), header=ASKED)
    draft = draft_study(tmp_path, "mine")
    assert "18 rows hold a bare number below 5, which is no dose in mg: taken as mg per kg" in draft.text
    truth = [float(row[3]) if row[3] != "0.5" else float(row[4]) / 2 if weighed else None for row in given]
    found = read_export(study_of(draft), tmp_path).tables["sessions"]["dose_mg"].dropna()
    assert sorted(found) == sorted(dose for dose in truth if dose is not None)


def test_doses_with_a_decimal_comma_are_read(tmp_path):
    rows = [row.split(",") for row in visits()]
    given = [[*row[:3], "0,5 mg/kg" if number % 2 == 0 else "56 mg", row[4]] for number, row in enumerate(rows)]
    write(tmp_path, "log.csv", *map(";".join, given), header=LOG.replace(",", ";"))
    write(tmp_path, "phq.csv", *answers(), header=ASKED)
    found = read_export(study_of(draft_study(tmp_path, "mine")), tmp_path).tables["sessions"]["dose_mg"]
    assert sorted(found) == sorted(float(row[4]) / 2 if row[3] != "56 mg" else 56.0 for row in given)


def test_a_column_named_like_a_dose_that_holds_none_is_said(tmp_path):
    rows = [",".join([*row.split(",")[:3], "56/84", row.split(",")[4]]) for row in visits()]
    write(tmp_path, "log.csv", *rows, header=LOG)
    write(tmp_path, "phq.csv", *answers(), header=ASKED)
    assert (
        "'dose' is named like a dose and left out: 100% of its cells read as none" in draft_study(tmp_path, "mine").text
    )


def test_devices_are_no_doses(tmp_path):
    rows = [",".join([*row.split(",")[:3], "3", row.split(",")[4]]) for row in visits()]
    write(tmp_path, "log.csv", *rows, header=LOG)
    write(tmp_path, "phq.csv", *answers(), header=ASKED)
    draft = draft_study(tmp_path, "mine")
    assert "dose_mg" not in study_of(draft).sources[0].tables["sessions"].columns
    assert "Of devices write the mg (two are 56)" in draft.summary


def test_sites_that_number_their_patients_alike_are_kept_apart(tmp_path):
    for site in ("north", "south"):
        rows = [row.removeprefix("c") for row in visits()]
        write(tmp_path / site, "log.csv", *rows, header=LOG)
        write(tmp_path / site, "phq.csv", *(row.removeprefix("c") for row in answers()), header=ASKED)
    draft = draft_study(tmp_path, "mine")
    study = study_of(draft)
    assert {source.patient_prefix for source in study.sources} == {"north-", "south-"}
    patients = read_export(study, tmp_path).tables["patients"]
    assert patients["site"].value_counts().to_dict() == {"north": 24, "south": 24}
    assert "patient_prefix" in draft.text
    assert "# CHECK: patients are numbered alike" in draft.text


def test_one_file_of_all_encounters_keeps_the_questionnaires_of_visits_without_treatment(tmp_path):
    rows = []
    for n in range(160):
        kind = ("New patient intake", "IV ketamine", "IV ketamine", "Follow-up")[n // 40]
        status = "No-show" if n == 50 else "Completed"
        rows.append(f"c{n % 40},{n // 40 + 1}/{n % 28 + 1}/2024,{kind},{status},120/80,{5 + n % 20}")
    write(tmp_path, "all.csv", *rows, header="Chart #,Encounter Date,Encounter Type,Status,BP,QIDS-SR total")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    treatment = study_of(draft).sources[0].tables["sessions"].columns["treatment"]
    assert treatment.values == {"iv ketamine": "iv", "follow-up": None, "new patient intake": None}
    assert "rows that 'Status' calls 'No-show' are left out" in draft.summary
    assert "'BP' holds two numbers a cell" in draft.summary
    tables = read_export(study_of(draft), tmp_path).tables
    assert (len(tables["sessions"]), len(tables["assessments"])) == (79, 159)


@pytest.mark.parametrize(("patients", "compared"), [(30, False), (100, True)])
def test_small_arms_are_not_weighed_and_tiny_ones_are_no_arms(tmp_path, patients, compared):
    log = [*visits(patients=patients), "c0,05/30/2024,Ketamine IM,40,70"]
    write(tmp_path, "log.csv", *log, header=LOG)
    write(tmp_path, "phq.csv", *answers(patients=patients), header=ASKED)
    draft = draft_study(tmp_path, "mine")
    study = study_of(draft)
    assert [arm.id for arm in study.arms] == ["esketamine", "iv"]
    assert "fewer than 11 patients, or no protocol): im" in draft.text
    assert (study.comparison is not None) == compared
    assert ("# comparison:" in draft.text) != compared


def test_files_that_name_patients_differently_are_not_joined_in_silence(tmp_path):
    write(tmp_path, "log.csv", *visits(), header=LOG)
    write(tmp_path, "form.csv", *(f"m{row}" for row in answers()), header=ASKED.replace("client_id", "Email Address"))
    draft = draft_study(tmp_path, "mine")
    assert [one.split(":")[0] for one in draft.missing] == ["patients"]
    assert "'Email Address' of form.csv, 'client_id' of log.csv" in draft.missing[0]


def test_questionnaires_without_a_date_are_not_placed_among_dated_sessions(tmp_path):
    write(tmp_path, "log.csv", *visits(), header=LOG)
    rows = [",".join(part for k, part in enumerate(row.split(",")) if k != 1) for row in answers()]
    write(tmp_path, "phq.csv", *rows, header=ASKED.replace("date,", ""))
    draft = draft_study(tmp_path, "mine")
    assert "phq.csv: left out: phq9 without a date" in draft.summary
    assert any(one.startswith("questionnaires: phq.csv: phq9 without a date") for one in draft.missing)


# ── Privacy ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_value_of_the_data_reaches_the_draft_but_spellings_that_are_recognised_or_frequent(tmp_path):
    header = "client_id,Patient Name,visit_date,drug,dose,site,insurance,sex,dob,clinician,note,phq9_total"
    rows = []
    for n in range(240):
        drug = (
            "Zorro rarely"
            if n == 5
            else "Dr. Quasar's mix"
            if n % 6 == 1
            else "Troche plain"
            if n % 6 == 2
            else "Spravato 84mg"
            if n % 2
            else "IV ketamine (Zelda)"
            if n == 6
            else "ketamine iv"
        )
        payer = "Grandma Zeta" if n % 40 == 3 else "Aetna" if n % 2 else "Medicare"
        rows.append(
            f"ZED{n % 40},Zara Zimmer,{n % 12 + 1}/{n % 28 + 1}/2024,{drug},40.77,Zillertal,{payer},F,1/2/1977,Zoltan,zebra seen,13"
        )
    write(tmp_path, "all.csv", *rows, header=header)
    draft = draft_study(tmp_path, "mine")
    shown = draft.text + draft.describe(Path("mine.yaml")) + "\n".join(draft.missing)
    for value in (
        "zed",
        "zara",
        "zimmer",
        "/2024",
        "40.77",
        "zillertal",
        "grandma",
        "1977",
        "zoltan",
        "zebra",
        "zelda",
        "zorro",
        "quasar",
    ):
        assert value not in shown.casefold(), value
    assert "# troche plain: ?" in draft.text  # frequent: shown, so that it can be mapped
    assert "rows hold spellings of fewer than 11 patients each, not shown here; filter column 'drug'" in draft.text
    assert "aetna: commercial" in draft.text
    assert "rows hold spellings" in draft.text.split("insurance")[1]


NAMES = [name for part in ("sessions", "patients", "adverse_events") for rule in read_vocabulary()[part].values() for name in rule["names"]]  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_no_secret_under_whatever_name_reaches_the_draft(tmp_path, seed):
    chance = random.Random(seed)
    names = [
        *NAMES,
        *read_vocabulary()["visit"],
        *read_vocabulary()["date"],
        "phq9 1",
        "GAD-7 total",
        "x 1",
        "dob",
        "note",
    ]
    kinds = [
        lambda: f"Zed{chance.random()}",
        lambda: f"{chance.randrange(10, 29)}/{chance.randrange(10, 13)}/19{chance.randrange(50, 99)}",
        lambda: chance.choice(["IV ketamine (Zed)", "Dr. Zed", "Zed, spravato", "zed@mail.example"]),
        lambda: (
            chance.choice(["Zed", "yes", "F", "medicare", "nausea", "mild"]) + chance.choice(["", str(chance.random())])
        ),
    ]
    for file, header, rows in (("log.csv", LOG, visits()), ("phq.csv", ASKED, answers())):
        extra = chance.sample(names, 8)
        makers = [chance.choice(kinds) for _ in extra]
        wider = [";".join([*row.split(","), *(make() for make in makers)]) for row in rows]
        write(tmp_path, file, *wider, header=";".join([*header.split(","), *extra]))
    draft = draft_study(tmp_path, "mine")
    shown = (draft.text + draft.summary + "".join(draft.missing)).casefold()
    for spelling in ("zed0", "zed,", "zed)", "dr. zed", "zed@", "/19"):
        assert spelling not in shown
    if not draft.missing:
        study_of(draft)


def test_a_recognised_spelling_holds_no_word_that_is_unknown():
    assert recognise("Medicare", "payer") == "medicare"
    assert recognise("Medicare 1EG4-TE5-MK73", "payer") is None


def test_errors_of_the_trial_reading_say_no_value(tmp_path):
    header = LOG + ",site"
    rows = [f"{row},Zoo {n}" for n, row in enumerate(visits())]
    write(tmp_path, "log.csv", *rows, header=header)
    write(tmp_path, "phq.csv", *answers(), header=ASKED)
    draft = draft_study(tmp_path, "mine")
    assert "Zoo" not in draft.text + draft.summary + "".join(draft.missing)


# ── The command ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_writes_once_and_says_what_is_next(tmp_path, capsys):
    export, out = clinic(tmp_path / "raw"), tmp_path / "config" / "My Clinic.yaml"
    assert main(["draft", str(export), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert f"outcomes run {out}" in printed
    assert "log.csv: 72 rows → sessions" in printed
    assert "instruments  phq9 (9 items and total)" in printed
    assert read_study(out).study == "my_clinic"
    out.write_text("mine")
    assert main(["draft", str(export), "--out", str(out)]) == 2
    assert "there is such a file already" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert main(["draft", str(export), "--out", str(out), "--force"]) == 0
    assert read_study(out).study == "my_clinic"


def test_a_draft_with_gaps_is_written_and_ends_with_an_error_code(tmp_path, capsys):
    export, out = clinic(tmp_path / "raw", date=early), tmp_path / "mine.yaml"
    assert main(["draft", str(export), "--out", str(out)]) == 2
    printed = capsys.readouterr().out
    assert "is written, and does not run yet. Left to answer:" in printed
    assert "can be day first or month first" in printed
    assert main(["intake", str(out)]) == 2
    assert main(["draft", str(export), "--out", str(out), "--force", "--first", "month"]) == 0


def test_what_a_name_does_not_tell_is_found_by_content_or_offered(tmp_path):
    clinic(tmp_path)
    rows = [row.replace("c", "", 1).split(",") for row in answers()]
    write(
        tmp_path,
        "phq.csv",
        *(",".join([f"c{row[0]}", *row[1:]]) for row in rows),
        header=ASKED.replace("client_id", "zzz"),
    )
    draft = draft_study(tmp_path, "mine")
    assert study_of(draft).sources[1].tables["assessments"].columns["patient"].column == "zzz"
    write(
        tmp_path, "extra.csv", *(f"k{n},2024-01-{n % 28 + 1:02d},{n % 27}" for n in range(30)), header="zzz,when,points"
    )
    draft = draft_study(tmp_path, "mine")
    assert "#   if it belongs to the study, take off the '#' and correct; patient: 'zzz'; date: 'when'" in draft.text
    assert "k17" not in draft.text + draft.describe(tmp_path)


@pytest.mark.parametrize(
    ("name", "values", "arms"),
    [
        ("trt", ("CBT", "TAU"), ["TAU", "CBT"]),
        ("THERAPY", ("Mindfulness", "Waitlist"), ["Waitlist", "Mindfulness"]),
        ("group", ("1", "2"), ["1", "2"]),
        ("status", ("completed", "withdrawn"), ["all"]),
        ("arm", ("Completed", "Dropped out"), ["all"]),
        ("group", ("responder", "non-responder"), ["all"]),
    ],
)
def test_an_arm_is_an_allocation_and_no_status(name, values, arms, tmp_path):
    rows = [f"s{n},{values[n % 2]},{visit},{(n + visit) % 28}" for n in range(40) for visit in (0, 1, 2)]
    write(tmp_path, "scores.csv", *rows, header=f"SUBJECT,{name},VISIT,phq9_total")
    assert [arm.id for arm in study_of(draft_study(tmp_path, "mine")).arms] == arms


def test_files_that_share_no_people_are_not_joined(tmp_path):
    scores = [f"s{n},{visit},{(n + visit) % 28}" for n in range(40) for visit in (0, 1, 2)]
    write(tmp_path, "scores.csv", *scores, header="rownames,time,phq9_total")
    write(tmp_path, "arms.csv", *(f"k{n},{'CBT' if n % 2 else 'TAU'}" for n in range(40)), header="ID,trt")
    draft = draft_study(tmp_path, "mine")
    assert any(
        one.startswith("other_people: 40 of 40 people of arms.csv (patients) occur in no file") for one in draft.missing
    )


@pytest.mark.parametrize(
    ("spelt", "arm", "headline"),
    [
        ("rTMS left DLPFC", "rtms", "session 30"),
        ("ECT bilateral", "ect", "session 9"),
        ("Psilocybin 25 mg", "psilocybin", "day 28"),
    ],
)
def test_other_treatments_are_drafted_with_their_protocol(spelt, arm, headline, tmp_path):
    rows = [f"c{n % 24},2024-{1 + n // 24 // 9:02d}-{1 + n // 24 % 9 * 3:02d},{spelt}" for n in range(24 * 12)]
    write(tmp_path, "log.csv", *rows, header="client_id,date,treatment")
    write(tmp_path, "phq.csv", *answers(date=lambda n: f"2024-0{1 + n // 24}-{n % 24 + 1:02d}"), header=ASKED)
    draft = draft_study(tmp_path, "mine")
    study = study_of(draft)
    assert [(one.id, one.protocol) for one in study.arms] == [(arm, arm)]
    assert study.report.headline == headline


# ── The vocabulary and public data ───────────────────────────────────────────────────────────────────────────────────


def test_the_vocabulary_names_instruments_that_there_are():
    known = read_vocabulary()
    assert set(known["instruments"]) == set(read_instruments())
    for name, entry in known["instruments"].items():
        for language, questions in entry.get("questions", {}).items():
            assert len(questions) == read_instruments()[name].n_items, language


def public(name: str, root: Path) -> Path:
    folder = root.parent / "shared" / "data" / name
    if not folder.is_dir():
        pytest.skip(f"drafting {name} NOT checked: the data are not beside the project; see docs/real-data.md")
    return folder


def test_a_public_trial_with_scheduled_months(root):
    folder = public("reframed", root)
    draft, written = draft_study(folder, "mine"), read_study(root / "config/reframed.yaml")
    study = study_of(draft)
    assert draft.missing == ()
    assert [(arm.id) for arm in study.arms] == [arm.id for arm in written.arms]
    assert [(v.label, v.name or v.label, v.time, v.baseline) for v in study.visits if v.used] == [(v.label, v.name, v.time, v.baseline) for v in written.visits if v.used]  # fmt: skip
    ours, theirs = read_export(study, folder).tables, read_export(written, folder).tables
    assert ours["patients"].equals(theirs["patients"][list(ours["patients"])])
    one, two = (tables["assessments"].query("instrument == 'phq9' and visit != 'Post-Rx'") for tables in (ours, theirs))
    assert (
        one["recorded_total"].count() == two["recorded_total"].count() - 1
    )  # the negative total, which the written file keeps with a flag


def test_a_public_crossover_is_drafted_but_for_the_arms_of_its_visits(root):
    draft = draft_study(public("ds005917", root), "mine")
    assert draft.missing == ("visits: several labels give the same time. In a crossover write the `arm` of each; otherwise correct `time`",)  # fmt: skip
    assert "madrs (total), hamd17 (total)" in draft.summary


def test_a_public_survey(root):
    folder = public("nhanes", root)
    draft = draft_study(folder, "mine")
    assert draft.missing == ()
    columns = study_of(draft).sources[0].tables["assessments"].instruments["phq9"]
    assert columns.items == tuple(f"q{n}" for n in range(1, 10))
    assert columns.total == "total"
    assert len(read_export(study_of(draft), folder).tables["assessments"]) == 23_529


@pytest.mark.parametrize("hidden", ["\u200b", "\ufeff", "\u00ad", "\u2060"])
def test_characters_without_width_are_no_part_of_an_identifier(tmp_path, hidden):
    write(tmp_path, "log.csv", *(f"{row[0]}{hidden}{row[1:]}" for row in visits()), header=LOG)
    write(tmp_path, "phq.csv", *answers(), header=ASKED)
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    identifiers = read_export(study_of(draft), tmp_path).tables["key"]["identifier"].tolist()
    assert len(identifiers) == 24
    assert not any(hidden in one for one in identifiers)


def test_identifiers_that_differ_in_a_no_break_space_are_named_as_the_cause(tmp_path):
    write(tmp_path, "log.csv", *(f"{row[0]}\u00a0{row[1:]}" for row in visits()), header=LOG)
    write(tmp_path, "phq.csv", *answers(), header=ASKED)
    first = draft_study(tmp_path, "mine").missing[0]
    assert first.startswith("near_identifiers: 48 of 48 identifiers differ from another only in blanks or invisible")
