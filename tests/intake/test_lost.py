"""What a draft would lose, or count, without anybody having said so: asked about, with the line to write."""

from __future__ import annotations

import openpyxl
import pytest
import yaml
from test_trackers import ARMS, HEAD, PEOPLE, day, read_drafted, row, score, sessions, truth, visits, write_rows

from outcomes.instruments import read_instruments
from outcomes.intake.draft import draft_study
from outcomes.intake.points import read_totals
from outcomes.settings.study import check_study

BANDS = ("minimal", "mild", "moderate", "moderately severe", "severe")


def read_study(text):
    return check_study(yaml.safe_load(text))


def split(total, items):
    """Return answers of a total."""
    return [min(3, max(0, total - 3 * number)) for number in range(items)]


def say_scores(phq, gad):
    """Return rows of a tracker with the scores written so."""
    return [[*row(n, who, k)[:3], phq(n, k), gad(n, k)] for n, who, k in visits()]


@pytest.mark.parametrize(
    ("write_score", "said"),
    [
        (
            lambda total, items: f'"{",".join(map(str, split(total, items)))}"',
            "holds the 9 answers in one cell. Write `parts: {'PHQ-9': [PHQ-9_1, ",
        ),
        (lambda total, items: "".join(map(str, split(total, items))), "holds the 9 answers as one row of digits"),
        (lambda total, _: BANDS[total % 5], "holds severity bands and no totals"),
    ],
)
def test_a_named_questionnaire_that_cannot_be_read_is_asked_about(tmp_path, write_score, said):
    write_rows(tmp_path, *say_scores(lambda n, k: write_score(score(n, k), 9), lambda n, k: score(n, k, 21)))
    (asked,) = draft_study(tmp_path, "mine").missing
    assert asked.startswith(f"questionnaires: 'PHQ-9' of tracker.csv {said}")
    assert asked.endswith("or delete this line, to go on without the PHQ-9")


def test_marks_of_footnotes_behind_totals_are_none_of_them(tmp_path):
    marked = lambda n, k: f"{score(n, k)}{'*' * ((n + k) % 3 == 0)}"  # noqa: E731
    write_rows(tmp_path, *say_scores(marked, lambda n, k: score(n, k, 21)))
    assert read_drafted(tmp_path)[0]["phq9"] == truth()
    assert read_totals(["14*", "14 †", "1*4", "*14"], read_instruments()["phq9"]).tolist()[:2] == [14, 14]


def test_rows_of_those_who_did_not_come_are_asked_about(tmp_path):
    absent = [[*row(n, who, 4)[:3], "DNA", "DNA"] for n, who, k in visits() if not k]
    write_rows(tmp_path, *say_scores(score, lambda n, k: score(n, k, 21)), *absent)
    (asked,) = draft_study(tmp_path, "mine").missing
    assert "24 rows of tracker.csv say 'DNA' in 'PHQ-9'" in asked
    assert "write `leave_out: {PHQ-9: ['DNA']}` for this file" in asked


def test_days_of_a_range_are_asked_about(tmp_path):
    lines = say_scores(score, lambda n, k: score(n, k, 21))
    for number, line in enumerate(lines):
        date = line[1]
        line[1] = f"{date.day}-{date.day + 1} {date:%b %Y}" if number % 9 == 0 else f"{date.day} {date:%b %Y}"
    write_rows(tmp_path, *lines)
    (asked,) = draft_study(tmp_path, "mine").missing
    assert asked.startswith("time: 11% of the cells of 'Date' of tracker.csv read as no date")
    assert "Write one day into each" in asked


def test_a_code_for_a_missing_date_is_no_way_of_writing_one(tmp_path):
    lines = say_scores(score, lambda n, k: score(n, k, 21))
    for line in lines[::20]:
        line[1] = -99
    write_rows(tmp_path, *lines)
    assert draft_study(tmp_path, "mine").missing == ()


