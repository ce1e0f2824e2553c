"""Ages from dates of birth: those at the first session, whatever a column of ages says; the date itself stays in the export."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import yaml
from exports import TREATMENT, entries, make_study, read_one, write

from outcomes.errors import SettingsError
from outcomes.intake import read_export
from outcomes.intake.births import count_years
from outcomes.intake.draft import draft_study
from outcomes.settings.study import check_study

SESSIONS = {"columns": {"patient": "id", "date": "day", "treatment": TREATMENT}}
BOTH = {
    "sessions": SESSIONS,
    "patients": {"columns": {"patient": "id", "birth_date": "dob", "age": "age"}},
}
HEADER = "id,day,arm,dob,age"
FORMATS = {"formats": ["%Y-%m-%d", "%m/%d/%y"]}


def read(folder, *lines, **sections):
    return read_one(folder, BOTH, HEADER, *lines, **{"dates": FORMATS, **sections})


def ages(export):
    return export.tables["patients"]["age"].tolist()


@pytest.mark.parametrize(
    ("birth", "session", "age"),
    [
        ("1980-05-10", "2024-05-09", 43),
        ("1980-05-10", "2024-05-10", 44),
        ("1980-02-29", "2023-02-28", 42),
        ("1980-02-29", "2023-03-01", 43),
        ("1961-12-31", "2024-01-01", 62),
    ],
)
def test_an_age_is_in_completed_years_on_the_day_of_the_first_session(tmp_path, birth, session, age):
    export = read(tmp_path, f"a,{session},iv,{birth},50", f"a,2025-01-01,iv,{birth},50")
    assert ages(export) == [age]


def test_years_agree_with_the_calendar_of_the_standard_library():
    draw = np.random.default_rng(7)
    born, day = draw.integers(-20_000, 12_000, 500).astype(float), draw.integers(12_000, 20_000, 500).astype(float)
    start = dt.date(1970, 1, 1)
    pairs = [
        (start + dt.timedelta(days=int(b)), start + dt.timedelta(days=int(d))) for b, d in zip(born, day, strict=True)
    ]
    expected = [d.year - b.year - ((d.month, d.day) < (b.month, b.day)) for b, d in pairs]
    assert count_years(born, day).tolist() == expected


def test_an_age_of_the_day_of_the_export_gives_way_with_an_entry_and_a_line_of_the_health_table(tmp_path):
    export = read(tmp_path, "a,2022-03-01,iv,1980-01-02,46", "b,2022-03-01,iv,1990-06-01,31", "c,2022-03-01,iv,,35")
    assert ages(export) == [42, 31, 35]
    assert entries(export) == [(2, "corrected", "age_from_birth", "age", "46", "42")]
    (finding,) = [one for one in export.findings if one.check == "ages_from_births"]
    assert (finding.count, finding.of, finding.stops) == (1, 3, False)


def test_a_birth_that_cannot_be_leaves_the_age_that_is_stated(tmp_path):
    export = read(
        tmp_path, "a,2022-03-01,iv,2021-05-05,41", "b,2022-03-01,iv,in spring,52", "c,2022-03-01,iv,1925-01-01,97"
    )
    assert ages(export) == [41, 52, 90]
    assert [(row, reason, column) for row, _, reason, column, _, _ in entries(export)] == [
        (2, "age_implausible", "birth_date"),
        (3, "unreadable_birth", "birth_date"),
        (4, "age_top_coded", "age"),
        (4, "age_top_coded", "birth_date"),
    ]


def test_years_of_two_digits_are_those_before_the_session_and_a_bare_year_stands_for_its_middle(tmp_path):
    export = read(tmp_path, "a,03/01/22,iv,04/01/45,70", "b,03/01/22,iv,1980,70", "c,09/01/22,iv,1980,70")
    assert ages(export) == [76, 41, 42]


def test_two_births_of_one_person_are_an_entry_without_the_dates(tmp_path):
    export = read(tmp_path, "a,2022-03-01,iv,1980-01-02,42", "a,2022-03-08,iv,1979-01-02,43")
    assert ages(export) == [43]
    assert (2, "flagged", "inconsistent_attribute", "birth_date", None, None) in entries(export)


def test_the_date_is_in_no_table_no_entry_and_no_finding(tmp_path):
    export = read(tmp_path, *(f"p{n},2022-03-{n + 1:02d},iv,1961-03-{n + 1:02d},70" for n in range(12)))
    shown = [table.to_csv() for table in (*export.tables.values(), export.ledger, export.balance)]
    shown += [f"{one.text} {one.cure}" for one in export.findings]
    assert not any("1961" in text or "-3216" in text or "-3217" in text for text in shown)
    assert "birth_date" not in export.tables["patients"]


def test_a_birth_is_mapped_to_the_patients_alone():
    for table, mapping in (
        ("sessions", {"columns": {**SESSIONS["columns"], "birth_date": "dob"}}),
        ("patients", {"columns": {"patient": "id", "born": "dob"}}),
    ):
        study = make_study([{"file": "file.csv", "tables": {table: mapping}}])
        with pytest.raises(SettingsError, match="must not pass intake"):
            read_export(study, ".")


def draft(folder, birth, header="client_id,date_of_birth,sex,age"):
    visits, people, scores = [], [], []
    for n in range(24):
        first = dt.date(2023, 1, 9) + dt.timedelta(days=n)
        people.append(f"c{n},{birth(dt.date(1950 + n, 1 + n % 12, 3 + n))},{'FM'[n % 2]},{2026 - 1950 - n}")
        for k in range(4):
            day = first + dt.timedelta(days=5 * k)
            visits.append(f"c{n},{day:%m/%d/%Y},{('Spravato', 'Ketamine IV')[n % 2]}")
            scores.append(f"c{n},{day:%m/%d/%Y},{20 - 2 * k},{15 - k}")
    write(folder, "visits.csv", *visits, header="client_id,visit_date,treatment")
    write(folder, "scores.csv", *scores, header="client_id,date,phq9_total,gad7_total")
    write(folder, "people.csv", *people, header=header)
    return draft_study(folder, "mine")


@pytest.mark.parametrize("birth", ["{:%Y-%m-%d}", "{:%m/%d/%y}", "{:%d/%m/%Y}", "{:%d %b %Y}"])
def test_a_draft_takes_the_age_from_the_birth_in_whatever_order_it_is_written(tmp_path, birth):
    drafted = draft(tmp_path, birth.format)
    assert drafted.missing == ()
    export = read_export(check_study(yaml.safe_load(drafted.text)), tmp_path)
    numbers = dict(zip(export.tables["key"]["patient"], export.tables["key"]["identifier"], strict=True))
    found = {
        numbers[p]: age
        for p, age in zip(export.tables["patients"]["patient"], export.tables["patients"]["age"], strict=True)
    }
    born = {f"c{n}": dt.date(1950 + n, 1 + n % 12, 3 + n) for n in range(24)}
    first = {f"c{n}": dt.date(2023, 1, 9) + dt.timedelta(days=n) for n in range(24)}
    assert found == {
        who: day.year - born[who].year - ((day.month, day.day) < (born[who].month, born[who].day))
        for who, day in first.items()
    }
    assert export.tables["sessions"]["study_day"].max() == 15


def test_a_draft_takes_no_birth_whose_day_and_month_cannot_be_told_apart(tmp_path):
    drafted = draft(tmp_path, lambda day: f"{day.month:02d}/{day.month:02d}/{day.year}")
    assert "birth_date" not in drafted.text
    assert "cannot be told apart" in drafted.text


def test_an_age_that_is_named_as_one_of_the_export_is_doubted(tmp_path):
    for name, doubted in (("Current age", True), ("age_at_export", True), ("Age", False)):
        drafted = draft(tmp_path, lambda day: "", header=f"client_id,remark,sex,{name}")
        assert ("the age on the day of the export?" in drafted.text) == doubted
