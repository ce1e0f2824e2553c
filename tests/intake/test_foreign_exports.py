"""Exports of programs and people that name and place things in ways of their own: read as they are, or asked about."""

from __future__ import annotations

import datetime as dt
import json
import zipfile

import duckdb
import openpyxl
import pytest
import yaml
from exports import write

from outcomes.errors import InputError
from outcomes.intake import read_export, refuse
from outcomes.intake.draft import draft_study
from outcomes.intake.draft.vocabulary import read_vocabulary
from outcomes.settings.study import check_study

PEOPLE = [f"K{n:03d}" for n in range(24)]
ARMS = ("IV ketamine", "Spravato")
ANSWERS = {
    "de": ("Überhaupt nicht", "An einzelnen Tagen", "An mehr als der Hälfte der Tage", "Beinahe jeden Tag"),
    "fr": ("Jamais", "Plusieurs jours", "Plus de la moitié du temps", "Presque tous les jours"),
    "es": ("Para nada", "Varios días", "Más de la mitad de los días", "Casi todos los días"),
}
WORDS = ("Not at all", "Several days", "More than half the days", "Nearly every day")
FORMS = {
    "de": ("Zeitstempel", "Patientencode", "Datum", "Behandlung", "%d.%m.%Y", "Ketamin-Infusion", "Spravato Nasenspray"),
    "fr": ("Horodateur", "Code du patient", "Date de la séance", "Traitement", "%d/%m/%Y", "Kétamine IV", "Spravato"),
    "es": ("Marca temporal", "Código del paciente", "Fecha", "Tratamiento", "%d/%m/%Y", "Ketamina intravenosa", "Esketamina intranasal"),
}  # fmt: skip


def read_questions(instrument: str, language: str = "en") -> list[str]:
    """Return a wording of each question that names it."""
    questions = read_vocabulary()["instruments"][instrument]["questions"][language]
    return [f"How often: {one if isinstance(one, str) else one[0]}" for one in questions]


def day(n: int, k: int) -> dt.date:
    return dt.date(2024, 1, 3) + dt.timedelta(days=5 * n + 7 * k)


def items(n: int, k: int, count: int = 9) -> list[int]:
    return [(n + 2 * k + place * (k + 1)) % 4 for place in range(count)]


def visits():
    return [(n, who, k) for n, who in enumerate(PEOPLE) for k in range(4)]


def write_log(folder, spell=str):
    lines = [f"{who},{spell(day(n, k))},{ARMS[n % 2]}" for n, who, k in visits()]
    write(folder, "log.csv", *lines, header="patient_id,session_date,treatment")


def read_drafted(folder, **answers):
    draft = draft_study(folder, "mine", **answers)
    assert draft.missing == ()
    export = read_export(check_study(yaml.safe_load(draft.text)), folder)
    refuse(export.findings, {})
    return export, draft


def totals(export, instrument: str = "phq9") -> dict[tuple[str, int], float]:
    """Return identifier and study day → recorded total, else the sum of the items."""
    table = export.tables["assessments"]
    table = table[table["instrument"].astype(str) == instrument]
    names = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    found = table[[name for name in table if name.startswith("item_")]].astype("float64")
    total = table["recorded_total"].astype("float64").fillna(found.sum(axis=1, min_count=1))
    return {(names[p], int(d)): float(t) for p, d, t in zip(table["patient"], table["study_day"], total, strict=True)}


def truth(count: int = 9):
    return {(who, 7 * k): float(sum(items(n, k, count))) for n, who, k in visits()}


@pytest.mark.parametrize("language", FORMS)
def test_forms_in_other_languages(tmp_path, language):
    stamp, code, date, given, form, one, two = FORMS[language]
    asked = read_questions("phq9", language)
    lines = [
        f"{day(n, k).strftime(form)} 09:10:11,{who},{','.join(ANSWERS[language][one] for one in items(n, k))}"
        for n, who, k in visits()
    ]
    write(tmp_path, "form.csv", *lines, header=f"{stamp},{code},{','.join(asked)}")
    lines = [f"{who},{day(n, k).strftime(form)},{(one, two)[n % 2]}" for n, who, k in visits()]
    write(tmp_path, "log.csv", *lines, header=f"{code},{date},{given}")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert set(export.tables["sessions"]["treatment"].astype(str)) == {"iv", "esketamine"}


def test_questionnaires_whose_answers_share_their_columns(tmp_path):
    write_log(tmp_path)
    lines = []
    for n, who, k in visits():
        phq9, gad7 = items(n, k), items(n, k, 7)
        lines += [f"{who},{day(n, k)} 08:30,PHQ-9,{sum(phq9)},{','.join(map(str, phq9))}"]
        lines += [f"{who},{day(n, k)} 08:35,GAD-7,{sum(gad7)},{','.join(map(str, gad7))},,"]
    write(tmp_path, "surveys.csv", *lines, header="client id,survey,completed at,total,Q1,Q2,Q3,Q4,Q5,Q6,Q7,Q8,Q9")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert totals(export, "gad7") == truth(7)


@pytest.mark.parametrize("shape", ["lines", "list", "object"])
def test_nested_json(tmp_path, shape):
    write_log(tmp_path)
    records = [
        {
            "patient": {"id": who}, "survey": {"title": "PHQ-9" if asked == 9 else "GAD-7"}, "completedAt": f"{day(n, k)}T09:00:00-05:00",
            "answers": [{"question": place, "value": one} for place, one in enumerate(items(n, k, asked), 1)],
        }
        for n, who, k in visits() for asked in (9, 7)
    ]  # fmt: skip
    text = "\n".join(map(json.dumps, records)) if shape == "lines" else json.dumps(records, indent=1)
    text = json.dumps({"count": len(records), "results": records}) if shape == "object" else text
    (tmp_path / ("answers.jsonl" if shape == "lines" else "answers.json")).write_text(text)
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert totals(export, "gad7") == truth(7)


@pytest.mark.parametrize("content", ['{"a": 1', "[1, 2]", '{"a": 1, "b": 2}\nnot', "[" * 5000, '{"a": ' * 3000])
def test_json_that_is_none_is_said(tmp_path, content):
    write_log(tmp_path)
    (tmp_path / "broken.json").write_text(content)
    draft = draft_study(tmp_path, "mine")
    assert "broken.json: left out" in draft.summary


