"""Trackers that people keep by hand in a spreadsheet: read as they are meant, or asked about."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pytest
import yaml
from exports import entries, make_study, write

from outcomes.intake import read_export, refuse
from outcomes.intake.draft import draft_study
from outcomes.intake.draft.vocabulary import read_vocabulary
from outcomes.settings.study import check_study

PEOPLE = [f"K{n:03d}" for n in range(24)]
ARMS = ("IV ketamine", "Spravato")
HEAD = ["Patient", "Date", "Treatment", "PHQ-9", "GAD-7"]


def day(n, k):
    return dt.date(2024, 1, 3) + dt.timedelta(days=2 * n + 7 * k)


def score(n, k, most=27):
    return (3 * n + 5 * k) % (most + 1)


def visits():
    return [(n, who, k) for n, who in enumerate(PEOPLE) for k in range(4)]


def truth(most=27):
    return {(who, 7 * k): float(score(n, k, most)) for n, who, k in visits()}


def row(n, who, k):
    return [who, day(n, k), ARMS[n % 2], score(n, k), score(n, k, 21)]


def save(folder, *rows):
    book = openpyxl.Workbook()
    for one in rows:
        book.active.append(one)
    book.save(folder / "tracker.xlsx")


def write_rows(folder, *rows, header=HEAD, name="tracker.csv"):
    write(folder, name, *(",".join(map(str, one)) for one in rows), header=",".join(header))


def draft(folder, **answers):
    return draft_study(folder, "mine", **answers)


def read_drafted(folder, **answers):
    """Return the export that a draft reads without a question: patient and study day → total, by instrument; and its sessions by arm."""
    drafted = draft(folder, **answers)
    assert drafted.missing == ()
    export = read_export(check_study(yaml.safe_load(drafted.text)), folder)
    refuse(export.findings, {})
    names = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    found = {}
    for one in export.tables["assessments"].itertuples():
        found.setdefault(str(one.instrument), {})[names[one.patient], int(one.study_day)] = float(one.recorded_total)
    sessions = [
        (names[one.patient], int(one.study_day), str(one.treatment)) for one in export.tables["sessions"].itertuples()
    ]
    return found, sorted(sessions), drafted


def sessions():
    return sorted((who, 7 * k, ("iv", "esketamine")[n % 2]) for n, who, k in visits())


def test_a_header_that_comes_again_on_each_page_of_a_sheet_is_no_row_though_its_patient_is_merged(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for one in (["Ketamine program"], [], HEAD):
        sheet.append(one)
    for n, who in enumerate(PEOPLE):
        start = sheet.max_row + 1
        for k in range(4):
            sheet.append(row(n, who if k == 0 else None, k))
            if k == 1 and n % 3 == 0:
                sheet.append([None, *HEAD[1:]])
        sheet.merge_cells(start_row=start, end_row=sheet.max_row, start_column=1, end_column=1)
    book.save(tmp_path / "tracker.xlsx")
    found, given, _ = read_drafted(tmp_path)
    assert found == {"phq9": truth(), "gad7": truth(21)}
    assert given == sessions()


@pytest.mark.parametrize("last", ["F/U", 4])
def test_a_sheet_for_each_patient_with_labels_above_a_table_stands_upright(tmp_path, last):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for n, who in enumerate(PEOPLE):
        sheet = book.create_sheet(who)
        for one in (
            ["Patient ID:", who],
            ["Treatment:", ARMS[n % 2]],
            ["Referred by:", "PCP"],
            [],
            ["Date", "Tx #", "PHQ-9"],
        ):
            sheet.append(one)
        for k in range(4):
            sheet.append([day(n, k), k + 1 if k < 3 else last, score(n, k)])
    book.save(tmp_path / "tracker.xlsx")
    found, given, _ = read_drafted(tmp_path)
    assert found == {"phq9": truth()}
    assert given == [one for one in sessions() if one[1] < 21 or last == 4]


@pytest.mark.parametrize("mark", ['"', "ditto", "- do -", "same as above"])
def test_ditto_marks_are_the_cell_above_and_no_patient(tmp_path, mark):
    save(
        tmp_path,
        HEAD,
        *(
            [who if k == 0 else mark, day(n, k), ARMS[n % 2] if k == 0 else mark, *row(n, who, k)[3:]]
            for n, who, k in visits()
        ),
    )
    found, given, drafted = read_drafted(tmp_path)
    assert found == {"phq9": truth(), "gad7": truth(21)}
    assert given == sessions()
    assert "ditto marks in 'Patient' stand for the cell above them" in drafted.text


def test_ditto_marks_beside_blank_treatments_are_asked_about(tmp_path):
    given = lambda n, k: (ARMS[n % 2], "ditto", "", "ditto")[k]  # noqa: E731
    save(tmp_path, HEAD, *([who, day(n, k), given(n, k), *row(n, who, k)[3:]] for n, who, k in visits()))
    (asked,) = (one for one in draft(tmp_path).missing if "ditto" in one)
    assert "24 rows without a word" in asked
    assert "fill_down: [Treatment]" in asked


def test_rows_without_an_identifier_below_a_patient_are_asked_about(tmp_path):
    save(
        tmp_path,
        HEAD,
        *([None if (n, k) in {(2, 3), (5, 1), (5, 2)} else who, *row(n, who, k)[1:]] for n, who, k in visits()),
    )
    assert any(
        "fewer than 11 rows have no identifier in 'Patient'" in one and "fill_down: [Patient]" in one
        for one in draft(tmp_path).missing
    )


@pytest.mark.parametrize(("below", "asked"), [(True, 1), (False, 0)])
def test_totals_of_a_first_part_where_no_more_was_asked_are_asked_about(tmp_path, below, asked):
    part = lambda n, k: min(6, score(n, k) // 4)  # noqa: E731
    whole = lambda n, k: part(n, k) if below and part(n, k) < 3 else score(n, k)  # noqa: E731
    write_rows(
        tmp_path,
        *([who, day(n, k), ARMS[n % 2], part(n, k), whole(n, k)] for n, who, k in visits()),
        header=["Patient", "Date", "Treatment", "PHQ-2", "PHQ-9"],
    )
    assert (
        sum("'PHQ-9' is no more than 'PHQ-2' wherever that is below 3" in one for one in draft(tmp_path).missing)
        == asked
    )


def cells(*rows):
    """Return rows of a tracker whose last cells say the scores; what each says is a function of the PHQ-9 and the GAD-7."""
    return [
        [who, day(n, k), ARMS[n % 2], *(say(score(n, k), score(n, k, 21)) for say in rows)] for n, who, k in visits()
    ]


@pytest.mark.parametrize(
    ("header", "say", "more"),
    [
        ("PHQ/GAD", lambda p, g: f"{p}/{g}", {"gad7": truth(21)}),
        ("PHQ-9 / GAD-7", lambda p, g: f"{p} | {g}", {"gad7": truth(21)}),
        ("Scores", lambda p, g: f"PHQ {p} / GAD {g}", {"gad7": truth(21)}),
        ("Scores", lambda p, g: f"PHQ-9 {p}; GAD-7 {g}", {"gad7": truth(21)}),
        ("PHQ-9 (pre→post)", lambda p, g: f"{p}→{g}", {}),
        ("PHQ-9", lambda p, g: f"pre {p} post {g}", {}),
        ("PHQ-9", lambda p, g: f"Score: {p} moderate", {}),
        ("PHQ-9", lambda p, g: f"PHQ-9: {p}", {}),
    ],
)
def test_several_scores_of_one_cell_are_told_apart(tmp_path, header, say, more):
    write_rows(tmp_path, *cells(say), header=["Patient", "Date", "Treatment", header])
    found, given, drafted = read_drafted(tmp_path)
    assert found == {"phq9": truth(), **more}
    assert given == sessions()
    assert "does not read" not in drafted.text


@pytest.mark.parametrize("header", ["PHQ-9", "Scores"])
def test_two_numbers_of_which_nothing_says_what_they_are_stay_unread(tmp_path, header):
    write_rows(tmp_path, *cells(lambda p, g: f"{p}→{g}"), header=["Patient", "Date", "Treatment", header])
    drafted = draft(tmp_path)
    assert drafted.missing
    assert "parts:" not in drafted.text


def test_a_cell_with_another_count_of_numbers_leaves_all_missing_with_an_entry(tmp_path):
    spoilt = [
        ["K001", "2024-01-08", "iv", "14"],
        ["K001", "2024-01-09", "iv", "14/9"],
        ["K001", "2024-01-10", "iv", ""],
    ]
    write_rows(tmp_path, *spoilt, header=["id", "day", "arm", "both"])
    tables = {
        "assessments": {
            "columns": {"patient": "id", "date": "day"},
            "instruments": {"phq9": {"total": "phq"}, "gad7": {"total": "gad"}},
        }
    }
    export = read_export(
        make_study([{"file": "tracker.csv", "parts": {"both": ["phq", "gad"]}, "tables": tables}]), tmp_path
    )
    assert export.tables["assessments"]["recorded_total"].dropna().tolist() == [14, 9]
    assert [entry[:4] for entry in entries(export) if entry[2] == "total_not_a_number"] == [
        (2, "corrected", "total_not_a_number", f"{one}.total") for one in ("gad7", "phq9")
    ]


def test_blood_pressures_of_one_cell_are_systolic_and_diastolic(tmp_path):
    write_rows(
        tmp_path,
        *cells(lambda p, g: p, lambda p, g: f"{120 + p}/{60 + g}"),
        header=["Patient", "Date", "Treatment", "PHQ-9", "Peak BP"],
    )
    drafted = draft(tmp_path)
    vitals = read_export(check_study(yaml.safe_load(drafted.text)), tmp_path).tables["vitals"]
    means = vitals.groupby(vitals["measure"].astype(str))["value"].mean()
    assert means["systolic"] == pytest.approx(120 + sum(truth().values()) / len(truth()))
    assert means["diastolic"] == pytest.approx(60 + sum(truth(21).values()) / len(truth()))


def test_a_list_that_dates_the_first_session_alone_is_asked_about(tmp_path):
    write_rows(
        tmp_path,
        *([who, day(n, 0), ARMS[n % 2], score(n, 0)] for n, who in enumerate(PEOPLE)),
        header=["Patient", "First tx", "Treatment", "PHQ-9"],
    )
    assert any("dates it by 'First tx': each patient would have one session" in one for one in draft(tmp_path).missing)


@pytest.mark.parametrize("form", ["%A, %B %d, %Y", "%a %m/%d/%y"])
def test_days_that_stand_as_headings_between_the_rows_are_those_of_the_rows_below(tmp_path, form):
    by = {}
    for n, who, k in visits():
        by.setdefault(day(n, k), []).append(row(n, who, k))
    rows = [one for at in sorted(by) for one in ([at.strftime(form)], *([who, *rest] for who, _, *rest in by[at]))]
    save(tmp_path, ["Daily treatment log"], [HEAD[0], *HEAD[2:]], *rows)
    found, given, _ = read_drafted(tmp_path, first="month")
    assert found == {"phq9": truth(), "gad7": truth(21)}
    assert given == sessions()


def test_lines_of_bills_with_many_codes_are_asked_about_and_their_charges_are_no_sessions(tmp_path):
    codes = (("96365", "J3490", "99214", "96127"), ("G2083", "99417", "96127", "G2012"))
    write_rows(
        tmp_path,
        *([who, day(n, k), code, "$350.00"] for n, who, k in visits() for code in codes[n % 2]),
        header=["Patient Acct", "DOS", "CPT/HCPCS", "Charge"],
        name="claims.csv",
    )
    write_rows(
        tmp_path, *([who, day(n, k), score(n, k)] for n, who, k in visits()), header=["Patient Acct", "Date", "PHQ-9"]
    )
    (asked,) = draft(tmp_path).missing
    assert "by codes (96127, 96365, 99214, 99417, G2012, J3490)" in asked
    none = dict.fromkeys(["96127", "99214", "99417", "G2012", "J3490"], "none")
    found, given, drafted = read_drafted(tmp_path, treatments={"96365": "iv", **none})
    assert found == {"phq9": truth()}
    assert given == sessions()
    assert "charge_usd:" not in drafted.text
    assert "'Charge' is of each line of a bill" in drafted.text


@pytest.mark.parametrize("header", ["Drug", "Medication given"])
def test_the_drug_of_a_wide_file_without_sessions_is_the_arm(tmp_path, header):
    write_rows(
        tmp_path,
        *([who, ARMS[n % 2], *(score(n, k) for k in range(3))] for n, who in enumerate(PEOPLE)),
        header=["Patient", header, "PHQ9 D1", "PHQ9 D8", "PHQ9 D15"],
    )
    drafted = draft(tmp_path)
    assert f"arm: {header}" in drafted.text
    assert "all are in one" not in drafted.text


def test_a_pivot_table_in_tabular_form_is_read_without_its_totals(tmp_path):
    rows = [
        one
        for n, who in enumerate(PEOPLE)
        for one in (
            *([who if k == 0 else None, *row(n, who, k)[1:]] for k in range(4)),
            [f"{who} Total", None, None, sum(score(n, k) for k in range(4)), 40],
        )
    ]
    save(tmp_path, [*HEAD[:3], "Sum of PHQ-9", "Sum of GAD-7"], *rows, ["Grand Total", None, None, 999, 888])
    found, given, drafted = read_drafted(tmp_path)
    assert found == {"phq9": truth(), "gad7": truth(21)}
    assert given == sessions()
    assert "is of a pivot table" in drafted.text


def test_a_pivot_table_of_row_labels_is_said_to_be_one(tmp_path):
    rows = [
        one
        for n, who in enumerate(PEOPLE)
        for one in ([who, 12, 9], *([str(day(n, k)), score(n, k), 9] for k in range(4)))
    ]
    write_rows(tmp_path, *rows, header=["Row Labels", "Sum of PHQ-9", "Sum of GAD-7"])
    assert any("a pivot table" in one and "Show in Tabular Form" in one for one in draft(tmp_path).missing)


@pytest.mark.parametrize(
    ("encoding", "end", "header", "drug"),
    [
        ("cp1254", "\r\n", ["Hasta No", "Tarih", "İlaç", "PHQ-9 Toplam", "Açıklama ğş"], "ilaç: ketamin iv"),
        ("mac_roman", "\r", ["Código", "Fecha", "Medicación", "PHQ-9", "Observación"], ""),
    ],
)
def test_files_of_turkish_and_of_a_mac_are_read_in_their_letters(tmp_path, encoding, end, header, drug):
    lines = [
        header,
        *(
            [
                who,
                day(n, k).strftime("%d.%m.%Y"),
                ("Ketamin IV", "Spravato")[n % 2],
                str(score(n, k)),
                "iyi ağrı" if drug else "mejoría",
            ]
            for n, who, k in visits()
        ),
    ]
    (tmp_path / "file.csv").write_bytes(end.join(map(";".join, lines)).encode(encoding))
    found, given, drafted = read_drafted(tmp_path)
    assert found == {"phq9": truth()}
    assert given == sessions()
    assert header[2] in drafted.text


def test_total_score_of_several_questionnaires_in_one_list_is_of_the_one_that_another_column_names(tmp_path):
    write_rows(tmp_path, *([who, day(n, k), ARMS[n % 2]] for n, who, k in visits()), header=HEAD[:3], name="log.csv")
    asked = read_vocabulary()["instruments"]["phq9"]["questions"]["en"]
    words = [one if isinstance(one, str) else one[0] for one in asked]
    lines = []
    for n, who, k in visits():
        items = [min(3, max(0, score(n, k) - 3 * place)) for place in range(9)]
        lines += [
            [who, day(n, k), "PHQ-9", word.replace(",", ""), item] for word, item in zip(words, items, strict=True)
        ]
        lines += [
            [who, day(n, k), "PHQ-9", "Total Score", score(n, k)],
            [who, day(n, k), "GAD-7", "Total Score", score(n, k, 21)],
        ]
    write_rows(tmp_path, *lines, header=["Patient", "Date", "Screening", "Question", "Score"], name="screenings.csv")
    found, given, _ = read_drafted(tmp_path)
    assert found == {"phq9": truth(), "gad7": truth(21)}
    assert given == sessions()


def write_given(folder, key, code):
    """Write a file of what was given, by a code, and one of scores."""
    given = ([who, day(n, k), code(n, k), 40] for n, who, k in visits())
    write_rows(folder, *given, header=["patient_id", "admin_date", key, "dose"], name="administrations.csv")
    scores = ([who, day(n, k), score(n, k)] for n, who, k in visits())
    write_rows(folder, *scores, header=["patient_id", "date", "phq9"], name="scores.csv")


@pytest.mark.parametrize(
    ("key", "names"), [("drug_code", ["drug_code", "drug_name", "unit"]), ("med_id", ["id", "name", "unit"])]
)
def test_codes_of_drugs_are_joined_to_the_list_that_names_them(tmp_path, key, names):
    write_given(tmp_path, key, lambda n, k: (17, 22)[n % 2])
    write_rows(
        tmp_path,
        [17, "Ketamine IV", "mg"],
        [22, "Spravato", "mg"],
        [101, "Ondansetron", "mg"],
        header=names,
        name="medications.csv",
    )
    found, given, drafted = read_drafted(tmp_path)
    assert found == {"phq9": truth()}
    assert given == sessions()
    assert "medications.csv (join)" in drafted.text


def test_numbers_that_a_list_of_drugs_happens_to_have_too_are_no_codes_of_them(tmp_path):
    write_given(tmp_path, "visit_no", lambda n, k: k + 1)
    write_rows(
        tmp_path,
        *([number, ("Ketamine IV", "Spravato")[number % 2], "mg"] for number in range(1, 9)),
        header=["id", "name", "unit"],
        name="medications.csv",
    )
    assert any("no column says which treatment was given" in one for one in draft(tmp_path).missing)


@pytest.mark.parametrize(("copied", "found"), [(4, True), (3, False)])
def test_rows_that_stand_under_another_identifier_too_are_found(tmp_path, copied, found):
    again = [[PEOPLE[9], *row(2, PEOPLE[2], k)[1:]] for k in range(copied)]
    write_rows(tmp_path, *(row(*one) for one in visits()), *again)
    content = yaml.safe_load(draft(tmp_path).text)
    content.pop("to_do", None)
    export = read_export(check_study(content), tmp_path)
    said = [one for one in export.findings if one.check == "copied_rows"]
    assert [one.count for one in said] == ([2] if found else [])
