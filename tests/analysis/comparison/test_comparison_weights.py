"""Propensity score, weights and balance against closed forms and statsmodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.treatment.treatment_effects import TreatmentEffect, ate_ipw

from outcomes.analysis.comparison.effects.pooled import weigh_risks
from outcomes.analysis.comparison.effects.risks import compute_error, contrast_means
from outcomes.analysis.comparison.effects.standardisation import estimate_means
from outcomes.analysis.comparison.population.confounders import code_confounders, find_independent
from outcomes.analysis.comparison.weighting.balance import (
    compute_smd,
    tabulate_balance,
    tabulate_overlap,
    tabulate_positivity,
)
from outcomes.analysis.comparison.weighting.propensity import fit_logistic
from outcomes.analysis.comparison.weighting.weights import compute_effective_n, compute_weights, tabulate_weights
from outcomes.analysis.imbalance import compute_category_difference, compute_mean_difference
from outcomes.proportions import compute_newcombe, compute_wilson

GENERATOR = np.random.default_rng(11)
N = 400
X = np.column_stack([GENERATOR.normal(size=N), GENERATOR.random(N) < 0.4])
TREATED = GENERATOR.random(N) < 1 / (1 + np.exp(-(0.8 * X[:, 0] - X[:, 1])))
OUTCOME = (GENERATOR.random(N) < 1 / (1 + np.exp(-(0.5 * X[:, 0] + 0.7 * TREATED - 0.3)))).astype(float)
ARMS = ("iv", "esketamine")


class TestConfounders:
    PEOPLE = pd.DataFrame({"age": [30.0, np.nan, 50.0, 40.0], "payer": pd.Categorical(["b", "a", None, "a"])})

    def test_missing_values_are_a_level(self):
        coded = code_confounders(self.PEOPLE, ["age", "payer"])
        assert coded.names == (("age", ""), ("age", "missing"), ("payer", "b"))
        assert list(coded.levels.columns) == [
            ("age", ""), ("age", "missing"), ("payer", "a"), ("payer", "b"), ("payer", "missing"),
        ]  # fmt: skip
        assert coded.design[1, 0] == 0  # at the mean of the known
        assert coded.levels["payer", "missing"].tolist() == [0, 0, 1, 0]

    def test_columns_that_say_nothing_new_are_dropped(self):
        x = np.arange(5.0)
        assert find_independent(np.column_stack([x, np.ones(5), 2 * x + 1, x**2])) == [0, 3]

    def test_a_number_without_any_value(self):
        coded = code_confounders(pd.DataFrame({"age": [np.nan, np.nan], "sex": ["f", "m"]}), ["age", "sex"])
        assert coded.names == (("sex", "m"),)


class TestPropensity:
    def test_agrees_with_statsmodels(self):
        ours, theirs = fit_logistic(X, TREATED), sm.GLM(TREATED, sm.add_constant(X), sm.families.Binomial()).fit()
        np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=1e-7)
        robust = sm.GLM(TREATED, sm.add_constant(X), sm.families.Binomial()).fit(cov_type="HC0").cov_params()
        np.testing.assert_allclose(ours.influence.T @ ours.influence / N**2, robust, rtol=1e-6)

    def test_only_the_rows_used_take_part(self):
        used = np.arange(N) < 300
        part, cut = fit_logistic(X, OUTCOME, used), fit_logistic(X[:300], OUTCOME[:300])
        np.testing.assert_allclose(part.coefficients, cut.coefficients, rtol=1e-10)
        assert len(part.probability) == N
        assert not part.influence[300:].any()

    def test_a_stratum_of_one_arm_is_not_called_converged(self):
        lone = np.arange(N) < 20
        fit = fit_logistic(np.column_stack([X, lone]), TREATED | lone)
        assert not fit.converged
        assert fit.probability[:20].min() > 0.99


class TestWeights:
    def test_overlap_weights_make_means_equal(self):
        weight = compute_weights(TREATED, X, "overlap").weight
        for column in X.T:
            assert abs(compute_smd(column, TREATED, weight)[2]) < 1e-9
        assert abs(compute_smd(X[:, 0], TREATED, np.ones(N))[2]) > 0.5

    def test_weights_of_each_kind_are_their_definition(self):
        e = fit_logistic(X, TREATED).probability
        raw = {
            "overlap": np.where(TREATED, 1 - e, e),
            "ate": np.where(TREATED, 1 / e, 1 / (1 - e)),
            "att": np.where(TREATED, 1, e / (1 - e)),
        }
        for kind, weight in raw.items():
            ours = compute_weights(TREATED, X, kind).weight
            assert np.mean(ours) == pytest.approx(1)
            for side in (TREATED, ~TREATED):  # in proportion within an arm
                np.testing.assert_allclose(ours[side] / ours[side].mean(), weight[side] / weight[side].mean())

    def test_stabilised_weights_keep_the_arms_sizes(self):
        weight = compute_weights(TREATED, X, "ate").weight
        assert weight[TREATED].mean() == pytest.approx(weight[~TREATED].mean(), rel=0.05)

    def test_truncation_cuts_and_counts(self):
        cut = compute_weights(TREATED, X, "ate", 0.95)
        assert cut.truncated == 20
        assert cut.weight.max() < compute_weights(TREATED, X, "ate").weight.max()
        assert compute_weights(TREATED, X, "overlap", 0.95).truncated == 0

    def test_what_the_score_fitted_is_counted_once_for_all_data_sets(self, monkeypatch):
        counted = []
        monkeypatch.setattr(
            "outcomes.analysis.comparison.weighting.weights.count_columns", lambda *given: counted.append(given) or 2
        )
        one = compute_weights(TREATED, X, "overlap")
        assert one.columns == one.columns == 2
        assert len(counted) == 1

    def test_effective_n(self):
        assert compute_effective_n(np.array([1.0, 1, 1, 1])) == 4
        assert compute_effective_n(np.array([3.0, 1.0])) == 16 / 10
        assert compute_effective_n(np.zeros(3)) == 0

    def test_table(self):
        weights = {kind: compute_weights(TREATED, X, kind) for kind in ("overlap", "none")}
        table = tabulate_weights(weights, TREATED, ARMS).set_index(["weights", "arm"])
        assert table.loc[("none", "iv"), "effective_n"] == TREATED.sum()
        assert table.loc[("overlap", "iv"), "effective_n"] < TREATED.sum()


class TestBalance:
    def test_smd_by_hand(self):
        # means 2 and 5; variances 2 and 8: √5; −3/2.2361 = −1.3416
        treated = np.array([True, True, False, False, False])
        values = np.array([1.0, 3.0, 3.0, 7.0, np.nan])
        assert compute_smd(values, treated, np.ones(5)) == (2.0, 5.0, pytest.approx(-3 / np.sqrt(5)))

    def test_a_category_of_two_levels_has_one_difference_in_all_tables(self):
        people = pd.DataFrame({"sex": np.where(X[:, 0] > 0.3, "f", "m"), "age": X[:, 0]})
        weights = {"none": compute_weights(TREATED, X, "none")}
        table = tabulate_balance(code_confounders(people, ["sex", "age"]), TREATED, weights)
        before = table.set_index(["variable", "level"])["smd_before"]
        expected = compute_category_difference(people.loc[TREATED, "sex"], people.loc[~TREATED, "sex"])
        assert abs(before["sex", "f"]) == pytest.approx(abs(expected), rel=1e-12)
        ages = (people.loc[side, "age"] for side in (TREATED, ~TREATED))
        assert before["age", ""] == pytest.approx(compute_mean_difference(*ages))

    def test_every_level_is_in_the_table(self):
        people = pd.DataFrame({"age": X[:, 0], "payer": np.where(X[:, 1] == 1, "public", "insured")})
        coded = code_confounders(people, ["age", "payer"])
        weights = {kind: compute_weights(TREATED, coded.design, kind) for kind in ("overlap", "ate", "none")}
        table = tabulate_balance(coded, TREATED, weights).set_index(["weights", "variable", "level"]).sort_index()
        assert set(table.index.get_level_values("level")) == {"", "public", "insured"}
        plain = table.loc["overlap"].drop("age, squared", level="variable")
        assert plain["smd_after"].abs().max() < 1e-9
        assert table.loc[("overlap", "age, squared"), "smd_after"].abs().max() > 1e-3  # which straight lines leave
        np.testing.assert_array_equal(table.loc["none", "smd_after"], table.loc["none", "smd_before"])
        assert table.loc[("ate", "payer", "public"), "n_treated"] == int((TREATED & (X[:, 1] == 1)).sum())

    def test_overlap_counts_everyone_once(self):
        score = fit_logistic(X, TREATED).probability
        table = tabulate_overlap(score, TREATED, ARMS)
        assert table.groupby("arm")["n"].sum().to_dict() == {"iv": TREATED.sum(), "esketamine": (~TREATED).sum()}
        assert table.groupby("arm")["cumulative"].last().tolist() == [1, 1]

    def test_strata_of_one_arm_are_named(self):
        people = pd.DataFrame({"site": np.where(TREATED & (X[:, 0] > 1), "lone", "other")})
        table = tabulate_positivity(code_confounders(people, ["site"]), TREATED, ARMS)
        assert table[["variable", "level", "lacks"]].values.tolist() == [["site", "lone", "esketamine"]]


class TestAgainstTreatmentEffect:
    """statsmodels' treatment effects, whose standard errors also come from stacked moments."""

    @staticmethod
    def effect(design):
        exog = sm.add_constant(design)
        selection = sm.Logit(TREATED.astype(float), exog).fit(disp=0)
        return TreatmentEffect(sm.OLS(OUTCOME, exog), TREATED.astype(int), selection)

    @pytest.mark.parametrize(("kind", "group"), [("ate", "all"), ("att", 1)])
    def test_weighting(self, kind, group):
        theirs = self.effect(X).ipw(effect_group=group)
        ours = estimate_means(OUTCOME, TREATED, X, compute_weights(TREATED, X, kind), "weighted")
        assert ours[0].value - ours[1].value == pytest.approx(theirs.results_gmm.params[0], rel=1e-4)
        assert compute_error(ours[0].influence - ours[1].influence) == pytest.approx(
            theirs.results_gmm.bse[0], rel=1e-3
        )

    def test_augmentation_where_both_outcome_models_are_saturated(self):
        # then every method is stratification: the estimate is statsmodels' AIPW, and the error its IPW's (its AIPW error, from other
        # moments, is 4 % smaller and not that of the stratified difference)
        design = X[:, [1]]
        theirs, weighted = self.effect(design).aipw(return_results=False), self.effect(design).ipw()
        for method in ("weighted", "g_computation", "augmented"):
            ours = estimate_means(OUTCOME, TREATED, design, compute_weights(TREATED, design, "ate"), method)
            assert ours[0].value - ours[1].value == pytest.approx(theirs[0], rel=1e-6)
            error = compute_error(ours[0].influence - ours[1].influence)
            assert error == pytest.approx(weighted.results_gmm.bse[0], rel=1e-4)

    def test_overlap_weighting(self):
        weights = compute_weights(TREATED, X, "overlap")
        e = weights.propensity.probability
        theirs = ate_ipw(OUTCOME, TREATED.astype(float), e, probt=e * (1 - e))
        ours = estimate_means(OUTCOME, TREATED, X, weights, "weighted")
        assert ours[0].value - ours[1].value == pytest.approx(theirs[0], rel=1e-5)


