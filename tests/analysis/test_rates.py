"""Rates worked out by hand, on five patients and on a crossover."""

import numpy as np
import pandas as pd
import pytest
from example_study import ARMS, SIZES, conform, derive_cohort, derive_endpoints, generate_endpoints
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.analysis.rates import tabulate_differences, tabulate_missingness, tabulate_response
from outcomes.analysis.scores import tabulate_change_distribution, tabulate_recall, tabulate_scores

MISSING = np.nan
# patient, arm, baseline, score after session 1, reached
FIVE = [
    (1, "iv", 20, 10, True),  # −50 %: response
    (2, "iv", 16, 4, True),  # −75 %: response, remission
    (3, "iv", 12, MISSING, False),  # stopped
    (4, "iv", 10, 12, True),  # +2: worse
    (5, "esketamine", 18, 18, True),  # unchanged
    (6, "esketamine", MISSING, 3, True),  # no baseline: remission known, response not
]


def make_endpoints(rows, timepoint="1", axis="session"):
    table = pd.DataFrame(rows, columns=["patient", "arm", "baseline", "score", "reached"])
    base = table.assign(axis="baseline", timepoint="baseline", time=0.0, score=table["baseline"], reached=True)
    both = pd.concat([base, table.assign(axis=axis, timepoint=timepoint, time=1.0)], ignore_index=True)
    both["series"] = both.groupby("patient")["arm"].transform(lambda arm: pd.factorize(arm)[0]) + 1
    both = derive_endpoints(both.assign(instrument="phq9", recall_overlap_days=11))
    return conform(both, "endpoints")


def include_all(endpoints):
    cohort = endpoints[["patient", "series", "arm"]].drop_duplicates(["patient", "series"], ignore_index=True)
    cohort = cohort.assign(included=True, exclusion=pd.NA, complies=True, sessions=6, induction_sessions=6)
    return conform(cohort, "cohort")


@pytest.fixture
def five():
    endpoints = make_endpoints(FIVE)
    return endpoints, include_all(endpoints), ("esketamine", "iv")


