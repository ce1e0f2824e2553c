"""Response and remission of imputed scores: closed forms of two visits, a patient-by-patient rewriting, and the strategies for events."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from two_arms import Later, generate_tables, make_comparison, make_study

from outcomes.analysis.comparison.compare import compare_arms
from outcomes.analysis.comparison.effects.contrast import Proportions, contrast_proportions
from outcomes.analysis.comparison.effects.primary import Specification
from outcomes.analysis.comparison.effects.risks import compute_error, tabulate_risks
from outcomes.analysis.comparison.effects.standardisation import estimate_means
from outcomes.analysis.comparison.missing import analyse_missing
from outcomes.analysis.comparison.missing.imputations import impute_axis, tabulate_imputations
from outcomes.analysis.comparison.missing.imputing import impute_at_random
from outcomes.analysis.comparison.missing.model import ImputationModel
from outcomes.analysis.comparison.missing.responders import Judge, Responders, list_responders
from outcomes.analysis.comparison.missing.strategies import compute_delta, compute_shifts, shift_treated
from outcomes.analysis.comparison.missing.wide import Wide, spread_changes
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.prepare import prepare_comparison
from outcomes.analysis.comparison.rubin import pool_estimates
from outcomes.analysis.comparison.setting import build_setting
from outcomes.analysis.comparison.weighting.weights import compute_weights
from outcomes.criteria import Criteria
from outcomes.instruments import read_instruments
from outcomes.settings import Endpoints
from outcomes.settings.imputation import Delta, Imputation

NAN = np.nan
KNOWN = read_instruments()
CRITERIA = Criteria.of("phq9", KNOWN["phq9"], Endpoints())
DAY = Specification("day", "unstructured", (), True, "model")
TABLES, STUDY = generate_tables(), make_study()
COMPARISON = make_comparison()
COMPARED = select_compared(TABLES, COMPARISON)
SETTING = build_setting(COMPARED, COMPARISON)
JUDGE = Judge(CRITERIA, 1.0, SETTING.primary)
RESULT = Later(lambda: compare_arms(TABLES, COMPARISON, STUDY))
SWITCH = {"stopping": "treatment_policy"}


def compare_switching(change, binary):
    """Return the comparison with other strategies for switching."""
    events = SWITCH | {"switching": {"change": change, "binary": binary}}
    return make_comparison(estimand={"events": events})


def impute(tables, comparison):
    """Return the table of imputations, without the rest of a comparison."""
    _, settings, _ = prepare_comparison(tables, comparison, STUDY)
    return analyse_missing(settings, STUDY).imputations


def influences(treated, reference):
    return treated.influence, reference.influence, treated.influence - reference.influence


def respond(baseline, known=None, endpoint="response", judge=None):
    """Return the endpoint of patients with these baselines at one time point."""
    n = len(baseline)
    known = np.full((n, 1), NAN) if known is None else known
    treated = np.arange(n) % 2 == 0
    judge = judge or Judge(CRITERIA, 1.0, compute_weights(treated, np.empty((n, 0)), "none"))
    return Responders(endpoint, known, np.asarray(baseline, dtype=float), np.ones(n, dtype=bool), treated, judge)


class TestJudging:
    # baseline 16: a response is 8 or less; remission is 4 or less; a draw counts as the nearest total
    @pytest.mark.parametrize(
        ("endpoint", "score", "reached"),
        [("response", 8.49, 1), ("response", 8.51, 0), ("remission", 4.49, 1), ("remission", 4.51, 0), ("remission", -2.0, 1)],
    )  # fmt: skip
    def test_a_draw_counts_as_the_nearest_total(self, endpoint, score, reached):
        one = respond([16.0, 16.0], endpoint=endpoint)
        assert one.fill(np.full((1, 2, 1), score - 16)).ravel().tolist() == [reached, reached]

    def test_an_odd_baseline_has_its_half_between_two_totals(self):
        assert respond([17.0, 17.0]).fill(np.array([[[-8.51], [-8.49]]])).ravel().tolist() == [1, 0]

    def test_totals_in_fours(self):
        # WHO-5: high is good, totals 0, 4, 8 …, a response is 10 points: from 20 to 32, which begins at 30
        criteria = Criteria.of("who5", KNOWN["who5"], Endpoints())
        judge = Judge(
            criteria, KNOWN["who5"].multiplier, compute_weights(np.array([True, False]), np.empty((2, 0)), "none")
        )
        filled = respond([20.0, 20.0], judge=judge).fill(np.array([[[10.1], [9.9]]]))
        assert filled.ravel().tolist() == [1, 0]

    @pytest.mark.parametrize("endpoint", ["response", "remission"])
    def test_cutting_at_the_ends_of_the_scale_would_change_nothing(self, endpoint):
        generator = np.random.default_rng(2)
        baseline = generator.integers(1, 28, 500).astype(float)
        change = generator.normal(-5, 12, (4, 500, 1))
        one = respond(baseline, endpoint=endpoint)
        cut = np.clip(baseline[:, None] + change, 0, 27) - baseline[:, None]
        assert (one.fill(change) == one.fill(cut)).all()
        assert (cut != change).mean() > 0.2

    def test_what_is_known_stays(self):
        filled = respond([16.0] * 3, known=np.array([[1.0], [0.0], [NAN]])).fill(np.full((2, 3, 1), -16.0))
        assert filled[:, :, 0].tolist() == [[1, 0, 1]] * 2


class TestTwoVisits:
    """The first visit seen by all, the second by some: shares of those imputed, at the true parameters, from the normal distribution."""

    ARM = np.array([-2.0, -5.0])
    MEAN = np.array([-3.0, -4.0])  # of the reference arm
    SIGMA = np.array([[9.0, 6.0], [6.0, 16.0]])
    N, DRAWS = 2000, 200

    @pytest.mark.parametrize("endpoint", ["response", "remission"])
    @pytest.mark.parametrize(
        "method", ["imputed_mar", "jump_to_reference", "copy_reference", "copy_increments", "delta"]
    )
    def test_shares_of_those_imputed(self, method, endpoint):
        generator = np.random.default_rng(8)
        treated = np.arange(self.N) % 2 == 0
        first = self.MEAN[0] + self.ARM[0] * treated + generator.normal(0, 3, self.N)
        wide = Wide("day", ("day 1", "day 2"), np.column_stack([first, np.full(self.N, NAN)]), treated, np.full(self.N, 16.0),
                    np.empty((self.N, 0)), np.ones(self.N))  # fmt: skip
        slopes = np.column_stack([self.MEAN, np.zeros(2)])
        repeat = [np.repeat(one[None], self.DRAWS, axis=0) for one in (slopes, self.ARM, self.SIGMA)]
        ((chosen, scores),) = impute_at_random(wide, ImputationModel(*repeat, ""), generator)
        if method == "delta":
            moved = compute_delta(wide, Delta(treated=3, reference=1))
        else:
            moved = shift_treated(wide, compute_shifts(method, repeat[1], repeat[2])[chosen])
        known = np.full((self.N, 2), NAN)
        filled = respond(wide.baseline, known=known, endpoint=endpoint).fill(scores + moved)[:, :, 1]
        # what the second change would be on average: own mean; the reference arm's, plus what the first visit's lead leaves of itself
        slope, lead = 6 / 9, self.ARM[0]
        own = self.ARM[1]
        gain = {"imputed_mar": own, "jump_to_reference": 0, "copy_reference": slope * lead, "copy_increments": lead, "delta": own + 3}[method]  # fmt: skip
        limit = (8.5 if endpoint == "response" else 4.5) - 16
        for side, mean in ((treated, self.MEAN[1] + gain), (~treated, self.MEAN[1] + (method == "delta"))):
            share = norm.cdf(limit, mean, 4.0)
            # the first visits are one sample of patients: their mean moves the share by its slope
            error = 3 * np.sqrt(share * (1 - share) / side.sum())
            assert filled[:, side].mean() == pytest.approx(share, abs=error)
            slow = norm.cdf(limit, self.expect(method, first[side], treated[side]), 4.0 * np.sqrt(1 - 36 / 9 / 16))
            assert filled[:, side].mean() == pytest.approx(slow.mean(), abs=0.003)

    def expect(self, method, first, treated):
        """Return the mean of each patient's second change given the first, written out from the definitions."""
        own = self.MEAN + np.outer(treated, self.ARM)
        second = own[:, 1]
        if method == "jump_to_reference":
            second = np.full(len(first), self.MEAN[1])
        elif method == "copy_increments":
            second = own[:, 0] + self.MEAN[1] - self.MEAN[0]
        elif method == "copy_reference":
            own, second = np.tile(self.MEAN, (len(first), 1)), np.full(len(first), self.MEAN[1])
        elif method == "delta":
            second = second + np.where(treated, 3, 1)
        return second + 6 / 9 * (first - own[:, 0])


