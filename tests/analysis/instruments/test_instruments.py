"""Instruments side by side: by hand, beside R and closed forms, refusals in words, and the intervals over drawn clinics."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.instruments.describe import describe_instruments
from outcomes.analysis.instruments.ordinal import compare_categories, find_categories, tabulate_ordered_odds
from outcomes.analysis.instruments.pairs import (
    list_pairs,
    measure_agreement,
    tabulate_joint_change,
    tabulate_joint_response,
)
from outcomes.analysis.instruments.percent import tabulate_percent_change
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.criteria import Criteria, compute_remission, compute_response
from outcomes.instruments import read_instruments, select_instruments
from outcomes.settings import read_study
from outcomes.settings.clinical import Endpoints

ROOT = Path(__file__).parents[3]
BENCHMARKS = ROOT / "benchmarks" / "instruments"
REFERENCE = ROOT / "tests" / "reference"
NAMES = ("phq9", "phq8", "gad7", "who5", "ybocs", "pcl5", "cgi_s", "cgi_i")


def make_rows(scores, baselines, instrument="phq9", arm="iv", patients=None):
    """Endpoint rows of one instrument at day 28, one a patient."""
    rows = pd.DataFrame({"score": scores, "baseline": baselines}, dtype=float)
    rows = rows.assign(patient=patients if patients is not None else range(1, len(rows) + 1), series=1, arm=arm)
    rows = rows.assign(instrument=instrument, axis="day", timepoint="day 28", time=28.0)
    rows["change"] = rows["score"] - rows["baseline"]
    rows["percent_change"] = 100 * rows["change"] / rows["baseline"].where(rows["baseline"] != 0)
    criteria = Criteria.of(instrument, read_instruments()[instrument], Endpoints())
    found = compute_response(rows["score"].to_numpy(), rows["baseline"].to_numpy(), criteria)
    rows["response"] = pd.Series(found.value, dtype="boolean").mask(found.missing)
    return rows


def everyone(rows):
    return rows[["patient", "series"]].drop_duplicates().assign(included=True)


def tabulate(rows):
    return tabulate_percent_change(rows, everyone(rows), ["iv"], select_instruments(NAMES)).iloc[0]


class TestPercentChange:
    def test_by_hand(self):
        # −50, −100, +10, 0, and a baseline of 0: of four (−140 / 4); their middle is between −50 and 0
        row = tabulate(make_rows([10, 0, 11, 8, 3], [20, 10, 10, 8, 0]))
        assert (row["changed"], row["n"], row["undefined"]) == (5, 4, 1)
        assert (row["mean"], row["median"]) == (-35, -25)
        assert row["of_means"] == pytest.approx(100 * (32 / 5 - 48 / 5) / (48 / 5))

    def test_the_interval_of_the_median_is_between_two_order_statistics(self):
        # of ten values the second and ninth: P(2 ≤ B ≤ 8) with B ~ Bin(10, ½) is 1002 / 1024 = 97.9 %, the third and eighth 89.1 %
        falls = [5, 10, 15, 20, 25, 30, 35, 40, 45, 60]
        row = tabulate(make_rows([100 - fall for fall in falls], [100] * 10))
        assert (row["median_lower"], row["median"], row["median_upper"]) == (
            -45,
            -28,
            -10,
        )  # of −27.5, in whole percent
        half = 2.2621571628 * np.std(falls, ddof=1) / math.sqrt(10)
        assert (row["lower"], row["upper"]) == pytest.approx((-28.5 - half, -28.5 + half))

    @pytest.mark.parametrize("scores", [[10], [10, 10, 10, 10, 10, 10, 10]])
    def test_without_variation_or_company_there_is_no_interval(self, scores):
        row = tabulate(make_rows(scores, [20] * len(scores)))
        assert (row["mean"], row["median"]) == (-50, -50)
        assert np.isnan([row["lower"], row["upper"], row["median_lower"], row["median_upper"]]).all()

    def test_a_rise_of_well_being_is_positive_and_ratings_have_no_percent(self):
        rows = pd.concat([make_rows([60, 80], [40, 40], "who5"), make_rows([2, 3], [5, 5], "cgi_s")])
        table = tabulate_percent_change(rows, everyone(rows), ["iv"], select_instruments(NAMES))
        assert table["instrument"].tolist() == ["who5"]
        assert table["mean"].tolist() == [75]

    def test_all_from_nothing_and_nobody(self):
        row = tabulate(make_rows([3, 4], [0, 0]))
        assert (row["n"], row["undefined"]) == (0, 2)
        assert np.isnan([row["mean"], row["median"], row["of_means"]]).all()
        rows = make_rows([np.nan], [10])
        assert tabulate_percent_change(rows, everyone(rows), ["iv"], select_instruments(NAMES)).empty


class TestJointChange:
    def test_fishers_interval_and_the_sign_of_a_scale_where_high_is_good(self):
        rng = np.random.default_rng(4)
        fall = rng.normal(8, 4, 28)
        rise = 2 * fall + rng.normal(0, 8, 28)
        rows = pd.concat([make_rows(40 - fall, [40] * 28), make_rows(20 + rise, [20] * 28, "who5")])
        row = tabulate_joint_change(rows, everyone(rows), ["iv"], select_instruments(("phq9", "who5"))).iloc[0]
        r = np.corrcoef(fall, rise)[0, 1]
        assert row["correlation"] == pytest.approx(r)
        assert r > 0.3
        ends = [math.tanh(math.atanh(r) + sign * 1.959963985 / math.sqrt(28 - 3)) for sign in (-1, 1)]
        assert (row["lower"], row["upper"]) == pytest.approx(tuple(ends))

    def test_only_those_with_both_count_and_no_variation_has_no_correlation(self):
        one, two = make_rows([10, 8, 7, 6, np.nan], [20] * 5), make_rows([9, 9, 9, 9, 9], [18] * 5, "gad7")
        rows = pd.concat([one, two])
        row = tabulate_joint_change(rows, everyone(rows), ["iv"], select_instruments(("phq9", "gad7"))).iloc[0]
        assert row["n"] == 4
        assert np.isnan([row["correlation"], row["lower"], row["upper"]]).all()

    def test_pairs(self):
        pairs = list(list_pairs(select_instruments(("gad7", "phq9", "phq8", "madrs", "pcl5"))))
        assert ("phq9", "madrs", "same") in pairs
        assert ("phq9", "phq8", "derived") in pairs
        assert ("gad7", "pcl5", "different") in pairs
        assert not any({"phq9", "pcl5"} == set(pair[:2]) for pair in pairs)  # neither is the primary one


class TestJointResponse:
    def test_kappa_beside_its_formula_and_mcnemar_beside_agresti(self):
        # approval of a head of government, twice the same 1,600 (Agresti 2013, Categorical Data Analysis, table 11.1):
        # difference −0.04, standard error 0.0095, interval −0.06 to −0.02
        one = np.repeat([True, True, False, False], [794, 150, 86, 570])
        two = np.repeat([True, False, True, False], [794, 150, 86, 570])
        found = measure_agreement(one, two)
        assert found["difference"] == pytest.approx(-0.04)
        assert (found["difference_lower"], found["difference_upper"]) == pytest.approx(
            (-0.04 - 1.96 * 0.0095, -0.04 + 1.96 * 0.0095), abs=2e-4
        )
        ours = [math.comb(236, k) / 2**236 for k in range(87)]
        assert found["p_value"] == pytest.approx(2 * sum(ours))
        kappa, ends = compute_kappa(794, 150, 86, 570)
        assert found["kappa"] == pytest.approx(kappa)
        assert (found["kappa_lower"], found["kappa_upper"]) == pytest.approx(ends)

    def test_the_interval_for_pairs_is_the_published_one(self):
        # airway hyper-responsiveness of 21 children before and after a transplant (Fagerland, Lydersen & Laake 2014,
        # 10.1002/sim.6148): 1 both, 1 and 7 only one, 12 neither; Newcombe's interval is -0.507 to -0.026
        one = np.repeat([True, True, False, False], [1, 1, 7, 12])
        two = np.repeat([True, False, True, False], [1, 1, 7, 12])
        found = measure_agreement(two, one)
        assert found["difference"] == pytest.approx(-6 / 21)
        assert [round(found[f"difference_{end}"], 3) for end in ("lower", "upper")] == [-0.507, -0.026]

    @pytest.mark.parametrize("n", [1, 2, 3, 10, 40])
    def test_two_answers_that_are_alike_leave_an_interval(self, n):
        answers = np.arange(n) % 2 == 0
        found = measure_agreement(answers, answers)
        assert found["difference_lower"] < found["difference"] == 0 < found["difference_upper"]

    def test_the_four_ways_add_up_by_hand(self):
        one = make_rows([10, 10, 15, 20, 9], [20] * 5)  # yes, yes, no, no, yes
        two = make_rows([5, 15, 9, 18, np.nan], [18] * 5, "gad7")  # yes, no, yes, no, unknown
        rows = pd.concat([one, two])
        row = self.find(rows, ("phq9", "gad7"))
        assert [row[name] for name in ("n", "same", "first_only", "second_only", "both", "neither")] == [
            4,
            2,
            1,
            1,
            0.25,
            0.25,
        ]
        assert (row["agreement"], row["kappa"], row["difference"]) == (0.5, 0, 0)

    def test_the_phq8_takes_the_percent_of_the_phq9(self):
        # without item 9 the first falls from 17 to 9 (47 %), the second from 18 to 9 (50 %)
        rows = pd.concat([make_rows([9, 12], [20, 20]), make_rows([9, 9], [17, 18], "phq8")])
        assert rows.loc[rows["instrument"] == "phq8", "response"].isna().all()
        row = self.find(rows, ("phq9", "phq8"))
        assert [row[name] for name in ("n", "first_only", "second_only")] == [2, 1, 1]
        assert row["relation"] == "derived"

    @pytest.mark.parametrize("answers", [([True] * 9, [True] * 9), ([True] * 9, [True] * 4 + [False] * 5)])
    def test_kappa_is_missing_where_all_are_alike(self, answers):
        found = measure_agreement(*(np.array(one) for one in answers))
        assert np.isnan([found["kappa"], found["kappa_lower"], found["kappa_upper"]]).all()
        assert 0 <= found["p_value"] <= 1

    def test_an_instrument_without_a_cut_off_has_no_row(self):
        rows = pd.concat([make_rows([10, 9], [20, 20]), make_rows([50, 40], [60, 60], "caps5")])
        instruments = select_instruments(("phq9", "caps5"))
        assert tabulate_joint_response(rows, everyone(rows), ["iv"], instruments, Endpoints()).empty

    @staticmethod
    def find(rows, names):
        return tabulate_joint_response(rows, everyone(rows), ["iv"], select_instruments(names), Endpoints()).iloc[0]


def compute_kappa(a, b, c, d):
    """Kappa and its interval by the formula of Fleiss, Cohen & Everitt 1969 (10.1037/h0028106), written out for two answers."""
    p = np.array([[a, b], [c, d]]) / (a + b + c + d)
    row, column = p.sum(axis=1), p.sum(axis=0)
    observed, chance = np.trace(p), row @ column
    kappa = (observed - chance) / (1 - chance)
    same = sum(p[i, i] * (1 - (row[i] + column[i]) * (1 - kappa)) ** 2 for i in range(2))
    other = (1 - kappa) ** 2 * sum(p[i, j] * (column[i] + row[j]) ** 2 for i in range(2) for j in range(2) if i != j)
    variance = (same + other - (kappa - chance * (1 - kappa)) ** 2) / ((1 - chance) ** 2 * (a + b + c + d))
    return kappa, (kappa - 1.959963985 * math.sqrt(variance), kappa + 1.959963985 * math.sqrt(variance))


class TestOrderedOdds:
    def test_where_newton_s_steps_lose_their_way(self):
        """One arm's categories follow from the baseline; MASS::polr: slope of the arm -10.330 (1.9995)."""
        category = np.array([int(one) for one in "022203402100142212041312012402022123233222220212010212112103"])
        treated = np.array([one == "1" for one in "100010010111100110101011110010100100000001111010111011010110"])
        baseline = np.array(
            [12.0 + ord(one) - ord("a") for one in "limnjfcjbdilfckaeflafegajfjakhlfodnkjdbknbbalmdkogjhhcffehmd"]
        )
        found = compare_categories(category, treated, baseline)
        assert np.log(found["odds_ratio"]) == pytest.approx(-10.330, abs=1e-3)
        assert np.log(found["upper"] / found["lower"]) / (2 * 1.959964) == pytest.approx(1.9995, abs=1e-3)

    def test_beside_polr(self):
        clinic = pd.read_csv(REFERENCE / "data" / "confounded.csv")
        reference = json.loads((REFERENCE / "output" / "polr.json").read_text())
        score = (clinic["baseline"] + clinic["change"]).to_numpy()
        category = find_categories(score, read_instruments()["phq9"])
        assert np.bincount(category + 4).tolist() == reference["bands"]
        found = compare_categories(category, clinic["treated"].to_numpy(bool), clinic["baseline"].to_numpy())
        polr = next(one for one in reference["arms"] if one["term"] == "treated")
        assert math.log(found["odds_ratio"]) == pytest.approx(
            polr["estimate"], abs=1e-5
        )  # polr's gradient is numerical
        width = (math.log(found["upper"]) - math.log(found["lower"])) / (2 * 1.959963985)
        assert width == pytest.approx(polr["std_error"], rel=1e-4)

    def test_two_categories_are_the_odds_ratio_of_a_table(self):
        # 30 of 50 better against 20 of 60: (30·40)/(20·20) = 3; Woolf's standard error √(1/30 + 1/20 + 1/20 + 1/40)
        category = np.repeat([1, 0, 1, 0], [30, 20, 20, 40])
        found = compare_categories(category, np.repeat([True, False], [50, 60]), None)
        error = math.sqrt(1 / 30 + 1 / 20 + 1 / 20 + 1 / 40)
        assert found["odds_ratio"] == pytest.approx(3, rel=1e-5)
        assert found["lower"] == pytest.approx(3 * math.exp(-1.959963985 * error), rel=1e-4)
        assert (found["n"], found["n_reference"], found["categories"], found["fewest"]) == (50, 60, 2, 20)

    def test_a_category_that_nobody_is_in_is_none(self):
        rng = np.random.default_rng(2)
        category, treated = rng.integers(0, 4, 80), np.arange(80) % 2 == 0
        spread = np.array([0, 1, 4, 9])[category]
        assert compare_categories(spread, treated, None) == compare_categories(category, treated, None)

    def test_turned_round_it_is_the_reciprocal(self):
        rng = np.random.default_rng(3)
        category, treated = rng.integers(0, 4, 90), np.arange(90) % 3 == 0
        one, other = compare_categories(category, treated, None), compare_categories(-category, treated, None)
        assert one["odds_ratio"] * other["odds_ratio"] == pytest.approx(1, rel=1e-5)

    @pytest.mark.parametrize(
        ("category", "baseline", "why"),
        [
            ([1] * 40, None, "everybody is in one category"),
            ([2, 1] * 20, None, "tells the category for certain"),
            ([2, 3, 1, 2] * 10, np.tile([20.0, 30.0], 20), "cannot be told apart"),
            ([1] * 20 + [2] * 20, np.arange(40.0), "tells the category for certain"),
        ],
    )
    def test_what_has_no_odds_ratio_is_refused_in_words(self, category, baseline, why):
        found = compare_categories(np.array(category), np.arange(40) % 2 == 0, baseline)
        assert why in found["note"]
        assert np.isnan([found["odds_ratio"], found["lower"], found["upper"], found["p_value"]]).all()

    def test_few_are_refused_and_a_constant_baseline_is_left_out(self):
        rng = np.random.default_rng(5)
        category, treated = rng.integers(1, 5, 60), np.arange(60) % 2 == 0
        assert "fewer than 10" in compare_categories(category[:18], treated[:18], None)["note"]
        same = compare_categories(category, treated, np.full(60, 20.0))
        assert same == compare_categories(category, treated, None)

    def test_direction_of_a_rating_and_of_well_being(self):
        known = read_instruments()
        assert find_categories(np.array([1.0, 7.0]), known["cgi_s"]).tolist() == [-1, -7]
        assert find_categories(np.array([20.0, 60.0]), known["who5"]).tolist() == [0, 1]


