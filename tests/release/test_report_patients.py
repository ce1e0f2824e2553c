"""Table 1: who is known in each row, who is missing, and how far the arms lie apart."""

from __future__ import annotations

import pandas as pd
from released_cases import make_case

from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.baseline_table import tabulate_patients


def table(differences=None, change=None):
    tables, study = make_case("two arms")
    baseline = tables["baseline"].copy()
    if change is not None:
        change(baseline)
    tables["baseline"] = baseline
    if differences is not None:
        tables["baseline_smd"] = pd.DataFrame(differences, columns=["variable", "contrast", "smd", "withheld"])
    grid = tabulate_patients(gather(tables, study, {}))
    return grid, {row[0].text: [cell.text for cell in row[1:]] for row in grid.rows}


def test_every_characteristic_says_how_many_are_known():
    grid, rows = table()
    assert [cell.text for cell in grid.heads[0]][:2] == ["Characteristic", "n"]
    assert rows["Age, mean (SD)"] == ["300", *["43.2 (12.3)"] * 3]
    assert rows["Sex, n (%)"][0] == "321"
    assert rows["\u2003Missing"] == ["", "21", "21", "21"]
    assert "SMD" not in [cell.text for cell in grid.heads[0]]


def test_the_number_known_is_withheld_with_the_number_missing():
    def hide(baseline):
        baseline.loc[(baseline["variable"] == "sex") & (baseline["arm"] == "all"), ["missing"]] = float("nan")
        baseline.loc[(baseline["variable"] == "sex") & (baseline["arm"] == "all"), "withheld"] = True

    _, rows = table(change=hide)
    assert rows["Sex, n (%)"][0] == "not reported"


def test_the_largest_difference_between_two_arms_is_shown_without_its_sign():
    grid, rows = table([("age", "iv - a", -0.456, False), ("age", "im - a", 0.1, False), ("sex", "iv - a", 0.0, False)])
    assert grid.heads[0][-1].text == "SMD"
    assert rows["Age, mean (SD)"][-1] == "0.46"
    assert rows["Sex, n (%)"][-1] == "0.00"
    assert {len(row) for row in grid.rows} == {6}
    assert "largest between two arms" in grid.notes[-1]


def test_a_withheld_difference_is_called_so():
    none = float("nan")
    _, rows = table([("age", "iv - a", 0.2, False), ("age", "im - a", none, True), ("sex", "iv - a", none, True)])
    assert rows["Age, mean (SD)"][-1] == "≥ 0.20"
    assert rows["Sex, n (%)"][-1] == "not reported"
