"""One identifier at a time: refused where it would pass as a category, said by no message and no log; the page's table is that of the counts."""

import csv
import os
import sys
from pathlib import Path

import pytest
from planting import FORMS, KINDS, PLACES, list_plantings, plant

from outcomes.personal import find_kind

ROOT = Path(__file__).parents[2]
NIGHTLY = "OUTCOMES_NIGHTLY" in os.environ
ALL = list(list_plantings())
# Each place once, and each kind: the rest takes minutes.
TRIED = ALL if NIGHTLY else ALL[:: len(KINDS) * FORMS // 2 + 1]


def test_what_is_planted_is_of_many_kinds_in_every_place():
    assert len({text for _, _, text in ALL}) >= 500
    assert {place for place, _, _ in TRIED} == set(PLACES)
    assert list(list_plantings()) == ALL


def test_every_form_of_a_kind_is_found_alone():
    missed = {
        text
        for place, kind, text in ALL
        if place == "cell: site" and "known" not in kind and "given" not in kind and not find_kind(text)
    }
    assert missed == set()


@pytest.mark.parametrize("place", PLACES)
def test_a_harmless_text_in_the_same_place_is_read(place, tmp_path):
    found = plant(tmp_path / "raw", place, "harmless", "plain again")
    assert found.outcome == ("passed" if place.startswith(("cell", "format", "label: site")) else "left")


@pytest.mark.parametrize(("place", "kind", "text"), TRIED)
def test_none_passes_or_is_said(place, kind, text, tmp_path):
    found = plant(tmp_path / "raw", place, kind, text)
    if "known" in kind:
        assert not found.said or place == "unmapped: header"
        return
    assert not found.said
    assert found.outcome != "passed"
    if place.startswith(("cell", "format")):
        assert found.outcome == "refused"


def test_the_page_is_that_of_the_counts(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks" / "disclosure"), *sys.path])
    from plant_identifiers import END, PAGE, START, TABLE, describe

    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["place"], row["kind"]) for row in rows] == list(dict.fromkeys((place, kind) for place, kind, _ in ALL))
    assert sum(int(row["planted"]) for row in rows) == len(ALL)
    for row in rows:
        assert int(row["planted"]) == int(row["refused"]) + int(row["left"]) + int(row["passed"]), row
    assert PAGE.read_text(encoding="utf-8").split(START)[1].split(END)[0].strip() == describe(rows).strip()