class TestRegistry:
    def test_response_and_remission_by_hand(self):
        assert self.judge("ybocs", 18, 28) == (True, False)  # 10 of 28 are 35.7 %
        assert self.judge("ybocs", 12, 18) == (False, True)  # 6 of 18 are 33.3 %; 12 is in remission
        assert self.judge("pcl5", 40, 50) == (True, None)
        assert self.judge("who5", 50, 40) == (True, None)
        assert self.judge("who5", 30, 40) == (False, None)
        assert self.judge("caps5", 10, 40) == (None, None)
        assert self.judge("eq_vas", 80, 40) == (None, None)

    def test_a_rating_of_change_needs_no_baseline(self):
        assert [self.judge("cgi_i", rating, np.nan)[0] for rating in (1, 2, 3, 7)] == [True, True, False, False]
        assert self.judge("cgi_i", np.nan, np.nan) == (None, None)

    @staticmethod
    def judge(name, score, baseline):
        criteria = Criteria.of(name, read_instruments()[name], Endpoints())
        found = [
            one(np.array([score], float), np.array([baseline], float), criteria)
            for one in (compute_response, compute_remission)
        ]
        return tuple(None if one.missing[0] else bool(one.value[0]) for one in found)

    def test_one_rule_of_response(self):
        content = read_instruments()["phq9"].model_dump() | {"response_points": 5}
        with pytest.raises(ValueError, match="give one of response_percent"):
            type(read_instruments()["phq9"]).model_validate(content)


