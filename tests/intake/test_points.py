"""Answers and totals as exports write them."""

from __future__ import annotations

import numpy as np
import pytest
from exports import entries, make_study, read_one, write

from outcomes.errors import InputError
from outcomes.instruments import read_instruments
from outcomes.intake import read_export
from outcomes.intake.points import CONTRADICTED, FINE, find_numbering, read_points, read_totals
from outcomes.intake.words import text_array

PHQ9, GAD7 = read_instruments()["phq9"], read_instruments()["gad7"]


def points(*values, answers=None):
    found, states = read_points(text_array(values), PHQ9, answers or {})
    return [None if np.isnan(one) else one for one in found], states.tolist()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2", 2), ("2.0", 2), ("LA6570-1", 2), ("la6570-1", 2), ("More than half the days", 2), ("more than half of the days.", 2),
        ("2-More than half the days", 2), ("2 = more than half the days", 2), ("(2) More than half the days", 2),
        ("More than half the days (2)", 2), ("More than half the days - 2", 2), ("2: Over half the days", 2),
        ("0. Not at all", 0), ("nearly\u00a0every day", 3), ("Varios días", 1), ("Ningún día", 0), ("Beinahe jeden Tag", 3),
        ("Überhaupt nicht", 0), ("Plus de la moitié du temps", 2), ("Mais da metade dos dias", 2), ("5", 5),
        ("", None), ("sometimes", None), ("2 days", None), ("2-3", None), ("12/03/2024", None), ("more than", None),
    ],
)  # fmt: skip
def test_an_answer_is_read_as_written_or_not_at_all(value, expected):
    assert points(value)[0] == [expected]


def test_declared_answers_are_the_only_ones():
    one_to_four = {"1": 0, "2": 1, "3": 2, "4": 3}
    assert points("1", "4", "0", "Several days", "2 - Several days", answers=one_to_four)[0] == [0, 3, None, None, None]


def test_every_wording_of_a_language_is_in_order_and_means_one_thing():
    for instrument in (PHQ9, GAD7):
        for language, answers in instrument.wordings.items():
            assert len(answers) == 4, language
            spelt = [set([one] if isinstance(one, str) else one) for one in answers]
            assert len(set.union(*spelt)) == sum(map(len, spelt)), language
        assert sum(len([one] if isinstance(one, str) else one) for every in instrument.wordings.values() for one in every) == sum(1 for _ in instrument.worded) + 1  # fmt: skip
    # "nunca" is none of the days in Spanish and in Portuguese: the one spelling of two languages, with one meaning


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("14", 14), ("14.5", 14.5), ("14 (Moderate)", 14), ("18 (Moderately Severe)", 18), ("9/21", 9), ("9 / 21", 9),
        ("9 out of 21", 9), ("Moderate (14)", 14), ("Mild anxiety: 7", 7), ("Minimal anxiety (4/21)", 4), ("Moderate depression - 12", 12),
        ("Mild (5-9)", None), ("Week (2)", None), ("Question: 3", None), ("Mild (4/27)", None), ("Mild", None), ("Score: 14", 14), ("14 - moderate", 14), ("14 points", 14), ("28", 28),
        ("9/27", None), ("14 (10)", None), ("14-15", None), ("many", None), ("", None), ("1/2/2024", None), ("12 of 3", None),
        ("moderate 12", 12), ("Score: 14 moderate", 14), ("14 mild", 14), ("9 of 21", 9), ("GAD-7: 9", 9), ("GAD7 score = 9/21", 9), ("PHQ-9: 9", None), ("Week 2", None),
        ("mild 5-9", None), ("14 → 9", None), ("pre 17 post 8", None), ("moderate 12 mild 5", None), ("GAD-7", None), ("severe9", None),
    ],
)  # fmt: skip
def test_a_total_is_read_with_its_band_or_its_largest(value, expected):
    read = read_totals(text_array([value]), GAD7)[0]
    assert (None if np.isnan(read) else read) == expected


def test_contradictions_and_what_is_no_answer_are_missing_and_in_the_ledger(tmp_path):
    header = "id,day," + ",".join(f"p{n}" for n in range(1, 10))
    tables = {
        "assessments": {
            "columns": {"patient": "id", "date": "day"},
            "instruments": {"phq9": {"items": [f"p{n}" for n in range(1, 10)]}},
        }
    }
    row = "a,2024-01-01,3 - several days,LA6570-1 ≠ 3,Prefer not to answer,1 - several days,#NULL!,0,1,2,3"
    export = read_one(tmp_path, tables, header, row)
    assert export.tables["assessments"].filter(like="item_").fillna(-1).iloc[0].tolist() == [
        -1,
        -1,
        -1,
        1,
        -1,
        0,
        1,
        2,
        3,
    ]
    assert [entry[2:4] for entry in entries(export)] == [
        ("contradicting_answer", "phq9.item_1"), ("contradicting_answer", "phq9.item_2"),
        ("item_not_a_number", "phq9.item_3"), ("item_not_a_number", "phq9.item_5")]  # fmt: skip


