"""Differences within subgroups: levels, weights within them, tests of interaction, and shrinkage."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.integrate import quad
from scipy.stats import norm
from statsmodels.stats.meta_analysis import combine_effects
from two_arms import Later, generate_tables, make_comparison, make_study

from outcomes.analysis.comparison.compare import compare_arms, estimate_effects
from outcomes.analysis.comparison.effects.primary import Specification, build_frame
from outcomes.analysis.comparison.effects.risks import tabulate_risks
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.prepare import prepare_comparison
from outcomes.analysis.comparison.setting import Setting
from outcomes.analysis.comparison.subgroups.interactions import adjust_p_values, compare_effects, estimate_changes
from outcomes.analysis.comparison.subgroups.levels import derive_levels, weigh_within
from outcomes.analysis.comparison.subgroups.shrinkage import condition_on_spread, shrink_effects
from outcomes.analysis.comparison.subgroups.whole import tabulate_subgroups
from outcomes.analysis.comparison.weighting.balance import compute_smd
from outcomes.analysis.comparison.weighting.weights import KINDS, compute_weights
from outcomes.errors import ModelError
from outcomes.proportions import compute_wilson
from outcomes.release.disclosure.failures import word_failures
from outcomes.settings.subgroups import Subgroup, Subgroups

BY = [{"column": "payer"}, {"column": "failures", "label": "Failed trials", "cuts": [2, 4]}]
TABLES = generate_tables(600)
STUDY = make_study()


def compare(tables=TABLES, by=BY, subgroups=None, **changes):
    """Return the subgroups of those observed and their tests, without the other tables of a comparison."""
    comparison = make_comparison(subgroups={"by": by} | (subgroups or {}), **changes)
    compared, settings, _ = prepare_comparison(tables, comparison, STUDY)
    (one,) = settings
    effects = estimate_effects(settings, STUDY.seed)
    risks = tabulate_risks(one.compared, one.confounders, one.primary, compared.axes())
    found = tabulate_subgroups(settings, compared, effects, risks, comparison.subgroups)
    return dict(zip(("subgroups", "interactions"), found, strict=True))


def select(by=BY, **changes):
    comparison = make_comparison(subgroups={"by": by}, **changes)
    return select_compared(TABLES, comparison), comparison


RESULT = Later(lambda: compare_arms(TABLES, make_comparison(subgroups={"by": BY}), STUDY))


def rows_of(result, **where):
    table = result["subgroups"]
    for name, value in where.items():
        table = table[table[name] == value]
    return table


class TestLevels:
    PEOPLE = pd.DataFrame(
        {
            "age": [17, 40, 59.5, 60, np.nan],
            "payer": ["a", "b", "c", None, "missing"],
            "therapy": [True, False, True, None, None],
        }
    ).astype({"therapy": "boolean"})

    def test_a_cut_belongs_to_the_level_that_begins_there(self):
        levels = derive_levels(self.PEOPLE, Subgroup(column="age", cuts=(40, 60)), "key")
        assert levels.names == ("below 40", "40 to below 60", "60 and above")
        assert levels.place.tolist() == [0, 1, 1, 2, -1]
        assert levels.label == "Age"

    def test_named_cuts_groups_and_words(self):
        named = derive_levels(self.PEOPLE, Subgroup(column="age", cuts=(18,), names=("minor", "adult")), "key")
        assert [named.names[place] for place in named.place[:2]] == ["minor", "adult"]
        groups = Subgroup(column="payer", groups={"insured": ("a", "b"), "other": ("c",)})
        assert derive_levels(self.PEOPLE, groups, "key").place.tolist() == [0, 0, 1, -1, -1]
        assert derive_levels(self.PEOPLE, Subgroup(column="payer"), "key").place.tolist() == [0, 1, 2, -1, -1]
        therapy = derive_levels(self.PEOPLE, Subgroup(column="therapy"), "key")
        assert therapy.names == ("false", "true")
        assert therapy.place.tolist() == [1, 0, 1, -1, -1]

    @pytest.mark.parametrize(
        ("subgroup", "said"),
        [
            ({"column": "age"}, "by.0: age holds numbers; declare 'cuts'"),
            ({"column": "payer", "cuts": [1]}, "payer holds words, which have no cuts"),
            ({"column": "payer", "groups": {"none": ["z"]}}, "group 'none': no patient has any of z"),
        ],
    )
    def test_what_does_not_fit_the_column(self, subgroup, said):
        with pytest.raises(ModelError, match=said):
            derive_levels(self.PEOPLE, Subgroup.model_validate(subgroup), "by.0")

    def test_a_group_that_nobody_compared_is_in_has_nobody(self):
        groups = Subgroup(column="payer", groups={"insured": ("a", "b", "c"), "other": ("z",)})
        levels = derive_levels(self.PEOPLE, groups, "key", pd.DataFrame({"payer": ["a", "z"]}))
        assert levels.place.tolist() == [0, 0, 0, -1, -1]

    @pytest.mark.parametrize("of", [{"column": "age", "cuts": [40]}, {"column": "age"}])
    def test_a_column_in_which_nothing_is_recorded_holds_no_words(self, of):
        people = pd.DataFrame({"age": pd.Series([None, None], dtype="object")})
        assert derive_levels(people, Subgroup.model_validate(of), "key").place.tolist() == [-1, -1]

    def test_a_column_with_a_level_for_everyone_is_refused(self):
        people = pd.DataFrame({"code": [f"x{i}" for i in range(40)]})
        with pytest.raises(ModelError, match="more than 30 levels"):
            derive_levels(people, Subgroup(column="code"), "by.0")

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ({"by": [{"column": "a"}, {"column": "a"}]}, "listed twice"),
            ({"by": []}, "at least 1"),
            ({"by": [{"column": "a", "cuts": [2, 1]}]}, "cuts must rise"),
            ({"by": [{"column": "a", "cuts": [2], "names": ["x"]}]}, "1 cuts make 2 levels, not 1"),
            ({"by": [{"column": "a", "cuts": [2], "groups": {"x": ["y"]}}]}, "give one"),
            ({"by": [{"column": "a", "groups": {"x": ["y"], "z": ["y"]}}]}, "belongs to two groups"),
        ],
    )
    def test_settings_that_contradict_themselves(self, content, said):
        with pytest.raises(ValueError, match=said):
            Subgroups.model_validate(content)

    def test_a_column_that_no_table_has(self):
        with pytest.raises(ModelError, match=r"comparison\.subgroups\.by: income not among"):
            select([{"column": "income"}])


class TestWeightsWithin:
    def test_confounders_are_balanced_within_each_level(self):
        compared, comparison = select()
        whole = compute_weights(
            compared.treated, code_confounders(compared.people, comparison.confounders).design, "overlap"
        ).weight
        worst = {"own": 0.0, "whole": 0.0}
        for payer in ("insured", "public", "self-pay"):
            inside = (compared.people["payer"] == payer).to_numpy()
            within = weigh_within(compared.people, compared.treated, inside, comparison)
            assert within.converged
            for column in code_confounders(compared.people[inside], comparison.confounders).design.T:
                for name, weight in (("own", within.weights.weight), ("whole", whole[inside])):
                    smd = abs(compute_smd(column, compared.treated[inside], weight)[2])
                    worst[name] = max(worst[name], smd)
        assert worst["own"] < 1e-8
        assert worst["whole"] > 0.02

    def test_strata_of_one_arm_take_no_part(self):
        compared, comparison = select()
        inside = (compared.people["failures"] < 3).to_numpy()
        lone = inside & compared.treated & (compared.people["payer"] == "public").to_numpy()
        treated = compared.treated & ~lone
        within = weigh_within(compared.people, treated, inside, comparison)
        assert within.converged
        assert set(within.rows) == set(np.flatnonzero(inside & (compared.people["payer"] != "public").to_numpy()))

    def test_an_arm_that_is_not_there(self):
        compared, comparison = select()
        within = weigh_within(compared.people, compared.treated, compared.treated, comparison)
        assert not within.converged


class TestAgainstLeastSquares:
    """One time point, weights of one: the model of all levels is least squares with products of arm and level."""

    @staticmethod
    def fit(levels):
        compared, _ = select()
        frame = build_frame(compared, "day", np.ones(len(compared.people)))
        frame = frame[frame["timepoint"] == "day 28"].assign(
            timepoint=lambda f: f["timepoint"].cat.remove_unused_categories()
        )
        place = np.digitize(compared.people["failures"], [2, 4])[: len(compared.people)]
        code = np.minimum(place, levels - 1)[frame["person"]]
        frame = frame.assign(level=pd.Categorical(np.array(["l0", "l1", "l2"])[code], [f"l{i}" for i in range(levels)]))
        ours = estimate_changes(frame, "day 28", Specification("day", "unstructured", ()))
        arm = (frame["arm"] == "treated").to_numpy(float)
        dummies = np.column_stack([code == place for place in range(levels)]).astype(float)
        exog = np.column_stack([dummies, dummies * arm[:, None], frame["baseline"]])
        return ours, sm.OLS(frame["change"].to_numpy(), exog).fit(cov_type="HC2")

    @pytest.mark.parametrize("levels", [2, 3])
    def test_differences_and_joint_test(self, levels):
        ours, theirs = self.fit(levels)
        own = slice(levels, 2 * levels)
        np.testing.assert_allclose(ours.table["estimate"], theirs.params[own], rtol=1e-6)
        np.testing.assert_allclose(ours.table["std_error"], theirs.bse[own], rtol=1e-6)
        apart = np.zeros((levels - 1, len(theirs.params)))
        apart[:, levels] = -1
        for place in range(levels - 1):
            apart[place, levels + 1 + place] = 1
        test = theirs.f_test(apart)
        assert ours.test["num_df"] == levels - 1
        assert ours.test["statistic"] == pytest.approx(float(test.fvalue), rel=1e-6)
        assert ours.test["p_value"] == pytest.approx(float(test.pvalue), abs=0.01)
        assert 50 < ours.test["den_df"] < len(theirs.resid)


class TestIndependentEffects:
    EFFECTS, ERRORS = np.array([0.1, -0.2, 0.05]), np.array([0.05, 0.1, 0.08])

    def test_q_by_statsmodels(self):
        theirs = combine_effects(self.EFFECTS, self.ERRORS**2)
        ours = compare_effects(self.EFFECTS, self.ERRORS)
        assert ours["statistic"] == pytest.approx(theirs.q)
        assert ours["num_df"] == 2
        assert compare_effects(self.EFFECTS[:1], self.ERRORS[:1]) == {}

    def test_risks_within_levels_by_hand(self):
        result = compare(weights="none")
        risks = rows_of(result, endpoint="response", population="observed", variable="payer").set_index("level")
        people, seen = select()[0].people, select()[0].at("day", "day 28", "response")
        inside, treated = (people["payer"] == "public").to_numpy(), people["treated"].to_numpy()
        shares = [seen[inside & side & ~np.isnan(seen)] for side in (treated, ~treated)]
        error = np.sqrt(sum(share.mean() * (1 - share.mean()) / len(share) for share in shares))
        assert risks.loc["public", "estimate"] == pytest.approx(shares[0].mean() - shares[1].mean())
        assert risks.loc["public", "std_error"] == pytest.approx(error, rel=1e-6)
        assert risks.loc["public", "events_treated"] == shares[0].sum()

    def test_on_the_ratio_scale(self):
        result = compare(weights="none", estimand={"summary": {"binary": "risk_ratio"}})
        ratios = rows_of(result, endpoint="response", population="observed", variable="payer").set_index("level")
        people, seen = select()[0].people, select()[0].at("day", "day 28", "response")
        inside, treated = (people["payer"] == "self-pay").to_numpy() & ~np.isnan(seen), people["treated"].to_numpy()
        (p, n), (q, m) = ((seen[inside & side].mean(), (inside & side).sum()) for side in (treated, ~treated))
        assert ratios.loc["self-pay", "estimate"] == pytest.approx(p / q)
        error = np.sqrt((1 - p) / (n * p) + (1 - q) / (m * q))
        assert ratios.loc["self-pay", "std_error"] == pytest.approx(error, rel=1e-6)
        (_, upper), (lower, _) = (compute_wilson(k * size, size) for k, size in ((p, n), (q, m)))
        apart = np.hypot(np.log(upper / p), np.log(q / lower))
        assert ratios.loc["self-pay", "upper"] == pytest.approx(p / q * np.exp(apart))
        assert rows_of(result, endpoint="response", variable="all")["estimate"].iloc[0] > 0

    def test_adjusted_p_values_by_hand(self):
        # Holm: 3 × 0.01, max(0.03, 2 × 0.03), max(0.06, 0.04); Benjamini-Hochberg: 3 × 0.01, 3/2 × 0.03 → 0.04, 0.04
        values = [0.01, np.nan, 0.04, 0.03]
        np.testing.assert_allclose(adjust_p_values(values, "holm"), [0.03, np.nan, 0.06, 0.06])
        np.testing.assert_allclose(adjust_p_values(values, "benjamini_hochberg"), [0.03, np.nan, 0.04, 0.04])
        np.testing.assert_allclose(adjust_p_values(values, "bonferroni"), [0.03, np.nan, 0.12, 0.09])
        np.testing.assert_allclose(adjust_p_values(values, "none"), values)


class TestShrinkage:
    Y, S = np.array([-3.0, -1.0, 0.5]), np.array([0.5, 1.0, 1.5])

    def test_given_the_spread_it_is_the_closed_form(self):
        # with the spread that DerSimonian and Laird estimate: means and variances of the random-effects model
        theirs = combine_effects(self.Y, self.S**2, method_re="chi2")
        tau2 = theirs.tau2
        assert tau2 > 0
        mean, variance, _ = condition_on_spread(self.Y, self.S, np.sqrt([tau2]))
        centre = theirs.mean_effect_re
        b = self.S**2 / (self.S**2 + tau2)
        np.testing.assert_allclose(mean[0], b * centre + (1 - b) * self.Y)
        np.testing.assert_allclose(variance[0], (1 - b) * self.S**2 + b**2 / np.sum(1 / (self.S**2 + tau2)))

    def test_posterior_by_direct_integration(self):
        # the levels' marginal likelihood with the mean integrated out: the density of differences from the last level
        contrast = np.array([[1, 0, -1], [0, 1, -1]])

        def density(tau):
            cov = contrast @ np.diag(self.S**2 + tau**2) @ contrast.T
            gap = contrast @ self.Y
            return (
                norm.pdf(tau, scale=1.2) * np.exp(-0.5 * gap @ np.linalg.solve(cov, gap)) / np.sqrt(np.linalg.det(cov))
            )

        total = quad(density, 0, 20)[0]
        spread = quad(lambda tau: tau * density(tau), 0, 20)[0] / total
        first = quad(lambda tau: density(tau) * condition_on_spread(self.Y, self.S, np.array([tau]))[0][0, 0], 0, 20)[0]
        ours = shrink_effects(self.Y, self.S, 1.2)
        assert ours.spread == pytest.approx(spread, rel=1e-4)
        assert ours.estimate[0] == pytest.approx(first / total, rel=1e-4)

    def test_the_prior_decides_between_one_and_many(self):
        pooled = self.Y @ self.S**-2 / np.sum(self.S**-2)
        np.testing.assert_allclose(shrink_effects(self.Y, self.S, 1e-6).estimate, pooled, rtol=1e-6)
        wide = shrink_effects(self.Y, self.S, 1e4)
        np.testing.assert_allclose(wide.estimate, self.Y, atol=0.05)
        np.testing.assert_allclose(wide.upper - wide.lower, 2 * 1.96 * self.S, rtol=0.01)

    def test_shrunken_estimates_lie_between(self):
        table = rows_of(RESULT, endpoint="change", variable="payer").dropna(subset="shrunken")
        assert np.ptp(table["shrunken"]) < np.ptp(table["estimate"])
        assert ((table["shrunken_upper"] - table["shrunken_lower"]) < (table["upper"] - table["lower"])).all()


class TestTables:
    def test_levels_add_up_to_everyone(self):
        for (_, _), own in RESULT["subgroups"].groupby(["endpoint", "population"]):
            for name in ("n_treated", "n_reference", "observed_treated"):
                everyone = own.loc[own["variable"] == "all", name].iloc[0]
                assert (own[own["variable"] != "all"].groupby("variable")[name].sum() == everyone).all()

    def test_everyone_is_the_primary_result(self):
        effect = RESULT["effects"].set_index("timepoint").loc["day 28"]
        row = rows_of(RESULT, endpoint="change", variable="all").iloc[0]
        assert (row["estimate"], row["lower"]) == (effect["estimate"], effect["lower"])

    def test_levels_of_few_are_counted_and_not_estimated(self):
        table = compare(subgroups={"fewest": 60})["subgroups"]
        few = table[(table["observed_treated"] < 60) & (table["variable"] != "all")]
        assert len(few)
        assert few["estimate"].isna().all()
        assert few["note"].eq("too few observed in an arm").all()
        assert few["n_treated"].notna().all()

    def test_patients_without_a_value_are_a_level_that_is_not_estimated(self):
        patients = TABLES["patients"].copy()
        patients.loc[:60, "failures"] = np.nan
        result = compare(TABLES | {"patients": patients})
        row = rows_of(result, endpoint="change", variable="failures", level="missing").iloc[0]
        assert row["n_treated"] + row["n_reference"] > 40
        assert np.isnan(row["estimate"])
        assert "without a value" in row["note"]
        assert word_failures(pd.DataFrame([row]))["note"].item() == row["note"]
        assert result["interactions"].set_index(["endpoint", "variable"]).loc[("change", "failures"), "levels"] == 3

    def test_a_shrunken_difference_of_risks_is_one_at_most_and_who_has_no_counterpart_is_said_of_everyone(self):
        endpoints = TABLES["endpoints"].copy()
        known = endpoints["response"].notna()
        endpoints.loc[known, "response"] = endpoints["arm"][known].astype(str) == "iv"
        alone = endpoints["patient"][endpoints["arm"].astype(str) == "esketamine"].unique()[:30]
        patients = TABLES["patients"]
        payer = patients["payer"].astype(object).where(~patients["patient"].isin(alone), "none")
        tables = TABLES | {"endpoints": endpoints, "patients": patients.assign(payer=pd.Categorical(payer))}
        result = compare(tables, by=[{"column": "failures", "cuts": [2, 4]}])
        own = rows_of(result, endpoint="response", variable="failures")
        assert own["shrunken_upper"].notna().all()
        assert own[["shrunken", "shrunken_lower", "shrunken_upper"]].abs().le(1).all(axis=None)
        assert rows_of(result, variable="all")["note"].eq("without the patients of strata that only one arm has").all()

    def test_one_level_has_no_test(self):
        result = compare(by=[{"column": "failures", "cuts": [90]}])
        table = result["interactions"]
        assert table["p_value"].isna().all()
        assert table["note"].eq("fewer than two levels could be estimated").all()
        assert rows_of(result, endpoint="change", level="below 90")["estimate"].notna().all()

    def test_multiplicity_is_as_declared(self):
        none = compare(subgroups={"multiplicity": "none"})["interactions"]
        np.testing.assert_array_equal(none["p_value"], none["p_adjusted"])
        assert (RESULT["interactions"]["p_adjusted"] >= RESULT["interactions"]["p_value"]).all()

    def test_without_subgroups_the_tables_are_empty(self):
        result = compare_arms(TABLES, make_comparison(), STUDY)
        assert result["subgroups"].empty
        assert result["interactions"].empty


class TestCommitted:
    """The table of benchmarks/comparison/subgroup_tests.py."""

    TABLE = pd.read_csv(Path(__file__).parents[3] / "benchmarks" / "comparison" / "subgroup_tests.csv")

    def test_tests_reject_as_often_as_they_say(self):
        null = self.TABLE[self.TABLE["added"] == 0]
        assert (null["clinics"] >= 400).all()
        assert (self.TABLE["failed"] == 0).all()
        assert null["rejected"].between(0.02, 0.08).all()
        assert null["coverage"].between(0.93, 0.97).all()
        assert (null["apart"].abs() < 3 * null["apart_se"]).all()

    def test_a_known_interaction_is_recovered(self):
        row = self.TABLE[self.TABLE["added"] != 0].iloc[0]
        assert abs(row["apart"] - row["added"]) < 3 * row["apart_se"]
        assert row["rejected"] > 0.9


class TestTruth:
    def test_a_known_interaction_is_found(self):
        # two points more in the treated with at least three failed trials
        patients = TABLES["patients"].set_index("patient")["failures"]
        endpoints = TABLES["endpoints"].copy()
        strong = (
            (endpoints["arm"] == "iv") & endpoints["patient"].map(patients).ge(3) & (endpoints["axis"] != "baseline")
        )
        endpoints["change"] = endpoints["change"] - 3.0 * strong
        result = compare(TABLES | {"endpoints": endpoints}, by=[{"column": "failures", "cuts": [3]}])
        test = result["interactions"].set_index("endpoint").loc["change"]
        assert test["p_value"] < 0.001
        table = rows_of(result, endpoint="change", variable="failures")
        apart = table["estimate"].iloc[1] - table["estimate"].iloc[0]
        assert abs(apart + 3) < 3 * np.hypot(*table["std_error"])

    def test_levels_drawn_at_random_rarely_differ(self):
        compared, comparison = select()
        confounders = code_confounders(compared.people, comparison.confounders)
        weights = {kind: compute_weights(compared.treated, confounders.design, kind) for kind in KINDS}
        generator = np.random.default_rng([8, *b"subgroups/null"])
        people = compared.people.assign(
            **{f"coin{i}": generator.choice(["heads", "tails"], len(compared.people)) for i in range(40)}
        )
        setting = Setting(
            type(compared)(people, compared.scores, compared.timepoints, {}), confounders, weights, comparison
        )
        subgroups = Subgroups.model_validate(
            {"by": [{"column": f"coin{i}"} for i in range(40)], "multiplicity": "none"}
        )
        _, interactions = tabulate_subgroups([setting], setting.compared, RESULT["effects"], RESULT["risks"], subgroups)
        for _, own in interactions.groupby(["endpoint", "population"]):
            assert (own["p_value"] < 0.05).sum() <= 6  # of 40; more than that in 3 of 1,000 such sets
            assert 0.3 < own["p_value"].mean() < 0.7
