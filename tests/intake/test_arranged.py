"""One file that holds sessions and scores in another arrangement than a table of one kind: every one is read, with its dose and its day."""

from __future__ import annotations

import datetime as dt
import re

import openpyxl
import pytest
import yaml
from exports import entries, make_study, reasons, write

from outcomes.errors import InputError, SettingsError
from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.intake.health.headers import read_headers
from outcomes.settings.study import check_study

PEOPLE = [f"K{n:03d}" for n in range(12)]
DAYS = [0, 3, 7, 30]  # three sessions, and a later score
DRUGS = {who: ("Ketamine IV", "Spravato")[n % 2] for n, who in enumerate(PEOPLE)}
DOSES = {who: (40 + n, 56)[n % 2] for n, who in enumerate(PEOPLE)}


def score(n: int, k: int) -> int:
    return (3 * n + 5 * k) % 28


def date(n: int, k: int) -> str:
    return (dt.date(2024, 1, 9) + dt.timedelta(days=n + DAYS[k])).isoformat()


def visits():
    """Yield who, date, drug, dose and score of every visit; the last one is no session."""
    for n, who in enumerate(PEOPLE):
        for k in range(4):
            given = k < 3
            yield who, date(n, k), DRUGS[who] if given else "", str(DOSES[who]) if given else "", score(n, k)


def write_events(folder):
    lines = []
    for who, day, drug, dose, total in visits():
        lines += [f"{who},{day},{drug},{dose} mg"] if drug else [f"{who},{day},Note,she called"]
        lines += [f"{who},{day},PHQ-9,{total}"]
    write(folder, "events.csv", *lines, header="patient_id,date,event,value")


def write_events_of_kinds(folder):
    lines = []
    for who, day, drug, dose, total in visits():
        lines += [f"{who},{day},Treatment,{drug},{dose},mg"] if drug else [f"{who},{day},Vitals,weight,80,kg"]
        lines += [f"{who},{day},PHQ-9,total,{total},points"]
    write(folder, "timeline.csv", *sorted(lines), header="MRN,Event date,Kind,Detail,Value,Unit")


def of(who):
    """Return the rows of one patient without who it is: date, drug, dose, score."""
    return [f"{day},{drug or 'Follow-up'},{dose},{total}" for one, day, drug, dose, total in visits() if one == who]


def write_report(folder):
    lines = ["Outcomes by patient,,,", "Date,Treatment,Dose,PHQ-9"]
    for who in PEOPLE:
        lines += [f"Patient: {who},,,", *of(who)[:2], "Date,Treatment,Dose,PHQ-9"]  # the next page
        lines += [f"Patient: {who} (continued),,,", *of(who)[2:], ",,,"]
    write(folder, "report.csv", *lines, "*** End of report ***")


def write_report_with_birth(folder, form="Patient: {}   DOB: 03/14/1970"):
    lines = [line for who in PEOPLE for line in (f'"{form.format(who)}",,,', *of(who))]
    write(folder, "report.csv", *lines, header="Date,Treatment,Dose,PHQ-9")


def write_report_with_birth_behind_a_line(folder):
    write_report_with_birth(folder, "Patient: {} | DOB 14.3.1970")


def write_report_with_three_labels(folder):
    write_report_with_birth(folder, "Born: 14.3.1970, MRN: {} (Sex: F)")


def treated_with(drug):
    """Return the rows of a treatment without what it is: who, date, dose, score."""
    return [f"{who},{day},{dose},{total}" for who, day, _, dose, total in visits() if DRUGS[who] == drug]


def write_blocks_below_treatments(folder):
    lines = [line for drug in ("Ketamine IV", "Spravato") for line in (f"{drug} patients,,,", *treated_with(drug), "")]
    write(folder, "list.csv", *lines, header="Patient,Date,Dose,PHQ-9")


def write_files_below_treatments(folder):
    for number, drug in enumerate(("Ketamine IV", "Spravato")):
        write(folder, f"{number}.csv", f"{drug},,,", ",,,", "Patient,Date,Dose,PHQ-9", *treated_with(drug))


def write_report_with_names_again(folder):
    lines = []
    for who in PEOPLE:
        lines += [f"MRN {who},DOB 1970-03-14,,", "Date,Treatment,Dose,PHQ-9", *of(who)]
    write(folder, "report.csv", *lines)