class TestStandardisation:
    @pytest.mark.parametrize("kind", ["overlap", "att", "ate"])
    def test_g_computation_by_statsmodels_predictions(self, kind):
        weights = compute_weights(TREATED, X, kind)
        exog = sm.add_constant(X)
        ours = estimate_means(OUTCOME, TREATED, X, weights, "g_computation")
        for mean, side in zip(ours, (TREATED, ~TREATED), strict=True):
            predicted = sm.Logit(OUTCOME[side], exog[side]).fit(disp=0).predict(exog)
            assert mean.value == pytest.approx(np.average(predicted, weights=weights.tilt), rel=1e-6)

    @pytest.mark.parametrize("kind", ["overlap", "att", "ate", "none"])
    @pytest.mark.parametrize("method", ["weighted", "g_computation", "augmented"])
    def test_error_agrees_with_the_jackknife(self, kind, method):
        outcome = np.where(np.arange(N) % 9 == 0, np.nan, OUTCOME)

        def estimate(rows):
            weights = compute_weights(TREATED[rows], X[rows], kind)
            means = estimate_means(outcome[rows], TREATED[rows], X[rows], weights, method)
            return means[0].value - means[1].value, compute_error(means[0].influence - means[1].influence)

        _, error = estimate(np.arange(N))
        groups = np.array([estimate(np.flatnonzero(np.arange(N) != left))[0] for left in range(N)])
        jackknife = np.sqrt((N - 1) / N * np.square(groups - groups.mean()).sum())
        assert error == pytest.approx(jackknife, rel=0.05)  # the jackknife is a little conservative

    def test_an_outcome_that_no_one_has(self):
        means = estimate_means(np.zeros(N), TREATED, X, compute_weights(TREATED, X, "overlap"), "g_computation")
        assert not means[0].converged
        assert np.isnan(means[0].value)

    def test_ratio_and_number_needed_to_treat(self):
        # risks 40/80 and 20/80: Newcombe's interval from Wilson's of both; of the ratio the same on logarithms
        treated, outcome = np.arange(160) < 80, np.r_[np.ones(40), np.zeros(40), np.ones(20), np.zeros(60)]
        plain = compute_weights(treated, np.empty((160, 0)), "none")
        found = contrast_means(*estimate_means(outcome, treated, np.empty((160, 0)), plain, "weighted"))
        assert found["difference"] == 0.25
        newcombe = compute_newcombe(40, 80, 20, 80)
        assert [found["difference_lower"], found["difference_upper"]] == pytest.approx(list(map(float, newcombe[1:])))
        assert found["ratio"] == 2
        (_, upper), (lower, _) = (compute_wilson(events, 80) for events in (40, 20))
        apart = np.hypot(np.log(upper / 0.5), np.log(0.25 / lower))
        assert found["ratio_upper"] == pytest.approx(2 * np.exp(apart))
        assert found["nnt"] == 4


def test_errors_of_few_patients_are_as_large_as_their_estimates_spread():
    """With eight confounders the variance of sixty patients' difference was three quarters of what it should be."""
    generator, found = np.random.default_rng(5), []
    for _ in range(500):
        x = generator.normal(size=(60, 8))
        treated = generator.random(60) < 1 / (1 + np.exp(-0.5 * x[:, 0]))
        outcome = (generator.random(60) < 1 / (1 + np.exp(0.4 - 0.5 * x[:, 0]))).astype(float)
        weights = compute_weights(treated, x, "overlap")
        p, q, *variances = weigh_risks(outcome[:, None], np.ones(60, bool), treated, weights)[:, 0]
        found.append((p - q, variances[0] + variances[1] - 2 * variances[2]))
    differences, variances = np.array(found).T
    assert variances.mean() == pytest.approx(differences.var(ddof=1), rel=0.15)  # 6% is the Monte-Carlo error
