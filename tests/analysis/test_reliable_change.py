"""Jacobson and Truax's four-way table, by hand."""

import pytest
from example_study import ARMS, derive_cohort, generate_endpoints

from outcomes.analysis.reliable_change import CATEGORIES, tabulate_reliable_change
from outcomes.instruments import read_instruments
from outcomes.settings.clinical import ReliableChange

PHQ9 = {"phq9": read_instruments()["phq9"]}
NORMS = {"sd": 5.0, "reliability": 0.84, "source": "made up", "mean": 17.0, "normal_mean": 3.0, "normal_sd": 3.0}


def make(pairs):
    """Return endpoints of one arm at one day from baseline and score; the index is 1.96 · 5 · √0.32 = 5.54 points."""
    endpoints = generate_endpoints(sizes={"esketamine": len(pairs)})
    rows = endpoints[(endpoints["instrument"] == "phq9") & (endpoints["timepoint"] == "day 28")].copy()
    rows["baseline"], rows["score"] = ([float(pair[place]) for pair in pairs] for place in (0, 1))
    change = rows["score"] - rows["baseline"]
    rows["reliable_change"] = ["worse" if one > 5.54 else "improved" if one < -5.54 else "unchanged" for one in change]
    return rows


def tabulate(rows, **declared):
    cohort = derive_cohort(rows).assign(included=True)
    found = tabulate_reliable_change(rows, cohort, ARMS, {"phq9": ReliableChange(**(NORMS | declared))}, PHQ9)
    return found.set_index("category")


# c = (5·3 + 3·17) / 8 = 8.25: recovered ends below it, from above
PAIRS = [(20, 8), (20, 9), (20, 15), (20, 26), (8, 2), (20, 14)]


def test_four_ways_by_hand():
    table = tabulate(make(PAIRS), cutoff="c")
    assert table["events"].to_dict() == {"recovered": 1, "improved": 3, "unchanged": 1, "deteriorated": 1}
    assert set(table["n"]) == {6}
    assert set(table["cutoff"]) == {8.25}
    assert table["change_index"].iloc[0] == pytest.approx(1.96 * 5 * 0.32**0.5)
    assert table.loc["recovered", "proportion"] == pytest.approx(1 / 6)


def test_without_a_cut_off_nobody_is_recovered():
    table = tabulate(make(PAIRS))
    assert list(table.index) == list(CATEGORIES[1:])
    assert table["events"].sum() == 6


def test_a_cut_off_needs_its_norms():
    with pytest.raises(ValueError, match="cutoff a needs mean"):
        ReliableChange(sd=5, reliability=0.8, source="x", cutoff="a")


def test_nothing_declared_is_an_empty_table():
    rows = make(PAIRS)
    assert tabulate_reliable_change(rows, derive_cohort(rows), ARMS, {}, PHQ9).empty
