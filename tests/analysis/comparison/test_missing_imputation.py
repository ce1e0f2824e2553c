"""Multiple imputation: against closed forms of two visits, a patient-by-patient rewriting, and other software."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from two_arms import generate_tables, make_comparison

from outcomes.analysis.comparison.effects.primary import Specification, build_frame, fit_change
from outcomes.analysis.comparison.missing.ancova import build_ancova
from outcomes.analysis.comparison.missing.imputations import impute_axis, tabulate_imputations
from outcomes.analysis.comparison.missing.imputing import fill_missing, find_patterns, impute_at_random
from outcomes.analysis.comparison.missing.model import ImputationModel, draw_model
from outcomes.analysis.comparison.missing.strategies import (
    compute_delta,
    compute_shifts,
    name_delta,
    shift_treated,
)
from outcomes.analysis.comparison.missing.tipping import tabulate_imputed_tipping
from outcomes.analysis.comparison.missing.wide import Wide, find_dropout, spread_changes
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.population.people import Compared, select_compared
from outcomes.analysis.comparison.rubin import pool_estimates
from outcomes.analysis.comparison.sensitivity.delta import find_shares
from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.errors import ModelError
from outcomes.settings.imputation import Delta, Imputation

NAN = np.nan
METHODS = ("jump_to_reference", "copy_reference", "copy_increments")
DAY = Specification("day", "unstructured", (), True, "model")


def make_compared(change, treated, baseline):
    """Return two arms with changes at one time point a column."""
    parts = [
        pd.DataFrame({"person": range(len(change)), "axis": "day", "timepoint": f"day {place}", "time": float(place), "change": column})
        for place, column in enumerate(change.T, start=1)
    ]  # fmt: skip
    scores = pd.concat(parts, ignore_index=True)
    people = pd.DataFrame({"patient": range(len(change)), "treated": treated, "baseline": baseline})
    return Compared(people, scores, {"day": tuple(f"day {place + 1}" for place in range(change.shape[1]))}, {})


def simulate(n=600, points=3, gone=0.25, gaps=0.0, seed=4, effect=-2.0):
    generator = np.random.default_rng(seed)
    treated, baseline = np.arange(n) % 2 == 0, generator.normal(17, 4, n)
    errors = generator.multivariate_normal(np.zeros(points), 4 * np.eye(points) + 6, n)
    change = -0.3 * baseline[:, None] + errors + effect * np.outer(treated, np.arange(1, points + 1))
    last = np.minimum(generator.geometric(gone, n) - 1, points)
    change[np.arange(points) >= last[:, None]] = NAN
    change[generator.random(change.shape) < gaps] = NAN
    return make_compared(change, treated, baseline)


class TestTwoVisits:
    """One score observed by all, the second missing in some: means, and what is drawn, by hand."""

    ARM = np.array([[-1.0, -3.0]])
    COVARIANCE = np.array([[[4.0, 2.0], [2.0, 9.0]]])

    def test_missing_at_random(self):
        # mean 1 and 5, observed 3: 5 + 2/4 (3 - 1) = 6, left over 9 - 2·2/4 = 8
        change, mean = np.array([[3.0, NAN]]), np.array([[[1.0, 5.0]]])
        assert fill_missing(change, mean, self.COVARIANCE, np.zeros((1, 1, 2)), find_patterns(change)).tolist() == [
            [[3.0, 6.0]]
        ]
        drawn = fill_missing(change, mean, self.COVARIANCE, np.ones((1, 1, 2)), find_patterns(change))
        assert drawn[0, 0, 1] == pytest.approx(6 + np.sqrt(8))

    def test_nothing_observed_is_the_mean(self):
        mean = np.array([[[1.0, 5.0]]])
        change = np.array([[NAN, NAN]])
        filled = fill_missing(change, mean, self.COVARIANCE, np.zeros((1, 1, 2)), find_patterns(change))
        assert filled.tolist() == mean.tolist()

    def test_a_gap_is_filled_from_both_sides(self):
        covariance = np.array([[[4.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 4.0]]])
        change = np.array([[1.0, NAN, 2.0]])
        filled = fill_missing(change, np.zeros((1, 1, 3)), covariance, np.zeros((1, 1, 3)), find_patterns(change))
        # slopes (2, 2) [[4, 1], [1, 4]]^-1 = (0.4, 0.4)
        assert filled[0, 0, 1] == pytest.approx(0.4 * 1 + 0.4 * 2)

    @pytest.mark.parametrize(
        ("method", "shift"),
        # after the first score: jump 0 - (-3); increments 3 + (-1); copy 3 + 2/4 (-1)
        [("imputed_mar", 0.0), ("jump_to_reference", 3.0), ("copy_increments", 2.0), ("copy_reference", 2.5)],
    )
    def test_shift_after_the_first_score(self, method, shift):
        shifts = compute_shifts(method, self.ARM, self.COVARIANCE)
        assert shifts[0, 1].tolist() == [0.0, shift]
        assert shifts[0, 2].tolist() == [0.0, 0.0]

    @pytest.mark.parametrize("method", METHODS)
    def test_without_any_score_all_are_the_reference_arm(self, method):
        assert compute_shifts(method, self.ARM, self.COVARIANCE)[0, 0].tolist() == [1.0, 3.0]

    def test_the_difference_has_its_closed_form(self):
        # dropout by chance: with p the share of the treated seen at the second visit, d1 and d2 the differences at both, and C the
        # slope of the second on the first: jump p d2; copy p d2 + (1 - p) C d1; increments p d2 + (1 - p) d1; delta d2 + (1 - p) delta
        generator = np.random.default_rng(8)
        n = 4000
        treated = np.arange(n) % 2 == 0
        change = generator.multivariate_normal([0, 0], [[9, 6], [6, 16]], n) + np.outer(treated, [-2.0, -5.0])
        change[generator.random(n) < 0.4, 1] = NAN
        compared = make_compared(change, treated, generator.normal(size=n))
        deltas = (Delta(treated=3),)
        imputation = Imputation(draws=300, methods=METHODS, deltas=deltas)
        analysed = impute_axis(compared, DAY, np.ones(n), np.empty((n, 0)), imputation, np.random.default_rng(1))
        found = tabulate_imputations([analysed]).set_index(["timepoint", "analysis"]).loc["day 2"]
        p, d1, d2, slope = 0.6, -2.0, -5.0, 6 / 9
        expected = {
            "imputed_mar": d2,
            "jump_to_reference": p * d2,
            "copy_reference": p * d2 + (1 - p) * slope * d1,
            "copy_increments": p * d2 + (1 - p) * d1,
            "delta_treated_3": d2 + (1 - p) * 3,
        }
        for name, value in expected.items():
            row = found.loc[name]
            assert abs(row["estimate"] - value) < 3 * row["std_error"]
        # and exactly, up to the draws, with what was estimated in place of the truth
        fit = fit_change(build_frame(compared, "day", np.ones(n)), DAY, df="normal")
        terms = fit.coefficients.set_index("term")["estimate"]
        own = np.array([[terms["arm[treated]"], terms["arm[treated]"] + terms["arm[treated]:timepoint[day 2]"]]])
        share = find_shares(compared, "day", "day 2", np.ones(n)).slope[0]
        for name in METHODS:
            shift = compute_shifts(name, own, fit.covariance.to_numpy()[None])[0, 1, 1]
            moved = found.loc[name, "estimate"] - found.loc["imputed_mar", "estimate"]
            assert moved == pytest.approx(share * shift, abs=0.02)
        assert found.loc["delta_treated_3", "estimate"] - found.loc["imputed_mar", "estimate"] == pytest.approx(
            3 * share
        )
        assert found.loc["imputed_mar", "estimate"] == pytest.approx(own[0, 1], abs=0.03)


def impute_slowly(change, own, reference, covariance, treated, method):
    """Return one patient's changes with conditional means in the gaps, written out from Carpenter, Roger & Kenward 2013."""
    filled, place = change.copy(), int(find_dropout(change[None])[0])
    gaps = [t for t in range(place) if np.isnan(change[t])]
    seen = [t for t in range(place) if not np.isnan(change[t])]
    if gaps:
        slope = covariance[np.ix_(gaps, seen)] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
        filled[gaps] = own[gaps] + slope @ (change[seen] - own[seen])
    after, before = list(range(place, len(change))), list(range(place))
    if not after:
        return filled
    mean = own.copy()
    if treated and (method == "copy_reference" or (before == [] and method != "imputed_mar")):
        mean = reference.copy()
    elif treated and method == "jump_to_reference":
        mean[after] = reference[after]
    elif treated and method == "copy_increments":
        mean[after] = own[place - 1] + reference[after] - reference[place - 1]
    slope = covariance[np.ix_(after, before)] @ np.linalg.inv(covariance[np.ix_(before, before)])
    filled[after] = mean[after] + slope @ (filled[before] - mean[before])
    return filled