SESSION = {"sessions": {"columns": {"patient": "id", "date": "day", "treatment": {"constant": "iv"}}}}
TOTAL = {"assessments": {"columns": {"patient": "id", "date": "day"}, "instruments": {"phq9": {"total": "phq9"}}}}


def days(
    folder,
    stamps,
    log=("2024-01-10",),
    formats=("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y/%m/%d %I:%M:%S %p %z", "epoch s", "epoch ms"),
    **source,
):
    write(folder, "log.csv", *(f"a,{day}" for day in log), header="id,day")
    write(folder, "phq.csv", *(f"a,{stamp},12" for stamp in stamps), header="id,day,phq9")
    sources = [{"file": "log.csv", "tables": SESSION}, {"file": "phq.csv", "tables": TOTAL, **source}]
    export = read_export(make_study(sources, dates={"formats": formats, "excel_serials": False}), folder)
    return export.tables["assessments"]["study_day"].tolist()


def test_stamps_in_utc_beside_plain_dates_must_be_answered(tmp_path):
    evening = ["2024-01-09T21:30:00Z", "2024-01-12T21:30:00Z"]  # in Sydney the mornings of the 10th and the 13th
    with pytest.raises(
        InputError, match=r"phq.csv: there are stamps in UTC .* in log.csv plain dates.*zone: America/New_York"
    ):
        days(tmp_path, evening)
    assert days(tmp_path, evening, zone="Australia/Sydney") == [0, 3]
    assert days(tmp_path, evening, zone="as written") == [-1, 2]
    assert days(tmp_path, evening, log=("2024-01-10T20:00:00Z",)) == [-1, 2]  # all in UTC: nothing to ask


def test_stamps_with_a_zone_of_their_own_are_taken_as_written(tmp_path):
    assert days(tmp_path, ["2024/01/10 11:30:00 PM GMT-8", "2024/03/20 1:00:00 AM GMT-7"]) == [0, 70]
    assert days(tmp_path, ["2024/01/10 11:30:00 PM GMT-8"], zone="Europe/Berlin") == [1]


def test_seconds_and_milliseconds_since_1970(tmp_path):
    noon = 1704888000  # 2024-01-10T12:00:00Z
    assert days(tmp_path, [str(noon), str(noon + 86_400)], zone="UTC") == [0, 1]
    assert days(tmp_path, [f"{noon}000"], zone="UTC", date_formats=["epoch ms"]) == [0]
    with pytest.raises(InputError, match="stamps in UTC"):
        days(tmp_path, [str(noon)])


def test_dates_half_swapped_by_a_spreadsheet_are_refused(tmp_path):
    swapped = [
        "2024-07-01T00:00:00",
        "13/01/2024",
        "17/01/2024",
        "2024-03-02T00:00:00",
        "20/01/2024",
        "2024-02-02T00:00:00",
    ]
    forms = ("%d/%m/%Y", "%Y-%m-%d")
    with pytest.raises(
        InputError,
        match=r"phq.csv: the dates of column 'day' are half swapped: all 3 true dates .* all 3 dates that are text",
    ):
        days(tmp_path, swapped, formats=forms)
    assert (
        len(days(tmp_path, [*swapped, "2024-01-25T00:00:00"], formats=forms)) == 7
    )  # one true date has a day above 12


def test_an_unknown_zone_is_the_study_files_fault(tmp_path):
    from outcomes.errors import SettingsError

    with pytest.raises(SettingsError, match=r"zone: no time zone .* .found a text"):
        days(tmp_path, ["2024-01-10"], zone="Sydney")


def test_one_value_has_one_spelling(tmp_path):
    visits = [{"label": "3", "time": 3}, {"label": "0", "baseline": True}]
    tables = {
        "assessments": {"columns": {"patient": "id", "visit": "week"}, "instruments": {"phq9": {"total": "phq9"}}}
    }
    rows = ["1,0.0,12", "1.0,3.0,9", "2, 3,8"]
    export = read_one(
        tmp_path,
        tables,
        "id,week,phq9",
        *rows,
        visits=visits,
        series={"origin": "visits"},
        timepoints={"clean_window": None},
    )
    assert export.tables["key"]["identifier"].tolist() == ["1", "2"]
    assert export.tables["assessments"]["visit"].astype(str).tolist() == ["3", "0", "3"]


def test_numbers_that_count_from_one_beside_wordings():
    words = ("Not at all", "Several days", "More than half the days", "Nearly every day")
    for form in ("{} - {}", "{} ({})", "{1} ({0})"):
        spelt = [form.format(number, wording) for number, wording in enumerate(words, start=1)]
        assert sorted(find_numbering(spelt, PHQ9).values()) == [0, 1, 2, 3]
        mixed = [
            *spelt[:3],
            form.format(3, words[3]),
        ]  # one number is that of its wording: the others are wrong, and no numbering
        assert find_numbering(mixed, PHQ9) == {}
    assert points("2 (More than half the days)", "3 (Several days)") == ([2, None], [FINE, CONTRADICTED])
