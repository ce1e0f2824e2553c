"""On synthetic clinics with both potential outcomes, weighting finds the truth and comparing arms as they are does not.

The full study, with its committed table, is benchmarks/comparison/operating_characteristics.py.
"""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks" / "comparison"
SPEC = importlib.util.spec_from_file_location("operating_characteristics", FOLDER / "operating_characteristics.py")
STUDY = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(STUDY)


@pytest.fixture(scope="module")
def table():
    return STUDY.run_study(clinics=8, patients=1000, seed=420_000).set_index(["endpoint", "estimator"])


def test_the_arms_as_they_are_differ_by_more_than_the_treatment(table):
    row = table.loc[("change", "unadjusted")]
    assert row["bias"] < -4 * row["bias_se"]


@pytest.mark.parametrize(
    "estimator", ["covariate_adjusted", "weighted_overlap", "weighted_att", "weighted_ate", "doubly_robust"]
)
def test_adjusting_finds_the_truth(table, estimator):
    row = table.loc[("change", estimator)]
    assert row["failed"] == 0
    assert abs(row["bias"]) < 3 * row["bias_se"]
    assert abs(row["bias"]) < 0.5 * abs(table.loc[("change", "unadjusted"), "bias"])


@pytest.mark.parametrize("estimator", ["weighted", "g_computation", "augmented"])
def test_standardised_response_finds_the_truth(table, estimator):
    row = table.loc[("response", estimator)]
    assert abs(row["bias"]) < 3 * row["bias_se"]


class TestCommitted:
    """The table of the full study."""

    TABLE = pd.read_csv(FOLDER / "operating_characteristics.csv").set_index(["endpoint", "estimator"])

    def test_it_is_large_enough(self):
        assert (self.TABLE["clinics"] >= 2000).all()

    def test_every_interval_holds_the_truth_as_often_as_it_says(self):
        rows = self.TABLE.drop(index="unadjusted", level="estimator")
        for name in ("coverage", "coverage_own"):
            primary = rows[~rows.index.get_level_values("estimator").str.endswith("_stacked")]
            assert primary[name].between(0.93, 0.97).all()

    def test_weighted_and_doubly_robust_are_unbiased_and_cover(self):
        for estimator in ("weighted_overlap", "doubly_robust"):
            row = self.TABLE.loc[("change", estimator)]
            assert abs(row["bias"]) < 2.5 * row["bias_se"]
            assert 0.93 <= row["coverage"] <= 0.97

    def test_the_unadjusted_difference_is_visibly_biased(self):
        assert self.TABLE.loc[("change", "unadjusted"), "coverage"] < 0.6