def pick(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_both_denominators_are_printed(five):
    table = tabulate_response(*five)
    started = pick(table, arm="iv", endpoint="response", population="started")
    observed = pick(table, arm="iv", endpoint="response", population="observed")
    assert (started["n"], started["events"], started["proportion"]) == (4, 2, 0.5)  # the missing one has not responded
    assert (observed["n"], observed["events"]) == (3, 2)
    assert observed["proportion"] == pytest.approx(2 / 3)
    # Wilson, z = 1.959964: (2 + z²/2 ∓ z·sqrt(2·1/3 + z²/4)) / (3 + z²) = 0.20766, 0.93851
    assert (observed["lower"], observed["upper"]) == (
        pytest.approx(0.20766, abs=1e-5),
        pytest.approx(0.93851, abs=1e-5),
    )


def test_remission_needs_no_baseline_and_missing_counts_as_not_worsened(five):
    table = tabulate_response(*five)
    assert pick(table, arm="esketamine", endpoint="remission", population="observed")[["n", "events"]].tolist() == [
        2,
        1,
    ]
    assert pick(table, arm="esketamine", endpoint="response", population="observed")[["n", "events"]].tolist() == [1, 0]
    assert pick(table, arm="iv", endpoint="worsening", population="started")[["n", "events"]].tolist() == [4, 1]


def test_series_that_are_not_included_do_not_count(five):
    endpoints, cohort, arms = five
    cohort = cohort.assign(included=cohort["patient"] != 2)
    assert pick(tabulate_response(endpoints, cohort, arms), arm="iv", endpoint="response", population="started").n == 3


def test_endpoint_that_an_instrument_does_not_define_is_left_out(five):
    endpoints, cohort, arms = five
    endpoints = endpoints.assign(remission=pd.array([pd.NA] * len(endpoints), dtype="boolean"))
    assert set(tabulate_response(endpoints, cohort, arms)["endpoint"]) == {"response", "worsening"}


def test_a_time_point_at_which_next_to_no_one_was_asked_is_not_measured():
    rows = [(patient, "iv", 20, 8 if patient == 1 else None, True) for patient in range(1, 41)]
    endpoints = make_endpoints(rows)
    given = (endpoints, include_all(endpoints), ("placebo", "iv"))
    asked = pick(tabulate_response(*given, 0.02), endpoint="response", population="started")
    assert (asked["n"], asked["events"], asked["proportion"]) == (40, 1, 1 / 40)
    silent = pick(tabulate_response(*given, 0.05), endpoint="response", population="started")
    assert silent["n"] == 40
    assert silent[["events", "proportion", "lower", "upper"]].isna().all()
    seen = pick(tabulate_response(*given, 0.05), endpoint="response", population="observed")
    assert (seen["n"], seen["events"]) == (1, 1)


def test_reference_arm_stands_second(five):
    table = tabulate_differences(*five)
    row = pick(table, endpoint="response", population="observed")
    assert row["contrast"] == "iv - esketamine"
    assert row["difference"] == pytest.approx(2 / 3)  # 2 of the 3 seen against 0 of 2


def test_every_arm_is_compared_with_the_reference():
    endpoints = generate_endpoints()
    table = tabulate_differences(endpoints, derive_cohort(endpoints), ARMS)
    assert set(table["contrast"]) == {"iv - esketamine", "im - esketamine"}


def test_one_arm_has_no_differences(five):
    endpoints, cohort, _ = five
    assert tabulate_differences(endpoints, cohort, ("iv",)).empty


def test_crossover_interval_takes_the_pairs_into_account():
    # Newcombe's 50 pairs as a crossover (see test_proportions): 36 respond in both periods, 12 only to iv, 2 only to placebo.
    answers = [(8, 8)] * 36 + [(8, 20)] * 12 + [(20, 8)] * 2
    rows = [
        (patient, arm, 20, score, True)
        for patient, pair in enumerate(answers, 1)
        for arm, score in zip(("iv", "placebo"), pair, strict=True)
    ]
    endpoints = make_endpoints(rows)
    table = tabulate_differences(endpoints, include_all(endpoints), ("placebo", "iv"))
    row = pick(table, endpoint="response", population="observed")
    assert row[["difference", "lower", "upper"]].astype(float).round(4).tolist() == [0.2, 0.0569, 0.3404]
    assert set(table["population"]) == {"observed"}  # all who started are not set against each other


def test_missingness_counts_those_who_stopped(five):
    row = pick(tabulate_missingness(*five), arm="iv", axis="session")
    assert row[["started", "reached", "observed"]].tolist() == [4, 3, 3]
    assert row["missing_proportion"] == 0.25


def test_scores_by_hand(five):
    table = tabulate_scores(*five)
    row = pick(table, arm="iv", axis="session")  # 10, 4, 12: mean 26/3, variance ((4/3)² + (14/3)² + (10/3)²)/2 = 52/3
    assert row["n"] == 3
    assert row["mean"] == pytest.approx(26 / 3)
    assert row["sd"] == pytest.approx((52 / 3) ** 0.5)
    assert row[["median", "q1", "q3"]].tolist() == [10, 7, 11]
    # t interval: 26/3 ∓ 4.302653·sqrt(52/9)
    assert row["upper"] == pytest.approx(26 / 3 + 4.302653 * (52 / 9) ** 0.5, abs=1e-5)


def test_one_score_has_no_spread(five):
    row = pick(tabulate_scores(*five), arm="esketamine", axis="baseline")
    assert (row["n"], row["mean"]) == (1, 18)
    assert row[["sd", "lower", "upper"]].isna().all()


def test_all_counts_each_patient_once():
    rows = [(1, "placebo", 30, 30, True), (1, "iv", 30, 10, True), (2, "iv", 20, 10, True)]
    endpoints = make_endpoints(rows)
    table = tabulate_scores(endpoints, include_all(endpoints), ("placebo", "iv"))
    row = pick(table, arm="all")
    assert (row["axis"], row["n"], row["mean"]) == ("baseline", 2, 25)


def test_t_interval_agrees_with_statsmodels():
    from statsmodels.stats.weightstats import DescrStatsW

    endpoints = generate_endpoints()
    table = tabulate_scores(endpoints, derive_cohort(endpoints), ARMS)
    row = pick(table, arm="iv", instrument="phq9", timepoint="day 28")
    own = endpoints[(endpoints["arm"] == "iv") & (endpoints["instrument"] == "phq9")]
    own = own[(own["timepoint"] == "day 28") & (own["patient"] % 17 != 0)]["score"].dropna()
    assert (row["lower"], row["upper"]) == pytest.approx(DescrStatsW(own).tconfint_mean(), abs=1e-10)


def test_a_halved_score_is_in_the_bin_that_ends_at_minus_fifty(five):
    table = tabulate_change_distribution(*five)
    iv = table[table["arm"] == "iv"]
    assert iv.loc[iv["n"] > 0, ["bin_lower", "bin_upper"]].values.tolist() == [[-80, -70], [-60, -50], [10, 20]]
    assert iv.loc[iv["bin_upper"] == -50, "cumulative"].tolist() == [pytest.approx(2 / 3)]
    assert iv["cumulative"].iloc[-1] == 1


def test_everything_above_a_hundred_percent_shares_the_open_bin():
    endpoints = make_endpoints([(1, "iv", 2, 27, True), (2, "iv", 5, 0, True), (3, "iv", 4, 4, True)])
    table = tabulate_change_distribution(endpoints, include_all(endpoints), ("iv",))
    filled = table[table["n"] > 0]
    assert filled["bin_lower"].tolist() == [-100, -10, 100]
    assert filled["bin_upper"].fillna(999).tolist() == [-90, 0, 999]


def test_recall_that_reaches_before_treatment_is_counted(five):
    endpoints, cohort, arms = five
    days = endpoints["recall_overlap_days"].mask(endpoints["patient"] == 2, 0)
    row = pick(tabulate_recall(endpoints.assign(recall_overlap_days=days), cohort, arms), arm="iv")
    assert row[["n", "overlapping"]].tolist() == [3, 2]
    assert row["median_days"] == 11


class TestProperties:
    endpoints = generate_endpoints(sizes={"esketamine": 30, "iv": 40, "im": 12})
    cohort = derive_cohort(endpoints)

    @settings(max_examples=8, deadline=None)
    @given(st.integers(0, 10**6))
    def test_order_of_rows_is_irrelevant(self, seed):
        shuffled = self.endpoints.sample(frac=1, random_state=seed)
        cohort = self.cohort.sample(frac=1, random_state=seed + 1)
        for tabulate in (tabulate_response, tabulate_differences, tabulate_missingness, tabulate_scores):
            once, again = (tabulate(*given, ARMS) for given in ((self.endpoints, self.cohort), (shuffled, cohort)))
            pd.testing.assert_frame_equal(once, again, rtol=1e-12)
        once = tabulate_change_distribution(self.endpoints, self.cohort, ARMS)
        pd.testing.assert_frame_equal(once, tabulate_change_distribution(shuffled, cohort, ARMS))

    @settings(max_examples=10, deadline=None)
    @given(st.integers(0, 10**6))
    def test_counts_hang_together(self, seed):
        endpoints = generate_endpoints(seed, {"esketamine": 25, "iv": 30})
        cohort = derive_cohort(endpoints)
        table = tabulate_response(endpoints, cohort, ARMS)
        assert table["proportion"].between(0, 1).all()
        assert (table["lower"] <= table["proportion"]).all()
        assert (table["proportion"] <= table["upper"]).all()
        keys = ["arm", "instrument", "axis", "timepoint", "endpoint"]
        wide = table.set_index([*keys, "population"])[["n", "events"]].unstack()
        assert (wide["n", "started"] >= wide["n", "observed"]).all()
        assert (wide["events", "started"] == wide["events", "observed"]).all()
        missing = tabulate_missingness(endpoints, cohort, ARMS)
        assert (missing["started"] >= missing["reached"]).all()
        assert (missing["reached"] >= missing["observed"]).all()

    def test_the_distribution_contains_the_response_rate(self):
        endpoints = generate_endpoints(sizes=SIZES)
        endpoints = endpoints[endpoints["baseline"] != 0]  # a percent change needs a baseline above 0
        cohort = derive_cohort(endpoints)
        response = tabulate_response(endpoints, cohort, ARMS).query(
            "endpoint == 'response' and population == 'observed'"
        )
        bins = tabulate_change_distribution(endpoints, cohort, ARMS).query("bin_upper == -50")
        both = response.merge(bins, on=["arm", "instrument", "axis", "timepoint"], suffixes=("", "_bins"))
        assert len(both) == len(response) > 0
        assert both["cumulative"].to_numpy() == pytest.approx(both["proportion"].to_numpy(), abs=1e-12)