class TestPatientByPatient:
    @pytest.fixture(scope="class")
    def parts(self):
        wide = spread_changes(COMPARED, "day", SETTING.primary.weight, np.empty((len(COMPARED.people), 0)))
        change = np.where(wide.missing, np.random.default_rng(3).normal(-6, 6, (5, *wide.change.shape)), wide.change)
        return wide, change, {one.endpoint: one for one in list_responders(COMPARED, wide, JUDGE)}

    @pytest.mark.parametrize("endpoint", ["response", "remission"])
    def test_differences_written_out(self, parts, endpoint):
        wide, change, responders = parts
        fast = responders[endpoint].compare(responders[endpoint].fill(change))
        weight = SETTING.primary.weight
        for draw in range(5):
            for place, point in enumerate(wide.timepoints):
                known = COMPARED.at("day", point, endpoint)
                sums = {True: [0.0, 0.0], False: [0.0, 0.0]}
                for person in range(len(weight)):
                    value = known[person]
                    if np.isnan(value):
                        total = np.floor(wide.baseline[person] + change[draw, person, place] + 0.5)
                        value = float(2 * total <= wide.baseline[person] if endpoint == "response" else total < 5)
                    side = sums[bool(COMPARED.treated[person])]
                    side[0] += weight[person] * value
                    side[1] += weight[person]
                risks = [sums[side][0] / sums[side][1] for side in (True, False)]
                assert fast[:2, draw, place] == pytest.approx(risks, abs=1e-12)

    def test_variances_are_those_of_one_outcome_at_a_time(self, parts):
        _, change, responders = parts
        filled = responders["response"].fill(change)
        fast = responders["response"].compare(filled)
        design = SETTING.confounders.design
        for draw in range(5):
            means = estimate_means(filled[draw, :, 1], COMPARED.treated, design, SETTING.primary, "weighted")
            one, other, apart = (compute_error(each) ** 2 for each in influences(*means))
            assert fast[2:, draw, 1] / means[0].stretch == pytest.approx([one, other, (one + other - apart) / 2])

    def test_without_weights_the_variance_is_that_of_two_proportions(self):
        known = np.array([1, 0, 0, 0, 1, 1, 1, 0, 0, 1] * 6, dtype=float)[:, None]
        found = respond(np.full(60, 16.0), known=known).compare(known[None])
        p, q = known[::2].mean(), known[1::2].mean()
        assert found[:, 0, 0] == pytest.approx([p, q, p * (1 - p) / 30, q * (1 - q) / 30, 0.0])


