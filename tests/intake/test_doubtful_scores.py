"""Scores of a part of an export that are on another scale, in another's column, or counted from the other end."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from exports import make_study, write

from outcomes.errors import InputError
from outcomes.intake import read_export, refuse

PEOPLE, VISITS = 40, 6
SOURCES = [
    {
        "file": "visits.csv",
        "tables": {
            "sessions": {"columns": {"patient": "id", "date": "day", "treatment": "drug"}},
            "patients": {"columns": {"patient": "id", "site": "site"}},
        },
    },
    {
        "file": "scores.csv",
        "tables": {
            "assessments": {
                "columns": {"patient": "id", "date": "day"},
                "instruments": {"phq9": {"total": "phq9"}, "gad7": {"total": "gad7"}},
            }
        },
    },
]


def read_scores(folder, change, seed=1):
    """Write a clinic of two sites whose scores fall; ``change`` gets patient, site, day, and the two totals as they would be."""
    rng = np.random.default_rng(seed)
    visits, scores = [], []
    for number in range(PEOPLE):
        site, who = ("north", "south")[number % 2], f"k{number + 101}"
        level = rng.normal(18, 3)
        for visit in range(VISITS):
            day = dt.date(2024, 1, 8) + dt.timedelta(days=9 * number + 7 * visit)
            phq9 = int(np.clip(round(level - 1.5 * visit + rng.normal(0, 2)), 0, 27))
            gad7 = int(np.clip(round(phq9 * 0.7 + rng.normal(0, 2)), 0, 21))
            visits.append(f"{who},{site},{day},{('iv', 'esketamine')[number % 3 == 0]}")
            scores.append(",".join(map(str, (who, day, *change(number, site, day, phq9, gad7)))))
    write(folder, "visits.csv", *visits, header="id,site,day,drug")
    write(folder, "scores.csv", *scores, header="id,day,phq9,gad7")
    return read_export(make_study(SOURCES), folder)


def found(export, *checks):
    return [(one.check, one.stops, one.count, one.of) for one in export.findings if one.check in checks]


ALL = ("another_scale", "exchanged_scores", "turned_scores")


@pytest.mark.parametrize("seed", range(5))
def test_sound_scores_raise_no_doubt(tmp_path, seed):
    assert found(read_scores(tmp_path, lambda _n, _s, _d, phq9, gad7: (phq9, gad7), seed), *ALL) == []


def test_totals_in_per_cent_of_a_few_people(tmp_path):
    export = read_scores(tmp_path, lambda n, _s, _d, p, g: (round(p / 0.27) if n in (3, 8, 21, 30) else p, g))
    assert found(export, *ALL) == [("another_scale", True, 4 * VISITS, PEOPLE * VISITS)]
    with pytest.raises(InputError, match=r"are of 4 of 40 people: their scores seem to be on another scale"):
        refuse(export.findings, {})


def test_single_slips_and_codes_are_no_other_scale(tmp_path):
    slips = lambda n, _s, d, p, g: (p + 60 if n % 5 == 0 and d.day == 9 else 99 if n == 7 else p, g)  # noqa: E731
    assert found(read_scores(tmp_path, slips), *ALL) == []


def test_two_columns_exchanged_in_one_month(tmp_path):
    export = read_scores(
        tmp_path, lambda _n, _s, d, p, g: (min(g, 27), p) if (d.year, d.month) == (2024, 6) else (p, g)
    )
    (one,) = found(export, *ALL)
    assert one[:2] == ("exchanged_scores", True)
    rows = (export.tables["assessments"]["instrument"].astype(str) == "phq9").sum()
    assert 10 <= one[2] < 0.2 * rows
    with pytest.raises(InputError, match=r"all of 1 month\(s\), phq9 and gad7 differ as in no other month"):
        refuse(export.findings, {})


def test_two_instruments_that_differ_by_nothing_are_not_told(tmp_path):
    assert (
        found(read_scores(tmp_path, lambda _n, _s, d, p, _g: (min(p, 21), max(0, min(p - 1 + d.day % 3, 21)))), *ALL)
        == []
    )


def test_answers_of_a_site_counted_from_the_other_end(tmp_path):
    export = read_scores(tmp_path, lambda _n, site, _d, p, g: (27 - p if site == "south" else p, g))
    assert found(export, *ALL) == [("turned_scores", False, PEOPLE // 2, PEOPLE)]
    text = next(one.text for one in export.findings if one.check == "turned_scores")
    assert "rises from the first to the last score" in text
    assert "south" not in text


def test_a_site_that_does_worse_from_the_same_start_is_no_doubt(tmp_path):
    assert found(read_scores(tmp_path, lambda n, site, d, p, g: (min(27, 18 + d.day % 3 + (dt.date(2024, 1, 8) + dt.timedelta(days=9 * n) < d)) if site == "south" else p, g)), *ALL) == []  # fmt: skip


def test_an_export_whose_scores_are_all_left_out(tmp_path):
    export = read_scores(tmp_path, lambda _n, _s, _d, _p, _g: (-9, 999))
    assert found(export, *ALL) == []
