"""Outcome models where a level has no event: Firth's likelihood beside R, closed forms, and what becomes of the rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.comparison.effects.risks import compute_error, contrast_means
from outcomes.analysis.comparison.effects.standardisation import FIRTH, MAXIMUM_LIKELIHOOD, estimate_means
from outcomes.analysis.comparison.population.confounders import code_confounders
from outcomes.analysis.comparison.weighting.firth import fit_firth
from outcomes.analysis.comparison.weighting.propensity import fit_logistic
from outcomes.analysis.comparison.weighting.weights import compute_weights

FOLDER = Path(__file__).parents[2] / "reference"
PEOPLE = pd.read_csv(FOLDER / "data" / "confounded.csv")
R = json.loads((FOLDER / "output" / "firth.json").read_text(encoding="utf-8"))
TREATED = PEOPLE["treated"].to_numpy() == 1
OUTCOME = np.array(R["outcome"], dtype=float)
DESIGN = code_confounders(PEOPLE, ["baseline", "payer", "failures", "site"]).design
N = len(PEOPLE)
# R's scale() divides by the standard deviation with n − 1, the project's coding by that with n
RESCALED = np.where(np.isin(R["columns"], ["baseline", "failures"]), np.sqrt((N - 1) / N), 1.0)


class TestBesideR:
    @pytest.mark.parametrize(("arm", "side"), [(0, TREATED), (1, ~TREATED)])
    def test_coefficients_and_corrected_constant(self, arm, side):
        assert not fit_logistic(DESIGN, OUTCOME, side).converged
        theirs = np.array(R["arms"][arm]["coefficients"]) * RESCALED
        plain, kept = fit_firth(DESIGN, OUTCOME, side, mean_kept=False), fit_firth(DESIGN, OUTCOME, side)
        assert plain.converged
        assert kept.converged
        np.testing.assert_allclose(plain.coefficients, theirs, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(kept.coefficients[1:], theirs[1:], rtol=1e-6, atol=1e-8)
        assert kept.coefficients[0] == pytest.approx(R["arms"][arm]["constant"], rel=1e-6)

    @pytest.mark.parametrize("row", R["standardised"], ids=lambda row: row["method"])
    def test_standardised_difference_and_its_error(self, row):
        weights = compute_weights(TREATED, DESIGN, "overlap")
        one, other = estimate_means(OUTCOME, TREATED, DESIGN, weights, row["method"])
        assert (one.outcome_model, other.outcome_model) == (FIRTH, FIRTH)
        assert one.value - other.value == pytest.approx(row["difference"], rel=1e-6)
        assert compute_error(one.influence - other.influence) == pytest.approx(row["std_error"], rel=1e-6)


class TestClosedForms:
    @pytest.mark.parametrize("cells", [((0, 20), (7, 30)), ((12, 12), (3, 25)), ((5, 20), (9, 30))])
    def test_a_fourfold_table_with_one_half_in_each_cell(self, cells):
        group = np.repeat([0.0, 1.0], [n for _, n in cells])
        outcome = np.concatenate([np.arange(n) < events for events, n in cells]).astype(float)
        fit = fit_firth(group[:, None], outcome, np.ones(len(group), dtype=bool), mean_kept=False)
        for value, (events, n) in enumerate(cells):
            assert fit.probability[group == value] == pytest.approx((events + 0.5) / (n + 1), abs=1e-9)

    def test_the_mean_of_the_predictions_is_the_observed_share(self):
        for side in (TREATED, ~TREATED):
            kept, plain = (fit_firth(DESIGN, OUTCOME, side, mean_kept=kept) for kept in (True, False))
            assert kept.probability[side].mean() == pytest.approx(OUTCOME[side].mean(), abs=1e-9)
            assert plain.probability[side].mean() > OUTCOME[side].mean() + 0.002, "pulled towards one half"

    def test_a_level_that_the_arm_does_not_have_is_predicted_like_the_first(self):
        alone = np.column_stack([DESIGN, (np.arange(N) % 50 == 0) & ~TREATED]).astype(float)
        fit, without = (fit_firth(design, OUTCOME, TREATED) for design in (alone, DESIGN))
        assert fit.coefficients[-1] == 0
        np.testing.assert_allclose(fit.probability, without.probability)


class TestMeans:
    weights = compute_weights(TREATED, DESIGN, "overlap")

    @pytest.mark.parametrize("method", ["g_computation", "augmented"])
    def test_error_agrees_with_the_jackknife(self, method):
        def estimate(rows):
            weights = compute_weights(TREATED[rows], DESIGN[rows], "overlap")
            one, other = estimate_means(OUTCOME[rows], TREATED[rows], DESIGN[rows], weights, method)
            return one.value - other.value

        one, other = estimate_means(OUTCOME, TREATED, DESIGN, self.weights, method)
        groups = np.array([estimate(np.flatnonzero(np.arange(N) != left)) for left in range(N)])
        jackknife = np.sqrt((N - 1) / N * np.square(groups - groups.mean()).sum())
        assert compute_error(one.influence - other.influence) == pytest.approx(jackknife, rel=0.06)

    def test_only_the_arm_that_needs_it(self):
        outcome = np.where(TREATED, OUTCOME, PEOPLE["response"]).astype(float)
        one, other = estimate_means(outcome, TREATED, DESIGN, self.weights, "augmented")
        assert (one.outcome_model, other.outcome_model) == (FIRTH, MAXIMUM_LIKELIHOOD)
        found = contrast_means(one, other)
        assert found["difference_lower"] < found["difference"] < found["difference_upper"]

    def test_where_both_exist_they_differ_little(self):
        outcome = PEOPLE["response"].to_numpy(dtype=float)
        likely = estimate_means(outcome, TREATED, DESIGN, self.weights, "g_computation")
        firth = estimate_means(
            outcome, TREATED, DESIGN, self.weights, "g_computation", lambda *arm: (fit_firth(*arm), FIRTH)
        )
        error = compute_error(likely[0].influence - likely[1].influence)
        assert abs((firth[0].value - firth[1].value) - (likely[0].value - likely[1].value)) < 0.1 * error
        assert compute_error(firth[0].influence - firth[1].influence) == pytest.approx(error, rel=0.02)
