"""Regression to the mean: closed forms, simulated truth without any treatment, two baselines, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import truncnorm

from outcomes.analysis.regression import (
    Expectation,
    build_expectation,
    find_population_mean,
    tabulate_regression,
)
from outcomes.analysis.two_baselines import measure_reliability, tabulate_two_baselines
from outcomes.errors import SettingsError
from outcomes.settings import check_study

MEAN, SD, R = 14.0, 5.0, 0.7
STUDY = {
    "study": "made-up",
    "data": "data/made-up",
    "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
    "instruments": ["phq9"],
    "arms": [{"id": "iv", "label": "IV ketamine"}],
    "report": {"title": "Made up"},
    "regression_to_mean": {"phq9": {"mean": 12.0, "source": "made up"}},
    "endpoints": {"reliable_change": {"phq9": {"sd": 5.0, "reliability": 0.84, "source": "made up"}}},
}


def generate(n=40_000, effect=0.0, threshold=15, seed=11):
    """Return the tables of patients with whole scores before, at baseline (of at least the threshold), and after, without a treatment.

    Scores share what is lasting in a patient, so that any two correlate by R; an effect is added to the last.
    """
    generator = np.random.default_rng([seed, *b"regression"])
    lasting = generator.normal(MEAN, SD * np.sqrt(R), n)
    screening, baseline, later = (np.round(lasting + generator.normal(0, SD * np.sqrt(1 - R), n)) for _ in range(3))
    kept = np.flatnonzero(baseline >= threshold)
    screening, baseline, later = (values[kept] for values in (screening, baseline, later + effect))
    people = pd.DataFrame({"patient": range(len(kept)), "series": 1, "arm": np.where(kept % 3, "iv", "esketamine")})
    parts = [
        people.assign(axis="baseline", timepoint="baseline", time=0.0, score=baseline, score_day=0),
        people.assign(axis="day", timepoint="day 28", time=28.0, score=later, score_day=28),
    ]
    endpoints = pd.concat(parts, ignore_index=True).assign(instrument="phq9", baseline=np.tile(baseline, 2))
    endpoints["change"] = endpoints["score"] - endpoints["baseline"]
    scores = pd.concat(
        [
            people[["patient"]].assign(instrument="phq9", study_day=day, total=values)
            for day, values in ((3, screening), (10, baseline), (38, later))
        ]
    )
    cohort = people.assign(included=True)
    return {"endpoints": endpoints, "cohort": cohort, "series": people.assign(start_day=10), "scores": scores}


def tabulate(tables, expectation):
    found = tabulate_regression(tables["endpoints"], tables["cohort"], ["iv", "esketamine"], {"phq9": expectation})
    return found.set_index("arm")


TABLES = generate()


class TestExpectation:
    def test_the_population_mean_by_scipys_truncated_normal(self):
        for mean, threshold in ((16.0, 10.0), (14.0, 15.0), (5.0, 20.0)):
            cut = threshold - 0.5
            above = truncnorm.mean((cut - mean) / SD, np.inf, loc=mean, scale=SD)
            found, slope = find_population_mean(above, threshold, SD)
            assert found == pytest.approx(mean, abs=1e-6)
            step = find_population_mean(above + 1e-4, threshold, SD)[0] - found
            assert slope == pytest.approx(step / 1e-4, rel=1e-2)

    def test_baselines_at_the_threshold_have_no_population(self):
        assert np.isnan(find_population_mean(9.6, 10.0, 5.0)[0])

    def test_sd_and_reliability_are_those_of_the_reliable_change_unless_declared(self):
        study = check_study(STUDY)
        assert build_expectation(study, "phq9") == Expectation(5.0, 0.84, 12.0, None)
        own = {"phq9": {"mean": 12.0, "sd": 6.0, "reliability": 0.6, "source": "s", "screening_days": 30}}
        study = check_study(STUDY | {"regression_to_mean": own})
        assert build_expectation(study, "phq9") == Expectation(6.0, 0.6, 12.0, None, 30, settled=True)

    @pytest.mark.parametrize(
        ("declared", "endpoints", "said"),
        [
            ({"phq9": {"source": "s"}}, STUDY["endpoints"], "give 'mean', or an entry threshold in baseline.minimum"),
            ({"phq9": {"mean": 3.0, "source": "s"}}, {}, "give 'sd' and 'reliability'"),
            ({"gad7": {"mean": 3.0, "source": "s"}}, STUDY["endpoints"], "'instruments' does not list"),
        ],
    )
    def test_what_cannot_be_expected(self, declared, endpoints, said):
        with pytest.raises(SettingsError, match=said):
            build_expectation(check_study(STUDY | {"regression_to_mean": declared, "endpoints": endpoints}), "phq9")


class TestWithoutTreatment:
    """All change is regression to the mean: expected and observed agree within Monte-Carlo error."""

    @pytest.mark.parametrize("mean", [MEAN, None], ids=["declared", "entry threshold"])
    def test_expected_is_observed(self, mean):
        table = tabulate(TABLES, Expectation(SD, R, mean, 15.0))
        assert (table["observed"] < -1).all()
        error = (table["remainder_upper"] - table["remainder_lower"]) / 2 / 1.96
        assert (table["remainder"].abs() < 3 * error).all()
        np.testing.assert_allclose(table["share"], 1, atol=0.1)
        assert ((table["reliability_needed"] - R).abs() < 0.03).all()

    def test_an_effect_remains(self):
        table = tabulate(generate(effect=-4.0), Expectation(SD, R, None, 15.0))
        assert (table["remainder_lower"] < -4).all()
        assert (table["remainder_upper"] > -4).all()
        assert table["reliability_needed"].isna().all()

    @pytest.mark.parametrize("mean", [MEAN, None], ids=["declared", "entry threshold"])
    def test_intervals_of_the_remainder_cover(self, mean):
        covered = [
            bool(row["remainder_lower"] <= 0 <= row["remainder_upper"])
            for seed in range(120)
            for row in [tabulate(generate(500, seed=seed), Expectation(SD, R, mean, 15.0)).loc["all"]]
        ]
        assert np.mean(covered) > 0.88  # 95 % with 120 runs: below this in 1 of 1,000


class TestTwoBaselines:
    EXPECTATION = Expectation(SD, R, MEAN, None)

    def tabulate(self, tables, **changes):
        expectation = Expectation(SD, R, MEAN, None, **changes)
        names = ("endpoints", "cohort", "series", "scores")
        found = tabulate_two_baselines(*(tables[name] for name in names), ["iv"], {"phq9": expectation})
        return found.set_index("arm")

    def test_entered_when_worst(self):
        row = self.tabulate(TABLES).loc["all"]
        assert row["between"] > 1  # the baseline was chosen for being high, the score before it was not
        assert row["change"] == pytest.approx(-row["between"], abs=0.1)  # and it falls back by as much
        assert row["change_from_mean"] == pytest.approx(-row["between"] / 2, abs=0.1)  # from their mean by half of it
        tested = TABLES["endpoints"]
        change = tested.loc[tested["axis"] == "day", "change"]
        assert row["change"] == pytest.approx(change.mean())
        assert row["n"] == len(change)

    def test_changes_that_are_all_alike_leave_no_interval(self):
        tables = TABLES | {"endpoints": TABLES["endpoints"].assign(change=-3.0)}
        row = self.tabulate(tables).loc["all"]
        assert row["change"] == -3
        assert np.isnan([row["change_lower"], row["change_upper"]]).all()
        assert row["change_from_mean_lower"] < row["change_from_mean"] < row["change_from_mean_upper"]

    def test_the_latest_score_before_the_baseline_within_the_days(self):
        tables = {name: table.copy() for name, table in TABLES.items()}
        early = tables["scores"][tables["scores"]["study_day"] == 3].assign(study_day=-50, total=99.0)
        tables["scores"] = pd.concat([early, tables["scores"]])
        pd.testing.assert_frame_equal(self.tabulate(tables), self.tabulate(TABLES))
        assert self.tabulate(TABLES, earliest=5).empty

    def test_nothing_declared_is_nothing_tabulated(self):
        assert tabulate_regression(TABLES["endpoints"], TABLES["cohort"], ["iv"], {}).empty
        names = ("endpoints", "cohort", "series", "scores")
        assert tabulate_two_baselines(*(TABLES[name] for name in names), ["iv"], {}).empty


class TestReliabilityOfTwoBaselines:
    def measure(self, tables, **changes):
        names = ("endpoints", "cohort", "series", "scores")
        given = {"phq9": Expectation(SD, 0.9, MEAN, None, **changes)}
        return measure_reliability(*(tables[name] for name in names), given)["phq9"]

    def test_it_is_that_of_everyone_though_patients_entered_by_the_second(self):
        found = self.measure(TABLES)
        assert abs(found.reliability - R) < 3 * found.error
        pairs = TABLES["scores"].pivot_table(index="patient", columns="study_day", values="total")
        assert np.corrcoef(pairs[3], pairs[10])[0, 1] < R - 0.1  # the correlation of those who entered is bent

    def test_it_replaces_a_published_one_and_not_a_declared_one(self):
        assert self.measure(TABLES, settled=True).reliability == 0.9
        few = {name: table[table["patient"] < 20] for name, table in TABLES.items()}
        assert self.measure(few) == Expectation(SD, 0.9, MEAN, None)

    def test_intervals_of_the_remainder_hold_its_error(self):
        covered = []
        for seed in range(120):
            tables = generate(500, seed=seed)
            row = tabulate(tables, self.measure(tables)).loc["all"]
            assert row["reliability_from"] == "two baselines"
            covered.append(bool(row["remainder_lower"] <= 0 <= row["remainder_upper"]))
        assert np.mean(covered) > 0.88  # 95 % with 120 runs: below this in 1 of 1,000