@pytest.mark.parametrize("method", ["imputed_mar", *METHODS])
def test_patient_by_patient_it_is_the_same(method):
    compared = simulate(120, points=4, gaps=0.15)
    wide = spread_changes(compared, "day", np.ones(120), np.empty((120, 0)))
    generator = np.random.default_rng(3)
    root = generator.normal(size=(2, 4, 4))
    covariance = root @ root.transpose(0, 2, 1) + np.eye(4)
    model = ImputationModel(generator.normal(size=(2, 4, 2)), generator.normal(size=(2, 4)), covariance, "")
    reference = model.predict_reference(wide, slice(0, 2))
    own = reference + wide.treated[:, None] * model.arm[:, None]
    fast = fill_missing(wide.change, own, covariance, np.zeros(own.shape), find_patterns(wide.change))
    fast = fast + shift_treated(wide, compute_shifts(method, model.arm, covariance))
    for draw in range(2):
        for person in range(120):
            slow = impute_slowly(
                wide.change[person], own[draw, person], reference[draw, person], covariance[draw], wide.treated[person], method
            )  # fmt: skip
            np.testing.assert_allclose(fast[draw, person], slow, atol=1e-10)


class TestPooling:
    def test_by_hand(self):
        # estimates 1, 2, 3, each with variance 1: within 1, between 1, total 1 + 4/3; share 4/7
        pooled = pool_estimates(np.array([1.0, 2.0, 3.0]), np.ones(3), 100.0)
        assert (pooled.estimate, pooled.within, pooled.between) == (2.0, 1.0, 1.0)
        assert pooled.variance == pytest.approx(7 / 3)
        old, observed = 2 / (4 / 7) ** 2, 101 / 103 * 100 * (3 / 7)
        df = old * observed / (old + observed)
        assert pooled.df == pytest.approx(df)
        assert pooled.missing_information == pytest.approx((4 / 3 + 2 / (df + 3)) / (4 / 3 + 1))
        assert pooled.monte_carlo_error == pytest.approx(np.sqrt(1 / 3))

    def test_it_agrees_with_statsmodels(self):
        generator = np.random.default_rng(6)
        estimates, variances = generator.normal(size=20), generator.random(20) + 1
        combine = sm.MI._combine
        theirs = combine(None, [[one] for one in estimates], [np.array([[one]]) for one in variances])
        pooled = pool_estimates(estimates, variances, 1e9)
        assert pooled.estimate == pytest.approx(theirs[0][0])
        assert pooled.variance == pytest.approx(theirs[1][0, 0])
        # theirs leaves out the imputations' degrees of freedom
        assert 1.05 * pooled.between / pooled.variance == pytest.approx(theirs[2][0])
        assert pooled.missing_information > theirs[2][0]

    def test_nothing_missing(self):
        pooled = pool_estimates(np.full(5, 2.0), np.full(5, 0.5), 30.0)
        assert (pooled.estimate, pooled.variance, pooled.missing_information) == (2.0, 0.5, 0.0)
        assert pooled.df == 30  # those of the complete data