def test_a_crossover_is_refused_in_words():
    study = read_study(ROOT / "config" / "example.yaml")
    rng = np.random.default_rng(8)
    parts = [
        make_rows(rng.integers(2, 20, 40), rng.integers(10, 25, 40), "phq9", arm).assign(series=series)
        for series, arm in ((1, "iv"), (2, "esketamine"))
    ]
    rows = pd.concat(parts, ignore_index=True).assign(axis="session", timepoint="session 6", time=6.0)
    crossover = study.model_copy(update={"report": study.report.model_copy(update={"design": "crossover"})})
    odds = tabulate_ordered_odds(rows, everyone(rows), crossover)
    assert odds["note"].tolist() == ["patients had both arms, which this model cannot take into account"]
    assert odds["odds_ratio"].isna().all()


def test_columns_are_those_declared():
    study = read_study(ROOT / "config" / "example.yaml")
    rng = np.random.default_rng(6)
    parts = [
        make_rows(rng.integers(2, 20, 40), rng.integers(10, 25, 40), name, arm, range(start, start + 40))
        for name in ("phq9", "gad7")
        for arm, start in (("iv", 1), ("esketamine", 41))
    ]
    rows = pd.concat(parts, ignore_index=True)
    made = describe_instruments({"endpoints": rows, "cohort": everyone(rows)}, study)
    for name, table in made.items():
        assert set(table.columns) == {str(column) for column in RELEASED[name].fields}
        assert not table.duplicated([str(column) for column in RELEASED[name].key]).any()
    assert len(made["percent_change"]) == 4


def test_the_intervals_hold_the_truth_as_often_as_they_say():
    committed = pd.read_csv(BENCHMARKS / "coverage.csv")
    assert set(committed["statistic"]) == {
        "mean percent change",
        "median percent change",
        "correlation",
        "kappa",
        "odds ratio",
    }
    assert (committed["clinics"] >= 200).all()
    median = committed["statistic"] == "median percent change"  # at least 95 %, and in whole percent
    assert committed.loc[~median, "covered"].between(0.93, 0.97).all()
    assert committed.loc[median, "covered"].between(0.95, 0.99).all()