def save_sheets(folder, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for one in rows:
            sheet.append(one)
    book.save(folder / "tracker.xlsx")


@pytest.mark.parametrize("date", ["DOS", "Date"])
def test_sheets_that_are_named_after_what_was_given_are_sessions_where_their_days_are_named_so(tmp_path, date):
    of = [
        [[one[0], one[1], *one[3:]] for one in map(row, *zip(*visits(), strict=True)) if one[2] == arm] for arm in ARMS
    ]
    head = ["Patient", date, "PHQ-9", "GAD-7"]
    save_sheets(tmp_path, {"IV ketamine": [head, *of[0]], "Spravato": [head, *of[1]]})
    if date == "DOS":
        found, given, drafted = read_drafted(tmp_path)
        assert (found["phq9"], given) == (truth(), sessions())
        assert "each row is taken for a session of iv, after the name of the sheet or file" in drafted.text
    else:
        (asked,) = draft_study(tmp_path, "mine").missing
        assert "2 files or sheets are named after it" in asked


def test_days_of_the_month_that_a_sheet_is_named_after_are_no_days_of_a_study(tmp_path):
    months = {}
    for n, who, k in visits():
        one = row(n, who, k)
        months.setdefault(f"{one[1]:%B %Y}", [["Day", "Patient", *HEAD[2:]]]).append([one[1].day, who, *one[2:]])
    save_sheets(tmp_path, months)
    asked = draft_study(tmp_path, "mine").missing
    assert sum("these would be days of that month" in one for one in asked) == len(months)


def test_one_date_for_all_rows_of_a_patient_dates_none_of_them(tmp_path):
    lines = [
        [who, day(n, 0), ARMS[n % 2], "Baseline" if k == 0 else f"Wk {k} (+1d)", score(n, k)] for n, who, k in visits()
    ]
    write_rows(tmp_path, *lines, header=["ID", "First dose", "Arm", "Visit", "PHQ-9"])
    asked = draft_study(tmp_path, "mine").missing
    assert any("'First dose' of tracker.csv has the same date in all rows of a patient" in one for one in asked)


def test_days_below_the_names_of_their_months_are_named_as_such(tmp_path):
    days = sorted({day(n, k) for n, _, k in visits()})
    months = [
        f"{date:%b}" if place == 0 or days[place - 1].month != date.month else None for place, date in enumerate(days)
    ]
    grid = [
        [
            who,
            *(
                score(n, k) if k is not None else None
                for k in (next((k for k in range(4) if day(n, k) == date), None) for date in days)
            ),
        ]
        for n, who in enumerate(PEOPLE)
    ]
    save_sheets(tmp_path, {"PHQ9": [["2024", *months], ["Patient", *(date.day for date in days)], *grid]})
    (asked,) = draft_study(tmp_path, "mine").missing
    assert "its columns are days, numbered below the names of months ('Jan', 'Feb', 'Mar')" in asked


def test_tables_below_one_another_are_named_as_such(tmp_path):
    text = ["ID,Arm", *(f"{who},{ARMS[n % 2]}" for n, who in enumerate(PEOPLE)), "", "PHQ-9", "ID,Date,Score"]
    text += [f"{who},{day(n, k)},{score(n, k)}" for n, who, k in visits()]
    (tmp_path / "numbers.csv").write_text("\n".join(text))
    (asked,) = draft_study(tmp_path, "mine").missing
    assert "They look like tables of 3 columns below the first one, from row 28 on" in asked


@pytest.mark.parametrize(("odd", "shape"), [("14-15", "99-99"), ("14?", "99?")])
def test_totals_that_are_no_number_are_asked_about(tmp_path, odd, shape):
    lines = say_scores(lambda n, k: odd if (n + k) % 9 == 0 else score(n, k), lambda n, k: score(n, k, 21))
    write_rows(tmp_path, *lines)
    (asked,) = draft_study(tmp_path, "mine").missing
    assert f"rows of tracker.csv have no total in 'PHQ-9' but something like `{shape}`" in asked


@pytest.mark.parametrize(
    ("names", "total"),
    [([f"q{n}" for n in range(1, 10)], []), ([f"answer{n}" for n in range(1, 10)], ["score"]), (list("ABCDEFGHI"), [])],
)
def test_rows_that_name_their_questionnaire_and_hold_its_answers_are_no_scores(tmp_path, names, total):
    answers = {(n, k): split(score(n, k), 9) for n, _, k in visits()}
    lines = [
        [who, day(n, k), ARMS[n % 2], "PHQ-9", *answers[n, k], *([score(n, k)] if total else [])]
        for n, who, k in visits()
    ]
    write_rows(tmp_path, *lines, header=["Patient", "Session date", "Treatment", "Instrument", *names, *total])
    drafted = draft_study(tmp_path, "mine")
    assert "pivot:" not in drafted.text
    if names[0] != "A":
        (questionnaires,) = (one.tables["assessments"].instruments for one in read_study(drafted.text).sources)
        assert list(questionnaires["phq9"].items) == names
        assert questionnaires["phq9"].total == (total[0] if total else None)


def test_an_arm_that_is_said_once_a_patient_is_asked_about(tmp_path):
    lines = [
        [who, f"infusion_{k + 1}_arm_1", ARMS[n % 2] if k == 0 else "", day(n, k), score(n, k)]
        for n, who, k in visits()
    ]
    write_rows(tmp_path, *lines, header=["record_id", "redcap_event_name", "arm", "visit_date", "phq9_total"])
    (asked,) = draft_study(tmp_path, "mine").missing
    assert (
        "'arm' of tracker.csv is filled in one row of each patient (24 rows), and rows without it would be no sessions"
        in asked
    )
    assert "write `fill_down: [arm]` for this file" in asked


@pytest.mark.parametrize("kind", ["total", "both"])
def test_a_row_of_the_total_among_rows_of_answers_is_the_total(tmp_path, kind):
    lines = [
        [who, day(n, k), "PHQ-9", item, value]
        for n, who, k in visits()
        for item, value in [
            *(enumerate(split(score(n, k), 9), start=1) if kind == "both" else []),
            ("total", score(n, k)),
        ]
    ]
    write_rows(tmp_path, *lines, header=["patient_id", "date", "scale", "item", "value"], name="long.csv")
    write_rows(
        tmp_path, *(row(n, who, k)[:3] for n, who, k in visits()), header=["patient_id", "session_date", "treatment"]
    )
    found, given, _ = read_drafted(tmp_path)
    assert (found["phq9"], given) == (truth(), sessions())


def test_points_behind_a_total_are_points_in_other_languages():
    assert (
        read_totals(["14 Punkte", "14 puntos", "14 pontos", "14 punti", "14 Pkt."], read_instruments()["phq9"]).tolist()
        == [14.0] * 5
    )