class TestAncova:
    GENERATOR = np.random.default_rng(5)
    TREATED = GENERATOR.random(60) < 0.4
    BASELINE = GENERATOR.normal(17, 4, 60)
    WEIGHT = GENERATOR.random(60) + 0.2
    SCORES = GENERATOR.normal(size=(60, 3)) * 5

    def test_differences_and_errors_are_those_of_statsmodels(self):
        ancova = build_ancova(self.TREATED, self.BASELINE, self.WEIGHT)
        estimates, variances = ancova.estimate(self.SCORES)
        exog = np.column_stack([self.TREATED, np.ones(60), self.BASELINE]).astype(float)
        for column in range(3):
            theirs = sm.WLS(self.SCORES[:, column], exog, self.WEIGHT).fit(cov_type="HC2")
            assert estimates[column] == pytest.approx(theirs.params[0])
            assert variances[column] == pytest.approx(theirs.bse[0] ** 2)

    def test_degrees_of_freedom_from_whole_matrices(self):
        root = np.sqrt(self.WEIGHT)
        scaled = np.column_stack([self.TREATED, np.ones(60), self.BASELINE]) * root[:, None]
        hat = scaled @ np.linalg.inv(scaled.T @ scaled) @ scaled.T
        row = (np.linalg.inv(scaled.T @ scaled) @ scaled.T)[0]
        middle = (np.eye(60) - hat) @ np.diag(row**2 / (1 - np.diag(hat))) @ (np.eye(60) - hat)
        expected = np.trace(middle) ** 2 / np.trace(middle @ middle)
        assert build_ancova(self.TREATED, self.BASELINE, self.WEIGHT).df == pytest.approx(expected)


