"""Standardised differences before treatment: by hand, against R, and never where a count is withheld."""

from __future__ import annotations

import json
from pathlib import Path

import example_study as study
import numpy as np
import pandas as pd
import pytest

from outcomes.analysis import imbalance
from outcomes.analysis.baseline import tabulate_baseline
from outcomes.analysis.imbalance import compute_category_difference, compute_mean_difference, tabulate_imbalance
from outcomes.analysis.scores import compute_t_interval
from outcomes.instruments import select_instruments
from outcomes.release.disclosure.gate import release_tables
from outcomes.settings.analysis import Privacy

REFERENCE = Path(__file__).parent.parent / "reference"
ARMS = ["esketamine", "iv", "im"]
COLUMNS = ["age", "sex", "payer", "site"]


def given(seed=7):
    endpoints = study.generate_endpoints(seed, study.SIZES)
    patients = study.generate_patients(endpoints)
    cohort = study.derive_cohort(endpoints)
    return endpoints, cohort, patients, tuple(study.SIZES), COLUMNS, select_instruments(["phq9", "gad7"])


def test_two_levels_by_hand():
    # shares 0.6 and 0.3: 0.3 / sqrt((0.6 * 0.4 + 0.3 * 0.7) / 2) = 0.3 / 0.474342
    one, other = pd.Series(["x"] * 6 + ["y"] * 4), pd.Series(["x"] * 3 + ["y"] * 7)
    assert compute_category_difference(one, other) == pytest.approx(0.632456, abs=1e-6)


def test_three_levels_by_hand():
    # shares (.5, .3, .2) and (.2, .3, .5) without the first: T - C = (0, -.3);
    # S = (((.21, -.06), (-.06, .16)) + ((.21, -.15), (-.15, .25))) / 2 = ((.21, -.105), (-.105, .205));
    # the lower right element of its inverse is .21 / (.21 * .205 - .105 ** 2) = 6.557377; .09 * 6.557377 = .590164
    one = pd.Series(list("aaaaabbbcc"))
    other = pd.Series(list("aabbbccccc"))
    assert compute_category_difference(one, other) == pytest.approx(0.590164**0.5, abs=1e-6)


def test_numbers_by_hand():
    # means 4 and 2, variances 4 and 1: 2 / sqrt(2.5)
    assert compute_mean_difference(pd.Series([2.0, 4, 6, None]), pd.Series([1.0, 2, 3])) == pytest.approx(1.264911)
    assert compute_mean_difference(pd.Series([2.0, 2]), pd.Series([2.0, 2])) == 0
    assert np.isnan(compute_mean_difference(pd.Series([2.0, 2]), pd.Series([3.0, 3])))
    assert np.isnan(compute_mean_difference(pd.Series([2.0]), pd.Series([3.0, 4])))


@pytest.mark.parametrize("value", [10 / 3, 0.1, 15.7, 40.3, 1.1])
def test_a_number_that_all_share_differs_by_nothing(value):
    """The deviations of a decimal from its own mean are rounding: no difference, and no interval of the mean."""
    for n in range(1, 31):
        one, other = pd.Series([value] * n), pd.Series([value] * (n + 5))
        assert compute_mean_difference(one, other) == 0.0
        assert np.isnan(compute_mean_difference(one, other + 1))
        lower, upper = compute_t_interval(*(pd.Series([number]) for number in (other.mean(), other.std(), len(other))))
        assert lower.isna().all()
        assert upper.isna().all()


def test_categories_at_their_limits():
    one = pd.Series(["a", "b", None])
    assert compute_category_difference(one, one) == 0
    assert compute_category_difference(pd.Series(["a", "a"]), pd.Series(["a"])) == 0
    assert np.isnan(compute_category_difference(pd.Series(["a", "a"]), pd.Series(["b", "b"])))
    assert np.isnan(compute_category_difference(one, pd.Series([None, None], dtype=object)))


def test_as_base_r_has_it():
    reference = json.loads((REFERENCE / "output" / "smd.json").read_text())
    table = pd.read_csv(REFERENCE / "data" / "three_arms.csv")
    table = table[table["change"].notna()]
    table["band"] = pd.cut(table["change"], reference["edges"], include_lowest=True, labels=list("abcd"))
    arms = dict(list(table.groupby("arm")))
    assert len(reference["differences"]) == 3
    for row in reference["differences"]:
        one, other = (arms[name] for name in row["contrast"].split(" - "))
        assert compute_mean_difference(one["change"], other["change"]) == pytest.approx(row["change"], rel=1e-12)
        for name in ("band", "visit"):
            assert compute_category_difference(one[name], other[name]) == pytest.approx(row[name], rel=1e-9)


def test_every_characteristic_of_the_baseline_table_has_every_pair_of_arms():
    endpoints, cohort, patients, arms, columns, instruments = given()
    table = tabulate_imbalance(endpoints, cohort, patients, arms, columns, instruments)
    variables = set(tabulate_baseline(endpoints, cohort, patients, arms, columns, instruments)["variable"])
    assert set(table["variable"]) == variables - {"patients"}
    assert not table.duplicated(["variable", "contrast"]).any()
    assert len(table) == len(set(table["variable"])) * len(arms) * (len(arms) - 1) / 2
    assert table["smd"].notna().all()


def test_one_arm_has_nothing_to_compare():
    endpoints, cohort, patients, _, columns, instruments = given()
    assert tabulate_imbalance(endpoints, cohort, patients, ["iv"], columns, instruments).empty


@pytest.mark.parametrize("minimum_cell", [11, 40, 150])
def test_a_difference_of_few_is_not_released(minimum_cell):
    arguments = given()
    table, baseline = tabulate_imbalance(*arguments), tabulate_baseline(*arguments)
    released = release_tables({"baseline_smd": table}, Privacy(minimum_cell=minimum_cell))["baseline_smd"]
    for row in released.itertuples():
        own = baseline[(baseline["variable"] == row.variable) & baseline["arm"].isin(row.contrast.split(" - "))]
        assert pd.isna(row.smd) == bool(own["n"].between(1, minimum_cell - 1).any())
    assert minimum_cell == 11 or released["smd"].isna().any()


def test_everything_is_released_of_public_data():
    arguments = given()
    tables = {"baseline": tabulate_baseline(*arguments), "baseline_smd": tabulate_imbalance(*arguments)}
    released = release_tables(tables, Privacy(release="exact", because="public"))["baseline_smd"]
    assert released["smd"].equals(tables["baseline_smd"]["smd"])


def test_the_order_of_patients_is_irrelevant():
    endpoints, cohort, patients, *rest = given()
    first = tabulate_imbalance(endpoints, cohort, patients, *rest)
    second = tabulate_imbalance(endpoints, cohort.iloc[::-1], patients.iloc[::-1], *rest)
    pd.testing.assert_frame_equal(first, second)


def test_module_says_where_its_formulas_come_from():
    assert "10.1002/sim.3697" in imbalance.compute_mean_difference.__doc__
    assert "Yang & Dalton" in imbalance.compute_category_difference.__doc__
