"""Rows that say again what others say: derived values, double entries, versions of a resource; and rows that are more than one session."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from exports import write
from test_foreign_exports import ARMS, PEOPLE, day, items, read_drafted, totals, truth, visits, write_log

from outcomes.intake.draft import draft_study

TOTAL = {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]}


def score(n: int, k: int) -> int:
    return sum(items(n, k))


def observe(n: int, who: str, k: int, **said):
    return {
        "resourceType": "Observation", "id": f"{who}-{k}", "status": "final", "code": TOTAL, "subject": {"reference": f"Patient/{who}"},
        "effectiveDateTime": f"{day(n, k)}T09:00:00-05:00", "valueInteger": score(n, k), **said,
    }  # fmt: skip


def write_lines(folder, resources):
    (folder / "observations.ndjson").write_text("\n".join(map(json.dumps, resources)))


def test_derived_rows_of_adam_are_no_answers_and_where_most_are_it_is_asked(tmp_path):
    write_log(tmp_path)
    lines = [f"{who},PHQTOT,{day(n, k)},{score(n, k)}," for n, who, k in visits()]
    carried = [f"{who},PHQTOT,{day(n, 3) + dt.timedelta(days=30)},{score(n, 3)},LOCF" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "adqs.csv", *lines, *carried, header="USUBJID,PARAMCD,ADT,AVAL,DTYPE")
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert f"{len(PEOPLE)} rows were derived of others, as 'DTYPE' says ('LOCF')" in draft.text
    write(tmp_path, "adqs.csv", *(f"{line}SUM" for line in lines), *carried, header="USUBJID,PARAMCD,ADT,AVAL,DTYPE")
    assert any("which is most of them" in one for one in draft_study(tmp_path, "mine").missing)


@pytest.mark.parametrize("merged", [True, False])
def test_a_record_of_redcap_that_two_people_entered_is_one_patient_or_asked_about(tmp_path, merged):
    rows = [
        f"{who}{end},{day(n, k)},{ARMS[n % 2]},{score(n, k) + (end == '--2')}"
        for n, who, k in visits()
        for end in ("--1", "--2", *([""] if merged else []))
    ]
    write(tmp_path, "entries.csv", *rows, header="record_id,date,treatment,phq9_total")
    if merged:
        assert totals(read_drafted(tmp_path)[0]) == truth()
        return
    asked = [one for one in draft_study(tmp_path, "mine").missing if "two people entered" in one]
    assert len(asked) == 1
    assert f"{2 * len(visits())} rows" in asked[0]


def test_of_versions_of_a_resource_the_last_one_counts_and_none_that_was_deleted(tmp_path):
    write_log(tmp_path)
    lines = []
    for n, who, k in visits():  # the correction stands before or behind what it corrects, on another day
        late = observe(n, who, k, meta={"versionId": "10", "lastUpdated": "2025-01-01T00:00:00Z"})
        moved = f"{day(n, k) + dt.timedelta(days=2)}T09:00:00-05:00"
        early = late | {"valueInteger": 27, "effectiveDateTime": moved, "meta": {"versionId": "9"}}
        lines += [late, early] if k % 2 else [early, late]
    write_lines(tmp_path, lines)
    export, _ = read_drafted(tmp_path)
    assert totals(export) == truth()
    gone = {"request": {"method": "DELETE", "url": f"Observation/{PEOPLE[0]}-1"}}
    write_lines(tmp_path, [*lines, {"resourceType": "Bundle", "type": "history", "entry": [gone]}])
    export, _ = read_drafted(tmp_path)
    assert totals(export) == {key: total for key, total in truth().items() if key != (PEOPLE[0], 7)}


def test_one_id_of_two_patients_names_no_versions(tmp_path):
    write_log(tmp_path)
    write_lines(tmp_path, [observe(n, who, k, id=str(k), meta={"versionId": str(n)}) for n, who, k in visits()])
    assert totals(read_drafted(tmp_path)[0]) == truth()


def test_bundles_within_a_bundle_or_a_line_are_read_and_each_resource_is_counted(tmp_path):
    write_log(tmp_path)
    pages = [
        {"resourceType": "Bundle", "entry": [{"resource": observe(n, who, k)} for n, who, k in visits() if who == one]}
        for one in PEOPLE
    ]
    write_lines(tmp_path, pages)
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert f"keeps {2 * len(visits())} of {2 * len(visits())} rows" in draft.summary
    (tmp_path / "observations.ndjson").unlink()
    (tmp_path / "all.json").write_text(
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": page} for page in pages]})
    )
    assert totals(read_drafted(tmp_path)[0]) == truth()


@pytest.mark.parametrize(("begins", "ends"), [("EXSTDTC", "EXENDTC"), ("start date", "stop date")])
def test_a_row_of_treatment_that_lasts_for_days_is_asked_about(tmp_path, begins, ends):
    rows = [f"{who},{day(n, 0)},{day(n, 3)},{ARMS[n % 2]}" for n, who in enumerate(PEOPLE)]
    write(tmp_path, "ex.csv", *rows, header=f"patient_id,{begins},{ends},treatment")
    lines = [f"{who},{day(n, k)},{score(n, k)}" for n, who, k in visits()]
    write(tmp_path, "phq.csv", *lines, header="patient_id,completed,phq9_total")
    assert any(f"{len(PEOPLE)} rows of ex.csv begin" in one for one in draft_study(tmp_path, "mine").missing)
    nights = [f"{who},{day(n, k)},{day(n, k) + dt.timedelta(days=1)},{ARMS[n % 2]}" for n, who, k in visits()]
    write(tmp_path, "ex.csv", *nights, header=f"patient_id,{begins},{ends},treatment")
    assert totals(read_drafted(tmp_path)[0]) == truth()


@pytest.mark.parametrize(
    ("name", "asked"), [("Date of questionnaire", False), ("Q7 date in the chart", True), ("Date of onset", None)]
)
def test_a_day_that_was_written_into_a_form_goes_before_the_moment_it_was_sent(tmp_path, name, asked):
    write_log(tmp_path)
    sent = lambda n, k: dt.datetime(2025, 2, 1 + k, 8 + n % 12, n)  # noqa: E731  # all entered in one week
    when = lambda n, k: day(n, 0) - dt.timedelta(days=700) if asked is None else day(n, k)  # noqa: E731
    stamp = lambda n, k: f"{day(n, k)} 09:00:00" if asked is None else f"{sent(n, k)}"  # noqa: E731
    lines = [f"{stamp(n, k)},{who},{when(n, k):%m/%d/%Y},{score(n, k)}" for n, who, k in visits()]
    write(tmp_path, "form.csv", *lines, header=f"Timestamp,patient_id,{name},phq9_total")
    if asked:
        question = next(one for one in draft_study(tmp_path, "mine").missing if one.startswith("dates: form.csv"))
        assert f"`date: {name}`" in question
        assert "'%m/%d/%Y' among its formats" in question
        return
    export, draft = read_drafted(tmp_path)
    assert totals(export) == truth()
    assert ("is when it was sent" in draft.text) is (asked is False)