class TestAtRandom:
    def test_it_agrees_with_statsmodels_gaussian_imputation(self):
        # theirs takes arm and baseline as normal too: the scores given both are the same model
        compared = simulate(400, gone=0.2, gaps=0.1)
        imputation = Imputation(draws=200, methods=(), deltas=())
        analysed = impute_axis(compared, DAY, np.ones(400), np.empty((400, 0)), imputation, np.random.default_rng(1))
        ours = tabulate_imputations([analysed]).set_index("timepoint").loc["day 3"]
        people = compared.people
        data = pd.DataFrame(compared.changes("day"), columns=["y1", "y2", "y3"])
        data = data.assign(treated=people["treated"].astype(float), baseline=people["baseline"])
        np.random.seed(4)  # noqa: NPY002  statsmodels draws from the global state
        imputer = sm.BayesGaussMI(data, cov_prior=np.cov(data.dropna().T))
        theirs = sm.MI(
            imputer,
            sm.OLS,
            formula="y3 ~ treated + baseline",
            model_kwds_fn=lambda own: {"data": own},
            nrep=200,
            skip=1,
        ).fit()
        place = list(theirs.model.exog_names).index("treated")
        # Monte Carlo error of 200 draws on either side; the order of theirs hangs on the hashes of column names, which change from run to run
        assert ours["estimate"] == pytest.approx(theirs.params[place], abs=0.15)
        assert ours["std_error"] == pytest.approx(theirs.bse[place], rel=0.15)
        assert ours["missing_information"] == pytest.approx(theirs.fmi[place], abs=0.15)

    def test_it_agrees_with_the_mixed_model(self):
        compared = simulate(600, gaps=0.1)
        imputation = Imputation(draws=200, methods=(), deltas=())
        analysed = impute_axis(compared, DAY, np.ones(600), np.empty((600, 0)), imputation, np.random.default_rng(1))
        table = tabulate_imputations([analysed]).set_index("timepoint")
        fit = fit_change(build_frame(compared, "day", np.ones(600)), DAY)
        from outcomes import mixed

        theirs = mixed.differences(fit, "arm", by="timepoint").set_index("timepoint")
        for point in ("day 1", "day 2", "day 3"):
            error = table.loc[point, "monte_carlo_error"]
            assert abs(table.loc[point, "estimate"] - theirs.loc[point, "estimate"]) < 4 * error
            assert table.loc[point, "std_error"] == pytest.approx(theirs.loc[point, "std_error"], rel=0.1)

    def test_how_many_draws_at_a_time_changes_nothing(self, monkeypatch):
        compared = simulate(50)
        wide = spread_changes(compared, "day", np.ones(50), np.empty((50, 0)))
        model = draw_model(compared, wide, np.empty((50, 0)), np.ones(50), DAY, 7, np.random.default_rng(1))
        whole = [scores for _, scores in impute_at_random(wide, model, np.random.default_rng(2))]
        monkeypatch.setattr("outcomes.analysis.comparison.missing.imputing.MOST_NUMBERS", 300)
        parts = [scores for _, scores in impute_at_random(wide, model, np.random.default_rng(2))]
        assert len(whole) == 1
        assert len(parts) == 4
        np.testing.assert_allclose(np.concatenate(parts), whole[0])


