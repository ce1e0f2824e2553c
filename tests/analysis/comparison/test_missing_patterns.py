"""Weights for staying, who left, worst cases, and the tables on missing scores as a whole."""

import numpy as np
import pandas as pd
import pytest
from two_arms import Later, generate_tables, make_comparison, make_study

from outcomes.analysis.comparison.compare import compare_arms
from outcomes.analysis.comparison.missing import analyse_missing
from outcomes.analysis.comparison.missing.censoring import estimate_weighted, list_steps, weigh_stayers
from outcomes.analysis.comparison.missing.dropout import list_bands, tabulate_dropout
from outcomes.analysis.comparison.missing.wide import Wide
from outcomes.analysis.comparison.prepare import prepare_comparison
from outcomes.instruments import read_instruments

NAN = np.nan
PHQ9 = read_instruments()["phq9"]
TABLES, STUDY = generate_tables(), make_study()
RESULT = Later(lambda: compare_arms(TABLES, make_comparison(), STUDY))


def select_changes():
    return RESULT["imputations"][RESULT["imputations"]["endpoint"] == "change"]


def make_wide(change, treated, baseline=None, covariates=None):
    n, points = change.shape
    baseline = np.full(n, 16.0) if baseline is None else baseline
    covariates = np.empty((n, 0)) if covariates is None else covariates
    names = tuple(f"day {place + 1}" for place in range(points))
    return Wide("day", names, change, treated, baseline, covariates, np.ones(n))


class TestCensoring:
    def test_steps_by_hand(self):
        # seen throughout; a gap; left after the first; never seen; seen at the first and beyond the time point asked for
        change = np.array([[1.0, 2.0, 3.0], [1.0, NAN, 3.0], [1.0, NAN, NAN], [NAN, NAN, NAN]])
        steps = list_steps(change)
        rows = list(zip(steps.person, steps.place, steps.stays, steps.last, strict=True))
        assert rows == [
            (0, 0, True, 0.0), (1, 0, True, 0.0), (2, 0, True, 0.0), (3, 0, False, 0.0),
            (0, 1, True, 1.0), (1, 1, True, 1.0), (2, 1, False, 1.0),
            (0, 2, True, 2.0), (1, 2, True, 1.0),
        ]  # fmt: skip

    def test_weights_of_a_saturated_model_are_inverse_shares(self):
        # one arm each; of those with last change 0 half stay, of those with last change -4 all but a quarter
        last = np.repeat([0.0, -4.0], 40)
        change = np.column_stack([last, np.where(np.arange(80) % 40 < np.repeat([20, 30], 40), 1.0, NAN)])
        wide = make_wide(np.vstack([change, change]), np.repeat([True, False], 80))
        staying = weigh_stayers(wide, 1, None)
        assert staying.converged
        marginal = 50 / 80
        expected = np.where(last == 0, marginal / 0.5, marginal / 0.75)
        np.testing.assert_allclose(staying.weight[:80], np.where(np.isnan(change[:, 1]), 0, expected), rtol=1e-6)

    def test_dropout_by_the_last_score_is_weighed_away(self):
        generator = np.random.default_rng(12)
        n = 6000
        treated, baseline = np.arange(n) % 2 == 0, generator.normal(17, 4, n)
        first = -3.0 - 2.0 * treated + generator.normal(0, 4, n)
        second = 0.9 * first - 2.0 - 1.0 * treated + generator.normal(0, 2, n)
        # non-responders leave the treated arm, responders the reference: those who stay differ by far too much
        stays = 1 / (1 + np.exp(np.where(treated, 0.5, -0.5) * (first + 4)))
        change = np.column_stack([first, np.where(generator.random(n) < stays, second, NAN)])
        wide = make_wide(change, treated, baseline)
        row = estimate_weighted(wide, "day 2", None)
        true = 0.9 * -2.0 - 1.0
        error = (row["upper"] - row["lower"]) / 3.92
        assert abs(row["estimate"] - true) < 3 * error
        seen = ~np.isnan(change[:, 1])
        naive = change[seen & treated, 1].mean() - change[seen & ~treated, 1].mean()
        assert abs(naive - true) > 8 * error
        assert row["effective_n"] < seen.sum()

    def test_truncation_cuts_and_says_so(self):
        generator = np.random.default_rng(1)
        first = generator.normal(0, 3, 400)
        change = np.column_stack([first, np.where(generator.random(400) < 1 / (1 + np.exp(first)), first, NAN)])
        wide = make_wide(change, np.arange(400) % 2 == 0)
        free, cut = weigh_stayers(wide, 1, None), weigh_stayers(wide, 1, 0.9)
        assert not free.truncated
        assert cut.truncated
        assert cut.weight.max() == pytest.approx(np.quantile(free.weight[free.weight > 0], 0.9))
        assert "cut at their 90% quantile" in estimate_weighted(wide, "day 2", 0.9)["note"]

    def test_nobody_left(self):
        generator = np.random.default_rng(1)
        wide = make_wide(generator.normal(size=(50, 2)), np.arange(50) % 2 == 0)
        assert weigh_stayers(wide, 1, 0.99).weight.tolist() == [1.0] * 50

    def test_a_level_that_only_left_says_so(self):
        generator = np.random.default_rng(1)
        change = generator.normal(size=(200, 2))
        change[:20, 1] = NAN
        change[100:110, 1] = NAN
        wide = make_wide(change, np.arange(200) % 2 == 0, covariates=(np.arange(200) < 20)[:, None].astype(float))
        row = estimate_weighted(wide, "day 2", None)
        assert not row["converged"]
        assert "only patients who stayed, or none" in row["note"]