def test_sessions_as_merged_groups_of_columns(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    groups = ["Baseline", *(f"Session {k}" for k in range(1, 4))]
    sheet.append(["Patient", "Drug", *(cell for group in groups for cell in (group, None))])
    sheet.append([None, None, *["Date", "PHQ-9"] * len(groups)])
    for column in range(3, 3 + 2 * len(groups), 2):
        sheet.merge_cells(start_row=1, start_column=column, end_row=1, end_column=column + 1)
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:B2")
    for n, who in enumerate(PEOPLE):
        sheet.append([who, ARMS[n % 2], *(cell for k in range(4) for cell in (day(n, k), sum(items(n, k))))])
    book.save(tmp_path / "tracker.xlsx")
    export, _ = read_drafted(tmp_path)
    assert len(export.tables["sessions"]) == 3 * len(PEOPLE)
    assert totals(export) == {(who, 7 * k - 7): total / 7 * 7 for (who, k), total in _by_visit().items()}


def _by_visit():
    return {(who, k): float(sum(items(n, k))) for n, who, k in visits()}


def write_swapped(folder, right: bool = False):
    """Write true dates where the day is up to 12, with day and month exchanged unless they are right, and text elsewhere."""
    book = openpyxl.Workbook()
    book.active.append(["patient_id", "date", "phq9_total"])
    for n, who, k in visits():
        date = day(n, k)
        swapped = date if right else dt.date(date.year, date.day, date.month) if date.day <= 12 else date
        book.active.append([who, date.strftime("%d/%m/%Y") if date.day > 12 else swapped, sum(items(n, k))])
    book.save(folder / "scores.xlsx")


def test_dates_that_a_spreadsheet_half_swapped_are_exchanged_back_with_an_entry_each(tmp_path):
    write_log(tmp_path)
    write_swapped(tmp_path)
    export, draft = read_drafted(tmp_path)
    assert "swapped_dates: exchange" in draft.text
    assert "# CHECK: a spreadsheet has swapped day and month in half of 'date'" in draft.text
    assert totals(export) == truth()
    early = sum(day(n, k).day <= 12 for n, _, k in visits())
    assert (export.ledger["reason"].astype(str) == "date_exchanged").sum() == early


def test_half_swapped_dates_stay_refused_where_nothing_shows_that_exchanging_them_is_right(tmp_path):
    write_log(tmp_path)
    write_swapped(tmp_path, right=True)
    draft = draft_study(tmp_path, "mine")
    assert "half swapped" in draft.missing[0]
    assert "`swapped_dates: exchange`" in draft.missing[0]


def redcap(shift: int = 0) -> list[str]:
    """Return an export of labels: sessions, PHQ-9 and GAD-7; the cells of the last stand beside their names by a shift."""
    rows = [f"{who},Visit,{k + 1},{day(n, k)},{ARMS[n % 2]},Complete" + "," * 21 for n, who, k in visits()]
    rows += [
        f"{who},PHQ-9,{k + 1},,,,{day(n, k)} 08:00,{','.join(WORDS[one] for one in items(n, k))},Complete" + "," * 10
        for n, who, k in visits()
    ]
    rows += [
        f"{who},GAD-7,{k + 1}{',' * (14 - shift)},{day(n, k)} 08:05,{','.join(WORDS[one] for one in items(n, k, 7))},Complete{',' * (1 + shift)}"
        for n, who, k in visits()
    ]
    return rows


REDCAP = (
    "Record ID,Repeat Instrument,Repeat Instance,Session date,Treatment given,Complete?,Survey Timestamp,"
    f"{','.join(read_questions('phq9'))},Complete?,Survey Timestamp,{','.join(read_questions('gad7'))},Complete?,Notes"
)


@pytest.mark.parametrize("shift", [0, 1])
def test_a_form_of_redcap_whose_cells_stand_beside_their_names(tmp_path, shift):
    write(tmp_path, "registry.csv", *redcap(shift), header=REDCAP)
    export, draft = read_drafted(tmp_path)
    assert ("shift: 1" in draft.text) == bool(shift)
    assert totals(export) == truth()
    assert totals(export, "gad7") == truth(7)
    if shift:
        wrong = yaml.safe_load(draft.text.replace("shift: 1", "shift: 0"))
        with pytest.raises(InputError, match="stand 1 column\\(s\\) to the left of their names"):
            read_export(check_study(wrong), tmp_path)


@pytest.mark.parametrize("known", [True, False])
def test_an_answer_that_alone_is_missing_follows_from_a_total_that_knows_it(tmp_path, known):
    write_log(tmp_path)
    lines = []
    for n, who, k in visits():
        answers = list(map(str, items(n, k)))
        total = sum(items(n, k))
        if n % 3 == 0:
            total -= 0 if known else items(n, k)[3]
            answers[3] = "Prefer not to answer"
        lines.append(f"{who},{day(n, k)},{','.join(answers)},{total}")
    write(
        tmp_path,
        "phq.csv",
        *lines,
        header="patient_id,date," + ",".join(f"phq9_{n}" for n in range(1, 10)) + ",phq9_total",
    )
    export, draft = read_drafted(tmp_path)
    assert ("missing_item: from_total" in draft.text) == known
    filled = export.tables["assessments"]["item_4"].notna().sum()
    assert filled == (len(visits()) if known else len(visits()) * 2 // 3)
    if known:
        table = export.tables["assessments"]
        assert (table[[f"item_{n}" for n in range(1, 10)]].sum(axis=1) == table["recorded_total"]).all()
        assert (export.ledger["reason"].astype(str) == "item_from_total").sum() == 4 * 8


@pytest.mark.parametrize("name", ["drug", "ses_drug"])
def test_codes_of_treatments_are_asked_for_and_taken_as_answered(tmp_path, name):
    lines = [f"{who},{day(n, k)},{n % 2 + 1},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "log.csv", *lines, header=f"record_id,session_date,{name},phq9_total")
    first = draft_study(tmp_path, "mine").missing[0]
    assert f"column '{name}' says which treatment was given by codes (1, 2)" in first
    assert "--treatment 1=… --treatment 2=…" in first
    export, _ = read_drafted(tmp_path, treatments={"1": "iv", "2": "esketamine"})
    counts = export.tables["sessions"]["treatment"].astype(str).value_counts()
    assert counts.to_dict() == {"iv": 48, "esketamine": 48}


def test_differing_questionnaires_of_one_day_are_asked_about_unless_a_time_or_the_study_file_decides(tmp_path):
    write_log(tmp_path)
    again = [one for one in visits() if one[2] == 2]
    lines = [f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    lines += [f"{who},{day(n, k)},{(sum(items(n, k)) + 5) % 28}" for n, who, k in again]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,phq9_total")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing[0].startswith("undecided_duplicates: 24 of 120 rows of phq.csv are a second questionnaire")
    content = yaml.safe_load(draft.text) | {"cleaning": {"conflicting_duplicates": "worst"}}
    del content["to_do"]
    export = read_export(check_study(content), tmp_path)
    assert not [one for one in export.findings if one.stops]
    later = {(n, k): 14 if (n, k) not in {(a, c) for a, _, c in again} else 8 for n, _, k in visits()}
    lines = [f"{who},{day(n, k)} {later[n, k]:02d}:00,{sum(items(n, k))}" for n, who, k in visits()]
    lines += [f"{who},{day(n, k)} 15:00,{(sum(items(n, k)) + 5) % 28}" for n, who, k in again]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,phq9_total")
    export, _ = read_drafted(tmp_path)
    assert totals(export)[PEOPLE[0], 14] == (sum(items(0, 2)) + 5) % 28


def test_rows_that_all_end_in_one_delimiter_more_than_the_header_are_read(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},{day(n, k)},{sum(items(n, k))}," for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,phq9_total")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    write(tmp_path, "phq.csv", *lines[:-1], lines[-1].removesuffix(","), header="patient_id,date,phq9_total")
    assert "1 row(s) do not have the header's 3 columns: row 97" in draft_study(tmp_path, "mine").summary
    moved = [line.replace(",", ",x,", 1) for line in lines[:2]]  # a comma within a value, and a blank at the end
    write(tmp_path, "phq.csv", *lines[2:], *moved, header="patient_id,date,phq9_total")
    assert "2 row(s) do not have the header's 3 columns" in draft_study(tmp_path, "mine").summary


@pytest.mark.parametrize("what", ["sheet", "file"])
def test_sheets_and_files_that_are_named_after_their_patient(tmp_path, what):
    write_log(tmp_path)
    book = openpyxl.Workbook()
    book.remove(book.active)
    for n, who in enumerate(PEOPLE):
        rows = [(day(n, k), sum(items(n, k))) for k in range(4)]
        if what == "sheet":
            sheet = book.create_sheet(who)
            for row in [("Date", "PHQ-9 total"), *rows]:
                sheet.append(row)
        else:
            (tmp_path / "scores").mkdir(exist_ok=True)
            write(
                tmp_path / "scores",
                f"{who}.csv",
                *(f"{date},{total}" for date, total in rows),
                header="Date,PHQ-9 total",
            )
    if what == "sheet":
        book.save(tmp_path / "scores.xlsx")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert f"each {what} is taken for the patient that it is named after" in draft.text
    assert not any(who in draft.text + draft.summary for who in PEOPLE)


def test_short_forms_beside_long_ones_are_no_wide_file(tmp_path):
    write_log(tmp_path)
    lines = [
        f"{who},{day(n, k)},{sum(items(n, k)[:2])},{sum(items(n, k))},{sum(items(n, k, 2))},{sum(items(n, k, 7))}"
        for n, who, k in visits()
    ]
    write(tmp_path, "q.csv", *lines, header="patient_id,date,phq2_total,phq9_total,gad2_total,gad7_total")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert totals(export, "gad7") == truth(7)


def test_a_baseline_in_other_capitals_belongs_to_the_wide_file(tmp_path):
    header = "Patient,Drug,Intake date,Intake PHQ9," + ",".join(f"Tx{k} Date,Tx{k} PHQ9" for k in range(1, 4))
    lines = [
        f"{who},{ARMS[n % 2]}," + ",".join(f"{day(n, k)},{sum(items(n, k))}" for k in range(4))
        for n, who in enumerate(PEOPLE)
    ]
    write(tmp_path, "wide.csv", *lines, header=header)
    export, _ = read_drafted(tmp_path)
    assert len(export.tables["sessions"]) == 3 * len(PEOPLE)
    assert len(totals(export)) == 4 * len(PEOPLE)


def test_the_question_for_a_zone_says_how_many_questionnaires_fall_on_a_session_in_some(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},{day(n, k)}T03:30:00Z,{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "app.csv", *lines, header="patient_id,completed_at,phq9_total")
    first = draft_study(tmp_path, "mine").missing[0]
    assert (
        "Of 96 questionnaires 96 fall on a day of a session as written, fewer than 11 eight hours west of UTC" in first
    )
    export, _ = read_drafted(tmp_path, zone="as written")
    assert totals(export) == truth()


@pytest.mark.parametrize("stamp", ["{} 05:30:00", "{}T05:30:00"])
def test_stamps_without_a_zone_in_a_column_that_is_named_after_utc(tmp_path, stamp):
    write_log(tmp_path)
    lines = [f"{who},{stamp.format(day(n, k) + dt.timedelta(days=1))},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "responses.csv", *lines, header="patient_id,Submit Date (UTC),phq9_total")
    assert "responses.csv has stamps in UTC beside plain dates" in draft_study(tmp_path, "mine").missing[0]
    export, draft = read_drafted(tmp_path, zone="America/Los_Angeles")
    assert totals(export) == truth()
    study = yaml.safe_load(draft.text)
    del study["dates"]["zone"]
    with pytest.raises(InputError, match=r"responses\.csv: there are stamps in UTC"):
        read_export(check_study(study), tmp_path)


def test_plain_days_in_a_workbook_stay_as_they_are_whatever_their_column_is_named(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["patient_id", "Date (UTC)", "phq9_total"])
    for n, who, k in visits():
        book.active.append([who, dt.datetime.combine(day(n, k), dt.time()), sum(items(n, k))])
    book.save(tmp_path / "phq.xlsx")
    write_log(tmp_path)
    export, _ = read_drafted(tmp_path, zone="America/Los_Angeles")
    assert totals(export) == truth()


def write_items(folder, spell, header, total=sum, name="phq.csv"):
    lines = [
        f"{who},{day(n, k)},{','.join(map(str, spell(items(n, k))))},{total(items(n, k))}" for n, who, k in visits()
    ]
    write(folder, name, *lines, header=f"patient_id,date,{','.join(header)},phq9_total")


def test_answers_counted_from_the_other_end_are_told_by_their_totals(tmp_path):
    write_log(tmp_path)
    write_items(tmp_path, lambda points: [3 - one for one in points], [f"phq9_{n}" for n in range(1, 10)])
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    table = export.tables["assessments"]
    assert table["item_1"].tolist() == [items(int(p) - 1, int(d) // 7)[0] for p, d in zip(table["patient"], table["study_day"], strict=True)]  # fmt: skip
    assert "counted from the other end (3 is not at all)" in draft.text


def test_totals_of_something_else_than_the_items_are_asked_about(tmp_path):
    write_log(tmp_path)
    write_items(
        tmp_path, lambda points: points, [f"phq9_{n}" for n in range(1, 10)], total=lambda points: 27 - points[0]
    )
    draft = draft_study(tmp_path, "mine")
    assert "complete rows 'phq9_total' is not the sum of the items" in draft.missing[0]


@pytest.mark.parametrize("name", ["phq9.csv", "answers.csv"])
def test_a_tenth_question_on_difficulty_is_no_item(tmp_path, name):
    write_log(tmp_path)
    write_items(tmp_path, lambda points: [*points, points[3]], [f"Q{n}" for n in range(1, 11)], name=name)
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert set(export.tables["assessments"]["instrument"].astype(str)) == {"phq9"}


def test_dates_of_single_sessions_date_no_score_of_a_week(tmp_path):
    header = ["ID", "Treatment", *(f"Infusion {k} date" for k in range(1, 5)), *(f"PHQ week {k}" for k in range(1, 5))]
    lines = [
        ",".join([who, ARMS[n % 2], *(str(day(n, k)) for k in range(4)), *(str(sum(items(n, k))) for k in range(4))])
        for n, who in enumerate(PEOPLE)
    ]
    write(tmp_path, "tracker.csv", *lines, header=",".join(header))
    [asked] = draft_study(tmp_path, "mine").missing
    assert asked == "visits: no label reads as the baseline. Write `baseline: true` for the one that is"


def test_dates_in_no_form_that_is_known_are_shown_by_their_shape(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},KW {k + 1:02d}/24,{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,phq9_total")
    [asked] = draft_study(tmp_path, "mine").missing
    assert "'date' is named like its date, and only 0% of its cells read as one; cells look like `aa 99/99`" in asked


def test_a_column_of_moments_tells_two_questionnaires_of_a_day_apart(tmp_path):
    write_log(tmp_path)
    lines = [
        f"{who},{day(n, k)},{moment},{sum(items(n, k)) - less}"
        for n, who, k in visits()
        for moment, less in (("Pre", 0), ("Post", 1))
        if sum(items(n, k))
    ]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,timepoint,phq9_total")
    [asked] = draft_study(tmp_path, "mine").missing
    assert "'timepoint' tells them apart (" in asked
    assert "write which one is meant, as `rows: {timepoint: P" in asked


def test_a_list_of_medications_holds_more_than_treatments(tmp_path):
    drugs = ("ketamine (KETALAR) 40 mg in sodium chloride 0.9 % 100 mL IVPB", "esketamine (SPRAVATO) 84 mg nasal spray")
    lines = [
        f"{who},{day(n, k):%m/%d/%Y} 1005,{drug}"
        for n, who, k in visits()
        for drug in (drugs[n % 2], "ondansetron (ZOFRAN) injection 4 mg")
    ]
    write(tmp_path, "mar.csv", *lines, header="MRN,Admin Time,Medication")
    lines = [f"{who},{day(n, k):%m/%d/%Y},{sum(items(n, k))}/27 Mild" for n, who, k in visits()]
    write(
        tmp_path,
        "list.csv",
        *lines,
        header="MRN,Assessment Date,Patient Health Questionnaire (PHQ-9) Questionnaire (0-27)",
    )
    export, _ = read_drafted(tmp_path)
    assert len(export.tables["sessions"]) == 4 * len(PEOPLE)
    assert totals(export) == truth()


def test_a_packed_archive_is_to_be_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for name in ("Clinic/scores.csv", "Clinic/visits.csv", "Clinic/notes.txt", "__MACOSX/._scores.csv"):
            archive.writestr(name, "id,day")
    said = draft_study(tmp_path, "mine").missing[0]
    assert "export.zip: a packed archive (2 .csv, 1 .txt); unpack it into the folder, take the archive out" in said
    (tmp_path / "export.zip").write_bytes(b"PK\x03\x04")
    assert "export.zip: a packed archive; unpack it into the folder" in draft_study(tmp_path, "mine").missing[0]


def test_a_question_whose_wording_was_changed_is_one_column_and_before_and_after_are_two(tmp_path):
    write_log(tmp_path)
    asked = [f"phq9_{n}" for n in range(1, 10)]
    lines = []
    for n, who, k in visits():
        points = list(map(str, items(n, k)))
        fourth = ["", points[3]] if n > 11 else [points[3], ""]
        lines.append(f"{who},{day(n, k)},{','.join([*points[:3], *fourth, *points[4:]])}")
    write(tmp_path, "form.csv", *lines, header=f"patient_id,date,{','.join([*asked[:4], 'PHQ-9 Q4', *asked[4:]])}")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert "'phq9_4' and 'PHQ-9 Q4'" in draft.text
    write(tmp_path, "form.csv", *(line.replace(",,", ",0,") for line in lines), header=f"patient_id,date,{','.join([*asked[:4], 'PHQ-9 Q4', *asked[4:]])}")  # fmt: skip
    assert "combine" not in draft_study(tmp_path, "mine").text


@pytest.mark.parametrize(
    ("done", "undone"), [("Completed", ("No Show", "Cancelled")), ("Done", ("Scheduled",)), ("Given", ("Not given", "Held"))]
)  # fmt: skip
def test_sessions_that_did_not_take_place_are_none(tmp_path, done, undone):
    lines = [f"{who},{day(n, k)},{ARMS[n % 2]},{done}" for n, who, k in visits()]
    lines += [f"{who},2024-11-01,{ARMS[n % 2]},{undone[n % len(undone)]}" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "log.csv", *lines, header="patient_id,session_date,treatment,status")
    lines = [f"{who},{day(n, k)},{sum(items(n, k))},Final" for n, who, k in visits()]
    lines += [f"{who},2024-11-01,27,Entered in error" for who in PEOPLE]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,phq9_total,result_status")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert len(export.tables["sessions"]) == 4 * len(PEOPLE)
    assert "rows that 'result_status' calls 'Entered in error' are left out" in draft.text
    balance = export.balance
    assert (balance["raw"] == balance["kept"] + balance["merged"] + balance["quarantined"]).all()


def test_a_column_of_states_with_a_word_that_is_not_known_decides_nothing(tmp_path):
    lines = [f"{who},{day(n, k)},{ARMS[n % 2]},{('Completed', 'Cancelled', 'Bridge')[k % 3]}" for n, who, k in visits()]
    write(tmp_path, "log.csv", *lines, header="patient_id,session_date,treatment,status")
    lines = [f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,phq9_total")
    draft = draft_study(tmp_path, "mine")
    assert "leave_out" not in yaml.safe_load(draft.text)["sources"][0]
    assert "log.csv: 'status' says that something did not take place" in draft.missing[0]
    assert "leave_out: {status: [Cancelled]}" in draft.missing[0]


def test_scores_in_error_beside_words_that_are_not_known_are_asked_about_in_a_long_file(tmp_path):
    write_log(tmp_path)
    lines = [
        f"{who},{day(n, k)},PHQ-9 Total Score,{sum(items(n, k))},{('Auth (Verified)', 'Posted')[k % 2]}"
        for n, who, k in visits()
    ]
    lines += [f"{who},{day(n, 0)},PHQ-9 Total Score,27,In Error" for n, who in enumerate(PEOPLE)]
    write(
        tmp_path, "events.csv", *lines, header="PERSON_ID,EVENT_END_DT_TM,EVENT_CD_DISP,RESULT_VAL,RESULT_STATUS_DISP"
    )
    assert "leave_out: {RESULT_STATUS_DISP: [In Error]}" in draft_study(tmp_path, "mine").missing[0]
    (tmp_path / "events.csv").write_text((tmp_path / "events.csv").read_text().replace("Posted", "Modified"))
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


@pytest.mark.parametrize(("roster", "asked"), [(ARMS, True), (("IV ketamine", "Ketamine IV"), False)])
def test_a_list_of_patients_that_contradicts_what_sessions_are_called_is_asked_about(tmp_path, roster, asked):
    lines = [f"{who},{day(n, k)},{'Infusion' if k else 'Assessment only'},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "visits.csv", *lines, header="patient_id,date,Visit type,phq9_total")
    write(
        tmp_path, "roster.csv", *[f"{who},{roster[n % 2]}" for n, who in enumerate(PEOPLE)], header="patient_id,Program"
    )
    missing = draft_study(tmp_path, "mine").missing
    assert bool(missing) == asked
    if asked:
        assert (
            "'Visit type' of visits.csv calls every session iv, and 'Program' of roster.csv says of 12 patients"
            in missing[0]
        )
    else:
        export, _ = read_drafted(tmp_path)
        assert len(export.tables["sessions"]) == 3 * len(PEOPLE)
        assert len(totals(export)) == 4 * len(PEOPLE)


@pytest.mark.parametrize("zero", ["0", "0.0"])
def test_sessions_with_a_dose_of_nothing_are_asked_about(tmp_path, zero):
    lines = [f"{who},{day(n, k)},KETAMINE,INTRAVENOUS,{40 if k < 3 else zero}" for n, who, k in visits()]
    write(tmp_path, "ex.csv", *lines, header="USUBJID,EXSTDTC,EXTRT,EXROUTE,EXDOSE")
    lines = [f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="USUBJID,date,phq9_total")
    asked = draft_study(tmp_path, "mine").missing
    assert len(asked) == 1
    assert "24 rows of ex.csv have a dose of 0 in 'EXDOSE'" in asked[0]
    assert f"leave_out: {{EXDOSE: ['{zero}']}}" in asked[0]


def test_points_and_feedback_of_a_quiz_are_no_answers(tmp_path):
    write_log(tmp_path)
    book = openpyxl.Workbook()
    questions = read_questions("phq9")
    book.active.append(
        [
            "ID",
            "Completion time",
            "Total points",
            "patient_id",
            *(f"{mark}{one}" for one in questions for mark in ("", "Points - ", "Feedback - ")),
        ]
    )
    for n, who, k in visits():
        answers = [cell for points in items(n, k) for cell in (WORDS[points], 0, "")]
        book.active.append([n * 4 + k, dt.datetime.combine(day(n, k), dt.time(9)), 0, who, *answers])
    book.save(tmp_path / "form.xlsx")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1250", "iso8859-2"])
def test_answers_in_words_of_central_europe_are_read_in_its_tables_of_letters(tmp_path, encoding):
    words = ["wcale nie dokuczały", "kilka dni", "więcej niż połowę dni", "niemal codziennie"]
    lines = ["pacjent;data;lek;" + ";".join(f"PHQ9_{k}" for k in range(1, 10))]
    for n in range(12):
        lines += [
            f"P{n:02d};{d:02d}.01.2024;ketamina dożylnie;" + ";".join(words[(n + d + k) % 4] for k in range(9))
            for d in (9, 16, 23)
        ]
    (tmp_path / "wizyty.csv").write_bytes("\n".join(lines).encode(encoding))
    export = read_export(check_study(yaml.safe_load(draft_study(tmp_path, "mine").text)), tmp_path)
    assert (len(export.tables["sessions"]), len(export.tables["assessments"])) == (36, 36)
    items = export.tables["assessments"][[f"item_{k}" for k in range(1, 10)]]
    assert items.to_numpy().sum() == sum((n + d + k) % 4 for n in range(12) for d in (9, 16, 23) for k in range(9))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
def test_text_with_columns_that_is_named_as_a_workbook_is_read(tmp_path, encoding):
    write_log(tmp_path)
    lines = [
        "patient_id\tDate of Service\tPHQ-9 Score",
        *(f"{who}\t{day(n, k):%m/%d/%Y}\t{sum(items(n, k))}" for n, who, k in visits()),
    ]
    (tmp_path / "Report.xls").write_bytes("\r\n".join(lines).encode(encoding))
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


@pytest.mark.parametrize("full", ["Patient Health Questionnaire-9 (PHQ-9)", "Patient Health Questionnaire-9"])
def test_full_names_of_questionnaires_beside_one_of_another_length(tmp_path, full):
    write_log(tmp_path)
    lines = [
        f'{who},{name},{day(n, k):%d %B %Y},{score},"1, 2, 0"'
        for n, who, k in visits()
        for name, score in (
            (full, sum(items(n, k))),
            ("Patient Health Questionnaire-15 (PHQ-15)", 19),
            ("Generalised Anxiety Disorder 7 (GAD-7)", sum(items(n, k, 7))),
        )
    ]
    write(tmp_path, "tests.csv", *lines, header="patient_id,Test,Date Administered,Raw Score,Responses")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert totals(export, "gad7") == truth(7)


def test_pages_and_footers_of_a_printed_report_are_no_rows(tmp_path):
    write_log(tmp_path)
    lines = ["Outcome scores by patient", "", "patient_id,Service Date,PHQ-9 Score"]
    for place, (n, who, k) in enumerate(visits()):
        lines.append(f"{who},{day(n, k):%m/%d/%Y},{sum(items(n, k))}")
        lines += [f"Page {place // 20 + 1}", lines[2]] if place % 20 == 19 else []
    lines += ["", "Printed on 03/01/2024 10:12 AM by the desk", "CONFIDENTIAL"]
    (tmp_path / "scores.csv").write_text("\n".join(lines))
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    balance = export.balance
    assert (balance["raw"] == balance["kept"] + balance["merged"] + balance["quarantined"]).all()


def test_a_code_that_is_asked_for_in_spanish_above_a_row_of_kinds_of_answers(tmp_path):
    lines = [
        f"{who},{day(n, k):%d/%m/%Y},{'Ketamina IV' if n % 2 else 'Esketamina intranasal'}" for n, who, k in visits()
    ]
    write(tmp_path, "sesiones.csv", *lines, header="Código,Fecha de sesión,Tratamiento")
    questions = read_questions("phq9", "es")
    head = ["Respondent ID", "Collector ID", "End Date", "Código de paciente", "¿Con qué frecuencia?", *[""] * 8]
    book = openpyxl.Workbook()
    book.active.append(head)
    book.active.append(["", "", "", "Open-Ended Response", *questions])
    for place, (n, who, k) in enumerate(visits()):
        book.active.append(
            [
                11400 + place,
                4,
                dt.datetime.combine(day(n, k), dt.time(9)),
                who,
                *(ANSWERS["es"][points] for points in items(n, k)),
            ]
        )
    book.save(tmp_path / "encuesta.xlsx")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


@pytest.mark.parametrize(
    ("name", "column"), [("PHQ-9 2024.csv", "Total"), ("phq9_export.csv", "Score"), ("phq9.csv", "total_score")]
)
def test_totals_in_a_file_that_is_named_after_their_questionnaire(tmp_path, name, column):
    write_log(tmp_path)
    lines = [f"{who},{day(n, k)},{sum(items(n, k))},{n}" for n, who, k in visits()]
    write(tmp_path, name, *lines, header=f"patient_id,completed,{column},age")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert f"'{column}' is taken for its total after the name of the file" in draft.text


@pytest.mark.parametrize("name", ["phq9_gad7.csv", "phq15.csv", "scores.csv"])
def test_totals_in_a_file_of_two_questionnaires_or_of_another_are_not_taken(tmp_path, name):
    write_log(tmp_path)
    write(
        tmp_path,
        name,
        *[f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()],
        header="patient_id,completed,Total",
    )
    assert any(one.startswith("questionnaires") for one in draft_study(tmp_path, "mine").missing)


def test_a_list_with_the_first_session_beside_a_wide_file_of_all_of_them_is_asked_about(tmp_path):
    write(
        tmp_path,
        "patients.csv",
        *[f"{who},{ARMS[n % 2]},{day(n, 0)}" for n, who in enumerate(PEOPLE)],
        header="patient_id,Program,First infusion",
    )
    wide = [f"{who},{','.join(str(day(n, k)) for k in range(4))}" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "infusions.csv", *wide, header="patient_id,Tx1,Tx2,Tx3,Tx4")
    write(
        tmp_path,
        "phq9.csv",
        *[f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()],
        header="patient_id,completed,phq9_total",
    )
    asked = draft_study(tmp_path, "mine").missing
    assert any("infusions.csv has days of sessions" in one and "patients.csv says that" in one for one in asked)


def test_answers_that_are_numbers_of_concepts_alone_are_said_to_be(tmp_path):
    write_log(tmp_path)
    lines = [
        f"{who},PHQ9_Q{place},{day(n, k)},,,{45880000 + points}"
        for n, who, k in visits()
        for place, points in enumerate(items(n, k), 1)
    ]
    write(
        tmp_path,
        "observation.csv",
        *lines,
        header="person_id,observation_source_value,observation_date,value_as_number,value_as_string,value_as_concept_id",
    )
    assert any(
        "answers are numbers of concepts alone (value_as_concept_id)" in one
        for one in draft_study(tmp_path, "mine").missing
    )


def test_a_short_sheet_that_cannot_be_read_beside_others_of_its_columns_is_asked_about(tmp_path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for month in (1, 2, 3, 4, 9):
        sheet = book.create_sheet(f"{month}-2024")
        rows = [
            (who, day(n, k), sum(items(n, k)))
            for n, who, k in visits()
            if day(n, k).month == month or (month, n, k) == (9, 0, 3)
        ]
        order = (0, 1, 2) if month % 2 else (0, 2, 1)
        for row in [("patient_id", "date", "phq9_total"), *rows, ("", "Total", len(rows))]:
            sheet.append([row[place] for place in order])
    book.save(tmp_path / "months.xlsx")
    write_log(tmp_path)
    assert any(
        "and is left out" in one and "has the columns of months.xlsx" in one
        for one in draft_study(tmp_path, "mine").missing
    )


def test_questionnaires_of_visits_that_no_treatment_is_known_of_are_asked_about_and_kept_as_answered(tmp_path):
    lines = [
        f"{who},{day(n, k)},{'Remote wellness' if k == 3 else ARMS[n % 2]},{sum(items(n, k))}" for n, who, k in visits()
    ]
    write(tmp_path, "visits.csv", *lines, header="patient_id,date,treatment,phq9_total")
    asked = draft_study(tmp_path, "mine").missing[0]
    assert "24 rows have a questionnaire and are no treatment by 'treatment'" in asked
    assert '--treatment "remote wellness=none"' in asked
    export, _ = read_drafted(tmp_path, treatments={"remote wellness": "none"})
    assert totals(export) == truth()
    assert len(export.tables["sessions"]) == 3 * len(PEOPLE)


def test_test_patients_are_nobody(tmp_path):
    extra = ["TEST-1,2024-03-01,{}", "zzTest Patient 2,2024-03-01,{}"]
    log = [f"{who},{day(n, k)},{ARMS[n % 2]}" for n, who, k in visits()]
    write(
        tmp_path,
        "log.csv",
        *log,
        *(line.format("Spravato") for line in extra),
        header="patient_id,session_date,treatment",
    )
    lines = [f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, *(line.format(27) for line in extra), header="patient_id,date,phq9_total")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert len(export.tables["key"]) == len(PEOPLE)
    assert "rows of test patients ('TEST-*', 'zzTest Patient *' in 'patient_id') are left out" in draft.text


@pytest.mark.parametrize(("one", "two", "asked"), [("north", "south", True), ("jan", "feb", False), ("export_2023", "export_2024", False)])  # fmt: skip
def test_files_that_number_their_patients_alike_are_of_two_sites_or_of_two_periods(tmp_path, one, two, asked):
    for place, name in enumerate((one, two)):
        lines = [f"{n + 1},{day(n, 2 * place + k)},{ARMS[n % 2]}" for n in range(24) for k in range(2)]
        write(tmp_path, f"{name}_sessions.csv", *lines, header="patient_id,session_date,treatment")
    lines = [f"{n + 1},{day(n, k)},{sum(items(n, k))}" for n, _, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,phq9_total")
    missing = draft_study(tmp_path, "mine").missing
    assert any("number their patients alike (24 numbers are in both)" in said for said in missing) == asked


def test_a_few_dates_that_cannot_be_read_are_said_with_their_shape(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},{day(n, k) if k else '03/2024'},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,phq9_total")
    (asked,) = draft_study(tmp_path, "mine").missing
    assert (
        "25% of the cells of 'date' of phq.csv read as no date, and their rows would be left out: they look like `99/9999`"
        in asked
    )


def test_the_score_before_a_session_in_german(tmp_path):
    lines = [f"{who};{day(n, k):%d.%m.%Y};Ketamin i.v.;{sum(items(n, k))};3" for n, who, k in visits()]
    write(tmp_path, "log.csv", *lines, header="Patientencode;Datum;Behandlung;PHQ-9 vor;PHQ-9 nach")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


@pytest.mark.parametrize("program", ["sqlcmd", "ssms", "psql", "pages", "below one another"])
def test_lines_that_a_program_writes_around_a_table_are_no_rows(tmp_path, program):
    write_log(tmp_path)
    names = ["patient_id", "date", "phq9_total"]
    rows = [[who, str(day(n, k)), str(sum(items(n, k)))] for n, who, k in visits()]
    lines = [",".join(row) for row in [names, *rows]]
    if program == "sqlcmd":
        lines[1:1] = [",".join("-" * len(name) for name in names)]
        lines += ["", f"({len(rows)} rows affected)"]
    elif program == "ssms":
        lines += ["", f"({len(rows)} rows affected)", "", "Completion time: 2025-03-02T09:15:11.12-05:00"]
    elif program == "psql":
        lines = [" | ".join(cell.ljust(12) for cell in row) for row in [names, *rows]]
        lines[1:1] = ["-------------+--------------+-------------"]
        lines += [f"({len(rows)} rows)", ""]
    elif program == "pages":
        page = ["Clinic outcomes", "Printed 03/02/2025,Page {} of 2", lines[0]]
        lines = [*page, *lines[1:49], *page[1:], *lines[49:], f"Total records: {len(rows)}"]
        lines = [line.format(1 + (place > 3)) for place, line in enumerate(lines)]
    else:
        lines = [*lines[:49], lines[0], *lines[49:]]
    write(tmp_path, "scores.txt", *lines)
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert "no_record" in set(export.ledger["reason"].astype(str)) or program in ("sqlcmd", "psql")
    balance = export.balance
    assert (balance["raw"] == balance["kept"] + balance["merged"] + balance["quarantined"]).all()


def test_a_row_that_is_too_short_is_told_from_one_that_is_too_long(tmp_path):
    write_log(tmp_path)
    rows = [f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *rows, "Average of all,11", header="patient_id,date,phq9_total")
    assert (
        "There are fewer: delete what is no row of the table (a title, a note, a sum below it)"
        in draft_study(tmp_path, "mine").summary
    )
    write(tmp_path, "phq.csv", *rows, "K001,2024-01-03,11,or so", header="patient_id,date,phq9_total")
    assert "There are more: quote the values that hold the delimiter ','" in draft_study(tmp_path, "mine").summary


def test_states_behind_the_code_of_a_program_are_read(tmp_path):
    states = ("4 - Charge Entered", "x - Cancelled")
    kinds = ("KETAMINE IV 60", "SPRAVATO 120")
    lines = [f"{who},{day(n, k)},{kinds[n % 2]},{states[0]}" for n, who, k in visits()]
    lines += [f"{who},2024-11-01,{kinds[n % 2]},{states[1]}" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "appointments.csv", *lines, header="patientid,appointmentdate,appointmenttype,appointmentstatus")
    lines = [f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patientid,date,phq9")
    export, _ = read_drafted(tmp_path)
    assert len(export.tables["sessions"]) == 4 * len(PEOPLE)


def test_appointments_that_are_only_dated_by_their_plan_are_sessions_and_asked_about(tmp_path):
    lines = [
        f"{who},{day(n, k)}T09:30:00,Complete,{('IV Ketamine', 'Spravato')[n % 2]} #{k + 1}" for n, who, k in visits()
    ]
    lines += [f"{who},2024-11-01T09:30:00,No Show,IV Ketamine #9" for who in PEOPLE]
    write(tmp_path, "appointments.csv", *lines, header="patient,scheduled_time,status,reason")
    lines = [f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patient,date,phq9")
    export, draft = read_drafted(tmp_path)
    assert len(export.tables["sessions"]) == 4 * len(PEOPLE)
    assert totals(export) == truth()
    assert "the day that the row is scheduled for: did it take place then?" in draft.text


@pytest.mark.parametrize("names", [("session_date", "phq9_date"), ("INFDATE", "SCOREDATE"), ("day", "when")])
def test_a_session_and_the_questionnaire_of_its_row_have_each_its_own_date(tmp_path, names):
    before = names != (
        "day",
        "when",
    )  # a questionnaire on the day before its session; of no names, only the baseline's is
    header = f"patient_id,treatment,{','.join(names)},phq9_total"
    lines = []
    for n, who, k in visits():
        asked = day(n, k) - dt.timedelta(days=1) if before or not k else day(n, k)
        lines.append(f"{who},{ARMS[n % 2] if k else ''},{day(n, k) if k else ''},{asked},{sum(items(n, k))}")
    write(tmp_path, "export.csv", *lines, header=header)
    export, _ = read_drafted(tmp_path)
    expected = {(who, 7 * (k - 1) - (before or not k)): float(sum(items(n, k))) for n, who, k in visits()}
    assert totals(export) == expected
    assert set(export.tables["sessions"]["study_day"].astype(int)) == {0, 7, 14}


def test_a_visit_whose_treatment_is_spelt_missing_keeps_its_questionnaire(tmp_path):
    lines = [f"{who}|{day(n, k)}|{ARMS[n % 2] if k else 'NULL'}|{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "visits.txt", *lines, header="PatientId|VisitDate|ServiceName|PHQ9Score")
    export, draft = read_drafted(tmp_path)
    assert len(totals(export)) == 4 * len(PEOPLE)
    assert "left out with them" not in draft.text


def test_what_fhir_says_of_drugs_routes_and_procedures_tells_the_treatment(tmp_path):
    drugs = (
        ("ketamine 50 mg/mL injection", "Intravenous"),
        ("esketamine 28 MG/ACTUAT Nasal Spray [Spravato]", "Nasal"),
    )
    given = ("Ketamine infusion", "Esketamine administration and observation")
    resources = []
    for n, who, k in visits():
        one = {"subject": {"reference": f"Patient/{who}"}, "status": "completed"}
        text, route = drugs[n % 2]
        drug = {"coding": [{"code": f"{n % 2}"}], "text": text}
        dosage = {"route": {"text": route}, "dose": {"value": 40, "unit": "mg"}}
        kinds = (
            {"resourceType": "MedicationAdministration", "medicationCodeableConcept": drug, "dosage": dosage, "effectiveDateTime": f"{day(n, k)}T10:00:00-05:00"},
            {"resourceType": "Procedure", "code": {"text": given[n % 2]}, "performedDateTime": f"{day(n, k)}T10:00:00-05:00"},
        )  # fmt: skip
        resources.append(one | kinds[n // 2 % 2])
        answers = [
            {"linkId": f"phq9.{place}", "answer": [{"valueCoding": {"code": f"a{points}", "display": WORDS[points]}}]}
            for place, points in enumerate(items(n, k), 1)
        ]
        resources.append(one | {"resourceType": "QuestionnaireResponse", "questionnaire": "PHQ-9", "authored": f"{day(n, k)}T08:00:00-05:00", "item": answers})  # fmt: skip
    write(tmp_path, "clinic.ndjson", *map(json.dumps, resources))
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    sessions = export.tables["sessions"]
    assert len(sessions) == 4 * len(PEOPLE)
    names = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    assert {(names[p], t) for p, t in zip(sessions["patient"], sessions["treatment"].astype(str), strict=True)} == {
        (who, ("iv", "esketamine")[n % 2]) for n, who in enumerate(PEOPLE)
    }


def test_a_question_of_no_known_wording_is_told_by_its_place_and_one_at_the_end_is_asked_about(tmp_path):
    write_log(tmp_path)
    asked = read_questions("phq9")
    lines = [f"{who},{day(n, k)},{','.join(map(str, items(n, k)))}" for n, who, k in visits()]
    write(tmp_path, "form.csv", *lines, header=f"patient_id,date,{','.join([*asked[:3], 'Battery low?', *asked[4:]])}")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert "item 4 ('Battery low?') by its place among the others" in draft.text
    write(tmp_path, "form.csv", *lines, header=f"patient_id,date,{','.join([*asked[:8], 'How difficult?'])}")
    assert (
        "phq9: 8 of 9 items are found, and no column reads as item 9 or as the total"
        in draft_study(tmp_path, "mine").missing[0]
    )


@pytest.mark.parametrize("kind", ["page", "xml"])
def test_a_page_or_plain_xml_that_is_named_as_a_workbook_is_read(tmp_path, kind):
    write_log(tmp_path)
    rows = [[who, str(day(n, k)), f"{sum(items(n, k))}"] for n, who, k in visits()]
    if kind == "page":  # the identifier spans the rows of its patient
        cells = [
            "".join(f"<td rowspan=4>{cell}</td>" if not place and not at % 4 else f"<td>{cell}&nbsp;</td>" for place, cell in enumerate(row) if place or not at % 4)
            for at, row in enumerate(rows)
        ]  # fmt: skip
        body = "".join(f"<tr>{of}" for of in cells)
        text = f"<html><body><table><tr><td>menu</td></tr></table><table border=1><tr><th>Patient ID<th>Date<th>PHQ-9{body}</table></body></html>"
    else:
        lines = [["Patient ID", "Date", "", "PHQ-9"], *([*row[:2], "", row[2]] for row in rows)]
        starts = {3: "<Cell ss:Index='4'>"}
        cells = [
            "".join(
                f"{starts.get(place, '<Cell>')}<Data ss:Type='String'>{cell}</Data></Cell>"
                for place, cell in enumerate(row)
                if place != 2
            )
            for row in lines
        ]
        body = "".join(f"<Row>{of}</Row>" for of in cells)
        text = f'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Sheet1"><Table>{body}</Table></Worksheet></Workbook>'
    write(tmp_path, "scores.xls", text)
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


def test_a_page_without_a_table_is_said_to_be_one(tmp_path):
    write_log(tmp_path)
    write(tmp_path, "scores.xls", "<!DOCTYPE html><html><body>Your session has expired</body></html>")
    assert "a page (HTML or XML) without a table, whatever its ending says" in draft_study(tmp_path, "mine").summary


def test_codes_that_are_billed_are_known_or_asked_for_and_can_be_no_treatment(tmp_path):
    lines = [f"{who},{day(n, k)},{('96365', 'G2083')[n % 2]}" for n, who, k in visits()]
    lines += [f"{who},2024-11-01,99214" for who in PEOPLE]
    write(tmp_path, "claims.csv", *lines, header="patient_id,service_date,cpt")
    lines = [f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,phq9_total")
    [asked] = draft_study(tmp_path, "mine").missing
    assert "by codes (96365, 99214)" in asked
    assert "none where it is no treatment" in asked
    export, _ = read_drafted(tmp_path, treatments={"96365": "iv", "99214": "none"})
    assert len(export.tables["sessions"]) == 4 * len(PEOPLE)
    assert totals(export) == truth()


@pytest.mark.parametrize("lacks", ["dates", "days"])
def test_what_another_file_has_is_named_and_reads_once_it_is_put_beside(tmp_path, lacks):
    numbered = lacks == "dates"
    lines = [f"{who},{f'{k},' if numbered else ''}{day(n, k)},{ARMS[n % 2]}" for n, who, k in visits()]
    write(tmp_path, "sessions.csv", *lines, header=f"patient_id,{'nr,' if numbered else ''}session_date,treatment")
    lines = [f"{who},{k if numbered else 7 * k},{sum(items(n, k))}" for n, who, k in visits()]
    name = "nr" if numbered else "days_since_enrolment"
    write(tmp_path, "scores.csv", *lines, header=f"patient_id,{name},phq9_total")
    [asked] = draft_study(tmp_path, "mine").missing
    said = {
        "dates": "'nr' is in sessions.csv too, which has the dates: put these beside it in the export (joined by 'nr' and 'patient_id')",
        "days": "'days_since_enrolment' counts days, while the sessions are dated",
    }
    assert said[lacks] in asked
    mended = [f"{who},{day(n, k)},{ARMS[n % 2]}" for n, who, k in visits()]
    write(tmp_path, "sessions.csv", *mended, header="patient_id,session_date,treatment")
    write(
        tmp_path,
        "scores.csv",
        *(f"{who},{day(n, k)},{sum(items(n, k))}" for n, who, k in visits()),
        header="patient_id,date,phq9_total",
    )
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


def test_a_later_correction_stays_by_the_time_when_it_was_made(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},{day(n, k)},{sum(items(n, k))},{day(n, k) + dt.timedelta(days=2)} 15:00" for n, who, k in visits()]
    lines += [f"{who},{day(n, 0)},27,{day(n, 0)} 08:10" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "phq.csv", *lines, header="patient_id,date,phq9_total,last_modified")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()


def test_numbers_of_omop_without_names_are_said_and_read_with_their_vocabulary(tmp_path):
    people = [f"{n + 1},8507,1980" for n in range(24)]
    write(tmp_path, "person.csv", *people, header="person_id,gender_concept_id,year_of_birth")
    lines = [f"{n + 1},900,{day(n, k)},{sum(items(n, k))}" for n, _, k in visits()]
    write(
        tmp_path, "measurement.csv", *lines, header="person_id,measurement_concept_id,measurement_date,value_as_number"
    )
    lines = [f"{n + 1},{(700, 701)[n % 2]},{day(n, k)}" for n, _, k in visits()]
    write(tmp_path, "drug_exposure.csv", *lines, header="person_id,drug_concept_id,drug_exposure_start_date")
    concepts = ["900,44261-6,PHQ-9 total score", "700,6130,ketamine", "701,2119365,esketamine"]
    assert "by numbers of concepts alone" in draft_study(tmp_path, "mine").missing[0]
    write(tmp_path, "concept.csv", *concepts, header="concept_id,concept_code,concept_name")
    export, _ = read_drafted(tmp_path)
    assert totals(export) == {(str(n + 1), 7 * k): float(sum(items(n, k))) for n, _, k in visits()}
    with duckdb.connect(str(tmp_path / "omop.duckdb")) as base:
        for path in sorted(tmp_path.glob("*.csv")):
            base.execute(f"CREATE TABLE {path.stem} AS FROM '{path}'")
            path.unlink()
    export, _ = read_drafted(tmp_path)
    assert totals(export) == {(str(n + 1), 7 * k): float(sum(items(n, k))) for n, _, k in visits()}
    assert set(export.tables["patients"]["sex"].astype(str)) == {"male"}