class TestDelta:
    def test_the_grid_is_what_imputing_with_delta_gives(self):
        compared = simulate(200, gaps=0.1)
        weight = np.random.default_rng(2).random(200) + 0.5
        imputation = Imputation(draws=20, methods=(), deltas=(Delta(treated=3, reference=1.5),))
        analysed = impute_axis(compared, DAY, weight, np.empty((200, 0)), imputation, np.random.default_rng(1))
        table = tabulate_imputations([analysed]).set_index(["timepoint", "analysis"])
        for point in ("day 2", "day 3"):
            grid = tabulate_imputed_tipping([analysed], point, (0.0, 1.5, 3.0))
            cell = grid[(grid["delta_treated"] == 3) & (grid["delta_reference"] == 1.5)].iloc[0]
            row = table.loc[(point, "delta_treated_3_reference_1.5")]
            np.testing.assert_allclose(cell[["estimate", "lower", "upper"]].astype(float), row[["estimate", "lower", "upper"]].astype(float))  # fmt: skip

    def test_delta_moves_the_estimate_by_its_closed_form(self):
        compared = simulate(200, gaps=0.1)
        imputation = Imputation(draws=10, methods=(), deltas=())
        analysed = impute_axis(compared, DAY, np.ones(200), np.empty((200, 0)), imputation, np.random.default_rng(1))
        grid = tabulate_imputed_tipping([analysed], "day 2", (0.0, 4.0)).set_index(["delta_treated", "delta_reference"])
        slope = find_shares(compared, "day", "day 2", np.ones(200)).slope
        moved = grid.loc[(4.0, 4.0), "estimate"] - grid.loc[(0.0, 0.0), "estimate"]
        assert moved == pytest.approx(4 * slope.sum())

    def test_only_scores_after_the_last_are_moved(self):
        change = np.array([[1.0, NAN, 1.0], [1.0, NAN, NAN], [NAN, NAN, NAN], [1.0, NAN, NAN]])
        wide = Wide(
            "day", ("a", "b", "c"), change, np.array([True, True, True, False]), np.ones(4), np.ones((4, 0)), np.ones(4)
        )
        assert compute_delta(wide, Delta(treated=2, reference=-1)).tolist() == [
            [0, 0, 0],
            [0, 2, 2],
            [2, 2, 2],
            [0, -1, -1],
        ]
        accruing = compute_delta(wide, Delta(treated=2, accrues=True))
        assert accruing.tolist() == [[0, 0, 0], [0, 2, 4], [2, 4, 6], [0, 0, 0]]

    def test_names(self):
        assert name_delta(Delta(treated=2, reference=1, accrues=True)) == "delta_treated_2_reference_1_accruing"


class TestModel:
    TABLES = generate_tables()
    COMPARISON = make_comparison()
    COMPARED = select_compared(TABLES, COMPARISON)

    def test_covariates_are_used(self):
        design = code_confounders(self.COMPARED.people, ["payer", "failures"]).design
        weight = compute_weights(self.COMPARED.treated, design, "overlap").weight
        wide = spread_changes(self.COMPARED, "day", weight, design)
        model = draw_model(self.COMPARED, wide, design, weight, DAY, 50, np.random.default_rng(1))
        fit = fit_change(build_frame(self.COMPARED, "day", np.ones(len(weight)), design), DAY, df="normal")
        terms = fit.coefficients.set_index("term")["estimate"]
        later = terms["x1"] + terms["x1:timepoint[day 28]"]
        assert model.slopes[:, 1, 2].mean() == pytest.approx(later, abs=0.3)
        assert model.note == ""
        person = 5
        mean = model.predict_reference(wide, slice(0, 1))[0, person, 0]
        row = np.r_[1.0, wide.baseline[person], design[person]]
        assert mean == pytest.approx(row @ model.slopes[0, 0])

    def test_a_level_that_is_not_seen_late_is_held_constant(self):
        rare = np.zeros((len(self.COMPARED.people), 1))
        late = ~np.isnan(self.COMPARED.at("day", "day 28", "change"))
        rare[np.flatnonzero(~late & ~np.isnan(self.COMPARED.at("day", "day 7", "change")))[:8]] = 1.0
        weight = np.ones(len(rare))
        wide = spread_changes(self.COMPARED, "day", weight, rare)
        model = draw_model(self.COMPARED, wide, rare, weight, DAY, 5, np.random.default_rng(1))
        assert model.note == "imputed with confounders held constant over time"
        np.testing.assert_allclose(model.slopes[:, 0, 2], model.slopes[:, 1, 2])

    def test_a_level_that_is_never_seen_is_left_out(self):
        never = np.isnan(self.COMPARED.changes("day")).all(axis=1)[:, None].astype(float)
        weight = np.ones(len(never))
        wide = spread_changes(self.COMPARED, "day", weight, never)
        model = draw_model(self.COMPARED, wide, never, weight, DAY, 5, np.random.default_rng(1))
        assert model.note == "imputed without confounders other than the baseline"
        assert model.predict_reference(wide, slice(0, 5)).shape == (5, *wide.change.shape)

    @staticmethod
    def pick_two(compared):
        """Return two patients of either arm who have every score."""
        whole = compared.scores.groupby("person")["change"].apply(lambda own: own.notna().all())
        people = whole.index[whole].to_numpy()
        return [person for side in (True, False) for person in people[compared.treated[people] == side][:2]]

    def test_no_model_at_all_is_an_error(self):
        compared = simulate(40)
        few = replace(compared, scores=compared.scores[compared.scores["person"].isin(self.pick_two(compared))])
        wide = spread_changes(few, "day", np.ones(40), np.empty((40, 0)))
        with pytest.raises(ModelError, match="no imputation model for axis day"):
            draw_model(few, wide, np.empty((40, 0)), np.ones(40), DAY, 5, np.random.default_rng(1))