class TestPooling:
    def test_nothing_missing_is_the_weighted_risk(self):
        seen = (
            COMPARED.scores["change"]
            .notna()
            .groupby([COMPARED.scores["axis"], COMPARED.scores["person"]])
            .transform("all")
        )
        people = COMPARED.scores.loc[seen & (COMPARED.scores["axis"] == "day"), "person"].unique()
        compared = COMPARED.take(np.sort(people))
        setting = build_setting(compared, COMPARISON)
        judge = Judge(CRITERIA, 1.0, setting.primary)
        imputation = Imputation(draws=5, methods=(), deltas=())
        none = np.empty((len(people), 0))
        analysed = impute_axis(compared, DAY, setting.primary.weight, none, imputation, np.random.default_rng(1), judge)
        table = tabulate_imputations([analysed]).set_index(["endpoint", "timepoint", "scale"])
        risks = tabulate_risks(compared, setting.confounders, setting.primary, ["day"])
        own = risks[(risks["method"] == "weighted") & (risks["population"] == "observed")]
        assert len(own) == 4
        for row in own.to_dict("records"):
            for scale, name in (("risk difference", "difference"), ("risk ratio", "ratio")):
                ours = table.loc[row["endpoint"], row["timepoint"], scale]
                expected = [row[name], row[f"{name}_lower"], row[f"{name}_upper"]]
                np.testing.assert_allclose(ours[["estimate", "lower", "upper"]].astype(float), expected)
                if np.isfinite(row[name]):  # no ratio where the weights leave less than half an event in an arm
                    assert ours["missing_information"] == pytest.approx(0, abs=1e-9)

    def test_ratios_are_pooled_as_logarithms(self):
        table = RESULT["imputations"].set_index(["endpoint", "scale", "timepoint", "analysis"])
        row = table.loc["response", "risk ratio", "day 28", "imputed_mar"]
        half = (np.log(row["upper"]) - np.log(row["lower"])) / 2
        assert half == pytest.approx(norm.ppf(0.975) * row["std_error"], rel=0.02)
        assert row["std_error"] ** 2 == pytest.approx(row["within"] + 1.01 * row["between"])

    def test_many_patients_leave_rubins_own_degrees_of_freedom(self):
        pooled = pool_estimates(np.array([1.0, 2.0, 3.0]), np.ones(3), np.inf)
        assert pooled.df == pytest.approx(2 / (4 / 7) ** 2)
        nothing = pool_estimates(np.full(3, 1.0), np.ones(3), np.inf)
        assert nothing.find_interval()[1] == pytest.approx(1 + norm.ppf(0.975))

    def test_no_event_in_an_arm_says_so(self):
        tables = {name: table.copy() for name, table in TABLES.items()}
        rows = (tables["endpoints"]["arm"] == "iv") & (tables["endpoints"]["axis"] == "day")
        ends = tables["endpoints"]
        ends.loc[rows & ends["score"].notna(), "score"] = ends["baseline"]
        ends.loc[rows & ends["score"].notna(), "change"] = 0.0
        ends.loc[rows & ends["remission"].notna(), ["response", "remission"]] = False
        result = impute(tables, make_comparison(imputation={"draws": 10}))
        own = result[(result["endpoint"] == "remission") & (result["axis"] == "day") & ~result["converged"]]
        assert set(own["scale"]) >= {"risk ratio"}
        assert own["estimate"].isna().all()
        assert set(own["note"]) == {"next to no one in an arm has it, so there is no ratio"}
        risks = result[
            (result["endpoint"] == "remission") & (result["axis"] == "day") & (result["scale"] == "risk difference")
        ]
        assert risks["converged"].all()
        assert (risks["upper"] - risks["lower"] > 0.02).all()


