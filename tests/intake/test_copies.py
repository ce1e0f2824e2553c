"""An earlier export beside a later one, and people with two identifiers: asked about, with the cure that keeps what is right."""

from __future__ import annotations

import datetime as dt

import yaml
from exports import write

from outcomes.intake import read_export, refuse
from outcomes.intake.draft import draft_study
from outcomes.settings.study import check_study

PEOPLE, FORMS = 24, 4


def day(n, k):
    return dt.date(2024, 1, 3) + dt.timedelta(days=5 * n + 7 * k)


def total(n, k):
    return 20 - 3 * k + n % 4


def write_visits(folder, who="K{:03d}".format):
    lines = [f"{who(n)},{day(n, k)},{('iv', 'esketamine')[n % 2]}" for n in range(PEOPLE) for k in range(FORMS)]
    write(folder, "visits.csv", *lines, header="patient_id,visit_date,treatment")


def write_scores(folder, name, until=dt.date(2030, 1, 1), changed=lambda n, k: 0, more=()):
    rows = [(n, k) for n in range(PEOPLE) for k in range(FORMS) if day(n, k) < until]
    lines = [f"K{n:03d},{day(n, k)},{total(n, k) + changed(n, k)}" for n, k in rows]
    write(folder, name, *lines, *more, header="patient_id,date,phq9_total")


def test_last_months_export_beside_this_months_is_named_and_taking_it_out_keeps_what_was_corrected(tmp_path):
    write_visits(tmp_path)
    write_scores(tmp_path, "scores_march.csv", dt.date(2024, 3, 20), lambda n, k: 5 * (n % 5 == k))
    write_scores(tmp_path, "scores_may.csv")
    draft = draft_study(tmp_path, "mine")
    (asked,) = draft.missing
    assert asked.startswith("copies: scores_march.csv is an older export of scores_may.csv, which ends later: ")
    assert "unused: [scores_march.csv]" in asked
    assert "not in the newer one" not in asked
    content = {key: value for key, value in yaml.safe_load(draft.text).items() if key != "to_do"}
    content["sources"] = [one for one in content["sources"] if one["file"] != "scores_march.csv"]
    export = read_export(check_study(content | {"unused": ["scores_march.csv"]}), tmp_path)
    refuse(export.findings, {})
    totals = export.tables["assessments"]["recorded_total"].tolist()
    assert totals == [total(n, k) for n in range(PEOPLE) for k in range(FORMS)]


def test_records_that_the_later_export_has_no_more_are_said(tmp_path):
    write_visits(tmp_path)
    write_scores(tmp_path, "a.csv", dt.date(2024, 3, 20), more=["K001,2024-02-01,27"])
    write_scores(tmp_path, "b.csv")
    (asked,) = draft_study(tmp_path, "mine").missing
    assert "a.csv is an older export of b.csv" in asked
    assert "fewer than 11 rows of it are not in the newer one" in asked


def test_two_exports_of_one_day_that_differ_are_asked_about_and_alike_ones_are_merged(tmp_path):
    write_visits(tmp_path)
    write_scores(tmp_path, "a.csv")
    write_scores(tmp_path, "b.csv")
    assert draft_study(tmp_path, "mine").missing == ()
    write_scores(tmp_path, "b.csv", changed=lambda n, k: int(n == k == 2))
    (asked,) = draft_study(tmp_path, "mine").missing
    assert "a.csv and b.csv are exports of the same records" in asked


def test_two_months_of_the_same_people_are_no_copies(tmp_path):
    write_visits(tmp_path)
    for name, of in (("a.csv", (0, 1)), ("b.csv", (2, 3))):
        lines = [f"K{n:03d},{day(n, k)},{total(n, k)}" for n in range(PEOPLE) for k in of]
        write(tmp_path, name, *lines, header="patient_id,date,phq9_total")
    assert draft_study(tmp_path, "mine").missing == ()


def test_a_list_of_two_identifiers_of_one_person_is_asked_about(tmp_path):
    write_visits(tmp_path, lambda n: f"K{n:03d}")
    lines = [
        f"{f'S{n}' if n % 4 == 0 and k > 1 else f'K{n:03d}'},{day(n, k)},{total(n, k)}"
        for n in range(PEOPLE)
        for k in range(FORMS)
    ]
    write(tmp_path, "scores.csv", *lines, header="patient_id,date,phq9_total")
    write(tmp_path, "moved.csv", *(f"K{n:03d},S{n}" for n in range(0, PEOPLE, 4)), header="north,south")
    asked = [one for one in draft_study(tmp_path, "mine").missing if one.startswith("people: ")]
    assert len(asked) == 1
    assert (
        "moved.csv names two identifiers of one person, 'north' and 'south', and scores.csv has records under both"
        in asked[0]
    )