def write_report_with_labels(folder):
    lines = []
    for who in PEOPLE:
        numbered = [f"{k + 1 if k < 3 else 'Follow-up'},{row.split(',')[0]},{row.split(',', 2)[2]}" for k, row in enumerate(of(who))]  # fmt: skip
        lines += [f"Treatment,{DRUGS[who]},Patient ID,{who}", "Session,Date,Dose,PHQ-9", *numbered]
    write(folder, "report.csv", *lines)


def write_outline(folder):
    lines = [line for who in PEOPLE for line in (f"{who},,,", *of(who))]
    write(folder, "pivot.csv", *lines, header="Patient / visit,Treatment,Dose,PHQ-9")


def write_beside(folder):
    given = [f"{who},{day},{drug},{dose}" for who, day, drug, dose, _ in visits() if drug]
    asked = [f"{who},{day},{total}" for who, day, *_, total in visits()]
    lines = [f"{one},,{given[place] if place < len(given) else ',,,'}" for place, one in enumerate(asked)]
    write(folder, "all.csv", "PHQ-9,,,,Treatments,,,", "MRN,Date,Score,,MRN,Date,Treatment,Dose", *lines)


def write_block_a_patient(folder):
    rows = [",,".join(of(who)[k] for who in PEOPLE) for k in range(4)]
    write(folder, "blocks.csv", ",,,,,".join(PEOPLE), ",,".join(["Date,Treatment,Dose,PHQ-9"] * 12), *rows)


def write_sideways(folder):
    lines = [",".join(["Patient ID", *PEOPLE]), ",".join(["Treatment", *DRUGS.values()])]
    for k in range(4):
        name = f"Session {k + 1}" if k < 3 else "Follow-up 1"
        lines += [",".join([f"{name} date", *(date(n, k) for n in range(12))])]
        lines += [",".join([f"{name} dose", *(str(DOSES[who]) for who in PEOPLE)])] if k < 3 else []
        lines += [",".join([f"{name} PHQ-9", *(str(score(n, k)) for n in range(12))])]
    write(folder, "sheet.csv", *lines)


def write_groups_of_sessions(folder):
    names = ["Session 1", "Session 2", "Session 3", "Follow-up 1"]
    lines = [",,".join([f"{who},{DRUGS[who]}", *(",".join(row.split(",")[:1] + row.split(",")[2:]) for row in of(who))]) for who in PEOPLE]  # fmt: skip
    write(folder, "wide.csv", ",," + "".join(f",{name},," + "," for name in names).rstrip(","), "MRN,Treatment" + ",,Date,Dose,PHQ-9" * 4, *lines)  # fmt: skip


WRITERS = {name.removeprefix("write_"): one for name, one in list(globals().items()) if name.startswith("write_")}


@pytest.mark.parametrize("name", WRITERS)
def test_every_session_and_score_is_read_with_its_day(tmp_path, name):
    WRITERS[name](tmp_path)
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == (), draft.describe(tmp_path)
    export = read_export(check_study(yaml.safe_load(draft.text)), tmp_path)
    names = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    scores, sessions = export.tables["assessments"], export.tables["sessions"]
    found = {
        (names[p], d): int(t)
        for p, d, t in zip(scores["patient"], scores["study_day"], scores["recorded_total"], strict=True)
    }
    assert found == {(who, DAYS[k]): score(n, k) for n, who in enumerate(PEOPLE) for k in range(4)}
    given = {
        (names[p], d): (str(drug), int(dose))
        for p, d, drug, dose in zip(*(sessions[one] for one in ("patient", "study_day", "treatment", "dose_mg")), strict=True)
    }  # fmt: skip
    arms = {"Ketamine IV": "iv", "Spravato": "esketamine"}
    assert given == {(who, DAYS[k]): (arms[DRUGS[who]], DOSES[who]) for who in PEOPLE for k in range(3)}
    balance = export.balance
    assert (balance["raw"] == balance["kept"] + balance["merged"] + balance["quarantined"]).all()


REPORT = {
    "file": "report.csv",
    "header": 2,
    "headings": {"Arm": "Treatment", "Patient": "Patient: {}"},
    "tables": {
        "sessions": {"columns": {"patient": "Patient", "date": "Date", "treatment": "Arm"}},
        "assessments": {"columns": {"patient": "Patient", "date": "Date"}, "instruments": {"phq9": {"total": "PHQ-9"}}},
    },
}