class TestDropout:
    def test_by_hand(self):
        # baselines 16 (moderately severe); the first falls to 4 (minimal) and stays, the second to 12 (moderate) and leaves
        change = np.array([[-12.0, -12.0], [-4.0, NAN], [NAN, NAN], [NAN, -1.0]])
        wide = make_wide(change, np.array([True, True, True, False]))
        table = tabulate_dropout(wide, PHQ9, ("iv", "esketamine")).set_index(["timepoint", "arm", "band"])
        found = {key: tuple(row) for key, row in table[["n", "stayed"]].iterrows() if row["n"]}
        assert found == {
            ("day 1", "iv", "moderately severe"): (3, 2), ("day 1", "esketamine", "moderately severe"): (1, 1),
            ("day 2", "iv", "minimal"): (1, 1), ("day 2", "iv", "moderate"): (1, 0),
            ("day 2", "esketamine", "moderately severe"): (1, 1),
            ("all", "iv", "minimal"): (1, 1), ("all", "iv", "moderate"): (1, 0), ("all", "iv", "moderately severe"): (3, 2),
            ("all", "esketamine", "moderately severe"): (2, 2),
        }  # fmt: skip
        assert table.loc[("all", "iv", "moderately severe"), "dropped_proportion"] == pytest.approx(1 / 3)

    def test_quarters_where_there_are_no_bands(self):
        bands = list_bands(PHQ9.model_copy(update={"bands": {}, "maximum": 20.0}))
        assert [start for _, start in bands] == [0, 5, 10, 15]

    def test_those_who_stay_are_there_at_the_next(self):
        table = RESULT["dropout"]
        for _, own in table.groupby(["axis", "arm"]):
            points = [name for name in own["timepoint"].unique() if name != "all"]
            counts = own.groupby("timepoint")[["n", "stayed"]].sum()
            for before, after in zip(points, points[1:], strict=False):
                assert counts.loc[before, "stayed"] == counts.loc[after, "n"]


class TestWhole:
    def test_the_seed_decides(self):
        _, settings, _ = prepare_comparison(TABLES, make_comparison(), STUDY)
        again, other = (analyse_missing(settings, study).imputations for study in (STUDY, make_study(seed=6)))
        found = RESULT["imputations"].drop(columns="fewest")  # which the gate asks for, and is counted after
        pd.testing.assert_frame_equal(found, again, check_exact=True)
        assert not np.allclose(other["estimate"], RESULT["imputations"]["estimate"])

    def test_every_declared_analysis_is_there_at_every_time_point(self):
        names = [
            "imputed_mar",
            "jump_to_reference",
            "copy_reference",
            "copy_increments",
            "delta_treated_2",
            "delta_reference_2",
        ]
        for _, own in RESULT["imputations"].groupby(["endpoint", "scale", "axis", "timepoint"]):
            assert own["analysis"].tolist() == names
        assert RESULT["imputations"].groupby("endpoint")["scale"].nunique().to_dict() == {
            "change": 1,
            "remission": 2,
            "response": 2,
        }
        grid = RESULT["sensitivity"]
        own = grid[(grid["axis"] == "day") & (grid["endpoint"] == "change")]
        assert {*names, "censoring_weighted", "worst_case_treated", "worst_case_reference"} <= set(own["analysis"])

    def test_at_random_is_near_the_primary_analysis(self):
        effects = RESULT["effects"].set_index("timepoint")
        table = select_changes()
        for row in table[table["analysis"] == "imputed_mar"].to_dict("records"):
            primary = effects.loc[row["timepoint"]]
            assert abs(row["estimate"] - primary["estimate"]) < 0.5 * primary["std_error"]

    def test_jumping_draws_the_difference_to_none(self):
        table = select_changes().set_index(["timepoint", "analysis"])["estimate"]
        for point in ("day 28", "session 3"):
            at_random, jump = table[(point, "imputed_mar")], table[(point, "jump_to_reference")]
            assert at_random < jump < 0

    def test_a_failed_model_gives_rows_without_numbers(self, monkeypatch):
        monkeypatch.setattr("outcomes.analysis.comparison.missing.model.LEAST_ACCEPTED", 2.0)
        result = compare_arms(TABLES, make_comparison(), STUDY)
        table = result["imputations"]
        assert len(table) == len(RESULT["imputations"])
        assert not table["converged"].any()
        assert table["estimate"].isna().all()
        assert table["note"].str.contains("proposals were taken").all()
        assert set(result["tipping"]["method"]) == {"closed_form"}
        rows = result["sensitivity"].set_index("analysis")
        assert not rows.loc["jump_to_reference", "converged"].any()
