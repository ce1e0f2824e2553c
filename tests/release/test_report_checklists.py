"""The checklists are whole, point at places that exist, and say honestly what is not there."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from released_cases import make_case, make_compared, make_study

from outcomes.files import Places as Folders
from outcomes.release.report import build_sections
from outcomes.release.report.content.blocks import Grid
from outcomes.release.report.content.material import gather
from outcomes.release.report.content.numbering import number_blocks
from outcomes.release.report.sections.checklists import Places, fill_checklists, read_checklists, write_checklists
from outcomes.released import read_released
from outcomes.settings import read_study

EXAMPLE = Path(__file__).parent.parent.parent / "config" / "example.yaml"


def build(tables, study, plan=None):
    return build_sections(gather(tables, study, {"plan": plan, "inputs": {"a.csv": "ab" * 32}}), Path("nowhere"))


def fill(tables, study):
    return {(item.checklist, item.item): item for item in fill_checklists(build(tables, study)[:-1], study)}


@pytest.mark.parametrize(("name", "numbers"), [("STROBE", 22), ("TARGET", 21)])
def test_every_item_is_there(name, numbers):
    items = {int(re.match(r"\d+", item)[0]) for item in read_checklists()[name]["items"]}
    assert items == set(range(1, numbers + 1))


def test_the_items_of_record_are_those_beyond_strobe():
    items = ["1.1", "1.2", "1.3", "6.1", "6.2", "6.3", "7.1", "12.1", "12.2", "12.3", "13.1", "19.1", "22.1"]
    assert list(read_checklists()["RECORD"]["items"]) == items


def test_every_reason_says_whether_it_was_not_done_or_does_not_apply():
    for checklist in read_checklists().values():
        for entry in checklist["items"].values():
            assert re.match(r"not (done|applicable): \w", entry["otherwise"]), entry


def test_each_place_is_in_the_report_of_the_example(finished):
    """What a pointer names exists: section, table, figure, and line; and its label is the one that the page prints."""
    study, folders = read_study(EXAMPLE), Folders("example", finished[0])
    plan = {"locked": "9 March 2026", "version": "0", "sha256": "ab" * 32, "amendments": [], "deviations": []}
    provenance = {"plan": plan, "inputs": {"a.csv": "ab" * 32}}
    sections = build_sections(gather(read_released(folders), study, provenance), folders.figures)
    places = Places(sections[:-1], study.instruments[0])
    pointers = {
        place
        for checklist in read_checklists().values()
        for item in checklist["items"].values()
        for place in item["at"]
    }
    assert {place for place in pointers if not places.find(place)} == set()
    labels = number_blocks(sections)
    for item in fill_checklists(sections[:-1], study):
        for label in re.findall(r"e?(?:Table|Figure) \d+", item.where):
            assert label in labels.values()


def test_items_are_answered_where_the_report_answers_them():
    items = fill(*make_compared())
    assert items["STROBE", "14a"].where.startswith("Table ")
    assert "“Patients before treatment”" in items["STROBE", "14a"].where
    assert re.search(r"“Abstract”, paragraph \d+ \(Objective\)", items["STROBE", "3"].where)
    assert re.search(r"“Limitations in full”, line \d+ \(Attrition\)", items["TARGET", "11"].where)
    assert re.search(r"Table \d+ in section .*, line \d+", items["STROBE", "14b"].where)
    assert items["TARGET", "18"].note == "no plan is locked"
    assert items["STROBE", "13c"].status == "not done"
    assert items["STROBE", "22"].note == "the authors state it"
    assert items["STROBE", "2"].status == "not done"  # the made-up study says nothing of its setting


def test_what_is_partly_there_says_what_is_lacking():
    tables, study = make_compared()
    told = study.model_copy(update={"report": study.report.model_copy(update={"setting": "Eight clinics."})})
    item = fill(tables, told)["STROBE", "5"]
    assert item.status == "partly"
    assert item.note.startswith("lacks calendar dates")


def test_a_checklist_of_another_design_does_not_apply():
    tables, _ = make_case("two arms")
    study = make_study(report={"title": "t", "headline": "session 6", "design": "randomised"})
    items = fill(tables, study)
    assert {item.status for item in items.values()} == {"not applicable"}
    assert "declares randomised" in items["STROBE", "1a"].note
    alone = make_study(report={"title": "t", "headline": "session 6", "design": "observational"}, comparison=None)
    assert "no comparison" in fill(tables, alone)["TARGET", "1"].note
    assert fill(tables, alone)["TARGET", "18"].status == "not applicable"


def test_a_checklist_that_does_not_apply_is_one_row_and_another_is_whole():
    tables, _ = make_case("two arms")
    alone = make_study(report={"title": "t", "headline": "session 6", "design": "observational"}, comparison=None)
    grids = {block.id: block for block in build(tables, alone)[-1].blocks if isinstance(block, Grid)}
    (row,) = grids["checklist-target"].rows
    wanted = ["all", f"all {len(read_checklists()['TARGET']['items'])} items", "not applicable"]
    assert [cell.text for cell in row[:3]] == wanted
    assert "no comparison" in row[3].text
    assert len(grids["checklist-strobe"].rows) == len(read_checklists()["STROBE"]["items"])


def test_the_export_holds_the_same():
    tables, study = make_compared()
    sections = build(tables, study)
    rows = list(csv.DictReader(io.StringIO(write_checklists(sections))))
    items = fill_checklists(sections[:-1], study)
    assert [(row["checklist"], row["item"], row["answered"]) for row in rows] == [
        (item.checklist, item.item, item.status) for item in items
    ]
    assert all(row["where"] for row in rows)


def test_a_place_is_named_once_an_item():
    for item in fill(*make_compared()).values():
        places = item.where.split("; ")
        assert len(places) == len(set(places)), item