def read_report(folder, *lines, **changes):
    write(folder, "report.csv", "Clinic", "Date,PHQ-9", *lines)
    return read_export(make_study([REPORT | changes]), folder)


def test_an_outer_heading_holds_until_the_next_one_and_ends_what_is_said_within_it(tmp_path):
    groups = ["Treatment:,iv", "Patient: K1", "2024-01-09,18", "Patient: K2", "2024-01-09,17", "Treatment:,esketamine"]
    export = read_report(tmp_path, *groups, "2024-01-10,3", "Patient: K3,", "2024-01-11,9")
    key = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    sessions = export.tables["sessions"]
    given = {(key[p], str(t)) for p, t in zip(sessions["patient"], sessions["treatment"], strict=True)}
    assert given == {("K1", "iv"), ("K2", "iv"), ("K3", "esketamine")}
    assert (9, "quarantined", "unknown_patient") in [one[:3] for one in entries(export)]  # below no patient
    assert reasons(export).count("no_record") == 5


def test_a_heading_without_a_value_gives_its_rows_to_nobody(tmp_path):
    export = read_report(tmp_path, "Treatment:,iv", "Patient: K1", "2024-01-09,18", "Patient:", "2024-01-10,3")
    assert len(export.tables["assessments"]) == 1
    assert reasons(export).count("unknown_patient") == 1


@pytest.mark.parametrize(
    ("changes", "line", "said"),
    [
        ({"headings": {"Date": "Patient: {}"}}, "2024-01-09,18", "'headings' makes column(s) that the file has: Date"),
        ({}, "2024-01-09,18,note", "1 row(s) have cells to the right of the header's 2 columns: row 4"),
        ({}, "Patient: K2", "there is a header and no row below it"),
    ],
)
def test_a_report_that_cannot_be_read_is_refused_with_its_cause(tmp_path, changes, line, said):
    with pytest.raises(InputError, match=re.escape(said)):
        read_report(tmp_path, "Patient: K1", line, **changes)


def test_a_date_alone_in_its_row_is_no_patient(tmp_path):
    write_outline(tmp_path)
    lines = (tmp_path / "pivot.csv").read_text().replace(f"{date(0, 3)},Follow-up,,{score(0, 3)}", f"{date(0, 3)},,,")
    (tmp_path / "pivot.csv").write_text(lines)
    export = read_export(check_study(yaml.safe_load(draft_study(tmp_path, "mine").text)), tmp_path)
    assert export.tables["key"]["identifier"].tolist() == PEOPLE


def test_settings_of_a_whole_sheet_do_not_go_with_those_of_a_part(tmp_path):
    with pytest.raises(SettingsError, match="'above' and 'beside' do not go with them"):
        make_study([REPORT | {"beside": 2}])


def test_a_workbook_on_its_side_is_read_with_merged_cells_and_no_name_in_its_corner(tmp_path):
    book = openpyxl.Workbook()
    book.active.append([None, *[cell for who in PEOPLE for cell in (who, None)]])
    book.active.append(["Date", *[dt.date.fromisoformat(date(n, k)) for n in range(12) for k in range(2)]])
    book.active.append(["PHQ-9", *[score(n, k) for n in range(12) for k in range(2)]])
    for n in range(12):
        book.active.merge_cells(start_row=1, end_row=1, start_column=2 + 2 * n, end_column=3 + 2 * n)
    book.save(tmp_path / "turned.xlsx")
    tables = {
        "assessments": {"columns": {"patient": "patient", "date": "Date"}, "instruments": {"phq9": {"total": "PHQ-9"}}}
    }
    export = read_export(make_study([{"file": "turned.xlsx", "sideways": True, "tables": tables}]), tmp_path)
    assert export.tables["assessments"]["recorded_total"].tolist() == [score(n, k) for n in range(12) for k in range(2)]
    assert export.tables["key"]["identifier"].tolist() == PEOPLE


@pytest.mark.parametrize("name", ["sideways", "block_a_patient"])
def test_new_patients_are_no_new_columns(tmp_path, name):
    WRITERS[name](tmp_path)
    study = check_study(yaml.safe_load(draft_study(tmp_path, "mine").text))
    (names,) = read_headers(study, tmp_path).values()
    assert names == [] if name == "block_a_patient" else names[:3] == ["Patient ID", "Treatment", "Session 1 date"]