def test_one_event_imputed_now_and_then_makes_no_ratio():
    """No one of 40 has it, and one data set in twenty imputes one: a share of 1 in 800 is no denominator."""
    sizes, nothing = [50.0, 40.0], [np.inf]
    for events, there in ((0.05, False), (0.4, False), (0.6, True), (1.0, True)):
        q = events / sizes[1]
        numbers = [0.2, q, 0.2 * 0.8 / 50, q * (1 - q) / 40, 0.0, *sizes, *nothing]
        found = contrast_proportions(Proportions(*map(np.asarray, numbers)))
        assert np.isfinite(found["ratio"]) == there
        assert np.isfinite(found["difference_lower"])


class TestStrategies:
    AFTER = np.isin(
        COMPARED.people["patient"], TABLES["series"].loc[TABLES["series"]["switched"].to_numpy(bool), "patient"]
    )

    def fill(self, comparison, draws=20):
        """Return response at day 28 in imputed data sets, and what was observed then whatever happened."""
        compared = select_compared(TABLES, comparison).follow_binary()
        setting = build_setting(compared, comparison)
        judge = Judge(CRITERIA, 1.0, setting.primary)
        wide = spread_changes(compared, "day", setting.primary.weight, np.empty((len(compared.people), 0)))
        change = np.where(
            wide.missing, np.random.default_rng(3).normal(-8, 6, (draws, *wide.change.shape)), wide.change
        )
        return list_responders(compared, wide, judge)[0].fill(change)[:, :, 1]

    def observed(self):
        everything = make_comparison(estimand={"events": SWITCH})
        return select_compared(TABLES, everything).at("day", "day 28", "response")

    def test_composite_is_no_response_whatever_the_score(self):
        assert self.AFTER.sum() > 5
        filled = self.fill(compare_switching("hypothetical", "composite"))
        assert (filled[:, self.AFTER] == 0).all()
        assert np.nansum(self.observed()[self.AFTER]) > 0

    def test_hypothetical_is_imputed(self):
        filled = self.fill(compare_switching("hypothetical", "hypothetical"))
        assert (np.ptp(filled[:, self.AFTER], axis=0) > 0).any()

    def test_hypothetical_is_imputed_though_the_change_keeps_the_score(self):
        comparison = compare_switching("treatment_policy", "hypothetical")
        compared = select_compared(TABLES, comparison)
        assert compared.follow_binary() is not compared
        kept = compared.at("day", "day 28", "change")[self.AFTER]
        assert (~np.isnan(kept)).sum() > 3
        assert np.isnan(compared.follow_binary().at("day", "day 28", "change")[self.AFTER]).all()
        filled = self.fill(comparison)
        assert (np.ptp(filled[:, self.AFTER & ~np.isnan(self.observed())], axis=0) > 0).any()

    @pytest.mark.parametrize("change", ["hypothetical", "treatment_policy"])
    def test_treatment_policy_keeps_what_was_observed(self, change):
        filled = self.fill(compare_switching(change, "treatment_policy"))
        seen = self.AFTER & ~np.isnan(self.observed())
        np.testing.assert_array_equal(filled[:, seen], np.tile(self.observed()[seen], (20, 1)))

    def test_strategies_that_agree_share_their_imputations(self):
        assert COMPARED.follow_binary() is COMPARED
        table = RESULT["imputations"].drop(columns="fewest")  # which the gate asks for, and is counted after
        change = table[table["endpoint"] == "change"].reset_index(drop=True)
        apart = impute(TABLES, compare_switching("hypothetical", "hypothetical"))
        same = apart[apart["endpoint"] == "change"].reset_index(drop=True)
        pd.testing.assert_frame_equal(change, same, check_exact=True)
        assert not apart["estimate"].equals(RESULT["imputations"]["estimate"])

    def test_strategies_that_differ_are_imputed_apart(self):
        events = {"stopping": {"change": "treatment_policy", "binary": "hypothetical"}}
        result = impute(TABLES, make_comparison(estimand={"events": events}))
        other = impute(TABLES, make_comparison(estimand={"events": SWITCH}))
        assert result["converged"].all()
        key = ["endpoint", "scale", "timepoint", "analysis"]
        assert result[key].equals(other[key])
        same = result["estimate"] == other["estimate"]
        assert same[result["endpoint"] == "change"].all()
        assert not same[result["endpoint"] != "change"].any()


