"""The primary model, the bootstrap, the sensitivity analyses, and the whole comparison on a made-up study."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from two_arms import Later, generate_tables, make_comparison, make_study

from outcomes import mixed
from outcomes.analysis.comparison.compare import COLUMNS, compare_arms
from outcomes.analysis.comparison.early_signals import tabulate_early_signals
from outcomes.analysis.comparison.effects.bootstrap import WHOLE, resample_differences, tabulate_bootstrap
from outcomes.analysis.comparison.effects.odds import build_binary_frame, estimate_odds, say_separation
from outcomes.analysis.comparison.effects.primary import (
    Specification,
    build_frame,
    estimate_differences,
    fit_change,
    tabulate_effects,
)
from outcomes.analysis.comparison.effects.risks import compute_error
from outcomes.analysis.comparison.effects.standardisation import estimate_means
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.population.people import Compared, order_timepoints, select_compared
from outcomes.analysis.comparison.prepare import prepare_comparison
from outcomes.analysis.comparison.sensitivity.alternatives import order_ways, tabulate_alternatives
from outcomes.analysis.comparison.sensitivity.bounds import fill_worst
from outcomes.analysis.comparison.sensitivity.delta import compute_shares, find_tipping_point, tabulate_tipping
from outcomes.analysis.comparison.sensitivity.evalue import compute_evalue, compute_interval_evalue, convert_difference
from outcomes.analysis.comparison.sensitivity.question_rows import question_effect
from outcomes.analysis.comparison.sensitivity.risk_rows import fit_odds
from outcomes.analysis.comparison.statement import tabulate_statement
from outcomes.analysis.comparison.support import FEW_SCORED
from outcomes.analysis.comparison.weighting.stacked import compute_stacked_error
from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.settings.comparison import EarlySignals
from outcomes.settings.shards import Shard

TABLES = generate_tables()
COMPARISON, STUDY = make_comparison(), make_study()
COMPARED = select_compared(TABLES, COMPARISON)
DESIGN = code_confounders(COMPARED.people, COMPARISON.confounders).design
WEIGHTS = compute_weights(COMPARED.treated, DESIGN, "overlap")
BY_DAY = Specification("day", "unstructured", ())
RESULT = Later(lambda: compare_arms(TABLES, COMPARISON, STUDY))


def keep_complete():
    """Return the patients with every score on the day axis."""
    counts = COMPARED.keep_changes("day").scores.groupby("person").size()
    return COMPARED.take(counts.index[counts == 2].to_numpy())


class TestPrimary:
    def test_with_every_score_it_is_least_squares_at_each_time_point(self):
        # the same regressors at every time point: generalised and ordinary least squares agree (Zellner 1962)
        complete = keep_complete()
        weight = compute_weights(
            complete.treated, code_confounders(complete.people, ["payer"]).design, "overlap"
        ).weight
        table, _ = estimate_differences(build_frame(complete, "day", weight), BY_DAY)
        exog = np.column_stack([np.ones(len(weight)), complete.treated, complete.people["baseline"]])
        for row in table.to_dict("records"):
            change = complete.at("day", row["timepoint"], "change")
            theirs = sm.WLS(change, exog, weight).fit(cov_type="HC2")
            assert row["estimate"] == pytest.approx(theirs.params[1], rel=1e-6)
            assert row["std_error"] == pytest.approx(theirs.bse[1], rel=0.01)  # CR2 of two scores a patient, near HC2

    def test_the_interval_of_an_adjusted_mean_is_that_of_least_squares_with_every_score(self):
        complete = keep_complete()
        weight = compute_weights(
            complete.treated, code_confounders(complete.people, ["payer"]).design, "overlap"
        ).weight
        table = tabulate_effects(complete, weight, BY_DAY).set_index("timepoint")
        exog = np.column_stack([np.ones(len(weight)), complete.treated, complete.people["baseline"]])
        at = np.average(complete.people["baseline"], weights=weight)
        for timepoint, row in table.iterrows():
            theirs = sm.WLS(complete.at("day", timepoint, "change"), exog, weight).fit(cov_type="HC2", use_t=True)
            for arm, treated in (("treated", 1.0), ("reference", 0.0)):
                found = theirs.t_test(np.array([[1.0, treated, at]]))
                assert row[f"{arm}_mean"] == pytest.approx(found.effect[0], rel=1e-6)
                ends = row[[f"{arm}_lower", f"{arm}_upper"]].to_numpy(dtype=float)
                # CR2 of two scores a patient near HC2; fewer degrees of freedom by Satterthwaite than n - 3
                np.testing.assert_allclose(ends, found.conf_int()[0], atol=0.03 * np.ptp(found.conf_int()))

    def test_the_true_difference_is_found(self):
        row = RESULT["effects"].set_index("timepoint").loc["day 28"]
        assert abs(row["estimate"] + 2) < 3 * row["std_error"]
        assert row["upper"] < 0

    def test_adjusted_means_differ_by_the_difference(self):
        table = tabulate_effects(COMPARED, WEIGHTS.weight, BY_DAY)
        np.testing.assert_allclose(table["treated_mean"] - table["reference_mean"], table["estimate"])
        assert table["observed_treated"].tolist() == [
            int((COMPARED.treated & ~np.isnan(COMPARED.at("day", point, "change"))).sum())
            for point in table["timepoint"]
        ]

    def test_people_without_weight_take_no_part(self):
        weight = np.where(np.arange(len(COMPARED.people)) < 50, 0.0, WEIGHTS.weight)
        assert build_frame(COMPARED, "day", weight)["person"].min() >= 50


class TestBootstrap:
    @staticmethod
    def draw(replicates=40, seed=1, shard=WHOLE):
        return resample_differences(COMPARED, DESIGN, [BY_DAY], "overlap", None, replicates, seed, shard)

    def test_the_seed_decides(self):
        pd.testing.assert_frame_equal(self.draw(5), self.draw(5))
        assert not self.draw(5).equals(self.draw(5, seed=2))

    def test_parts_are_the_whole(self):
        parts = [self.draw(7, shard=Shard(number, 3)) for number in (1, 2, 3)]
        pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), self.draw(7))

    def test_it_agrees_with_the_sandwich(self):
        effects = tabulate_effects(COMPARED, WEIGHTS.weight, BY_DAY)
        boot = tabulate_bootstrap(effects, self.draw(150), 150)
        np.testing.assert_allclose(boot["std_error"], effects["std_error"], rtol=0.25)
        assert ((boot["lower"] < boot["estimate"]) & (boot["estimate"] < boot["upper"])).all()

    def test_too_many_failures_leave_no_interval_and_say_why(self):
        effects = tabulate_effects(COMPARED, WEIGHTS.weight, BY_DAY)
        samples = self.draw(10)
        boot = tabulate_bootstrap(effects, samples[samples["sample"] > 1], 10)
        assert boot[["estimate", "lower", "upper"]].isna().all(axis=None)
        assert not boot["converged"].any()
        assert boot["note"].str.contains("90% of the 10 samples").all()

    def test_samples_have_the_covariance_at_which_all_patients_converged(self, monkeypatch):
        asked = []

        def fit_ladder(frame, specification, df=None):
            asked.append((specification.covariance, specification.fallback))
            simpler = specification.fallback[0] if specification.fallback else specification.covariance
            return fit_change(frame, replace(specification, covariance=simpler, fallback=()), df)

        monkeypatch.setattr("outcomes.analysis.comparison.effects.bootstrap.fit_change", fit_ladder)
        ladder = replace(BY_DAY, fallback=("compound_symmetry",))
        resample_differences(COMPARED, DESIGN, [ladder], "overlap", None, 2, 1)
        assert asked == [("unstructured", ("compound_symmetry",)), *[("compound_symmetry", ())] * 2]

    def test_it_gives_up_when_an_interval_is_out_of_reach(self, monkeypatch):
        asked = []

        def fit_first(frame, specification, df=None):
            asked.append(frame)
            return SimpleNamespace(converged=len(asked) == 1, structure="unstructured")

        monkeypatch.setattr("outcomes.analysis.comparison.effects.bootstrap.fit_change", fit_first)
        assert not len(self.draw(100))
        assert len(asked) == 1 + 11  # all patients, then samples until more than one in ten have failed

    def test_an_axis_without_a_model_of_all_patients_has_no_samples(self, monkeypatch):
        def fail(frame, specification, df=None):
            raise mixed.ConvergenceError("no maximum")

        monkeypatch.setattr("outcomes.analysis.comparison.effects.bootstrap.fit_change", fail)
        assert not len(self.draw(3))

    def test_progress_sees_every_sample(self):
        seen = []
        count = lambda numbers: [seen.append(n) or n for n in numbers]  # noqa: E731
        resample_differences(COMPARED, DESIGN, [BY_DAY], "overlap", None, 3, 1, WHOLE, count)
        assert seen == [0, 1, 2]


class TestDelta:
    EFFECT = pd.Series({"axis": "day", "timepoint": "day 28", "estimate": -3.0, "std_error": 1.0, "df": 40.0})

    def test_imputing_and_adding_delta_gives_the_closed_form(self):
        generator = np.random.default_rng(4)
        n = 200
        treated, baseline = generator.random(n) < 0.5, generator.normal(17, 4, n)
        missing, weight = generator.random(n) < 0.3, generator.random(n) + 0.5
        imputed = -5 - 2.0 * treated + 0.2 * baseline + generator.normal(size=n)
        exog = np.column_stack([treated, np.ones(n), baseline]).astype(float)
        estimates = [
            sm.WLS(imputed + missing * (3.0 * treated + 1.0 * ~treated) * on, exog, weight).fit().params[0]
            for on in (0, 1)
        ]
        shares = compute_shares(missing, treated, baseline, weight)
        assert estimates[1] - estimates[0] == pytest.approx(np.array([3.0, 1.0]) @ shares.slope, rel=1e-10)

    def test_shares_are_those_missing(self):
        treated = np.arange(100) < 50
        missing = np.isin(np.arange(100), [*range(10), *range(50, 75)])
        shares = compute_shares(missing, treated, np.zeros(100), np.ones(100))
        np.testing.assert_allclose(shares.slope, [0.2, -0.5])
        np.testing.assert_allclose(np.diag(shares.vcov), [0.2 * 0.8 / 50, 0.5 * 0.5 / 50])

    def test_at_the_tipping_point_the_interval_touches_none(self):
        shares = compute_shares(np.arange(100) % 5 == 0, np.arange(100) < 50, np.zeros(100), np.ones(100))
        point = find_tipping_point(self.EFFECT, shares, 0)
        table = tabulate_tipping(self.EFFECT, shares, (0.0, point))
        at = table[(table["delta_treated"] == point) & (table["delta_reference"] == 0)].iloc[0]
        assert at["upper"] == pytest.approx(0, abs=1e-9)
        assert point > 0
        assert find_tipping_point(self.EFFECT, shares, 1) < 0

    def test_nothing_to_tip(self):
        shares = compute_shares(np.arange(100) % 5 == 0, np.arange(100) < 50, np.zeros(100), np.ones(100))
        assert np.isnan(find_tipping_point(self.EFFECT.replace(-3.0, -1.0), shares, 0))

    def test_no_tipping_point_lies_beyond_the_scale(self):
        _, settings, _ = prepare_comparison(TABLES, COMPARISON, STUDY)
        effect, found = RESULT["effects"].query("timepoint == 'day 28'"), {}
        for span in (27.0, 0.5):
            rows = question_effect(settings, effect, "day", "day 28", span)
            found[span] = next(row for row in rows if row["analysis"] == "tipping_point_treated")
        assert 0.5 < abs(found[27.0]["estimate"]) < 27
        assert np.isnan(found[0.5]["estimate"])
        assert found[0.5]["note"].startswith("no shift within the scale")

    def test_without_delta_the_interval_is_the_primary_one(self):
        # 2.0 standard errors from none: outside a normal interval, inside that of t with 40 degrees of freedom
        effect = self.EFFECT.replace(-3.0, -2.0)
        shares = compute_shares(np.arange(100) % 5 == 0, np.arange(100) < 50, np.zeros(100), np.ones(100))
        row = tabulate_tipping(effect, shares, (0.0,)).iloc[0]
        assert row["upper"] == pytest.approx(-2.0 + stats.t.ppf(0.975, 40))
        assert np.isnan(find_tipping_point(effect, shares, 0))


class TestOdds:
    def test_one_time_point_is_weighted_logistic_regression(self):
        frame = build_binary_frame(COMPARED, "day", "response", WEIGHTS.weight)
        frame = frame[frame["timepoint"] == "day 28"]
        table, _ = estimate_odds(frame.assign(timepoint=frame["timepoint"].cat.remove_unused_categories()))
        exog = sm.add_constant(np.column_stack([frame["arm"] == "treated", frame["baseline"]]).astype(float))
        model = sm.GLM(frame["event"], exog, sm.families.Binomial(), var_weights=frame["weight"])
        theirs = model.fit(cov_type="HC0")
        assert table["estimate"].iloc[0] == pytest.approx(theirs.params.iloc[1], rel=1e-5)
        half = (table["upper"] - table["lower"]).iloc[0] / 2
        assert half == pytest.approx(1.959964 * theirs.bse.iloc[1], rel=1e-3)

    def test_with_independence_every_time_point_stands_alone(self):
        frame = build_binary_frame(COMPARED, "session", "response", WEIGHTS.weight)
        table, fit = estimate_odds(frame, working="independence")
        assert fit.converged
        for row in table.to_dict("records"):
            own = frame[frame["timepoint"] == row["timepoint"]]
            alone, _ = estimate_odds(own.assign(timepoint=own["timepoint"].cat.remove_unused_categories()))
            assert row["estimate"] == pytest.approx(alone["estimate"].iloc[0], rel=1e-4)

    def test_a_time_point_without_any_event_in_an_arm_is_left_out(self):
        scores = COMPARED.scores
        treated = scores["person"].isin(np.flatnonzero(COMPARED.treated))
        none = scores["response"].mask(treated & (scores["timepoint"] == "day 7"), 0.0)
        compared = replace(COMPARED, scores=scores.assign(response=none))
        frame = build_binary_frame(compared, "day", "response", WEIGHTS.weight)
        assert list(frame["timepoint"].cat.categories) == ["day 28"]
        setting = SimpleNamespace(compared=compared, primary=WEIGHTS)
        row = fit_odds(setting, "day", "day 7", "response")
        assert "no one of the treated arm has it; the weighted difference" in row["note"]
        assert not row["converged"]
        assert "estimate" not in row

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda score, treated, low: score.mask(treated, 1.0), "everyone of the treated arm has it"),
            (
                lambda score, treated, low: score.mask(treated, 1.0).mask(~treated, 0.0),
                "no one of the reference arm has it and everyone",
            ),
            (
                lambda score, treated, low: low.astype(float).where(score.notna()),
                "the arm and the baseline score together",
            ),
            (lambda score, treated, low: score.mask(treated), "no one of the treated arm has a score there"),
            (lambda score, treated, low: score, ""),
        ],
    )
    def test_what_separates_is_named(self, change, said):
        scores = COMPARED.scores
        treated = scores["person"].isin(np.flatnonzero(COMPARED.treated))
        low = pd.Series(COMPARED.people["baseline"].to_numpy()[scores["person"]] < 17, scores.index)
        compared = replace(
            COMPARED, scores=scores.assign(response=change(scores["response"].astype(float), treated, low))
        )
        found = say_separation(compared, "day", "response", WEIGHTS.weight, "day 28")
        assert found.startswith(said)
        assert bool(found) == bool(said)


class TestEvalue:
    def test_published_numbers(self):
        # VanderWeele & Ding 2017: risk ratio 3.9 (1.8 to 8.7) has E-values 7.26 and 3.0
        assert compute_evalue(3.9) == pytest.approx(7.26, abs=0.005)
        assert compute_interval_evalue(1.8, 8.7) == pytest.approx(3.0, abs=0.005)
        assert compute_interval_evalue(1 / 8.7, 1 / 1.8) == pytest.approx(3.0, abs=0.005)

    def test_an_interval_that_holds_one(self):
        assert compute_interval_evalue(0.9, 2.0) == 1

    def test_no_ratio(self):
        assert np.isnan(compute_evalue(float("nan")))
        assert np.isnan(compute_interval_evalue(float("nan"), 1.0))

    def test_conversion(self):
        assert convert_difference(-2.0, 4.0) == pytest.approx(np.exp(-0.455))


class TestEarlySignals:
    def test_fourfold_table_by_hand(self):
        # at session 1 / session 2: yes-yes 1, yes-no 1, no-yes 2, no-no 3, no-unknown 1, unknown-yes 1
        early = [1, 1, 0, 0, 0, 0, 0, 0, np.nan]
        late = [1, 0, 1, 1, 0, 0, 0, np.nan, 1]
        parts = [
            pd.DataFrame({"person": range(9), "axis": "session", "timepoint": f"session {k}", "time": float(k), "score_day": 4.0 * k, "response": values})
            for k, values in ((1, early), (2, late))
        ]  # fmt: skip
        later = parts[1].assign(axis="day", timepoint="day 28", time=28.0, score_day=28.0)
        later["response"] = [1, 1, np.nan, 1, 1, 0, np.nan, 1, 1]
        later.loc[4, "score_day"] = 8.0  # the same score as session 2's: not later
        scores = pd.concat([*parts, later], ignore_index=True).assign(reached=True)
        people = pd.DataFrame({"patient": range(9), "treated": [True] * 5 + [False] * 4})
        compared = Compared(people, scores, order_timepoints(scores), {})
        signals = EarlySignals(signals=("session 1",), target="session 2", later={"day 28": "day"})
        table = tabulate_early_signals(compared, signals, ("iv", "esketamine"))
        table = table[table["arm"] == "all"].set_index(["population", "measure"])[["events", "n"]]
        expected = {
            ("observed", "sensitivity"): (1, 3), ("observed", "specificity"): (3, 4),
            ("observed", "ppv"): (1, 2), ("observed", "npv"): (3, 5),
            ("started", "sensitivity"): (1, 3), ("started", "specificity"): (4, 5),
            ("started", "ppv"): (1, 2), ("started", "npv"): (4, 6),
            ("started", "late_response"): (1, 4), ("observed", "late_response"): (1, 2),
        }  # fmt: skip
        assert {key: tuple(table.loc[key]) for key in expected} == expected

    def test_a_session_never_held_is_no_landmark_whatever_event_came_later(self):
        # the last patient had neither session, came back later, and so counts as not responded (composite)
        scores = pd.DataFrame(
            {
                "person": [0, 1, 2, 0, 1, 2],
                "axis": "session",
                "timepoint": ["session 1"] * 3 + ["session 2"] * 3,
                "time": [1.0] * 3 + [2.0] * 3,
                "score_day": [4.0, 4.0, np.nan, 8.0, 8.0, np.nan],
                "reached": [True, True, False, True, True, False],
                "response": [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
            }
        )
        people = pd.DataFrame({"patient": range(3), "treated": [True, False, False]})
        compared = Compared(people, scores, order_timepoints(scores), {})
        signals = EarlySignals(signals=("session 1",), target="session 2")
        table = tabulate_early_signals(compared, signals, ("iv", "esketamine"))
        assert table.loc[(table["arm"] == "all") & (table["measure"] == "npv"), "n"].tolist() == [1, 1]


def state(tables, study, comparison=COMPARISON):
    """Return what the comparison says of itself, by subject."""
    _, settings, positivity = prepare_comparison(tables, comparison, study)
    return tabulate_statement(settings, positivity, study).set_index("subject")["text"]


class TestWhole:
    def test_every_table_has_its_columns(self):
        columns = {name: [one for one in table.columns if one != "fewest"] for name, table in RESULT.items()}
        assert columns == COLUMNS  # `fewest` is for the gate, and not released

    def test_without_a_comparison_the_same_tables_are_empty(self):
        empty = compare_arms({}, None, STUDY)
        assert {name: list(table.columns) for name, table in empty.items()} == COLUMNS
        assert not any(len(table) for table in empty.values())

    def test_the_order_of_rows_is_irrelevant(self):
        shuffled = {name: table.sample(frac=1, random_state=1) for name, table in TABLES.items()}
        again = compare_arms(shuffled, COMPARISON, STUDY)
        for name, table in RESULT.items():
            pd.testing.assert_frame_equal(table, again[name], rtol=1e-6, atol=1e-9)

    def test_confounding_is_weighed_away_in_part(self):
        table = RESULT["covariate_balance"]
        after = table[table["weights"] == "overlap"]
        assert after["smd_before"].abs().max() > 0.3
        squares = after["variable"].str.contains(", squared| × ")
        assert after.loc[~squares, "smd_after"].abs().max() < 1e-6
        assert after.loc[squares, "smd_after"].abs().max() > 1e-3  # the confounders here are straight lines

    def test_worst_cases_contain_every_other_row(self):
        table = RESULT["sensitivity"]
        table = table[table["scale"] == "risk difference"]
        for _, own in table.groupby(["endpoint", "axis"]):
            cases = own.set_index("analysis")["estimate"]
            rest = cases.drop(["worst_case_treated", "worst_case_reference"])
            assert cases["worst_case_treated"] <= rest.min()
            assert rest.max() <= cases["worst_case_reference"]
        assert set(table["endpoint"]) == {"response", "remission"}

    def test_the_primary_result_is_in_the_grid(self):
        grid = RESULT["sensitivity"].set_index(["endpoint", "analysis", "timepoint"]).sort_index()
        primary = RESULT["effects"].set_index("timepoint").loc["day 28", "estimate"]
        assert grid.loc[("change", "weighted_overlap", "day 28"), "estimate"] == primary
        wanted = {"unadjusted", "covariate_adjusted", "weighted_att", "weighted_ate", "doubly_robust", "without_payer", "complete_cases", "e_value"}  # fmt: skip
        assert wanted <= set(RESULT["sensitivity"]["analysis"])
        assert grid.loc["change", "converged"].all()

    def test_the_words_are_those_of_the_design(self):
        said = RESULT["comparison_statement"].set_index("subject")["text"]
        assert "not randomized" in said["design"]
        assert not said.str.contains(r"\d").any()
        randomised = make_study(report={"title": "Made up", "design": "randomised"})
        bare = make_comparison(weights="none")
        assert "payer" in state(TABLES, STUDY)["design"]
        assert "adjusted for the baseline score alone" in state(TABLES, STUDY, bare)["design"]
        binary = COMPARISON.estimand.binary.model_copy(update={"missing": "jump_to_reference"})
        jumping = COMPARISON.model_copy(update={"estimand": COMPARISON.estimand.model_copy(update={"binary": binary})})
        imputing = jumping.model_copy(update={"imputation": COMPARISON.imputation.model_copy(update={"draws": 2})})
        assert state(TABLES, STUDY)["missing"].startswith("Missing scores are taken as missing at random")
        assert "For response and remission they are imputed by jump" in state(TABLES, STUDY, imputing)["missing"]
        assert "without weights" in state(TABLES, randomised, bare)["design"]
        said = state(TABLES, randomised)
        assert "assigned at random" in said["design"]

    def test_a_stratum_of_one_arm_is_said(self):
        patients = TABLES["patients"].copy()
        iv = TABLES["series"].loc[TABLES["series"]["arm"] == "iv", "patient"]
        patients["payer"] = patients["payer"].astype(object).mask(patients["patient"].isin(iv[:30]), "veterans")
        tables = TABLES | {"patients": patients}
        _, _, positivity = prepare_comparison(tables, COMPARISON, STUDY)
        assert positivity[["level", "lacks"]].values.tolist() == [["veterans", "esketamine"]]
        assert "payer = veterans" in state(tables, STUDY)["positivity"]

    def test_of_a_primary_time_point_that_an_arm_lacks_there_is_no_comparison(self, caplog):
        found = compare_arms(self.blank("day 28"), COMPARISON, STUDY)
        assert "at day 28 fewer than 10 patients of arm iv have a score" in caplog.text
        assert found["comparison_statement"].values.tolist() == [["left out", FEW_SCORED]]
        assert found["effects"].empty
        assert not re.search(r"\d", FEW_SCORED), "whom it lacks is not counted"

    def test_another_time_point_that_an_arm_lacks_costs_itself_alone(self):
        effects = compare_arms(self.blank("session 3"), COMPARISON, STUDY)["effects"].set_index("axis")
        assert effects.loc["day", "converged"].all()
        session = effects.loc["session"].set_index("timepoint")
        assert session["converged"].tolist() == [True, True, False]
        assert session["estimate"].notna().tolist() == [True, True, False]
        assert session.loc["session 3", "note"] == "fewer than two patients of an arm have a score and a weight there"
        assert session.loc["session 3", "observed_treated"] == 1

    @staticmethod
    def blank(timepoint):
        """Leave one treated patient with a score at a time point."""
        endpoints, cohort = TABLES["endpoints"], TABLES["cohort"]
        iv = cohort.loc[cohort["included"] & (cohort["arm"] == "iv"), "patient"]
        seen = endpoints[
            (endpoints["timepoint"] == timepoint) & endpoints["patient"].isin(iv) & endpoints["change"].notna()
        ]
        lost = endpoints["patient"].isin(seen["patient"].iloc[1:]) & (endpoints["timepoint"] == timepoint)
        return TABLES | {"endpoints": endpoints.assign(change=endpoints["change"].mask(lost))}


def test_the_other_ways_in_parts_are_the_whole():
    """However many parts, in whatever order they are joined; draws for missing confounders and for folds among them."""
    patients = TABLES["patients"]
    lost = patients["payer"].astype(object).mask(np.random.default_rng(1).random(len(patients)) < 0.1)
    tables = TABLES | {"patients": patients.assign(payer=pd.Categorical(lost))}
    comparison = make_comparison(missing="indicator", imputations=2, learning_splits=1)
    study = make_study()
    settings = prepare_comparison(tables, comparison, study).settings
    whole = tabulate_alternatives(tables, settings, study)
    assert {"machine_learning", "missing_impute"} <= set(whole["analysis"])
    for of in (2, 7):
        parts = [tabulate_alternatives(tables, settings, study, Shard(number, of)) for number in range(of, 0, -1)]
        assert sum(len(part) > 0 for part in parts) > 1
        pd.testing.assert_frame_equal(order_ways(pd.concat(parts, ignore_index=True)), order_ways(whole))


def test_worst_cases_by_hand():
    outcome, treated = np.array([1.0, np.nan, 0.0, np.nan]), np.array([True, True, False, False])
    assert fill_worst(outcome, treated, "worst_case_treated").tolist() == [1, 0, 0, 1]
    assert fill_worst(outcome, treated, "worst_case_reference").tolist() == [1, 1, 0, 0]


def test_a_study_of_one_time_point_is_compared():
    endpoints = TABLES["endpoints"]
    kept = endpoints["timepoint"].isin(["baseline", "day 28"])
    tables = TABLES | {"endpoints": endpoints[kept].reset_index(drop=True)}
    comparison = make_comparison(early_signals=None, replicates=20)
    effects = compare_arms(tables, comparison, STUDY)["effects"].set_index("variance")
    exog = np.column_stack([np.ones(len(WEIGHTS.weight)), COMPARED.treated, COMPARED.people["baseline"]])
    change = COMPARED.at("day", "day 28", "change")
    seen = ~np.isnan(change)
    theirs = sm.WLS(change[seen], exog[seen], WEIGHTS.weight[seen]).fit()
    assert effects.loc["cr2", "estimate"] == pytest.approx(theirs.params[1], rel=1e-6)
    assert effects.loc["cr2", "treated_mean"] - effects.loc["cr2", "reference_mean"] == pytest.approx(theirs.params[1])
    assert effects.loc["bootstrap", "std_error"] > 0


def test_the_error_with_an_estimated_score_is_that_of_the_stacked_means():
    # one time point, no baseline slope left: the weighted difference of two means, whose stack has a closed form
    frame = build_frame(COMPARED, "day", WEIGHTS.weight)
    frame = frame[frame["timepoint"] == "day 28"]
    frame = frame.assign(timepoint=frame["timepoint"].cat.remove_unused_categories(), baseline=0.0)
    fit = fit_change(frame, Specification("day", "unstructured", (), baseline=False, vcov="cr0"))
    change = COMPARED.at("day", "day 28", "change")
    one, other = estimate_means(change, COMPARED.treated, DESIGN, WEIGHTS, "weighted")
    stacked = compute_stacked_error(fit, "day 28", WEIGHTS)
    assert stacked == pytest.approx(compute_error(one.influence - other.influence), rel=0.01)  # leverage apart
    known = mixed.influences(fit, "cr0")["arm[treated]"]
    assert stacked < np.sqrt((known**2).sum())


def test_the_row_with_an_estimated_score_is_enlarged_by_the_columns_that_were_fitted():
    (row,) = RESULT["sensitivity"].query("analysis == 'score_estimated' and axis == 'day'").to_dict("records")
    _, (setting,), _ = prepare_comparison(TABLES, COMPARISON, STUDY)
    frame = build_frame(setting.compared, "day", setting.primary.weight)
    error = compute_stacked_error(fit_change(frame, setting.specify("day")), "day 28", setting.primary)
    left = row["effective_n"] - setting.primary.columns - 2
    half = 1.959964 * error * np.sqrt(row["effective_n"] / left)
    assert row["upper"] - row["estimate"] == pytest.approx(half, rel=1e-6)