class TestWhole:
    ENDS = ("response", "remission")

    def test_rows_of_the_grid(self):
        table, grid = RESULT["imputations"], RESULT["sensitivity"]
        names = list(dict.fromkeys(table["analysis"]))
        for endpoint in self.ENDS:
            for axis, point in (("day", "day 28"), ("session", "session 3")):
                own = grid[(grid["endpoint"] == endpoint) & (grid["axis"] == axis) & grid["analysis"].isin(names)]
                assert own["analysis"].tolist() == names
                assert set(own["scale"]) == {"risk difference"}
                assert set(own["timepoint"]) == {point}
                assert set(own["n"]) == {len(COMPARED.people)}

    @pytest.mark.parametrize("endpoint", ENDS)
    def test_worst_cases_contain_the_imputed_risks(self, endpoint):
        grid = RESULT["sensitivity"]
        own = grid[(grid["endpoint"] == endpoint) & (grid["scale"] == "risk difference") & (grid["axis"] == "day")]
        own = own.set_index("analysis")["estimate"]
        imputed = own[own.index.str.startswith(("imputed", "jump", "copy", "delta"))]
        assert len(imputed) == 6
        assert own["worst_case_treated"] < imputed.min()
        assert imputed.max() < own["worst_case_reference"]

    def test_the_change_is_imputed_as_without_a_judge(self):
        names = [name for name in COMPARISON.confounders if name != "baseline"]
        design = code_confounders(COMPARED.people, names).design
        generator = np.random.default_rng([STUDY.seed, *b"comparison/imputation/day"])
        specification, weight = SETTING.specify("day", vcov="model"), SETTING.primary.weight
        analysed = impute_axis(COMPARED, specification, weight, design, COMPARISON.imputation, generator)
        assert list(analysed.found) == ["change"]
        table = RESULT["imputations"]
        own = table[(table["endpoint"] == "change") & (table["axis"] == "day")].reset_index(drop=True)
        pd.testing.assert_frame_equal(tabulate_imputations([analysed]), own.drop(columns="fewest"), check_exact=True)
